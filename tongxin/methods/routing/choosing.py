"""VROOM chooses sessions and teams: families with several windows are what it is best at.

Stops that are held (joint visits, visits of several parts, agreed stops) go in as they are. It knows only the clock for a
limit and cannot be stopped inside a call, so calls are kept short where somebody may want to cancel.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator

import numpy as np

from .budget import Budget, stretch
from .draft import Draft
from .layout import Layout

THREADS = 2
# The longest single call by the clock: who cancels waits no longer.
LONGEST_CALL_S = 600.0


def choose(
    draft: Draft,
    budget: Budget,
    *,
    warm: bool,
    exploration: int = 0,
    threads: int = THREADS,
    only: frozenset[int] | None = None,
) -> Draft:
    """Return a better draft, or the same when VROOM found none within the budget.

    warm: go on from the draft's trips; else begin afresh with only its held stops kept.
    only: the shifts that may change; who is visited on others stays there.
    """
    seconds = min(budget.left() * (1.0 if only else stretch()), LONGEST_CALL_S)
    if seconds < 0.05 or not draft.layout.shifts or not draft.layout.units:
        return draft
    asked = _Asked(draft, warm, only)
    if not asked.jobs:
        return draft
    began = time.process_time()
    solution = asked.input().solve(
        exploration_level=exploration, nb_threads=threads, timeout=dt.timedelta(seconds=seconds)
    )
    budget.spent_elsewhere += (time.process_time() - began) / (1 if warm else threads)
    trial = asked.back(solution)
    return trial if trial.cost() < draft.cost() and trial.timings() is not None else draft


class _Asked:
    def __init__(self, draft: Draft, warm: bool, only: frozenset[int] | None) -> None:
        self.draft, self.layout, self.warm = draft, draft.layout, warm
        self.shifts = sorted(range(len(draft.layout.shifts)) if only is None else only)
        chosen = set(self.shifts)
        layout = self.layout
        timings = draft.timings([shift for shift in self.shifts if shift in draft.routes]) or {}
        begins = {
            unit: begin
            for shift, timing in timings.items()
            for unit, begin in zip(draft.routes[shift], timing.begins, strict=True)
        }
        #: held unit → (shift, moment or None)
        self.held = {
            unit: (draft.where[unit], begins[unit] if layout.is_timed(unit) else None)
            for unit in range(len(layout.units))
            if draft.where.get(unit) in chosen and is_held(layout, unit)
        }
        self.jobs = [
            unit
            for unit in range(len(layout.units))
            if unit in self.held
            or (
                draft.where.get(unit, self.shifts[0]) in chosen
                and not is_held(layout, unit)
                and self._windows(unit)
            )
        ]
        ends = {
            place for shift in self.shifts for place in (layout.shifts[shift].start, layout.shifts[shift].end)
        }
        self.places = sorted(ends | {layout.units[unit].place for unit in self.jobs})
        self.at = {place: number for number, place in enumerate(self.places)}
        # A need is a number that the right vehicles carry as a skill.
        self.needs: dict[frozenset[int], int] = {}
        self.shift_needs = {shift: 10**6 + shift for shift in {shift for shift, _ in self.held.values()}}

    def _windows(self, unit: int) -> list[list[int]]:
        family = self.layout.problem.families[self.layout.units[unit].family]
        moment = self.held.get(unit, (0, None))[1]
        if moment is not None:
            return [[moment, moment]]
        inside = 0 if family.begins_inside else self.layout.units[unit].length
        return [[low, high - inside] for low, high in family.windows if low <= high - inside]

    def input(self):  # type: ignore[no-untyped-def]
        import vroom

        layout = self.layout
        found = vroom.Input()
        places = self.places
        found.set_durations_matrix("car", layout.problem.travel[np.ix_(places, places)].astype("uint32"))
        everyone = frozenset(range(len(layout.problem.teams)))
        bounded = any(shift.max_load is not None for shift in layout.shifts)
        for unit in self.jobs:
            may = layout.may[unit]
            skills = set() if may == everyone else {self.needs.setdefault(may, len(self.needs))}
            if unit in self.held:
                skills = {self.shift_needs[self.held[unit][0]]}
            stop = layout.units[unit]
            found.add_job(
                vroom.Job(
                    unit,
                    location=self.at[stop.place],
                    default_service=stop.length,
                    time_windows=self._windows(unit),
                    skills=skills,
                    delivery=[stop.load] if bounded else [],
                    priority=100 if unit in self.held else layout.problem.families[stop.family].priority,
                )
            )
        for vehicle in self._vehicles(bounded):
            found.add_vehicle(vehicle)
        return found

    def _vehicles(self, bounded: bool):  # type: ignore[no-untyped-def]
        import vroom
        from vroom.input.vehicle_step import VehicleStepEnd, VehicleStepSingle, VehicleStepStart

        layout, jobs = self.layout, set(self.jobs)
        for number in self.shifts:
            shift = layout.shifts[number]
            skills = {need for may, need in self.needs.items() if shift.team in may}
            if number in self.shift_needs:
                skills.add(self.shift_needs[number])
            mine = [unit for unit in self.draft.routes.get(number, []) if unit in jobs] if self.warm else []
            steps = [VehicleStepStart(), *map(VehicleStepSingle, mine), VehicleStepEnd()] if mine else []
            yield vroom.Vehicle(
                number,
                start=self.at[shift.start],
                end=self.at[shift.end],
                time_window=list(shift.window),
                skills=skills,
                capacity=[shift.max_load if shift.max_load is not None else 10**6] if bounded else [],
                costs=vroom.VehicleCosts(fixed=self.draft.trip_cost),
                steps=steps,
            )

    def back(self, solution) -> Draft:  # type: ignore[no-untyped-def]
        chosen = set(self.shifts)
        routes = {shift: list(units) for shift, units in self.draft.routes.items() if shift not in chosen}
        table = solution.routes
        for shift, kind, unit in zip(table.vehicle_id, table.type, table.id, strict=True):
            if kind == "job":
                routes.setdefault(int(shift), []).append(int(unit))
        draft = Draft(self.layout, routes)
        for family in _broken(draft):
            draft.remove(family)
        return draft


def is_held(layout: Layout, unit: int) -> bool:
    """Tell whether VROOM must leave a unit where it is: part of a visit of several, or agreed."""
    return bool(layout.units[unit].mates) or unit in layout.pins


def _broken(draft: Draft) -> Iterator[int]:
    """Families of which only a part was placed."""
    for family, mine in enumerate(draft.layout.family_units):
        placed = sum(unit in draft.where for unit in mine)
        if 0 < placed < len(mine):
            yield family
