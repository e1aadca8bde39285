"""Real windows enumerated on the school calendar, as small tables of integers: the SQL has no date arithmetic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from ..calendar import SchoolCalendar
from ..periods import Window
from ..tree import Obligation
from .plan import Plan, Slot

_FAR = dt.date.max
MOST_LAYERS = 64  # windows of one rule that lie over one another; a rule has one or two
DAYS_APART = 4_000_000  # more than the last day there is


@dataclass
class Windows:
    """grains: distinct lists of windows; a slot's windows are those of its grain. Grain 0 is empty (own days)."""

    as_of: dt.date
    calendar: SchoolCalendar
    grains: list[tuple[Window, ...]] = field(default_factory=lambda: [()])
    grain_of: dict[int, int] = field(default_factory=dict)

    def of(self, slot: Slot) -> tuple[Window, ...]:
        return self.grains[self.grain_of[slot.number]]

    @property
    def first(self) -> dt.date:
        """First day of any window; facts before it matter to none."""
        return min((window.first for grain in self.grains for window in grain), default=self.as_of)

    @property
    def horizon(self) -> dt.date:
        """Last day that the calendar or a real window knows: nothing is counted in school days after it."""
        covered = self.calendar.coverage()
        ends = [window.last for grain in self.grains for window in grain if window.last < _FAR]
        return max([self.as_of, *ends, *(covered or ())])

    @cached_property
    def rows(self) -> list[tuple[int, ...]]:
        """Rows of tx_window."""
        return list(self._rows())

    def _rows(self) -> Iterator[tuple[int, ...]]:
        for grain, windows in enumerate(self.grains):
            for at, window in enumerate(windows):
                judged = min(window.last, self.as_of)
                days = self.calendar.school_days(window.first, min(window.last, self.horizon))
                yield (
                    grain, at, window.first.toordinal(), window.last.toordinal(), judged.toordinal(),
                    int(self.as_of > window.last or window.settled), window.share.numerator, window.share.denominator, days,
                    int(window.planned),
                )  # fmt: skip

    def layers(self, grain: int) -> int:
        """Return how many layers a grain has: windows of one layer never overlap, so a day is in one of them at most."""
        return max((layer for layer, *_ in self._layered(grain)), default=0) + 1

    @cached_property
    def days(self) -> list[tuple[int, int]]:
        """Rows of tx_day: in which window each day up to `as_of` falls. The key is `base` + day."""
        return list(self._days())

    def _days(self) -> Iterator[tuple[int, int]]:
        for grain in range(len(self.grains)):
            for layer, at, window in self._layered(grain):
                first, last = window.first.toordinal(), min(window.last, self.as_of).toordinal()
                base = base_of(grain, layer)
                for day in range(first, last + 1):
                    yield base + day, at

    def _layered(self, grain: int) -> Iterator[tuple[int, int, Window]]:
        ends: list[dt.date] = []
        for at, window in sorted(enumerate(self.grains[grain]), key=lambda pair: pair[1].first):
            layer = next((n for n, end in enumerate(ends) if end < window.first), len(ends))
            ends[layer:] = [window.last, *ends[layer + 1 :]]
            yield layer, at, window

    def school_days(self, first: int) -> Iterator[tuple[int, int]]:
        """Yield rows of tx_calendar from the day before `first`: how many school days there were up to each day."""
        upto = 0
        for day in range(first - 1, self.horizon.toordinal() + 1):
            upto += self.calendar.is_school_day(dt.date.fromordinal(day))
            yield day, upto


def base_of(grain: int, layer: int) -> int:
    """Return what is added to a day to find it in a layer of a grain."""
    return (grain * MOST_LAYERS + layer) * DAYS_APART


def windows_of(plan: Plan, calendar: SchoolCalendar, as_of: dt.date) -> Windows:
    """Enumerate the windows that have begun by `as_of`, each judged by one version of its rule (Meaning 6)."""
    found = Windows(as_of, calendar)
    known: dict[tuple[Window, ...], int] = {(): 0}
    for slot in plan.slots:
        windows = () if slot.own else tuple(_judged_by(slot, calendar, as_of))
        if windows not in known:
            known[windows] = len(found.grains)
            found.grains.append(windows)
        found.grain_of[slot.number] = known[windows]
    return found


def _judged_by(slot: Slot, calendar: SchoolCalendar, as_of: dt.date) -> Iterator[Window]:
    for window in slot.period.windows(calendar, slot.rule.since, as_of):
        if in_force(slot.rule, window) and not any(in_force(newer, window) for newer in slot.later):
            yield window


def in_force(rule: Obligation, window: Window) -> bool:
    """Does the version apply to the window: by its last day, or its first under `applies: next_window`."""
    begins = window.first if rule.next_window else window.last
    return rule.since <= begins and (rule.until is None or window.last <= rule.until)
