"""Take strings of neighbouring stops out of trips and put each stop where it adds least, over all sessions at once.

The method is "slack induction by string removals" (Christiaens and Vanden Berghe, Transportation Science 2020) with
annealing. Joint visits, visits of several parts and agreed stops do not move, though trips may be rebuilt around them.
A round costs about a thousandth of a second whatever the size of the plan, for only what is near is looked at.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from typing import Any

import numpy as np

from .budget import Budget
from .draft import Draft
from .layout import Layout, Spans, latest

# Stops taken out per round on average, and of one trip at most.
AVERAGE, LONGEST = 10.0, 10
BLINK = 0.01
NEAR = 40
# Annealing, in parts of the average way per stop.
HOT, COLD = 0.25, 0.005
# So many rounds between two looks at the clock.
PACE = 20


def weave(draft: Draft, budget: Budget, *, seed: int = 0, rounds: int | None = None) -> Draft:
    """Return the best draft found by the end of the budget or of `rounds`, never a worse one.

    With `rounds` the search does not look at the clock for how hot it is: the same seed gives the same draft.
    """
    return _Loom(draft, seed).run(budget, rounds)


class _Loom:
    def __init__(self, draft: Draft, seed: int) -> None:
        self.draft, self.layout, self.chance = draft, draft.layout, random.Random(seed)
        layout = self.layout
        self.units = layout.units
        self.shifts = range(len(layout.shifts))
        self.routes: list[list[int]] = [list(draft.routes.get(shift, ())) for shift in self.shifts]
        self.where: dict[int, int] = dict(draft.where)
        moments = _moments(draft)
        #: stops that stay: unit → its moment when that is fixed too
        self.held = {
            unit: moments[unit] if layout.is_timed(unit) else None
            for unit in draft.where
            if layout.units[unit].mates or unit in layout.pins
        }
        self.free = [
            unit
            for unit in range(len(layout.units))
            if not layout.units[unit].mates and unit not in layout.pins and layout.freedom[unit]
        ]
        self.absent = [unit for unit in self.free if unit not in self.where]
        self.near = _neighbours(layout, self.free)
        self.team = [shift.team for shift in layout.shifts]
        self.idle: dict[int, list[int]] = {}
        for shift in self.shifts:
            self.idle.setdefault(layout.kind[shift], []).append(shift)
        self.place = [unit.place for unit in layout.units]
        self.length = [unit.length for unit in layout.units]
        self.edges = [self._edges(shift) for shift in self.shifts]
        self.loads = [sum(self.units[unit].load for unit in route) for route in self.routes]
        worst = int(layout.problem.travel.max(initial=0)) * 2 * (len(layout.units) + 1) + draft.trip_cost
        self.lost = [
            worst * (1 + layout.problem.families[unit.family].priority * (len(layout.units) + 1))
            for unit in layout.units
        ]

    def run(self, budget: Budget, rounds: int | None) -> Draft:
        if not self.free:
            return self.draft
        cost = best_cost = sum(map(self._way, self.shifts)) + sum(self.lost[unit] for unit in self.absent)
        best = [list(route) for route in self.routes]
        scale = sum(map(self._way, self.shifts)) / max(1, len(self.where))
        scale -= self.draft.trip_cost * sum(map(bool, self.routes)) / max(1, len(self.where))
        scale, turn, heat = max(scale, 1.0), 0, 0.0
        whole = max(budget.left(), 1e-9)
        while turn != rounds:
            if turn % PACE == 0:
                if not budget.going():
                    break
                gone = turn / rounds if rounds else 1.0 - budget.left() / whole
                heat = scale * HOT * (COLD / HOT) ** min(1.0, gone)
            turn += 1
            before: dict[str, Any] = {}
            change = self._round(before)
            if change < -heat * math.log(1.0 - self.chance.random()):
                cost += change
                if cost < best_cost:
                    best, best_cost = [list(route) for route in self.routes], cost
            else:
                self._undo(before)
        found = Draft(self.layout, dict(enumerate(best)))
        return found if found.cost() < self.draft.cost() and found.timings() is not None else self.draft

    # ---------------------------------------------------------------- one round

    def _round(self, before: dict[str, Any]) -> int:
        """Take out and put in; return what that costs. `before` keeps the trips touched, as they were."""
        absent = list(self.absent)
        before["absent"], before["trips"] = absent, {}
        out = absent + self._take_out(before["trips"])
        change = -sum(self.lost[unit] for unit in absent)
        self.absent = []
        for unit in self._order(out):
            if not self._put_in(unit, before["trips"]):
                self.absent.append(unit)
                change += self.lost[unit]
        for shift, (_, _, _, way) in before["trips"].items():
            change += self._way(shift) - way
        return change

    def _undo(self, before: dict[str, Any]) -> None:
        self.absent = before["absent"]
        for unit in self.absent:
            self.where.pop(unit, None)
        for shift, (route, edges, load, _) in before["trips"].items():
            self.routes[shift], self.edges[shift], self.loads[shift] = route, edges, load
        for shift, (route, _, _, _) in before["trips"].items():
            for unit in route:
                self.where[unit] = shift

    def _keep(self, shift: int, trips: dict[int, tuple]) -> None:
        if shift not in trips:
            trips[shift] = (list(self.routes[shift]), self.edges[shift], self.loads[shift], self._way(shift))

    def _take_out(self, trips: dict[int, tuple]) -> list[int]:
        """Strings of stops around one stop, at most one string of a trip."""
        chance, where = self.chance, self.where
        placed = len(self.free) - len(self.absent)
        if placed < 1:
            return []
        used = sum(1 for route in self.routes if route)
        longest = min(LONGEST, max(1.0, len(where) / max(1, used)))
        many = int(chance.uniform(1.0, 4.0 * AVERAGE / (1.0 + longest)))
        seed = self.free[chance.randrange(len(self.free))]
        taken: list[int] = []
        for unit in [seed, *self.near[seed]]:
            if len(trips) >= max(1, many):
                break
            shift = where.get(unit)
            if shift is None or shift in trips or unit in self.held:
                continue
            self._keep(shift, trips)
            taken += self._string(
                shift, unit, int(chance.uniform(1.0, min(longest, len(self.routes[shift])) + 1.0))
            )
        return taken

    def _string(self, shift: int, unit: int, many: int) -> list[int]:
        route = self.routes[shift]
        at, size = route.index(unit), len(route)
        first = self.chance.randint(max(0, at - many + 1), min(at, size - many))
        taken = [one for one in route[first : first + many] if one not in self.held]
        gone = set(taken)
        self.routes[shift] = [one for one in route if one not in gone]
        self.loads[shift] -= sum(self.units[one].load for one in taken)
        for one in taken:
            del self.where[one]
        self.edges[shift] = self._edges(shift)
        return taken

    def _order(self, out: list[int]) -> list[int]:
        chance, place = self.chance, self.place
        chance.shuffle(out)
        way = chance.randrange(4)
        home = self.layout.travel[self.layout.shifts[0].start]
        if way == 1:
            out.sort(key=lambda unit: -home[place[unit]])
        elif way == 2:
            out.sort(key=lambda unit: home[place[unit]])
        elif way == 3:
            out.sort(key=lambda unit: self.layout.freedom[unit])
        return out

    def _put_in(self, unit: int, trips: dict[int, tuple]) -> bool:
        """Put a stop where it adds least; now and then the best place is overlooked, so that others are tried."""
        layout, chance = self.layout, self.chance
        travel, place, length = layout.travel, self.place[unit], self.length[unit]
        load, from_here, places, blink = (
            self.units[unit].load,
            layout.travel[self.place[unit]],
            self.place,
            BLINK,
        )
        least, best = math.inf, None
        random_ = chance.random
        may, by_kind, kind_of, team_of = layout.may[unit], layout.spans_of_kind, layout.kind, self.team
        for shift in self._candidates(unit, trips):
            spans = by_kind[kind_of[shift]][unit]
            if not spans or team_of[shift] not in may:
                continue
            out, route = layout.shifts[shift], self.routes[shift]
            if out.max_load is not None and self.loads[shift] + load > out.max_load:
                continue
            ready, limit = self.edges[shift]
            if not route:
                more = travel[out.start][place] + from_here[out.end] + self.draft.trip_cost
                if more < least:
                    least, best = more, (shift, 0)
                continue
            before, last = out.start, spans[-1][1]
            for at in range(len(route) + 1):
                after = places[route[at]] if at < len(route) else out.end
                to = travel[before][place]
                begin = ready[at] + to
                if begin > last:
                    break
                for low, high in spans:
                    if begin <= high:
                        if begin < low:
                            begin = low
                        break
                more = to + from_here[after] - travel[before][after]
                if more < least and begin + length + from_here[after] <= limit[at] and random_() >= blink:
                    least, best = more, (shift, at)
                before = after
        if best is None:
            return False
        shift, at = best
        self._keep(shift, trips)
        self.routes[shift].insert(at, unit)
        self.loads[shift] += load
        self.where[unit] = shift
        self.edges[shift] = self._edges(shift)
        return True

    def _candidates(self, unit: int, trips: Iterable[int]) -> list[int]:
        """Trips of near stops and those just touched, and of every kind of shift one that is not used."""
        found = dict.fromkeys(trips)
        where = self.where
        for other in self.near[unit]:
            shift = where.get(other)
            if shift is not None:
                found[shift] = None
        may, spans = self.layout.may[unit], self.layout.spans_of_kind
        for kind, idle in self.idle.items():
            if spans[kind][unit]:
                for shift in idle:
                    if not self.routes[shift] and self.team[shift] in may:
                        found[shift] = None
                        break
        return list(found)

    # ---------------------------------------------------------------- trips

    def _way(self, shift: int) -> int:
        route = self.routes[shift]
        return self.layout.length_of_way(shift, route) + (self.draft.trip_cost if route else 0)

    def _spans(self, unit: int, shift: int) -> Spans:
        moment = self.held.get(unit)
        return ((moment, moment),) if moment is not None else self.layout.spans(unit, shift)

    def _edges(self, shift: int) -> tuple[list[int], list[int]]:
        """(when the team is ready to go on before each position, the last arrival behind it that still works)."""
        layout, route, out = self.layout, self.routes[shift], self.layout.shifts[shift]
        travel, place, length = layout.travel, self.place, self.length
        now, at, ready = out.window[0], out.start, [out.window[0]]
        spans = [self._spans(unit, shift) for unit in route]
        for unit, mine in zip(route, spans, strict=True):
            now += travel[at][place[unit]]
            for low, high in mine:
                if now <= high:
                    if now < low:
                        now = low
                    break
            now, at = now + length[unit], place[unit]
            ready.append(now)
        until, at, limit = out.window[1], out.end, [out.window[1]]
        for unit, mine in zip(reversed(route), reversed(spans), strict=True):
            begin = latest(mine, until - travel[place[unit]][at] - length[unit])
            until, at = (-1 if begin is None else begin), place[unit]
            limit.append(until)
        return ready, limit[::-1]


def _moments(draft: Draft) -> dict[int, int]:
    timings = draft.timings() or {}
    return {
        unit: begin
        for shift, timing in timings.items()
        for unit, begin in zip(draft.routes[shift], timing.begins, strict=True)
    }


def _neighbours(layout: Layout, free: list[int]) -> dict[int, list[int]]:
    """Per free unit the nearest others, nearest first."""
    if not free:
        return {}
    places = np.array([layout.units[unit].place for unit in free])
    names = np.array(free)
    found = {}
    for number, unit in enumerate(free):
        far = layout.problem.travel[places[number], places].astype(np.float64)
        far[number] = np.inf
        some = (
            np.argpartition(far, min(NEAR, len(free) - 1))[:NEAR]
            if len(free) > NEAR
            else np.arange(len(free))
        )
        some = some[np.argsort(far[some], kind="stable")]
        found[unit] = [int(names[one]) for one in some if one != number]
    return found
