"""Whatever is written in a pack or a case, the reader and the linter answer in sentences and never raise."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.methods.cadence.findings import PackUnreadable
from tongxin.methods.cadence.lint import lint
from tongxin.methods.cadence.pack import Pack, pack_from_dict, pack_from_text
from tongxin.methods.cadence.words import sentences

from .strategies import obligations
from .vocabulary import BASE, RULE

junk = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 5000),
        st.floats(-10, 10),
        st.dates(),
        st.sampled_from(
            ["", "visit", "student", "term", "3/4", "2023-02-30", "60 %", "1..", "activity:", "不知道"]
        ),
        st.text(max_size=6),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["by", "from", "to", "kind", "part", "attribute", "any", "not", "else", "x", "is"]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)
CASE = {"name": "用例", "as_of": "2023-07-10", "verdict": "met", "entries": [{"kind": "visit", "on": "2023-03-10", "with": {"visitor": 2}}],
        "attributes": {"care": True}, "links": ["mentor_of"], "present": {"from": "2023-03-01"}, "waiver": {"from": "2023-03-01"}}  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into a nested value."""
    found = [path] if path else []
    if isinstance(value, dict):
        found += [deeper for key, item in value.items() for deeper in places(item, (*path, key))]
    if isinstance(value, list):
        found += [deeper for at, item in enumerate(value) for deeper in places(item, (*path, at))]
    return found


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    """The invented pack with one or two places overwritten by junk."""
    rules = [copy.deepcopy(draw(obligations("one"))), {**copy.deepcopy(RULE), "cases": [copy.deepcopy(CASE)]}]
    whole: dict[str, Any] = {**copy.deepcopy(BASE), "obligations": rules, "figures": [
        {"figure": "n", "title": "数", "query": {"entries": {"kind": "visit"}, "measure": {"sum": "hours"}}}
    ], "reports": [{"report": "r", "title": "报告", "outline": [{"heading": "一", "figures": ["n"]}]}]}  # fmt: skip
    for _ in range(draw(st.integers(1, 2))):
        *path, last = draw(st.sampled_from(places(whole)))
        inside: Any = whole
        for step in path:
            inside = inside[step]
        inside[last] = draw(junk)
    return whole


def sentences_about(read: Callable[[], Pack]) -> list[str]:
    """What the reader and the linter say; the rules in words are made on the way."""
    try:
        pack = read()
    except PackUnreadable as problem:
        return [problem.sentence]
    sentences(pack, "zh")
    sentences(pack, "en")
    return [finding.sentence for finding in lint(pack)]


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(spoiled())
def test_a_spoiled_pack_is_described_not_crashed_on(whole):
    assert [said for said in sentences_about(lambda: pack_from_dict(whole)) if not said.endswith("。")] == []


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=80))
def test_any_text_is_a_pack_or_unreadable_in_a_sentence(text):
    assert [said for said in sentences_about(lambda: pack_from_text(text)) if not said.endswith("。")] == []
