"""Check a plan from scratch: it shares no code with what searches.

Every promise is looked at anew from the problem's own tables: who may go, when, how far, nobody in two places.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass

from .model import Family, Part, Plan, Problem, Route, Session, Stop, Team


@dataclass(frozen=True)
class Fault:
    """Something a plan breaks: `code`, on which team and session, at which family."""

    code: str
    team: str = ""
    session: str = ""
    family: str = ""


def faults(problem: Problem, plan: Plan) -> list[Fault]:
    """Everything that is wrong with a plan; empty for a good one."""
    return _Check(problem, plan).found


class _Check:
    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.teams = {team.id: team for team in problem.teams}
        self.sessions = {session.id: session for session in problem.sessions}
        self.families = {family.id: family for family in problem.families}
        self.found: list[Fault] = []
        for route in plan.routes:
            self._route(route)
        self._visits()
        self._people()
        self._agreed()
        if plan.travel != sum(route.travel for route in plan.routes):
            self.found.append(Fault("travel-sum"))

    def _route(self, route: Route) -> None:
        team, session = self.teams.get(route.team), self.sessions.get(route.session)
        if team is None or session is None or route.session not in team.sessions or not route.stops:
            self._say("no-such-trip", route)
            return
        self._frame(route, team, session)
        now, at, travel, load = route.leave, team.start, 0, 0
        for stop in route.stops:
            family = self.families.get(stop.family)
            if family is None or not 0 <= stop.part < len(family.parts):
                self._say("unknown-family", route, stop)
                return
            way = int(self.problem.travel[at, family.place])
            if stop.begin < now + way:
                self._say("too-early", route, stop)
            self._stop(route, team, stop, family, family.parts[stop.part])
            travel, now, at, load = travel + way, stop.end, family.place, load + family.load
        way = int(self.problem.travel[at, team.end])
        if route.back != now + way:
            self._say("back", route)
        if route.travel != travel + way:
            self._say("travel", route)
        if session.max_load is not None and load > session.max_load:
            self._say("load", route)

    def _frame(self, route: Route, team: Team, session: Session) -> None:
        low = max(team.sessions[route.session][0], session.window[0])
        high = min(team.sessions[route.session][1], session.window[1])
        if route.leave < low or route.back > high:
            self._say("outside-session", route)

    def _stop(self, route: Route, team: Team, stop: Stop, family: Family, part: Part) -> None:
        if stop.end != stop.begin + part.length:
            self._say("length", route, stop)
        last = stop.begin if family.begins_inside else stop.end
        if not any(low <= stop.begin and last <= high for low, high in family.windows):
            self._say("window", route, stop)
        if not part.skills <= team.skills:
            self._say("skill", route, stop)
        if part.teams is not None and team.id not in part.teams:
            self._say("wrong-team", route, stop)

    def _visits(self) -> None:
        """Every part of a served family once, by different teams, joint ones at one moment; the rest named as left out."""
        stops: dict[str, list[tuple[Route, Stop]]] = {}
        for route in self.plan.routes:
            for stop in route.stops:
                stops.setdefault(stop.family, []).append((route, stop))
        left_out = Counter(one.family for one in self.plan.unserved)
        for name, family in self.families.items():
            mine = stops.get(name, [])
            if left_out[name] != (0 if mine else 1):
                self.found.append(Fault("left-out", family=name))
            if not mine:
                continue
            if sorted(stop.part for _, stop in mine) != list(range(len(family.parts))):
                self.found.append(Fault("parts", family=name))
            if len({route.team for route, _ in mine}) < len(mine):
                self.found.append(Fault("same-team", family=name))
            if family.together and len({stop.begin for _, stop in mine}) > 1:
                self.found.append(Fault("not-together", family=name))

    def _people(self) -> None:
        out: dict[str, list[tuple[int, int, Route]]] = {}
        for route in self.plan.routes:
            team = self.teams.get(route.team)
            for person in set(team.members or (team.id,)) if team else ():
                out.setdefault(person, []).append((route.leave, route.back, route))
        for trips in out.values():
            trips.sort(key=lambda trip: trip[:2])
            for (_, back, _), (leave, _, route) in itertools.pairwise(trips):
                if leave < back:
                    self._say("two-places", route)

    def _agreed(self) -> None:
        done = {
            (stop.family, stop.part): (route.team, route.session, stop.begin)
            for route in self.plan.routes
            for stop in route.stops
        }
        for one in self.problem.agreed:
            kept = done.get((one.family, one.part))
            if one.family in self.families and kept is not None:
                same = kept[:2] == (one.team, one.session) and one.begin in (None, kept[2])
                if not same:
                    self.found.append(Fault("agreed", one.team, one.session, one.family))

    def _say(self, code: str, route: Route, stop: Stop | None = None) -> None:
        self.found.append(Fault(code, route.team, route.session, stop.family if stop else ""))
