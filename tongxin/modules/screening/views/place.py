"""What the pages of the staff share: their school, the tabs of the room, the classes of somebody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import Http404
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, School

from .. import signals


def school_of(viewer: Viewer) -> School:
    """Return the viewer's school; the bureau has no sittings of its own."""
    if viewer.school is None or viewer.school.kind != School.Kind.SCHOOL:
        raise Http404
    return viewer.school


def sees_signals(viewer: Viewer) -> bool:
    """Say whether the queue is there for somebody: the counsellors, and whoever is or was called."""
    return viewer.may("screening") or (viewer.may("signals") and signals.called(viewer))


def address(name: str, *arguments: str) -> str:
    """Return the address of a page of this room or another; "" where this installation has none."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def tabs(viewer: Viewer, current: str) -> list[dict[str, Any]]:
    """Return the tabs of the room this viewer may open."""
    places = [
        ("home", _("测评"), True),
        ("signals", _("要看看的学生"), sees_signals(viewer)),
        ("chain", _("应急联系人"), viewer.may("signal_chain")),
        ("instruments", _("量表"), viewer.may("screening")),
    ]
    return [
        {"label": label, "url": reverse(f"screening:{name}"), "current": name == current}
        for name, label, open_ in places
        if open_
    ]


def rooms_of(students: Iterable[int], viewer: Viewer) -> dict[int, str]:
    """Return the names of the classes that students are in today."""
    links = Link.objects.filter(
        a_id__in=list(students), kind="enrolled_in", superseded_at=FOREVER,
        valid_from__lte=viewer.day, valid_to__gte=viewer.day,
    )  # fmt: skip
    return dict(links.values_list("a_id", "b__name"))
