"""Pairs as subjects: scope, what counts for them, bearers, conditions on either side, in all three evaluators."""

from __future__ import annotations

import datetime as dt
import sqlite3

import pytest

from tongxin.methods.cadence import reference
from tongxin.methods.cadence.facts import (
    AttributeRow,
    Entry,
    EventRow,
    Facts,
    LinkRow,
    Participation,
    Subject,
    WaiverRow,
)
from tongxin.methods.cadence.golden import run_case
from tongxin.methods.cadence.sql.answer import cells_by_sql
from tongxin.methods.cadence.words import sentence
from tongxin.testing import postgres

from .strategies import school_calendar
from .vocabulary import pack_of, rule

DAY = dt.date(2023, 3, 1)
END = dt.date(2023, 8, 31)
PEOPLE = [
    Subject("x1", "school", "x1", "x1"),
    *(Subject(name, "staff", "", "x1") for name in ("t1", "t2", "t3")),
    *(Subject(name, "student", "", "x1") for name in ("s1", "s2", "s3")),
    Subject("h1", "homeroom", "", "x1"),
]
LINKS = [
    LinkRow("p1", "mentor_of", "t1", "s1"),
    LinkRow("p2", "mentor_of", "t1", "s2"),
    LinkRow("p3", "mentor_of", "t2", "s3"),
]


def talk(name: str, *rows: Participation, day: dt.date = DAY, kind: str = "visit") -> Entry:
    return Entry(name, kind, day, day, "x1", None, tuple(rows))


def pair_rule(**changes):
    base = {
        "subject": "pair:mentor_of",
        "bearer": "a",
        "count": {"kind": "visit", "part": "visited", "with": {"part": "visitor"}},
    }
    return rule(**{**base, **changes})


def judged(facts: Facts, as_of: dt.date = END, engine: str = "sqlite", **changes):
    """{pair: (verdict, done)}, by SQL, which must agree with the one-by-one evaluator."""
    pack = pack_of(pair_rule(**changes))
    assert not pack.findings
    told = reference.evaluate(pack, facts, school_calendar(), as_of)
    expected = {v.subject: (v.verdict, v.done) for v in told if v.window == "2023春"}
    connection = sqlite3.connect(":memory:")
    cells = cells_by_sql(connection, "sqlite", pack, facts, school_calendar(), as_of)
    connection.close()
    found = {name: (c.verdict, c.done) for c, name in cells if c.window.name == "2023春"}
    assert found == expected
    return expected


def world(entries=(), links=LINKS, attributes=(), waivers=(), people=PEOPLE, events=()) -> Facts:
    return Facts(list(people), list(attributes), list(links), list(entries), list(waivers), list(events))


def test_each_link_is_judged_alone_so_that_a_talk_counts_for_the_pair_that_had_it():
    both = talk("e1", Participation("visited", "s1"), Participation("visitor", "t1"))
    stranger = talk("e2", Participation("visited", "s2"), Participation("visitor", "t2"))
    found = judged(world([both, stranger]))
    assert found == {"p1": ("met", 1), "p2": ("missed", 0), "p3": ("missed", 0)}


def test_three_talks_with_each_mentee_are_three_with_each():
    visits = [
        talk(
            f"e{n}", Participation("visited", who), Participation("visitor", "t1"), day=DAY + dt.timedelta(n)
        )
        for n, who in enumerate(["s1", "s1", "s1", "s2"])
    ]
    assert judged(world(visits), at_least=3)["p1"] == ("met", 3)
    assert judged(world(visits), at_least=3)["p2"] == ("missed", 1)


def test_the_other_end_may_be_the_counterpart_of_the_row():
    named = talk("e1", Participation("visited", "s1", counterpart="t1"))
    count = {"kind": "visit", "part": "visited", "with": {"part": "counterpart"}}
    assert judged(world([named]), count=count)["p1"] == ("met", 1)
    assert judged(world([talk("e1", Participation("visited", "s1"))]), count=count)["p1"] == ("missed", 0)


def test_where_no_part_is_said_both_must_be_there():
    together = talk("e1", Participation("attendee", "s1"), Participation("attendee", "t1"), kind="meeting")
    alone = talk("e2", Participation("attendee", "s2"), kind="meeting")
    away = talk(
        "e3", Participation("attendee", "s3"), Participation("attendee", "t2", absent=True), kind="meeting"
    )
    found = judged(world([together, alone, away]), count={"kind": "meeting"})
    assert found == {"p1": ("met", 1), "p2": ("missed", 0), "p3": ("missed", 0)}


def test_a_group_in_a_part_stands_for_its_members_for_pairs_too():
    links = [*LINKS, LinkRow("m", "enrolled_in", "s1", "h1")]
    class_visit = talk("e1", Participation("attendee", "h1"), Participation("teacher", "t1"), kind="meeting")
    count = {"kind": "meeting", "part": "attendee", "with": {"part": "teacher"}}
    assert judged(world([class_visit], links), count=count)["p1"] == ("met", 1)


def test_a_pair_is_in_scope_while_the_link_holds_and_both_are_present():
    ended = [LinkRow("p1", "mentor_of", "t1", "s1", dt.date(2022, 9, 1), dt.date(2023, 4, 1))]
    assert judged(world(links=ended)) == {"p1": ("not_expected", 0)}
    left = [*PEOPLE[:1], Subject("t1", "staff", "", "x1", present_to=dt.date(2023, 4, 1)), *PEOPLE[4:]]
    assert judged(world(links=LINKS[:1], people=left)) == {"p1": ("not_expected", 0)}
    told = reference.evaluate(pack_of(pair_rule()), world(links=ended), school_calendar(), END)
    assert [v.reason for v in told if v.window == "2023春"] == ["out of scope since 2023-04-02: link"]


def test_conditions_look_at_either_side():
    attributes = [AttributeRow("t1", "young", "true"), AttributeRow("s1", "care", "true"), AttributeRow("s2", "care", "false"),
                  AttributeRow("t2", "young", "false"), AttributeRow("s3", "care", "true")]  # fmt: skip
    where = {"a": {"young": True}, "b": {"care": True}}
    assert set(judged(world(attributes=attributes), where=where)) == {"p1"}
    assert set(judged(world(attributes=attributes), where={"care": True})) == {"p1", "p3"}
    assert set(judged(world(attributes=attributes), where={"not": {"a": {"young": True}}})) == {"p3"}


def test_what_happened_to_either_side_happened_to_the_pair():
    events = [EventRow("v1", "s1", "signal", DAY), EventRow("v2", "t2", "leave", DAY)]
    assert set(judged(world(events=events), where={"event": "signal", "within": "200d"})) == {"p1"}
    assert set(judged(world(events=events), where={"event": "leave", "within": "200d"})) == {"p3"}
    of_a = {"a": {"event": "signal", "within": "200d"}}
    assert judged(world(events=events), where=of_a) == {}
    spared = judged(world(events=events), exempt={"event": "signal", "within": "200d"})
    assert spared == {"p1": ("not_expected", 0), "p2": ("missed", 0), "p3": ("missed", 0)}


def test_the_arrival_of_either_side_spares_the_pair():
    people = [Subject(one.id, one.type, "", "x1", DAY) if one.id == "s2" else one for one in PEOPLE]
    spared = judged(world(people=people), exempt={"event": "arrived", "within": "200d"})
    assert spared == {"p1": ("missed", 0), "p2": ("not_expected", 0), "p3": ("missed", 0)}


def test_a_pair_began_when_its_own_link_did_and_not_another_of_the_same_person():
    links = [LinkRow("p1", "mentor_of", "t1", "s1", DAY), *LINKS[1:]]
    assert set(judged(world(links=links), where={"event": "linked.mentor_of", "within": "200d"})) == {"p1"}


def test_exemptions_and_overrides_look_at_either_side_too():
    attributes = [AttributeRow("t1", "young", "true"), AttributeRow("t2", "young", "false")]
    found = judged(world(attributes=attributes), exempt={"a": {"young": True}})
    assert found == {"p1": ("not_expected", 0), "p2": ("not_expected", 0), "p3": ("missed", 0)}
    found = judged(world(attributes=attributes), overrides={"id": "other", "when": {"a": {"young": True}}})
    assert found == {"p1": ("missed", 0), "p2": ("missed", 0)}


def test_what_is_said_of_the_other_end_must_hold_of_the_partner():
    both = talk("e1", Participation("visited", "s1"), Participation("visitor", "t1"))
    count = {"kind": "visit", "part": "visited", "with": {"part": "visitor", "where": {"young": True}}}
    assert judged(world([both]), count=count)["p1"] == ("missed", 0)
    young = [AttributeRow("t1", "young", "true")]
    assert judged(world([both], attributes=young), count=count)["p1"] == ("met", 1)


def test_hours_of_both_ends_are_added_once():
    both = talk(
        "e1",
        Participation("attendee", "s1", amounts={"hours": 150}),
        Participation("attendee", "t1", amounts={"hours": 150}),
        kind="meeting",
    )
    assert judged(world([both]), count={"kind": "meeting"}, measure={"sum": "hours"})["p1"][0] == "met"
    assert float(judged(world([both]), count={"kind": "meeting"}, measure={"sum": "hours"})["p1"][1]) == 1.5


@pytest.mark.parametrize(
    ("bearer", "expected"),
    [("a", ("t1",)), ("b", ("s1",)), (["a", "b"], ("t1", "s1")), ("self", ("t1", "s1"))],
)
def test_a_gap_lands_on_either_side_or_on_both(bearer, expected):
    told = reference.evaluate(pack_of(pair_rule(bearer=bearer)), world(), school_calendar(), END)
    assert next(v.bearer for v in told if v.subject == "p1") == expected


def test_a_post_that_bears_it_is_found_at_the_place_of_who_it_is_for():
    links = [*LINKS, LinkRow("m", "enrolled_in", "s1", "h1"), LinkRow("h", "homeroom_teacher", "t3", "h1")]
    told = reference.evaluate(
        pack_of(pair_rule(bearer="homeroom_teacher")), world(links=links), school_calendar(), END
    )
    assert next(v.bearer for v in told if v.subject == "p1") == ("t3",)


def test_a_pair_is_waived_by_its_link():
    waived = [WaiverRow("p1", "rule", "家长谢绝", "secretary")]
    assert judged(world(waivers=waived))["p1"] == ("waived", 0)
    assert judged(world(waivers=waived))["p2"] == ("missed", 0)


def test_a_deadline_runs_from_the_day_the_pair_was_made():
    links = [
        LinkRow("p1", "mentor_of", "t1", "s1", dt.date(2023, 3, 1)),
        LinkRow("p9", "mentor_of", "t1", "s2"),
    ]
    pack = pack_of(pair_rule(window={"within": "14d", "of": "linked.mentor_of"}))
    assert not pack.findings
    for entries, verdict in (
        ([], "missed"),
        (
            [
                talk(
                    "e",
                    Participation("visited", "s1"),
                    Participation("visitor", "t1"),
                    day=dt.date(2023, 3, 10),
                )
            ],
            "met",
        ),
    ):
        facts = world(entries, links)
        told = [(v.subject, v.verdict) for v in reference.evaluate(pack, facts, school_calendar(), END)]
        connection = sqlite3.connect(":memory:")
        cells = cells_by_sql(connection, "sqlite", pack, facts, school_calendar(), END)
        assert told == [(name, cell.verdict) for cell, name in cells] == [("p1", verdict)]


@pytest.mark.postgres
@pytest.mark.parametrize(
    "where",
    [
        {"b": {"care": True}},
        {"event": "signal", "within": "200d"},
        {"event": "linked.mentor_of", "within": "200d"},
    ],
)
def test_pairs_are_judged_alike_on_postgres(where):
    if reason := postgres.why_unavailable():
        pytest.skip(reason)
    from tongxin.methods.cadence.sql.answer import evaluate_sql

    both = talk("e1", Participation("visited", "s1"), Participation("visitor", "t1"))
    pack = pack_of(pair_rule(where=where))
    facts = world(
        [both],
        [*LINKS[1:], LinkRow("p1", "mentor_of", "t1", "s1", DAY)],
        [AttributeRow(s, "care", "true") for s in ("s1", "s2")],
        events=[EventRow("v1", "s3", "signal", DAY)],
    )
    told = reference.evaluate(pack, facts, school_calendar(), END)
    assert evaluate_sql(pack, facts, school_calendar(), END, engine="postgres") == told


def test_people_cannot_be_counted_for_a_pair_and_unknown_links_are_named():
    assert [f.code for f in pack_of(pair_rule(measure="people")).findings] == ["unsupported"]
    assert "unknown-link" in [f.code for f in pack_of(pair_rule(subject="pair:nobody")).findings]
    assert "unknown-attribute" in [f.code for f in pack_of(rule(where={"a": {"young": True}})).findings]


def test_a_rule_for_pairs_reads_as_a_sentence():
    pack = pack_of(pair_rule(bearer=["a", "b"], where={"b": {"care": True}}))
    assert sentence(pack, pack.obligations[0]).startswith("每一对“导师”（乙方重点关爱）")
    assert "由甲方和乙方负责" in sentence(pack, pack.obligations[0])
    assert "each pair of mentor of" in sentence(pack, pack.obligations[0], "en").lower()


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        ({"entries": [{"on": "2023-03-01"}]}, "met"),
        ({"entries": [{"on": "2023-03-01", "with": "other"}]}, "missed"),
        ({"entries": [{"on": "2023-03-01", "with": "nobody"}]}, "missed"),
        ({"present": {"from": "2022-09-01", "to": "2023-04-01"}}, "not_expected"),
        ({"attributes": [{"attribute": "young", "value": "false", "end": "a"}]}, "none"),
    ],
)
def test_golden_cases_tell_what_a_pair_did(case, verdict):
    pack = pack_of(pair_rule(where={"a": {"young": True}}))
    whole = {"name": "一对", "as_of": dt.date(2023, 7, 15), "verdict": verdict, **case}
    for entry in whole.get("entries", []):
        entry["on"] = dt.date.fromisoformat(entry["on"])
    for key, value in (whole.get("present") or {}).items():
        whole["present"] = {**whole["present"], key: dt.date.fromisoformat(value)}
    outcome = run_case(pack, pack.obligations[0], whole)
    assert outcome.passed, outcome.sentence
