"""No hidden count follows from those that stay: tried by whoever solves everything at once, on thousands of tables."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tongxin.methods.disclosure import Equation, hidden

LEAST = 5


def two_levels(rooms):
    """Counts and equations of classes by grade: {(room, band)}, {(grade, band)}, {("all", band)}, row totals known."""
    counts, equations = {}, []
    bands = range(len(next(iter(rooms.values()))))
    grades = sorted({grade for grade, _room in rooms})
    for (grade, room), row in rooms.items():
        for band in bands:
            counts[grade, room, band] = row[band]
    for grade in grades:
        for band in bands:
            parts = tuple((g, room, band) for g, room in rooms if g == grade)
            counts[grade, "", band] = sum(counts[part] for part in parts)
            equations.append(Equation(parts, (grade, "", band)))
    for band in bands:
        parts = tuple((grade, "", band) for grade in grades)
        counts["all", "", band] = sum(counts[part] for part in parts)
        equations.append(Equation(parts, ("all", "", band)))
    for name in {key[:2] for key in counts}:
        equations.append(Equation(tuple((*name, band) for band in bands)))
    return counts, equations


def bounds(counts, equations, found):
    """How little and how much each hidden count could be for a reader who knows all the others."""
    unknown = sorted(found, key=str)
    place = {cell: at for at, cell in enumerate(unknown)}
    left, right = [], []
    for equation in equations:
        row = np.zeros(len(unknown))
        known = 0 if equation.whole is not None else sum(counts[cell] for cell in equation.parts)
        for cell in equation.parts:
            if cell in place:
                row[place[cell]] += 1
            else:
                known -= counts[cell]
        if equation.whole is not None:
            if equation.whole in place:
                row[place[equation.whole]] -= 1
            else:
                known += counts[equation.whole]
        if row.any():
            left.append(row)
            right.append(known)
    told = {}
    for cell in unknown:
        aim = np.zeros(len(unknown))
        aim[place[cell]] = 1
        low = linprog(aim, A_eq=np.array(left), b_eq=right, bounds=(0, None))
        high = linprog(-aim, A_eq=np.array(left), b_eq=right, bounds=(0, None))
        told[cell] = (low.fun, -high.fun)
    return told


# Groups as they are told: of ten at least, and not all of one answer (there is nobody else to hide then).
room = st.lists(st.sampled_from([0, 0, 1, 2, 3, 4, 6, 9, 14, 20]), min_size=4, max_size=4).filter(
    lambda counts: sum(counts) >= 10 and sum(count > 0 for count in counts) >= 2
)
tables = st.dictionaries(
    st.tuples(st.sampled_from(["7", "8", "9"]), st.integers(1, 3)), room, min_size=1, max_size=7
)


@settings(deadline=None, max_examples=100)
@given(tables)
def test_no_hidden_count_can_be_worked_out_from_the_rest(rooms):
    counts, equations = two_levels(rooms)
    found = hidden(counts, equations, LEAST)
    assert {cell for cell, count in counts.items() if 0 < count < LEAST} <= found
    for cell, (low, high) in bounds(counts, equations, found).items() if found else ():
        assert high - low > 0.99, (cell, low, high)


@settings(deadline=None, max_examples=100)
@given(tables)
def test_what_is_hidden_for_those_above_holds_all_that_is_hidden_in_the_school(rooms):
    counts, equations = two_levels(rooms)
    inside = hidden(counts, equations, LEAST)
    assert inside <= hidden(counts, equations, 10, inside)


def test_a_small_count_takes_a_second_one_with_it():
    counts = {"low": 20, "mild": 9, "high": 2}
    assert hidden(counts, [Equation(("low", "mild", "high"))], LEAST) == {"high", "mild"}


def test_two_small_counts_whose_sum_is_small_take_a_third_one_with_them():
    counts = {"low": 20, "mild": 9, "high": 2, "very": 1}
    assert hidden(counts, [Equation(tuple(counts))], LEAST) == {"very", "high", "mild"}


def test_nothing_is_hidden_where_nobody_is_few():
    counts = {"low": 20, "mild": 9, "high": 0}
    assert hidden(counts, [Equation(tuple(counts))], LEAST) == set()
