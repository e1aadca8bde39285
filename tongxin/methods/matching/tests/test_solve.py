"""Small problems against every possible choice, larger ones against scipy."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from tongxin.methods.matching.checker import faults
from tongxin.methods.matching.problem import NEVER, DenseScores, Problem
from tongxin.methods.matching.shortage import missing_rows, witness_of_row
from tongxin.methods.matching.solve import solve


def best_of_all(problem):
    """(fewest missing, largest value with that) over every set of allowed pairs."""
    matrix = problem.scores.block(0, problem.scores.shape[0])
    allowed = [tuple(pair) for pair in np.argwhere(matrix > NEVER)]
    best = None
    for chosen in itertools.product((0, 1), repeat=len(allowed)):
        pairs = [pair for pair, taken in zip(allowed, chosen, strict=True) if taken]
        rows = np.bincount([r for r, _ in pairs], minlength=matrix.shape[0])
        columns = np.bincount([c for _, c in pairs], minlength=matrix.shape[1])
        if (rows > problem.row_high).any() or (columns > problem.column_high).any():
            continue
        value = sum(int(matrix[pair]) for pair in pairs) - problem.cost_of_loads(columns)
        best = min(best or (99, 0), (problem.shortage(rows, columns), -value))
    return best[0], -best[1]


@st.composite
def problems(draw):
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    cells = st.one_of(st.just(NEVER), st.integers(-9, 30), st.integers(0, 3))
    matrix = np.array(
        draw(st.lists(st.lists(cells, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    )
    limits = st.tuples(st.integers(0, 2), st.integers(0, 2)).map(sorted)
    row = np.array(draw(st.lists(limits, min_size=rows, max_size=rows)))
    column = np.array(draw(st.lists(limits, min_size=columns, max_size=columns)))
    most = int(min(column[:, 1].max(), rows))
    costs = np.cumsum(
        draw(
            st.lists(
                st.lists(st.integers(0, 5), min_size=most, max_size=most), min_size=columns, max_size=columns
            )
        ),
        axis=1,
    ).reshape(columns, most)
    return Problem(
        DenseScores(matrix.astype(np.int32)), row[:, 0], row[:, 1], column[:, 0], column[:, 1], costs
    )


def more_asked_for_than_there_are():
    """One row, and a column that asks for two."""
    scores = DenseScores(np.array([[0, 0]], np.int32))
    return Problem(scores, *(np.array(limits) for limits in ([0], [1], [1, 2], [1, 2], [[0], [1]])))


@settings(max_examples=150, deadline=None)
@example(more_asked_for_than_there_are(), 1)
@given(problems(), st.integers(1, 3))
def test_no_choice_of_pairs_is_better_and_the_bound_says_so(problem, candidates):
    found = solve(problem, candidates=candidates)
    assert faults(problem, found) == []
    assert (found.missing, found.value) == best_of_all(problem)
    assert found.proved
    again = solve(problem, candidates=candidates)
    assert (again.rows.tolist(), again.columns.tolist()) == (found.rows.tolist(), found.columns.tolist())
    for row in missing_rows(problem, found):
        told = witness_of_row(problem, found, int(row))
        reached = {
            int(c) for r in told.rows for c in np.nonzero(problem.scores.block(r, r + 1)[0] > NEVER)[0]
        }
        assert {c for c in reached if problem.column_high[c]} == set(told.columns)


@pytest.mark.parametrize("kind", [np.int16, np.int32])
def test_a_school_is_matched_as_well_as_scipy_does_on_all_its_places(kind):
    random = np.random.default_rng(7)
    matrix = random.integers(-50, 2_000, (700, 60)).astype(kind)
    matrix[random.random(matrix.shape) < 0.05] = np.iinfo(kind).min
    high = random.integers(8, 18, 60)
    high[0] += max(0, 700 - high.sum())
    problem = Problem(DenseScores(matrix), np.ones(700), np.ones(700), np.zeros(60), high)
    told = []
    found = solve(problem, candidates=3, tick=lambda bound, best: told.append((bound, best)) or True)
    places = np.repeat(
        np.where(matrix == np.iinfo(kind).min, -(10**6), matrix.astype(np.int64)), high, axis=1
    )
    best = places[linear_sum_assignment(places, maximize=True)].sum()
    assert (found.value, found.missing, found.gap) == (best, 0, 0.0)
    assert faults(problem, found) == []
    assert told[-1] == (found.bound, found.value)


def test_a_choice_that_is_stopped_is_valid_and_keeps_its_bound():
    matrix = np.random.default_rng(3).integers(0, 1_000, (300, 40)).astype(np.int32)
    problem = Problem(DenseScores(matrix), np.ones(300), np.ones(300), np.full(40, 7), np.full(40, 9))
    whole = solve(problem)
    stopped = solve(problem, candidates=1, tick=lambda bound, best: False)
    assert faults(problem, stopped) == []
    assert stopped.value <= whole.value == whole.bound <= stopped.bound or stopped.missing > whole.missing


def test_lower_limits_of_few_come_before_scores():
    matrix = np.array([[9, 1], [9, 1], [9, 1]], np.int32)
    problem = Problem(DenseScores(matrix), np.ones(3), np.ones(3), np.array([0, 2]), np.array([3, 3]))
    found = solve(problem)
    assert np.bincount(found.columns).tolist() == [1, 2]
    assert found.value == found.bound == 11
