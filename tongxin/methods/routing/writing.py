"""A plan as plain data for JSON, and back again."""

from __future__ import annotations

import datetime as dt
from typing import Any

from .model import FEWEST, Plan, Problem, Route, Stop
from .words import Moment, calendar_moment, reason_said, way_out_said


class PlanUnreadable(Exception):
    """A written plan cannot be read back; the message is a sentence."""


def as_dict(
    problem: Problem, plan: Plan, moment: Moment, unit: float, names: dict[str, str] | None = None
) -> dict[str, Any]:
    """What `plan-visits` prints. moment: how ticks are written; unit: ticks in a minute (or in the unit of an instance)."""
    names = names or {}
    members = {team.id: list(team.members) or [team.id] for team in problem.teams}

    def name(key: str) -> str:
        return "、".join(names.get(person, person) for person in members.get(key, [key]))

    return {
        "routes": [
            {
                "team": route.team,
                "visitors": members[route.team],
                "session": route.session,
                "leave": moment(route.leave),
                "back": moment(route.back),
                "travel": _in(route.travel, unit),
                "stops": [
                    {
                        "family": stop.family,
                        "part": stop.part,
                        "begin": moment(stop.begin),
                        "end": moment(stop.end),
                    }
                    for stop in route.stops
                ],
            }
            for route in plan.routes
        ],
        "unserved": [
            {
                "id": one.family,
                "reason": reason_said(one),
                "code": one.code,
                "way_out": way_out_said(one.way_out, moment, name),
                "way_out_code": one.way_out.code if one.way_out else "",
            }
            for one in plan.unserved
        ],
        "travel": _in(plan.travel, unit),
        "objective": {
            "aim": plan.objective,
            "value": plan.trips if plan.objective == FEWEST else _in(plan.travel, unit),
        },
        "trips": plan.trips,
        "served": len(plan.served),
        "solver": plan.solver,
        "complete": plan.complete,
        "changed": list(plan.changed),
    }


def _in(ticks: int, unit: float) -> float:
    number = round(ticks / unit, 3)
    return int(number) if number == int(number) else number


def plan_of(said: Any, origin: dt.date) -> Plan:
    """A plan written by `as_dict` with dates, as far as repairing needs it. Raises PlanUnreadable."""
    midnight = dt.datetime.combine(origin, dt.time())

    def ticks(text: str) -> int:
        return round((dt.datetime.fromisoformat(text) - midnight).total_seconds())

    try:
        routes = tuple(
            Route(
                str(route["team"]),
                str(route["session"]),
                tuple(
                    Stop(str(stop["family"]), int(stop["part"]), ticks(stop["begin"]), ticks(stop["end"]))
                    for stop in route["stops"]
                ),
                ticks(route["leave"]),
                ticks(route["back"]),
                round(60 * float(route["travel"])),
            )
            for route in said["routes"]
        )
        aim = str(said["objective"]["aim"])
    except (KeyError, TypeError, ValueError) as problem:
        raise PlanUnreadable("原来的计划读不懂。请用“plan-visits”写出来的文件。") from problem
    return Plan(routes, (), sum(route.travel for route in routes), aim, "")


__all__ = ["PlanUnreadable", "as_dict", "calendar_moment", "plan_of"]
