"""The independent checker finds every way in which a good plan can be spoiled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tongxin.methods.routing.checking import faults
from tongxin.methods.routing.model import Agreed, Part, Unserved
from tongxin.methods.routing.solving import PLAIN, plan

from .towns import family, line, session, team

EVENING = session("晚", 0, 18, 21, 3)
HOMES = [
    family("joint", 2, [EVENING], parts=(Part(1800, frozenset(["talk"])), Part(1800)), together=True),
    family("own", 1, [EVENING], parts=(Part(1200, teams=frozenset(["p"])),)),
    family("out", 1, []),
]
PROBLEM = line(HOMES, [team("p", [EVENING], "talk"), team("q", [EVENING])], [EVENING])
GOOD = plan(PROBLEM, seconds=2, rounds=20, solver=PLAIN)


def spoiled(number=0, stop=None, **changes):
    """The good plan with a route (or one of its stops) changed, its sum put right."""
    route = GOOD.routes[number]
    if stop is not None:
        stops = list(route.stops)
        stops[stop] = replace(stops[stop], **changes)
        route = replace(route, stops=tuple(stops))
    else:
        route = replace(route, **changes)
    routes = (*GOOD.routes[:number], route, *GOOD.routes[number + 1 :])
    return replace(GOOD, routes=routes, travel=sum(one.travel for one in routes))


def test_a_good_plan_has_no_faults():
    assert faults(PROBLEM, GOOD) == []
    assert GOOD.served == {"joint", "own"}


WHO = next(number for number, route in enumerate(GOOD.routes) if route.team == "q")


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("travel-sum", replace(GOOD, travel=GOOD.travel + 1)),
        ("travel", spoiled(travel=GOOD.routes[0].travel - 1)),
        ("back", spoiled(back=GOOD.routes[0].back - 1)),
        ("outside-session", spoiled(leave=EVENING.window[0] - 1)),
        ("too-early", spoiled(stop=0, begin=GOOD.routes[0].leave)),
        ("length", spoiled(stop=0, end=GOOD.routes[0].stops[0].end - 1)),
        ("no-such-trip", spoiled(session="夜")),
        ("unknown-family", spoiled(stop=0, family="nobody")),
        ("not-together", spoiled(WHO, -1, begin=GOOD.routes[WHO].stops[-1].begin + 60)),
        ("parts", replace(GOOD, routes=(*GOOD.routes[:WHO], *GOOD.routes[WHO + 1 :]))),
        ("left-out", replace(GOOD, unserved=())),
        ("left-out", replace(GOOD, unserved=(*GOOD.unserved, Unserved("own", "full")))),
        ("same-team", replace(GOOD, routes=tuple(replace(route, team="p") for route in GOOD.routes))),
        ("skill", replace(GOOD, routes=tuple(replace(route, team="q") for route in GOOD.routes))),
        ("wrong-team", replace(GOOD, routes=tuple(replace(route, team="q") for route in GOOD.routes))),
        ("two-places", replace(GOOD, routes=tuple(replace(route, team="p") for route in GOOD.routes))),
    ],
)
def test_what_is_wrong_is_found(code, wrong):
    assert code in {fault.code for fault in faults(PROBLEM, wrong)}


def test_windows_loads_and_agreed_moments_are_checked_against_the_problem():
    late = replace(HOMES[1], windows=((EVENING.window[1] - 60, EVENING.window[1]),))
    tight = replace(EVENING, max_load=1)
    agreed = Agreed("own", "p", "晚", GOOD.routes[0].stops[0].begin + 7)
    for code, problem in (
        ("window", replace(PROBLEM, families=(HOMES[0], late, HOMES[2]))),
        ("load", replace(PROBLEM, sessions=(tight,))),
        ("agreed", replace(PROBLEM, agreed=(agreed,))),
    ):
        assert code in {fault.code for fault in faults(problem, GOOD)}


def test_a_person_in_two_teams_cannot_be_out_with_both_at_once():
    shared = replace(PROBLEM.teams[1], members=PROBLEM.teams[0].members)
    problem = replace(PROBLEM, teams=(PROBLEM.teams[0], shared))
    assert "two-places" in {fault.code for fault in faults(problem, GOOD)}
