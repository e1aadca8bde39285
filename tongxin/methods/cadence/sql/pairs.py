"""Pairs as subjects: each live link of a kind is one, numbered like its link, present while it holds and both ends are.

An end stands in its part, the other in the part of `with`, or is the row's counterpart, or (no part said) is there at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..occasions import BEGINS, Happening
from .builder import At, live
from .engine import quoted
from .plan import PAIR, Plan, Slot

if TYPE_CHECKING:
    from .plan import Line

ON_ENTRY = "CREATE INDEX IF NOT EXISTS tx_head_entry ON tx_head (entry, unit)"


def has_pairs(plan: Plan) -> bool:
    return any(unit.universe == PAIR for unit in plan.units())


def slots_of(plan: Plan) -> list[Slot]:
    return [slot for slot in plan.slots if slot.rule.subject.is_pair]


def who(line: Line, present: tuple[str, str] | None, known: bool, school: bool) -> str:
    """Return the pairs a line follows, with both ends. present: (first, last) where their own presence does not end it."""
    first, last = present or (
        "MAX(l.valid_from, MAX(sa.present_from, sb.present_from))",
        "MIN(l.valid_to, MIN(sa.present_to, sb.present_to))",
    )
    return (
        f"SELECT l.id AS id, 'pair' AS type, sa.school_id AS school_id, {first} AS present_from, {last} AS present_to,"
        " sa.id AS a_id, sa.type AS a_type, sb.id AS b_id, sb.type AS b_type, sb.school_id AS b_school"
        " FROM link AS l JOIN subject AS sa ON sa.id = l.a_id JOIN subject AS sb ON sb.id = l.b_id"
        f" WHERE l.kind = {quoted(line.universe.kind)} AND {live('l', known)}"
        + (" AND sa.school_id = hole_school" if school else "")
    )


def followed(at: At, link: str) -> At:
    """Return the place of a pair, a link of this kind, that a line follows: who it is for comes first."""
    a = At("c.a_id", "c.a_type", "c.school_id", at.day)
    return replace(at, ends=(At("c.b_id", "c.b_type", "c.b_school", at.day), a), link=link)


def changes(of_ends: list[str]) -> list[str]:
    """Return (subject, day) of pairs from the queries of what changes their ends."""
    if not of_ends:
        return []
    inner = " UNION ".join(of_ends)
    return [
        f"SELECT w.id AS subject, x.day AS day FROM ({inner}) AS x JOIN who AS w ON w.{end}_id = x.subject"
        for end in ("a", "b")
    ]


def joined(mine: str, known: bool) -> tuple[str, At, str]:
    """Return (joins, place, condition) that match a head h at an end of a pair with the other end in the same entry."""
    other = "b" if mine == "a" else "a"
    joins = (
        f" JOIN link AS pl ON pl.kind = m.link AND pl.{mine}_id = h.unit AND {live('pl', known)}"
        f" JOIN subject AS pm ON pm.id = pl.{mine}_id JOIN subject AS po ON po.id = pl.{other}_id"
    )
    me, them = (At(f"{name}.id", f"{name}.type", f"{name}.school_id", "h.day") for name in ("pm", "po"))
    a, b = (me, them) if mine == "a" else (them, me)
    there = (
        " AND ((m.other IN ('', 'counterpart') AND p.counterpart_id = po.id) OR (m.other <> 'counterpart' AND EXISTS"
        " (SELECT 1 FROM tx_head AS ho WHERE ho.entry = h.entry AND ho.unit = po.id"
        " AND (m.other = '' OR ho.part = m.other))))"
    )
    return joins, At("pl.id", "'pair'", a.school, "h.day", ("pair",), (b, a), them), there


def occasions(found: str, slot: Slot, happening: Happening, known: bool, school: bool) -> str:
    """Return what happened to pairs: what happened to one of the two, or the beginning of the link itself."""
    kind = quoted(slot.rule.subject.kind)
    mine = " AND sa.school_id = hole_school" if school else ""
    if happening.source == BEGINS and happening.event == slot.rule.subject.kind:
        return (
            "SELECT l.id AS subject, l.valid_from AS day, CAST(NULL AS BIGINT) AS at, 0 AS retracted, 0 AS about_entry,"
            " 0 AS about_event FROM link AS l JOIN subject AS sa ON sa.id = l.a_id"
            f" WHERE l.kind = {kind} AND {live('l', known)} AND l.valid_from > 1 AND l.valid_from <= hole_as_of{mine}"
        )
    columns = "x.day AS day, x.at AS at, x.retracted AS retracted, x.about_entry AS about_entry, x.about_event AS about_event"
    return " UNION ".join(
        f"SELECT l.id AS subject, {columns} FROM ({found}) AS x JOIN link AS l ON l.{end}_id = x.subject"
        f" AND l.kind = {kind} AND {live('l', known)} JOIN subject AS sa ON sa.id = l.a_id{mine}"
        for end in ("a", "b")
    )


def narrowed(plan: Plan, subjects: str) -> str:
    """Return the condition that a cell c is about one of the subjects, or about a pair that one of them is in."""
    pairs = ", ".join(str(slot.number) for slot in slots_of(plan))
    own = f"c.subject IN ({subjects})"
    if not pairs:
        return own
    linked = f"SELECT lp.id FROM link AS lp WHERE lp.a_id IN ({subjects}) OR lp.b_id IN ({subjects})"
    return f"(c.slot NOT IN ({pairs}) AND {own} OR c.slot IN ({pairs}) AND c.subject IN ({linked}))"
