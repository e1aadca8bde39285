"""Period nodes: when something is owed. Each has `windows` (the real ones on a school calendar), `words` and `sql`.

Windows are enumerated in Python for every evaluator, so `sql` only hands the node to the builder's day table.
To add a period: one class here with these three methods, one spelling in `parse_periods.py`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .calendar import SchoolCalendar
    from .words import Speaker

NO_END = dt.date.max


@dataclass(frozen=True, order=True)
class Window:
    """One real window, first and last day included.

    share: what part of the full number a cut window owes (1 = all). one_off: it does not come again, so late
    work is worth naming. planned: set by dates or by the plan, so it stands even without a school day.
    settled: judged as over on its last day already (it ends every day anew). first_at, last_at: instants, where it is
    counted in hours. about: id of the event or entry it belongs to. void: why nothing is owed in it, "" = it stands.
    """

    first: dt.date
    last: dt.date
    name: str = ""
    share: Fraction = Fraction(1)
    one_off: bool = False
    planned: bool = False
    settled: bool = False
    first_at: dt.datetime | None = field(default=None, compare=False)
    last_at: dt.datetime | None = field(default=None, compare=False)
    about: str = field(default="", compare=False)
    void: str = field(default="", compare=False)

    def __contains__(self, day: dt.date) -> bool:
        return self.first <= day <= self.last


UNITS = ("year", "calendar_year", "half_year", "term", "quarter", "month", "teaching_week", "school_day")


@dataclass(frozen=True)
class Period:
    """When. `windows` yields those that touch [first, last], in order."""

    def windows(self, calendar: SchoolCalendar, first: dt.date, last: dt.date) -> Iterator[Window]:
        raise TypeError("a period node says itself which windows it has")

    def words(self, say: Speaker) -> str:
        return say.period(self)

    def sql(self, builder: Any) -> Any:
        return builder.period(self)


@dataclass(frozen=True)
class Every(Period):
    """Every n of a unit (n = 1: each). stub: drop | full | prorate for one that the calendar cuts.

    teaching: months and quarters are cut to the terms.
    """

    unit: str
    n: int = 1
    stub: str = "drop"
    teaching: bool = False

    def windows(self, calendar: SchoolCalendar, first: dt.date, last: dt.date) -> Iterator[Window]:
        return calendar.every(self.unit, self.n, self.stub, self.teaching, first, last)


@dataclass(frozen=True)
class PhaseOfPlan(Period):
    """A phase of the plan, each programme year."""

    phase: int

    def windows(self, calendar: SchoolCalendar, first: dt.date, last: dt.date) -> Iterator[Window]:
        return calendar.phase_windows(self.phase, first, last)


@dataclass(frozen=True)
class MonthOfPlan(Period):
    """A month of the plan (1 to 12), each programme year."""

    month: int

    def windows(self, calendar: SchoolCalendar, first: dt.date, last: dt.date) -> Iterator[Window]:
        return calendar.plan_month_windows(self.month, first, last)


@dataclass(frozen=True)
class Between(Period):
    """Fixed first and last day."""

    first: dt.date
    last: dt.date

    def windows(self, calendar: SchoolCalendar, first: dt.date, last: dt.date) -> Iterator[Window]:
        if self.first <= last and first <= self.last:
            name = f"{self.first.isoformat()}..{self.last.isoformat()}"
            yield Window(self.first, self.last, name, one_off=True, planned=True)


@dataclass(frozen=True)
class By(Period):
    """By a date: from the first day of the programme year in which the rule began."""

    due: dt.date
    since: dt.date

    def windows(self, calendar: SchoolCalendar, first: dt.date, last: dt.date) -> Iterator[Window]:
        start = min(calendar.programme_year_start(min(self.since, self.due)), self.due)
        if start <= last and first <= self.due:
            yield Window(start, self.due, f"by {self.due.isoformat()}", one_off=True, planned=True)


@dataclass(frozen=True)
class Once(Period):
    """Once, with no end: from the first day of the programme year in which the rule began."""

    since: dt.date

    def windows(self, calendar: SchoolCalendar, first: dt.date, last: dt.date) -> Iterator[Window]:
        start = calendar.programme_year_start(self.since)
        if start <= last:
            yield Window(start, NO_END, "once", planned=True)


@dataclass(frozen=True)
class PartOf(Period):
    """The nth unit of a longer one (nth: 1 …), or the first or last n of them together.

    Exactly one of nth, first_n, last_n is set. unit may be a weekday ("monday" …) as well.
    """

    unit: str
    of: str
    nth: int = 0
    first_n: int = 0
    last_n: int = 0

    def windows(self, calendar: SchoolCalendar, first: dt.date, last: dt.date) -> Iterator[Window]:
        return calendar.part_windows(self, first, last)


BREAKS = ("summer", "winter", "any")


@dataclass(frozen=True)
class Break(Period):
    """The days between two terms: "winter" within a school year, "summer" at its end, or any."""

    season: str

    def windows(self, calendar: SchoolCalendar, first: dt.date, last: dt.date) -> Iterator[Window]:
        return calendar.break_windows(self.season, first, last)


@dataclass(frozen=True)
class Rolling(Period):
    """The n years, months or days up to today: one window that ends anew every day and is judged as over."""

    n: int
    unit: str

    def windows(self, calendar: SchoolCalendar, first: dt.date, last: dt.date) -> Iterator[Window]:
        begins = last - self.n * dt.timedelta(days=1) if self.unit == "day" else self._months_before(last)
        name = f"rolling {self.n} {self.unit}"
        yield Window(begins + dt.timedelta(days=1), last, name, planned=True, settled=True)

    def _months_before(self, day: dt.date) -> dt.date:
        months = self.n * (12 if self.unit == "year" else 1)
        month = max(day.year * 12 + day.month - 1 - months, 12)
        first = dt.date(month // 12, month % 12 + 1, 1)
        following = dt.date((month + 1) // 12, (month + 1) % 12 + 1, 1)
        return min(first + dt.timedelta(days=day.day - 1), following - dt.timedelta(days=1))


@dataclass(frozen=True)
class Standing(Period):
    """At any time: judged today, over today and the `grace` days before it.

    Whoever has been in scope for no more than these days is not late yet; what held on one of them is not gone yet.
    """

    grace: int = 0

    def windows(self, calendar: SchoolCalendar, first: dt.date, last: dt.date) -> Iterator[Window]:
        begins = last - self.grace * dt.timedelta(days=1)
        yield Window(begins, last, "standing", planned=True, settled=True)


@dataclass(frozen=True)
class OwnDays(Period):
    """The days of the entry itself, for rules about an activity."""

    def windows(self, calendar: SchoolCalendar, first: dt.date, last: dt.date) -> Iterator[Window]:
        return iter(())
