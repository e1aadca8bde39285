"""The temporary tables of one evaluation: what Python worked out, and what the statements fill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..bounds import Asked, Table
from ..tree import GROUP_LINKS
from .builder import pair
from .engine import NO_END_DAY, Engine, rendered
from .plan import (
    ARRIVALS,
    DISTINCT,
    ENTRIES,
    ENTRY,
    FAST,
    GROUP,
    HEADS,
    PAIR,
    PEOPLE,
    PERSON,
    PERSON_TIMES,
    SCHOOL,
    SHARE,
    SINGLE,
    TIMES,
    Plan,
    Slot,
    Unit,
    band_numbers,
    constant,
)
from .settle import MANIFOLD, PLAIN, PLAIN_BAND, PLAIN_LIST
from .windows import Windows, base_of

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
    "tx_day": (dict.fromkeys(("mark", "win"), _BIG), "mark"),
    "tx_calendar": (dict.fromkeys(("day", "upto"), _BIG), "day"),
    "tx_named": ({**dict.fromkeys(("grain", "win", "first"), _BIG), "name": "TEXT NOT NULL"}, "grain, win"),
    "tx_due": (dict.fromkeys(("slot", "day", "first", "last"), _BIG), "slot, day"),
    "tx_announced": (dict.fromkeys(("slot", "school", "win", "first", "last", "void"), _BIG), "slot, school, win"),
    "tx_mine": (
        dict.fromkeys(("slot", "subject", "win", "first", "last", "judged", "ended", "first_at", "last_at", "void",
                       "about_entry", "about_event"), _BIG),
        "slot, subject, win",
    ),
    "tx_slot": (
        dict.fromkeys(
            ("slot", "grain", "scope", "arrivals", "from_days", "encouraged", "own", "of_entries", "shape", "plain", "swift",
             "grace", "exempt"), _BIG
        ),
        "slot",
    ),
    "tx_force": (dict.fromkeys(("slot", "newer", "since", "until", "by_first"), _BIG), ""),
    "tx_unit": (
        dict.fromkeys(
            ("unit", "slot", "measure", "per_entry", "grows", "low_num", "low_den", "high_num", "high_den", "low_line",
             "high_line", "where_line", "share", "asked", "one_of"), _BIG
        ),
        "unit",
    ),
    "tx_match": (
        {
            **dict.fromkeys(("unit", "path", "universe", "own", "base", "filter", "measure", "amount", "per_day", "bare",
                             "about", "low_num", "low_den", "swift", "slot", "scope", "grain", "shared", "makes_up"), _BIG),
            **dict.fromkeys(("kind", "part", "token", "type", "link", "other"), "TEXT NOT NULL"),
        },
        "",
    ),
    "tx_need": (
        {"kind": "TEXT NOT NULL", "part": "TEXT NOT NULL", "expand": _BIG, "bare": _BIG, "everybody": _BIG},
        "",
    ),
    "tx_band": (dict.fromkeys(("line", "value", "num", "den"), _BIG), "line, value"),
    "tx_waiver": (dict.fromkeys(("slot", "win", "subject", "first", "last"), _BIG), ""),
    "tx_seg": (
        dict.fromkeys(("line", "subject", "first", "last", "value", "next_first"), _BIG),
        "line, subject, first",
    ),
    "tx_steady": (dict.fromkeys(("mark", "span"), _BIG), "mark"),
    "tx_head": (
        {
            "part_row": "BIGINT", **dict.fromkeys(("entry", "unit", "person", "standing", "via", "home", "place",
            "start_day", "day"), _BIG), **dict.fromkeys(("kind", "part", "type", "via_type"), "TEXT NOT NULL"),
        },
        "",
    ),
    "tx_hit": (
        {
            **dict.fromkeys(("unit", "subject", "win", "entry", "head", "person", "standing"), _BIG),
            "amount": "BIGINT", "token": "TEXT", "chosen": "TEXT",
        },
        "",
    ),
    "tx_base": (dict.fromkeys(("unit", "subject", "win", "num"), _BIG), "unit, subject, win"),
    "tx_set": (dict.fromkeys(("unit", "subject", "win", "member", "counts"), _BIG), "unit, subject, win, member"),
    "tx_verdict": (dict.fromkeys(("slot", "subject", "first", "last", "verdict"), _BIG), ""),
    "tx_allowed": (dict.fromkeys(("unit", "num", "den"), _BIG), "unit, num, den"),
    "tx_done": (dict.fromkeys(("unit", "subject", "win", "num", "den"), _BIG), "unit, subject, win"),
}  # fmt: skip
# A table with this many times fewer rows than before is another table to the planner.
HARDLY = 20
TEMPORARY_INDEXES = ("CREATE INDEX IF NOT EXISTS tx_head_kind ON tx_head (kind, part)",)


def make(engine: Engine) -> None:
    """Make the temporary tables where the connection has none yet."""
    if engine.dialect == "sqlite":
        there = "SELECT COUNT(*) FROM temp.sqlite_master WHERE type = 'table' AND name GLOB 'tx_*'"
        if engine.run(there) == [(len(TEMPORARY),)]:
            return
    for text in definitions(engine.dialect):
        engine.run(text)


def definitions(dialect: str) -> list[str]:
    """Return the statements that make the temporary tables where they do not exist yet."""
    made = []
    for name, (columns, key) in TEMPORARY.items():
        listed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        primary = f", PRIMARY KEY ({key})" if key else ""
        text = rendered(f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({listed}{primary})", dialect)
        made.append(text + (" WITHOUT ROWID" if "," in key and dialect == "sqlite" else ""))
    return made + _indexes(dialect)


def _indexes(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [text.replace("EXISTS tx_", "EXISTS temp.tx_") for text in TEMPORARY_INDEXES]
    return list(TEMPORARY_INDEXES)


def outgrown(engine: Engine, names: Sequence[str]) -> tuple[str, ...]:
    """Return those temporary tables of SQLite that have more than twice the rows their statistics tell of, or hardly any.

    The statistics of the run before serve as well, and gathering them makes SQLite prepare every statement of the
    connection anew. Some tables are filled in two steps: the smaller size must not count as another one.
    """
    known = {name: int(told.split()[0]) for name, told in _told(engine)}
    asked = " UNION ALL ".join(f"SELECT '{name}', COUNT(*) FROM {name}" for name in names)
    return tuple(
        name
        for name, rows in engine.run(asked)
        if rows > 2 * known.get(name, 0) or HARDLY * rows < known.get(name, 0)
    )


def _told(engine: Engine) -> list[tuple[str, str]]:
    """What SQLite's statistics say of the temporary tables: (name, "rows …")."""
    made = "SELECT 1 FROM temp.sqlite_master WHERE name = 'sqlite_stat1'"
    return engine.run("SELECT tbl, stat FROM temp.sqlite_stat1") if engine.run(made) else []


def put(engine: Engine, name: str, rows: Any) -> None:
    """Fill a temporary table; each row has a value per column, in the order of TEMPORARY."""
    engine.insert(name, tuple(TEMPORARY[name][0]), rows)


@dataclass(frozen=True)
class Ways:
    """How to evaluate what is asked, chosen by what the database holds.

    of: FAST, HEADS or ENTRIES for each unit. expand: units that must see the members of groups. everybody: those that must
    see who was written down through a group. plain: how each slot settles, see `how_plain`. swift: PLAIN slots that may be
    summed up without looking at every cell.
    """

    of: dict[int, int]
    expand: set[int]
    everybody: set[int]
    plain: dict[int, int]
    swift: set[int]


def fill(engine: Engine, plan: Plan, windows: Windows, first: int, ways: Ways) -> None:
    """Fill the tables that say what to evaluate. first: earliest day that is counted in school days."""
    put(engine, "tx_window", windows.rows)
    put(engine, "tx_day", windows.days)
    made_up = {windows.grain_of[unit.slot] for unit in plan.units() if unit.requirement.count.makes_up}
    put(engine, "tx_named", ((grain, at, window.first.toordinal(), window.name) for grain in sorted(made_up)
                             for at, window in enumerate(windows.grains[grain])))  # fmt: skip
    put(engine, "tx_calendar", windows.school_days(first))
    put(engine, "tx_slot", (_slot(slot, windows, ways) for slot in plan.slots))
    put(engine, "tx_force", (row for slot in plan.slots if slot.own_days for row in _force(slot)))
    inner = (unit.inner for unit in plan.units() if unit.inner is not None)
    put(engine, "tx_unit", (_unit(unit) for unit in (*plan.units(), *inner)))
    put(engine, "tx_allowed", ((unit.number, *pair(number)) for unit in plan.units()
                               for number in unit.requirement.bound.one_of))  # fmt: skip
    put(engine, "tx_match", (row for slot in plan.slots for unit in slot.counted()
                             for row in _matches(plan, slot, unit, windows, ways)))  # fmt: skip
    put(engine, "tx_need", _needs(plan, ways))
    put(engine, "tx_band", ((line.number, *numbers) for line in plan.lines if isinstance(line.node, Table)
                            for numbers in band_numbers(line.node)))  # fmt: skip


def _slot(slot: Slot, windows: Windows, ways: Ways) -> tuple[int, ...]:
    rule = slot.rule
    return (
        slot.number, windows.grain_of[slot.number], slot.scope, ARRIVALS[rule.arrivals.how], rule.arrivals.days,
        int(rule.source.modality == "encouraged"), slot.own, int(rule.subject.is_activity), slot.shape,
        ways.plain[slot.number], int(slot.number in ways.swift),
        slot.grace, slot.exempt,
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
        unit.number, unit.slot if unit.number > 0 else 0, unit.measure, int(unit.per_entry), int(measure.grows),
        *constant(bound.low), *constant(bound.high), unit.low_line, unit.high_line, unit.where, int(measure.is_share),
        int(any(isinstance(end, Asked) for end in bound.ends())), int(bool(bound.one_of)),
    )  # fmt: skip


def _matches(plan: Plan, slot: Slot, unit: Unit, windows: Windows, ways: Ways) -> Iterator[tuple[Any, ...]]:
    item, subject = unit.requirement, unit.subject
    amount = plan.amounts.index(unit.amount) + 1 if unit.amount else 0
    grouped = subject.name if unit.universe == GROUP else ""
    grain = windows.grain_of[slot.number]
    link = subject.kind if subject.is_pair else GROUP_LINKS.get(grouped, "")
    other = item.count.with_.part if subject.is_pair and item.count.with_ else ""
    flags = (
        unit.filter, unit.measure, amount, int(item.measure.per_day), int(bare(unit)), int(item.count.about),
        *constant(item.bound.low),
        _swift(slot, unit, ways), slot.number, slot.scope, grain,
        int(unit.shared), int(item.count.makes_up),
    )  # fmt: skip
    for layer in range(windows.layers(grain)):
        for kind in dict.fromkeys(item.count.kinds):
            for part in dict.fromkeys(item.count.parts or ("",)):
                yield (
                    unit.number, ways.of[unit.number], unit.universe, slot.own, base_of(grain, layer), *flags,
                    kind, part, unit.token, grouped, link, other,
                )  # fmt: skip


def _swift(slot: Slot, unit: Unit, ways: Ways) -> int:
    """ONCE, OFTEN or SEVERAL (see counts.py) for a swift slot, 0 for the others."""
    if slot.number not in ways.swift:
        return 0
    if unit.measure == DISTINCT:
        return 3
    return 1 if unit.measure == TIMES and constant(unit.requirement.bound.low) == (1, 1) else 2


def bare(unit: Unit) -> bool:
    """Does an entry in which nobody is written down count for the unit."""
    count = unit.requirement.count
    return unit.universe in (SCHOOL, ENTRY) and not (count.parts or count.only or count.by or count.with_)


def _needs(plan: Plan, ways: Ways) -> list[tuple[str, str, int, int, int]]:
    """Return which kinds and parts the heads are gathered of; a kind that some unit wants whole is gathered whole."""
    pairs: dict[tuple[str, str], list[int]] = {}
    for unit in plan.counted():
        if ways.of[unit.number] != HEADS:
            continue
        if unit.set_part:
            flags = pairs.setdefault((unit.subject.kind, unit.set_part), [0, 0, 0])
            flags[0], flags[2] = 1, 1
        for kind in unit.requirement.count.kinds:
            for part in _parts_seen(unit):
                flags = pairs.setdefault((kind, part), [0, 0, 0])
                flags[0] |= int(unit.number in ways.expand)
                flags[1] |= int(bare(unit))
                flags[2] |= int(unit.number in ways.everybody)
    whole = {kind for kind, part in pairs if not part}
    merged: dict[tuple[str, str], list[int]] = {}
    for (kind, part), flags in pairs.items():
        into = merged.setdefault((kind, "" if kind in whole else part), [0, 0, 0])
        into[:] = [one | other for one, other in zip(into, flags, strict=True)]
    return [(kind, part, *flags) for (kind, part), flags in merged.items()]  # type: ignore[misc]


def _parts_seen(unit: Unit) -> set[str]:
    """Return the parts whose heads a unit looks at; of a pair those of both ends."""
    count = unit.requirement.count
    parts = {*(count.parts or ("",))}
    if unit.universe == PAIR:
        other = count.with_.part if count.with_ else ""
        parts |= {other} - {"counterpart"}
    return parts


def counting_ways(
    plan: Plan, grouped: set[tuple[str, str]], overlapping: set[tuple[str, str, str]], unique_rows: bool
) -> tuple[dict[int, int], set[int]]:
    """Choose how each unit is counted, and which units must see the members of groups.

    grouped: (kind, part) in which some group stands in the ledger. overlapping: (kind, part, type) where such a group
    shares a member with another group of a type. unique_rows: nobody stands twice in one part of an entry.
    """
    ways, expand = {}, set()
    for unit in plan.counted():
        way, seen = unit.path, _pairs(unit, grouped)
        if way == FAST and (seen or not unique_rows):
            way = HEADS
        ways[unit.number] = way
        if not seen or way == ENTRIES:
            continue
        of_type = any((*pair, _type_of(plan, unit)) in overlapping for pair in seen)
        if _per_head(unit) or of_type:
            expand.add(unit.number)
    return ways, expand


def who_need_everybody(plan: Plan) -> set[int]:
    """Return the units that must see who was written down through a group, in a ledger where that group stands as well.

    The others count entries or words of theirs, and the group's own row says the same of them. Where a part may hold
    groups of another type, members may also belong to one that is asked.
    """
    return {unit.number for unit in plan.counted() if _per_head(unit) or _other_groups(plan, unit)}


def _per_head(unit: Unit) -> bool:
    amounts = bool(unit.amount) and not unit.per_entry
    return unit.universe in (PERSON, PAIR) or unit.measure in (PEOPLE, PERSON_TIMES, SHARE) or amounts


def _other_groups(plan: Plan, unit: Unit) -> bool:
    """May the parts a group's unit looks at hold groups of another type, as far as the pack says."""
    if unit.universe != GROUP:
        return False
    for kind in unit.requirement.count.kinds:
        said = plan.pack.kinds.get(kind)
        for part in _parts_seen(unit):
            declared = said.part(part) if said is not None else None
            if (
                declared is None
                or not declared.of
                or (set(declared.of) & set(GROUP_LINKS)) - {unit.subject.name}
            ):
                return True
    return False


def _pairs(unit: Unit, grouped: set[tuple[str, str]]) -> set[tuple[str, str]]:
    count = unit.requirement.count
    parts = _parts_seen(unit)
    return {(k, p) for k, p in grouped if k in count.kinds and ("" in parts or p in parts)}


def _type_of(plan: Plan, unit: Unit) -> str:
    return unit.subject.name


def how_plain(slot: Slot, windows: Windows) -> int:
    """Say how a slot settles: PLAIN where it asks for one constant minimum that nothing changes, PLAIN_BAND where the
    minimum is looked up, PLAIN_LIST for several constant ones.

    MANIFOLD where there is a maximum, a share, a condition of an item, an exemption or a cut window.
    """
    if slot.rule.subject.is_activity or slot.rule.arrivals.how != "full" or slot.grace or slot.exempt:
        return MANIFOLD
    bounds = [unit.requirement.bound for unit in slot.units]
    if any(bound.low is None or bound.high is not None or bound.one_of for bound in bounds):
        return MANIFOLD
    if any(unit.requirement.measure.is_share or unit.where for unit in slot.units):
        return MANIFOLD
    if any(window.share != 1 for window in windows.of(slot)):
        return MANIFOLD
    if all(constant(bound.low)[0] > 0 for bound in bounds):
        return PLAIN if slot.shape == SINGLE else PLAIN_LIST
    return PLAIN_BAND if slot.shape == SINGLE and slot.units[0].low_line else MANIFOLD
