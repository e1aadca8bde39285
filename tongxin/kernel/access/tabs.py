"""Tabs of an area that several rooms share: each room adds its own, each with its own access check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from .viewer import Viewer


@dataclass(frozen=True)
class Tab:
    """A tab: where it stands, what it says, the page it opens, and for whom it is there."""

    order: int
    label: Any
    url_name: str
    is_open: Callable[[Viewer], bool]


_areas: dict[str, list[Tab]] = defaultdict(list)


def add_tab(area: str, order: int, label: Any, url_name: str, is_open: Callable[[Viewer], bool]) -> None:
    """Add a tab to an area, in a room's apps.py."""
    _areas[area] = sorted([*_areas[area], Tab(order, label, url_name, is_open)], key=lambda tab: tab.order)


def tabs(area: str, viewer: Viewer, current: str) -> list[dict[str, Any]]:
    """Return the tabs of an area this viewer may open. current: the url name of the page they are on."""
    return [
        {"label": tab.label, "url": reverse(tab.url_name), "current": tab.url_name == current}
        for tab in _areas[area]
        if tab.is_open(viewer)
    ]
