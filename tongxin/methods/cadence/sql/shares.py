"""Shares of a set: who belongs to it, and who of them counts (table tx_set); then how many of how many.

Shares of verdicts come last, each after the verdicts it asks for have been judged (tx_verdict).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from ..conditions import Always, Condition
from ..dependencies import in_order, needs_by_id
from ..measures_shares import FIRST_DAY, LAST_DAY, Members, Share, VerdictShare
from ..tree import GROUP_LINKS
from . import settle
from .asked import asked
from .builder import At, Builder, Needs, Tests, holding
from .engine import NO_END_DAY, quoted
from .plan import Plan, Slot, Unit

if TYPE_CHECKING:
    from .evaluate import Run

_SET = "INSERT INTO tx_set (unit, subject, win, member, counts)"


def share_statements(plan: Plan, tests: Tests, known: bool) -> list[str]:
    """Return the statements for the shares of a plan that ask for no verdicts."""
    return [
        statement
        for slot in plan.slots
        for unit in slot.units
        if isinstance(unit.requirement.measure, Share)
        for statement in (_members(slot, unit, tests, known), *_added_up(unit))
    ]


def _added_up(unit: Unit) -> tuple[str, str]:
    of_unit = f"FROM tx_set AS t WHERE t.unit = {unit.number} GROUP BY t.subject, t.win"
    return (
        f"INSERT INTO tx_base (unit, subject, win, num) SELECT {unit.number}, t.subject, t.win, COUNT(*) {of_unit}",
        "INSERT INTO tx_done (unit, subject, win, num, den)"
        f" SELECT {unit.number}, t.subject, t.win, SUM(t.counts), 1 {of_unit}",
    )


def _members(slot: Slot, unit: Unit, tests: Tests, known: bool) -> str:
    measure = unit.requirement.measure
    assert isinstance(measure, Share)
    day = _set_day(measure.set_on)
    there = (
        f"{_there(slot, measure.members, day, known)} AND {_there(slot, measure.members, 'q.judged', known)}"
    )
    if not isinstance(measure.members.where, Always):
        there += f" AND {_holds(measure.members.where, day, tests, known)}"
    counts = f"CASE WHEN {_counts(slot, unit, measure, tests, known)} THEN 1 ELSE 0 END"
    # Everybody who may belong is found by an index first; `there` then decides.
    return (
        f"{_SET} SELECT {unit.number}, q.subject, q.win, m.id, {counts}"
        f" FROM ({asked(slot)}) AS q JOIN {_candidates(slot, measure.members)} WHERE {there}"
    )


def _set_day(said: str | dt.date) -> str:
    if said == LAST_DAY:
        return "q.judged"
    return "MIN(q.first, q.judged)" if said == FIRST_DAY else f"MIN({said.toordinal()}, q.judged)"  # type: ignore[union-attr]


def _candidates(slot: Slot, members: Members) -> str:
    """Return the join of subjects (m) that may belong to the asked one (q), each once."""
    if members.part:
        heads = (
            "(SELECT DISTINCT h.entry AS entry, h.unit AS unit FROM tx_head AS h"
            f" WHERE h.part = {quoted(members.part)} AND h.person = 1)"
        )
        return f"{heads} AS c ON c.entry = q.subject JOIN subject AS m ON m.id = c.unit"
    if members.link or slot.rule.subject.name != "school":
        kind, end, other = _link(slot, members)
        ever = f"(SELECT DISTINCT l.{other}_id AS whole, l.{end}_id AS one FROM link AS l WHERE l.kind = {quoted(kind)})"
        return f"{ever} AS c ON c.whole = q.subject JOIN subject AS m ON m.id = c.one"
    of_type = "" if members.type == "member" else f" AND m.type = {quoted(members.type)}"
    return f"subject AS m ON m.school_id = q.school{of_type}"


def _link(slot: Slot, members: Members) -> tuple[str, str, str]:
    """(kind, end of the member, end of the subject)."""
    if members.link:
        return members.link, members.end, "b" if members.end == "a" else "a"
    return GROUP_LINKS[slot.rule.subject.name], "a", "b"


def _there(slot: Slot, members: Members, day: str, known: bool) -> str:
    """Return whether a candidate belongs on a day: present, of the type, and linked where a link makes the member."""
    parts = [f"m.present_from <= {day} AND m.present_to >= {day}"]
    if members.type == "member":
        parts.append(
            "EXISTS (SELECT 1 FROM link AS lm WHERE lm.kind = 'branch_member' AND lm.a_id = m.id"
            f" AND {holding('lm', day, known)})"
        )
    elif members.type:
        parts.append(f"m.type = {quoted(members.type)}")
    if not members.part and (members.link or slot.rule.subject.name != "school"):
        kind, end, other = _link(slot, members)
        parts.append(
            f"EXISTS (SELECT 1 FROM link AS lt WHERE lt.kind = {quoted(kind)} AND lt.{end}_id = m.id"
            f" AND lt.{other}_id = q.subject AND {holding('lt', day, known)})"
        )
    return "(" + " AND ".join(parts) + ")"


def _holds(condition: Condition, day: str, tests: Tests, known: bool) -> str:
    builder = Builder(At("m.id", "m.type", "m.school_id", day), tests, Needs(), known)
    return f"COALESCE({condition.sql(builder)}, FALSE)"


def _counts(slot: Slot, unit: Unit, measure: Share, tests: Tests, known: bool) -> str:
    if measure.holding is not None:
        return _holds(measure.holding, "q.judged", tests, known)
    if unit.inner is None:
        return (
            f"EXISTS (SELECT 1 FROM tx_hit AS t WHERE t.unit = {unit.number} AND t.subject = q.subject"
            " AND t.win = q.win AND t.head = m.id)"
        )
    return (
        f"EXISTS (SELECT 1 FROM tx_done AS d WHERE d.unit = {unit.inner.number} AND d.subject = m.id"
        " AND d.win = q.win AND d.num > 0)"
    )


# shares of verdicts


def judge_in_order(run: Run) -> None:
    """Judge what is asked for, each obligation after those it needs itself, and the shares that ask for it."""
    plan = run.plan
    asking = [
        (slot, unit)
        for slot in plan.slots
        for unit in slot.units
        if isinstance(unit.requirement.measure, VerdictShare)
    ]
    if not asking:
        return
    needs = needs_by_id(slot.rule for slot in plan.slots)
    for name in in_order(needs):
        _add_up_of(run, [pair for pair in asking if pair[0].rule.id == name])
        _judge(run, [slot for slot in plan.slots if slot.rule.id == name])
    wanted = set(in_order(needs))
    _add_up_of(run, [pair for pair in asking if pair[0].rule.id not in wanted])


def _judge(run: Run, slots: list[Slot]) -> None:
    numbers = ", ".join(str(slot.number) for slot in slots)
    for plain in sorted({run.ways.plain[slot.number] for slot in slots}):
        mine = [slot for slot in slots if run.ways.plain[slot.number] == plain]
        if mine:
            cells = settle.cells(plain, f"c.slot IN ({numbers})")
            run.ask(
                "INSERT INTO tx_verdict (slot, subject, first, last, verdict)"
                f" SELECT c.slot, c.subject, c.first, c.last, c.verdict FROM ({cells}) AS c"
            )


def _add_up_of(run: Run, asking: list[tuple[Slot, Unit]]) -> None:
    for slot, unit in asking:
        for statement in (_verdicts(run, slot, unit), *_added_up(unit)):
            run.ask(statement)


def _verdicts(run: Run, slot: Slot, unit: Unit) -> str:
    """Who has an expected verdict in the window, and whether all of them are the one asked for."""
    measure = unit.requirement.measure
    assert isinstance(measure, VerdictShare)
    others = [one for one in run.plan.slots if one.rule.id == measure.obligation]
    of_entries = any(one.rule.subject.is_activity for one in others)
    numbers = ", ".join(str(one.number) for one in others) or "NULL"
    counted = ", ".join(str(code) for code in (settle.MET, settle.OPEN, settle.MISSED))
    wanted = settle.VERDICTS.index(measure.verdict)
    mine = f"MIN(CASE WHEN v.verdict = {wanted} THEN 1 ELSE 0 END)"
    return (
        f"{_SET} SELECT {unit.number}, q.subject, q.win, v.subject, {mine} FROM ({asked(slot)}) AS q"
        f" JOIN tx_verdict AS v ON v.slot IN ({numbers}) AND v.verdict IN ({counted}) AND (v.last BETWEEN q.first AND q.last"
        f" AND v.last < {NO_END_DAY} OR v.last >= {NO_END_DAY} AND v.first <= q.judged)"
        f"{_belonging(slot, of_entries, run.known_at is not None)} GROUP BY q.subject, q.win, v.subject"
    )


def _belonging(slot: Slot, of_entries: bool, known: bool) -> str:
    """Return the joins that keep to subjects of this one: itself, its members, or everybody in the school."""
    if of_entries:
        return " JOIN entry AS m ON m.id = v.subject AND m.school_id = q.school AND q.type = 'school'"
    present = "m.present_from <= q.judged AND m.present_to >= q.judged"
    belongs = ["m.id = q.subject"]
    if slot.rule.subject.name == "school":
        belongs.append("m.school_id = q.school")
    elif slot.rule.subject.name in GROUP_LINKS:
        belongs.append(
            f"EXISTS (SELECT 1 FROM link AS lt WHERE lt.kind = {quoted(GROUP_LINKS[slot.rule.subject.name])}"
            f" AND lt.a_id = m.id AND lt.b_id = q.subject AND {holding('lt', 'q.judged', known)})"
        )
    return f" JOIN subject AS m ON m.id = v.subject AND {present} AND ({' OR '.join(belongs)})"
