"""Exclusivity and make-up work (Meanings 12 and 17), told by example and compared at random in both evaluators."""

from __future__ import annotations

import datetime as dt
import sqlite3

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tongxin.methods.cadence import reference
from tongxin.methods.cadence.explaining import reason_words
from tongxin.methods.cadence.facts import Entry, Facts, Participation, Subject
from tongxin.methods.cadence.golden import run_case
from tongxin.methods.cadence.lint import lint
from tongxin.methods.cadence.sql.answer import cells_by_sql, evaluate_sql
from tongxin.methods.cadence.words import sentence
from tongxin.testing import postgres

from .strategies import programmes_that_share, school_calendar
from .vocabulary import pack_of, rule

END = dt.date(2023, 7, 15)
PEOPLE = [
    Subject("x1", "school", "x1", "x1"),
    Subject("s1", "student", "", "x1"),
    Subject("s2", "student", "", "x1"),
]


def visit(name: str, day: str, who: str = "s1", hours: int = 0, **said: str) -> Entry:
    on = dt.date.fromisoformat(day)
    row = Participation("visited", who, qualifiers=said, amounts={"hours": hours} if hours else {})
    return Entry(name, "visit", on, on, "x1", None, (row,))


def one(name: str, **changes):
    return rule(id=name, counts_for="one", window="term", **changes)


def verdicts(pack, entries, as_of: dt.date = END, engine: str = "sqlite"):
    """Verdicts of both evaluators, which must agree."""
    assert [f.sentence for f in pack.findings if f.level == "error"] == []
    facts = Facts(PEOPLE, [], [], list(entries))
    told = reference.evaluate(pack, facts, school_calendar(), as_of)
    connection = sqlite3.connect(":memory:")
    cells = cells_by_sql(connection, "sqlite", pack, facts, school_calendar(), as_of)
    connection.close()
    found = sorted((c.obligation.id, n, c.window.name, c.verdict, c.done, c.owed, c.over) for c, n in cells)
    assert found == sorted(
        (v.obligation, v.subject, v.window, v.verdict, v.done, v.owed, v.over) for v in told
    )
    return told


def done(told, window: str = "2023春", who: str = "s1"):
    return {v.obligation: v.done for v in told if v.window == window and v.subject == who}


def test_an_entry_discharges_one_obligation_by_due_day_then_id():
    pack = pack_of(one("rule-b"), one("rule-a"))
    assert done(verdicts(pack, [visit("e1", "2023-03-01")])) == {"rule-a": 1, "rule-b": 0}
    assert done(verdicts(pack, [visit("e1", "2023-03-01"), visit("e2", "2023-03-02")])) == {
        "rule-a": 1,
        "rule-b": 1,
    }
    sooner = pack_of({**one("rule-b"), "window": {"by": "2023-04-30"}}, one("rule-a"))
    told = verdicts(sooner, [visit("e1", "2023-03-01")])
    assert [(v.obligation, v.done) for v in told if v.done] == [("rule-b", 1)]


def test_each_takes_only_up_to_its_minimum_and_says_where_the_others_went():
    pack = pack_of(one("rule-a"), one("rule-b", at_least=2))
    entries = [visit(f"e{n}", f"2023-03-0{n}") for n in range(1, 6)]
    told = {v.obligation: v for v in verdicts(pack, entries) if v.window == "2023春" and v.subject == "s1"}
    assert told["rule-a"].counted == ("e1",)
    assert told["rule-b"].counted == ("e2", "e3")
    assert ("e2", "counted for: rule-b") in told["rule-a"].rejected
    assert ("e5", "beyond the minimum") in told["rule-b"].rejected
    assert reason_words(pack, "counted for: rule-b") == "已算作“规则”"


def test_the_persons_own_choice_goes_first():
    pack = pack_of(one("rule-a"), one("rule-b"))
    assert done(verdicts(pack, [visit("e1", "2023-03-01", counts_for="rule-b")])) == {
        "rule-a": 0,
        "rule-b": 1,
    }
    both = [visit("e1", "2023-03-01", counts_for="rule-b"), visit("e2", "2023-03-02", counts_for="rule-b")]
    assert done(verdicts(pack, both)) == {"rule-a": 0, "rule-b": 2}
    nowhere = [visit("e1", "2023-03-01", counts_for="another")]
    assert done(verdicts(pack, nowhere)) == {"rule-a": 1, "rule-b": 0}


def test_a_choice_that_cannot_count_there_is_no_choice():
    pack = pack_of(
        one("rule-a"), one("rule-b", count={"kind": "visit", "part": "visited", "only": {"mode": "online"}})
    )
    assert (
        done(verdicts(pack, [visit("e1", "2023-03-01", counts_for="rule-b", mode="in_person")]))["rule-a"]
        == 1
    )


def test_sums_take_whole_entries_until_the_minimum_is_reached():
    pack = pack_of(
        one("rule-a", measure={"sum": "hours"}, at_least=2),
        one("rule-b", measure={"sum": "hours"}, at_least=1),
    )
    entries = [
        visit("e1", "2023-03-01", hours=150),
        visit("e2", "2023-03-02", hours=150),
        visit("e3", "2023-03-03", hours=100),
    ]
    assert done(verdicts(pack, entries)) == {"rule-a": 3, "rule-b": 1}


def test_those_who_say_many_are_not_concerned_and_people_do_not_take_from_one_another():
    pack = pack_of(one("rule-a"), one("rule-b"), rule(id="rule-c", window="term"))
    told = verdicts(pack, [visit("e1", "2023-03-01"), visit("e2", "2023-03-01", "s2")])
    assert done(told) == done(told, who="s2") == {"rule-a": 1, "rule-b": 0, "rule-c": 1}


def test_counts_that_must_not_be_added_together_exclude_only_each_other():
    pack = pack_of(rule(id="rule-a"), rule(id="rule-b", not_with=["rule-a"]), rule(id="rule-c"))
    assert done(verdicts(pack, [visit("e1", "2023-03-01")])) == {"rule-a": 1, "rule-b": 0, "rule-c": 1}


@pytest.mark.parametrize(
    "changes",
    [{"measure": "people"}, {"at_least": None, "at_most": 2}, {"all_of": [{"count": {"kind": "visit"}}], "count": None, "at_least": None},
     {"counts_for": "two"}],
)  # fmt: skip
def test_only_times_and_sums_with_a_minimum_can_be_shared_out(changes):
    assert "counts-for" in {f.code for f in pack_of(rule(**{"counts_for": "one", **changes})).findings}


def test_work_that_names_the_window_it_makes_up_counts_only_there():
    pack = pack_of(rule(makes_up="allowed"))
    told = verdicts(pack, [visit("e1", "2023-03-01", makes_up="2022秋")])
    assert {v.window: (v.verdict, v.done) for v in told if v.subject == "s1"} == {
        "2022秋": ("met", 1),
        "2023春": ("missed", 0),
    }
    early = verdicts(pack, [visit("e1", "2023-03-01", makes_up="2022秋")], dt.date(2023, 2, 20))
    assert {v.window: v.done for v in early if v.subject == "s1"} == {"2022秋": 0, "2023春": 0}


def test_without_leave_to_make_up_an_entry_belongs_to_its_own_day():
    told = verdicts(pack_of(rule()), [visit("e1", "2023-03-01", makes_up="2022秋")])
    assert {v.window: v.done for v in told if v.subject == "s1"} == {"2022秋": 0, "2023春": 1}
    assert "makes-up" in {f.code for f in pack_of(rule(makes_up="allowed", window="standing")).findings}


def test_the_sentences_say_what_is_exclusive():
    pack = pack_of(one("rule-a", makes_up="allowed", not_with=["rule-b"]), rule(id="rule-b"))
    said = sentence(pack, pack.obligations[0])
    assert "一次活动只算作一条要求" in said
    assert "可以注明补做的是哪一段时间" in said
    assert "counts for one obligation only" in sentence(pack, pack.obligations[0], "en")


def test_the_linter_names_unknown_rivals_and_a_rule_that_has_none():
    assert "unknown-obligation" in {f.code for f in lint(pack_of(rule(not_with=["nobody"])), cases=False)}
    assert "counts-for" in {f.code for f in lint(pack_of(rule(counts_for="one")), cases=False)}
    assert "counts-for" not in {f.code for f in lint(pack_of(one("rule-a"), one("rule-b")), cases=False)}


def test_a_golden_case_may_name_the_window_that_an_entry_makes_up():
    pack = pack_of(rule(makes_up="allowed"))
    case = {
        "name": "补做", "as_of": END, "verdict": "met", "window": "2022秋",
        "entries": [{"on": dt.date(2023, 3, 1), "makes_up": "2022秋"}],
    }  # fmt: skip
    outcome = run_case(pack, pack.obligations[0], case)
    assert outcome.passed, outcome.sentence


@st.composite
def ledgers(draw):
    found = []
    for number in range(draw(st.integers(2, 9))):
        said = draw(st.fixed_dictionaries({}, optional={
            "counts_for": st.sampled_from(["rule-0", "rule-1", "rule-2"]), "mode": st.sampled_from(["online", "in_person"]),
            "makes_up": st.sampled_from(["2022秋", "2023-03", "2023春"])}))  # fmt: skip
        day = dt.date(2022, 12, 1) + dt.timedelta(days=draw(st.integers(0, 220)))
        amounts = draw(
            st.fixed_dictionaries(
                {}, optional={"hours": st.sampled_from([50, 100, 250]), "cost": st.just(100)}
            )
        )
        rows = tuple(
            Participation("visited", who, False, "", dict(said), dict(amounts))
            for who in draw(st.sampled_from([["s1"], ["s1", "s2"]]))
        )
        found.append(Entry(f"e{number}", "visit", day, day, "x1", None, rows))
    return found


CALM = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.generate],
    derandomize=True,
)


@CALM
@given(programmes_that_share(), ledgers(), st.dates(dt.date(2023, 1, 1), dt.date(2023, 8, 31)))
def test_random_programmes_share_out_alike(pack, entries, as_of):
    told = verdicts(pack, entries, as_of)
    used: dict = {}
    for verdict in told:
        for entry in verdict.counted:
            used.setdefault((verdict.subject, entry), set()).add(verdict.obligation)
    alone = {item.id for item in pack.obligations if item.counts_once}
    for names in used.values():
        assert len(names & alone) <= 1


@pytest.mark.postgres
@settings(CALM, max_examples=5)
@given(programmes_that_share(), ledgers())
def test_random_programmes_share_out_alike_on_postgres(pack, entries):
    if reason := postgres.why_unavailable():
        pytest.skip(reason)
    facts = Facts(PEOPLE, [], [], entries)
    told = reference.evaluate(pack, facts, school_calendar(), END)
    found = evaluate_sql(pack, facts, school_calendar(), END, engine="postgres", details=False)
    assert [(v.key(), v.verdict, v.done) for v in found] == [(v.key(), v.verdict, v.done) for v in told]
