"""Readers of counts get no figure that could point at somebody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.insight.disclosure import Sight, count_words, row_words, share_number, share_words

counts = st.integers(0, 60)


@pytest.mark.parametrize(
    ("number", "sight", "words"),
    [
        (3, Sight.FULL, "3"),
        (3, Sight.COUNTS, "不足5"),
        (0, Sight.COUNTS, "0"),
        (7, Sight.ABOVE, "不足10"),
        (10, Sight.ABOVE, "10"),
        (5, Sight.COUNTS, "5"),
        (1149, Sight.COUNTS, "1,149"),
        (37.5, Sight.FULL, "37.5"),
        (1149, Sight.NOTHING, "不显示"),
    ],
)
def test_a_count_is_said_in_full_as_small_or_not_at_all(number, sight, words):
    assert count_words(number, sight) == words


@pytest.mark.parametrize(
    ("part", "whole", "sight", "words"),
    [
        (1074, 1149, Sight.FULL, "93.5%"),
        (1148, 1149, Sight.FULL, "99.9%"),
        (1149, 1149, Sight.FULL, "100%"),
        (1, 9999, Sight.FULL, "0.1%"),
        (0, 0, Sight.FULL, "—"),
        (147, 150, Sight.COUNTS, "不低于97%"),
        (2, 150, Sight.COUNTS, "不高于3%"),
        (2, 4, Sight.COUNTS, "人数少，不显示"),
        (143, 150, Sight.ABOVE, "不低于94%"),
        (4, 9, Sight.ABOVE, "人数少，不显示"),
    ],
)
def test_a_share_never_gives_a_small_count_away(part, whole, sight, words):
    assert share_words(part, whole, sight) == words


@given(met=counts, missed=counts, open_=counts)
def test_a_single_suppressed_count_cannot_be_worked_out_from_the_total(met, missed, open_):
    row = [met, missed, open_]

    words = row_words(row, Sight.COUNTS)

    hidden = [place for place, word in enumerate(words) if not word.isdigit()]
    assert all(0 < row[place] < 5 for place in range(3) if words[place] == "不足5")
    if hidden and any(number >= 5 for number in row):
        assert len(hidden) >= 2


@given(met=st.integers(1, 4), rest=st.integers(6, 500))
def test_a_bounded_share_allows_every_small_count(met, rest):
    whole = met + rest
    said = share_words(rest, whole, Sight.COUNTS)

    bound = int(said.removeprefix("不低于").removesuffix("%"))
    assert all(100 * (whole - missing) / whole >= bound for missing in range(1, 5))


@given(part=counts, more=counts)
def test_charts_for_readers_of_counts_are_rounded(part, more):
    share = share_number(part, part + more, Sight.COUNTS)

    assert share is None or share % 5 == 0
