"""What the pages of the area share: who sees the queue, the tabs, the classes of somebody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tongxin.kernel.access import tabs as areas
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link
from tongxin.kernel.signals import services as signals


def sees_signals(viewer: Viewer) -> bool:
    """Say whether the queue is there for somebody: the counsellors, and whoever is or was called."""
    return viewer.may("screening") or (viewer.may("signals") and signals.called(viewer))


def tabs(viewer: Viewer, current: str) -> list[dict[str, Any]]:
    """Return the tabs of the area this viewer may open."""
    return areas.tabs("care", viewer, f"cases:{current}")


def rooms_of(students: Iterable[int], viewer: Viewer) -> dict[int, str]:
    """Return the names of the classes that students are in today."""
    links = Link.objects.filter(
        a_id__in=list(students), kind="enrolled_in", superseded_at=FOREVER,
        valid_from__lte=viewer.day, valid_to__gte=viewer.day,
    )  # fmt: skip
    return dict(links.values_list("a_id", "b__name"))
