"""Reliability as R's psych and lavaan tell it, on the reference files; and what cannot be computed."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongxin.methods.psychometrics.reliability import by_group, reliability

SHARED = Path(os.environ.get("TONGXIN_REFERENCE_DATA", Path(__file__).parents[5] / "shared" / "data"))


def reference(*path: str) -> Path:
    found = SHARED.joinpath(*path)
    if not found.exists():
        pytest.skip(f"reference data {'/'.join(path)} is not here; set TONGXIN_REFERENCE_DATA to its folder")
    return found


def expected(name: str) -> dict:
    return json.loads(reference(name, "expected.json").read_text(encoding="utf-8"))


def table(*path: str) -> tuple[list[str], list[dict[str, str]]]:
    with reference(*path).open(encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    return list(reader.fieldnames or ()), rows


def matrix(rows: list[dict[str, str]], items: list[str]) -> np.ndarray:
    return np.array([[float(row[item]) if row[item] else np.nan for item in items] for row in rows])


def assert_described(found, wanted: dict) -> None:
    assert found is not None
    near = {"rel": 1e-7, "abs": 1e-7}
    assert (found.papers, found.n, len(found.items)) == (wanted["n_rows"], wanted["n_complete"], wanted["k"])
    assert found.alpha == pytest.approx(wanted["alpha_raw"], **near)
    assert found.standardised == pytest.approx(wanted["alpha_std"], **near)
    assert found.interval == pytest.approx(tuple(wanted["alpha_feldt95"]), **near)
    assert found.mean_correlation == pytest.approx(wanted["mean_interitem_r"], **near)
    for item, told in zip(found.items, wanted["items"], strict=True):
        assert item.mean == pytest.approx(told["mean"], **near)
        assert item.sd == pytest.approx(told["sd"], **near)
        assert item.rest == pytest.approx(told["r_it_corrected"], **near)
        if "alpha_if_dropped" in told:
            assert item.alpha_without == pytest.approx(told["alpha_if_dropped"], **near)
    if "cfa_1factor_ml" in wanted:
        model = wanted["cfa_1factor_ml"]
        assert found.factor is not None
        assert found.factor.omega == pytest.approx(model["omega_total"], abs=1e-4)
        assert found.factor.chi_square == pytest.approx(model["chisq"], rel=1e-4)
        assert found.factor.degrees == model["df"]
        assert found.factor.cfi == pytest.approx(model["cfi"], abs=1e-4)
        assert found.factor.rmsea == pytest.approx(model["rmsea"], abs=1e-4)


@pytest.mark.parametrize("name", ["agree", "conscientious", "extraversion", "neuroticism", "openness"])
def test_the_big_five_scales(name):
    wanted = expected("bfi-psychtools")
    _columns, rows = table("bfi-psychtools", "bfi.csv")
    signed = wanted["keys"][name]
    items = [item.lstrip("-") for item in signed]
    answers = matrix(rows, items)
    turned = np.array([item.startswith("-") for item in signed])
    answers[:, turned] = 7 - answers[:, turned]
    assert_described(reliability(answers, items), wanted["listwise"][name])
    medians = np.nanmedian(answers, axis=0)
    filled = np.where(np.isnan(answers), medians, answers)
    found = reliability(filled, items, factor=False)
    assert found is not None
    assert found.alpha == pytest.approx(wanted["psych_scoreItems_alpha_median_impute"][name], abs=1e-4)


@pytest.mark.parametrize("name", ["GQ6", "GAC", "LOSD", "SA", "AO"])
def test_gratitude_by_age_group(name):
    wanted = expected("youth-gratitude")[name]
    _columns, rows = table("youth-gratitude", "youth_gratitude.csv")
    items = [told["item"] for told in wanted["items"]]
    answers = matrix(rows, items)
    assert_described(reliability(answers, items), wanted)
    groups = by_group(answers, items, [row["agegroup"] for row in rows])
    for told in wanted["by_agegroup"]:
        found = groups[told["agegroup"]]
        assert found is not None
        assert found.n == told["n"]
        assert found.alpha == pytest.approx(told["alpha"], rel=1e-7)
        assert found.mean == pytest.approx(told["mean"], rel=1e-7)


def test_what_does_not_vary_cannot_be_computed():
    assert reliability(np.full((20, 4), 2.0), list("abcd")) is None
    assert reliability(np.array([[1.0, 2.0], [2.0, 1.0]]), ["a", "b"]) is None
    assert reliability(np.arange(9.0).reshape(9, 1), ["a"]) is None
    blanks = np.array([[1.0, np.nan]] * 9)
    assert reliability(blanks, ["a", "b"]) is None


def test_a_copied_item_has_an_alpha_and_no_factor():
    rng = np.random.default_rng(1)
    one = rng.integers(0, 4, (60, 3)).astype(float)
    found = reliability(np.hstack([one, one[:, :1]]), list("abcd"))
    assert found is not None
    assert found.alpha is not None
    assert found.omega is None


@given(st.integers(3, 40), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_alpha_is_at_most_one_and_lies_in_its_interval(n, k, seed):
    answers = np.random.default_rng(seed).integers(0, 4, (n, k)).astype(float)
    found = reliability(answers, [str(at) for at in range(k)], factor=False)
    if found is not None:
        assert found.alpha <= 1 + 1e-12
        assert found.interval[0] <= found.alpha + 1e-9
        assert found.alpha <= found.interval[1] + 1e-9
        turned = reliability(answers + 3, [str(at) for at in range(k)], factor=False)
        assert turned is not None
        assert turned.alpha == pytest.approx(found.alpha, abs=1e-9)
