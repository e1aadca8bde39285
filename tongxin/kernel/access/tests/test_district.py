"""Figures of several schools: what is small is hidden, and cannot be worked out from what stays."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from tongxin.kernel.access.district import ALL, LEAST, Counts, shown

SCHOOLS = [SimpleNamespace(pk=pk, name=f"第{pk}中学") for pk in (1, 2, 3)]


def test_one_small_count_takes_a_second_with_it():
    found = shown(SCHOOLS, [Counts("open", "打开的", {1: 3, 2: 40, 3: 25})])
    assert found == {("open", 1): None, ("open", 2): 40, ("open", 3): None, ("open", ALL): 68} | {
        key: value for key, value in found.items() if key[0] != "open"
    }


def test_nobody_is_told_as_nobody_and_large_counts_stay():
    found = shown(SCHOOLS, [Counts("open", "打开的", {1: 12, 2: 40})])
    assert [found["open", pk] for pk in (1, 2, 3, ALL)] == [12, 40, 0, 52]


def test_what_is_left_of_a_column_is_not_told_where_it_is_small():
    columns = [
        Counts("open", "打开的", {1: 20, 2: 40, 3: 30}),
        Counts("late", "过期", {1: 18, 2: 20, 3: 15}, within="open"),
    ]
    found = shown(SCHOOLS, columns)
    assert found["late", 1] is None
    assert found["open", 1] == 20


@given(
    st.lists(st.integers(0, 60), min_size=3, max_size=3), st.lists(st.integers(0, 60), min_size=3, max_size=3)
)
def test_no_small_count_is_ever_shown_nor_the_only_one_hidden(whole, part):
    part = [min(one, other) for one, other in zip(part, whole, strict=True)]
    columns = [
        Counts("open", "打开的", dict(zip((1, 2, 3), whole, strict=True))),
        Counts("late", "过期", dict(zip((1, 2, 3), part, strict=True)), within="open"),
    ]
    found = shown(SCHOOLS, columns)
    for (name, pk), count in found.items():
        assert count is None or count == 0 or count >= LEAST, (name, pk)
    for name in ("open", "late"):
        if found[name, ALL] is not None:
            assert [found[name, pk] for pk in (1, 2, 3)].count(None) != 1
    for pk in (1, 2, 3, ALL):
        if None not in (found["open", pk], found["late", pk]):
            rest = found["open", pk] - found["late", pk]
            assert rest == 0 or rest >= LEAST
