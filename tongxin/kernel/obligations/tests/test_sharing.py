"""An entry serves one of two rules that say so, also where only one of them is asked about, and the reason is told."""

import pytest

from tongxin.kernel.obligations.queries import ask, explain
from tongxin.testing.pack import AUTUMN_VISIT


@pytest.fixture
def exclusive(cast, today):
    cast.add_rules(
        AUTUMN_VISIT, ("    window: term\n    remind", "    window: term\n    counts_for: one\n    remind")
    )
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
