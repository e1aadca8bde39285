"""PyVRP improves the trips of one session at a time; who is visited on which session stays as it is.

Families left out may come in where a session has room. Joint visits and agreed stops keep their team and moment.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .budget import Budget
from .draft import Draft
from .layout import Layout, Shift

if TYPE_CHECKING:
    import pyvrp

FAR = 10**7


@dataclass(frozen=True)
class _Client:
    unit: int
    window: tuple[int, int]
    required: bool
    held: int | None  # the only shift that may take it


def sessions_of(draft: Draft) -> dict[int, list[int]]:
    """Session → the shifts of it on which there are trips."""
    found: dict[int, list[int]] = {}
    for shift in sorted(draft.routes):
        found.setdefault(draft.layout.shifts[shift].session, []).append(shift)
    return found


def polish(
    draft: Draft,
    session: int,
    budget: Budget,
    *,
    seed: int = 0,
    rounds: int | None = None,
    fresh: bool = False,
) -> Draft:
    """Return the draft with this session's trips improved, or the same draft when nothing better was found.

    rounds: it ends after so many without a better one. fresh: begin afresh for most of the time, which is better when there
    is much of it. Where trips are counted first, it first tries to do with fewer.
    """
    if draft.trip_cost:
        draft = _with_fewer(draft, session, budget.share(0.15 * budget.left()), seed)
    closed = bool(draft.trip_cost)
    if fresh:
        stop = _stop(budget.share(0.8 * budget.left()), rounds)
        draft = _solved(draft, session, stop, seed, closed=closed, fresh=True) or draft
    return _solved(draft, session, _stop(budget, rounds), seed, closed=closed) or draft


def _stop(budget: Budget, rounds: int | None) -> _Stop:
    from pyvrp.stop import NoImprovement

    return _Stop(budget, NoImprovement(rounds) if rounds else None)


def _with_fewer(draft: Draft, session: int, budget: Budget, seed: int) -> Draft:
    """Do without the trip with fewest stops, and again, while that can be done."""
    from pyvrp.stop import FirstFeasible, MultipleCriteria, NoImprovement

    while budget.going():
        used = [shift for shift in draft.routes if draft.layout.shifts[shift].session == session]
        if len(used) < 2:
            break
        least = min(used, key=lambda shift: (len(draft.routes[shift]), shift))
        tries = 1000 + 100 * sum(len(draft.routes[shift]) for shift in used)
        stop = _Stop(budget, MultipleCriteria([FirstFeasible(), NoImprovement(tries)]))
        found = _solved(draft, session, stop, seed, without=least, fresh=True)
        if found is None:
            break
        draft = found
    return draft


def _solved(
    draft: Draft,
    session: int,
    stop: _Stop,
    seed: int,
    *,
    closed: bool = False,
    without: int | None = None,
    fresh: bool = False,
) -> Draft | None:
    """A better draft or None. closed: only shifts that have trips now; without: nor this one; fresh: begin from nothing."""
    import pyvrp
    from pyvrp.exceptions import PenaltyBoundWarning

    clients = _clients(draft, session)
    if sum(client.required for client in clients) < 2:
        return None
    shifts = [
        number
        for number, shift in enumerate(draft.layout.shifts)
        if shift.session == session
        and number != without
        and (number in draft.routes or not (closed or without is not None))
    ]
    model = _Model(draft, shifts, clients)
    start = None if fresh else model.start()
    with warnings.catch_warnings():
        # Doing with fewer trips is often impossible, which is what it warns of.
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        result = pyvrp.solve(
            model.data, stop, seed=seed, collect_stats=False, display=False, initial_solution=start
        )
    if not result.best.is_feasible():
        return None
    trial = model.back(result.best)
    return trial if trial.cost() < draft.cost() and trial.timings() is not None else None


class _Stop:
    """PyVRP asks after every round whether to stop."""

    def __init__(self, budget: Budget, quiet: Any) -> None:
        self.budget, self.quiet = budget, quiet

    def __call__(self, best_cost: int) -> bool:
        return self.budget.over() or (self.quiet is not None and self.quiet(best_cost))


def _clients(draft: Draft, session: int) -> list[_Client]:
    layout, found = draft.layout, []
    shifts = [number for number, shift in enumerate(layout.shifts) if shift.session == session]
    timings = draft.timings() or {}
    for shift in shifts:
        for unit, begin in zip(
            draft.routes.get(shift, []), timings[shift].begins if shift in timings else (), strict=False
        ):
            stop = layout.units[unit]
            if stop.joint or stop.mates or unit in layout.pins:
                moment = (begin, begin) if layout.is_timed(unit) else _span(layout, unit, shift, begin)
                found.append(_Client(unit, moment, True, shift))
            else:
                found.append(_Client(unit, _wide(layout, unit, shifts, begin), True, None))
    for number, mine in enumerate(layout.family_units):
        unit = mine[0]
        if len(mine) == 1 and unit not in draft.where and unit not in layout.pins:
            moments = [layout.spans(unit, shift) for shift in shifts]
            spans = sorted({span for each in moments for span in each})
            if spans and layout.problem.families[number].parts:
                found.append(_Client(unit, (spans[0][0], _end_of_first(spans)), False, None))
    return found


def _span(layout: Layout, unit: int, shift: int, begin: int) -> tuple[int, int]:
    return next(span for span in layout.spans(unit, shift) if span[0] <= begin <= span[1])


def _wide(layout: Layout, unit: int, shifts: Iterable[int], begin: int) -> tuple[int, int]:
    """The window of the family around `begin`; PyVRP knows one window per client."""
    family = layout.problem.families[layout.units[unit].family]
    inside = 0 if family.begins_inside else layout.units[unit].length
    low, high = next(window for window in family.windows if window[0] <= begin <= window[1] - inside)
    return low, high - inside


def _end_of_first(spans: list[tuple[int, int]]) -> int:
    end = spans[0][1]
    for low, high in spans:
        if low <= end:
            end = max(end, high)
    return end


class _Model:
    """One session as PyVRP's data: vehicle types of teams that are alike, a profile per set of families they may visit."""

    def __init__(self, draft: Draft, shifts: list[int], clients: list[_Client]) -> None:
        self.draft, self.layout, self.clients = draft, draft.layout, clients
        self.groups: dict[tuple[int, frozenset[int]], list[int]] = {}
        for shift in shifts:
            barred = frozenset(
                number
                for number, client in enumerate(clients)
                if (client.held is not None and client.held != shift) or not self._may(client, shift)
            )
            self.groups.setdefault((self.layout.kind[shift], barred), []).append(shift)
        self.type_of = {shift: number for number, mine in enumerate(self.groups.values()) for shift in mine}
        self.data = self._data()

    def _may(self, client: _Client, shift: int) -> bool:
        return bool(self.layout.spans(client.unit, shift))

    def _data(self) -> pyvrp.ProblemData:
        import pyvrp

        layout, units = self.layout, self.layout.units
        firsts = [layout.shifts[mine[0]] for mine in self.groups.values()]
        ends = sorted({place for shift in firsts for place in (shift.start, shift.end)})
        places = [*ends, *(units[client.unit].place for client in self.clients)]
        way = layout.problem.travel[np.ix_(places, places)]
        profiles: list[Any] = []
        for _, barred in self.groups:
            table = way.copy()
            table[:, [len(ends) + number for number in barred]] = FAR
            np.fill_diagonal(table, 0)
            profiles.append(table)
        bounded = any(shift.max_load is not None for shift in firsts)
        worth = int(way.max()) * 2 * (len(places) + 1)
        families = layout.problem.families
        clients = [
            pyvrp.Client(
                len(ends) + number,
                delivery=[units[client.unit].load] if bounded else [],
                service_duration=units[client.unit].length,
                tw_early=client.window[0],
                tw_late=client.window[1],
                prize=0 if client.required else worth * (1 + families[units[client.unit].family].priority),
                required=client.required,
            )
            for number, client in enumerate(self.clients)
        ]
        vehicles = [
            self._vehicle(mine, ends, profile, bounded) for profile, mine in enumerate(self.groups.values())
        ]
        return pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in places],
            clients,
            [pyvrp.Depot(number) for number in range(len(ends))],
            vehicles,
            profiles,
            profiles,
        )

    def _vehicle(self, mine: list[int], ends: list[int], profile: int, bounded: bool) -> pyvrp.VehicleType:
        import pyvrp

        shift: Shift = self.layout.shifts[mine[0]]
        load = shift.max_load if shift.max_load is not None else FAR
        return pyvrp.VehicleType(
            len(mine),
            capacity=[load] if bounded else [],
            start_depot=ends.index(shift.start),
            end_depot=ends.index(shift.end),
            tw_early=shift.window[0],
            tw_late=shift.window[1],
            profile=profile,
        )

    def start(self) -> pyvrp.Solution:
        """The trips as they are, to begin from."""
        import pyvrp

        number = {client.unit: at for at, client in enumerate(self.clients)}
        routes = [
            pyvrp.Route(self.data, [number[unit] for unit in self.draft.routes[shift]], group)
            for shift, group in self.type_of.items()
            if shift in self.draft.routes
        ]
        return pyvrp.Solution(self.data, routes)

    def back(self, solution: pyvrp.Solution) -> Draft:
        """A solution as a draft: a trip goes to a team of its group, the one that has most of its families already."""
        free = [list(mine) for mine in self.groups.values()]
        units_here = {client.unit for client in self.clients}
        routes = {
            shift: units for shift, units in self.draft.routes.items() if not units_here.intersection(units)
        }
        for route in solution.routes():
            units = [self.clients[activity.idx].unit for activity in route if activity.is_client()]
            mine = free[route.vehicle_type()]
            shift = max(mine, key=lambda one: (len(set(units) & set(self.draft.routes.get(one, []))), -one))
            mine.remove(shift)
            routes[shift] = units
        return Draft(self.layout, routes)
