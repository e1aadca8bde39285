"""Hours a week under a programme: windows times minimum times usual minutes, for each bearer."""

from __future__ import annotations

import copy
import datetime as dt
from fractions import Fraction

import pytest

from tongxin.methods.cadence.calendar import calendar_from_dict
from tongxin.methods.cadence.facts import Facts, LinkRow, Subject
from tongxin.methods.cadence.lint import lint
from tongxin.methods.cadence.load import Load, loads_of_facts

from .vocabulary import BASE, CALENDAR, pack_of, rule

SPRING = dt.date(2023, 2, 1), dt.date(2023, 7, 15)


def timed(kinds: dict[str, dict[str, int]]) -> list[dict]:
    """The invented kinds with usual minutes."""
    found = copy.deepcopy(BASE["kinds"])
    for kind in found:
        kind["effort_min"] = kinds.get(kind["kind"], {})
    return found


VISITS = timed({"visit": {"visitor": 60}, "lesson": {"teacher": 45}, "meeting": {"attendee": 60}})


def school(students: int, teachers: int = 1) -> Facts:
    pupils = [f"s{n}" for n in range(students)]
    staff = [f"t{n}" for n in range(teachers)]
    return Facts(
        subjects=[
            Subject("x", "school", "学校", "x"),
            Subject("h", "homeroom", "一班", "x"),
            *(Subject(one, "student", one, "x") for one in pupils),
            *(Subject(one, "staff", one, "x") for one in staff),
        ],
        links=[
            *(LinkRow(f"e{one}", "enrolled_in", one, "h") for one in pupils),
            *(LinkRow(f"p{one}", "homeroom_teacher", one, "h") for one in staff),
        ],
    )


def loads(*rules, facts: Facts | None = None, budget: Fraction | None = None, **changes) -> list[Load]:
    pack = pack_of(*rules, kinds=VISITS, **changes)
    assert [f.sentence for f in pack.findings if f.level == "error"] == []
    return loads_of_facts(pack, facts or school(10), calendar_from_dict(CALENDAR), *SPRING, budget)


def total(load: Load, weeks: int) -> Fraction:
    return load.hours_per_week * weeks


def weeks() -> int:
    calendar = calendar_from_dict(CALENDAR)
    days = [day for day in calendar.all_school_days() if SPRING[0] <= day <= SPRING[1]]
    return len({day - dt.timedelta(days=day.weekday()) for day in days})


def test_each_student_costs_the_class_teacher_a_visit_a_term():
    (load,) = loads(rule())
    assert load.person == "t0"
    assert total(load, weeks()) == 10
    assert load.bottleneck == "rule"


def test_two_who_hold_the_post_share_it():
    both = loads(rule(), facts=school(10, teachers=2))
    assert [total(load, weeks()) for load in both] == [5, 5]


def test_a_duty_of_ones_own_costs_the_part_that_is_counted():
    lessons = rule(subject="staff", bearer="self", count={"kind": "lesson", "part": "teacher"}, at_least=4)
    (load,) = loads(lessons)
    assert total(load, weeks()) == 3


def test_hours_are_hours_whatever_the_usual_minutes():
    study = rule(subject="staff", bearer="self", count={"kind": "meeting", "part": "attendee"}, measure={"sum": "hours"}, at_least=8)  # fmt: skip
    (load,) = loads(study)
    assert total(load, weeks()) == 8


def test_the_rule_that_takes_most_is_the_bottleneck_and_the_fullest_person_comes_first():
    late = rule(id="late", subject="staff", bearer="self", count={"kind": "lesson", "part": "teacher"}, at_least=1)  # fmt: skip
    facts = school(10)
    facts = Facts([*facts.subjects, Subject("t9", "staff", "t9", "x")], [], facts.links)
    found = loads(rule(), late, facts=facts)
    assert [load.person for load in found] == ["t0", "t9"]
    assert found[0].bottleneck == "rule"
    assert found[1].bottleneck == "late"


def test_what_is_only_encouraged_a_maximum_and_standing_rules_cost_nothing():
    spare = {"document": "方案", "modality": "encouraged"}
    assert loads(rule(source=spare)) == []
    assert loads(rule(at_least=None, at_most=3)) == []
    assert loads(rule(window="standing")) == []


def test_a_checklist_costs_all_its_items_or_the_cheapest():
    items = [{"count": {"kind": "visit", "part": "visited"}}, {"count": {"kind": "visit", "part": "visited"}, "at_least": 2}]  # fmt: skip
    (every,) = loads(rule(count=None, at_least=None, all_of=items))
    (one,) = loads(rule(count=None, at_least=None, any_of=items))
    assert (total(every, weeks()), total(one, weeks())) == (30, 10)


@pytest.mark.parametrize(("budget", "over"), [(Fraction(1, 10), True), (Fraction(5), False)])
def test_a_budget_is_the_school_s_or_the_pack_s(budget, over):
    (load,) = loads(rule(), budget=budget)
    assert (load.budget, load.over) == (budget, over)
    (load,) = loads(rule(), budget=None)
    assert load.budget is None
    (load,) = loads(rule(), **{"budget": None} | {"posts": BASE["posts"]})
    assert load.as_dict()["over"] is False


def test_the_peak_is_the_week_with_most_to_do():
    (load,) = loads(rule(window={"from": "2023-04-03", "to": "2023-04-14"}))
    week, hours = load.peak
    assert dt.date(2023, 4, 3) <= week <= dt.date(2023, 4, 10)
    assert hours == 5


def test_a_budget_that_a_school_of_ordinary_size_cannot_keep_is_a_warning():
    tight = pack_of(rule(), kinds=VISITS, **{"budget": {"homeroom_teacher": 1, "else": 1}})
    assert "load" in {f.code for f in lint(tight, cases=False) if f.level == "warning"}
    roomy = pack_of(rule(), kinds=VISITS, **{"budget": 10})
    assert "load" not in {f.code for f in lint(roomy, cases=False)}


@pytest.mark.parametrize("said", ["many", 0, {"king": 4}, {"else": 900}])
def test_a_budget_that_is_none_is_an_error(said):
    assert {f.code for f in pack_of(rule(), budget=said).findings} & {"budget", "unknown-post"}
