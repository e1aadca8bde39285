"""The rules of `bench compliance` as packs, the invented ledgers as tables, and the school of 1,300."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .bench_data import DAYS, DAYS_PER_TERM, FIRST_DAY, Cells, Province, Rows
from .calendar import SchoolCalendar, calendar_from_dict
from .pack import Pack, pack_from_dict
from .sql.engine import FROM_ALWAYS, NO_END_DAY, NO_END_INSTANT, Engine
from .sql.schema import create_indexes, create_tables

SCHOOL = 1
LAST_DAY = FIRST_DAY + DAYS - 1
AS_OF = dt.date.fromordinal(LAST_DAY + 30)  # every window of the bench has ended
_SINCE = dt.date.fromordinal(FIRST_DAY)


def calendar() -> SchoolCalendar:
    """Two terms of twenty whole weeks without a gap."""
    middle = FIRST_DAY + DAYS_PER_TERM
    terms = [("autumn", FIRST_DAY, middle - 1), ("spring", middle, LAST_DAY)]
    return calendar_from_dict(
        {
            "school_years": [{"name": "2022-2023", "from": _SINCE, "to": dt.date.fromordinal(LAST_DAY)}],
            "terms": [
                {"name": name, "school_year": "2022-2023", "from": dt.date.fromordinal(first),
                 "to": dt.date.fromordinal(last), "first_teaching_week": dt.date.fromordinal(first)}
                for name, first, last in terms
            ],
        }
    )  # fmt: skip


def _kind(name: str, part: str) -> dict[str, Any]:
    return {
        "kind": name, "title": name, "class": "K2", "parts": [{"part": part, "title": part, "of": []}],
        "amounts": [{"amount": "hours", "title": "学时", "unit": "小时", "per": "person"}],
    }  # fmt: skip


def _rule(name: str, subject: str, kind: Any, part: str, window: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": name, "title": name, "since": _SINCE, "subject": subject, "bearer": "self",
        "count": {"kind": kind, "part": part}, "at_least": 1, "window": window, **more,
    }  # fmt: skip


def _pack(slug: str, rows: Rows, obligations: list[dict[str, Any]]) -> Pack:
    attributes = [
        {"attribute": name, "title": name, "of": of, "type": "boolean", "class": "K2"}
        for name, of in (("special", ["student"]), ("party", ["staff"]), ("new", ["staff"]))
    ]
    kinds = [_kind(*pair) for pair in zip(rows.kinds, rows.parts, strict=True)]
    pack = pack_from_dict(
        {"pack": slug, "title": slug, "version": 1, "programme_year": "school", "attributes": attributes, "kinds": kinds,
         "obligations": obligations}
    )  # fmt: skip
    assert not [finding for finding in pack.findings if finding.level == "error"], pack.findings
    return pack


FORTNIGHT = {"every": 2, "unit": "teaching_week"}


def cells_pack(made: Cells) -> Pack:
    """Four rules in the order of `bench_peers.cells_by_numpy`."""
    return _pack(
        "bench-cells",
        made.rows,
        [
            _rule("online-term", "student", "online_visit", "visited", "term"),
            _rule("home-year", "student", "home_visit", "visited", "year"),
            _rule("counselling-month", "student", "counselling", "client", "month"),
            _rule("lesson-fortnight", "staff", "psych_lesson", "lecturer", FORTNIGHT),
        ],
    )


def province_pack(made: Province) -> Pack:
    """The six rules of performance.md, section 1, in its order."""
    visits = ["online_visit", "home_visit"]
    return _pack(
        "bench-province",
        made.rows,
        [
            _rule("o1", "student", "online_visit", "visited", "term"),
            _rule("o2", "student", "home_visit", "visited", "year"),
            _rule("o3", "student", visits, "visited", "term", where={"special": True}),
            _rule("o4", "staff", "psych_lesson", "lecturer", FORTNIGHT, where={"party": True}),
            _rule("o5", "staff", "training", "attendee", "year", where={"new": True}, at_least=8,
                  measure={"sum": "hours"}),
            _rule("o6", "activity:open_lesson", "open_lesson", "observer", "year", at_least=5, measure="people"),
        ],
    )  # fmt: skip


# tables


def load(engine: Engine, rows: Rows, people: Iterable[tuple[int, str]], attributes: Iterable[tuple[int, str, str]],
         entries: Iterable[tuple[int, str, int]]) -> None:  # fmt: skip
    """Fill the canonical tables. people: (row number, type); attributes: (row number, name, value); entries: (id, kind, day).

    Subject ids are row numbers + 1.
    """
    create_tables(engine)
    engine.insert(
        "subject",
        ("id", "public_id", "school_id", "type", "name", "present_from", "present_to"),
        ((at + 1, f"p{at}", SCHOOL, of_type, "", 1, NO_END_DAY) for at, of_type in people),
    )
    engine.insert(
        "attribute",
        (
            "id",
            "school_id",
            "subject_id",
            "name",
            "value",
            "valid_from",
            "valid_to",
            "recorded_at",
            "superseded_at",
        ),
        (
            (key, SCHOOL, at + 1, name, value, 1, NO_END_DAY, FROM_ALWAYS, NO_END_INSTANT)
            for key, (at, name, value) in enumerate(attributes, start=1)
        ),
    )
    engine.insert(
        "entry",
        ("id", "public_id", "school_id", "kind", "start_day", "day", "at", "recorded_at", "superseded_at"),
        (
            (at, f"e{at}", SCHOOL, kind, day, day, None, FROM_ALWAYS, NO_END_INSTANT)
            for at, kind, day in entries
        ),
    )
    for part in _slices(len(rows)):
        engine.insert("participation", PARTICIPATION, _participations(rows, part))
    create_indexes(engine)
    engine.run("ANALYZE")
    engine.connection.commit()


PARTICIPATION = (
    "id", "school_id", "entry_id", "kind", "part", "subject_id", "start_day", "day", "mode", "theme", "place",
    "counterpart_id", "hours", "extra", "absent", "recorded_at", "superseded_at",
)  # fmt: skip


def _slices(n: int, length: int = 200_000) -> Iterator[slice]:
    return (slice(start, min(start + length, n)) for start in range(0, n, length))


def _participations(rows: Rows, part: slice) -> Iterator[tuple[Any, ...]]:
    columns = (rows.kind[part], rows.subject[part], rows.day[part], rows.hours[part], rows.entry[part])
    for at, (kind, subject, day, hours, entry) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True), start=part.start + 1
    ):
        yield (
            at, SCHOOL, entry, rows.kinds[kind], rows.parts[kind], subject + 1, day, day, "", "", "", None, hours,
            "{}", False, FROM_ALWAYS, NO_END_INSTANT,
        )  # fmt: skip


def load_cells(engine: Engine, made: Cells) -> None:
    """Fill the tables with `cells`."""
    people = [(at, "student") for at in range(made.n_students)]
    people += [(made.n_students + at, "staff") for at in range(made.n_teachers)]
    load(engine, made.rows, people, (), ())


def load_province(engine: Engine, made: Province) -> None:
    """Fill the tables with `province`. Only open lessons have entry rows: no other rule reads them."""
    students = made.n_students
    people = [(at, "student") for at in range(students)]
    people += [(students + at, "staff") for at in range(made.n_teachers)]
    flags = (("special", made.special, 0), ("party", made.party, students), ("new", made.new, students))
    attributes = (
        (first + int(at), name, "true" if flag[at] else "false")
        for name, flag, first in flags
        for at in range(len(flag))
    )
    lessons = ((int(at), "open_lesson", LAST_DAY) for at in np.arange(made.n_lessons))
    load(engine, made.rows, people, attributes, lessons)


def failures(counts: Iterable[dict[str, int]]) -> int:
    """Return how many cells were not done."""
    return sum(found.get("missed", 0) for found in counts)


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
