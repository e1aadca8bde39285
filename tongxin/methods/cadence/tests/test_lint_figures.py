"""What a figure may show of an obligation, and what the linter says of the rest: the line, and what to write."""

from __future__ import annotations

from typing import Any

import pytest

from tongxin.methods.cadence.declarations import MEASURE_SHOWN, VERDICTS_SHOWN
from tongxin.methods.cadence.lint import lint

from .vocabulary import pack_of, rule

SHARE = {"subject": "homeroom", "measure": {"share": {"of": "students"}}, "at_least": "3/4"}
STANDING = {"count": None, "subject": "staff", "measure": {"links": "mentor_of"}, "window": "standing"}
CHECKLIST = {"count": None, "at_least": None, "all_of": [{"count": {"kind": "visit"}, "at_least": 1}]}
TWO_WINDOWS = {"window": None, "windows": ["month", "term"]}


def said(show: str, **changes: Any) -> list[str]:
    figures = [{"figure": "seen", "title": "看", "query": {"obligation": "rule", "show": show}}]
    found = lint(pack_of(rule(**changes), figures=figures), cases=False)
    return [one.sentence for one in found if one.code in ("figure-show", "figure")]


@pytest.mark.parametrize("show", [*VERDICTS_SHOWN, *MEASURE_SHOWN])
@pytest.mark.parametrize("changes", [{}, CHECKLIST])
def test_a_rule_that_counts_times_or_items_can_be_shown_in_every_way(show, changes):
    assert said(show, **changes) == []


@pytest.mark.parametrize(
    ("show", "changes", "mend"),
    [
        ("done", {"measure": "people"}, "请写 average 或 latest"),
        ("done", STANDING, "请写 average 或 latest"),
        ("done", SHARE, "请写 coverage"),
        ("average", SHARE, "请写 coverage"),
        ("latest", SHARE, "请写 coverage"),
        ("latest_day", STANDING, "请写 latest"),
        ("done", TWO_WINDOWS, "请写 latest"),
        ("average", TWO_WINDOWS, "请写 latest"),
        ("mean", {}, "只能写：coverage、met、missed"),
    ],
)
def test_what_would_say_nothing_true_is_refused_with_what_to_write_instead(show, changes, mend):
    sentences = said(show, **changes)
    assert len(sentences) == 1
    assert mend in sentences[0]


@pytest.mark.parametrize(
    ("show", "changes"),
    [
        ("latest", STANDING),
        ("average", STANDING),
        ("latest_day", SHARE),
        ("latest", TWO_WINDOWS),
        ("average", {"measure": "people"}),
    ],
)
def test_what_says_something_true_passes(show, changes):
    assert said(show, **changes) == []


def test_the_finding_stands_at_the_line_of_the_figure():
    from tongxin.methods.cadence.pack import pack_from_text
    from tongxin.testing.pack import PACK

    text = PACK.replace("show: coverage", "show: total")
    line = text.splitlines().index(next(one for one in text.splitlines() if "show: total" in one)) + 1
    (found,) = [one for one in pack_from_text(text).findings if one.code == "figure"]
    assert found.line == line
