"""The numbered meaning of the language (docs/reference/rule-language.md), line by line, as golden cases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tongxin.methods.cadence.calendar import calendar_from_dict
from tongxin.methods.cadence.facts import (
    AttributeRow,
    Entry,
    EvidenceRow,
    Facts,
    LinkRow,
    Participation,
    Subject,
)
from tongxin.methods.cadence.golden import run_case
from tongxin.methods.cadence.reference import Verdict, evaluate

from .vocabulary import CALENDAR, pack_of, rule

VISIT = {"kind": "visit", "on": "2023-03-10"}


def agrees(spelled: dict[str, Any], *newer: dict[str, Any], **case: Any) -> None:
    """The reference evaluator gives the case's verdict for this rule."""
    pack = pack_of(spelled, *newer)
    assert [finding.sentence for finding in pack.findings if finding.level == "error"] == []
    outcome = run_case(pack, pack.obligations[0], {"name": "用例", **case})
    assert outcome.passed, outcome.sentence


def judged(facts: Facts, as_of: dt.date, *rules: dict[str, Any], **pack: Any) -> list[Verdict]:
    return evaluate(pack_of(*rules, **pack), facts, calendar_from_dict(CALENDAR), as_of)


# 1 scope


def test_a_subject_that_never_was_in_scope_has_no_row():
    agrees(rule(where={"care": True}), attributes={"care": False}, as_of="2023-07-10", verdict="none")


def test_arriving_in_a_window_owes_it_in_full():
    agrees(rule(at_least=3), present={"from": "2023-06-01"}, as_of="2023-07-10", verdict="missed", owed=3)


def test_prorate_counts_school_days_and_rounds_up():
    spelled = rule(at_least=4, arrivals="prorate")
    agrees(spelled, present={"from": "2023-06-01"}, as_of="2023-07-10", verdict="missed", owed=1)
    agrees(spelled, present={"from": "2023-05-01"}, as_of="2023-07-10", verdict="missed", owed=2)


@pytest.mark.parametrize(("arrives", "verdict"), [("2023-06-01", "missed"), ("2023-06-02", "not_expected")])
def test_arrivals_from_asks_only_those_present_that_long(arrives, verdict):
    agrees(rule(arrivals={"from": "30d"}), present={"from": arrives}, as_of="2023-07-10", verdict=verdict)


def test_entries_of_the_whole_window_count_for_one_who_came_into_scope_later():
    agrees(rule(where={"care": True}), attributes=[{"attribute": "care", "value": True, "from": "2023-05-01"}],
           entries=[VISIT], as_of="2023-07-10", verdict="met")  # fmt: skip


def test_out_of_scope_on_the_last_day_and_unmet_is_not_expected_with_the_change():
    changed = [{"attribute": "care", "value": True, "from": "2023-03-01", "to": "2023-04-30"}]
    changed += [{"attribute": "care", "value": False, "from": "2023-05-01"}]
    spelled = rule(where={"care": True})
    agrees(
        spelled,
        attributes=changed,
        as_of="2023-07-10",
        verdict="not_expected",
        reason="since 2023-05-01: condition",
    )
    agrees(spelled, attributes=changed, entries=[VISIT], as_of="2023-07-10", verdict="met")
    agrees(
        rule(), present={"to": "2023-05-31"}, as_of="2023-07-10", verdict="not_expected", reason="presence"
    )


# 2 unknown


@pytest.mark.parametrize(
    "where", [{"care": True}, {"not": {"care": True}}, {"grade": {"at_least": 2}}, {"grade": {"at_most": 2}}]
)
def test_an_unknown_value_is_neither_true_nor_false(where):
    unknown = {"care": None, "grade": None}
    agrees(
        rule(where=where),
        attributes=unknown,
        entries=[VISIT],
        as_of="2023-07-10",
        verdict="not_expected",
        reason="unknown: ",
    )


def test_all_with_a_false_part_is_false_and_any_with_a_true_part_is_true_whatever_is_unknown():
    both = {"all": [{"attribute": "care", "is": True}, {"attribute": "grade", "is": 1}]}
    agrees(rule(where=both), attributes={"care": None, "grade": 2}, as_of="2023-07-10", verdict="none")
    either = {"any": both["all"]}
    agrees(rule(where=either), attributes={"care": None, "grade": 1}, as_of="2023-07-10", verdict="missed")


def test_a_number_that_is_no_number_is_unknown():
    agrees(
        rule(where={"grade": 1}),
        attributes={"grade": "one"},
        as_of="2023-07-10",
        verdict="not_expected",
        reason="unknown: grade",
    )


# 3 settling


def test_missed_begins_the_day_after_the_window():
    agrees(rule(), as_of="2023-06-30", verdict="open")
    agrees(rule(), as_of="2023-07-01", verdict="missed")


def test_both_ends_of_the_window_count():
    for day in ("2023-02-13", "2023-06-30"):
        agrees(rule(), entries=[{"kind": "visit", "on": day}], as_of="2023-07-01", verdict="met")
    agrees(
        rule(), entries=[{"kind": "visit", "on": "2023-07-20"}], as_of="2023-08-01", verdict="missed", done=0
    )


def test_at_least_is_met_when_reached_and_a_maximum_only_at_the_end():
    agrees(rule(), entries=[VISIT], as_of="2023-03-10", verdict="met")
    agrees(rule(at_least=None, at_most=2), entries=[VISIT], as_of="2023-06-30", verdict="open")
    agrees(rule(at_least=None, at_most=2), entries=[VISIT], as_of="2023-07-01", verdict="met")
    agrees(rule(at_least=None, exactly=1), entries=[VISIT], as_of="2023-03-11", verdict="open")


def test_an_overrun_maximum_is_missed_at_once():
    agrees(
        rule(at_least=None, at_most=2),
        entries=[{**VISIT, "times": 3}],
        as_of="2023-03-11",
        verdict="missed",
        over=1,
    )


def test_a_largest_amount_stays_open_to_the_end():
    spelled = rule(measure={"max": "hours"}, at_least=2)
    agrees(spelled, entries=[{**VISIT, "hours": 3}], as_of="2023-03-11", verdict="open")
    agrees(spelled, entries=[{**VISIT, "hours": 3}], as_of="2023-07-01", verdict="met", done=3)


def test_met_goes_before_waived_and_waived_before_not_expected_and_missed():
    agrees(rule(), entries=[VISIT], waiver=True, as_of="2023-07-10", verdict="met")
    agrees(rule(), waiver={"reason": "家长谢绝"}, as_of="2023-07-10", verdict="waived", reason="家长谢绝")
    agrees(
        rule(where={"care": True}),
        attributes={"care": None},
        waiver=True,
        as_of="2023-07-10",
        verdict="waived",
    )


def test_a_waiver_ends_with_its_last_day_and_with_its_rule():
    agrees(rule(), waiver={"from": "2023-03-01", "to": "2023-04-30"}, as_of="2023-07-10", verdict="missed")
    spelled = rule(waiver={"by": "secretary", "expires": "30d"})
    agrees(spelled, waiver={"from": "2023-03-01"}, as_of="2023-03-20", verdict="waived")
    agrees(spelled, waiver={"from": "2023-03-01"}, as_of="2023-04-01", verdict="open")


def test_over_delivery_is_shown():
    agrees(rule(), entries=[{**VISIT, "times": 3}], as_of="2023-07-10", verdict="met", done=3, owed=1, over=2)


# 5 terms and years


@pytest.mark.parametrize(
    ("window", "day", "verdict"),
    [
        ("term", "2023-07-20", "missed"),
        ("half_year", "2023-07-20", "met"),
        ("year", "2022-09-10", "met"),
        ({"year": "calendar"}, "2022-12-31", "missed"),
    ],
)
def test_breaks_belong_to_no_term_but_to_the_half_year_and_the_year(window, day, verdict):
    as_of = "2024-01-10" if window == {"year": "calendar"} else "2023-08-31"
    case = {
        "as_of": as_of,
        "window": "2023-06-01",
        "verdict": verdict if as_of > "2023-08-31" or verdict == "met" else "missed",
    }
    agrees(rule(window=window), entries=[{"kind": "visit", "on": day}], **case)


# 6 versions


def test_the_version_in_force_on_the_last_day_judges_the_window():
    old, new = rule(), rule(since="2023-04-01", at_least=2)
    agrees(new, old, entries=[VISIT], as_of="2023-07-10", verdict="missed", owed=2)
    agrees(old, new, entries=[VISIT], as_of="2023-07-10", verdict="missed", window="2022秋")


def test_a_new_version_may_wait_for_the_next_window():
    old, new = rule(), rule(since="2023-04-01", at_least=2, applies="next_window")
    agrees(old, new, entries=[VISIT], as_of="2023-07-10", verdict="met", window="2023春")
    agrees(new, old, as_of="2023-09-10", verdict="open", window="2023秋", owed=2)


def test_a_rules_first_window_is_the_one_that_holds_since_counted_in_full():
    agrees(rule(since="2023-06-01"), entries=[VISIT], as_of="2023-07-10", verdict="met", window="2023春")


def test_a_rule_that_has_ended_judges_no_window_after():
    agrees(rule(until="2023-06-30"), as_of="2023-10-10", verdict="none", window="2023秋")


# 7 freezing


def test_known_at_applies_to_entries_evidence_and_attributes():
    late = {**VISIT, "recorded": "2023-07-20"}
    agrees(rule(), entries=[late], as_of="2023-07-10", known_at="2023-07-15", verdict="missed")
    agrees(rule(), entries=[late], as_of="2023-07-10", verdict="met")
    evidence = {**VISIT, "evidence": ["photo"], "evidence_recorded": "2023-07-20"}
    agrees(
        rule(evidence=["photo"]),
        entries=[evidence],
        as_of="2023-07-10",
        known_at="2023-07-15",
        verdict="missed",
        rejected=1,
    )
    agrees(rule(evidence=["photo"]), entries=[evidence], as_of="2023-07-10", verdict="met")
    told = [{"attribute": "care", "value": True, "recorded": "2023-07-20"}]
    agrees(
        rule(where={"care": True}),
        attributes=told,
        as_of="2023-07-10",
        known_at="2023-07-15",
        verdict="not_expected",
    )


def test_a_withdrawn_entry_still_stands_in_the_figure_of_its_time():
    gone = {**VISIT, "withdrawn": "2023-07-20"}
    agrees(rule(), entries=[gone], as_of="2023-07-10", known_at="2023-07-15", verdict="met")
    agrees(rule(), entries=[gone], as_of="2023-07-10", verdict="missed")


# 8 heads and amounts


def _school(*rows: Participation, kind: str = "meeting") -> Facts:
    people = [
        Subject("s1", "student", "", "x"),
        Subject("s2", "student", "", "x"),
        Subject("t1", "staff", "", "x"),
    ]
    places = [
        Subject("x", "school", "", "x"),
        Subject("h", "homeroom", "", "x"),
        Subject("b", "branch", "", "x"),
    ]
    links = [
        LinkRow("1", "enrolled_in", "s1", "h"),
        LinkRow("2", "enrolled_in", "s2", "h", dt.date(2023, 3, 1)),
    ]
    day = dt.date(2023, 3, 10)
    return Facts([*people, *places], [], links, [Entry("e1", kind, day, day, "x", rows=rows)])


def _of(verdicts: list[Verdict], subject: str) -> Verdict:
    return next(v for v in verdicts if v.subject == subject)


SPRING = dt.date(2023, 7, 10)


def _done(facts: Facts, who: str, **changes: Any) -> Any:
    spelled = rule(count={"kind": "meeting", "part": "attendee"}, since="2023-03-01", **changes)
    return _of(judged(facts, SPRING, spelled), who).done


def test_for_one_person_an_entry_counts_once_even_in_two_rows():
    facts = _school(Participation("attendee", "s1"), Participation("attendee", "h"))
    assert _done(facts, "s1") == 1


def test_a_group_in_a_part_stands_for_its_members_that_day_less_the_absent():
    facts = _school(Participation("attendee", "h"), Participation("attendee", "s2", absent=True))
    assert _done(facts, "s1") == 1
    assert _done(facts, "s2") == 0
    assert _done(facts, "h", subject="homeroom", measure="people") == 1


@pytest.mark.parametrize(
    ("measure", "done"), [("times", 1), ("people", 2), ("person_times", 2), ({"sum": "hours"}, 3)]
)
def test_for_a_group_times_counts_entries_and_people_counts_heads(measure, done):
    facts = _school(Participation("attendee", "h", amounts={"hours": 150}))
    assert _done(facts, "h", subject="homeroom", measure=measure) == done
    assert _done(facts, "x", subject="school", measure=measure) == done


def test_an_amount_per_entry_is_added_once():
    rows = [Participation("visited", name, amounts={"cost": 2000, "hours": 50}) for name in ("s1", "s2")]
    facts = _school(*rows, kind="visit")
    by_school = {"subject": "school", "count": {"kind": "visit"}, "since": "2023-03-01"}
    assert _of(judged(facts, SPRING, rule(**by_school, measure={"sum": "cost"})), "x").done == 20
    assert _of(judged(facts, SPRING, rule(**by_school, measure={"sum": "hours"})), "x").done == 1


def test_amounts_are_exact():
    agrees(
        rule(measure={"sum": "hours"}, at_least=0.3),
        entries=[{**VISIT, "hours": 0.1, "times": 3}],
        as_of="2023-07-10",
        verdict="met",
    )


def test_average_is_of_the_recorded_amounts():
    spelled = rule(measure={"average": "hours"}, at_least=1.25)
    agrees(
        spelled,
        entries=[{**VISIT, "hours": 1}, {**VISIT, "hours": 1.5}, VISIT],
        as_of="2023-07-10",
        verdict="met",
    )


# 9 and 2: numbers


def test_a_minimum_of_nothing_is_not_expected():
    agrees(
        rule(at_least={"by": "grade", "1": 0, "else": 2}),
        attributes={"grade": 1},
        as_of="2023-07-10",
        verdict="not_expected",
    )
    agrees(
        rule(at_least={"by": "grade", "1": 0, "else": 2}),
        attributes={"grade": 3},
        as_of="2023-07-10",
        verdict="missed",
        owed=2,
    )


def test_a_table_reads_bands_of_the_class_the_student_is_in():
    spelled = rule(at_least={"by": "size", "<=45": 1, ">=46": 2})
    agrees(spelled, attributes={"size": 45}, entries=[VISIT], as_of="2023-07-10", verdict="met")
    agrees(spelled, attributes={"size": 46}, entries=[VISIT], as_of="2023-07-10", verdict="missed")
    agrees(
        spelled,
        attributes={"size": None},
        entries=[VISIT],
        as_of="2023-07-10",
        verdict="not_expected",
        reason="unknown: size",
    )


def test_a_table_by_post_takes_the_first_post_held():
    spelled = rule(subject="staff", count={"kind": "lesson", "part": "observer"}, bearer="self",
                   at_least={"by": "post", "homeroom_teacher": 5, "else": 1})  # fmt: skip
    agrees(spelled, posts=["homeroom_teacher"], as_of="2023-07-10", verdict="missed", owed=5)
    agrees(spelled, as_of="2023-07-10", verdict="missed", owed=1)


# 10 filters


def test_only_filters_qualifiers_and_amounts():
    spelled = rule(count={"kind": "visit", "part": "visited", "only": {"mode": "in_person"}})
    agrees(spelled, entries=[{**VISIT, "mode": "online"}], as_of="2023-07-10", verdict="missed", rejected=1)
    agrees(spelled, entries=[VISIT], as_of="2023-07-10", verdict="met")
    long = rule(count={"kind": "visit", "part": "visited", "only": {"hours": {"at_least": 1}}})
    agrees(long, entries=[{**VISIT, "hours": 0.5}], as_of="2023-07-10", verdict="missed")
    agrees(long, entries=[{**VISIT, "hours": 1}], as_of="2023-07-10", verdict="met")


@pytest.mark.parametrize(
    "by",
    [
        {"part": "visitor", "post": "homeroom_teacher"},
        {"part": "visitor", "subject": "member"},
        {"part": "visitor", "link": "mentor_of"},
        {"part": "visitor", "where": {"young": True}},
    ],
)
def test_by_says_who_must_have_played_which_part(by):
    spelled = rule(count={"kind": "visit", "part": "visited", "by": by})
    agrees(spelled, entries=[VISIT], as_of="2023-07-10", verdict="met")
    agrees(spelled, entries=[{**VISIT, "by": "other"}], as_of="2023-07-10", verdict="missed", rejected=1)


def test_a_homeroom_teacher_of_another_homeroom_does_not_count():
    facts = Facts(
        [Subject("x", "school", "", "x"), Subject("h", "homeroom", "", "x"), Subject("g", "homeroom", "", "x"),
         Subject("s", "student", "", "x"), Subject("t", "staff", "", "x")],
        [],
        [LinkRow("1", "enrolled_in", "s", "h"), LinkRow("2", "homeroom_teacher", "t", "g")],
        [Entry("e", "visit", dt.date(2023, 3, 10), dt.date(2023, 3, 10), "x",
               rows=(Participation("visited", "s"), Participation("visitor", "t")))],
    )  # fmt: skip
    by = {"part": "visitor", "post": "homeroom_teacher"}
    (verdict,) = judged(
        facts, SPRING, rule(since="2023-03-01", count={"kind": "visit", "part": "visited", "by": by})
    )
    assert verdict.rejected == (("e", "by"),)


# 11 stubs


def test_fortnights_count_from_teaching_week_1_and_a_cut_one_is_dropped():
    weeks = {"every": 2, "unit": "teaching_week"}
    agrees(rule(window=weeks), as_of="2023-02-26", verdict="open", window="2023春第1–2周")
    agrees(
        rule(window={"every": 3, "unit": "teaching_week"}),
        as_of="2023-08-01",
        verdict="none",
        window="2023-06-30",
    )
    agrees(
        rule(window={"every": 3, "unit": "teaching_week", "stub": "full"}),
        as_of="2023-08-01",
        verdict="missed",
        window="2023-06-30",
    )


def test_a_cut_window_may_be_prorated():
    spelled = rule(window={"every": 3, "unit": "teaching_week", "stub": "prorate"}, at_least=3)
    agrees(spelled, as_of="2023-08-01", verdict="missed", window="2023-06-30", owed=2)


def test_a_window_without_a_school_day_is_not_expected_but_a_planned_one_is():
    agrees(rule(window="month"), as_of="2023-08-10", verdict="not_expected", window="2023-07")
    agrees(rule(window={"plan_month": 7}), as_of="2023-08-10", verdict="missed", window="2023-07")


def test_nothing_carries_over():
    agrees(
        rule(window="month"),
        entries=[{**VISIT, "times": 3}],
        as_of="2023-05-10",
        verdict="missed",
        window="2023-04",
    )


# 12 late


def test_late_work_leaves_missed_and_says_how_late():
    late = [{"kind": "visit", "on": "2023-07-03"}]
    agrees(
        rule(window={"by": "2023-06-30"}),
        entries=late,
        as_of="2023-07-10",
        verdict="missed",
        late_by=3,
        done=0,
    )
    agrees(rule(window="term"), entries=late, as_of="2023-07-10", verdict="missed", late_by=None)


# 13 spans


def test_a_span_belongs_to_the_window_of_its_last_day_and_counts_when_ended():
    span = [{"kind": "visit", "from": "2023-06-29", "to": "2023-07-02"}]
    agrees(rule(), entries=span, as_of="2023-07-10", verdict="missed", window="2023春")
    agrees(rule(window="year"), entries=span, as_of="2023-07-01", verdict="open")
    agrees(rule(window="year"), entries=span, as_of="2023-07-02", verdict="met")


def test_day_measures_count_each_day_where_it_falls():
    span = [{"kind": "visit", "from": "2023-06-29", "to": "2023-07-02"}]
    agrees(
        rule(measure={"distinct": "day"}, at_least=2),
        entries=span,
        as_of="2023-07-10",
        verdict="met",
        done=2,
        window="2023春",
    )


# 14 evidence


def test_an_entry_without_required_evidence_is_rejected_as_evidence_missing():
    spelled = rule(evidence=["photo", "sheet"])
    agrees(
        spelled,
        entries=[{**VISIT, "evidence": ["photo"]}],
        as_of="2023-07-10",
        verdict="missed",
        rejected=1,
        done=0,
    )
    agrees(spelled, entries=[VISIT], as_of="2023-07-10", verdict="met")
    agrees(
        rule(evidence={"any": ["photo", "sheet"]}),
        entries=[{**VISIT, "evidence": ["sheet"]}],
        as_of="2023-07-10",
        verdict="met",
    )


def test_the_rejection_names_the_evidence():
    day = dt.date(2023, 3, 10)
    rows, evidence = (Participation("visited", "s1"),), (EvidenceRow("photo"),)
    facts = Facts(
        [Subject("s1", "student")], entries=[Entry("e", "visit", day, day, rows=rows, evidence=evidence)]
    )
    (verdict,) = judged(facts, SPRING, rule(since="2023-03-01", evidence=["photo", "sheet"]))
    assert verdict.rejected == (("e", "evidence missing: sheet"),)


# 18 checklists


def test_all_of_needs_every_item_and_any_of_one():
    items = [{"count": {"kind": "visit", "part": "visited"}, "at_least": 1},
             {"count": {"kind": "meeting", "part": "attendee"}, "at_least": 2}]  # fmt: skip
    whole, either = (
        rule(count=None, at_least=None, all_of=items),
        rule(count=None, at_least=None, any_of=items),
    )
    agrees(whole, entries=[VISIT], as_of="2023-03-20", verdict="open", done=1, owed=2)
    agrees(whole, entries=[VISIT], as_of="2023-07-10", verdict="missed")
    agrees(
        whole,
        entries=[VISIT, {"kind": "meeting", "on": "2023-03-10", "times": 2}],
        as_of="2023-03-20",
        verdict="met",
        counted=3,
    )
    agrees(either, entries=[VISIT], as_of="2023-03-20", verdict="met", done=1, owed=1)


def test_an_item_that_does_not_apply_drops_out_and_none_left_is_not_expected():
    items = [{"count": {"kind": "visit", "part": "visited"}, "at_least": 1, "where": {"care": True}},
             {"count": {"kind": "meeting", "part": "attendee"}, "at_least": 1, "where": {"need": "a"}}]  # fmt: skip
    whole = rule(count=None, at_least=None, all_of=items)
    agrees(
        whole,
        attributes={"care": True, "need": "b"},
        entries=[VISIT],
        as_of="2023-03-20",
        verdict="met",
        owed=1,
    )
    agrees(whole, attributes={"care": False, "need": "b"}, as_of="2023-07-10", verdict="not_expected")


# 19 bearers


def _with_teachers(*links: LinkRow) -> Facts:
    people = [
        Subject("s", "student", "", "x"),
        *(Subject(name, "staff", "", "x") for name in ("liu", "chen", "wang")),
    ]
    return Facts([Subject("x", "school", "", "x"), Subject("h", "homeroom", "", "x"), *people], [],
                 [LinkRow("0", "enrolled_in", "s", "h"), LinkRow("9", "secretary", "wang", "x"), *links])  # fmt: skip


def test_a_gap_stays_with_the_bearer_of_the_due_day():
    facts = _with_teachers(
        LinkRow("1", "homeroom_teacher", "liu", "h", dt.date.min, dt.date(2023, 5, 31)),
        LinkRow("2", "homeroom_teacher", "chen", "h", dt.date(2023, 6, 1), dt.date(2023, 7, 5)),
    )
    for as_of, bearer in [(dt.date(2023, 5, 1), "liu"), (dt.date(2023, 6, 10), "chen"), (SPRING, "chen")]:
        (verdict,) = judged(facts, as_of, rule(since="2023-03-01"))
        assert verdict.bearer == (bearer,)


def test_a_vacant_post_passes_to_its_superior():
    (verdict,) = judged(_with_teachers(), SPRING, rule(since="2023-03-01"))
    assert verdict.bearer == ("wang",)


# 20 modality


def test_encouraged_is_never_missed():
    spelled = rule(source={"document": "虚构方案", "modality": "encouraged"})
    agrees(spelled, as_of="2023-06-01", verdict="open")
    agrees(spelled, as_of="2023-07-10", verdict="not_expected", reason="encouraged")
    agrees(spelled, entries=[VISIT], as_of="2023-07-10", verdict="met")


def test_what_is_asked_in_principle_is_missed_like_anything_else():
    """A reason that somebody states stands beside the verdict and is no part of it."""
    spelled = rule(source={"document": "虚构方案", "modality": "in_principle"})
    agrees(spelled, as_of="2023-06-01", verdict="open")
    agrees(spelled, as_of="2023-07-10", verdict="missed")


# subjects and attributes of containers


def test_a_member_is_in_scope_while_the_branch_link_holds():
    spelled = rule(
        subject="member", count={"kind": "lesson", "part": "teacher"}, bearer="self", window="year"
    )
    links = [{"link": "branch_member", "from": "2023-03-01", "to": "2023-05-31"}]
    agrees(spelled, links=links, as_of="2023-05-01", verdict="open")
    agrees(spelled, links=links, as_of="2023-06-10", verdict="not_expected", reason="membership")


def test_an_activity_is_judged_on_its_own_day():
    spelled = rule(
        subject="activity:lesson", count={"part": "observer"}, at_least=5, window=None, bearer="teacher"
    )
    lesson = {"kind": "lesson", "on": "2023-03-10", "part": "teacher"}
    agrees(spelled, entries=[{**lesson, "with": {"observer": 5}}], as_of="2023-03-10", verdict="met", done=5)
    agrees(spelled, entries=[{**lesson, "with": {"observer": 4}}], as_of="2023-03-10", verdict="open", done=4)
    agrees(
        spelled, entries=[{**lesson, "with": {"observer": 4}}], as_of="2023-03-11", verdict="missed", owed=5
    )


def test_attributes_of_the_class_hold_for_its_students():
    facts = Facts([Subject("h", "homeroom", "", "x"), Subject("s", "student", "", "x")],
                  [AttributeRow("h", "size", "46")], [LinkRow("1", "enrolled_in", "s", "h")])  # fmt: skip
    (verdict,) = judged(facts, SPRING, rule(since="2023-03-01", where={"size": {"at_least": 46}}))
    assert verdict.verdict == "missed"


def test_several_windows_are_each_judged_alone():
    spelled = rule(window=None, windows=["month", "term"])
    agrees(spelled, entries=[VISIT], as_of="2023-04-10", verdict="open", window="2023-04")
    agrees(spelled, entries=[VISIT], as_of="2023-04-10", verdict="met", window="2023春")


def test_a_rule_for_later_gives_no_verdict():
    facts = Facts([Subject("s", "student")])
    assert judged(facts, SPRING, rule(later="以后再说", window="standing")) == []
