"""What the linter says of rules that stand above or beside one another: tightening, overriding, circles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .effects import RuleName
from .findings import Findings
from .overriding import reaches_nothing
from .pack import Pack
from .precedence import LOOSER, SAME, compare, named, versions_met
from .tree import Obligation


def check_precedence(pack: Pack, others: Mapping[str, Pack], found: Findings) -> None:
    """Say what is wrong with `tightens` and `overrides` in a pack. others: the packs its rules may point into."""
    for rule in pack.obligations:
        if not rule.evaluable:
            continue
        for name in rule.tightens:
            _tightened(pack, rule, name, others, found)
        for override in rule.overrides:
            _overridden(pack, rule, override.id, found)
    for circle in _circles(pack, others):
        first = pack.versions(circle[0])[-1]
        path = " → ".join([*circle, circle[0]])
        found.error(first, "cycle", f"{first.id}：几条要求互相收紧或代替，绕成了圈：{path}。请断开一处。")


def _tightened(
    pack: Pack, rule: Obligation, name: RuleName, others: Mapping[str, Pack], found: Findings
) -> None:
    home, versions = named(name, pack, others)
    said = name.spelled()
    if home is None:
        found.warn(
            rule,
            "tightens-unknown",
            f"{rule.id}：没有“{name.pack}”这个包，收紧“{said}”是否成立没有检查。请和那个包一起检查。",
        )
        return
    if not versions:
        found.error(
            rule, "unknown-obligation", f"{rule.id}：“{said}”这条要求不存在。请改正“tightens”里的编号。"
        )
        return
    if home is pack and name.id == rule.id:
        return  # a circle of one, which is said as a circle
    for old in versions_met(versions, rule.since):
        if old.evaluable:
            _compared(rule, old, said, found)
        else:
            found.warn(rule, "tightens-later", f"{rule.id}：“{said}”留待以后，收紧是否成立没法检查。")


def _compared(rule: Obligation, old: Obligation, said: str, found: Findings) -> None:
    result = compare(rule, old)
    if result.how is None:
        found.error(
            rule,
            "not-comparable",
            f"{rule.id}：和“{said}”没法比，{result.why}。数什么、怎么数请写得和它一样，或删去“tightens”另作一条。",
        )
    elif result.how == LOOSER:
        found.error(
            rule, "loosening", f"{rule.id}：比“{said}”松，{result.why}。下级只能收紧，请改得一样或更严。"
        )
    elif result.how == SAME:
        found.warn(rule, "same", f"{rule.id}：和“{said}”一样，没有收紧什么。请改严，或删去这一条。")


def _overridden(pack: Pack, rule: Obligation, name: str, found: Findings) -> None:
    versions = pack.versions(name)
    if not versions:
        found.error(
            rule, "unknown-obligation", f"{rule.id}：“{name}”这条要求不存在。请改正“overrides”里的编号。"
        )
        return
    if name == rule.id:
        return
    if versions[0].subject != rule.subject:
        found.error(
            rule, "overrides", f"{rule.id}：和“{name}”的对象不同，不能代替它。请把“subject”写成一样。"
        )
    if reaches_nothing(rule, name, pack.obligations):
        found.error(
            rule,
            "overrides",
            f"{rule.id}：从{rule.since}起代替“{name}”，但那一条没有从这天起的版本，什么也代替不了。请给它加一个“since: {rule.since}”的版本。",
        )


def _circles(pack: Pack, others: Mapping[str, Pack]) -> Iterator[list[str]]:
    """Yield each circle through rules of the pack once, as the ids on it."""
    edges = _edges({pack.slug: pack, **others})
    told: set[frozenset[str]] = set()
    for name in pack.obligation_ids():
        start = f"{pack.slug}:{name}"
        circle = _way_back(start, edges)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            yield [step.removeprefix(f"{pack.slug}:") for step in circle]


def _edges(packs: Mapping[str, Pack]) -> dict[str, list[str]]:
    edges: dict[str, list[str]] = {}
    for slug, pack in packs.items():
        for rule in pack.obligations:
            to = [f"{name.pack or slug}:{name.id}" for name in rule.tightens]
            to += [f"{slug}:{override.id}" for override in rule.overrides]
            edges.setdefault(f"{slug}:{rule.id}", []).extend(to)
    return edges


def _way_back(start: str, edges: Mapping[str, list[str]]) -> list[str]:
    """The shortest way from a rule back to itself, or nothing."""
    came: dict[str, str] = {}
    waiting = [start]
    while waiting:
        at = waiting.pop(0)
        for step in edges.get(at, ()):
            if step == start:
                way = [at]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return way[::-1]
            if step not in came:
                came[step] = at
                waiting.append(step)
    return []
