"""Change a plan as little as can be: families were told when somebody comes, so their stops stay.

What is not in the problem any more (a family that refused, a team that fell out) goes; what is new or may not stay where it
was is put in without touching anybody else's moment. Only when that is impossible one other family is moved for it.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace

from . import checking
from .draft import Draft, draft_of
from .explaining import explained
from .layout import Layout
from .model import Plan, Problem, Route, Stop, Unserved


def repair(problem: Problem, old: Plan) -> Plan:
    """The old plan made to fit the problem. `changed` names the families that were served and now are at another time,
    with another team, or not at all. Raises ValueError when stops agreed on cannot be kept."""
    draft = _pinned(problem, old)
    layout = draft.layout
    missing = [number for number, units in enumerate(layout.family_units) if units[0] not in draft.where]
    missing.sort(
        key=lambda number: (
            -problem.families[number].priority,
            layout.freedom[layout.family_units[number][0]],
        )
    )
    begins = {stop.family: (route, stop) for route in old.routes for stop in route.stops}
    for number in missing:
        if not _where_it_was(draft, number, begins) and not draft.insert(number):
            draft = _by_moving_one(draft, number, {one.family for one in problem.agreed})
    return _finished(problem, draft, old)


def _where_it_was(draft: Draft, number: int, begins: dict[str, tuple[Route, Stop]]) -> bool:
    """Put a family that got another part (a visit becomes a joint one) where its first part was, if that can be."""
    layout = draft.layout
    family, units = layout.problem.families[number], layout.family_units[number]
    if len(units) == 1 or family.id not in begins:
        return False
    route, stop = begins[family.id]
    if stop.part >= len(units) or units[stop.part] in layout.pins:
        return False
    before = dict(layout.pins)
    for shift, place in enumerate(layout.shifts):
        named = layout.problem.teams[place.team].id, layout.problem.sessions[place.session].id
        if named == (route.team, route.session):
            layout.pin(units[stop.part], (shift, stop.begin))
            if draft.insert(number):
                return True
    layout.pins = before
    layout.forget(units)
    return False


def _pinned(problem: Problem, old: Plan) -> Draft:
    """The stops that stay, each held to its team, session and moment; a family of which a part cannot stay is out whole."""
    draft = draft_of(Layout(problem), old)
    layout = draft.layout
    begins = {(stop.family, stop.part): stop.begin for route in old.routes for stop in route.stops}

    def moment(unit: int) -> int:
        stop = layout.units[unit]
        return begins[problem.families[stop.family].id, stop.part]

    for unit, shift in list(draft.where.items()):
        if unit in draft.where and not any(a <= moment(unit) <= b for a, b in layout.spans(unit, shift)):
            draft.remove(layout.units[unit].family)
    said = {(one.family, one.part) for one in problem.agreed}
    while True:
        still = tuple(
            one
            for unit, shift in sorted(draft.where.items())
            for one in (layout.agreed(unit, shift, moment(unit)),)
            if (one.family, one.part) not in said
        )
        pinned = Draft(Layout(replace(problem, agreed=(*problem.agreed, *still))), draft.routes)
        broken = next((shift for shift in sorted(pinned.routes) if pinned.timings([shift]) is None), None)
        if broken is None:
            return pinned
        # Places or lengths have changed: the first stop that cannot be reached in time gives way.
        draft.remove(layout.units[_blocking(pinned, broken)].family)


def _blocking(draft: Draft, shift: int) -> int:
    units = draft.routes[shift]
    for many in range(1, len(units) + 1):
        if draft.layout.timing(shift, units[:many]) is None:
            return units[many - 1]
    return units[-1]


def _by_moving_one(draft: Draft, number: int, firm: set[str]) -> Draft:
    """Put a family in by moving one other, none of `firm` or of higher priority; the shortest such way, or no change."""
    families, best = draft.layout.problem.families, draft
    for other, units in enumerate(draft.layout.family_units):
        if units[0] not in draft.where or families[other].id in firm:
            continue
        if families[other].priority > families[number].priority:
            continue
        trial = _let_go(draft, units)
        trial.remove(other)
        if trial.insert(number) and trial.insert(other) and (best is draft or trial.cost() < best.cost()):
            best = trial
    return best


def _let_go(draft: Draft, units: list[int]) -> Draft:
    """A copy in which these units are held no longer."""
    trial = draft.copy()
    trial.layout = copy(draft.layout)
    trial.layout.pins = {unit: pin for unit, pin in draft.layout.pins.items() if unit not in units}
    return trial


def _finished(problem: Problem, draft: Draft, old: Plan) -> Plan:
    left = [
        Unserved(family.id, "")
        for number, family in enumerate(problem.families)
        if draft.layout.family_units[number][0] not in draft.where
    ]
    plan = draft.plan("repair", left)
    if broken := checking.faults(problem, plan):
        raise ValueError(f"the plan cannot be kept: {broken[0]}")
    return replace(explained(Draft(Layout(problem), draft.routes), plan), changed=changes(old, plan))


def changes(old: Plan, new: Plan) -> tuple[str, ...]:
    """Families served before whose team, session or moment is another now, or who are not served any more."""

    def told(plan: Plan) -> dict[str, list[tuple[int, str, str, int]]]:
        found: dict[str, list[tuple[int, str, str, int]]] = {}
        for route in plan.routes:
            for stop in route.stops:
                found.setdefault(stop.family, []).append((stop.part, route.team, route.session, stop.begin))
        return {family: sorted(stops) for family, stops in found.items()}

    before, after = told(old), told(new)
    return tuple(sorted(family for family, stops in before.items() if after.get(family) != stops))
