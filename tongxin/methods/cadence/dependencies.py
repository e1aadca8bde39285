"""Which rules ask for the verdicts of which others (Meaning 21), in what order they can be judged, and circles."""

from __future__ import annotations

from collections.abc import Iterable

from .measures_shares import VerdictShare
from .reading import Context
from .tree import Obligation


def asks_for(rule: Obligation) -> set[str]:
    """Ids of the obligations whose verdicts a rule needs."""
    measures = (item.measure for item in rule.requirements())
    return {measure.obligation for measure in measures if isinstance(measure, VerdictShare)}


def needs_by_id(rules: Iterable[Obligation]) -> dict[str, set[str]]:
    """{id: ids it needs} over all versions of each obligation."""
    needs: dict[str, set[str]] = {}
    for rule in rules:
        needs.setdefault(rule.id, set()).update(asks_for(rule) if rule.evaluable else ())
    return needs


def circle(name: str, needs: dict[str, set[str]]) -> list[str]:
    """The shortest way from an obligation back to itself, [] when there is none."""
    ways, seen = [[name]], set()
    while ways:
        way = ways.pop(0)
        for other in sorted(needs.get(way[-1], ())):
            if other == name:
                return way
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def in_order(needs: dict[str, set[str]]) -> list[str]:
    """Every obligation whose verdicts are asked for, each after those it needs itself; circles are cut somewhere."""
    found: list[str] = []
    visiting: set[str] = set()

    def visit(name: str) -> None:
        if name in visiting or name in found:
            return
        visiting.add(name)
        for other in sorted(needs.get(name, ())):
            visit(other)
        found.append(name)

    for name in sorted({other for others in needs.values() for other in others}):
        visit(name)
    return found


def with_needed(rules: Iterable[Obligation], names: Iterable[str]) -> set[str]:
    """These obligations and all they cannot be judged without, directly or not: those whose verdicts they need, and those
    with which they share entries."""
    rules = list(rules)
    needs, found, left = needs_by_id(rules), set[str](), list(names)
    for rule in rules:
        needs[rule.id].update(rule.rivals)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += sorted(needs.get(name, ()))
    return found


def check_dependencies(rules: list[Obligation], context: Context) -> None:
    """Findings about verdicts that are asked for but cannot be had."""
    needs = needs_by_id(rules)
    for rule in rules:
        context.rule = rule.id
        for name in sorted(asks_for(rule)):
            if name not in needs:
                context.error(rule, "unknown-obligation", f"占比里写的要求“{name}”不存在。请改正编号。")
        around = circle(rule.id, needs)
        if around:
            shown = " → ".join([*around, rule.id])
            context.error(
                rule, "circle", f"几条要求互相以对方的结论为依据，绕成了圈（{shown}）。请断开其中一处。"
            )
    context.rule = ""
