"""The calendar that rules are judged on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from tongxin.kernel.base.models import School
from tongxin.methods.cadence import calendar as cadence

from . import national
from .models import DayOverride, SchoolYear


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
    years = tuple(
        (
            y.name,
            y.first_day,
            y.last_day,
            tuple((t.name, t.first_day, t.last_day, t.first_teaching_week) for t in y.terms.all()),
        )
        for y in SchoolYear.objects.filter(school=owner).prefetch_related("terms")
    )
    overrides = DayOverride.objects.filter(school__in={owner.pk, school.pk}).order_by("school_id", "day")
    return _built(years, tuple(overrides.values_list("day", "is_school_day")))


@lru_cache(maxsize=256)
def _built(years: tuple, overrides: tuple) -> cadence.SchoolCalendar:
    """Build a calendar from its rows; the same rows give the very same object, with the windows it has worked out."""
    holidays: set[date] = set()
    make_up: set[date] = set()
    for number in {n for _name, first, last, _terms in years for n in range(first.year, last.year + 1)}:
        off, on, _known = national.year(number)
        holidays |= off
        make_up |= on
    for day, is_school_day in overrides:
        (make_up if is_school_day else holidays).add(day)
        (holidays if is_school_day else make_up).discard(day)
    return cadence.SchoolCalendar(
        school_years=tuple(cadence.SchoolYear(name, first, last) for name, first, last, _terms in years),
        terms=tuple(
            cadence.Term(name=name, school_year=year, first=first, last=last, first_week=monday)
            for year, _first, _last, terms in years
            for name, first, last, monday in terms
        ),
        holidays=frozenset(holidays),
        make_up_days=frozenset(make_up),
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
