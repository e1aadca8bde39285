"""Plans against every possibility there is, and what a search promises."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from tongxin.methods.routing import checking
from tongxin.methods.routing.draft import Draft
from tongxin.methods.routing.layout import Layout
from tongxin.methods.routing.model import FEWEST, SHORTEST, Agreed, Part
from tongxin.methods.routing.solving import AUTO, PLAIN, libraries, plan

from .towns import family, line, session, small, team

EVENING, SATURDAY = session("晚", 0, 18, 20), session("六", 5, 9, 12)


def best_of_all(problem):
    """(priority lost, families lost, way with what trips cost) of the best plan, by trying all; single visits only."""
    layout = Layout(problem)
    trip_cost = Draft(layout).trip_cost
    choices = [[None, *layout.options(unit)] for unit in range(len(layout.units))]
    ways: dict = {}

    def way(shift, units):
        if (shift, units) not in ways:
            timings = [layout.timing(shift, order) for order in permutations(units)]
            ways[shift, units] = min((one.travel for one in timings if one), default=None)
        return ways[shift, units]

    best = None
    for choice in product(*choices):
        trips: dict = {}
        for unit, shift in enumerate(choice):
            if shift is not None:
                trips.setdefault(shift, []).append(unit)
        lengths = [way(shift, tuple(units)) for shift, units in trips.items()]
        if None in lengths:
            continue
        lost = [problem.families[unit].priority for unit, shift in enumerate(choice) if shift is None]
        cost = (sum(lost), len(lost), sum(lengths) + trip_cost * len(trips))
        if best is None or cost < best:
            best = cost
    return best


def cost_of(problem, made):
    lost = [one.priority for one in problem.families if one.id not in made.served]
    return sum(lost), len(lost), made.travel + Draft(Layout(problem)).trip_cost * made.trips


@pytest.mark.parametrize("solver", [AUTO, PLAIN])
@pytest.mark.parametrize("objective", [SHORTEST, FEWEST])
def test_no_plan_of_a_small_town_is_better_than_the_one_found(solver, objective):
    for seed in range(6):
        problem = small(seed, objective)
        made = plan(problem, seconds=20, rounds=120, solver=solver)
        assert cost_of(problem, made) == best_of_all(problem), seed
        assert checking.faults(problem, made) == []


def test_the_same_seed_and_rounds_give_the_same_plan():
    problem = small(3)
    assert plan(problem, seconds=20, rounds=60, seed=5) == plan(problem, seconds=20, rounds=60, seed=5)


def test_the_plan_says_which_solvers_made_it():
    names = [name for name, have in zip(("VROOM", "PyVRP"), libraries(), strict=True) if have]
    assert plan(small(1), seconds=1, rounds=5).solver == (" + ".join(names) or "plain")
    assert plan(small(1), seconds=1, rounds=5, solver=PLAIN).solver == "plain"


def test_fewest_trips_is_another_plan_than_the_shortest_way():
    # Two homes at opposite ends: one long trip, or two that are each as long as half of it. Saturday costs no more way.
    homes = [family("f1", 1, [EVENING, SATURDAY]), family("f2", 2, [EVENING, SATURDAY])]
    pairs = [team("p", [EVENING, SATURDAY])]
    fewest = plan(line(homes, pairs, [EVENING, SATURDAY], FEWEST), seconds=2, rounds=50)
    assert (fewest.trips, fewest.travel) == (1, 40 * 60)


@pytest.mark.parametrize("solver", [AUTO, PLAIN])
def test_a_joint_visit_has_both_teams_at_the_same_moment(solver):
    homes = [
        family("f1", 3, [EVENING], parts=(Part(1800), Part(1800, frozenset(["talk"]))), together=True),
        family("f2", 1, [EVENING]),
        family("f3", 3, [EVENING], 20, ["talk"]),
    ]
    problem = line(homes, [team("p", [EVENING]), team("q", [EVENING], "talk")], [EVENING])
    made = plan(problem, seconds=4, rounds=100, solver=solver)
    both = [(route.team, stop.begin) for route in made.routes for stop in route.stops if stop.family == "f1"]
    assert len(both) == 2
    assert both[0][0] != both[1][0]
    assert both[0][1] == both[1][1]
    assert made.unserved == ()


def test_two_visits_that_need_not_be_together_are_made_by_different_teams():
    homes = [family("f1", 1, [EVENING], parts=(Part(1800), Part(1800)))]
    problem = line(homes, [team("p", [EVENING]), team("q", [EVENING])], [EVENING])
    made = plan(problem, seconds=2, rounds=20)
    assert {route.team for route in made.routes} == {"p", "q"}


@pytest.mark.parametrize("solver", [AUTO, PLAIN])
def test_an_agreed_stop_stays_where_it_is_though_another_way_is_shorter(solver):
    homes = [family("f1", 1, [EVENING, SATURDAY]), family("f2", 2, [SATURDAY])]
    moment = EVENING.window[0] + 3600
    problem = line(
        homes, [team("p", [EVENING, SATURDAY])], [EVENING, SATURDAY], agreed=[Agreed("f1", "p", "晚", moment)]
    )
    made = plan(problem, seconds=2, rounds=30, solver=solver)
    (route,) = (route for route in made.routes if route.session == "晚")
    assert [(stop.family, stop.begin) for stop in route.stops] == [("f1", moment)]


def test_special_families_come_first_when_not_all_can_be_visited():
    homes = [family(f"f{n}", 1, [EVENING], 50, priority=9 if n == 3 else 0) for n in range(4)]
    made = plan(line(homes, [team("p", [EVENING])], [EVENING]), seconds=2, rounds=30)
    assert made.served >= {"f3"}
    assert [one.code for one in made.unserved] == ["full", "full"]


def test_a_cancelled_search_returns_what_it_has_and_says_so():
    told = []
    made = plan(small(2), seconds=30, progress=told.append, cancelled=lambda: True)
    assert not made.complete
    assert checking.faults(small(2), made) == []
    assert all(0 <= one.share <= 1 for one in told)


def test_progress_ends_with_everything_served_that_the_plan_serves():
    told = []
    made = plan(small(4), seconds=5, rounds=40, progress=told.append)
    assert (told[-1].served, told[-1].travel) == (len(made.served), made.travel)


def test_who_is_left_out_hears_why_and_the_cheapest_way_out():
    friday = session("五", 4, 18, 19)
    homes = [
        family("nobody", 1, [EVENING], skills=["sign language"]),
        family("elsewhen", 1, [(3 * 86_400, 3 * 86_400 + 7200)]),
        family("far", 4, [friday]),
        family("never", 1, []),
        family("twice", 1, [friday], parts=(Part(600), Part(600)), together=True),
        *(family(f"crowd{n}", 1, [EVENING], 50) for n in range(4)),
    ]
    problem = line(homes, [team("p", [EVENING, friday]), team("q", [SATURDAY])], [EVENING, friday, SATURDAY])
    made = plan(problem, seconds=3, rounds=30)
    found = {one.family: (one.code, one.way_out and one.way_out.code) for one in made.unserved}
    crowd = {name for name in found if name.startswith("crowd")}
    assert {name: found[name] for name in found if name not in crowd} == {
        "nobody": ("no-team", None),
        "elsewhen": ("no-session", "other-time"),
        "far": ("too-long", "longer-session"),
        "never": ("no-window", "other-time"),
        "twice": ("no-partners", "one-more-shift"),
    }
    assert len(crowd) == 2
    ways = [one.way_out for one in made.unserved if one.family in crowd]
    assert {(way.code, way.facts["team"], way.facts["session"], way.facts["serves"]) for way in ways} == {
        ("one-more-shift", "q", "晚", 2)
    }
