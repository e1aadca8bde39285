"""An invented school with a year of ledger for a pack: what `bench compliance` keeps live.

Each rule of the pack is kept by most of those it asks, so that a summary has something of every verdict; the rest of the
rows are attendance that no rule counts, as in a real ledger.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass

from .calendar import SchoolCalendar
from .counting import QualifierIs
from .declarations import Kind
from .facts import AttributeRow, Entry, EvidenceRow, Facts, LinkRow, Participation, Subject
from .pack import Pack
from .periods import Window
from .tree import Obligation, Requirement

KEPT = 0.85
SCHOOL = "school"


@dataclass(frozen=True)
class Size:
    """How many of each a school has; members are staff."""

    students: int
    staff: int
    members: int
    homerooms: int
    branches: int


ORDINARY = Size(1149, 151, 60, 32, 4)
LARGE = Size(3000, 300, 120, 72, 8)


class BenchSchool:
    """Builds the facts of the school; `rows` participations in all."""

    def __init__(
        self,
        pack: Pack,
        calendar: SchoolCalendar,
        as_of: dt.date,
        rows: int,
        size: Size = ORDINARY,
        seed: int = 1300,
    ) -> None:
        self.pack, self.as_of, self.rows = pack, as_of, rows
        self.calendar = calendar.for_programme(pack.programme_year, pack.phases.values())
        self.random = random.Random(seed)
        self.students = [f"s{at:04}" for at in range(size.students)]
        self.staff = [f"t{at:03}" for at in range(size.staff)]
        self.homerooms = [f"h{at:02}" for at in range(size.homerooms)]
        self.branches = [f"b{at}" for at in range(size.branches)]
        self.members = self.staff[: size.members]
        self.rooms = {room: self.students[at :: size.homerooms] for at, room in enumerate(self.homerooms)}

    def facts(self) -> Facts:
        """Return subjects, their places and attributes, and the ledger."""
        entries: list[Entry] = []
        for rule in self.pack.obligations:
            if rule.evaluable:
                entries += self._kept(rule, len(entries))
        entries += self._attendance(sum(len(entry.rows) for entry in entries), len(entries))
        return Facts(list(self._subjects()), list(self._attributes()), list(self._links()), entries)

    # people

    def _subjects(self) -> Iterator[Subject]:
        yield Subject(SCHOOL, "school", SCHOOL, SCHOOL)
        for kind, names in (
            ("homeroom", self.homerooms), ("branch", self.branches), ("student", self.students), ("staff", self.staff),
        ):  # fmt: skip
            yield from (Subject(name, kind, name, SCHOOL) for name in names)

    def _links(self) -> Iterator[LinkRow]:
        pairs = [("enrolled_in", student, room) for room, group in self.rooms.items() for student in group]
        pairs += [
            ("branch_member", who, self.branches[at % len(self.branches)])
            for at, who in enumerate(self.members)
        ]
        pairs += [("homeroom_teacher", self.staff[at], room) for at, room in enumerate(self.homerooms)]
        pairs += [("branch_secretary", self.staff[at], branch) for at, branch in enumerate(self.branches)]
        pairs += [
            (post, self.staff[-1], SCHOOL) for post, said in self.pack.posts.items() if said.of == "school"
        ]
        for at, (kind, a, b) in enumerate(pairs):
            yield LinkRow(f"l{at}", kind, a, b)

    def _attributes(self) -> Iterator[AttributeRow]:
        """Give every subject a value of each attribute it may have."""
        carriers = {
            "student": self.students, "staff": self.staff, "homeroom": self.homerooms, "branch": self.branches,
            "member": self.members, "school": [SCHOOL],
        }  # fmt: skip
        for name, said in self.pack.attributes.items():
            for subject in dict.fromkeys(who for of in said.of for who in carriers.get(of, ())):
                yield AttributeRow(subject, name, self._value(said.type, list(said.values)))

    def _value(self, of_type: str, choices: list[str]) -> str:
        if of_type == "boolean":
            return "true" if self.random.random() < 0.4 else "false"
        if of_type in ("integer", "decimal"):
            return str(self.random.randint(1, 3))
        return self.random.choice(choices) if choices else "a"

    # ledger

    def _kept(self, rule: Obligation, start: int) -> Iterator[Entry]:
        at = start
        for period in rule.periods:
            for window in period.windows(self.calendar, rule.since, self.as_of):
                # What counts links or attributes names no kind of activity: no entry can keep it.
                for item in (said for said in rule.requirements() if said.count.kinds):
                    for people in self._together(rule):
                        there = [who for who in people if self.random.random() < KEPT]
                        if there:
                            at += 1
                            yield self._entry(f"e{at:06}", item, there, window)

    def _together(self, rule: Obligation) -> list[list[str]]:
        """Who is written down in one entry: a class of students, a branch of members, one homeroom …"""
        subject = rule.subject.name
        if subject == "student":
            return list(self.rooms.values())
        if subject == "member":
            return [[who] for who in self.members]
        if subject == "staff":
            return [self.staff[at::8] for at in range(8)]
        return [
            [name] for name in {"homeroom": self.homerooms, "branch": self.branches}.get(subject, [SCHOOL])
        ]

    def _entry(self, name: str, item: Requirement, people: list[str], window: Window) -> Entry:
        kind = self.pack.kinds[item.count.kinds[0]]
        last = min(window.last, self.as_of)
        day = window.first + dt.timedelta(days=self.random.randint(0, max((last - window.first).days, 0)))
        part = item.count.parts[0] if item.count.parts else (kind.parts[0].name if kind.parts else "attendee")
        qualifiers = {
            test.qualifier: test.values[0] for test in item.count.only if isinstance(test, QualifierIs)
        }
        if people == [SCHOOL]:
            people = self.random.sample(self.members, 3)
        rows = [
            Participation(part, who, qualifiers=dict(qualifiers), amounts={"hours": 100}) for who in people
        ]
        other = next((p.name for p in kind.parts if p.name != part and "staff" in p.of), "")
        if other:
            rows.append(Participation(other, self.random.choice(self.members), qualifiers=dict(qualifiers)))
        return Entry(name, kind.name, day, day, SCHOOL, None, tuple(rows), self._evidence(kind))

    def _evidence(self, kind: Kind) -> tuple[EvidenceRow, ...]:
        return tuple(EvidenceRow(said.name) for said in kind.evidence) if self.random.random() < 0.95 else ()

    def _attendance(self, made: int, start: int) -> Iterator[Entry]:
        """Fill the year with lessons that students merely attend."""
        first = self.as_of - dt.timedelta(days=300)
        at = start
        while made < self.rows:
            at += 1
            day = first + dt.timedelta(days=self.random.randint(0, 299))
            room = self.random.choice(self.homerooms)
            rows = tuple(Participation("pupil", who) for who in self.rooms[room])[: self.rows - made]
            made += len(rows)
            yield Entry(f"e{at:06}", "ordinary_lesson", day, day, SCHOOL, None, rows)
