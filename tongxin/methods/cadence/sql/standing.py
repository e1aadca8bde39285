"""What holds on the judging day, without entries: links held, states reached, days in a state."""

from __future__ import annotations

from ..counting import Companion
from ..measures_standing import DaysIn, Links, Reached
from .asked import asked
from .builder import At, Builder, Needs, Tests, live
from .engine import listed, quoted
from .plan import Plan, Slot, Unit
from .scope import IN

_DONE = "INSERT INTO tx_done (unit, subject, win, num, den)"


def standing_statements(plan: Plan, tests: Tests, known: bool) -> list[str]:
    """Return the statements for the measures of a plan that look at links and states."""
    found = []
    for slot in plan.slots:
        for unit in slot.units:
            measure = unit.requirement.measure
            if isinstance(measure, Links):
                found.append(_links(slot, unit, measure, tests, known))
            elif isinstance(measure, Reached):
                found.append(_reached(slot, unit, measure, known))
            elif isinstance(measure, DaysIn):
                found.append(_days_in(slot, unit))
    return found


def _links(slot: Slot, unit: Unit, measure: Links, tests: Tests, known: bool) -> str:
    """Different other ends; a link that held on one of the days of grace is not gone yet."""
    ends = (("a", "b"), ("b", "a"))
    if measure.extreme:
        return _extreme(slot, unit, measure, known)
    accepted = ""
    if measure.other != Companion():
        builder = Builder(At("q.subject", "q.type", "q.school", "q.judged"), tests, Needs(), known)
        accepted = f" AND {builder._accepted(measure.other, 'o.id', 'o.type', 'o.school_id')}"
    each = (
        f"SELECT q.subject AS subject, q.win AS win, o.id AS other FROM ({asked(slot)}) AS q JOIN link AS l"
        f" ON l.kind IN ({listed(measure.links)}) AND l.{mine}_id = q.subject AND l.valid_from <= q.judged"
        f" AND l.valid_to >= q.judged - {slot.grace} AND {live('l', known)}"
        f" JOIN subject AS o ON o.id = l.{theirs}_id{accepted and ' WHERE TRUE'}{accepted}"
        for mine, theirs in ends
        if measure.end in ("either", mine)
    )
    return (
        f"{_DONE} SELECT {unit.number}, f.subject, f.win, COUNT(DISTINCT f.other), 1"
        f" FROM ({' UNION ALL '.join(each)}) AS f GROUP BY f.subject, f.win"
    )


def _extreme(slot: Slot, unit: Unit, measure: Links, known: bool) -> str:
    """The fewest or most links held on a day of the window: asked on its first day and wherever a link begins or ends."""
    ends = (
        [("a", "b"), ("b", "a")]
        if measure.end == "either"
        else [(measure.end, "b" if measure.end == "a" else "a")]
    )
    days = (
        f"SELECT q.subject AS subject, q.win AS win, MAX(q.first, s.present_from) AS first,"
        f" MIN(q.judged, s.present_to) AS last FROM ({asked(slot)}) AS q JOIN subject AS s ON s.id = q.subject"
    )
    changes = [
        "SELECT d.subject AS subject, d.win AS win, d.first AS day FROM days AS d WHERE d.first <= d.last"
    ]
    held = []
    for mine, theirs in ends:
        link = f"l.kind IN ({listed(measure.links)}) AND {live('l', known)}"
        changes += [
            f"SELECT d.subject, d.win, {day} FROM days AS d JOIN link AS l ON l.{mine}_id = d.subject AND {link}"
            f" AND {day} > d.first AND {day} <= d.last"
            for day in ("l.valid_from", "l.valid_to + 1")
        ]
        held.append(
            f"SELECT c.subject AS subject, c.win AS win, c.day AS day, l.{theirs}_id AS other FROM changes AS c"
            f" LEFT JOIN link AS l ON l.{mine}_id = c.subject AND {link} AND l.valid_from <= c.day AND l.valid_to >= c.day"
        )
    return (
        f"{_DONE} WITH days AS ({days}), changes AS ({' UNION '.join(changes)}), held AS ({' UNION ALL '.join(held)}),"
        " each AS (SELECT f.subject AS subject, f.win AS win, f.day AS day, COUNT(DISTINCT f.other) AS n FROM held AS f"
        " GROUP BY f.subject, f.win, f.day)"
        f" SELECT {unit.number}, e.subject, e.win, {measure.extreme.upper()}(e.n), 1 FROM each AS e GROUP BY e.subject, e.win"
    )


def _reached(slot: Slot, unit: Unit, measure: Reached, known: bool) -> str:
    return (
        f"{_DONE} SELECT {unit.number}, q.subject, q.win, 1, 1 FROM ({asked(slot)}) AS q WHERE EXISTS"
        f" (SELECT 1 FROM attribute AS a WHERE a.name = {quoted(measure.machine)} AND a.subject_id = q.subject"
        f" AND a.value = {quoted(measure.state)} AND a.valid_from <= q.judged AND {live('a', known)})"
    )


def _days_in(slot: Slot, unit: Unit) -> str:
    """The state is followed through time as a line; what of it lies in the window is added up."""
    return (
        f"{_DONE} SELECT {unit.number}, q.subject, q.win, SUM(MIN(v.last, q.judged) - MAX(v.first, q.first) + 1), 1"
        f" FROM ({asked(slot)}) AS q JOIN tx_seg AS v ON v.line = {unit.state_line} AND v.subject = q.subject"
        f" AND v.value = {IN} AND v.first <= q.judged AND v.last >= q.first GROUP BY q.subject, q.win"
    )
