"""What the pages of pairs share: the school, the pair of an address, the token of a form, the tabs."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.kernel.access import doors
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject

from .. import shining
from ..pairs import LEAD, Pair, on, reads, visible

school_of, token_of = doors.own_school, doors.token_of


def pair_of(request: Request, public_id: str) -> Pair:
    """Return the pair of an address; one that is not the viewer's business looks absent."""
    found = visible(request.viewer, school_of(request.viewer), public_id)
    if found is None:
        raise Http404
    return found


def readable_of(request: Request, public_id: str) -> Pair:
    """Return the pair of an address where the viewer reads what is kept about it."""
    found = pair_of(request, public_id)
    if not reads(request.viewer, found):
        raise Http404
    return found


def room_of(pair: Pair, viewer: Viewer) -> str:
    """Return the class of a child in a pair, "" for others."""
    if not pair.kind.with_child:
        return ""
    rows = Link.objects.filter(on(viewer.day), kind="enrolled_in", a=pair.b, superseded_at=FOREVER)
    return rows.values_list("b__name", flat=True).first() or ""


def staff(viewer: Viewer) -> list[Subject]:
    """Return the staff at the school today, by name."""
    rows = Subject.objects.filter(
        school_id=viewer.school_id, type="staff", present_from__lte=viewer.day, present_to__gte=viewer.day
    )
    return list(rows.order_by("pinyin", "pk"))


def tabs(viewer: Viewer, current: str) -> list[dict[str, Any]]:
    """Return the tabs of the room this viewer may open; none where there is only one."""
    lead = viewer.may(LEAD)
    places = [
        ("home", _("我的结对"), True),
        ("kinds", _("覆盖"), lead),
        ("unsigned", _("协议"), lead),
        ("rearrange", _("要重新安排"), lead),
        ("results", _("反馈"), lead),
        ("growth", _("青年教师求助"), viewer.may("growth")),
        ("models", _("风采"), viewer.may("pairs")),
    ]
    shown = [
        {"label": label, "url": reverse(f"mentoring:{name}"), "current": name == current}
        for name, label, open_ in places
        if open_
    ]
    return shown if len(shown) > 1 else []


def may_mark(viewer: Viewer) -> bool:
    return shining.may_mark(viewer)
