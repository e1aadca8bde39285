"""Summaries handed up: class → counsellor → committee, drawn from what was recorded and frozen as handed in.

A class's summary counts weeks and tasks, never children. The school's counts reports of a whole month, small ones hidden;
a week's has none, so that no week can be had by taking others from the month.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.obligations import outbox
from tongxin.kernel.signals.models import Call
from tongxin.methods.disclosure import Equation, hidden

from . import entered, moods
from .models import ClassLook, Concern, NetworkReport, NetworkTask, Talk, TalkAnswer
from .posts import COMMITTEE, COUNSELLOR, HOMEROOM, LEADER, holders, own_rooms, rooms

Level = NetworkReport.Level
SMALLEST = 5
WEEKS_BACK, MONTHS_BACK = 4, 3
FRIDAY = 4


class Refused(ValueError):
    """The summary cannot be handed up; the sentence says why."""


@dataclass(frozen=True)
class Span:
    """The days of a summary: a week that is over (from Friday on) or a month that is."""

    first: date
    last: date

    @property
    def month(self) -> bool:
        return self.first.day == 1 and (self.last + timedelta(days=1)).day == 1

    @property
    def key(self) -> str:
        return f"{self.first.isoformat()}:{self.last.isoformat()}"


def spans(day: date) -> list[Span]:
    """Return the weeks and months that can be handed up on a day, the newest first."""
    monday = moods.week_of(day)
    weeks = [monday - timedelta(weeks=n) for n in range(WEEKS_BACK)]
    found = [Span(week, week + timedelta(days=6)) for week in weeks if day >= week + timedelta(days=FRIDAY)]
    first = day.replace(day=1)
    for _n in range(MONTHS_BACK):
        last = first - timedelta(days=1)
        first = last.replace(day=1)
        found.append(Span(first, last))
    return found


def span_of(key: str, day: date) -> Span | None:
    return next((span for span in spans(day) if span.key == key), None)


def _teaching_weeks(school: School, span: Span) -> list[date]:
    """Return the Mondays of the teaching weeks whose Friday lies in a span."""
    calendar = school_calendar(school)
    week, found = moods.week_of(span.first), []
    while week <= span.last:
        friday = week + timedelta(days=FRIDAY)
        if span.first <= friday <= span.last and calendar.term_of(friday):
            found.append(week)
        week += timedelta(weeks=1)
    return found


def class_figures(room: Subject, span: Span) -> dict[str, Any]:
    """Return what a class's summary says: weeks reported, how the class was, looks, tasks. No child is counted."""
    weeks = _teaching_weeks(room.school, span)
    said = moods.weeks([room.pk], weeks[0], weeks[-1]).get(room.pk, {}) if weeks else {}
    told = [said[week].mood for week in weeks if week in said]
    themes = Counter(theme for week in weeks if week in said for theme in said[week].themes)
    tasks = NetworkTask.objects.filter(homeroom=room, due__gte=span.first, due__lte=span.last)
    return {
        "weeks": len(weeks),
        "reported": len(told),
        "low": sum(mood is not None and mood <= moods.LOW for mood in told),
        "themes": dict(themes.most_common(3)),
        "looks": ClassLook.objects.filter(homeroom=room, day__gte=span.first, day__lte=span.last).count(),
        "tasks": tasks.count(),
        "tasks_done": tasks.exclude(done_at=None).count(),
    }


def school_figures(school: School, span: Span) -> dict[str, Any]:
    """Return what the school's summary says; of a month also how many reports of children came, small counts None."""
    weeks = _teaching_weeks(school, span)
    there = [room.pk for room in rooms(school, span.last)]
    said = moods.weeks(there, weeks[0], weeks[-1]) if weeks else {}
    cells = [said[room][week] for room in there for week in weeks if week in said.get(room, {})]
    themes = Counter(theme for cell in cells for theme in cell.themes)
    looks = ClassLook.objects.filter(school=school, day__gte=span.first, day__lte=span.last)
    tasks = NetworkTask.objects.filter(school=school, due__gte=span.first, due__lte=span.last)
    reports = NetworkReport.objects.filter(
        school=school, level=Level.CLASS, first_day__gte=span.first, last_day__lte=span.last
    )
    figures: dict[str, Any] = {
        "rooms": len(there),
        "weeks": len(there) * len(weeks),
        "reported": len(cells),
        "silent": sum(not any(week in said.get(room, {}) for week in weeks) for room in there)
        if weeks
        else 0,
        "low": sum(cell.mood is not None and cell.mood <= moods.LOW for cell in cells),
        "themes": dict(themes.most_common(5)),
        "looks": looks.values("homeroom").distinct().count(),
        "class_reports": reports.values("homeroom").distinct().count(),
        "tasks": tasks.count(),
        "tasks_done": tasks.exclude(done_at=None).count(),
    }
    if span.month:
        figures["children"] = _children(school, span)
    return figures


def _children(school: School, span: Span) -> dict[str, int | None]:
    """Return how many reports of children came, by where from, how soon and whether somebody is on it; None: too few."""
    rows = Concern.objects.filter(school=school, day__gte=span.first, day__lte=span.last)
    origins = Counter(rows.values_list("origin", flat=True))
    talks = [
        talk
        for talk in Talk.objects.filter(school=school).defer("words")
        if span.first <= timezone.localtime(talk.asked_at).date() <= span.last
    ]
    ids = list(rows.values_list("pk", flat=True))
    taken = Call.objects.filter(
        answer=Call.Answer.TAKEN, signal__origin__in=Concern.Origin.values, signal__origin_id__in=ids
    )
    answered = (
        TalkAnswer.objects.filter(talk__in=[talk.pk for talk in talks]).values("talk").distinct().count()
    )
    total = sum(origins.values()) + len(talks)
    urgent = rows.filter(urgent=True).count() + sum(talk.soon for talk in talks)
    on_it = taken.values("signal").distinct().count() + answered
    counts = {origin: origins.get(origin, 0) for origin in Concern.Origin.values}
    counts |= {
        "talk": len(talks), "total": total, "urgent": urgent, "calm": total - urgent,
        "on_it": min(on_it, total), "open": max(total - on_it, 0),
    }  # fmt: skip
    equations = [
        Equation((*Concern.Origin.values, "talk"), "total"),
        Equation(("urgent", "calm"), "total"),
        Equation(("on_it", "open"), "total"),
    ]
    gone = hidden(counts, equations, SMALLEST)
    return {name: None if name in gone else count for name, count in counts.items()}


def hand_up(viewer: Viewer, level: str, room: Subject | None, span: Span, words: str) -> NetworkReport:
    """Freeze and hand up a summary; one for each class or school and span. Raises Refused."""
    assert viewer.school is not None
    allowed = (
        COUNSELLOR in viewer.roles
        if level == Level.SCHOOL
        else room is not None and room in own_rooms(viewer)
    )
    if not allowed:
        raise Refused(_("这份报告不归您交。"))
    token = f"{level}:{room.pk if room else viewer.school_id}:{span.key}"
    if NetworkReport.objects.filter(token=token).exists():
        raise Refused(_("这一段已经交过了。"))
    figures = class_figures(room, span) if room is not None else school_figures(viewer.school, span)
    try:
        return _write(viewer, level, room, span, words, figures, token)
    except IntegrityError:
        raise Refused(_("这一段已经交过了。")) from None


@transaction.atomic
def _write(
    viewer: Viewer, level: str, room: Subject | None, span: Span, words: str, figures: dict, token: str
) -> NetworkReport:
    assert viewer.school is not None
    row = NetworkReport.objects.create(
        school=viewer.school, level=level, homeroom=room, by_id=viewer.person_id, first_day=span.first,
        last_day=span.last, figures=figures, words=words, token=token,
    )  # fmt: skip
    audit.write(viewer, "network.handed_up", row, level=level)
    receivers = _receivers(viewer, level)
    for person in receivers:
        outbox.put(
            f"handed-up:{row.pk}:{person}",
            school_id=row.school_id,
            recipient_id=person,
            topic=topics.HANDED_UP,
            data={},
        )
    if room is not None:
        entered.enter(
            viewer.school, entered.REPORT, viewer.day,
            {"homeroom": [room.pk], "reporter": [viewer.person_id or 0], "receiver": receivers},
            f"report:{row.pk}", by=viewer.account,
        )  # fmt: skip
    else:
        entered.enter(
            viewer.school, entered.SUMMARY, viewer.day, {"author": [viewer.person_id or 0]}, f"report:{row.pk}",
            by=viewer.account,
        )  # fmt: skip
    return row


def _receivers(viewer: Viewer, level: str) -> list[int]:
    posts = (COUNSELLOR,) if level == Level.CLASS else (LEADER, COMMITTEE)
    found = {person.pk for post in posts for person in holders(viewer.school_id or 0, post, viewer.day)}
    return sorted(found - {viewer.person_id})


def readable(viewer: Viewer) -> QuerySet[NetworkReport]:
    """Return the summaries somebody reads: those of the classes they lead; all for counsellors and leaders; the
    school's for the committee."""
    rows = NetworkReport.objects.filter(school_id=viewer.school_id).select_related("homeroom", "by")
    if viewer.roles & {COUNSELLOR, LEADER, "secretary", "deputy_secretary"}:
        return rows.order_by("-recorded_at", "-pk")
    seen = rows.filter(level=Level.CLASS, homeroom__in=viewer.posts.get(HOMEROOM, ()))
    if COMMITTEE in viewer.roles:
        seen |= rows.filter(level=Level.SCHOOL)
    return seen.order_by("-recorded_at", "-pk")
