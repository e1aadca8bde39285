"""What the pages of the teams share: the school, the tabs, the team of an address, the token of a form."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.kernel.access import doors
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.calendar.queries import school_calendar

from .. import contests, looking
from ..kinds import TeamKind, kinds_of

school_of, token_of = doors.own_school, doors.token_of


def kind_of(school: School, name: str, day: date) -> TeamKind:
    found = kinds_of(school, day).get(name)
    if found is None:
        raise Http404
    return found


def card_of(request: Request, public_id: str) -> looking.Card:
    """Return the team of an address as the viewer may see it; any other looks absent."""
    school_of(request.viewer)
    found: Subject = get_object_or_404(
        looking.visible_teams(request.viewer).select_related("school"), public_id=public_id
    )
    return looking.shown(request.viewer, [looking.card_of(found, request.viewer.day)])[0]


def year_of(school: School, day: date) -> tuple[date, date]:
    """Return the first and last day of the school year a day lies in."""
    found = school_calendar(school).school_year_of(day)
    if found is not None:
        return found.first, found.last
    start = day.year if day.month >= 9 else day.year - 1
    return date(start, 9, 1), date(start + 1, 8, 31)


def tabs(viewer: Viewer, current: str) -> list[dict[str, Any]]:
    """Return the tabs of the room this viewer may open."""
    school = school_of(viewer)
    staff = "staff" in viewer.roles
    places = [
        ("home", _("团队"), True),
        ("pool", _("难题与选题"), staff),
        ("contests", _("比赛"), contests.activity_of(school, viewer.day) is not None),
        ("results", _("风采"), True),
        ("gaps", _("谁还没有团队"), viewer.may(looking.WATCH)),
    ]
    return [
        {"label": label, "url": reverse(f"teams:{name}"), "current": name == current}
        for name, label, open_ in places
        if open_
    ]
