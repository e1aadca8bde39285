"""The calendar that rules are judged on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tongxin.kernel.base.models import School
from tongxin.methods.cadence import calendar as cadence

from . import national
from .models import DayOverride, SchoolYear, Term


def calendar_owner(school: School) -> School:
    """Return the school whose calendar counts: its own, else that of the nearest parent that has one."""
    owner: School | None = school
    while owner is not None:
        if SchoolYear.objects.filter(school=owner).exists():
            return owner
        owner = owner.parent
    return school


def school_calendar(school: School) -> cadence.SchoolCalendar:
    """Return a school's calendar: its years and terms, national holidays and make-up days, its own exceptions."""
    owner = calendar_owner(school)
    years = list(SchoolYear.objects.filter(school=owner).prefetch_related("terms"))
    holidays: set[date] = set()
    make_up: set[date] = set()
    for number in {n for y in years for n in range(y.first_day.year, y.last_day.year + 1)}:
        off, on, _known = national.year(number)
        holidays |= off
        make_up |= on
    for override in DayOverride.objects.filter(school__in={owner.pk, school.pk}).order_by("school_id"):
        (make_up if override.is_school_day else holidays).add(override.day)
        (holidays if override.is_school_day else make_up).discard(override.day)
    return cadence.SchoolCalendar(
        school_years=tuple(cadence.SchoolYear(y.name, y.first_day, y.last_day) for y in years),
        terms=tuple(_term(t, y) for y in years for t in y.terms.all()),
        holidays=frozenset(holidays),
        make_up_days=frozenset(make_up),
    )


def _term(term: Term, year: SchoolYear) -> cadence.Term:
    return cadence.Term(
        name=term.name,
        school_year=year.name,
        first=term.first_day,
        last=term.last_day,
        first_week=term.first_teaching_week,
    )


@dataclass(frozen=True)
class Today:
    """Where a day lies: the term (or the break after which it comes), and its teaching week counted from 1."""

    term: str
    week: int | None


def where_is(calendar: cadence.SchoolCalendar, day: date) -> Today:
    term = calendar.term_of(day)
    if term is None:
        return Today("", None)
    return Today(term.name, (day - term.first_week).days // 7 + 1)
