"""Facts as rules see them: subjects, dated attributes and links, entries with participations and evidence, waivers.

Every dated row holds from `valid_from` to `valid_to`, both included. A row is known from `recorded_at` until
`superseded_at` (aware instants; None = always, never). Amounts are integers in hundredths of their unit.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from .reading import day_of
from .tree import GROUP_LINKS, PERSON_TYPES

ALWAYS, NEVER = dt.date.min, dt.date.max
ENTRY = "activity:"  # before an entry's id where the entry itself is the subject
PAIR = "pair:"  # before a link's id where the link itself is the subject


MADE_UP = "makes_up"  # the further qualifier of rows that names the window an entry makes up for


def in_order(entry: str) -> tuple[int, str]:
    """The order of entries by id: numbers by their value (a database's own ids), other ids as texts."""
    return (int(entry), "") if entry.isascii() and entry.isdecimal() else (0, entry)


def bare_id(subject: str) -> str:
    """The id of a subject as verdicts name it: that of the entry or link itself."""
    return subject.removeprefix(ENTRY).removeprefix(PAIR)


@dataclass(frozen=True)
class Subject:
    """school: id of the school it belongs to (a school's own id for itself)."""

    id: str
    type: str
    name: str = ""
    school: str = ""
    present_from: dt.date = ALWAYS
    present_to: dt.date = NEVER


@dataclass(frozen=True)
class AttributeRow:
    subject: str
    name: str
    value: str
    valid_from: dt.date = ALWAYS
    valid_to: dt.date = NEVER
    recorded_at: dt.datetime | None = None
    superseded_at: dt.datetime | None = None


@dataclass(frozen=True)
class LinkRow:
    id: str
    kind: str
    a: str
    b: str
    valid_from: dt.date = ALWAYS
    valid_to: dt.date = NEVER
    recorded_at: dt.datetime | None = None
    superseded_at: dt.datetime | None = None


@dataclass(frozen=True)
class Participation:
    """One person or thing in a part of an entry. qualifiers: texts; amounts: hundredths.

    via: the group through which a person was written down; among groups of its type they speak for it alone.
    """

    part: str
    subject: str
    absent: bool = False
    counterpart: str = ""
    qualifiers: dict[str, str] = field(default_factory=dict, hash=False)
    amounts: dict[str, int] = field(default_factory=dict, hash=False)
    recorded_at: dt.datetime | None = None
    superseded_at: dt.datetime | None = None
    via: str = ""

    def qualifier(self, name: str) -> str:
        return self.counterpart if name == "counterpart" else self.qualifiers.get(name, "")

    def amount(self, name: str) -> int | None:
        return self.amounts.get(name)


@dataclass(frozen=True)
class EvidenceRow:
    type: str
    recorded_at: dt.datetime | None = None
    superseded_at: dt.datetime | None = None


@dataclass(frozen=True)
class EventRow:
    """Something that happened to a subject on a day, perhaps at an instant.

    A correction or a retraction is a new row that supersedes the old one; `retracted` says it is the latter.
    """

    id: str
    subject: str
    kind: str
    day: dt.date
    at: dt.datetime | None = None
    retracted: bool = False
    recorded_at: dt.datetime | None = None
    superseded_at: dt.datetime | None = None


@dataclass(frozen=True)
class Entry:
    """An activity from start_day to day (its last day, by which it belongs to windows).

    about: id of the event or entry it answers, "" = none in particular.
    """

    id: str
    kind: str
    start_day: dt.date
    day: dt.date
    school: str = ""
    at: dt.datetime | None = None
    rows: tuple[Participation, ...] = ()
    evidence: tuple[EvidenceRow, ...] = ()
    recorded_at: dt.datetime | None = None
    superseded_at: dt.datetime | None = None
    about: str = ""


@dataclass(frozen=True)
class WaiverRow:
    """window: name of the only window it is for, "" = every one whose judging day it covers."""

    subject: str
    obligation: str
    reason: str = ""
    by: str = ""
    valid_from: dt.date = ALWAYS
    valid_to: dt.date = NEVER
    window: str = ""
    recorded_at: dt.datetime | None = None
    superseded_at: dt.datetime | None = None


@dataclass
class Facts:
    subjects: list[Subject] = field(default_factory=list)
    attributes: list[AttributeRow] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    waivers: list[WaiverRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)


@dataclass(frozen=True)
class Counted:
    """One head of an entry: the person or thing `unit` in a part, standing there itself or through its group.

    others: where the subject is a pair, who stands at its other end. span: first and last day of the entry.
    """

    entry: str
    kind: str
    unit: str
    is_group: bool
    is_person: bool
    row: Participation | None
    days: tuple[dt.date, ...]
    others: tuple[str, ...] = ()
    span: tuple[dt.date, dt.date] | None = None

    def share_on(self, day: dt.date) -> Participation | None:
        """The row with the share of its amounts that falls on a day of the span, whole hundredths, early days first."""
        if self.row is None or self.span is None:
            return self.row
        days, at = (self.span[1] - self.span[0]).days + 1, (day - self.span[0]).days
        shares = {name: n // days + (at < n % days) for name, n in self.row.amounts.items()}
        return replace(self.row, amounts=shares)


def is_known(row: Any, known_at: dt.datetime | None) -> bool:
    """Is a row live at `known_at` (None = now)."""
    if known_at is None:
        return row.superseded_at is None
    recorded = row.recorded_at is None or row.recorded_at <= known_at
    return recorded and (row.superseded_at is None or row.superseded_at > known_at)


class View:
    """Facts as known at an instant, indexed; the questions that nodes ask."""

    def __init__(self, facts: Facts, known_at: dt.datetime | None = None) -> None:
        self.known_at = known_at
        self.subjects = {subject.id: subject for subject in facts.subjects}
        self._attributes: dict[tuple[str, str], list[AttributeRow]] = defaultdict(list)
        self._attribute_days: dict[str, set[dt.date]] = defaultdict(set)
        self._links: dict[tuple[str, str, str], list[LinkRow]] = defaultdict(list)
        self._link_rows: dict[str, list[LinkRow]] = defaultdict(list)
        self._chains: dict[tuple[str, dt.date], tuple[str, ...]] = {}
        self._changes: dict[str, list[dt.date]] = {}
        self._of_school: dict[str, list[str]] = {}
        self.candidates: dict[tuple[tuple[str, ...], str], list[Entry]] = {}
        self._index_attributes(facts.attributes)
        self.pairs: dict[str, LinkRow] = {}
        self._index_links(facts.links)
        self.entries = {entry.id: entry for entry in facts.entries if is_known(entry, known_at)}
        self._rows = {id: [r for r in e.rows if is_known(r, known_at)] for id, e in self.entries.items()}
        self.waivers: dict[tuple[str, str], list[WaiverRow]] = defaultdict(list)
        for waiver in facts.waivers:
            if is_known(waiver, known_at):
                self.waivers[waiver.obligation, waiver.subject].append(waiver)
        self.events: dict[tuple[str, str], list[EventRow]] = defaultdict(list)
        for event in sorted(facts.events, key=lambda row: (row.day, row.id)):
            if is_known(event, known_at):
                self.events[event.kind, event.subject].append(event)
        self._index_entries()

    def _index_attributes(self, rows: Iterable[AttributeRow]) -> None:
        for row in rows:
            if is_known(row, self.known_at):
                self._attributes[row.subject, row.name].append(row)
                self._attribute_days[row.subject] |= set(_changes(row.valid_from, row.valid_to))
        for found in self._attributes.values():
            found.sort(key=lambda row: (row.valid_from, row.value), reverse=True)

    def _index_links(self, rows: Iterable[LinkRow]) -> None:
        for row in rows:
            if is_known(row, self.known_at):
                self._links[row.kind, "a", row.a].append(row)
                self._links[row.kind, "b", row.b].append(row)
                for end in {row.a, row.b}:
                    self._link_rows[end].append(row)
                self.pairs[PAIR + row.id] = row

    def _index_entries(self) -> None:
        self.by_subject: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        self.by_school: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        self.with_groups: dict[str, list[Entry]] = defaultdict(list)
        self.answers: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in sorted(self.entries.values(), key=lambda item: (item.day, item.id)):
            self.by_school[entry.kind, entry.school].append(entry)
            if entry.about:
                self.answers[entry.kind, entry.about].append(entry)
            present = {row.subject for row in self._rows[entry.id]}
            for subject in present:
                self.by_subject[entry.kind, subject].append(entry)
            if any(self.type_of(subject) in GROUP_LINKS for subject in present):
                self.with_groups[entry.kind].append(entry)

    # subjects, links, attributes

    def type_of(self, subject: str) -> str:
        if subject.startswith(ENTRY):
            return "activity"
        if subject.startswith(PAIR):
            return "pair"
        found = self.subjects.get(subject)
        return found.type if found else ""

    def school_of(self, subject: str) -> str:
        if subject.startswith(ENTRY):
            return self.entries[subject.removeprefix(ENTRY)].school
        found = self.subjects.get(self.pairs[subject].a if subject.startswith(PAIR) else subject)
        return found.school if found else ""

    def ends(self, subject: str) -> tuple[str, ...]:
        """Those a pair links, whom it is for first; () of anything else."""
        link = self.pairs.get(subject)
        return (link.b, link.a) if link else ()

    def end_of(self, subject: str, end: str) -> str:
        """The subject at an end (a | b) of a pair, "" where there is none."""
        link = self.pairs.get(subject)
        return "" if link is None else link.a if end == "a" else link.b

    def is_present(self, subject: str, day: dt.date) -> bool:
        if subject.startswith(PAIR):
            link = self.pairs[subject]
            return link.valid_from <= day <= link.valid_to and all(
                self.is_present(end, day) for end in (link.a, link.b)
            )
        found = self.subjects.get(subject)
        return found is not None and found.present_from <= day <= found.present_to

    def is_a(self, subject: str, type_name: str, day: dt.date) -> bool:
        """Is it of this subject type; "member" asks for a branch_member link on that day."""
        if type_name == "member":
            return self.has_link("branch_member", subject, day, "a")
        return self.type_of(subject) == type_name

    def _live(self, kind: str, end: str, subject: str, day: dt.date) -> Iterator[LinkRow]:
        rows = self._links.get((kind, end, subject), ())
        return (row for row in rows if row.valid_from <= day <= row.valid_to)

    def has_link(self, kind: str, subject: str, day: dt.date, end: str = "either") -> bool:
        if subject.startswith(PAIR):
            return any(self.has_link(kind, one, day, end) for one in self.ends(subject))
        ends = ("a", "b") if end == "either" else (end,)
        return any(True for one in ends for _ in self._live(kind, one, subject, day))

    def linked_to(self, kind: str, a: str, b: str, day: dt.date) -> bool:
        return any(row.b == b for row in self._live(kind, "a", a, day))

    def linked(self, kind: str, one: str, other: str, day: dt.date) -> bool:
        """Is there a live link between the two, in either direction."""
        return self.linked_to(kind, one, other, day) or self.linked_to(kind, other, one, day)

    def holders(self, kind: str, b: str, day: dt.date) -> list[str]:
        """Who holds a post (or stands at `a` of a link) for `b`, by id."""
        return sorted({row.a for row in self._live(kind, "b", b, day)})

    def members(self, group: str, day: dt.date) -> set[str]:
        """Persons a group stands for on a day."""
        link = GROUP_LINKS.get(self.type_of(group))
        return {row.a for row in self._live(link, "b", group, day)} if link else set()

    def groups_ever(self, subject: str) -> set[str]:
        """Groups a person belongs to at any time."""
        return {row.b for link in GROUP_LINKS.values() for row in self._links.get((link, "a", subject), ())}

    def is_ever_member(self, subject: str) -> bool:
        return ("branch_member", "a", subject) in self._links

    def members_ever(self, group: str) -> set[str]:
        link = GROUP_LINKS.get(self.type_of(group))
        return {row.a for row in self._links.get((link, "b", group), ())} if link else set()

    def chain(self, subject: str, day: dt.date) -> tuple[str, ...]:
        """The subject, its homerooms, branches and departments on that day, and its school; nearest first."""
        key = (subject, day)
        if key not in self._chains and subject.startswith(PAIR):
            self._chains[key] = tuple(
                dict.fromkeys(place for end in self.ends(subject) for place in self.chain(end, day))
            )
        if key not in self._chains:
            groups = [
                group
                for link in GROUP_LINKS.values()
                for group in sorted(row.b for row in self._live(link, "a", subject, day))
            ]
            school = self.school_of(subject)
            tail = [school] if school and school != subject else []
            self._chains[key] = (subject, *dict.fromkeys(groups), *tail)
        return self._chains[key]

    def attribute(self, subject: str, name: str, day: dt.date, of: tuple[str, ...] = ()) -> str | None:
        """The value on a day, of the subject or of the nearest container of a type in `of`; None = unknown.

        Of a pair it is that of the end it is for (b), else that of the other.
        """
        if subject.startswith(PAIR):
            found = (self.attribute(end, name, day, of) for end in self.ends(subject))
            return next((value for value in found if value is not None), None)
        for holder in self.chain(subject, day):
            if of and self.type_of(holder) not in of and not (holder == subject and "member" in of):
                continue
            for row in self._attributes.get((holder, name), ()):
                if row.valid_from <= day <= row.valid_to:
                    return row.value
        return None

    def said_of(self, subject: str, attribute: str, value: str) -> Iterator[AttributeRow]:
        """The subject's own rows of an attribute that say this value, past and coming ones too."""
        return (row for row in self._attributes.get((subject, attribute), ()) if row.value == value)

    def linked_between(
        self, kind: str, end: str, subject: str, first: dt.date, last: dt.date
    ) -> Iterator[str]:
        """Other ends of the links that hold on some day from first to last, where the subject stands at `end`."""
        for row in self._links.get((kind, end, subject), ()):
            if row.valid_from <= last and row.valid_to >= first:
                yield row.b if end == "a" else row.a

    def of_school(self, school: str) -> list[str]:
        """Everybody and everything that belongs to a school."""
        if school not in self._of_school:
            self._of_school[school] = [s.id for s in self.subjects.values() if s.school == school]
        return self._of_school[school]

    def stretches(
        self, subject: str, first: dt.date, last: dt.date, more: Iterable[dt.date] = ()
    ) -> Iterator[tuple[dt.date, dt.date]]:
        """[first, last] cut before each day on which something about the subject changes, and before those of `more`."""
        changes, start = self.change_days(subject), first
        further = set(more)
        if further:
            changes = sorted({*changes, *further})
        for at in range(bisect_right(changes, first), bisect_right(changes, last)):
            yield start, changes[at] - dt.timedelta(days=1)
            start = changes[at]
        yield start, last

    def change_days(self, subject: str) -> list[dt.date]:
        """Days on which something about the subject, its containers or its links begins or is over, in order."""
        if subject not in self._changes and subject.startswith(PAIR):
            link = self.pairs[subject]
            days = {*_changes(link.valid_from, link.valid_to)}.union(
                *(self.change_days(end) for end in (link.a, link.b))
            )
            self._changes[subject] = sorted(days)
        if subject not in self._changes:
            known = self.subjects.get(subject)
            days = set(_changes(known.present_from, known.present_to)) if known else set()
            for holder in (subject, *self.groups_ever(subject), self.school_of(subject)):
                days |= self._attribute_days.get(holder, set())
            for row in self._link_rows.get(subject, ()):
                days |= set(_changes(row.valid_from, row.valid_to))
            self._changes[subject] = sorted(days)
        return self._changes[subject]

    # what happened

    def links_begun(self, kind: str, subject: str) -> list[dt.date]:
        """First days of the subject's links of a kind (it stands at `a`); those that hold from always have none."""
        return sorted(
            row.valid_from for row in self._links.get((kind, "a", subject), ()) if row.valid_from > ALWAYS
        )

    def days_said(self, subject: str, attribute: str) -> list[dt.date]:
        """Every day that a dated attribute of a subject names, past ones too."""
        found = (day_of(row.value) for row in self._attributes.get((subject, attribute), ()))
        return [day for day in found if day is not None]

    def entries_with(self, kind: str, part: str, subject: str) -> list[Entry]:
        """Entries of a kind in which a subject stands itself and is there; all of its own for a school."""
        if self.type_of(subject) == "school":
            return self.by_school.get((kind, subject), [])
        return [
            entry
            for entry in self.by_subject.get((kind, subject), [])
            if any(
                row.subject == subject and not row.absent and part in ("", row.part)
                for row in self._rows[entry.id]
            )
        ]

    # entries

    def rows(self, entry: str) -> list[Participation]:
        return self._rows[entry]

    def made_up(self, entry: str) -> str:
        """Name of the window that an entry makes up for, "" = its own."""
        return max((row.qualifiers.get(MADE_UP, "") for row in self._rows[entry]), default="")

    def evidence(self, entry: Entry) -> set[str]:
        return {row.type for row in entry.evidence if is_known(row, self.known_at)}

    def heads(self, entry: Entry, parts: tuple[str, ...], days: tuple[dt.date, ...]) -> Iterator[Counted]:
        """Everybody in one of the parts (none named = any): rows themselves, and the members of groups, less the absent.

        A member written down through the group stands there by that row alone.
        """
        rows = [row for row in self._rows[entry.id] if not parts or row.part in parts]
        absent = {(row.part, row.subject) for row in rows if row.absent}
        written = {(row.part, row.subject, row.via) for row in rows if row.via}
        span = (entry.start_day, entry.day)
        for row in rows:
            if row.absent:
                continue
            kind = self.type_of(row.subject)
            is_group = kind in GROUP_LINKS or kind == "school"
            yield Counted(
                entry.id, entry.kind, row.subject, is_group, kind in PERSON_TYPES, row, days, (), span
            )
            for member in self.members(row.subject, entry.day):
                if (row.part, member) not in absent and (row.part, member, row.subject) not in written:
                    is_person = self.type_of(member) in PERSON_TYPES
                    yield Counted(entry.id, entry.kind, member, False, is_person, row, days, (), span)


def _changes(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    yield first
    if last < NEVER:
        yield last + dt.timedelta(days=1)
