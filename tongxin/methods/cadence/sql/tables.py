"""The temporary tables of one evaluation: what Python worked out, and what the statements fill."""

from __future__ import annotations

from typing import Any

from ..counting import Measure
from ..tree import GROUP_LINKS, Table
from .engine import NO_END_DAY, Engine, rendered
from .plan import (
    ARRIVALS,
    ENTRIES,
    ENTRY,
    FAST,
    GROUP,
    HEADS,
    PERSON,
    SCHOOL,
    TIMES,
    Plan,
    Slot,
    Unit,
    band_numbers,
    constant,
)
from .windows import Windows

_BIG = "BIGINT NOT NULL"
# name: (columns, primary key). Where the key is one, SQLite keeps the rows in its order.
TEMPORARY: dict[str, tuple[dict[str, str], str]] = {
    "tx_accept": ({"test": _BIG, "value": "TEXT NOT NULL", "code": _BIG}, "test, value"),
    "tx_window": (
        dict.fromkeys(
            ("grain", "win", "first", "last", "judged", "ended", "share_num", "share_den", "school_days", "planned"), _BIG
        ),
        "grain, win",
    ),
    "tx_day": (dict.fromkeys(("grain", "day", "win"), _BIG), "grain, day, win"),
    "tx_calendar": (dict.fromkeys(("day", "upto"), _BIG), "day"),
    "tx_slot": (
        dict.fromkeys(
            ("slot", "grain", "scope", "arrivals", "from_days", "encouraged", "own", "of_entries", "shape"), _BIG
        ),
        "slot",
    ),
    "tx_force": (dict.fromkeys(("slot", "newer", "since", "until", "by_first"), _BIG), ""),
    "tx_unit": (
        dict.fromkeys(
            ("unit", "slot", "measure", "per_entry", "grows", "low_num", "low_den", "high_num", "high_den", "low_line",
             "high_line", "where_line"), _BIG
        ),
        "unit",
    ),
    "tx_match": (
        {
            **dict.fromkeys(("unit", "path", "universe", "own", "grain", "filter", "measure", "amount", "per_day", "bare"), _BIG),
            **dict.fromkeys(("kind", "part", "token", "type", "link"), "TEXT NOT NULL"),
        },
        "",
    ),
    "tx_need": ({"kind": "TEXT NOT NULL", "part": "TEXT NOT NULL", "expand": _BIG, "bare": _BIG}, ""),
    "tx_band": (dict.fromkeys(("line", "value", "num", "den"), _BIG), "line, value"),
    "tx_waiver": (dict.fromkeys(("slot", "win", "subject", "first", "last"), _BIG), ""),
    "tx_seg": (
        dict.fromkeys(("line", "subject", "first", "last", "value", "next_first"), _BIG),
        "line, subject, first",
    ),
    "tx_head": (
        {
            "part_row": "BIGINT", **dict.fromkeys(("entry", "unit", "person", "standing", "via", "home", "place",
            "start_day", "day"), _BIG), **dict.fromkeys(("kind", "part", "type"), "TEXT NOT NULL"),
        },
        "",
    ),
    "tx_hit": (
        {
            **dict.fromkeys(("unit", "subject", "win", "entry", "head", "person", "standing"), _BIG),
            "amount": "BIGINT", "token": "TEXT",
        },
        "",
    ),
    "tx_done": (dict.fromkeys(("unit", "subject", "win", "num", "den"), _BIG), "unit, subject, win"),
}  # fmt: skip
TEMPORARY_INDEXES = ("CREATE INDEX IF NOT EXISTS tx_head_kind ON tx_head (kind, part)",)


def definitions(dialect: str) -> list[str]:
    """Return the statements that make the temporary tables where they do not exist yet."""
    made = []
    for name, (columns, key) in TEMPORARY.items():
        listed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        primary = f", PRIMARY KEY ({key})" if key else ""
        text = rendered(f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({listed}{primary})", dialect)
        made.append(text + (" WITHOUT ROWID" if key and dialect == "sqlite" else ""))
    return made + [text.replace("tx_head_kind ON", "tx_head_kind ON") for text in _indexes(dialect)]


def _indexes(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [text.replace("EXISTS tx_", "EXISTS temp.tx_") for text in TEMPORARY_INDEXES]
    return list(TEMPORARY_INDEXES)


def put(engine: Engine, name: str, rows: Any) -> None:
    """Fill a temporary table; each row has a value per column, in the order of TEMPORARY."""
    engine.insert(name, tuple(TEMPORARY[name][0]), rows)


def fill(
    engine: Engine, plan: Plan, windows: Windows, first: int, ways: dict[int, int], expand: set[int]
) -> None:
    """Fill the tables that say what to evaluate. ways: how each unit is counted; expand: units that see group members."""
    put(engine, "tx_window", windows.rows())
    put(engine, "tx_day", windows.days())
    put(engine, "tx_calendar", windows.school_days(first))
    put(engine, "tx_slot", (_slot(slot, windows) for slot in plan.slots))
    put(engine, "tx_force", (row for slot in plan.slots if slot.own_days for row in _force(slot)))
    put(engine, "tx_unit", (_unit(unit) for unit in plan.units()))
    put(engine, "tx_match", (row for slot in plan.slots for unit in slot.units
                             for row in _matches(plan, slot, unit, windows, ways)))  # fmt: skip
    put(engine, "tx_need", _needs(plan, ways, expand))
    put(engine, "tx_band", ((line.number, *numbers) for line in plan.lines if isinstance(line.node, Table)
                            for numbers in band_numbers(line.node)))  # fmt: skip


def _slot(slot: Slot, windows: Windows) -> tuple[int, ...]:
    rule = slot.rule
    return (
        slot.number, windows.grain_of[slot.number], slot.scope, ARRIVALS[rule.arrivals.how], rule.arrivals.days,
        int(rule.source.modality == "encouraged"), int(slot.own_days), int(rule.subject.is_activity), slot.shape,
    )  # fmt: skip


def _force(slot: Slot) -> list[tuple[int, ...]]:
    return [
        (slot.number, int(rule is not slot.rule), rule.since.toordinal(),
         rule.until.toordinal() if rule.until else NO_END_DAY, int(rule.next_window))
        for rule in (slot.rule, *slot.later)
    ]  # fmt: skip


def _unit(unit: Unit) -> tuple[int, ...]:
    bound, measure = unit.requirement.bound, unit.requirement.measure
    return (
        unit.number, unit.slot, unit.measure, int(unit.per_entry), int(measure.grows), *constant(bound.low),
        *constant(bound.high), unit.low_line, unit.high_line, unit.where,
    )  # fmt: skip


def _matches(
    plan: Plan, slot: Slot, unit: Unit, windows: Windows, ways: dict[int, int]
) -> list[tuple[Any, ...]]:
    item, subject = unit.requirement, slot.rule.subject
    per_day = int(_per_day(item.measure))
    amount = plan.amounts.index(unit.amount) + 1 if unit.amount else 0
    grouped = subject.name if unit.universe == GROUP else ""
    return [
        (unit.number, ways[unit.number], unit.universe, int(slot.own_days), windows.grain_of[slot.number],
         unit.filter, unit.measure, amount, per_day, int(bare(unit)), kind, part, unit.token, grouped,
         GROUP_LINKS.get(grouped, ""))
        for kind in dict.fromkeys(item.count.kinds)
        for part in dict.fromkeys(item.count.parts or ("",))
    ]  # fmt: skip


def _per_day(measure: Measure) -> bool:
    return measure.per_day


def bare(unit: Unit) -> bool:
    """Does an entry in which nobody is written down count for the unit."""
    count = unit.requirement.count
    return unit.universe in (SCHOOL, ENTRY) and not (count.parts or count.only or count.by or count.with_)


def _needs(plan: Plan, ways: dict[int, int], expand: set[int]) -> list[tuple[str, str, int, int]]:
    """Return which kinds and parts the heads are gathered of; a kind that some unit wants whole is gathered whole."""
    pairs: dict[tuple[str, str], list[int]] = {}
    for unit in plan.units():
        if ways[unit.number] != HEADS:
            continue
        for kind in unit.requirement.count.kinds:
            for part in unit.requirement.count.parts or ("",):
                flags = pairs.setdefault((kind, part), [0, 0])
                flags[0] |= int(unit.number in expand)
                flags[1] |= int(bare(unit))
    whole = {kind for kind, part in pairs if not part}
    merged: dict[tuple[str, str], list[int]] = {}
    for (kind, part), flags in pairs.items():
        into = merged.setdefault((kind, "" if kind in whole else part), [0, 0])
        into[:] = [into[0] | flags[0], into[1] | flags[1]]
    return [(kind, part, *flags) for (kind, part), flags in merged.items()]  # type: ignore[misc]


def counting_ways(
    plan: Plan, grouped: set[tuple[str, str]], overlapping: set[tuple[str, str, str]], unique_rows: bool
) -> tuple[dict[int, int], set[int]]:
    """Choose how each unit is counted, and which units must see the members of groups.

    grouped: (kind, part) in which some group stands in the ledger. overlapping: (kind, part, type) where such a group
    shares a member with another group of a type. unique_rows: nobody stands twice in one part of an entry.
    """
    ways, expand = {}, set()
    for unit in plan.units():
        way, seen = unit.path, _pairs(unit, grouped)
        if way == FAST and (seen or not unique_rows):
            way = HEADS
        ways[unit.number] = way
        if not seen or way == ENTRIES:
            continue
        of_type = unit.requirement and any((*pair, _type_of(plan, unit)) in overlapping for pair in seen)
        if unit.universe == PERSON or unit.measure != TIMES or of_type:
            expand.add(unit.number)
    return ways, expand


def _pairs(unit: Unit, grouped: set[tuple[str, str]]) -> set[tuple[str, str]]:
    count = unit.requirement.count
    return {(k, p) for k, p in grouped if k in count.kinds and (not count.parts or p in count.parts)}


def _type_of(plan: Plan, unit: Unit) -> str:
    return plan.slots[unit.slot - 1].rule.subject.name
