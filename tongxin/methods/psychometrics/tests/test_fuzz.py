"""Whatever is written in an instrument or a paper, the reader, the linter and the scorer answer and never raise."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.methods.cadence.findings import ERROR, PackUnreadable
from tongxin.methods.psychometrics.answers import AnswersUnreadable, read_papers
from tongxin.methods.psychometrics.lint import lint
from tongxin.methods.psychometrics.parse import KEYS, instrument_from_dict, instrument_from_text
from tongxin.methods.psychometrics.scoring import Codes, Scorer
from tongxin.methods.psychometrics.writing import as_dict

from .strategies import instruments
from .vocabulary import BASE

SLOW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = [
    "",
    "all",
    "1-3",
    "9-1",
    "total",
    "item",
    "sum",
    "mean",
    "prorate",
    "own",
    "1/0",
    "3-",
    "female",
    "题",
    "1e9",
]
NAMES = [*KEYS, "id", "text", "value", "options", "codings", "codes", "when", "item", "scale", "blanks", "all", "any",
         "not", "count", "at_least", "is", "max", "min", "of", "bands", "cuts", "for", "from", "to", "below", "rank",
         "missing", "rule", "at_most", "mean", "sd", "points", "show_if", "multiply", "digits"]  # fmt: skip
junk = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-5, 5000), st.sampled_from([10**9, -(10**17)]), st.floats(-10, 10),
        st.dates(), st.sampled_from(WORDS), st.text(max_size=5),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip


def places(value: Any, path: tuple = ()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


PLACES = [path for path in places(BASE) if path]


def changed(path: tuple, value: Any) -> Any:
    raw = copy.deepcopy(BASE)
    at = raw
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return raw


def answer(raw: Any) -> None:
    instrument, findings = instrument_from_dict(raw)
    found = lint(instrument, findings)
    assert all(finding.sentence and finding.line >= 1 for finding in found)
    if not any(finding.level == ERROR for finding in found):
        again, _ = instrument_from_dict(as_dict(instrument))
        assert again == instrument
        Scorer(instrument).score(bytes([255]) * len(instrument.scored_items))


@SLOW
@given(st.sampled_from(PLACES), junk)
def test_a_sound_instrument_with_one_place_spoiled_is_answered(path, value):
    answer(changed(path, value))


@SLOW
@given(st.dictionaries(st.sampled_from(NAMES), junk, max_size=8))
def test_junk_is_answered(raw):
    answer(raw)


@SLOW
@given(instruments())
def test_any_drawn_instrument_is_written_and_read_again_the_same(instrument):
    assert instrument_from_dict(as_dict(instrument)) == (instrument, [])


@SLOW
@given(st.text(max_size=200))
def test_any_text_is_an_instrument_or_one_sentence(text):
    try:
        instrument, findings = instrument_from_text("instrument: x\n" + text)
    except PackUnreadable as problem:
        told = [problem.finding()]
    else:
        told = lint(instrument, findings)
    assert told


@pytest.mark.parametrize(
    "text", ["items: 99999999999999999999", "scales: &a [*a]", "a: &a [1]\nb: [*a, *a]", "[" * 5000]
)
def test_hostile_files_are_refused_or_answered(text):
    try:
        told = lint(*instrument_from_text(text))
    except PackUnreadable as problem:
        told = [problem.finding()]
    assert [finding for finding in told if finding.level == ERROR]


@SLOW
@given(
    st.dictionaries(
        st.sampled_from([str(n) for n in range(0, 9)]),
        st.one_of(st.text(max_size=6), st.integers(), st.none(), st.floats()),
    )
)
def test_any_row_is_read_into_a_paper_that_can_be_scored(row):
    instrument, _ = instrument_from_dict(copy.deepcopy(BASE))
    paper, problems = Codes(instrument).read(row)
    assert len(problems) == paper.count(254)
    Scorer(instrument).score(paper, written={key: str(value) for key, value in row.items()})


@SLOW
@given(st.text(alphabet=st.sampled_from('123456,;\t\n"AB题 -.0Q性别年龄\x00'), max_size=120), st.booleans())
def test_any_table_is_scored_row_by_row_or_refused_in_a_sentence(text, with_heading):
    instrument, _ = instrument_from_dict(copy.deepcopy(BASE))
    scorer = Scorer(instrument)
    try:
        _, papers = read_papers("1,2,3,4,5,6,性别,年龄\n" + text if with_heading else text, instrument)
        for paper in papers:
            scored = scorer.score(paper.paper, paper.person, paper.written)
            assert all(problem.sentence for problem in paper.problems)
            assert set(scored.scores) | set(scored.missing) == set(instrument.scale_by_id)
    except AnswersUnreadable as problem:
        assert str(problem).endswith("。")  # noqa: PT017
