"""Answer quality as R's careless tells it, and which papers a second sitting is offered for."""

from __future__ import annotations

import numpy as np
import pytest

from tongxin.methods.psychometrics.batch import BatchScorer
from tongxin.methods.psychometrics.batch_indices import BatchIndices
from tongxin.methods.psychometrics.parse import instrument_from_dict
from tongxin.methods.psychometrics.quality import Limits, average_run, quality, synonym_index, synonym_pairs
from tongxin.methods.psychometrics.scoring import BLANK

from .test_reliability import expected, table


def made(items: int, scales: list[list[int]], reverse: list[int], options: int = 5):
    instrument, findings = instrument_from_dict(
        {
            "instrument": "made", "title": "编的", "items": items, "reverse": reverse,
            "answers": {"a": {"options": [{"value": value} for value in range(1, options + 1)]}},
            "scales": [{"id": f"s{at}", "title": f"第{at}个", "items": group} for at, group in enumerate(scales)],
        }
    )  # fmt: skip
    assert not [finding for finding in findings if finding.level == "error"]
    return instrument


@pytest.fixture
def simulated():
    columns, rows = table("careless-simulated", "careless_dataset.csv")
    answers = np.array([[int(row[name]) for name in columns] for row in rows])
    groups = [list(range(at, at + 5)) for at in range(1, 50, 5)]
    return answers, made(50, groups, [], 5)


def told(name: str) -> np.ndarray:
    _columns, rows = table("careless-simulated", "expected_indices.csv")
    return np.array([np.nan if row[name] in ("NA", "") else float(row[name]) for row in rows])


def test_every_index_of_the_simulated_papers(simulated):
    answers, instrument = simulated
    found = quality(instrument, (answers - 1).astype(np.uint8))
    whole = expected("careless-simulated")

    def column(name: str) -> np.ndarray:
        return np.array(
            [np.nan if getattr(one, name) is None else getattr(one, name) for one in found], float
        )

    assert np.array_equal(column("longest"), told("longstring"))
    assert np.allclose(column("average"), told("avgstring"), rtol=1e-8)
    assert np.allclose(column("spread"), told("irv"), atol=1e-5)
    # R turns the sign, so that careless papers stand high.
    assert np.allclose(-column("even_odd"), told("evenodd"), atol=1e-4, equal_nan=True)
    assert np.allclose(column("synonyms"), told("psychsyn_060"), atol=1e-8, equal_nan=True)
    assert np.allclose(column("distance"), told("mahad_sq"), rtol=1e-4)
    assert column("longest").max() == whole["longstring_max"]
    assert (column("longest") >= 10).sum() == whole["n_longstring_ge10"]
    assert column("spread").mean() == pytest.approx(whole["irv_mean"], abs=1e-5)
    assert (column("spread") == 0).sum() == whole["irv_zero"]
    assert np.nanmean(-column("even_odd")) == pytest.approx(whole["evenodd_mean"], abs=1e-5)
    assert np.isnan(column("even_odd")).sum() == whole["evenodd_na"]
    assert np.nanmean(column("synonyms")) == pytest.approx(whole["psychsyn_060_mean"], abs=1e-8)
    assert np.isnan(column("synonyms")).sum() == whole["psychsyn_060_na"]
    assert column("distance").mean() == pytest.approx(whole["mahad_mean"], abs=1e-3)
    assert sum(bool(one.far) for one in found) == whole["n_mahad_flag"]


def test_synonyms_by_a_lower_limit_and_the_strongest_pairs(simulated):
    answers, _instrument = simulated
    values = answers.astype(float)
    assert np.allclose(
        synonym_index(values, synonym_pairs(values, 0.22)), told("psychsyn_022"), atol=1e-8, equal_nan=True
    )
    names = table("careless-simulated", "careless_dataset.csv")[0]
    related = np.corrcoef(values, rowvar=False)
    pairs = sorted(synonym_pairs(values, 0.6), key=lambda pair: -related[pair])
    for (later, earlier), wanted in zip(pairs, expected("careless-simulated")["top_syn_pairs"], strict=False):
        assert (names[later], names[earlier]) == (wanted["var1"], wanted["var2"])
        assert related[later, earlier] == pytest.approx(wanted["cor"])


INSTRUMENT = made(12, [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]], [4, 8, 12])


def papers(n: int = 60) -> np.ndarray:
    rng = np.random.default_rng(2)
    level = rng.integers(0, 5, (n, 3))
    rows = np.repeat(level, 4, axis=1) + rng.integers(-1, 2, (n, 12))
    rows = np.clip(rows, 0, 4)
    for reversed_ in (3, 7, 11):
        rows[:, reversed_] = 4 - rows[:, reversed_]
    return rows.astype(np.uint8)


def test_one_answer_throughout_is_a_reason_only_where_it_contradicts_itself():
    rows = papers()
    rows[0] = 2
    assert quality(INSTRUMENT, rows)[0].reasons == ("straight",)
    assert quality(INSTRUMENT, rows)[0].questionable
    one_way = made(12, [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]], [])
    assert quality(one_way, rows)[0].reasons == ()


def test_a_paper_faster_than_reading_is_a_reason_and_an_unknown_time_is_none():
    rows = papers()
    found = quality(INSTRUMENT, rows, [12.0, 24.0, None])
    assert "fast" in found[0].reasons
    assert "fast" not in found[1].reasons
    assert (found[2].seconds, found[3].seconds) == (None, None)


def test_being_far_from_all_others_is_told_and_is_no_reason():
    rows = papers(200)
    rows[5] = [4, 4, 4, 0, 0, 0, 0, 4, 4, 4, 4, 0]
    rows[6] = [0, 4, 0, 4, 4, 0, 4, 0, 0, 4, 0, 4]
    found = quality(INSTRUMENT, rows, limits=Limits(far=0.9))
    assert any(one.far for one in found)
    assert all(not one.questionable for one in found if one.far and not one.reasons)
    assert not found[5].questionable


def test_one_weak_reason_is_not_enough():
    rows = papers(200)
    for one in quality(INSTRUMENT, rows):
        assert one.questionable == (
            len(one.reasons) > 1 or bool({"fast", "straight", "validity"} & {*one.reasons})
        )


def test_what_cannot_be_computed_is_none_and_no_reason():
    rows = papers(40)
    rows[0, 3] = BLANK
    found = quality(INSTRUMENT, rows)[0]
    assert (found.longest, found.average, found.spread, found.distance, found.far) == (None,) * 5
    assert quality(INSTRUMENT, rows[:2])[1].synonyms is None
    assert quality(INSTRUMENT, rows[:0]) == []


def test_the_average_run_is_that_of_counting():
    rows = np.array([[0, 0, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1], [0, 1, 0, 1, 0, 1]], np.uint8)
    assert average_run(rows).tolist() == [2.0, 6.0, 1.0]


def test_the_indices_are_those_of_the_fast_way(simulated):
    answers, instrument = simulated
    fast = BatchIndices(BatchScorer(instrument), instrument.scales).of((answers - 1).astype(np.uint8))
    slow = quality(instrument, (answers - 1).astype(np.uint8))
    assert fast.longstring.tolist() == [one.longest for one in slow]
