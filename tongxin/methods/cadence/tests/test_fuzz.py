"""Whatever is written in a pack or a case, the reader and the linter answer in sentences and never raise."""

from __future__ import annotations

import copy
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.methods.cadence.findings import PackUnreadable
from tongxin.methods.cadence.lint import lint
from tongxin.methods.cadence.pack import Pack, load_pack, pack_from_dict, pack_from_text
from tongxin.methods.cadence.words import sentences

from .strategies import obligations
from .vocabulary import BASE, RULE

junk = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 5000),
        st.sampled_from(
            [10**9, -(10**9), 10**17, "99999999d", "99999999/1", "1e9999", "+900d", "a:b:c", "1/0"]
        ),
        st.floats(-10, 10),
        st.dates(),
        st.sampled_from(
            [
                "",
                "visit",
                "student",
                "term",
                "3/4",
                "2023-02-30",
                "60 %",
                "1..",
                "activity:",
                "不知道",
                "appoint(x)",
            ]
        ),
        st.text(max_size=6),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "by",
                    "from",
                    "to",
                    "kind",
                    "part",
                    "attribute",
                    "any",
                    "not",
                    "else",
                    "x",
                    "is",
                    "id",
                    "when",
                    "points",
                    "veto",
                    "at",
                    "within",
                    "of",
                    "every",
                    "unit",
                    "rolling",
                    "before",
                ]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)
CASE = {"name": "用例", "as_of": "2023-07-10", "verdict": "met", "entries": [{"kind": "visit", "on": "2023-03-10", "with": {"visitor": 2}}],
        "attributes": {"care": True}, "links": ["mentor_of"], "present": {"from": "2023-03-01"}, "waiver": {"from": "2023-03-01"}}  # fmt: skip
SURROUNDED = {
    "exempt": {"care": False},
    "blocks": "appoint(homeroom_teacher)",
    "waiver": {"by": "secretary", "expires": "90d"},
    "consequence": [{"points": -1, "per": "missing_unit", "floor": -10}, {"veto": "appraisal"}],
    "tightens": ["one", "national:visit"],
    "overrides": {"id": "one", "when": {"care": True}},
    "escalate": [{"at": "+7d", "to": "secretary"}],
    "rows": ["A12"],
}


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
    rules = [copy.deepcopy(draw(obligations("one"))), copy.deepcopy(RULE) | copy.deepcopy(SURROUNDED)]
    rules[1]["cases"] = [copy.deepcopy(CASE)]
    whole: dict[str, Any] = {**copy.deepcopy(BASE), "budget": {"secretary": 2, "else": 9}, "obligations": rules, "figures": [
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


def _bomb(levels: int, wide: int) -> str:
    rows = ["a0: &a0 [x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * wide)}]" for n in range(1, levels)]
    return "\n".join(rows)


HOSTILE = {
    "a list of lists of aliases": _bomb(12, 9),
    "a mapping that doubles forty times": "\n".join(
        ["a0: &a0 {k: x}", *(f"a{n}: &a{n} {{p: *a{n - 1}, q: *a{n - 1}}}" for n in range(1, 40))]
    ),
    "a list within itself": "a: &a [*a]",
    "a mapping within itself": "a: &a {b: *a}",
    "a hundred thousand brackets": "a: " + "[" * 100_000,
    "brackets closed only in quotes": "a: " + "[']', " * 50_000,
    "fifty thousand mappings in one line": "a: " + "{a: " * 50_000,
    "three thousand steps inwards": "\n".join(" " * n + "a:" for n in range(3000)),
    "sixty thousand dashes": "- " * 60_000 + "x",
    "a number of five thousand digits": "pack: x\nversion: " + "9" * 5000,
    "ten megabytes of one word": "pack: " + "x" * 10_000_000,
    "ten megabytes of short lines": "a: 1\n" * 2_000_000,
    "a tag that would run something": "pack: !!python/object/apply:os.system [ls]",
    "a stray alias": "a: *nope",
    "two documents": "a: 1\n---\nb: 2",
    "a null character": "pack: \x00",
    "half a character": "pack: \ud800",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_refused_in_sentences_with_a_line_soon_and_in_little_memory(text):
    began = time.process_time()
    tracemalloc.start()
    try:
        pack = pack_from_text(text, "pack.yaml")
        said = [(finding.line, finding.sentence) for finding in lint(pack)]
    except PackUnreadable as problem:
        said = [(problem.line, problem.sentence)]
    finally:
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert said
    assert all(line >= 1 and sentence.endswith("。") for line, sentence in said)
    assert time.process_time() - began < 10
    assert peak < 200_000_000


def test_many_rules_and_a_circle_of_a_thousand_are_linted_in_time():
    rules = [{**RULE, "id": f"r{n}", "tightens": f"r{(n + 1) % 1000}"} for n in range(1000)]
    pack = pack_from_dict({**copy.deepcopy(BASE), "obligations": rules}, "pack.yaml")
    began = time.process_time()
    assert "cycle" in {finding.code for finding in lint(pack)}
    assert time.process_time() - began < 20


def test_a_folder_that_is_too_large_as_a_whole_is_refused(tmp_path):
    for n in range(3):
        (tmp_path / f"{n}.yaml").write_text("note: " + "x" * 2_000_000, encoding="utf-8")
    with pytest.raises(PackUnreadable, match="合起来超过"):
        load_pack(tmp_path)
