"""When one visit falls out or moves, the others keep the moment they were told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tongxin.methods.routing.checking import faults
from tongxin.methods.routing.model import Agreed
from tongxin.methods.routing.repairing import changes, repair
from tongxin.methods.routing.solving import PLAIN, plan

from .towns import family, line, session, team

EVENING, SECOND = session("一", 0, 18, 20), session("二", 1, 18, 20)
BOTH = [EVENING, SECOND]


def told(made):
    return {
        stop.family: (route.team, route.session, stop.begin) for route in made.routes for stop in route.stops
    }


@pytest.fixture
def problem():
    homes = [family(f"f{n}", n % 3 + 1, BOTH, 20) for n in range(6)]
    return line(homes, [team("p", BOTH), team("q", BOTH)], BOTH)


def test_nobody_else_is_told_anything_new_when_a_family_refuses(problem):
    old = plan(problem, seconds=2, rounds=30, solver=PLAIN)
    fewer = problem.with_families(tuple(one for one in problem.families if one.id != "f2"))
    new = repair(fewer, old)
    assert new.changed == ("f2",)
    assert told(new) == {name: stop for name, stop in told(old).items() if name != "f2"}


def test_a_family_that_moves_to_another_evening_moves_alone(problem):
    old = plan(problem, seconds=2, rounds=30, solver=PLAIN)
    other = SECOND if told(old)["f1"][1] == "一" else EVENING
    moved = tuple(
        replace(one, windows=(other.window,)) if one.id == "f1" else one for one in problem.families
    )
    new = repair(problem.with_families(moved), old)
    assert new.changed == ("f1",)
    assert told(new)["f1"][1] == other.id
    assert faults(problem.with_families(moved), new) == []


def test_a_team_that_falls_out_hands_over_only_its_own_families(problem):
    old = plan(problem, seconds=2, rounds=30, solver=PLAIN)
    only = replace(problem, teams=tuple(one for one in problem.teams if one.id != old.routes[0].team))
    new = repair(only, old)
    mine = {stop.family for route in old.routes if route.team == old.routes[0].team for stop in route.stops}
    assert set(new.changed) <= mine
    assert faults(only, new) == []


def test_one_other_family_is_moved_when_a_more_urgent_one_fits_in_no_other_way():
    # The evening holds one visit; who is there now could as well come on the second.
    short = session("一", 0, 18, 18.9)
    homes = [family("old", 1, [short, SECOND]), family("later", 2, [SECOND])]
    before = line(homes, [team("p", [short, SECOND])], [short, SECOND], agreed=[Agreed("old", "p", "一")])
    old = plan(before, seconds=2, rounds=20, solver=PLAIN)
    urgent = family("urgent", 1, [short], priority=5)
    after = replace(before, families=(*before.families, urgent), agreed=())
    new = repair(after, old)
    assert told(new)["urgent"][1] == "一"
    assert new.changed == ("old",)
    assert told(new)["later"] == told(old)["later"]
    kept = repair(replace(after, agreed=before.agreed), old)
    assert [one.family for one in kept.unserved] == ["urgent"]
    assert kept.changed == ()


def test_longer_ways_push_out_only_the_stops_that_can_no_longer_be_reached(problem):
    old = plan(problem, seconds=2, rounds=30, solver=PLAIN)
    slower = replace(problem, travel=problem.travel * 2)
    new = repair(slower, old)
    assert faults(slower, new) == []
    assert changes(old, new) == new.changed
    assert 0 < len(new.changed) < 6
