"""The school's own norms, and before–after comparisons with their intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tongxin.methods.psychometrics.effects import independent, paired, reliable_change
from tongxin.methods.psychometrics.norms import SchoolNorm, SchoolNorms

scores = st.lists(st.integers(0, 30), min_size=2, max_size=80)


@given(scores, st.integers(-1, 31))
def test_a_percentile_counts_papers_below_and_half_of_those_at_it(papers, score):
    norm = SchoolNorm(tuple(sorted(map(float, papers))))
    below, at = sum(paper < score for paper in papers), papers.count(score)
    assert norm.percentile(score) == pytest.approx(100 * (below + at / 2) / len(papers))


@given(scores)
def test_t_has_mean_fifty_and_standard_deviation_ten(papers):
    norm = SchoolNorm(tuple(sorted(map(float, papers))))
    told = [norm.t(paper) for paper in papers]
    if norm.sd == 0:
        assert set(told) == {None}
    elif all(10 < t < 90 for t in told if t is not None):
        assert np.mean(told) == pytest.approx(50)
        assert np.std(told, ddof=1) == pytest.approx(10)


def test_small_groups_take_the_norm_of_the_group_around_them():
    papers = [(float(at % 20), ("七年级", "女" if at % 8 else "男")) for at in range(160)]
    papers += [(5.0, ("八年级", "女"))] * 10 + [(None, ("七年级", "男")), (math.nan, ("七年级", "男"))]
    norms = SchoolNorms(papers)
    girls, boys, eighth = (
        norms.of(group) for group in (("七年级", "女"), ("七年级", "男"), ("八年级", "女"))
    )
    assert girls is not None
    assert girls.n == 140
    assert boys is not None
    assert (boys.n, boys.group) == (160, ("七年级",))
    assert eighth is not None
    assert (eighth.n, eighth.group) == (170, ())
    assert SchoolNorms(papers[:30]).of(("七年级", "女")) is None


def test_the_same_people_before_and_after():
    rng = np.random.default_rng(5)
    before = rng.normal(20, 5, 60)
    after = before - 2 + rng.normal(0, 3, 60)
    before_with_blank, after_with_blank = np.append(before, [np.nan, 4]), np.append(after, [3, np.nan])
    found = paired(list(before_with_blank), list(after_with_blank))
    assert found is not None
    assert found.n == (60, 60)
    told = stats.ttest_rel(after, before)
    assert (found.t, found.p) == pytest.approx((told.statistic, told.pvalue))
    assert found.difference_interval == pytest.approx(tuple(told.confidence_interval()))
    assert found.size is not None
    assert found.size_interval is not None
    assert found.size_interval[0] < found.size < found.size_interval[1] < 0


def test_two_groups():
    rng = np.random.default_rng(6)
    one, two = rng.normal(0.6, 1, 45), rng.normal(0, 1.2, 38)
    found = independent(list(one), [*two, math.nan])
    assert found is not None
    told = stats.ttest_ind(one, two)
    assert (found.t, found.p) == pytest.approx((told.statistic, told.pvalue))
    pooled = math.sqrt((44 * one.var(ddof=1) + 37 * two.var(ddof=1)) / 81)
    # Hedges' correction as it is usually abbreviated.
    assert found.size == pytest.approx((one.mean() - two.mean()) / pooled * (1 - 3 / (4 * 81 - 1)), rel=1e-4)


@pytest.mark.parametrize("true_size", [0.0, 0.5, 1.2])
def test_intervals_hold_what_they_should_in_about_95_of_100(true_size):
    rng, held = np.random.default_rng(8), 0
    for _ in range(400):
        found = independent(list(rng.normal(true_size, 1, 18)), list(rng.normal(0, 1, 22)))
        assert found is not None
        assert found.size_interval is not None
        # The interval is of the corrected size; the population's is bias-free, so allow for the correction.
        held += found.size_interval[0] / 0.98 <= true_size <= found.size_interval[1] / 0.98
    assert 0.92 <= held / 400 <= 0.98


def test_what_cannot_be_computed():
    assert paired([1, 2], [2, 3]) is None
    assert independent([1, 2, 3], [1]) is None
    same = paired([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])
    assert same is not None
    assert (same.difference, same.size, same.p) == (1, None, None)
    flat = independent([2, 2, 2], [2, 2, 2])
    assert flat is not None
    assert (flat.size, flat.size_interval) == (None, None)
    with pytest.raises(ValueError, match="same people"):
        paired([1, 2, 3], [1, 2])


def test_change_beyond_error():
    found = reliable_change(30, 18, sd=8, alpha=0.88)
    assert found is not None
    assert found[0] == pytest.approx(-12 / (8 * math.sqrt(2 * 0.12)))
    assert found[1]
    small = reliable_change(30, 26, sd=8, alpha=0.88)
    assert small is not None
    assert not small[1]
    assert reliable_change(1, 2, sd=0, alpha=0.8) is None
