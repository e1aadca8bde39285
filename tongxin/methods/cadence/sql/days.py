"""Longest runs of days with an entry and largest gaps without one, from the days that counted (tx_hit)."""

from __future__ import annotations

from .asked import asked
from .plan import GAP, GAP_SCHOOL, RUN, RUN_SCHOOL, Plan, Slot, Unit

_DONE = "INSERT INTO tx_done (unit, subject, win, num, den)"


def day_statements(plan: Plan) -> list[str]:
    """Return the statements that a plan needs for its runs and gaps, in order."""
    used = {unit.measure for unit in plan.units()}
    found = [_runs(measure) for measure in (RUN, RUN_SCHOOL) if measure in used]
    for slot in plan.slots:
        found += [_gap(slot, unit) for unit in slot.units if unit.measure in (GAP, GAP_SCHOOL)]
    return found


def _runs(measure: int) -> str:
    """Days that follow one another keep their distance to their rank; school days are counted as such."""
    number, calendar = "CAST(t.token AS BIGINT)", ""
    if measure == RUN_SCHOOL:
        number = "c.upto"
        calendar = (
            " JOIN tx_calendar AS c ON c.day = CAST(t.token AS BIGINT)"
            " JOIN tx_calendar AS b ON b.day = c.day - 1 AND b.upto < c.upto"
        )
    days = (
        f"SELECT DISTINCT t.unit AS unit, t.subject AS subject, t.win AS win, {number} AS day FROM tx_hit AS t"
        f" JOIN tx_unit AS u ON u.unit = t.unit AND u.measure = {measure}{calendar}"
    )
    ranked = (
        "SELECT unit, subject, win, day - ROW_NUMBER() OVER (PARTITION BY unit, subject, win ORDER BY day) AS island"
        " FROM days"
    )
    runs = "SELECT unit, subject, win, COUNT(*) AS n FROM ranked GROUP BY unit, subject, win, island"
    return (
        f"{_DONE} WITH days AS ({days}), ranked AS ({ranked}), runs AS ({runs})"
        " SELECT unit, subject, win, MAX(n), 1 FROM runs GROUP BY unit, subject, win"
    )


def _gap(slot: Slot, unit: Unit) -> str:
    """Between the day before the first and the day after the last, the days of entries are marks; gaps lie between them."""
    span = (
        "SELECT q.subject AS subject, q.win AS win, MAX(q.first, s.present_from) AS first,"
        f" MIN(q.judged, s.present_to) AS last FROM ({asked(slot)}) AS q JOIN subject AS s ON s.id = q.subject"
    )
    ends = "FROM span WHERE first <= last"
    marks = (
        f"SELECT subject, win, first - 1 AS day {ends} UNION SELECT subject, win, last + 1 AS day {ends}"
        " UNION SELECT p.subject, p.win, CAST(t.token AS BIGINT) AS day FROM span AS p JOIN tx_hit AS t"
        f" ON t.unit = {unit.number} AND t.subject = p.subject AND t.win = p.win"
        " WHERE CAST(t.token AS BIGINT) BETWEEN p.first AND p.last"
    )
    between = "SELECT subject, win, LAG(day) OVER (PARTITION BY subject, win ORDER BY day) AS before, day FROM marks"
    length, calendar = "b.day - b.before - 1", ""
    if unit.measure == GAP_SCHOOL:
        length = "until.upto - since.upto"
        calendar = " JOIN tx_calendar AS since ON since.day = b.before JOIN tx_calendar AS until ON until.day = b.day - 1"
    return (
        f"{_DONE} WITH span AS ({span}), marks AS ({marks}), gaps AS ({between})"
        f" SELECT {unit.number}, b.subject, b.win, MAX({length}), 1 FROM gaps AS b{calendar}"
        " WHERE b.before IS NOT NULL GROUP BY b.subject, b.win"
    )
