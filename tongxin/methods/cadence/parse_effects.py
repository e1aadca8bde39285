"""Spelling of `exempt`, `blocks`, `consequence`, `tightens` and `overrides` → the nodes of `effects`."""

from __future__ import annotations

import re
from typing import Any

from .conditions import Always
from .effects import ACTIONS, PER, Bars, Consequence, Exemption, Gate, Override, Points, RuleName, Veto
from .located import LList, LMap
from .parse_conditions import read_condition
from .reading import Context, number_of, text_of

_STEP = re.compile(r"^([a-z_]+)\s*\(\s*([^()\s]+)\s*\)$")
_ROW = re.compile(r"^[A-Z]{1,2}[0-9]{1,3}$")


def _one_or_many(said: Any) -> list[Any]:
    """What may be written once or as a list, as a list."""
    return said if isinstance(said, list) else [] if said is None else [said]


def read_exemptions(mapping: LMap, context: Context, of_pair: bool) -> tuple[Exemption, ...]:
    """The rule's own exemption, if it has one."""
    if mapping.get("exempt") is None:
        return ()
    where = read_condition(mapping["exempt"], context, mapping.at("exempt"), of_pair)
    return () if isinstance(where, Always) else (Exemption(where),)


def read_gates(mapping: LMap, context: Context) -> tuple[Gate, ...]:
    """`blocks: appoint(homeroom_teacher)`, or a list of such steps."""
    said = mapping.get("blocks")
    listed = _one_or_many(said)
    gates = [_gate(text_of(one) if not isinstance(one, dict) else "", mapping, context) for one in listed]
    return tuple(dict.fromkeys(gate for gate in gates if gate is not None))


def _gate(said: str, mapping: LMap, context: Context) -> Gate | None:
    found = _STEP.match(said)
    if found is None or found[1] not in ACTIONS:
        context.error(
            mapping.at("blocks"),
            "blocks",
            "“blocks”要写拦住哪一步，例如 appoint(homeroom_teacher)（任命班主任）。",
        )
        return None
    if found[2] not in context.names.posts:
        context.error(
            mapping.at("blocks"), "unknown-post", f"没有“{found[2]}”这个岗位。请在“posts”里声明，或改正名称。"
        )
        return None
    return Gate(found[1], found[2])


def read_consequences(mapping: LMap, context: Context) -> tuple[Consequence, ...]:
    """One consequence or a list of them."""
    said = mapping.get("consequence")
    listed = _one_or_many(said)
    read = [_consequence(one, mapping, context) for one in listed]
    return tuple(one for one in read if one is not None)


def _consequence(value: Any, mapping: LMap, context: Context) -> Consequence | None:
    mend = "“consequence”要写 {points: -1, per: missing_unit, floor: -10}、{bars: rating.excellent} 或 {veto: appraisal}。"
    kinds = [key for key in ("points", "bars", "veto") if isinstance(value, LMap) and key in value]
    if len(kinds) != 1:
        context.error(mapping.at("consequence"), "consequence", mend)
        return None
    if kinds == ["points"]:
        return _points(value, context)
    context.unknown_keys(value, (*kinds, "note"), "“consequence”")
    what = text_of(value[kinds[0]]) if not isinstance(value[kinds[0]], dict | list) else ""
    if not what:
        context.error(value.at(kinds[0]), "consequence", mend)
        return None
    return Bars(what) if kinds == ["bars"] else Veto(what)


def _points(value: LMap, context: Context) -> Points | None:
    context.unknown_keys(value, ("points", "per", "floor", "note"), "“consequence”")
    points, floor = number_of(value["points"]), number_of(value.get("floor"))
    per = text_of(value.get("per")) or "missing_unit"
    if points is None or points == 0 or (value.get("floor") is not None and floor is None):
        context.error(
            value.at("points"), "consequence", "“points”和“floor”要写数，例如 points: -1、floor: -10。"
        )
        return None
    if per not in PER:
        context.error(value.at("per"), "consequence", f"“per”只能写：{'、'.join(PER)}。")
        return None
    if floor is not None and (floor < points if points > 0 else floor > points):
        context.error(
            value.at("floor"), "contradiction", "“floor”比一次的分还少，第一次就到头。请改正其中一个。"
        )
        return None
    return Points(points, per, floor)


def read_rule_name(value: Any) -> RuleName | None:
    """`visit-yearly` or `national:visit-yearly`."""
    said = text_of(value) if not isinstance(value, dict | list) else ""
    pack, colon, name = said.rpartition(":")
    if not name or (colon and not pack) or ":" in pack:
        return None
    return RuleName(pack.strip(), name.strip())


def read_tightens(mapping: LMap, context: Context) -> tuple[RuleName, ...]:
    """One rule or a list of rules that this one makes stricter."""
    said = mapping.get("tightens")
    listed = _one_or_many(said)
    names = [read_rule_name(one) for one in listed]
    if None in names:
        context.error(
            mapping.at("tightens"),
            "tightens",
            "“tightens”要写收紧哪一条，例如 national:visit-yearly（包:编号）。",
        )
    return tuple(dict.fromkeys(name for name in names if name is not None))


def read_overrides(mapping: LMap, context: Context, of_pair: bool) -> tuple[Override, ...]:
    """`{id: visit-by-size, when: {…}}` or a list of such."""
    said = mapping.get("overrides")
    listed = _one_or_many(said)
    read = [_override(one, mapping, context, of_pair) for one in listed]
    return tuple(one for one in read if one is not None)


def _override(value: Any, mapping: LMap, context: Context, of_pair: bool) -> Override | None:
    mend = "“overrides”要写 {id: 代替哪一条, when: {条件}}。"
    if not isinstance(value, LMap):
        context.error(mapping.at("overrides"), "overrides", mend)
        return None
    context.unknown_keys(value, ("id", "when"), "“overrides”")
    name = text_of(value.get("id"))
    if not name or ":" in name:
        context.error(
            value.at("id"), "overrides", mend + "只能代替同一个包里的要求；别的包的只能用“tightens”收紧。"
        )
        return None
    if value.get("when") is None:
        context.error(
            value,
            "overrides",
            f"没有写什么时候代替“{name}”。请写“when”，例如 when: {{priority_care: true}}。",
        )
        return None
    return Override(name, read_condition(value["when"], context, value.at("when"), of_pair))


def read_rows(mapping: LMap, context: Context) -> tuple[str, ...]:
    """Which rows of the plan's own table a rule answers, as [A12, A13]; a note for readers."""
    said = mapping.get("rows")
    listed = said if isinstance(said, list) else LList() if said is None else [said]
    rows = tuple(text_of(one) for one in listed if not isinstance(one, dict | list))
    if len(rows) != len(listed) or not all(_ROW.match(row) for row in rows):
        context.error(mapping.at("rows"), "rows", "“rows”要写表里的行号，例如 [A12, A13]。")
        return ()
    return rows
