"""The canonical fact tables for databases that are not Django's, and loading `Facts` into them.

Names and columns are those of the Django models, so one SQL text reads both. Days are ordinals, instants are
microseconds since 1970 UTC, amounts are hundredths; "no end" and "from always" are values, never NULL.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from ..facts import ENTRY, PAIR, Entry, Facts, Participation, in_order
from ..tree import SubjectKind
from .engine import FROM_ALWAYS, NO_END_INSTANT, Engine, rendered

LINKED = 1 << 40  # added to a link's number where a waiver names it: it may be that of a subject
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_COLUMNS = ("mode", "theme", "place")

TABLES = {
    "subject": "id BIGINT PRIMARY KEY, public_id TEXT NOT NULL, school_id BIGINT NOT NULL, type TEXT NOT NULL,"
    " name TEXT NOT NULL, present_from BIGINT NOT NULL, present_to BIGINT NOT NULL",
    "attribute": "id BIGINT PRIMARY KEY, school_id BIGINT NOT NULL, subject_id BIGINT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,"
    " valid_from BIGINT NOT NULL, valid_to BIGINT NOT NULL, recorded_at BIGINT NOT NULL, superseded_at BIGINT NOT NULL",
    "link": "id BIGINT PRIMARY KEY, public_id TEXT NOT NULL, school_id BIGINT NOT NULL, kind TEXT NOT NULL,"
    " a_id BIGINT NOT NULL, b_id BIGINT NOT NULL, valid_from BIGINT NOT NULL, valid_to BIGINT NOT NULL,"
    " recorded_at BIGINT NOT NULL, superseded_at BIGINT NOT NULL",
    "entry": "id BIGINT PRIMARY KEY, public_id TEXT NOT NULL, school_id BIGINT NOT NULL, kind TEXT NOT NULL,"
    " start_day BIGINT NOT NULL, day BIGINT NOT NULL, at BIGINT, about_id BIGINT, about_event_id BIGINT,"
    " recorded_at BIGINT NOT NULL, superseded_at BIGINT NOT NULL",
    "event": "id BIGINT PRIMARY KEY, public_id TEXT NOT NULL, school_id BIGINT NOT NULL, subject_id BIGINT NOT NULL,"
    " kind TEXT NOT NULL, day BIGINT NOT NULL, at BIGINT, retracted BOOLEAN NOT NULL, recorded_at BIGINT NOT NULL,"
    " superseded_at BIGINT NOT NULL",
    "participation": "id BIGINT PRIMARY KEY, school_id BIGINT NOT NULL, entry_id BIGINT NOT NULL, kind TEXT NOT NULL,"
    " part TEXT NOT NULL, subject_id BIGINT NOT NULL, start_day BIGINT NOT NULL, day BIGINT NOT NULL,"
    " mode TEXT NOT NULL, theme TEXT NOT NULL, place TEXT NOT NULL, counterpart_id BIGINT, via_id BIGINT, hours BIGINT,"
    " extra JSON NOT NULL, absent BOOLEAN NOT NULL, recorded_at BIGINT NOT NULL, superseded_at BIGINT NOT NULL",
    "evidence": "id BIGINT PRIMARY KEY, entry_id BIGINT NOT NULL, school_id BIGINT NOT NULL, type TEXT NOT NULL, recorded_at BIGINT NOT NULL,"
    " superseded_at BIGINT NOT NULL",
    "waiver": "id BIGINT PRIMARY KEY, school_id BIGINT NOT NULL, obligation TEXT NOT NULL, subject_id BIGINT NOT NULL,"
    " link_id BIGINT,"
    " reason TEXT NOT NULL, approver TEXT NOT NULL, valid_from BIGINT NOT NULL, valid_to BIGINT NOT NULL,"
    ' "window" TEXT NOT NULL, recorded_at BIGINT NOT NULL, superseded_at BIGINT NOT NULL',
}

# The covering index of the grouped scan comes first; the rest serve conditions, companions and evidence.
INDEXES = (
    "CREATE INDEX participation_scan ON participation (school_id, kind, part, subject_id, day, superseded_at, absent,"
    " mode, theme, hours, entry_id)",
    "CREATE INDEX participation_of ON participation (subject_id, kind, part)",
    "CREATE INDEX participation_itself ON participation (school_id, kind, part) WHERE via_id IS NULL",
    "CREATE INDEX participation_in ON participation (entry_id, part, subject_id)",
    "CREATE INDEX attribute_by_name ON attribute (name, subject_id, superseded_at, valid_from, valid_to, value)",
    "CREATE INDEX link_by_a ON link (kind, a_id, superseded_at, valid_from, valid_to, b_id)",
    "CREATE INDEX link_by_b ON link (kind, b_id, superseded_at, valid_from, valid_to, a_id)",
    "CREATE INDEX subject_present ON subject (type, present_to, present_from)",
    "CREATE INDEX entry_by_kind ON entry (kind, school_id, day)",
    "CREATE INDEX entry_about ON entry (about_id)",
    "CREATE INDEX event_by_kind ON event (kind, school_id, subject_id, superseded_at, day)",
    "CREATE INDEX evidence_of_entry ON evidence (entry_id, type, superseded_at)",
)


def create_tables(engine: Engine) -> None:
    """Make the empty fact tables."""
    for name, columns in TABLES.items():
        engine.run(rendered(f"CREATE TABLE {name} ({columns})", engine.dialect))


def create_indexes(engine: Engine) -> None:
    """Make the indexes; after a big load this is faster than before it."""
    for text in INDEXES:
        engine.run(text)


def load_facts(connection: Any, facts: Facts, dialect: str) -> dict[str, int]:
    """Create the tables, fill them from `facts` and return {id in the facts: id in the tables}; see `fill_tables`."""
    engine = Engine(connection, dialect)
    create_tables(engine)
    numbers = fill_tables(engine, facts)
    create_indexes(engine)
    engine.run("ANALYZE")
    return numbers


def fill_tables(engine: Engine, facts: Facts) -> dict[str, int]:
    """Fill empty tables from `facts` and return {id in the facts: id in the tables} of subjects, entries and links.

    Integer ids follow the order of the text ids, so "smallest id first" means the same in both evaluators.
    """
    numbers = {name: number for number, name in enumerate(sorted(s.id for s in facts.subjects), start=1)}
    entries = {
        name: number
        for number, name in enumerate(sorted((e.id for e in facts.entries), key=in_order), start=1)
    }
    schools = {s.id: numbers[s.id] for s in facts.subjects if s.type == "school"}
    events = {row.id: number for number, row in enumerate(facts.events, start=1)}
    _load_people(engine, facts, numbers, schools)
    _load_events(engine, facts, numbers)
    _load_ledger(engine, facts, numbers, entries, schools, events)
    # The waiver of an entry carries its number as a negative one: it may be that of a subject.
    linked = {PAIR + row.id: number for number, row in enumerate(facts.links, start=1)}
    waived = {name.removeprefix(PAIR): LINKED + number for name, number in linked.items()}
    waived |= {name: -number for name, number in entries.items()} | numbers
    waivers = (
        (at, 0, row.obligation, waived[row.subject], row.reason, row.by,
         row.valid_from.toordinal(), row.valid_to.toordinal(), row.window, *_known(row))
        for at, row in enumerate(facts.waivers, start=1)
        if row.subject in waived
    )  # fmt: skip
    engine.insert("waiver", ("id", "school_id", "obligation", "subject_id", "reason", "approver", "valid_from",
                             "valid_to", '"window"', "recorded_at", "superseded_at"), waivers)  # fmt: skip
    return numbers | {ENTRY + name: number for name, number in entries.items()} | linked


class Names:
    """What the numbers that `load_facts` gave are called in the facts."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self._of: dict[str, dict[int, str]] = {"": {}, ENTRY: {}, PAIR: {}}
        for name, number in numbers.items():
            kind = next((prefix for prefix in (ENTRY, PAIR) if name.startswith(prefix)), "")
            self._of[kind][number] = name.removeprefix(kind)

    def of(self, subject: SubjectKind, number: int) -> str:
        kind = ENTRY if subject.is_activity else PAIR if subject.is_pair else ""
        return self._of[kind][number]


def _load_people(engine: Engine, facts: Facts, numbers: dict[str, int], schools: dict[str, int]) -> None:
    dated = ("valid_from", "valid_to", "recorded_at", "superseded_at")
    engine.insert(
        "subject",
        ("id", "public_id", "school_id", "type", "name", "present_from", "present_to"),
        (
            (numbers[s.id], s.id, schools.get(s.id if s.type == "school" else s.school, 0), s.type, s.name,
             s.present_from.toordinal(), s.present_to.toordinal())
            for s in facts.subjects
        ),
    )  # fmt: skip
    engine.insert(
        "attribute",
        ("id", "school_id", "subject_id", "name", "value", *dated),
        (
            (at, 0, numbers[row.subject], row.name, row.value, row.valid_from.toordinal(), row.valid_to.toordinal(), *_known(row))
            for at, row in enumerate(facts.attributes, start=1)
            if row.subject in numbers
        ),
    )  # fmt: skip
    engine.insert(
        "link",
        ("id", "public_id", "school_id", "kind", "a_id", "b_id", *dated),
        (
            (at, row.id, 0, row.kind, numbers[row.a], numbers[row.b], row.valid_from.toordinal(),
             row.valid_to.toordinal(), *_known(row))
            for at, row in enumerate(facts.links, start=1)
            if row.a in numbers and row.b in numbers
        ),
    )  # fmt: skip


def _load_events(engine: Engine, facts: Facts, numbers: dict[str, int]) -> None:
    engine.insert(
        "event",
        ("id", "public_id", "school_id", "subject_id", "kind", "day", "at", "retracted", "recorded_at", "superseded_at"),
        (
            (at, row.id, 0, numbers[row.subject], row.kind, row.day.toordinal(),
             None if row.at is None else to_microseconds(row.at), row.retracted, *_known(row))
            for at, row in enumerate(facts.events, start=1)
            if row.subject in numbers
        ),
    )  # fmt: skip


def _load_ledger(
    engine: Engine,
    facts: Facts,
    numbers: dict[str, int],
    entries: dict[str, int],
    schools: dict[str, int],
    events: dict[str, int],
) -> None:
    engine.insert(
        "entry",
        ("id", "public_id", "school_id", "kind", "start_day", "day", "at", "about_id", "about_event_id",
         "recorded_at", "superseded_at"),
        (
            (entries[e.id], e.id, schools.get(e.school, 0), e.kind, e.start_day.toordinal(), e.day.toordinal(),
             None if e.at is None else to_microseconds(e.at), entries.get(e.about), events.get(e.about), *_known(e))
            for e in facts.entries
        ),
    )  # fmt: skip
    engine.insert(
        "participation",
        ("id", "school_id", "entry_id", "kind", "part", "subject_id", "start_day", "day", *_COLUMNS,
         "counterpart_id", "via_id", "hours", "extra", "absent", "recorded_at", "superseded_at"),
        _participations(facts.entries, numbers, entries, schools),
    )  # fmt: skip
    engine.insert(
        "evidence",
        ("id", "entry_id", "school_id", "type", "recorded_at", "superseded_at"),
        (
            (at, entries[e.id], schools.get(e.school, 0), row.type, *_known(row))
            for at, (e, row) in enumerate(((e, row) for e in facts.entries for row in e.evidence), start=1)
        ),
    )


def _participations(
    rows: list[Entry], numbers: dict[str, int], entries: dict[str, int], schools: dict[str, int]
) -> Iterator[tuple[Any, ...]]:
    at = 0
    for entry in rows:
        for row in entry.rows:
            if row.subject not in numbers:
                continue
            at += 1
            columns = (row.qualifiers.get(name, "") for name in _COLUMNS)
            known = _both_known(entry, row)
            yield (
                at, schools.get(entry.school, 0), entries[entry.id], entry.kind, row.part, numbers[row.subject],
                entry.start_day.toordinal(), entry.day.toordinal(), *columns, numbers.get(row.counterpart), numbers.get(row.via),
                row.amounts.get("hours"), _extra(row), bool(row.absent), *known,
            )  # fmt: skip


def _extra(row: Participation) -> str:
    further = {name: value for name, value in row.qualifiers.items() if name not in _COLUMNS}
    further_amounts = {name: value for name, value in row.amounts.items() if name != "hours"}
    return json.dumps(further | further_amounts, ensure_ascii=False)


def _both_known(entry: Entry, row: Participation) -> tuple[int, int]:
    """A participation is known while both it and its entry are."""
    (from_entry, to_entry), (from_row, to_row) = _known(entry), _known(row)
    return max(from_entry, from_row), min(to_entry, to_row)


def _known(row: Any) -> tuple[int, int]:
    recorded = FROM_ALWAYS if row.recorded_at is None else to_microseconds(row.recorded_at)
    superseded = NO_END_INSTANT if row.superseded_at is None else to_microseconds(row.superseded_at)
    return recorded, superseded


def to_microseconds(moment: dt.datetime) -> int:
    """Return an aware moment as whole microseconds since 1970-01-01 UTC."""
    return (moment - _EPOCH) // _MICROSECOND
