"""Days in a row, what holds, shares, and the bounds that go with them: each operator as golden cases and in words."""

from __future__ import annotations

from typing import Any

import pytest

from tongxin.methods.cadence.golden import run_case
from tongxin.methods.cadence.words import sentence

from .vocabulary import pack_of, rule

LESSON = {"kind": "lesson", "part": "homeroom"}
MEETING = {"kind": "meeting", "part": "attendee"}
END = "2023-07-10"


def agrees(spelled: dict[str, Any], *others: dict[str, Any], **case: Any) -> None:
    """The reference evaluator gives the case's verdict for this rule."""
    pack = pack_of(spelled, *others)
    assert [finding.sentence for finding in pack.findings if finding.level == "error"] == []
    outcome = run_case(pack, pack.obligations[0], {"name": "用例", **case})
    assert outcome.passed, outcome.sentence


def errors(*spelled: dict[str, Any]) -> set[str]:
    return {finding.code for finding in pack_of(*spelled).findings if finding.level == "error"}


def said(spelled: dict[str, Any], *others: dict[str, Any]) -> tuple[str, str]:
    pack = pack_of(spelled, *others)
    return sentence(pack, pack.obligations[0], "zh"), sentence(pack, pack.obligations[0], "en")


def visits(*days: str) -> list[dict[str, Any]]:
    return [{"kind": "visit", "on": day} for day in days]


# days in a row


def test_a_run_is_the_longest_row_of_days_with_an_entry():
    spelled = rule(measure={"run": "day"}, at_least=3)
    row = visits("2023-03-03", "2023-03-04", "2023-03-05", "2023-03-08")
    agrees(spelled, entries=row, as_of="2023-03-20", verdict="open", done=3)
    agrees(spelled, entries=row, as_of=END, verdict="met")
    agrees(
        spelled, entries=visits("2023-03-03", "2023-03-05", "2023-03-06"), as_of=END, verdict="missed", done=2
    )


def test_a_run_of_school_days_leaps_over_days_without_school():
    spelled = rule(measure={"run": "school_day"}, at_least=3)
    over_the_weekend = visits("2023-03-03", "2023-03-05", "2023-03-06", "2023-03-07")
    agrees(spelled, entries=over_the_weekend, as_of=END, verdict="met", done=3)
    agrees(
        spelled, entries=visits("2023-03-03", "2023-03-07", "2023-03-08"), as_of=END, verdict="missed", done=2
    )


def test_each_day_of_a_span_counts_in_a_run():
    span = [{"kind": "visit", "from": "2023-03-06", "to": "2023-03-09"}]
    agrees(rule(measure={"run": "day"}, at_least=4), entries=span, as_of=END, verdict="met", done=4)


def test_a_gap_counts_the_stretches_before_the_first_entry_and_after_the_last():
    spelled = rule(
        measure={"gap": "day"}, at_least=None, at_most=9, window={"from": "2023-03-01", "to": "2023-03-31"}
    )
    agrees(spelled, entries=visits("2023-03-10", "2023-03-20"), as_of="2023-04-01", verdict="missed", done=11)
    agrees(
        spelled,
        entries=visits("2023-03-10", "2023-03-20", "2023-03-30"),
        as_of="2023-04-01",
        verdict="met",
        done=9,
    )
    agrees(spelled, entries=visits("2023-03-11"), as_of="2023-03-12", verdict="open", done=10)


def test_without_any_entry_the_whole_stretch_is_one_gap():
    spelled = rule(
        measure={"gap": "day"}, at_least=None, at_most=9, window={"from": "2023-03-01", "to": "2023-03-31"}
    )
    agrees(spelled, as_of="2023-03-20", verdict="open", done=20)
    agrees(spelled, as_of="2023-04-01", verdict="missed", done=31)


def test_a_gap_begins_when_the_subject_arrives():
    spelled = rule(
        measure={"gap": "day"}, at_least=None, at_most=9, window={"from": "2023-03-01", "to": "2023-03-31"}
    )
    agrees(spelled, present={"from": "2023-03-24"}, as_of="2023-04-01", verdict="met", done=8)


def test_a_gap_of_school_days_counts_only_these_but_an_entry_on_any_day_ends_it():
    spelled = rule(
        measure={"gap": "school_day"},
        at_least=None,
        at_most=5,
        window={"from": "2023-03-06", "to": "2023-03-17"},
    )
    agrees(spelled, entries=visits("2023-03-11"), as_of="2023-03-20", verdict="met", done=5)
    agrees(spelled, entries=visits("2023-03-13"), as_of="2023-03-20", verdict="met", done=5)
    agrees(spelled, entries=visits("2023-03-14"), as_of="2023-03-20", verdict="missed", done=6)


# what holds


def test_links_are_different_other_ends_held_on_the_judging_day():
    spelled = rule(count=None, measure={"links": "mentor_of"}, at_least=2)
    two = [
        {"link": "mentor_of", "who": "liu"},
        {"link": "mentor_of", "who": "chen"},
        {"link": "mentor_of", "who": "liu"},
    ]
    agrees(spelled, links=two, as_of="2023-05-01", verdict="open", done=2)
    agrees(spelled, links=two, as_of=END, verdict="met")
    ended = [two[0], {**two[1], "to": "2023-06-20"}]
    agrees(spelled, links=ended, as_of=END, verdict="missed", done=1)


def test_links_stand_at_any_time_and_grace_keeps_what_held():
    spelled = rule(count=None, measure={"links": "mentor_of"}, window="standing")
    agrees(spelled, links=["mentor_of"], as_of="2023-05-01", verdict="met", done=1)
    agrees(spelled, as_of="2023-05-01", verdict="missed", done=0)
    ended = [{"link": "mentor_of", "to": "2023-04-20"}]
    agrees(spelled, links=ended, as_of="2023-05-01", verdict="missed")
    agrees(
        {**spelled, "window": {"standing": True, "grace": "14d"}},
        links=ended,
        as_of="2023-05-01",
        verdict="met",
    )


def test_links_of_several_kinds_count_each_other_end_once():
    spelled = rule(subject="homeroom", count=None, bearer="secretary", window="standing", at_least=2)
    spelled |= {"measure": {"links": ["liaison", "homeroom_teacher"], "end": "b"}}
    agrees(spelled, links=[{"link": "liaison", "end": "b"}], as_of=END, verdict="met", done=2)
    twice = [{"link": "liaison", "end": "b", "who": "homeroom_teacher"}]
    agrees(spelled, links=twice, as_of=END, verdict="missed", done=1)
    assert "“第二班主任或班主任”" in said(spelled)[0]


def test_links_can_ask_who_is_at_the_other_end():
    spelled = rule(
        count=None, measure={"links": "mentor_of", "with": {"subject": "member"}}, window="standing"
    )
    agrees(spelled, links=["mentor_of"], as_of="2023-05-01", verdict="met")
    agrees(spelled, links=[{"link": "mentor_of", "with": "other"}], as_of="2023-05-01", verdict="missed")
    young = rule(
        count=None, measure={"links": "mentor_of", "with": {"where": {"young": True}}}, window="standing"
    )
    agrees(young, links=["mentor_of"], as_of="2023-05-01", verdict="met")
    agrees(young, links=[{"link": "mentor_of", "with": "other"}], as_of="2023-05-01", verdict="missed")


STAFF = {"subject": "staff", "count": None, "bearer": "self", "at_least": None}


def test_a_state_once_reached_stays_reached():
    spelled = rule(**STAFF, measure={"state": "probationary"}, window="standing")
    steps = [{"attribute": "membership", "value": "probationary", "from": "2023-03-01", "to": "2023-04-30"},
             {"attribute": "membership", "value": "full", "from": "2023-05-01"}]  # fmt: skip
    agrees(spelled, attributes=steps, as_of="2023-06-01", verdict="met", done=1)
    agrees(spelled, attributes=steps, as_of="2023-02-20", verdict="missed", done=0)
    by_machine = rule(**STAFF, measure={"state": {"machine": "membership", "is": "full"}}, window="standing")
    agrees(by_machine, attributes=steps, as_of="2023-04-30", verdict="missed")


def test_days_in_a_state_are_counted_within_the_window():
    spelled = rule(**{**STAFF, "at_least": 30}, measure={"days_in": "activist"})
    held = [{"attribute": "membership", "value": "activist", "from": "2023-01-01", "to": "2023-03-10"}]
    agrees(spelled, attributes=held, as_of="2023-02-20", verdict="open", done=8)
    agrees(spelled, attributes=held, as_of=END, verdict="missed", done=26)
    agrees({**spelled, "at_least": 26}, attributes=held, as_of=END, verdict="met")


# shares


def by_class(**changes: Any) -> dict[str, Any]:
    share = {"of": "students", **changes.pop("share", {})}
    return rule(
        subject="homeroom", measure={"share": share}, at_least=changes.pop("at_least", "3/4"), **changes
    )


def test_a_share_rounds_its_minimum_up_and_its_maximum_down():
    seven = [{"kind": "visit", "on": "2023-03-10", "people": 7}]
    agrees(by_class(), set=10, entries=seven, as_of=END, verdict="missed", owed=8, done=7)
    agrees(by_class(at_least="70 %"), set=10, entries=seven, as_of=END, verdict="met", owed=7)
    agrees(by_class(at_least="70 %"), set=10, entries=seven, as_of="2023-05-01", verdict="open")
    most = rule(subject="homeroom", measure={"share": {"of": "students"}}, at_least=None, at_most="2/3")
    agrees(most, set=10, entries=seven, as_of=END, verdict="missed", done=7)


def test_each_member_counts_once_however_often():
    often = [{"kind": "visit", "on": "2023-03-10", "who": "set-1", "times": 5}]
    agrees(by_class(at_least="50 %"), set=4, entries=often, as_of=END, verdict="missed", done=1, owed=2)


def test_a_year_unites_its_terms():
    both = [{"kind": "visit", "on": day, "people": 2} for day in ("2022-10-12", "2023-03-10")]
    agrees(
        by_class(at_least="50 %", window="year"),
        set=4,
        entries=both,
        as_of="2023-08-31",
        verdict="open",
        done=2,
        owed=2,
    )


def test_leavers_leave_both_sides():
    some_left = [{"people": 2, "to": "2023-05-01"}, {"people": 8}]
    nine = [{"kind": "visit", "on": "2023-03-10", "people": 9}]
    agrees(
        by_class(at_least="100 %"),
        set=some_left,
        entries=nine,
        as_of="2023-04-01",
        verdict="open",
        done=9,
        owed=10,
    )
    agrees(
        by_class(at_least="100 %"), set=some_left, entries=nine, as_of=END, verdict="missed", done=7, owed=8
    )
    first = by_class(at_least="100 %", share={"set_on": "first_day"})
    come = [{"people": 2, "to": "2023-05-01"}, {"people": 3}, {"people": 4, "from": "2023-03-01"}]
    agrees(first, set=come, entries=nine, as_of=END, verdict="met", done=3, owed=3)


def test_the_set_can_be_that_of_a_date_and_of_some_only():
    dated = by_class(at_least="100 %", share={"set_on": "2023-04-03"})
    agrees(
        dated, set=[{"people": 2}, {"people": 3, "from": "2023-04-04"}], as_of=END, verdict="missed", owed=2
    )
    cared = by_class(at_least="50 %", share={"of": {"set": "students", "where": {"care": True}}})
    agrees(cared, set=3, as_of=END, verdict="missed", owed=2)


def test_a_share_of_nobody_and_a_minimum_of_nothing_are_not_expected():
    agrees(by_class(), as_of=END, verdict="not_expected", reason="nothing owed", owed=0)
    agrees(by_class(at_least="0 %"), set=5, as_of=END, verdict="not_expected")


def test_what_a_share_counts_is_asked_of_each_member():
    by_teacher = by_class(
        count={"kind": "visit", "part": "visited", "by": {"part": "visitor", "post": "homeroom_teacher"}}
    )
    four = {"kind": "visit", "on": "2023-03-10", "people": 4}
    agrees(by_teacher, set=4, entries=[four], as_of=END, verdict="met")
    agrees(by_teacher, set=4, entries=[{**four, "by": "other"}], as_of=END, verdict="missed", done=0)


def test_a_share_can_be_of_those_who_meet_a_condition():
    spelled = rule(
        subject="school", count=None, at_least="100 %", bearer="secretary", window="standing",
        measure={"share": {"of": {"link": "secretary"}, "where": {"young": True}}},
    )  # fmt: skip
    # The school's secretary is of the set as well and is not known to be young.
    agrees(spelled, set=3, holding=3, as_of=END, verdict="missed", owed=4, done=3)
    members = {
        **spelled,
        "measure": {"share": {"of": "homerooms", "where": {"grade": 1}}},
        "at_least": "50 %",
    }
    agrees(members, set=4, holding=3, as_of=END, verdict="met", owed=3, done=3)


def test_a_share_of_those_invited_is_judged_by_activity():
    spelled = rule(subject="activity:meeting", count={"part": "attendee"}, measure={"share": {"of": "invited"}},
                   at_least="2/3", window=None, bearer="secretary")  # fmt: skip
    came = {"kind": "meeting", "on": "2023-03-10", "part": "attendee", "people": 4}
    agrees(
        spelled, entries=[{**came, "with": {"invited": 6}}], as_of="2023-03-11", verdict="met", owed=4, done=4
    )
    agrees(
        spelled,
        entries=[{**came, "with": {"invited": 7}}],
        as_of="2023-03-11",
        verdict="missed",
        owed=5,
        done=4,
    )


VISITED = rule(id="visited")


def of_verdicts(**changes: Any) -> dict[str, Any]:
    of = {"obligation": "visited", "verdict": "met"}
    return rule(subject="homeroom", count=None, measure={"share": {"of": of}}, at_least="3/4", **changes)


def test_a_share_can_be_of_the_verdicts_of_another_rule():
    three = [{"kind": "visit", "on": "2023-03-10", "who": f"set-{n}", "part": "visited"} for n in (1, 2, 3)]
    agrees(of_verdicts(), VISITED, set=4, entries=three, as_of=END, verdict="met", done=3, owed=3)
    agrees(of_verdicts(), VISITED, set=5, entries=three, as_of=END, verdict="missed", done=3, owed=4)
    agrees(of_verdicts(), VISITED, as_of=END, verdict="not_expected")


def test_all_windows_of_the_other_rule_must_have_the_verdict_and_what_is_not_expected_is_left_out():
    once = [{"kind": "visit", "on": "2023-03-10", "who": "set-1", "part": "visited"}]
    yearly = of_verdicts(window="year")
    agrees(
        yearly,
        VISITED,
        set=1,
        entries=once,
        window="2022-2023",
        as_of="2023-09-01",
        verdict="missed",
        done=0,
        owed=1,
    )
    cared = {**VISITED, "where": {"care": True}}
    agrees(
        of_verdicts(), cared, set=2, attributes=[], entries=once, as_of=END, verdict="missed", done=1, owed=2
    )


@pytest.mark.parametrize(
    ("spelled", "code"),
    [
        ([of_verdicts()], "unknown-obligation"),
        ([{**of_verdicts(), "id": "visited"}], "circle"),
        ([by_class(at_least=2)], "bound"),
        ([rule(at_least="60 %")], "bound"),
        ([rule(measure={"share": {"of": "students"}}, at_least="60 %")], "measure"),
        ([by_class(share={"of": "homerooms"})], "measure"),
        ([by_class(window={"within": "30d", "of": "meeting"})], "window"),
        ([rule(count=None, measure={"state": "nowhere"})], "unknown-value"),
        ([rule(count=None, measure={"state": {"machine": "membership", "is": "nowhere"}})], "unknown-value"),
        ([rule(measure={"links": "mentor_of"})], "measure"),
        ([rule(count=None, measure={"links": "nobody_of"})], "unknown-link"),
        ([rule(measure={"run": "week"})], "measure"),
        ([rule(at_least=None, one_of=[3])], "bound"),
        ([rule(at_least=None, one_of=[3, 5], arrivals="prorate")], "bound"),
        ([rule(at_least={"ask": "nobody"})], "unknown-post"),
        ([rule(measure={"fraction_of": {"obligation": "no-such-rule"}}, at_least="1/3")], "fraction-of"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_an_error(spelled, code):
    assert code in errors(*spelled)


def test_circles_of_three_are_found_too():
    chain = [("one", "two"), ("two", "three"), ("three", "one")]
    rules = [
        {**of_verdicts(), "id": name, "measure": {"share": {"of": {"obligation": other}}}}
        for name, other in chain
    ]
    assert errors(*rules) == {"circle"}


# bounds


def test_one_of_several_numbers_is_right_and_too_many_is_missed_at_once():
    spelled = rule(at_least=None, one_of=[1, 3])
    day = {"kind": "visit", "on": "2023-03-10"}
    agrees(spelled, entries=[{**day, "times": 3}], as_of="2023-05-01", verdict="open")
    agrees(spelled, entries=[{**day, "times": 3}], as_of=END, verdict="met", owed=1)
    agrees(spelled, entries=[{**day, "times": 2}], as_of=END, verdict="missed")
    agrees(spelled, entries=[{**day, "times": 4}], as_of="2023-05-01", verdict="missed", over=3)


def test_a_number_that_is_asked_for_is_not_expected_until_it_is_set():
    spelled = rule(at_least={"ask": "secretary"})
    agrees(spelled, as_of=END, verdict="not_expected", reason="not set: ask:rule")
    agrees(spelled, entries=visits("2023-03-10"), as_of=END, verdict="not_expected")
    agrees(spelled, asked=2, entries=visits("2023-03-10"), as_of=END, verdict="missed", owed=2)
    agrees(
        spelled,
        asked=[{"value": 1, "from": "2023-06-01"}],
        entries=visits("2023-03-10"),
        as_of="2023-05-01",
        verdict="not_expected",
    )
    agrees(
        spelled,
        asked=[{"value": 1, "from": "2023-06-01"}],
        entries=visits("2023-03-10"),
        as_of=END,
        verdict="met",
    )
    agrees(spelled, asked="many", as_of=END, verdict="not_expected")


def test_a_bound_can_be_a_part_of_a_figure():
    spelled = rule(subject="homeroom", at_least={"part": "1/20", "of": "size"})
    agrees(spelled, attributes={"size": 41}, as_of=END, verdict="missed", owed=3)
    agrees(spelled, attributes={"size": 40}, as_of=END, verdict="missed", owed=2)
    agrees(spelled, attributes={"size": None}, as_of=END, verdict="not_expected", reason="unknown: size")
    agrees(spelled, attributes={"size": 0}, as_of=END, verdict="not_expected")
    assert "至少“班额”的1/20次" in said(spelled)[0]
    assert "unknown-attribute" in errors(rule(at_least={"part": "1/20", "of": "care"}))


def test_a_number_can_be_announced_for_the_school():
    spelled = rule(at_least={"announced": "visits"})
    agrees(spelled, as_of=END, verdict="not_expected", reason="not set")
    agrees(spelled, asked=3, as_of=END, verdict="missed", owed=3)


HOURS = rule(
    id="hours",
    subject="staff",
    count=MEETING,
    measure={"sum": "hours"},
    at_least=10,
    window="year",
    bearer="self",
)


def test_a_fraction_of_anothers_minimum_is_a_bound_of_its_own():
    online = {"kind": "visit", "part": "visitor", "only": {"mode": "online"}}
    spelled = rule(
        **{**STAFF, "at_least": "1/3"}, measure={"fraction_of": {"obligation": "hours"}}, window="year"
    )
    agrees({**spelled, "count": online}, HOURS, as_of="2023-05-01", verdict="open", owed="10/3")
    agrees(
        spelled,
        HOURS,
        entries=[{**MEETING, "on": "2023-03-10", "hours": 4}],
        as_of="2023-05-01",
        verdict="met",
        done=4,
    )
    times = {**HOURS, "measure": "times"}
    agrees(spelled, times, as_of="2023-05-01", verdict="open", owed=4)
    table = {**HOURS, "at_least": {"by": "young", "true": 9, "false": 30}}
    agrees(spelled, table, attributes={"young": True}, as_of="2023-05-01", verdict="open", owed=3)


# words


@pytest.mark.parametrize(
    ("spelled", "chinese", "english"),
    [
        (rule(measure={"run": "school_day"}, at_least=5),
         "应以“受访学生”身份参加家访，连续至少5个教学日", "on at least 5 school days in a row"),
        (rule(measure={"gap": "day"}, at_least=None, at_most=30),
         "参加家访，没有活动的连续日子至多30天", "with at most 30 days in a row without it"),
        (rule(count=None, measure={"links": "mentor_of", "with": {"subject": "member"}}),
         "应有“导师”至少1个（须是党员）", "must have at least 1 mentor of (of Party members)"),
        (rule(**STAFF, measure={"state": "full"}, window="standing"),
         "达到“入党进程：正式党员”", "have reached full (membership)"),
        (rule(**{**STAFF, "at_least": 365}, measure={"days_in": "activist"}, window="once"),
         "处于“入党进程”为积极分子的状态至少365天", "be in membership is activist on at least 365 days"),
        (by_class(at_least="3/4"), "应有至少75%的学生以“受访学生”身份参加家访", "have at least 75% of students take part in visit as visited"),
        (by_class(at_least="2/3", share={"set_on": "first_day"}), "至少2/3的学生（按第一天的名单）", "at least 2/3 of students (as of the first day)"),
        (rule(at_least=None, one_of=[3, 5, 7]), "参加家访3、5或7次", "3, 5 or 7 times"),
        (rule(at_least={"ask": "secretary"}), "至少若干（由书记定）次", "at least the number that secretary sets times"),
    ],
)  # fmt: skip
def test_the_words_of_measures(spelled, chinese, english):
    zh, en = said(spelled)
    assert chinese in zh
    assert english in en


def test_the_words_of_a_share_of_verdicts():
    zh, en = said(of_verdicts(), {**VISITED, "title": "每学期家访一次"})
    assert "在“每学期家访一次”应做的对象里有至少75%已完成" in zh
    assert "have at least 75% of those asked for visited met" in en


# conditions


@pytest.mark.parametrize(
    "where",
    [{"state": "probationary"}, {"machine": "membership", "is": "probationary"}, {"not": {"state": "full"}}],
)
def test_a_condition_can_ask_for_a_state_on_the_day(where):
    spelled = rule(**{**STAFF, "at_least": 1}, where=where)
    spelled |= {"count": {"kind": "lesson", "part": "teacher"}}
    steps = [{"attribute": "membership", "value": "probationary", "from": "2023-03-01", "to": "2023-05-31"},
             {"attribute": "membership", "value": "full", "from": "2023-06-01"}]  # fmt: skip
    agrees(spelled, attributes=steps, as_of="2023-05-01", verdict="open")
    agrees(spelled, attributes=steps, as_of=END, verdict="not_expected", reason="since 2023-06-01: condition")
    agrees(spelled, attributes=[], as_of="2023-02-20", verdict="open")
    agrees(
        spelled,
        attributes={"membership": None},
        as_of=END,
        verdict="not_expected",
        reason="unknown: membership",
    )


def test_a_condition_can_ask_for_a_link_and_for_a_figure_of_the_school():
    has = rule(where={"has": "mentor_of"})
    agrees(has, links=["mentor_of"], as_of=END, verdict="missed")
    agrees(has, not_links=["mentor_of"], as_of=END, verdict="none")
    assert errors(rule(where={"has": "nobody_of"})) == {"unknown-link"}
    boarding = rule(where={"boarding": True})
    agrees(boarding, attributes={"boarding": True}, as_of=END, verdict="missed")
    agrees(boarding, attributes={"boarding": False}, as_of=END, verdict="none")
    agrees(
        boarding, attributes={"boarding": None}, as_of=END, verdict="not_expected", reason="unknown: boarding"
    )


# 4 on every day or any day; 13 split amounts


def links_on(on, links, verdict, **bound):
    held = {"measure": {"links": "liaison"}, "on": on, "at_least": None} | (bound or {"at_least": 1})
    agrees(rule(subject="staff", bearer="self", count=None, **held), links=links, as_of=END, verdict=verdict)


def test_links_are_judged_on_the_last_day_unless_every_or_any_day_is_asked_for():
    gone = [{"link": "liaison", "from": "2023-03-01", "to": "2023-04-30"}]
    links_on("any_day", gone, "met")
    links_on("every_day", gone, "missed")
    links_on("every_day", ["liaison"], "met")
    links_on("every_day", gone, "missed", at_most=0)
    links_on("any_day", gone, "met", at_most=0)


@pytest.mark.parametrize(
    "changes", [{"on": "some_day"}, {"between": [1, 2], "at_least": None}, {"measure": "times"}]
)
def test_on_is_refused_where_it_means_nothing(changes):
    spelled = (
        rule(subject="staff", bearer="self", measure={"links": "liaison"}, on="every_day", count=None)
        | changes
    )
    if changes.get("measure"):
        spelled["count"] = {"kind": "meeting", "part": "attendee"}
    spelled = {key: value for key, value in spelled.items() if value is not None}
    assert any(finding.code == "on" for finding in pack_of(spelled).findings)


def test_a_split_amount_counts_each_day_where_it_falls():
    whole = rule(
        count={"kind": "visit", "part": "visited"}, measure={"sum": "distance"}, at_least=1, window="month"
    )
    span = {"kind": "visit", "from": "2023-03-30", "to": "2023-04-02", "distance": 10.01}
    agrees(whole, entries=[span], as_of="2023-05-10", window="2023-03", verdict="met", done="5.01")
    agrees(whole, entries=[span], as_of="2023-05-10", window="2023-04", verdict="met", done=5)


def test_a_condition_can_ask_for_what_happened_not_long_ago():
    spelled = rule(where={"event": "signal", "within": "30d"})
    raised = [{"event": "signal", "on": "2023-06-10"}]
    agrees(spelled, events=raised, as_of="2023-06-09", verdict="none")
    agrees(spelled, events=raised, as_of="2023-06-10", verdict="open")
    agrees(spelled, events=raised, as_of=END, verdict="missed")
    early = [{"event": "signal", "on": "2023-05-10"}]
    agrees(spelled, events=early, as_of=END, verdict="not_expected", reason="since 2023-06-10: condition")
    agrees(spelled, events=[{**raised[0], "retracted": True}], as_of=END, verdict="none")
    assert errors(rule(where={"event": "signal"})) == {"condition"}
    assert errors(rule(where={"event": "nothing", "within": "30d"})) == {"unknown-event"}
    assert "30天内有过" in said(spelled)[0]
