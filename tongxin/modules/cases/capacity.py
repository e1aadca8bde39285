"""What of the queue can be seen this week: most signals are false, and a counsellor has a few hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.signals.models import Call, CounsellorHours

WEEK_DAYS = 5
FURTHEST = 60  # weeks looked ahead; beyond a year the answer is "never with these hours"


@dataclass(frozen=True)
class Week:
    """A week with how many first talks fit into it. first: its Monday."""

    first: date
    places: int


@dataclass(frozen=True)
class Outlook:
    """Hours against talks. done: talked to since Monday; this_week: how many of those waiting still fit in.

    beyond: urgent children who do not fit into the hours and are seen all the same. ends: the Monday of the week
    in which the last of those waiting is seen; None: not within a year, or no hours are on file.
    """

    minutes: int
    done: int
    waiting: int
    this_week: int
    beyond: int
    weeks: tuple[Week, ...]
    ends: date | None

    @property
    def hours(self) -> float:
        return round(self.minutes / 60, 1)


def hours_of(school: School) -> list[CounsellorHours]:
    rows = CounsellorHours.objects.current().filter(school=school).select_related("person")
    return list(rows.order_by("person__pinyin", "pk"))


@transaction.atomic
def set_hours(school: School, person: Subject, minutes_a_week: int, minutes_each: int, *, by) -> None:
    """Note how much time somebody has; what was noted before stays as a superseded row."""
    now = timezone.now()
    CounsellorHours.objects.current().filter(school=school, person=person).update(superseded_at=now)
    CounsellorHours(
        school=school, person=person, minutes_a_week=minutes_a_week, minutes_each=minutes_each, recorded_at=now,
        recorded_by_id=getattr(by, "account_id", None),
    ).save()  # fmt: skip
    audit.write(
        by,
        "signal.hours_set",
        school_id=school.pk,
        person=person.pk,
        minutes=minutes_a_week,
        each=minutes_each,
    )


def counsellors(school: School, day: date) -> list[Subject]:
    held = Link.objects.filter(
        school=school, kind="counsellor", superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    )
    people = Subject.objects.filter(pk__in=held.values("a_id"), present_from__lte=day, present_to__gte=day)
    return list(people.order_by("pinyin", "pk"))


def outlook(school: School, waiting: int, urgent: int, today: date) -> Outlook:
    """Return what can be done this week and when the queue is through. waiting: children in it, the urgent included."""
    present = {one.pk for one in counsellors(school, today)}
    own = [row for row in hours_of(school) if row.person_id in present]
    monday = today - timedelta(days=today.weekday())
    done = _talked_to(school, monday)
    first = max(places(school, own, monday) - done, 0)
    this_week = min(max(first, urgent), waiting)
    weeks, left, ends = [], waiting - this_week, monday if own and waiting else None
    for n in range(1, FURTHEST):
        if not left or not own:
            break
        week = monday + timedelta(weeks=n)
        fits = min(places(school, own, week), left)
        if fits:
            weeks.append(Week(week, fits))
            left, ends = left - fits, week
    return Outlook(
        minutes=sum(row.minutes_a_week for row in own), done=done, waiting=waiting, this_week=this_week,
        beyond=max(min(urgent, waiting) - first, 0), weeks=tuple(weeks), ends=None if left else ends,
    )  # fmt: skip


def places(school: School, own: Sequence[CounsellorHours], monday: date) -> int:
    """Return how many talks fit into a week: a short week has its share of the hours, a week of holidays none."""
    days = school_calendar(school).school_days(monday, monday + timedelta(days=6))
    return sum(row.minutes_a_week * min(days, WEEK_DAYS) // (WEEK_DAYS * row.minutes_each) for row in own)


def _talked_to(school: School, monday: date) -> int:
    start = timezone.make_aware(datetime.combine(monday, time()))
    taken = Call.objects.filter(school=school, answer=Call.Answer.TAKEN, answered_at__gte=start)
    return taken.values("signal__student").distinct().count()
