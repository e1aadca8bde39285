"""Shares of a set: of the members who took part, who meet a condition, or whose verdict under another rule is so.

Meaning 9: fractions are exact, minima round up, maxima down; the set is that of one day; leavers leave both sides; a
member counts once per window, however often they took part.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .bounds import Bound
from .conditions import Always, Condition
from .counting import Measure, Tally, Times
from .facts import ENTRY, View
from .gathering import Case, by_day
from .tree import GROUP_LINKS, Requirement

if TYPE_CHECKING:
    from .reference import Verdict
    from .words import Speaker

FIRST_DAY, LAST_DAY = "first_day", "last_day"
EXPECTED = ("met", "missed", "open")


@dataclass(frozen=True)
class Members:
    """Whom a share is of: people (or groups) of a type in the subject, those linked with it, or those in a part of it.

    type: student | staff | member | homeroom …; link, end: where they stand; part: of the activity that is judged.
    where: only those for whom it holds on the day of the set; unknown is no.
    """

    type: str = ""
    link: str = ""
    end: str = "a"
    part: str = ""
    where: Condition = field(default_factory=Always)

    def on(self, view: View, subject: str, day: dt.date, judged_on: dt.date) -> list[str]:
        """The members on the day of the set who are still there on the judging day, in order."""
        found = [
            one for one in sorted(self._there(view, subject, day)) if self.where.holds(view, one, day) is True
        ]
        if day == judged_on:
            return found
        still = self._there(view, subject, judged_on)
        return [one for one in found if one in still]

    def _there(self, view: View, subject: str, day: dt.date) -> set[str]:
        if subject.startswith(ENTRY):
            entry = view.entries[subject.removeprefix(ENTRY)]
            heads = view.heads(entry, (self.part,), ())
            return {head.unit for head in heads if head.is_person and view.is_present(head.unit, day)}
        if self.link:
            found: set[str] = set(view.linked_between(self.link, _other(self.end), subject, day, day))
        elif view.type_of(subject) == "school":
            found = set(view.of_school(subject))
        else:
            link = GROUP_LINKS[view.type_of(subject)]
            found = set(view.linked_between(link, "b", subject, day, day))
        return {
            one
            for one in found
            if view.is_present(one, day) and (not self.type or view.is_a(one, self.type, day))
        }

    def reads(self) -> Iterator[tuple[str, str]]:
        if self.link:
            yield "link", self.link


def _other(end: str) -> str:
    return "b" if end == "a" else "a"


@dataclass(frozen=True)
class _Share(Measure):
    @property
    def grows(self) -> bool:
        return False

    @property
    def is_share(self) -> bool:
        return True

    def words(self, say: Speaker) -> str:
        return ""


@dataclass(frozen=True)
class Share(_Share):
    """How many of a set took part at least once; with `holding`, how many meet a condition on the judging day.

    set_on: first_day | last_day of the window, or a date.
    """

    members: Members
    set_on: str | dt.date = LAST_DAY
    holding: Condition | None = None

    @property
    def needs_count(self) -> bool:
        return self.holding is None

    def tally(self, case: Case) -> Tally:
        members = self.members.on(case.view, case.subject, set_day(self.set_on, case), case.judged_on)
        if self.holding is not None:
            held = (self.holding.holds(case.view, one, case.judged_on) for one in members)
            return Tally(sum(answer is True for answer in held), of=len(members))
        if case.subject.startswith(ENTRY):
            heads, counted, rejected = case.gather()
            return Tally(len({head.unit for head in heads} & set(members)), counted, rejected, len(members))
        return self._of_each(case, members)

    def _of_each(self, case: Case, members: list[str]) -> Tally:
        each = once(case.item)
        found = [case.of(one, each).counted() for one in members]
        counted = by_day(case.view, (entry for one in found for entry in one.counted))
        reasons = {entry: reason for one in found for entry, reason in one.rejected if entry not in counted}
        rejected = [(entry, reasons[entry]) for entry in by_day(case.view, reasons)]
        return Tally(sum(one.done > 0 for one in found), counted, rejected, len(members))

    def sql(self, builder: Any) -> Any:
        return builder.share(self)


def set_day(said: str | dt.date, case: Case) -> dt.date:
    """The day of the set; one that is still to come is today."""
    if said == LAST_DAY:
        return case.judged_on
    return min(case.window.first if isinstance(said, str) else said, case.judged_on)


def once(item: Requirement) -> Requirement:
    """The requirement asked of each member: at least one entry that counts."""
    return replace(item, measure=Times(), bound=Bound(), where=Always())


@dataclass(frozen=True)
class VerdictShare(_Share):
    """How many of those of whom another rule expects something have this verdict (Meaning 21).

    A member is a subject of that rule who belongs to this one (or is it) on the judging day, with at least one window of
    that rule that ends in this window (or has none to end) and is met, missed or open; it counts when all of them are so.
    """

    obligation: str
    verdict: str = "met"

    def reads(self) -> Iterator[tuple[str, str]]:
        yield "obligation", self.obligation

    @property
    def needs_count(self) -> bool:
        return False

    def tally(self, case: Case) -> Tally:
        found: dict[str, bool] = {}
        for member, one in case.verdicts(self.obligation):
            if one.verdict in EXPECTED and self._within(case, one) and self._belongs(case, member):
                found[member] = found.get(member, True) and one.verdict == self.verdict
        return Tally(sum(found.values()), of=len(found))

    def _within(self, case: Case, one: Verdict) -> bool:
        if one.due is None:
            return one.first <= case.judged_on
        return case.window.first <= one.last <= case.window.last

    def _belongs(self, case: Case, member: str) -> bool:
        there = member.startswith(ENTRY) or case.view.is_present(member, case.judged_on)
        return there and case.subject in case.view.chain(member, case.judged_on)

    def sql(self, builder: Any) -> Any:
        return builder.verdict_share(self)
