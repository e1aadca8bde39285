"""Lines through time: for every subject of a kind, on which days a condition holds or which band of a table.

Only days on which something about the subject, its groups or its school begins or ends can change the answer, so each
subject's time is cut there and the condition is asked once a piece. One statement a line; table tx_seg.
"""

from __future__ import annotations

from ..conditions import Always
from ..tree import GROUP_LINKS, SubjectKind
from . import pairs
from .builder import GROUP_KINDS, At, Builder, Needs, Tests, days_of, live
from .engine import NO_END_DAY, listed, quoted
from .plan import BAND, SCOPE, Line

IN, UNKNOWN = 1, 2
PIECE = At("c.id", "c.type", "c.school_id", "c.cut")  # of a subject and the day a piece of its time begins


def line_statement(line: Line, tests: Tests, known: bool, school: bool) -> str:
    """Return the statement that fills tx_seg for a line.

    Scope and conditions: value IN or UNKNOWN, no row where it does not hold. Bands: every day has a row, its value the
    band's number or -1. next_first: when the next piece begins that is IN.
    """
    needs = Needs()
    at = At(PIECE.subject, PIECE.type, PIECE.school, PIECE.day, types_of(line.universe))
    if line.universe.is_pair:
        at = pairs.followed(at, line.universe.kind)
    builder = Builder(at, tests, needs, known)
    asked = _asked(line, builder)
    if line.kind == SCOPE and line.universe.is_activity:
        return _of_entries(line, tests, known, school)
    if needs.nothing and line.kind == SCOPE and isinstance(line.node, Always):
        return _of_presence(line, known, school)
    pieces = (
        f"SELECT c.id AS subject, c.cut AS first, MIN(c.present_to, LEAD(c.cut, 1, hole_as_of + 1)"
        f" OVER (PARTITION BY c.id ORDER BY c.cut) - 1) AS last, {asked} AS answer"
        f" FROM ({_begun(line, needs, known)}) AS c"
    )
    chosen = "" if line.kind == BAND else " WHERE v.value <> 0"
    return (
        "INSERT INTO tx_seg (line, subject, first, last, value, next_first)"
        f" WITH who AS MATERIALIZED ({who(line, known, school)}), piece AS ({pieces}),"
        f" valued AS (SELECT subject, first, last, {_value(line)} AS value FROM piece)"
        f" SELECT {line.number}, v.subject, v.first, v.last, v.value,"
        f" LEAD(v.first, 1, {NO_END_DAY + 1}) OVER (PARTITION BY v.subject, v.value ORDER BY v.first)"
        f" FROM valued AS v{chosen}"
    )


def types_of(universe: SubjectKind) -> tuple[str, ...]:
    return () if universe.name == "member" else (universe.name,)


def who(line: Line, known: bool, school: bool) -> str:
    """Return the subjects a line follows; only a scope ends with their presence."""
    if line.universe.is_activity:
        mine = " AND e.school_id = hole_school" if school else ""
        return (
            "SELECT e.id AS id, 'activity' AS type, e.school_id AS school_id, hole_low AS present_from,"
            f" {NO_END_DAY} AS present_to, e.day AS day FROM entry AS e"
            f" WHERE e.kind = {quoted(line.universe.kind)} AND {live('e', known)} AND e.day <= hole_as_of{mine}"
        )
    if line.universe.is_pair:
        always = None if line.kind == SCOPE else ("hole_low", str(NO_END_DAY))
        return pairs.who(line, always, known, school)
    present = ("s.present_from", "s.present_to") if line.kind == SCOPE else ("hole_low", str(NO_END_DAY))
    return (
        f"SELECT s.id AS id, s.type AS type, s.school_id AS school_id, {present[0]} AS present_from,"
        f" {present[1]} AS present_to FROM subject AS s WHERE {_of_kind(line.universe, known)}"
        + (" AND s.school_id = hole_school" if school else "")
    )


def _of_kind(universe: SubjectKind, known: bool) -> str:
    if universe.name != "member":
        return f"s.type = {quoted(universe.name)}"
    return (
        "EXISTS (SELECT 1 FROM link AS m WHERE m.kind = 'branch_member' AND m.a_id = s.id"
        f" AND {live('m', known)})"
    )


def _asked(line: Line, builder: Builder) -> str:
    asked = line.node.sql(builder)
    if line.kind == SCOPE and line.universe.name == "member":
        return f"({builder._linked('branch_member', 'a')} AND {asked})"
    return asked


def _value(line: Line) -> str:
    if line.kind == BAND:
        return "answer"
    return f"CASE WHEN answer THEN {IN} WHEN answer IS NULL THEN {UNKNOWN} ELSE 0 END"


def _of_presence(line: Line, known: bool, school: bool) -> str:
    """Without a condition the only piece is the subject's presence."""
    return (
        "INSERT INTO tx_seg (line, subject, first, last, value, next_first)"
        f" SELECT {line.number}, w.id, MAX(hole_low, w.present_from), MIN(hole_as_of, w.present_to), {IN},"
        f" {NO_END_DAY + 1} FROM ({who(line, known, school)}) AS w"
        " WHERE w.present_from <= hole_as_of AND w.present_to >= hole_low AND w.present_from <= w.present_to"
    )


def _of_entries(line: Line, tests: Tests, known: bool, school: bool) -> str:
    """An entry is in scope as a whole, by its (last) day."""
    builder = Builder(At("w.id", "w.type", "w.school_id", "w.day", ("activity",)), tests, Needs(), known)
    return (
        "INSERT INTO tx_seg (line, subject, first, last, value, next_first)"
        f" WITH who AS ({who(line, known, school)}),"
        f" asked AS (SELECT w.id AS subject, {line.node.sql(builder)} AS answer FROM who AS w),"
        f" valued AS (SELECT subject, {_value(line)} AS value FROM asked)"
        f" SELECT {line.number}, v.subject, 1, {NO_END_DAY}, v.value, {NO_END_DAY + 1}"
        " FROM valued AS v WHERE v.value <> 0"
    )


def _begun(line: Line, needs: Needs, known: bool) -> str:
    """Return the subjects with every day on which a piece of their time begins (cut); none twice.

    Nearly all have one piece only, so the first days are not looked through for doubles.
    """
    first = "MAX(hole_low, w.present_from)"
    begun = f"SELECT w.*, {first} AS cut FROM who AS w WHERE {first} <= MIN(hole_as_of, w.present_to)"
    changes = _changes(line, needs, known)
    if not changes:
        return begun
    return (
        f"{begun} UNION ALL SELECT w.*, x.day AS cut FROM ({' UNION '.join(changes)}) AS x JOIN who AS w ON w.id = x.subject"
        f" WHERE x.day > {first} AND x.day <= MIN(hole_as_of, w.present_to)"
    )


def _changes(line: Line, needs: Needs, known: bool) -> list[str]:
    """Return queries of (subject, day) of the days that may change the answer, the first one left out."""
    parts: list[str] = []
    of_school: list[str] = []
    if needs.attributes:
        own = _attribute_changes(line, needs.attributes, known)
        parts, of_school = own[:-2], own[-2:]
    if needs.links and not line.universe.is_activity:
        for end in ("a", "b"):
            rows = f"FROM link AS l WHERE l.kind IN ({listed(sorted(needs.links))}) AND {live('l', known)}"
            parts += _both(f"l.{end}_id", "l", rows)
    for node in sorted(needs.happened, key=str):
        days = f"FROM ({days_of(node, known)}) AS hd"
        parts += [
            f"SELECT hd.subject AS subject, hd.day AS day {days} WHERE hd.day > hole_low",
            f"SELECT hd.subject AS subject, hd.day + {node.days + 1} AS day {days}",
        ]
    if line.universe.is_pair:
        parts = pairs.changes(parts)
        of_school += [text.replace("w.school_id", "w.b_school") for text in of_school]
    return [*parts, *of_school]


def _both(subject: str, row: str, rows: str) -> list[str]:
    """A dated row changes something on its first day and on the day after its last."""
    return [
        f"SELECT {subject} AS subject, {row}.valid_from AS day {rows} AND {row}.valid_from > hole_low",
        f"SELECT {subject} AS subject, {row}.valid_to + 1 AS day {rows} AND {row}.valid_to < hole_as_of",
    ]


def _attribute_changes(line: Line, names: set[str], known: bool) -> list[str]:
    dated = f"a.name IN ({listed(sorted(names))}) AND {live('a', known)}"
    of_school = (
        "FROM attribute AS a JOIN subject AS sc ON sc.id = a.subject_id AND sc.type = 'school'"
        f" JOIN who AS w ON w.school_id = sc.school_id WHERE {dated}"
    )
    if line.universe.is_activity:
        return _both("w.id", "a", of_school)
    of_group = (
        "FROM attribute AS a CROSS JOIN subject AS g CROSS JOIN link AS l WHERE g.id = a.subject_id"
        f" AND g.type IN ({listed(GROUP_LINKS)}) AND l.b_id = g.id"
        f" AND l.kind IN ({listed(GROUP_KINDS)}) AND {dated} AND {live('l', known)}"
    )
    return [
        *_both("a.subject_id", "a", f"FROM attribute AS a WHERE {dated}"),
        *_both("l.a_id", "a", of_group),
        *_both("w.id", "a", of_school),
    ]
