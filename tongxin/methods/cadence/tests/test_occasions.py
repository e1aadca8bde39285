"""Windows that run from what happened, of the breaks, rolling and standing ones (Meaning 4, 5, 15, 16), as golden cases."""

from __future__ import annotations

import datetime as dt

import pytest

from tongxin.methods.cadence.calendar import calendar_from_dict
from tongxin.methods.cadence.facts import (
    AttributeRow,
    Entry,
    EventRow,
    Facts,
    LinkRow,
    Participation,
    Subject,
)
from tongxin.methods.cadence.reference import evaluate

from .test_meaning import agrees, judged
from .vocabulary import CALENDAR, pack_of, rule

SIGNAL = {"event": "signal", "on": "2023-04-03", "at": "10:00"}


def visit(on: str, **more):
    return {"kind": "visit", "on": on, **more}


def within(n, unit, of="signal", **more):
    return rule(window={"within": n, "unit": unit, "of": of}, **more)


# 15 events


def test_the_day_of_the_event_is_day_0_and_the_deadline_the_end_of_day_n():
    spelled = within(3, "day")
    agrees(spelled, events=[SIGNAL], entries=[visit("2023-04-06")], as_of="2023-04-10", verdict="met")
    agrees(spelled, events=[SIGNAL], entries=[visit("2023-04-03")], as_of="2023-04-10", verdict="met")
    agrees(spelled, events=[SIGNAL], as_of="2023-04-06", verdict="open")
    agrees(
        spelled,
        events=[SIGNAL],
        entries=[visit("2023-04-07")],
        as_of="2023-04-10",
        verdict="missed",
        late_by=1,
    )
    agrees(spelled, as_of="2023-04-10", verdict="none")


def test_school_days_start_with_the_next_one():
    # 5 April is a holiday, 8 and 9 April a weekend.
    agrees(within(3, "school_day"), events=[SIGNAL], as_of="2023-04-07", verdict="open")
    agrees(within(3, "school_day"), events=[SIGNAL], as_of="2023-04-08", verdict="missed")


def test_hours_run_from_the_stamp_and_an_entry_without_a_time_counts_at_its_days_end():
    spelled = within(24, "hour")
    agrees(
        spelled, events=[SIGNAL], entries=[visit("2023-04-04", at="09:59")], as_of="2023-04-05", verdict="met"
    )
    agrees(
        spelled,
        events=[SIGNAL],
        entries=[visit("2023-04-04", at="10:01")],
        as_of="2023-04-05",
        verdict="missed",
    )
    agrees(spelled, events=[SIGNAL], entries=[visit("2023-04-04")], as_of="2023-04-05", verdict="missed")
    agrees(spelled, events=[SIGNAL], entries=[visit("2023-04-03")], as_of="2023-04-05", verdict="met")
    agrees(
        spelled,
        events=[SIGNAL],
        entries=[visit("2023-04-03", at="08:00")],
        as_of="2023-04-05",
        verdict="missed",
    )


def test_a_deadline_in_hours_is_judged_at_the_moment_asked_for():
    china = dt.timezone(dt.timedelta(hours=8))
    facts = Facts([Subject("s", "student", "", "x")], events=[])
    facts.events.append(
        EventRow("v", "s", "signal", dt.date(2023, 4, 3), dt.datetime(2023, 4, 3, 10, tzinfo=china))
    )
    pack, calendar = pack_of(within(24, "hour")), calendar_from_dict(CALENDAR)
    for hour, verdict in ((9, "open"), (11, "missed")):
        now = dt.datetime(2023, 4, 4, hour, tzinfo=china)
        (found,) = evaluate(pack, facts, calendar, dt.date(2023, 4, 4), now=now)
        assert found.verdict == verdict


def test_each_event_has_its_own_window_and_one_entry_may_serve_several():
    events = [SIGNAL, {"event": "signal", "on": "2023-04-05"}]
    agrees(within(5, "day"), events=events, entries=[visit("2023-04-07")], as_of="2023-05-01", verdict="met",
           window="signal@2023-04-03")  # fmt: skip
    agrees(within(5, "day"), events=events, entries=[visit("2023-04-07")], as_of="2023-05-01", verdict="met",
           window="signal@2023-04-05")  # fmt: skip


def test_only_what_answers_the_event_counts_where_the_rule_says_so():
    spelled = within(5, "day", count={"kind": "visit", "part": "visited", "about": "event"})
    events = [{**SIGNAL, "id": "first"}, {"event": "signal", "on": "2023-04-04", "id": "second"}]
    answer = visit("2023-04-05", about="second")
    agrees(
        spelled,
        events=events,
        entries=[answer],
        as_of="2023-05-01",
        verdict="missed",
        window="signal@2023-04-03",
    )
    agrees(
        spelled,
        events=events,
        entries=[answer],
        as_of="2023-05-01",
        verdict="met",
        window="signal@2023-04-04",
    )


def test_a_retracted_event_asks_for_nothing_even_if_it_was_answered():
    taken_back = {**SIGNAL, "retracted": True}
    for entries in ([], [visit("2023-04-04")]):
        agrees(within(3, "day"), events=[taken_back], entries=entries, as_of="2023-05-01", verdict="not_expected",
               reason="event retracted")  # fmt: skip


def test_an_entry_is_an_event_of_those_who_take_part_in_it():
    spelled = within(
        7, "day", of={"kind": "visit", "part": "visited"}, count={"kind": "meeting", "part": "attendee"}
    )
    entries = [visit("2023-03-01"), {"kind": "meeting", "on": "2023-03-08"}]
    agrees(spelled, entries=entries, as_of="2023-04-01", verdict="met", window="visit@2023-03-01")
    agrees(spelled, entries=entries[:1], as_of="2023-04-01", verdict="missed", window="visit@2023-03-01")
    absent = [{**entries[0], "absent": True}]
    agrees(spelled, entries=absent, as_of="2023-04-01", verdict="none")


def test_an_activity_may_have_to_be_followed_by_another_that_answers_it():
    spelled = rule(
        subject="activity:lesson", count={"kind": "meeting", "about": "self"}, bearer="teacher",
        window={"within": 5, "unit": "school_day", "of": "self"},
    )  # fmt: skip
    lesson = {"kind": "lesson", "on": "2023-03-10", "part": "teacher"}
    answer = {"kind": "meeting", "on": "2023-03-14", "about": 1, "who": "nobody"}
    agrees(spelled, entries=[lesson, answer], as_of="2023-04-01", verdict="met")
    agrees(spelled, entries=[lesson, {**answer, "about": ""}], as_of="2023-04-01", verdict="missed")
    agrees(spelled, entries=[lesson], as_of="2023-03-17", verdict="open")


def test_an_appointment_is_an_event_and_before_it_looks_back_as_far_as_said():
    spelled = rule(
        subject="staff", bearer="self", count={"kind": "meeting", "part": "attendee"},
        window={"before": "appointed.homeroom_teacher", "lookback": [2, "month"]},
    )  # fmt: skip
    posts = [{"post": "homeroom_teacher", "from": "2023-04-01"}]
    for day, verdict in (
        ("2023-04-01", "met"),
        ("2023-02-02", "met"),
        ("2023-02-01", "missed"),
        ("2023-04-02", "missed"),
    ):
        agrees(
            spelled,
            posts=posts,
            entries=[{"kind": "meeting", "on": day}],
            as_of="2023-05-01",
            verdict=verdict,
        )
    endless = {**spelled, "window": {"before": "appointed.homeroom_teacher"}}
    agrees(
        endless,
        posts=posts,
        entries=[{"kind": "meeting", "on": "2019-02-01"}],
        as_of="2023-05-01",
        verdict="met",
    )


def test_between_two_events_there_is_no_end_until_the_second():
    spelled = rule(window={"between_events": {"from": "leave", "until": "back"}}, at_least=2)
    leave, back = {"event": "leave", "on": "2023-03-01"}, {"event": "back", "on": "2023-05-01"}
    agrees(spelled, events=[leave], entries=[visit("2023-03-08")], as_of="2023-06-10", verdict="open", done=1)
    agrees(spelled, events=[leave, back], entries=[visit("2023-03-08")], as_of="2023-06-10", verdict="missed")


def test_an_arrival_is_an_event():
    spelled = rule(window={"within": "30d", "of": "arrived"})
    present = {"from": "2023-03-01"}
    agrees(spelled, present=present, entries=[visit("2023-03-31")], as_of="2023-05-01", verdict="met")
    agrees(spelled, present=present, entries=[visit("2023-04-01")], as_of="2023-05-01", verdict="missed")


# 16 announced days


def by_announced(*rows: AttributeRow, as_of: dt.date):
    facts = Facts(
        [Subject("x", "school", "", "x"), Subject("s", "student", "", "x")],
        [AttributeRow("x", "announced:report", value) for value in rows],
        entries=[
            Entry(
                "e",
                "visit",
                dt.date(2023, 4, 3),
                dt.date(2023, 4, 3),
                "x",
                None,
                (Participation("visited", "s"),),
            )
        ],
    )
    return judged(facts, as_of, rule(window={"by": {"announced": "report"}}))


def test_an_announced_day_asks_for_nothing_until_it_is_set():
    (verdict,) = by_announced(as_of=dt.date(2023, 6, 1))
    assert (verdict.verdict, verdict.reason) == ("not_expected", "not set: report")
    (verdict,) = by_announced("2023-05-01", as_of=dt.date(2023, 6, 1))
    assert (verdict.verdict, verdict.due) == ("met", dt.date(2023, 5, 1))
    (verdict,) = by_announced("2023-03-01", as_of=dt.date(2023, 6, 1))
    assert (verdict.verdict, verdict.late_by) == ("missed", 33)


# 4 standing, rolling; 5 breaks


def test_a_break_belongs_to_no_term_and_is_a_window_of_its_own():
    summer = rule(window={"break": "summer"})
    agrees(summer, entries=[visit("2023-07-01")], as_of="2023-09-10", verdict="met")
    agrees(summer, entries=[visit("2023-06-30")], as_of="2023-09-10", verdict="missed")
    winter = rule(window={"break": "winter"})
    agrees(winter, entries=[visit("2023-02-01")], as_of="2023-03-01", verdict="met")
    agrees(winter, entries=[visit("2023-07-20")], as_of="2023-09-10", verdict="missed")


def test_a_rolling_window_ends_anew_every_day():
    spelled = rule(window={"rolling": 2, "unit": "month"})
    agrees(spelled, entries=[visit("2023-03-10")], as_of="2023-05-09", verdict="met")
    agrees(spelled, entries=[visit("2023-03-10")], as_of="2023-05-10", verdict="missed")


def test_grace_gives_whoever_is_new_time_before_it_is_missed():
    spelled = rule(window={"standing": True, "grace": "14d"})
    new = {"from": "2023-05-01"}
    agrees(spelled, present=new, as_of="2023-05-14", verdict="open")
    agrees(spelled, present=new, as_of="2023-05-15", verdict="missed")
    agrees(rule(window="standing"), as_of="2023-05-15", verdict="missed")


# links as events of the other kind of facts


@pytest.mark.parametrize(("began", "rows"), [(dt.date(2023, 3, 1), 1), (dt.date.min, 0)])
def test_a_link_that_holds_from_always_began_on_no_day(began, rows):
    facts = Facts(
        [Subject("t", "staff", "", "x"), Subject("s", "student", "", "x")],
        links=[LinkRow("1", "mentor_of", "t", "s", began)],
    )
    spelled = rule(
        subject="staff", bearer="self", count={"kind": "meeting", "part": "attendee"},
        window={"within": "30d", "of": "linked.mentor_of"},
    )  # fmt: skip
    assert len(judged(facts, dt.date(2023, 6, 1), spelled)) == rows
