"""Which entries count for a subject in a window, which do not and why, and what they add up to."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .counting import Companion, Count, QualifierIs, Tally
from .facts import ENTRY, PAIR, Counted, Entry, Participation, View
from .occasions import end_of
from .periods import Window
from .tree import GROUP_LINKS, EvidenceNeed, Requirement

if TYPE_CHECKING:
    from .calendar import SchoolCalendar
    from .reference import Verdict


Verdicts = Callable[[str], "list[tuple[str, Verdict]]"]


@dataclass(frozen=True)
class Case:
    """One requirement for one subject in one window, with the facts up to `as_of`: what a measure may ask.

    judged_on: the window's last day, `as_of` while it runs. since: from which day on what held still counts as held,
    the same day but for a standing window with grace. verdicts: (subject, verdict) under another rule of the
    pack, by its id.
    """

    view: View
    calendar: SchoolCalendar
    item: Requirement
    subject: str
    window: Window
    as_of: dt.date
    since: dt.date
    verdicts: Verdicts

    @property
    def judged_on(self) -> dt.date:
        return min(self.window.last, self.as_of)

    def of(self, subject: str, item: Requirement) -> Case:
        """The same window for another subject and requirement."""
        return replace(self, subject=subject, item=item)

    def counted(self) -> Tally:
        """The entries that count, as a number of the measure."""
        heads, counted, rejected = self.gather()
        return Tally(self.item.measure.value(heads), counted, rejected)

    def gather(self) -> tuple[list[Counted], list[str], list[tuple[str, str]]]:
        """(heads that count, their entries, entries that do not count and why)."""
        heads: list[Counted] = []
        counted: list[str] = []
        rejected: list[tuple[str, str]] = []
        view, item, subject, window = self.view, self.item, self.subject, self.window
        found = candidates(view, item.count, subject)
        # An entry that counts in the window ends on or after its first day; the list is in the order of last days.
        for entry in found[bisect_left(found, window.first, key=lambda entry: entry.day) :]:
            days = _days_within(entry, window, self.as_of, item.measure.per_day)
            named = view.made_up(entry.id) if item.count.makes_up else ""
            if named:
                days = (entry.day,) if named == window.name and entry.day <= self.as_of else ()
            if not days:
                continue
            mine, reason = _heads_of(view, item, subject, entry, days)
            if mine and not _in_hours(entry, window):
                mine, reason = [], "hours"
            elif mine and item.count.about and not _answers(entry, subject, window):
                mine, reason = [], "about"
            if mine:
                heads += mine
                counted.append(entry.id)
            elif reason:
                rejected.append((entry.id, reason))
        return heads, counted, rejected


def by_day(view: View, entries: Iterable[str]) -> list[str]:
    """Entries without repetition, by day, then id."""
    return sorted(set(entries), key=lambda entry: (view.entries[entry].day, entry))


def _days_within(entry: Entry, window: Window, as_of: dt.date, per_day: bool) -> tuple[dt.date, ...]:
    """The days of an ended entry that fall in the window: its last day, or each day for day measures (Meaning 13)."""
    if entry.day > as_of:
        return ()
    if not per_day:
        return (entry.day,) if entry.day in window else ()
    first, last = max(entry.start_day, window.first), min(entry.day, window.last)
    return tuple(dt.date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1))


def _in_hours(entry: Entry, window: Window) -> bool:
    """Does it lie between the instants of a window counted in hours; without a time it counts at its day's end."""
    if window.first_at is None or window.last_at is None:
        return True
    return window.first_at <= (entry.at or end_of(entry.day)) <= window.last_at


def _answers(entry: Entry, subject: str, window: Window) -> bool:
    asked = window.about or subject.removeprefix(ENTRY)
    return bool(entry.about) and entry.about == asked


def candidates(view: View, count: Count, subject: str) -> list[Entry]:
    """Entries of the kinds in which the subject may play a part, by day, then id; found once per view."""
    key = (count.kinds, f"{subject} answers" if count.about else subject)
    if key not in view.candidates:
        found = {entry.id: entry for kind in count.kinds for entry in _touching(view, kind, subject)}
        if count.about and subject.startswith(ENTRY):
            answers = (
                e for kind in count.kinds for e in view.answers.get((kind, subject.removeprefix(ENTRY)), ())
            )
            found = {entry.id: entry for entry in answers}
        view.candidates[key] = sorted(found.values(), key=lambda entry: (entry.day, entry.id))
    return view.candidates[key]


def _touching(view: View, kind: str, subject: str) -> Iterable[Entry]:
    if subject.startswith(ENTRY):
        entry = view.entries[subject.removeprefix(ENTRY)]
        return [entry] if entry.kind == kind else []
    if subject.startswith(PAIR):
        return [entry for end in view.ends(subject) for entry in _touching(view, kind, end)]
    if view.type_of(subject) == "school":
        return view.by_school.get((kind, subject), [])
    if view.type_of(subject) in GROUP_LINKS:
        members = (e for m in view.members_ever(subject) for e in view.by_subject.get((kind, m), []))
        return [*view.by_subject.get((kind, subject), []), *members, *view.with_groups.get(kind, [])]
    groups = (e for g in view.groups_ever(subject) for e in view.by_subject.get((kind, g), []))
    return [*view.by_subject.get((kind, subject), []), *groups]


def _heads_of(
    view: View, item: Requirement, subject: str, entry: Entry, days: tuple[dt.date, ...]
) -> tuple[list[Counted], str]:
    """The heads that count for the subject, or none and the reason ("" when the entry is no business of the subject)."""
    mine = list(_mine(view, item.count, subject, entry, days))
    if not mine:
        return [], "absent" if _is_absent(view, item.count, subject, entry) else ""
    failed = ""
    kept = []
    for head in mine:
        lacking = _filtered_by(item.count, head.row)
        failed = failed or lacking
        if not lacking:
            kept.append(head)
    if not kept:
        return [], f"filtered: {failed}"
    for name, companion in item.count.companions():
        if name == "with" and subject.startswith(PAIR):
            # Whoever stands at the other end is found already; what is said of them still has to hold.
            kept = [
                head
                for head in kept
                if any(companion.accepts(view, other, subject, entry.day) for other in head.others)
            ]
        else:
            kept = [head for head in kept if _accompanied(view, companion, subject, entry, head)]
        if not kept:
            return [], name
    missing = item.evidence.missing(view.evidence(entry)) if item.evidence.types else ()
    if missing:
        return [], _missing(item.evidence, missing)
    return kept, ""


def _missing(need: EvidenceNeed, missing: tuple[str, ...]) -> str:
    return f"evidence missing: {(' or ' if need.any_one else ', ').join(missing)}"


def _mine(
    view: View, count: Count, subject: str, entry: Entry, days: tuple[dt.date, ...]
) -> Iterator[Counted]:
    """The heads of an entry that are the subject, its members, or anybody where the subject is a school or the entry."""
    kind = view.type_of(subject)
    if kind == "pair":
        yield from _of_pair(view, count, subject, entry, days)
        return
    if kind in ("school", "activity"):
        if not count.parts and not view.rows(entry.id):
            yield Counted(entry.id, entry.kind, "", True, False, None, days)
        yield from view.heads(entry, count.parts, days)
        return
    members = view.members(subject, entry.day) if kind in GROUP_LINKS else set()
    for head in view.heads(entry, count.parts, days):
        if head.unit == subject or (head.unit in members and _speaks_for(view, entry, head, subject)):
            yield head


def _speaks_for(view: View, entry: Entry, head: Counted, group: str) -> bool:
    """Whoever was written down through a class speaks for no class that was not there, wherever they belong by now."""
    row = head.row
    if row is None or row.via in ("", group) or view.type_of(row.via) != view.type_of(group):
        return True
    return any(
        one.subject == group and one.part == row.part and not one.absent for one in view.rows(entry.id)
    )


def _of_pair(
    view: View, count: Count, subject: str, entry: Entry, days: tuple[dt.date, ...]
) -> Iterator[Counted]:
    """The heads of either end in the part asked for, as one unit, where the other end stands in the part of `with`, is
    the row's counterpart, or (no part said) is there at all."""
    part = count.with_.part if count.with_ is not None else ""
    there = {
        head.unit
        for head in view.heads(entry, (part,) if part and part != "counterpart" else (), days)
        if part != "counterpart"
    }
    ends = view.ends(subject)
    for head in view.heads(entry, count.parts, days):
        if head.unit not in ends:
            continue
        others = {ends[0]} if head.unit == ends[1] else {ends[1]}
        named = {head.row.counterpart} if head.row is not None and part in ("", "counterpart") else set()
        found = others & (there | named)
        if found:
            yield replace(head, unit=subject, is_person=False, is_group=False, others=tuple(found))


def _is_absent(view: View, count: Count, subject: str, entry: Entry) -> bool:
    mine = view.ends(subject) or (subject,)
    if len(mine) > 1 and not set(mine) <= {row.subject for row in view.rows(entry.id)}:
        return False  # an entry without one of the two is no business of the pair
    return any(
        row.absent and row.subject in mine and (not count.parts or row.part in count.parts)
        for row in view.rows(entry.id)
    )


def _filtered_by(count: Count, row: Participation | None) -> str:
    """Name of the first filter of `only` that the row does not pass, or ""."""
    for test in count.only:
        if row is None or not test.passes(row):
            return test.qualifier if isinstance(test, QualifierIs) else test.amount
    return ""


def _accompanied(view: View, companion: Companion, subject: str, entry: Entry, head: Counted) -> bool:
    """Is somebody in the entry the companion asked for. For "counterpart" it is the head's own counterpart."""
    if companion.part == "counterpart":
        who = head.row.counterpart if head.row else ""
        return bool(who) and companion.accepts(view, who, subject, entry.day)
    return any(
        companion.accepts(view, row.subject, subject, entry.day)
        for row in view.rows(entry.id)
        if not row.absent and (not companion.part or row.part == companion.part)
    )
