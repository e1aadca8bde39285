"""Measures of what holds, without entries: links held, a state reached, days in a state (Meaning 4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .conditions import AttributeTest
from .counting import Companion, Measure, Tally

if TYPE_CHECKING:
    from .gathering import Case
    from .words import Speaker


@dataclass(frozen=True)
class _Standing(Measure):
    """What holds can end again, so it settles only with its window."""

    @property
    def grows(self) -> bool:
        return False

    @property
    def needs_count(self) -> bool:
        return False


@dataclass(frozen=True)
class Links(_Standing):
    """Different other ends of links of one or several kinds that hold on the judging day.

    end: where the subject stands, a | b | either. other: what the other end must be on that day.
    extreme: min | max: not on the judging day, but the fewest or most held on any day of the window so far on which the
    subject is there (`on: every_day | any_day`).
    """

    links: tuple[str, ...]
    end: str = "either"
    other: Companion = field(default_factory=Companion)
    extreme: str = ""
    on: str = ""

    def tally(self, case: Case) -> Tally:
        ends = ("a", "b") if self.end == "either" else (self.end,)
        if self.extreme:
            return self._extreme(case, ends)
        found = {
            other
            for other in self._held(case, ends, case.since, case.judged_on)
            if self.other.accepts(case.view, other, case.subject, case.judged_on)
        }
        return Tally(len(found))

    def _extreme(self, case: Case, ends: tuple[str, ...]) -> Tally:
        known = case.view.subjects.get(case.subject)
        first, last = case.window.first, case.judged_on
        if known is not None:
            first, last = max(first, known.present_from), min(last, known.present_to)
        if first > last:
            return Tally(0)
        days = {first, *(day for day in case.view.change_days(case.subject) if first < day <= last)}
        held = [len(self._held(case, ends, day, day)) for day in days]
        return Tally(min(held) if self.extreme == "min" else max(held))

    def _held(self, case: Case, ends: tuple[str, ...], first: dt.date, last: dt.date) -> set[str]:
        """Other ends of links that hold on some day from first to last."""
        view = case.view
        return {
            other
            for link in self.links
            for end in ends
            for other in view.linked_between(link, end, case.subject, first, last)
        }

    def reads(self) -> Iterator[tuple[str, str]]:
        yield from (("link", link) for link in self.links)

    def words(self, say: Speaker) -> str:
        days = {
            "every_day": say("（每一天）", "on every day"),
            "any_day": say("（有一天即可）", "on some day"),
        }
        return say("名", "") + days.get(self.on, "")

    def sql(self, builder: Any) -> Any:
        return builder.links(self)


@dataclass(frozen=True)
class Reached(_Standing):
    """1 when the subject was in a state on the judging day or on any day before it, else 0."""

    machine: str
    state: str

    def tally(self, case: Case) -> Tally:
        begun = (row.valid_from for row in case.view.said_of(case.subject, self.machine, self.state))
        return Tally(int(any(day <= case.judged_on for day in begun)))

    def reads(self) -> Iterator[tuple[str, str]]:
        yield "attribute", self.machine

    def words(self, say: Speaker) -> str:
        return ""

    def sql(self, builder: Any) -> Any:
        return builder.reached(self)


@dataclass(frozen=True)
class DaysIn(_Standing):
    """Days from the window's first to the judging day on which the subject is in a state."""

    test: AttributeTest

    def tally(self, case: Case) -> Tally:
        days = 0
        for first, last in case.view.stretches(case.subject, case.window.first, case.judged_on):
            if self.test.holds(case.view, case.subject, first):
                days += (last - first).days + 1
        return Tally(days)

    def words(self, say: Speaker) -> str:
        return say("天", "days")

    def sql(self, builder: Any) -> Any:
        return builder.days_in(self)


__all__ = ["DaysIn", "Links", "Reached"]
