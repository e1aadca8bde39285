"""Collect a school's ledger in memory and insert it in a few large batches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from tongxin.kernel.base.fields import FOREVER, to_microseconds
from tongxin.kernel.base.models import Subject
from tongxin.kernel.ledger.models import Entry, Evidence, Participation
from tongxin.methods.cadence.declarations import Kind

from .facts import moment
from .inserting import give_keys, insert, insert_tuples
from .invented import Inventor, public_id
from .pictures import Album
from .population import Populated, StaffMember

COLUMNS = (
    "school_id", "entry_id", "kind", "start_day", "day", "mode", "theme", "place",
    "hours", "extra", "recorded_at", "superseded_at", "part", "subject_id", "via_id", "absent",
)  # fmt: skip
Somebody = Subject | StaffMember


@dataclass
class _Row:
    """One participation to be: part, subject, via (the group it stands in for), absent."""

    part: str
    subject: int
    via: int | None = None
    absent: bool = False


@dataclass
class _Draft:
    entry: Entry
    rows: list[_Row]
    extra: dict[str, object]
    hours: int
    evidence: list[tuple[str, date]] = field(default_factory=list)


class Ledger:
    """The ledger of one school. `enter` notes an activity; `write` inserts all of them."""

    def __init__(
        self, out: Populated, kinds: Mapping[str, Kind], inventor: Inventor, today: date, album: Album
    ) -> None:
        self.out, self.kinds, self.inventor, self.random = out, kinds, inventor, inventor.random
        self.today, self.album = today, album
        self.drafts: list[_Draft] = []
        self._rooms = {room.id: room for room in out.rooms}
        self._branches = {b.pk: [s.id for s in out.in_branch(b)] for b in out.branches}

    def enter(
        self,
        kind: str,
        day: date | None,
        parts: Mapping[str, Somebody | Sequence[Somebody]],
        *,
        evidence: Iterable[str] = (),
        title: str = "",
        by: StaffMember | None = None,
        hours: float = 0,
        late: int = 0,
        amounts: Mapping[str, float] | None = None,
        absent: Iterable[int] = (),
        about: Entry | None = None,
        **qualifiers: str,
    ) -> bool:
        """Note an activity; say whether it has happened by today (a day in the future is not entered).

        hours and amounts in their own units; late: days between the activity and its being written down;
        about: the earlier activity this one answers (`latest` is the one entered last).
        """
        if day is None or day > self.today:
            return False
        declared = self.kinds[kind]
        recorded = moment(min(day + timedelta(days=late), self.today), 12 + self.random.randrange(8))
        columns = {name: qualifiers.pop(name, "") for name in ("mode", "theme", "place")}
        extra: dict[str, object] = {**qualifiers}
        extra |= {name: round(value * 100) for name, value in (amounts or {}).items()}
        account = by.account if by else None
        entry = Entry(
            public_id=public_id(self.inventor),
            school=self.out.school,
            kind=kind,
            title=title or self._title(declared, columns),
            start_day=day,
            day=day,
            extra=extra | ({"hours": round(hours * 100)} if hours else {}),
            data_class=declared.data_class,
            heading=declared.heading,
            recorded_at=recorded,
            recorded_by=account,
            source="demo",
            about=about,
            **columns,
        )
        rows = self._rows(parts, day, frozenset(absent))
        draft = _Draft(entry, rows, extra, round(hours * 100))
        draft.evidence = [(type, min(day + timedelta(days=late), self.today)) for type in evidence]
        self.drafts.append(draft)
        return True

    def _title(self, kind: Kind, columns: Mapping[str, str]) -> str:
        """The kind with what tells this activity from its neighbours, in words."""
        said = [q.values[columns[q.name]] for q in kind.qualifiers if columns.get(q.name) in q.values]
        return "：".join([kind.title, *said])[:120]

    def _rows(self, parts: Mapping, day: date, absent: frozenset[int]) -> list[_Row]:
        found: dict[tuple[str, int], _Row] = {}
        for part, people in parts.items():
            for somebody in people if isinstance(people, list | tuple) else [people]:
                subject = somebody.subject if isinstance(somebody, StaffMember) else somebody
                found.setdefault((part, subject.pk), _Row(part, subject.pk, None, subject.pk in absent))
                for member in self._members(subject, day):
                    found.setdefault((part, member), _Row(part, member, subject.pk, member in absent))
        return list(found.values())

    def _members(self, subject: Subject, day: date) -> list[int]:
        """Whom a group stands for on a day."""
        room = self._rooms.get(subject.pk)
        if room is not None:
            return [p.id for p in room.present(day)]
        return self._branches.get(subject.pk) or self.out.teams.get(subject.pk, [])

    @property
    def latest(self) -> Entry:
        return self.drafts[-1].entry

    def write(self) -> tuple[int, int, int]:
        """Insert everything; return how many entries, participations and evidence files there are."""
        self.drafts.sort(key=lambda draft: draft.entry.day)
        entries = [draft.entry for draft in self.drafts]
        give_keys(entries, Entry)
        for entry in entries:
            entry.about = entry.about  # it has its key only now
        insert(Entry, entries)
        rows = self._participations()
        insert_tuples(Participation, COLUMNS, rows)
        files = [self._file(draft, *item) for draft in self.drafts for item in draft.evidence]
        insert(Evidence, files)
        return len(self.drafts), len(rows), len(files)

    def _participations(self) -> list[tuple]:
        """One tuple per row in the order of COLUMNS, as the database stores them."""
        found, end = [], to_microseconds(FOREVER)
        for draft in self.drafts:
            entry, extra = draft.entry, json.dumps(draft.extra, ensure_ascii=False)
            day, recorded = entry.day.toordinal(), to_microseconds(entry.recorded_at)
            shared = (entry.school_id, entry.pk, entry.kind, day, day, entry.mode, entry.theme, entry.place)
            tail = (draft.hours, extra, recorded, end)
            found += [(*shared, *tail, row.part, row.subject, row.via, row.absent) for row in draft.rows]
        return found

    def _file(self, draft: _Draft, type: str, day: date) -> Evidence:
        picture = self.album.choose(type, draft.entry.pk)
        name = f"{self.random.getrandbits(128):032x}"
        return Evidence(
            public_id=public_id(self.inventor),
            school_id=draft.entry.school_id,
            entry_id=draft.entry.pk,
            type=type,
            file=self.album.place(picture, name),
            original_name=f"{day:%Y%m%d}.jpg",
            content_type=picture.content_type,
            size=len(picture.content),
            sha256=picture.sha256,
            recorded_at=max(draft.entry.recorded_at, moment(day, 20)),
            recorded_by_id=draft.entry.recorded_by_id,
        )
