"""日程: a month with school days, what is due from me, and the plan."""

from __future__ import annotations

import calendar as calendars
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.obligations.queries import todo
from tongxin.kernel.programmes.queries import school_packs

from .. import duties, kinds, programmes

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


@dataclass(frozen=True)
class Event:
    title: str
    url: str
    state: str
    of: str


@dataclass
class Day:
    """A day of the month's grid. outside: belongs to the month before or after."""

    day: date
    outside: bool
    today: bool
    school_day: bool
    week: int | None = None
    events: list[Event] = field(default_factory=list)


@allow("todo")
def month(request: Request) -> HttpResponse:
    viewer = request.viewer
    first = _month(request.GET.get("month", ""), viewer.day)
    events = _events(viewer)
    weeks = _weeks(viewer, first, events)
    return render(
        request,
        "desk/calendar.html",
        {
            "first": first,
            "weeks": weeks,
            "weekdays": [_(name) for name in WEEKDAYS],
            "busy": [day for week in weeks for day in week if day.events and not day.outside],
            "previous": f"{first - timedelta(days=1):%Y-%m}",
            "next": f"{first + timedelta(days=32):%Y-%m}",
        },
    )


def _month(text: str, today: date) -> date:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return found if 2000 <= found.year <= 2100 else today.replace(day=1)


def _events(viewer: Viewer) -> dict[date, list[Event]]:
    """Return what falls due on each day: my duties, and the plan of the school's programmes."""
    found: dict[date, list[Event]] = defaultdict(list)
    if viewer.school is None:
        return found
    loggable = kinds.loggable(viewer)
    for due in todo(viewer):
        if due.due is not None:
            line = duties.line(viewer, due, loggable)
            found[due.due].append(Event(line.title, line.action_url or line.url, line.state, _("待办")))
    if viewer.may("programme"):
        for programme, pack in school_packs(viewer.school, viewer.day):
            for step in programmes.progress(programme, pack, viewer.day):
                url = reverse("desk:schedule", args=[programme.public_id]) + f"#{step.item.name}"
                found[step.item.due].append(Event(step.item.title, url, step.state, _("年度安排")))
    return found


def _weeks(viewer: Viewer, first: date, events: dict[date, list[Event]]) -> list[list[Day]]:
    school = school_calendar(viewer.school) if viewer.school else None
    weeks = []
    for week in calendars.Calendar().monthdatescalendar(first.year, first.month):
        days = []
        for day in week:
            term = school.term_of(day) if school else None
            number = (day - term.first_week).days // 7 + 1 if term else None
            open_today = bool(school and term and school.is_school_day(day))
            days.append(
                Day(day, day.month != first.month, day == viewer.day, open_today, number, events.get(day, []))
            )
        weeks.append(days)
    return weeks
