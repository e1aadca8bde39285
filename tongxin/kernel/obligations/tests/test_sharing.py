"""An entry serves one of two rules that say so, also where only one of them is asked about, and the reason is told."""

import pytest

from tongxin.kernel.obligations.queries import ask, explain
from tongxin.kernel.programmes.services import change
from tongxin.testing.pack import PACK

RULE = """  - id: autumn-visit
    title: 秋季家访
    heading: "2.1"
    source: {document: 青山中学育人方案, at: 二(三), level: school, modality: must}
    since: 2026-01-10
    subject: student
    bearer: homeroom_teacher
    count: {kind: home_visit, part: visited}
    at_least: 1
    window: {from: 2026-10-01, to: 2026-11-30}
    counts_for: one
figures:"""


@pytest.fixture
def exclusive(cast, today):
    text = PACK.replace("figures:", RULE, 1).replace(
        "    window: term\n    remind", "    window: term\n    counts_for: one\n    remind", 1
    )
    change(cast.programme, text, "只算一条", by=cast.wang.account, base=1)
    return cast


def test_one_visit_serves_the_rule_that_is_due_first(exclusive, today):
    student = exclusive.students[1][0]
    exclusive.visit(student, today)
    asked = ask(exclusive.programme, today)
    states = {
        v.obligation: v.verdict for v in asked.verdicts() if v.subject == str(student.pk) and v.last >= today
    }
    assert states["autumn-visit"] == "met"
    assert states["visit-once-a-term"] == "open"


@pytest.mark.parametrize("rule", ["autumn-visit", "visit-once-a-term"])
def test_a_question_about_one_rule_is_answered_with_its_rivals_in_mind(exclusive, today, rule):
    exclusive.visit(exclusive.students[1][0], today)
    whole, alone = ask(exclusive.programme, today), ask(exclusive.programme, today)
    found = alone.verdicts([rule])
    assert {v.obligation for v in found} == {rule}
    assert found == [v for v in whole.verdicts() if v.obligation == rule]


def test_why_says_what_the_visit_was_counted_for(exclusive, today):
    student = exclusive.students[1][0]
    entry = exclusive.visit(student, today)
    asked = ask(exclusive.programme, today)
    first = next(v.first for v in asked.verdicts(["visit-once-a-term"]) if v.last >= today)
    verdict = explain(exclusive.liu.viewer(), asked, "visit-once-a-term", student, first)
    assert verdict.rejected == ((str(entry.pk), "counted for: autumn-visit"),)
