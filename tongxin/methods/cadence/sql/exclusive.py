"""Exclusivity set-based: what is on offer is asked of the database, shared out in one pass, and put back into tx_done."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..sharing import CHOSEN, Offer, Taker, rivals_of, share_out
from . import settle
from .builder import further
from .plan import SUM, TIMES, Plan, Slot

if TYPE_CHECKING:
    from .evaluate import Run

Mine = dict[
    tuple[int, int, int], dict[int, tuple[int, int, str]]
]  # (slot, win, subject): {entry: (day, amount, chosen)}


def shared_slots(plan: Plan) -> list[Slot]:
    return [slot for slot in plan.slots if slot.rule.rivals]


def chosen() -> str:
    """Return the choice on a row p, NULL where none was made or none matters."""
    return f"CASE WHEN m.shared = 1 THEN {further('p', CHOSEN)} END"


def apply(run: Run) -> None:
    """Let each entry be used for one of several rivals only."""
    slots = {slot.number: slot for slot in shared_slots(run.plan)}
    if not slots:
        return
    offered, takers = _offered(run, slots), defaultdict(list)
    for number, win, subject, last, low, den in _cells(run, slots):
        need = Fraction(low * 100, den) if den else Fraction(0)
        offers = tuple(
            Offer(day, (entry, ""), str(entry), amount, name)
            for entry, (day, amount, name) in offered.get((number, win, subject), {}).items()
        )
        rule = slots[number].rule
        takers[rule.subject.spelled(), subject].append(
            Taker((number, win, subject), rule.id, last, need, offers)
        )
    rivals = rivals_of(run.plan.pack.obligations)
    rows = []
    for mine in takers.values():
        given = share_out(mine, rivals)
        for taker in mine:
            total = sum(offer.amount for offer in taker.offers if offer.entry in given[taker.key])
            number, win, subject = taker.key  # type: ignore[misc]
            rows.append((slots[number].units[0].number, subject, win, total, 100))
    run.ask(f"DELETE FROM tx_done WHERE unit IN ({_units(slots)})")
    run.put("tx_done", rows)


def _units(slots: dict[int, Slot]) -> str:
    return ", ".join(str(unit.number) for slot in slots.values() for unit in slot.units)


def _cells(run: Run, slots: dict[int, Slot]) -> list[tuple[Any, ...]]:
    return run.ask(settle.minima(f"sl.slot IN ({', '.join(map(str, slots))})"))


def _offered(run: Run, slots: dict[int, Slot]) -> Mine:
    """What would count, by cell; amounts as the sums add them up."""
    units = _units(slots)
    of_unit = {unit.number: number for number, slot in slots.items() for unit in slot.units}
    best = (
        "SELECT t.unit AS unit, t.subject AS subject, t.win AS win, t.entry AS entry, MAX(t.amount) AS best"
        f" FROM tx_hit AS t JOIN tx_unit AS u ON u.unit = t.unit AND u.measure = {SUM} WHERE t.unit IN ({units})"
        " AND t.amount IS NOT NULL AND (u.per_entry = 1 OR t.standing = 0)"
        " GROUP BY t.unit, t.subject, t.win, t.entry, t.token, CASE WHEN u.per_entry = 1 THEN 0 ELSE t.head END"
    )
    amounts = {
        (unit, subject, win, entry): int(amount)
        for unit, subject, win, entry, amount in run.ask(
            f"SELECT b.unit, b.subject, b.win, b.entry, SUM(b.best) FROM ({best}) AS b"
            " GROUP BY b.unit, b.subject, b.win, b.entry"
        )
    }
    found: Mine = defaultdict(dict)
    for unit, subject, win, entry, day, measure, name in run.ask(
        "SELECT t.unit, t.subject, t.win, t.entry, e.day, u.measure, MAX(COALESCE(t.chosen, ''))"
        " FROM tx_hit AS t JOIN tx_unit AS u ON u.unit = t.unit JOIN entry AS e ON e.id = t.entry"
        f" WHERE t.unit IN ({units}) GROUP BY t.unit, t.subject, t.win, t.entry, e.day, u.measure"
    ):
        amount = 100 if measure == TIMES else amounts.get((unit, subject, win, entry), 0)
        found[of_unit[unit], win, subject][entry] = (day, amount, name)
    return found
