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


@pytest.mark.parametrize(("items", "scales"), [(40, 8), (21, 3)])
def test_many_blocks_with_blanks_among_them_are_measured_from_all_complete_papers(items, scales):
    papers, instrument = bench_papers.made(40_000, items, scales, 13)
    papers[::997, 4] = BLANK
    found = BatchIndices(BatchScorer(instrument), instrument.scales).of(papers)
    whole = (papers != BLANK).all(axis=1)
    answers = papers[whole].astype(float)
    apart = answers - answers.mean(0)
    distance = np.einsum("ij,jk,ik->i", apart, np.linalg.inv(np.cov(answers.T)), apart)
    assert np.allclose(found.distance[whole], distance, rtol=1e-4, atol=1e-4)
    assert np.allclose(found.irv[whole], answers.std(axis=1, ddof=1), rtol=1e-5)
    assert np.isnan(found.distance[~whole]).all()


def test_a_run_of_more_than_255_answers_is_counted():
    instrument = bench_papers.questionnaire(300, 60, [])
    papers = np.random.default_rng(1).integers(0, 2, (50, 300), np.uint8)
    papers[:, 5:295] = 3
    assert (BatchIndices(BatchScorer(instrument), instrument.scales).of(papers).longstring == 290).all()


@pytest.mark.parametrize("options", [2, 5, 9, 30])
def test_even_odd_is_the_same_however_many_options_there_are(options):
    raw = {
        "instrument": "many", "title": "多", "items": 24, "reverse": [2, 7, 8],
        "answers": {"a": {"options": [{"value": value, "code": f"c{value}"} for value in range(options)]}},
        "scales": [{"id": f"s{k}", "title": "分", "items": list(range(k + 1, 25, 6))} for k in range(6)],
    }  # fmt: skip
    instrument, findings = instrument_from_dict(raw)
    assert not findings
    papers = np.random.default_rng(options).integers(0, options, (300, 24), np.uint8)
    papers[:20] = np.random.default_rng(1).integers(0, options, (20, 1), np.uint8)
    papers[20:30] = np.array([0, options - 1] * 12, np.uint8)
    found = BatchIndices(BatchScorer(instrument), instrument.scales).of(papers)
    turned = papers.astype(float)
    turned[:, [1, 6, 7]] = options - 1 - turned[:, [1, 6, 7]]
    for row, answers in enumerate(turned):
        odd = [answers[k::6][0::2].mean() for k in range(6)]
        even = [answers[k::6][1::2].mean() for k in range(6)]
        if np.std(odd) < 1e-9 or np.std(even) < 1e-9:
            assert np.isnan(found.even_odd[row])
            continue
        r = np.corrcoef(odd, even)[0, 1]
        wanted = -1 if r <= -0.9999999 else max(2 * r / (1 + r), -1)
        assert abs(found.even_odd[row] - wanted) < 2e-3
    assert np.allclose(found.irv, papers.std(axis=1, ddof=1), rtol=1e-4, atol=1e-6)


def test_one_item_and_no_papers_at_all_are_measured_without_complaint():
    instrument = bench_papers.questionnaire(1, 1, [])
    papers = np.arange(100, dtype=np.uint8)[:, None] % 5
    indices = BatchIndices(BatchScorer(instrument), instrument.scales)
    points = papers[:, 0].astype(float)
    wanted = ((points - points.mean()) / points.std(ddof=1)) ** 2
    assert np.allclose(indices.of(papers).distance, wanted, rtol=1e-4)
    assert len(indices.of(papers[:0]).distance) == 0
