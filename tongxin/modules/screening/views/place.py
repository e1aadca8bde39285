"""What the pages of the staff share: their school, the tabs of the area, the classes of somebody."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse

from tongxin.kernel.access import tabs as areas
from tongxin.kernel.access.doors import school_of
from tongxin.kernel.access.viewer import Viewer

__all__ = ["address", "school_of", "tabs"]


def address(name: str, *arguments: str) -> str:
    """Return the address of a page of this room or another; "" where this installation has none."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def tabs(viewer: Viewer, current: str) -> list[dict[str, Any]]:
    """Return the tabs of the area this viewer may open."""
    return areas.tabs("care", viewer, f"screening:{current}")
