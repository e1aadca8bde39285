"""The demo's calendar: terms around the Spring Festival, and random days drawn from it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from tongxin.methods.cadence.calendar import SchoolCalendar, Term

# First day of the lunar year; other years fall back on a middle date.
SPRING_FESTIVAL = {
    2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26),
    2029: (2, 13), 2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31), 2034: (2, 19), 2035: (2, 8),
}  # fmt: skip
FIRST_MONTH = 9


def school_year_of(day: date) -> int:
    """Return the calendar year in which the school year of a day began."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


@dataclass(frozen=True)
class YearDays:
    """The days of the school year that begins in `year`."""

    year: int

    @property
    def name(self) -> str:
        return f"{self.year}-{self.year + 1}"

    @property
    def first(self) -> date:
        return date(self.year, 9, 1)

    @property
    def last(self) -> date:
        return date(self.year + 1, 8, 31)

    @property
    def festival(self) -> date:
        return date(self.year + 1, *SPRING_FESTIVAL.get(self.year + 1, (2, 5)))

    @property
    def autumn(self) -> tuple[date, date]:
        """From the first of September to the Friday eighteen days or more before the Spring Festival."""
        first = next(d for d in (self.first + timedelta(n) for n in range(3)) if d.weekday() < 5)
        last = self.festival - timedelta(days=18)
        return first, last - timedelta(days=(last.weekday() - 4) % 7)

    @property
    def spring(self) -> tuple[date, date]:
        """From the Monday after the Lantern Festival to the end of June."""
        first = self.festival + timedelta(days=13)
        first += timedelta(days=-first.weekday() % 7)
        last = date(self.year + 1, 6, 30)
        return first, last - timedelta(days=max(0, last.weekday() - 4))


class Days:
    """Draws days of a school's calendar, never one after `today`."""

    def __init__(self, calendar: SchoolCalendar, today: date, rng: random.Random) -> None:
        self.calendar, self.today, self.random = calendar, today, rng
        first = min(y.first for y in calendar.school_years)
        span = (max(y.last for y in calendar.school_years) - first).days
        self.school_days = [
            d for d in (first + timedelta(n) for n in range(span + 1)) if calendar.is_school_day(d)
        ]

    def taught(self, first: date, last: date) -> list[date]:
        """School days between two days, the future included."""
        return [d for d in self.school_days if first <= d <= last]

    def any_day(self, first: date, last: date) -> date | None:
        """A random day of [first, last]; None when it lies after today (not done yet)."""
        day = first + timedelta(days=self.random.randrange(max((last - first).days, 0) + 1))
        return day if day <= self.today else None

    def school_day(self, first: date, last: date) -> date | None:
        """A random school day of [first, last]; None when there is none or it lies after today."""
        days = self.taught(first, last)
        day = self.random.choice(days) if days else None
        return day if day is not None and day <= self.today else None

    def terms(self) -> list[Term]:
        """Terms that have begun."""
        return [t for t in self.calendar.terms if t.first <= self.today]

    def months(self, first: date, last: date) -> list[tuple[date, date]]:
        """Months of [first, last] with school days and begun, as (first school day, last school day)."""
        found: dict[tuple[int, int], list[date]] = {}
        for day in self.taught(first, last):
            found.setdefault((day.year, day.month), []).append(day)
        return [(days[0], days[-1]) for days in found.values() if days[0] <= self.today]

    def weeks(self, term: Term, n: int = 1) -> list[tuple[date, date]]:
        """Spans of n teaching weeks of a term that have begun, cut to the term."""
        spans, monday = [], term.first_week - timedelta(days=term.first_week.weekday())
        while monday <= min(term.last, self.today):
            spans.append((max(monday, term.first), min(monday + timedelta(days=7 * n - 1), term.last)))
            monday += timedelta(days=7 * n)
        return spans
