"""The problem as shifts (a team on a session) and units (a part of a family), with the moments each may begin.

Everything that searches or checks a trip works on this; indices are positions in `shifts` and `units`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from .model import Agreed, Problem, Window

Spans = tuple[Window, ...]


@dataclass(frozen=True)
class Shift:
    """A team that may be out on a session: it leaves `start` and is back at `end` inside `window`."""

    team: int
    session: int
    window: Window
    start: int
    end: int
    max_load: int | None


@dataclass(frozen=True)
class Unit:
    """A part of a family. `mates`: the other units of the family; `joint`: they begin at the same moment."""

    family: int
    part: int
    place: int
    length: int
    load: int
    mates: tuple[int, ...]
    joint: bool


@dataclass
class Timing:
    """A trip's moments: `begins` of its units, `back` when the team is at its end place, `travel` on the way."""

    begins: list[int]
    back: int
    travel: int


class Layout:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.shifts = _shifts(problem)
        self.units = _units(problem)
        self.family_units: list[list[int]] = [[] for _ in problem.families]
        for number, unit in enumerate(self.units):
            self.family_units[unit.family].append(number)
        self._kinds: dict[tuple[Window, int, int], int] = {}
        self.kind = [
            self._kinds.setdefault((shift.window, shift.start, shift.end), len(self._kinds))
            for shift in self.shifts
        ]
        self.spans_of_kind = [self._spans_of(*key) for key in self._kinds]
        self.pins = self._pins()
        self._options: dict[int, list[int]] = {}

    @cached_property
    def travel(self) -> list[list[int]]:
        """The travel table as lists, which Python reads faster one by one."""
        return self.problem.travel.tolist()

    @cached_property
    def may(self) -> list[frozenset[int]]:
        """Per unit: the teams that have the skills and are not ruled out."""
        teams = self.problem.teams
        by_need: dict[tuple[frozenset[str], frozenset[str] | None], frozenset[int]] = {}
        found = []
        for unit in self.units:
            part = self.problem.families[unit.family].parts[unit.part]
            need = (part.skills, part.teams)
            if need not in by_need:
                by_need[need] = frozenset(
                    number
                    for number, team in enumerate(teams)
                    if part.skills <= team.skills and (part.teams is None or team.id in part.teams)
                )
            found.append(by_need[need])
        return found

    def spans(self, unit: int, shift: int) -> Spans:
        """When a unit may begin on a shift, way out and back counted; empty when it cannot."""
        pin = self.pins.get(unit)
        if self.shifts[shift].team not in self.may[unit] or (pin and pin[0] != shift):
            return ()
        spans = self.spans_of_kind[self.kind[shift]][unit]
        if pin and pin[1] is not None:
            return tuple((pin[1], pin[1]) for low, high in spans if low <= pin[1] <= high)
        return spans

    def pin(self, unit: int, to: tuple[int, int | None]) -> None:
        """Hold a unit to a shift, and to a moment where one is given."""
        self.pins[unit] = to
        self.forget([unit])

    def forget(self, units: Sequence[int]) -> None:
        """Work out anew where units could be done, because pins have changed."""
        for unit in units:
            self._options.pop(unit, None)

    def options(self, unit: int) -> list[int]:
        """The shifts on which a unit could be done if nobody else were visited."""
        if unit not in self._options:
            self._options[unit] = [shift for shift in range(len(self.shifts)) if self.spans(unit, shift)]
        return self._options[unit]

    @cached_property
    def freedom(self) -> list[int]:
        """Per unit: how many ticks of how many shifts it could begin in, added up."""
        return [
            sum(high - low + 1 for shift in self.options(unit) for low, high in self.spans(unit, shift))
            for unit in range(len(self.units))
        ]

    def timing(
        self, shift: int, units: Sequence[int], not_before: dict[int, int] | None = None
    ) -> Timing | None:
        """Moments of a trip when every unit begins as early as it can; None when that is not possible."""
        out, travel = self.shifts[shift], self.travel
        if out.max_load is not None and sum(self.units[unit].load for unit in units) > out.max_load:
            return None
        now, at, way, begins = out.window[0], out.start, 0, []
        for unit in units:
            stop = self.units[unit]
            way += travel[at][stop.place]
            ready = now + travel[at][stop.place]
            if not_before:
                ready = max(ready, not_before.get(unit, ready))
            begin = earliest(self.spans(unit, shift), ready)
            if begin is None:
                return None
            begins.append(begin)
            now, at = begin + stop.length, stop.place
        if units:
            way += travel[at][out.end]
            now += travel[at][out.end]
        return Timing(begins, now, way) if now <= out.window[1] else None

    def length_of_way(self, shift: int, units: Sequence[int]) -> int:
        """Ticks on the way of a trip; 0 when nobody is visited."""
        if not units:
            return 0
        out = self.shifts[shift]
        places = [out.start, *(self.units[unit].place for unit in units), out.end]
        return sum(self.travel[a][b] for a, b in itertools.pairwise(places))

    def _spans_of(self, window: Window, start: int, end: int) -> list[Spans]:
        out = self.problem.travel[start].tolist()
        home = self.problem.travel[:, end].tolist()
        found = []
        for unit in self.units:
            family = self.problem.families[unit.family]
            low = window[0] + out[unit.place]
            high = window[1] - home[unit.place] - unit.length
            inside = 0 if family.begins_inside else unit.length
            spans = ((max(a, low), min(b - inside, high)) for a, b in family.windows)
            found.append(tuple(sorted((a, b) for a, b in spans if a <= b)))
        return found

    def _pins(self) -> dict[int, tuple[int, int | None]]:
        """Per agreed unit: its shift, and the moment when that is agreed too."""
        families = {family.id: number for number, family in enumerate(self.problem.families)}
        shifts = {
            (self.problem.teams[shift.team].id, self.problem.sessions[shift.session].id): number
            for number, shift in enumerate(self.shifts)
        }
        return {
            self.family_units[families[one.family]][one.part]: (shifts[one.team, one.session], one.begin)
            for one in self.problem.agreed
            if one.family in families and (one.team, one.session) in shifts
        }

    def is_timed(self, unit: int) -> bool:
        """Tell whether a placed unit must keep its very moment while other stops are moved: joint, or agreed so."""
        return self.units[unit].joint or self.pins.get(unit, (0, None))[1] is not None

    def agreed(self, unit: int, shift: int, begin: int | None) -> Agreed:
        """Write a stop down as agreed."""
        place, stop = self.shifts[shift], self.units[unit]
        return Agreed(
            self.problem.families[stop.family].id,
            self.problem.teams[place.team].id,
            self.problem.sessions[place.session].id,
            begin,
            stop.part,
        )


def earliest(spans: Spans, ready: int) -> int | None:
    """The first moment of some spans at or after `ready`."""
    for low, high in spans:
        if ready <= high:
            return max(low, ready)
    return None


def latest(spans: Spans, limit: int) -> int | None:
    """The last moment of some spans at or before `limit`."""
    for low, high in reversed(spans):
        if low <= limit:
            return min(high, limit)
    return None


def _shifts(problem: Problem) -> list[Shift]:
    sessions = {session.id: number for number, session in enumerate(problem.sessions)}
    found = [
        Shift(
            number,
            sessions[name],
            window,
            team.start,
            team.end,
            problem.sessions[sessions[name]].max_load,
        )
        for number, team in enumerate(problem.teams)
        for name, window in team.sessions.items()
    ]
    return sorted(
        found, key=lambda shift: (problem.sessions[shift.session].window, shift.session, shift.team)
    )


def _units(problem: Problem) -> list[Unit]:
    found: list[Unit] = []
    for number, family in enumerate(problem.families):
        first = len(found)
        mine = range(first, first + len(family.parts))
        found += [
            Unit(
                number,
                part,
                family.place,
                family.parts[part].length,
                family.load,
                tuple(mate for mate in mine if mate != first + part),
                family.together and len(family.parts) > 1,
            )
            for part in range(len(family.parts))
        ]
    return found
