"""Measures of days in a row: the longest run of days with an entry, and the largest gap without one.

Each day of a span counts where it falls. Both stay open to the window's end, for one more entry can change them.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .counting import Measure, Tally

if TYPE_CHECKING:
    from .gathering import Case
    from .words import Speaker

DAY = dt.timedelta(days=1)
UNITS = ("day", "school_day")


@dataclass(frozen=True)
class _Days(Measure):
    """unit: day | school_day."""

    unit: str

    @property
    def grows(self) -> bool:
        return False

    @property
    def per_day(self) -> bool:
        return True

    @property
    def of(self) -> str:
        return "day"

    def tally(self, case: Case) -> Tally:
        heads, counted, rejected = case.gather()
        return Tally(
            self.length(case, sorted({day for head in heads for day in head.days})), counted, rejected
        )

    def length(self, case: Case, days: list[dt.date]) -> int:
        raise TypeError("a measure of days says itself what it counts")

    def words(self, say: Speaker) -> str:
        return say("天", "days") if self.unit == "day" else say("个教学日", "school days")


@dataclass(frozen=True)
class Run(_Days):
    """The longest run of consecutive days with an entry; of school days, days without school neither count nor break it."""

    def length(self, case: Case, days: list[dt.date]) -> int:
        calendar, longest, run = case.calendar, 0, 0
        before: dt.date | None = None
        for day in days:
            if self.unit == "school_day" and not calendar.is_school_day(day):
                continue
            follows = before is not None and (
                day - before == DAY if self.unit == "day" else calendar.school_days(before + DAY, day) == 1
            )
            run, before = run + 1 if follows else 1, day
            longest = max(longest, run)
        return longest

    def sql(self, builder: Any) -> Any:
        return builder.run(self)


@dataclass(frozen=True)
class Gap(_Days):
    """The most days in a row without an entry.

    Counted from the window's first day (or the subject's first day present) to its last day (`as_of` while it runs, or
    the subject's last day present): the days before the first entry and after the last are gaps as well, and without any
    entry all of them are one gap. Of school days, only these are counted, but an entry on any day ends a gap.
    """

    def length(self, case: Case, days: list[dt.date]) -> int:
        present = case.view.subjects[case.subject]
        first = max(case.window.first, present.present_from)
        last = min(case.judged_on, present.present_to)
        if last < first:
            return 0
        within = [day.toordinal() for day in days if first <= day <= last]
        marks = [first.toordinal() - 1, *within, last.toordinal() + 1]
        return max(self._between(case, one, other) for one, other in itertools.pairwise(marks))

    def _between(self, case: Case, one: int, other: int) -> int:
        if self.unit == "day" or other - one <= 1:
            return max(other - one - 1, 0)
        return case.calendar.school_days(dt.date.fromordinal(one + 1), dt.date.fromordinal(other - 1))

    def sql(self, builder: Any) -> Any:
        return builder.gap(self)


__all__ = ["UNITS", "Gap", "Run"]
