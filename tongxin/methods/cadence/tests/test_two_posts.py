"""Somebody with two posts owes the union, the larger or both as the rule says (Meaning 19); companions by relation."""

from __future__ import annotations

import datetime as dt
import sqlite3

import pytest

from tongxin.methods.cadence import reference
from tongxin.methods.cadence.facts import Entry, Facts, LinkRow, Participation, Subject
from tongxin.methods.cadence.sql.answer import cells_by_sql
from tongxin.methods.cadence.words import sentence

from .strategies import school_calendar
from .vocabulary import pack_of, rule

END = dt.date(2023, 7, 15)
PEOPLE = [
    Subject("x1", "school", "x1", "x1"), Subject("h1", "homeroom", "", "x1"), Subject("h2", "homeroom", "", "x1"),
    Subject("b1", "branch", "", "x1"), *(Subject(t, "staff", "", "x1") for t in ("t1", "t2", "t3")),
    *(Subject(s, "student", "", "x1") for s in ("s1", "s2")),
]  # fmt: skip
POSTS = [
    LinkRow("l1", "homeroom_teacher", "t1", "h1"),
    LinkRow("l2", "branch_secretary", "t1", "b1"),
    LinkRow("l3", "homeroom_teacher", "t2", "h2"),
]


def judged(facts: Facts, **changes):
    pack = pack_of(rule(**changes))
    assert not pack.findings
    told = [v for v in reference.evaluate(pack, facts, school_calendar(), END) if v.window == "2023春"]
    connection = sqlite3.connect(":memory:")
    cells = cells_by_sql(connection, "sqlite", pack, facts, school_calendar(), END)
    connection.close()
    found = {n: (c.owed, c.most, c.done, c.verdict) for c, n in cells if c.window.name == "2023春"}
    assert found == {v.subject: (v.owed, v.most, v.done, v.verdict) for v in told}
    return found


TABLE = {"by": "post", "homeroom_teacher": 5, "branch_secretary": 3, "else": 1}
STAFF = {"subject": "staff", "bearer": "self", "count": {"kind": "visit", "part": "visitor"}}


@pytest.mark.parametrize(("how", "owed"), [("union", 5), ("larger", 5), ("both", 8)])
def test_a_minimum_by_post_of_somebody_with_two_posts(how, owed):
    found = judged(Facts(PEOPLE, [], POSTS), **STAFF, at_least=TABLE, two_posts=how)
    assert {name: row[0] for name, row in found.items()} == {"t1": owed, "t2": 5, "t3": 1}


@pytest.mark.parametrize(("how", "most"), [("union", 3), ("larger", 5), ("both", 8)])
def test_a_maximum_by_post_of_somebody_with_two_posts(how, most):
    found = judged(Facts(PEOPLE, [], POSTS), **STAFF, at_least=None, at_most=TABLE, two_posts=how)
    assert {name: row[1] for name, row in found.items()} == {"t1": most, "t2": 5, "t3": 1}


def test_the_sentence_says_what_two_posts_come_to_and_wrong_words_are_named():
    pack = pack_of(rule(**STAFF, at_least=TABLE, two_posts="both"))
    assert "几个岗位的相加" in sentence(pack, pack.obligations[0])
    assert [f.code for f in pack_of(rule(**STAFF, at_least=TABLE, two_posts="all")).findings] == ["two-posts"]
    assert [f.code for f in pack_of(rule(two_posts="both")).findings] == ["two-posts"]


def test_those_who_bear_it_jointly_owe_one_total_and_it_stands_on_each_of_their_lists():
    pack = pack_of(rule(bearer=["homeroom_teacher", "branch_secretary"], jointly="total"))
    facts = Facts(
        PEOPLE,
        [],
        [*POSTS, LinkRow("m", "enrolled_in", "s1", "h1"), LinkRow("n", "branch_member", "s1", "b1")],
    )
    (verdict,) = [
        v
        for v in reference.evaluate(pack, facts, school_calendar(), END, subjects=["s1"])
        if v.window == "2023春"
    ]
    assert (verdict.owed, verdict.bearer) == (1, ("t1",))
    assert "共同负责" in sentence(pack, pack.obligations[0])


def visit(name: str, visitor: str, visited: str = "s1") -> Entry:
    day = dt.date(2023, 3, 1)
    return Entry(
        name,
        "visit",
        day,
        day,
        "x1",
        None,
        (Participation("visited", visited), Participation("visitor", visitor)),
    )


def test_by_may_ask_for_an_end_of_a_link_with_the_subject():
    links = [LinkRow("p", "mentor_of", "t1", "s1")]
    facts = Facts(PEOPLE, [], links, [visit("e1", "t1"), visit("e2", "t2")])
    count = {"kind": "visit", "part": "visited", "by": {"part": "visitor", "link": "mentor_of", "end": "a"}}
    assert judged(facts, count=count)["s1"][2] == 1
    assert judged(facts, count={**count, "by": {**count["by"], "end": "b"}})["s1"][2] == 0


def test_with_may_ask_for_somebody_of_the_same_homeroom():
    links = [LinkRow("m1", "enrolled_in", "s1", "h1"), LinkRow("m2", "enrolled_in", "s2", "h1")]
    day = dt.date(2023, 3, 1)
    rows = (Participation("attendee", "s1"), Participation("attendee", "s2"))
    facts = Facts(PEOPLE, [], links, [Entry("e1", "meeting", day, day, "x1", None, rows), visit("e2", "t1")])
    count = {"kind": "meeting", "part": "attendee", "with": {"subject": "student", "same": "homeroom"}}
    assert judged(facts, count=count)["s1"][2] == 1
    pack = pack_of(rule(count=count))
    assert "同一班级的学生" in sentence(pack, pack.obligations[0])
    apart = [links[0], LinkRow("m2", "enrolled_in", "s2", "h2")]
    alone = {"kind": "meeting", "part": "attendee", "by": {"subject": "staff", "same": "homeroom"}}
    assert judged(Facts(PEOPLE, [], apart, facts.entries), count=alone)["s1"][2] == 0
