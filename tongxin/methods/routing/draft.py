"""A plan while it is being searched for: units in order per shift, joint visits kept at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from .layout import Layout, Timing, earliest, latest
from .model import FEWEST, Plan, Route, Stop, Unserved, Window

# (travel added, shift, position)
Place = tuple[int, int, int]
# How many ways to place a joint visit are tried in full, the shortest first.
TRIED = 80


class Draft:
    """Routes by shift. `where[unit]` is its shift; a family's units are all placed or none is."""

    def __init__(self, layout: Layout, routes: Mapping[int, Sequence[int]] | None = None) -> None:
        self.layout = layout
        self.routes: dict[int, list[int]] = {
            shift: list(units) for shift, units in (routes or {}).items() if units
        }
        self.where = {unit: shift for shift, units in self.routes.items() for unit in units}
        self.loads: dict[int, int] = {
            shift: sum(layout.units[unit].load for unit in units) for shift, units in self.routes.items()
        }
        # Nothing is cheaper than one trip less when trips are counted first.
        self.trip_cost = (
            int(layout.problem.travel.max(initial=0)) * 2 * (len(layout.units) + 1)
            if layout.problem.objective == FEWEST
            else 0
        )
        self._edges: dict[int, tuple[list[int], list[int]]] = {}
        self._joint_shifts: set[int] | None = None

    def copy(self) -> Draft:
        other = Draft.__new__(Draft)
        other.layout, other.trip_cost = self.layout, self.trip_cost
        other.routes = {shift: list(units) for shift, units in self.routes.items()}
        other.where, other.loads = dict(self.where), dict(self.loads)
        other._edges, other._joint_shifts = dict(self._edges), None
        return other

    def cost(self) -> tuple[int, int, int]:
        """Lower is better: priority left out, families left out, travel with what trips cost."""
        lost = [
            family
            for number, family in enumerate(self.layout.problem.families)
            if self.layout.family_units[number][0] not in self.where
        ]
        travel = sum(self.layout.length_of_way(shift, units) for shift, units in self.routes.items())
        return (
            sum(family.priority for family in lost),
            len(lost),
            travel + self.trip_cost * len(self.routes),
        )

    def timings(self, only: Iterable[int] | None = None) -> dict[int, Timing] | None:
        """Moments of the trips with joint visits begun together, or None when they cannot be.

        The least moments that satisfy everything: a unit waits until all of its joint visit are there.
        """
        layout = self.layout
        wanted = list(self.routes if only is None else only)
        not_before: dict[int, int] = {}
        found: dict[int, Timing] = {}
        while wanted:
            for shift in wanted:
                timing = layout.timing(shift, self.routes[shift], not_before)
                if timing is None:
                    return None
                found[shift] = timing
            wanted = self._late(found, not_before)
        return found

    def _late(self, found: dict[int, Timing], not_before: dict[int, int]) -> list[int]:
        """Note for every joint unit that its mates begin later; return the shifts to be timed again."""
        begins = {
            unit: begin
            for shift, timing in found.items()
            for unit, begin in zip(self.routes[shift], timing.begins, strict=True)
            if self.layout.units[unit].joint
        }
        again = set()
        for unit, begin in begins.items():
            last = max(
                (begins[mate] for mate in self.layout.units[unit].mates if mate in begins), default=begin
            )
            if last > begin:
                not_before[unit] = last
                again.add(self.where[unit])
        return sorted(again)

    # ---------------------------------------------------------------- taking out and putting in

    def remove(self, family: int) -> None:
        for unit in self.layout.family_units[family]:
            shift = self.where.pop(unit, None)
            if shift is not None:
                self.routes[shift].remove(unit)
                self.loads[shift] -= self.layout.units[unit].load
                if not self.routes[shift]:
                    del self.routes[shift]
                self._touched(shift)

    def insert(self, family: int, *, only: frozenset[int] | None = None) -> bool:
        """Put a family where it adds least travel, if it can be; `only`: on these shifts."""
        units = self.layout.family_units[family]
        if len(units) == 1:
            for _, shift, at in self._places(units[0], only)[:TRIED]:
                if self._put([(units[0], shift, at)]):
                    return True
            return False
        return self._insert_several(units, only)

    def _insert_several(self, units: list[int], only: frozenset[int] | None) -> bool:
        joint = self.layout.units[units[0]].joint
        places = [self._places(unit, only)[: 400 if joint else 40] for unit in units]
        shifts = self.layout.shifts
        choices = []
        for choice in product(*places):
            teams = {shifts[shift].team for _, shift, _ in choice}
            if len(teams) < len(choice) or (
                # Teams may be out on sessions of their own names at the same time.
                joint and not _at_once([shifts[shift].window for _, shift, _ in choice])
            ):
                continue
            choices.append(choice)
        choices.sort(key=lambda choice: sum(place[0] for place in choice))
        return any(
            self._put([(unit, shift, at) for unit, (_, shift, at) in zip(units, choice, strict=True)])
            for choice in choices[:TRIED]
        )

    def _put(self, placed: list[tuple[int, int, int]]) -> bool:
        """Place units if the trips can still be done; else leave everything as it was."""
        for unit, shift, at in placed:
            self.routes.setdefault(shift, []).insert(at, unit)
            self.where[unit] = shift
            self.loads[shift] = self.loads.get(shift, 0) + self.layout.units[unit].load
            self._touched(shift)
        touched = {shift for _, shift, _ in placed}
        if self.timings(touched | (self._with_joint() if self._coupled(touched) else set())) is not None:
            return True
        for unit, _, _ in placed:
            self.remove_unit(unit)
        return False

    def remove_unit(self, unit: int) -> None:
        shift = self.where.pop(unit)
        self.routes[shift].remove(unit)
        self.loads[shift] -= self.layout.units[unit].load
        if not self.routes[shift]:
            del self.routes[shift]
        self._touched(shift)

    def _touched(self, shift: int) -> None:
        self._edges.pop(shift, None)
        self._joint_shifts = None

    def _coupled(self, shifts: set[int]) -> bool:
        return bool(shifts & self._with_joint())

    def _with_joint(self) -> set[int]:
        if self._joint_shifts is None:
            self._joint_shifts = {
                shift
                for shift, units in self.routes.items()
                if any(self.layout.units[unit].joint for unit in units)
            }
        return self._joint_shifts

    # ---------------------------------------------------------------- where a unit fits

    def _places(self, unit: int, only: frozenset[int] | None) -> list[Place]:
        """Where a unit fits as far as its own trip tells, the shortest way first."""
        found = [place for shift in self._shifts_for(unit, only) for place in self._positions(unit, shift)]
        found.sort()
        return found

    def _shifts_for(self, unit: int, only: frozenset[int] | None) -> Iterator[int]:
        """Shifts that may take a unit; of untouched shifts of one kind and team-independent need, the first few."""
        layout = self.layout
        teams = {
            layout.shifts[self.where[mate]].team for mate in layout.units[unit].mates if mate in self.where
        }
        empty_seen: dict[int, int] = {}
        several = len(layout.units[unit].mates) + 1
        for shift in range(len(layout.shifts)) if only is None else sorted(only):
            if layout.shifts[shift].team in teams or not layout.spans(unit, shift):
                continue
            if shift not in self.routes:
                kind = layout.kind[shift]
                empty_seen[kind] = empty_seen.get(kind, 0) + 1
                # Untouched trips of one kind are all alike to this unit, and a joint visit takes one for each part.
                if empty_seen[kind] > several and not layout.pins.get(unit):
                    continue
            yield shift

    def _positions(self, unit: int, shift: int) -> list[Place]:
        layout, travel = self.layout, self.layout.travel
        stop, out = layout.units[unit], layout.shifts[shift]
        if out.max_load is not None and self.loads.get(shift, 0) + stop.load > out.max_load:
            return []
        spans, units = layout.spans(unit, shift), self.routes.get(shift, [])
        ready, limit = self._edges_of(shift)
        places = [out.start, *(layout.units[other].place for other in units), out.end]
        found = []
        for at in range(len(units) + 1):
            before, after = places[at], places[at + 1]
            to, on = travel[before][stop.place], travel[stop.place][after]
            begin = earliest(spans, ready[at] + to)
            if begin is None:
                break
            if begin + stop.length + on <= limit[at]:
                # A trip that is not made costs no way at all, not even from its start to its end.
                more = to + on - (travel[before][after] if units else 0)
                found.append((more + (0 if units else self.trip_cost), shift, at))
        return found

    def _edges_of(self, shift: int) -> tuple[list[int], list[int]]:
        """(when the team is ready to go on before each position, the last arrival after it that still works)."""
        if shift not in self._edges:
            layout, units, out = self.layout, self.routes.get(shift, []), self.layout.shifts[shift]
            timing = layout.timing(shift, units)
            ready = [out.window[0]]
            if timing:
                ready += [
                    begin + layout.units[unit].length
                    for unit, begin in zip(units, timing.begins, strict=True)
                ]
            limit, at, until = [out.window[1]], out.end, out.window[1]
            for unit in reversed(units):
                stop = layout.units[unit]
                begin = latest(layout.spans(unit, shift), until - layout.travel[stop.place][at] - stop.length)
                until, at = (-1 if begin is None else begin), stop.place
                limit.append(until)
            self._edges[shift] = ready, limit[::-1]
        return self._edges[shift]

    # ---------------------------------------------------------------- as a plan

    def plan(self, solver: str, unserved: Sequence[Unserved] = (), *, complete: bool = True) -> Plan:
        """The finished plan. Raises ValueError when the trips cannot be done: a search must not end so."""
        layout, problem = self.layout, self.layout.problem
        timings = self.timings()
        if timings is None:
            raise ValueError("the routes of this draft cannot be driven in time")
        routes = []
        for shift, units in sorted(self.routes.items()):
            timing, out = timings[shift], layout.shifts[shift]
            stops = tuple(
                Stop(
                    problem.families[layout.units[unit].family].id,
                    layout.units[unit].part,
                    begin,
                    begin + layout.units[unit].length,
                )
                for unit, begin in zip(units, timing.begins, strict=True)
            )
            leave = timing.begins[0] - layout.travel[out.start][layout.units[units[0]].place]
            routes.append(
                Route(
                    problem.teams[out.team].id,
                    problem.sessions[out.session].id,
                    stops,
                    leave,
                    timing.back,
                    timing.travel,
                )
            )
        return Plan(
            tuple(routes),
            tuple(unserved),
            sum(route.travel for route in routes),
            problem.objective,
            solver,
            complete,
        )


def _at_once(windows: Sequence[Window]) -> bool:
    """Tell whether some moment lies in all of the windows."""
    return max(low for low, _ in windows) <= min(high for _, high in windows)


def draft_of(layout: Layout, plan: Plan) -> Draft:
    """A plan's routes, as far as its teams, sessions and families are still there and its visits whole."""
    problem = layout.problem
    shifts = {
        (problem.teams[shift.team].id, problem.sessions[shift.session].id): number
        for number, shift in enumerate(layout.shifts)
    }
    units = {
        (problem.families[unit.family].id, unit.part): number for number, unit in enumerate(layout.units)
    }
    routes: dict[int, list[int]] = {}
    for route in plan.routes:
        shift = shifts.get((route.team, route.session))
        found = [units.get((stop.family, stop.part)) for stop in route.stops]
        if shift is not None:
            kept = [unit for unit in found if unit is not None and layout.spans(unit, shift)]
            routes.setdefault(shift, []).extend(kept)
    draft = Draft(layout, routes)
    for number, mine in enumerate(layout.family_units):
        if any(unit not in draft.where for unit in mine):
            draft.remove(number)
    return draft
