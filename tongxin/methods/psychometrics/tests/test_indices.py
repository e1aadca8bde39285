"""Answer-quality indices in blocks are those computed paper by paper, and say when they cannot be computed."""

from __future__ import annotations

import numpy as np
import pytest

from tongxin.methods.psychometrics import bench_papers
from tongxin.methods.psychometrics.batch import BatchScorer
from tongxin.methods.psychometrics.batch_indices import BatchIndices
from tongxin.methods.psychometrics.parse import instrument_from_dict
from tongxin.methods.psychometrics.scoring import BLANK


@pytest.mark.parametrize(("items", "scales"), [(40, 8), (21, 3), (60, 4), (12, 6)])
def test_indices_and_scores_are_those_computed_one_by_one(items, scales):
    papers, instrument = bench_papers.made(600, items, scales, 7)
    ours, plain = bench_papers.in_blocks(papers, instrument), bench_papers.one_by_one(papers, instrument)
    assert np.array_equal(ours.scores, plain.scores)
    assert np.array_equal(ours.flags, plain.flags)
    assert np.array_equal(ours.longstring, plain.longstring)
    for mine, theirs in (
        (ours.irv, plain.irv),
        (ours.even_odd, plain.even_odd),
        (ours.distance, plain.distance),
    ):
        assert np.allclose(mine, theirs, rtol=1e-3, atol=1e-3, equal_nan=True)
    assert np.isnan(ours.even_odd).any() == np.isnan(plain.even_odd).any()


def test_values_that_do_not_rise_by_one_and_scales_of_all_sizes_give_the_same():
    values = [[0, 2, 5], [1, 2, 3, 4], [5, 4, 3, 2, 1]]
    raw = {
        "instrument": "mixed", "title": "混合", "reverse": [2, 6],
        "answers": {f"a{k}": {"options": [{"value": v, "code": f"c{v}"} for v in row]} for k, row in enumerate(values)},
        "items": [{"id": n, "answers": f"a{n % 3}"} for n in range(9)],
        "scales": [{"id": "x", "title": "甲", "items": [0, 1, 2, 3]}, {"id": "y", "title": "乙", "items": [4, 5]},
                   {"id": "z", "title": "丙", "items": [6, 7, 8]}],
    }  # fmt: skip
    instrument, findings = instrument_from_dict(raw)
    assert not findings
    random = np.random.default_rng(3)
    papers = np.stack([random.integers(0, len(values[n % 3]), 500, np.uint8) for n in range(9)], 1)
    found = BatchIndices(BatchScorer(instrument), instrument.scales).of(papers)
    points = np.stack([np.array(values[n % 3])[papers[:, n]] for n in range(9)], 1).astype(float)
    turned = points.copy()
    for n in (2, 6):
        turned[:, n] = max(values[n % 3]) + min(values[n % 3]) - points[:, n]
    assert np.allclose(found.irv, points.std(axis=1, ddof=1), rtol=1e-4)
    apart = points - points.mean(0)
    distance = np.einsum("ij,jk,ik->i", apart, np.linalg.inv(np.cov(points.T)), apart)
    assert np.allclose(found.distance, distance, rtol=1e-3)
    groups = [[0, 1, 2, 3], [4, 5], [6, 7, 8]]
    odd = np.stack([turned[:, g[0::2]].mean(1) for g in groups], 1)
    even = np.stack([turned[:, g[1::2]].mean(1) for g in groups], 1)
    for row in range(500):
        if odd[row].std() < 1e-9 or even[row].std() < 1e-9:
            assert np.isnan(found.even_odd[row])
            continue
        r = np.corrcoef(odd[row], even[row])[0, 1]
        wanted = -1 if r <= -0.9999999 else max(2 * r / (1 + r), -1)
        assert abs(found.even_odd[row] - wanted) < 5e-3


def test_what_cannot_be_computed_is_said_and_never_a_number():
    papers, instrument = bench_papers.made(400, 40, 8, 11)
    papers[3, 7] = BLANK
    papers[5] = 2
    found = BatchIndices(BatchScorer(instrument), instrument.scales).of(papers)
    assert found.longstring[3] == 0
    assert np.isnan([found.irv[3], found.even_odd[3], found.distance[3]]).all()
    assert (found.longstring[5], found.irv[5]) == (40, 0)
    whole = np.delete(papers, 3, axis=0)
    alone = BatchIndices(BatchScorer(instrument), instrument.scales).of(whole)
    assert np.allclose(np.delete(found.distance, 3), alone.distance, rtol=1e-4)


def test_too_few_papers_or_answers_that_do_not_span_have_no_distance():
    papers, instrument = bench_papers.made(30, 40, 8, 2)
    assert np.isnan(BatchIndices(BatchScorer(instrument), instrument.scales).of(papers).distance).all()
    same = np.repeat(papers, 20, axis=0)
    same[:, 1] = same[:, 0]
    found = BatchIndices(BatchScorer(instrument), instrument.scales).of(same).distance
    assert np.isnan(found).all()
    assert BatchIndices(BatchScorer(instrument), instrument.scales[:1]).of(papers).even_odd.shape == (30,)


def test_scores_beside_indices_are_those_alone():
    papers, instrument = bench_papers.made(40_000, 40, 8, 5)
    scorer = BatchScorer(instrument)
    batch, _ = BatchIndices(scorer, instrument.scales).with_scores(papers)
    alone = scorer.score(papers)
    for name in alone.scores:
        assert np.array_equal(batch.scores[name], alone.scores[name])
        assert np.array_equal(batch.bands[name], alone.bands[name])
