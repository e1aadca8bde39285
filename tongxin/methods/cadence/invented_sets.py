"""The sets, links and numbers that a golden case of a share, of links held or of an asked number needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .bounds import Asked
from .conditions import Always, Not
from .facts import ALWAYS, NEVER, AttributeRow
from .measures_shares import Members, Share, VerdictShare
from .measures_standing import Links
from .reading import day_of, text_of
from .tree import GROUP_LINKS, Obligation

if TYPE_CHECKING:
    from .invented import World

MEMBER = "set"  # members of the set are called set-1, set-2 …


def share_of(rule: Obligation) -> Share | VerdictShare | None:
    measures = (item.measure for item in rule.requirements())
    return next((measure for measure in measures if isinstance(measure, Share | VerdictShare)), None)


def members_invented(world: World, most: int) -> None:
    """`set: 10` or `set: [{people: 8}, {people: 2, from: …, to: …}]`, of whom `holding: 7` meet the condition."""
    measure = share_of(world.rule)
    if measure is None or world.rule.subject.is_activity or world.case.get("set") is None:
        return
    members = measure.members if isinstance(measure, Share) else _of_rule(world, measure)
    holding = world.case.get("holding", 0)
    number = 0
    for people, first, last in _groups(world.case["set"], most):
        for _ in range(people):
            number += 1
            name = f"{MEMBER}-{number}"
            _member(world, name, members, first, last)
            if isinstance(measure, Share) and measure.holding is not None:
                met = isinstance(holding, int) and number <= holding
                world.give(measure.holding if met else Not(measure.holding), name)


def _of_rule(world: World, measure: VerdictShare) -> Members:
    """Those of whom the other rule asks something."""
    others = world.pack.versions(measure.obligation)
    return Members(others[0].subject.name, where=others[0].where) if others else Members("student")


def _groups(said: Any, most: int) -> Iterator[tuple[int, dt.date, dt.date]]:
    from .invented import CaseProblem

    for item in said if isinstance(said, list) else [{"people": said}]:
        people = item.get("people", 1) if isinstance(item, dict) else None
        if isinstance(people, bool) or not isinstance(people, int) or not 0 <= people <= most:
            raise CaseProblem(
                f"用例里的“set”要写人数（0 到 {most}），或列出 {{people: 人数, from: 日期, to: 日期}}。"
            )
        yield people, day_of(item.get("from")) or ALWAYS, day_of(item.get("to")) or NEVER


def _member(world: World, name: str, members: Members, first: dt.date, last: dt.date) -> None:
    from .invented import SUBJECT

    kind = {"member": "staff", "": _end_of(world, members)}.get(members.type, members.type)
    own = world.types[SUBJECT]
    in_group = own in GROUP_LINKS and not members.link
    world.add(name, kind, *(() if in_group or members.link else (first, last)))
    if members.link:
        ends = (name, SUBJECT) if members.end == "a" else (SUBJECT, name)
        world.link(members.link, *ends, first, last)
    elif in_group:
        world.link(GROUP_LINKS[own], name, SUBJECT, first, last)
    if members.type == "member" and own != "branch":
        world.link(GROUP_LINKS["branch"], name, world.places["branch"])
    if not isinstance(members.where, Always):
        world.give(members.where, name)


def _end_of(world: World, members: Members) -> str:
    declared = world.pack.links.get(members.link)
    return (getattr(declared, members.end, "") if declared else "") or "staff"


def other_end(world: World, link: str, name: str) -> None:
    """Somebody at the other end of a link that is counted is whom the rule asks for."""
    for item in world.rule.requirements():
        if isinstance(item.measure, Links) and link in item.measure.links:
            world.give(item.measure.other.where, name)
            if item.measure.other.subject_type == "member":
                world.link(GROUP_LINKS["branch"], name, world.places["branch"])


def numbers_set(world: World) -> None:
    """`asked: 30`, or `asked: [{value: 30, from: …}]`: the number that somebody is to set."""
    from .invented import SUBJECT

    said = world.case.get("asked")
    if said is None:
        return
    asked = [end for item in world.rule.requirements() for end in item.bound.ends() if isinstance(end, Asked)]
    for end in dict.fromkeys(asked):
        owner = SUBJECT if end.post else world.places["school"]
        for item in said if isinstance(said, list) else [{"value": said}]:
            spelled = item if isinstance(item, dict) else {"value": item}
            first, last = day_of(spelled.get("from")) or ALWAYS, day_of(spelled.get("to")) or NEVER
            world.facts.attributes.append(
                AttributeRow(owner, end.attribute, text_of(spelled.get("value")), first, last)
            )
