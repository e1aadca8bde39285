"""Item banks with published parameters: read, linted, asked one by one, scored with an error, written back the same."""

from fractions import Fraction

import pytest

from tongxin.methods.psychometrics.banks import BankScorer
from tongxin.methods.psychometrics.lint import lint
from tongxin.methods.psychometrics.parse import instrument_from_text
from tongxin.methods.psychometrics.scoring import BLANK, Scorer
from tongxin.methods.psychometrics.writing import as_yaml

BANK = """
instrument: mood-bank
title: 心情题库
version: "1"
forms: [student]
licence: {name: 虚构, wording: shipped, holder: 测试}
citation: 虚构
sources: [{what: 参数, document: 虚构, year: 2024}]
answers:
  often: {options: [{value: 0, text: 从不}, {value: 1, text: 有时}, {value: 2, text: 常常}]}
items:
  - {id: 1, text: 一}
  - {id: 2, text: 二}
  - {id: 3, text: 三}
  - {id: 4, text: 四}
  - {id: 5, text: 五}
  - {id: 6, text: 六}
reverse: [6]
critical: [{id: harm, title: 伤害, rank: 4, when: {item: 5, at_least: 1}}]
bank:
  id: mood
  model: graded
  source: 虚构
  year: 2024
  score: {mean: 50, sd: 10, digits: 1}
  stop: {error: 0.6, least: 2, most: 4}
  parameters:
    1: {a: 2.0, b: [-1, 0]}
    2: {a: 1.5, b: [0, 1]}
    3: {a: 1.8, b: [-0.5, 0.5]}
    4: {a: 0.9, b: [1, 2]}
    5: {a: 1.0, b: [1.5, "7/3"]}
    6: {a: 1.2, b: [-1.5, 0.5]}
  bands:
    - {id: low, title: 平稳, rank: 0, below: 60}
    - {id: high, title: 偏高, rank: 3, from: 60, signal: true}
golden:
  - {name: 全选最重, answers: {1-5: 2, 6: 0}, bands: {mood: high}, critical: [harm]}
"""


def bank():
    instrument, found = instrument_from_text(BANK)
    assert [one.sentence for one in lint(instrument, found) if one.level == "error"] == []
    return instrument


def test_a_bank_is_written_as_it_was_read():
    instrument = bank()
    again, found = instrument_from_text(as_yaml(instrument))
    assert found == []
    assert again.bank == instrument.bank
    assert again.bank.items[4].thresholds == (Fraction(3, 2), Fraction(7, 3))


def test_critical_items_are_asked_first_whatever_the_estimate():
    scorer = BankScorer(bank())
    assert scorer.always == ("5",)
    assert scorer.next({}) == "5"


def test_the_path_ends_when_it_is_exact_enough_or_long_enough_and_a_skipped_item_is_not_asked_twice():
    scorer = BankScorer(bank())
    first, second = scorer.path({"5": 0})
    assert first == "5"
    walked = scorer.path({"5": 0}, skipped=[second])
    assert walked[:2] == ["5", second]
    assert walked[2] not in walked[:2]
    whole = {str(n): 1 for n in range(1, 7)}
    path = scorer.path(whole)
    assert 2 <= len(path) <= 4
    assert scorer.path(whole) == path


def test_the_score_is_the_estimate_of_the_model_and_unasked_items_are_no_blanks():
    scorer = Scorer(bank())
    paper = bytes([2, 2, BLANK, BLANK, 0, BLANK])
    scored = scorer.score(paper)
    theta = scorer.bank.bank.estimate({"1": 2, "2": 2, "5": 0})
    assert scored.bank.theta == theta.theta
    assert scored.bank.asked == 3
    assert scored.scores == {"mood": round(50 + 10 * theta.theta, 1)}
    assert scored.bands["mood"].id == ("high" if scored.scores["mood"] >= 60 else "low")
    assert scorer.score(bytes([BLANK] * 6)).scores == {}


def test_a_reversed_item_counts_from_the_other_end():
    scorer = BankScorer(bank())
    assert scorer.answers({"6": 0, "1": 0}) == {"6": 2, "1": 0}
    assert scorer.score({"6": 0}).theta > scorer.score({"6": 2}).theta


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1: {a: 2.0, b: [-1, 0]}", "1: {a: 2.0, b: [0, -1]}", "从小到大"),
        ("1: {a: 2.0, b: [-1, 0]}", "1: {a: 2.0, b: [0]}", "b 要写 2 个"),
        ("1: {a: 2.0, b: [-1, 0]}", "1: {a: -2, b: [-1, 0]}", "a 要大于 0"),
        ("1: {a: 2.0, b: [-1, 0]}", "9: {a: 2.0, b: [-1, 0]}", "不在题目里"),
        ("model: graded", "model: rasch", "各题的 a 要相同"),
        ("source: 虚构\n  year: 2024\n  score", "score", "来源"),
        ("least: 2, most: 4", "least: 2, most: 40", "most 不能多于题数"),
        ("rank: 0, below: 60", "rank: 0, below: 55", "空档"),
        ("id: mood\n", "id: mood\n  always: [1-9]\n", "不在题目里"),
        (
            "golden:",
            "validity: [{id: v, title: 缺, level: doubt, when: {blanks: {more_than: 2}}}]\ngolden:",
            "blanks",
        ),
    ],
)
def test_a_wrong_bank_is_refused_with_the_mend(old, new, said):
    assert old in BANK
    instrument, found = instrument_from_text(BANK.replace(old, new, 1))
    assert any(said in one.sentence for one in lint(instrument, found))
