"""Teams against every possible way to form them; larger ones re-checked and held against their bound."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongxin.methods.matching.problem import NEVER
from tongxin.methods.teams.bound import upper_bound
from tongxin.methods.teams.checker import faults
from tongxin.methods.teams.exact import choices
from tongxin.methods.teams.forming import seat_by_seat, settle
from tongxin.methods.teams.problem import BROKEN, TeamProblem
from tongxin.methods.teams.solve import form_teams


def best_of_all(problem):
    """The largest value over all ways to form the teams; one pool's people may sit on any of its seats."""
    people = [
        [person for person, times in enumerate(places.tolist()) for _ in range(times)]
        for places in problem.places
    ]
    best = None
    lead = people[0]
    for some in itertools.permutations(range(len(lead)), problem.teams):
        if list(some) != sorted(some):
            continue
        for rest in itertools.product(
            *(itertools.permutations(range(len(side)), problem.teams) for side in people[1:])
        ):
            seats = [[people[at][place] for place in chosen] for at, chosen in enumerate((some, *rest))]
            units = [
                (problem.pools[at], place) for at, chosen in enumerate((some, *rest)) for place in chosen
            ]
            if len(set(units)) < len(units):
                continue
            value = int(problem.values(np.array(seats).T).sum())
            best = value if best is None else max(best, value)
    return best


@st.composite
def problems(draw):
    shared = draw(st.booleans())
    sizes = [draw(st.integers(1, 3)) for _ in range(3)]
    if shared:
        sizes = [sizes[0], 4, 4]
    places = [np.ones(size, int) for size in sizes]
    if not shared:
        places[0][0] = draw(st.integers(1, 2))
    cells = st.one_of(st.integers(-5, 30), st.just(NEVER)) if draw(st.booleans()) else st.integers(-5, 30)
    pairs = {}
    for one, other in ((0, 1), (0, 2), (1, 2)):
        n = sizes[one] * sizes[other]
        table = np.array(draw(st.lists(cells, min_size=n, max_size=n))).reshape(sizes[one], sizes[other])
        pairs[one, other] = np.minimum(table, table.T) if shared and one == 1 else table
    if shared:
        pairs[0, 2] = pairs[0, 1].copy()
    bits = [np.array(draw(st.lists(st.integers(0, 15), min_size=n, max_size=n)), np.uint64) for n in sizes]
    if shared:
        bits[2] = bits[1]
    return TeamProblem(places, pairs, bits, [(3, 10), (12, 4)], [0, 1, 1] if shared else [])


@settings(max_examples=20, deadline=None)
@given(problems())
def test_small_teams_are_the_best_there_are_and_the_bound_never_lies_below(problem):
    found = form_teams(problem, 5)
    assert faults(problem, found) == []
    best = best_of_all(problem)
    assert found.bound >= best
    whole = best is not None and best > BROKEN // 2
    assert found.value == best if whole else found.value <= best
    begun, _ = settle(problem, seat_by_seat(problem, (0, 1, 2)))
    assert upper_bound(problem, begun, lambda: True) >= best


def drawn(n, seed=3):
    random = np.random.default_rng(seed)
    masks = [((random.random((n, 10)) < 0.22) @ (1 << np.arange(10))).astype(np.uint64) for _ in range(3)]
    pairs = {pair: random.integers(0, 201, (n, n)) for pair in ((0, 1), (1, 2), (0, 2))}
    return TeamProblem([np.ones(n, int)] * 3, pairs, masks, [(1023, 100)])


def test_forty_teams_lie_close_to_a_bound_that_holds_and_are_the_same_again():
    problem = drawn(40)
    assert choices(problem) is None
    told = []
    found = form_teams(problem, 60, lambda bound, best: told.append((bound, best)) or len(told) < 60)
    assert faults(problem, found) == []
    assert found.gap < 0.025
    assert found.stopped
    bounds = [bound for bound, _ in told if bound is not None]
    assert bounds
    again = []
    same = form_teams(problem, 60, lambda bound, best: again.append((bound, best)) or len(again) < 60)
    assert (same.teams == found.teams).all()
    assert again == told
    # What a random other way is worth never passes the bound.
    random = np.random.default_rng(1)
    for _ in range(50):
        teams = np.stack([random.permutation(40) for _ in range(3)], axis=1)
        assert problem.values(teams).sum() <= found.bound


@pytest.mark.parametrize("seats", [2, 4])
def test_other_numbers_of_seats_are_filled_and_bounded(seats):
    random = np.random.default_rng(seats)
    pairs = {pair: random.integers(0, 50, (4, 4)) for pair in itertools.combinations(range(seats), 2)}
    masks = [random.integers(0, 8, 4).astype(np.uint64) for _ in range(seats)]
    problem = TeamProblem([np.ones(4, int)] * seats, pairs, masks, [(7, 20)])
    found = form_teams(problem, 10)
    assert faults(problem, found) == []
    assert found.value == found.bound == best_of_all(problem)
