"""Item response models against R's ltm on its two classic data sets, and sittings that adapt."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongxin.methods.psychometrics import response_models as models
from tongxin.methods.psychometrics.adaptive import Stop, next_item
from tongxin.methods.psychometrics.response_models import Bank, CannotFit, ItemParameters, fit

from .test_reliability import reference


def answers_of(name: str) -> tuple[list[str], np.ndarray]:
    with reference("irt-lsat-science", name).open(encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    return head, np.array(rows, float)


def told(name: str) -> dict:
    return json.loads(reference("irt-lsat-science", name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("rasch_disc1", models.RASCH_FIXED),
        ("rasch_common_disc", models.RASCH),
        ("twopl", models.TWO_PARAMETER),
    ],
)
def test_the_law_school_test_gives_the_published_estimates(name, model):
    items, answers = answers_of("irt_lsat6.csv")
    wanted = told("expected_lsat6.json")[name]
    bank = fit(answers, items, model)
    assert bank.log_likelihood == pytest.approx(wanted["logLik"], abs=0.001)
    for found, item in zip(bank.items, wanted["coef"], strict=True):
        assert found.thresholds[0] == pytest.approx(item["Dffclt"], abs=0.02)
        assert found.discrimination == pytest.approx(item["Dscrmn"], abs=0.01)


def test_estimates_of_people_are_those_of_the_published_parameters():
    items, _answers = answers_of("irt_lsat6.csv")
    wanted = told("expected_lsat6.json")
    bank = Bank(
        models.TWO_PARAMETER,
        tuple(
            ItemParameters(name, item["Dscrmn"], (item["Dffclt"],))
            for name, item in zip(items, wanted["twopl"]["coef"], strict=True)
        ),
    )
    for pattern in wanted["eap_2pl"]:
        found = bank.estimate(dict(zip(items, map(int, pattern["pattern"]), strict=True)))
        assert found.theta == pytest.approx(pattern["eap"], abs=1e-4)
        assert found.error == pytest.approx(pattern["se"], abs=1e-4)


def test_the_science_questions_give_the_published_thresholds():
    items, answers = answers_of("irt_science.csv")
    wanted = told("expected_science.json")["grm"]
    bank = fit(answers - 1, items, models.GRADED)
    assert bank.log_likelihood == pytest.approx(wanted["logLik"], abs=0.01)
    for line, found in zip(wanted["coef_raw"][1:], bank.items, strict=True):
        name, *numbers = line.split()
        assert name == found.item
        assert found.thresholds == pytest.approx(tuple(map(float, numbers[:3])), abs=0.02)
        assert found.discrimination == pytest.approx(float(numbers[3]), abs=0.01)


def test_the_gradient_is_that_of_the_likelihood():
    answers = np.random.default_rng(7).integers(0, 3, (200, 4)).astype(float)
    answers[3, 1] = np.nan
    patterns, counts = models._patterns(answers)
    likelihood = models._Likelihood(patterns, counts, [3] * 4, models.GRADED)
    at = likelihood.begin()
    _value, gradient = likelihood(at)
    for place in range(len(at)):
        step = np.zeros(len(at))
        step[place] = 1e-6
        slope = (likelihood(at + step)[0] - likelihood(at - step)[0]) / 2e-6
        assert gradient[place] == pytest.approx(slope, abs=1e-4)


def test_blanks_are_not_answers():
    items, answers = answers_of("irt_lsat6.csv")
    whole = fit(answers, items, models.RASCH)
    with_empty_papers = fit(np.vstack([answers, np.full((30, 5), np.nan)]), items, models.RASCH)
    assert with_empty_papers.items == whole.items
    assert whole.estimate({}).theta == pytest.approx(0, abs=1e-9)
    assert whole.estimate({}).error == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("column", "word"), [([1, 1, 1, 1], "第 a 题"), ([0, 2, 2, 0], "第 a 题"), ([0, 1, 2, 1], "3 种答案")]
)
def test_answers_that_determine_nothing_are_named(column, word):
    answers = np.array([column, [0, 1, 0, 1]], float).T
    with pytest.raises(CannotFit, match=word):
        fit(answers, ["a", "b"], models.TWO_PARAMETER)


def test_unknown_items_and_answers_are_errors():
    with pytest.raises(KeyError):
        BANK.estimate({"nothing": 1})
    with pytest.raises(ValueError, match="no answer 9"):
        BANK.estimate({"i00": 9})


def _bank() -> Bank:
    rng = np.random.default_rng(3)
    items = []
    for number in range(40):
        middle = rng.normal(0, 1.2)
        items.append(
            ItemParameters(f"i{number:02d}", rng.uniform(0.9, 2.2), (middle - 0.8, middle, middle + 0.8))
        )
    return Bank(models.GRADED, tuple(items))


BANK = _bank()


def sat(
    theta: float, seed: int, stop: Stop, sitting: str = "", always: tuple[str, ...] = ()
) -> dict[str, int]:
    """Let somebody with a θ sit until the end."""
    rng, answers = np.random.default_rng(seed), {}
    while (item := next_item(BANK, answers, stop, sitting, always=always)) is not None:
        assert item not in answers
        chances = BANK.by_id[item].chances(np.array([theta]))[0]
        answers[item] = int(rng.choice(4, p=chances / chances.sum()))
    return answers


@settings(deadline=None, max_examples=25)
@given(st.floats(-2, 2), st.integers(0, 10_000))
def test_a_sitting_ends_exact_enough_or_at_its_most_items(theta, seed):
    stop = Stop(error=0.35, least=4, most=15)
    answers = sat(theta, seed, stop)
    found = BANK.estimate(answers)
    assert stop.least <= len(answers) <= stop.most
    assert len(answers) == stop.most or found.error <= stop.error


def test_few_chosen_items_tell_nearly_as_much_as_all():
    rng = np.random.default_rng(11)
    thetas = rng.normal(0, 1, 60)
    off = []
    for seed, theta in enumerate(thetas):
        answers = sat(theta, seed, Stop(error=0.0, least=4, most=12))
        off.append(BANK.estimate(answers).theta - theta)
    assert float(np.sqrt(np.mean(np.square(off)))) < 0.4


def test_items_that_must_be_asked_come_first_and_neighbours_see_another_order():
    always = ("i07", "i31")
    answers = sat(0.5, 1, Stop(most=8), always=always)
    assert list(answers)[:2] == list(always)
    orders = {tuple(sat(0.0, 5, Stop(most=6), sitting=f"seat-{seat}")) for seat in range(12)}
    assert len(orders) > 3
    assert sat(0.0, 5, Stop(most=6), sitting="seat-1") == sat(0.0, 5, Stop(most=6), sitting="seat-1")


def test_information_is_the_slope_of_the_chances():
    item, theta, step = BANK.items[0], 0.3, 1e-5
    low, high = (item.chances(np.array([theta + sign * step]))[0] for sign in (-1, 1))
    slopes = (high - low) / (2 * step)
    wanted = float((slopes**2 / item.chances(np.array([theta]))[0]).sum())
    assert float(item.information(np.array([theta]))[0]) == pytest.approx(wanted, rel=1e-6)
