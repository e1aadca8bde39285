"""The set-based evaluator says what the one-by-one evaluator says, on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tongxin.methods.cadence import reference
from tongxin.methods.cadence.facts import Facts
from tongxin.methods.cadence.golden import case_facts
from tongxin.methods.cadence.pack import load_pack
from tongxin.methods.cadence.sql.answer import evaluate_sql
from tongxin.methods.cadence.sql.evaluate import SetEvaluator
from tongxin.methods.cadence.sql.schema import Names, load_facts
from tongxin.methods.cadence.tests import strategies
from tongxin.testing import postgres

ROOT = Path(__file__).parents[5]
EXAMPLES_OF_DOCS = [ROOT / "docs" / "examples" / name / "pack" for name in ("forty-rules", "operators")]
PACKS = [*sorted(ROOT.joinpath("packs", "programmes").glob("*")), *EXAMPLES_OF_DOCS]
# A random programme is rendered once and judged in several random worlds. TONGXIN_MANY=1000 for a long run.
EXAMPLES = int(os.environ.get("TONGXIN_MANY", "30"))
CASES = 1 if EXAMPLES == 30 else 100  # of each rule; all of them in a long run
WORLDS = st.lists(
    st.tuples(strategies.facts(), strategies.days, strategies.instants), min_size=4, max_size=12
)
RELAXED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.explicit, Phase.generate],
    derandomize=EXAMPLES == 30,
)


@pytest.fixture(scope="module")
def server():
    if reason := postgres.why_unavailable():
        pytest.skip(reason)
    return postgres.shared()


def nobody_twice(facts: Facts) -> bool:
    return all(
        len({(row.part, row.subject) for row in entry.rows}) == len(entry.rows) for entry in facts.entries
    )


def by_sql(evaluator, connection, facts, as_of, known_at, unique_rows):
    """Every cell as the database judges it, and what the summary adds up to."""
    numbers = load_facts(connection, facts, evaluator.dialect)
    names = Names(numbers)
    run = evaluator.run(connection, as_of, known_at, unique_rows=unique_rows)
    summed: Counter = Counter()
    for tally in run.summary():
        summed.update({(tally.obligation.id, name): n for name, n in tally.counts.items()})
    found: Counter = Counter()
    for cell in run.cells():
        subject = names.of(cell.obligation.subject, cell.subject)
        key = (cell.obligation.id, cell.obligation.version, subject, cell.window.name, cell.window.first)
        found[(*key, cell.verdict, cell.owed, cell.done, cell.over, cell.most)] += 1
    return found, summed


def one_by_one(pack, facts, calendar, as_of, known_at):
    verdicts = reference.evaluate(pack, facts, calendar, as_of, known_at)
    found = Counter((*v.key(), v.verdict, v.owed, v.done, v.over, v.most) for v in verdicts)
    return found, Counter((v.obligation, v.verdict) for v in verdicts)


@RELAXED
@given(strategies.packs(), WORLDS)
def test_random_programmes_are_judged_alike_on_sqlite(pack, worlds):
    calendar = strategies.school_calendar()
    evaluator = SetEvaluator(pack, calendar, "sqlite")
    for facts, as_of, known_at in worlds:
        connection = sqlite3.connect(":memory:")
        try:
            found = by_sql(evaluator, connection, facts, as_of, known_at, nobody_twice(facts))
        finally:
            connection.close()
        assert found == one_by_one(pack, facts, calendar, as_of, known_at)


@pytest.mark.postgres
def test_random_programmes_are_judged_alike_on_postgres(server):
    calendar = strategies.school_calendar()
    with server.connect() as connection:

        @settings(RELAXED, max_examples=max(EXAMPLES // 6, 1))
        @given(strategies.packs(), WORLDS)
        def judged_alike(pack, worlds):
            evaluator = SetEvaluator(pack, calendar, "postgres")
            for facts, as_of, known_at in worlds[:4]:
                connection.execute("CREATE SCHEMA world")
                connection.execute("SET LOCAL search_path TO world, pg_temp")
                try:
                    found = by_sql(evaluator, connection, facts, as_of, known_at, nobody_twice(facts))
                finally:
                    connection.rollback()
                assert found == one_by_one(pack, facts, calendar, as_of, known_at)

        judged_alike()


@pytest.mark.parametrize("folder", PACKS, ids=lambda path: path.name)
def test_golden_cases_are_judged_alike_on_sqlite(folder):
    pack, evaluators, swift = load_pack(folder), {}, 0
    for rule in pack.obligations:
        for case in rule.cases[:CASES] if rule.evaluable else ():
            facts, calendar, as_of, known_at, _ = case_facts(pack, rule, case)
            evaluator = evaluators.setdefault(str(calendar), SetEvaluator(pack, calendar, "sqlite"))
            connection = sqlite3.connect(":memory:")
            found, _ = by_sql(evaluator, connection, facts, as_of, known_at, True)
            swift += len(evaluator.run(connection, as_of, known_at, unique_rows=True).ways.swift)
            connection.close()
            told = reference.evaluate(pack, facts, calendar, as_of, known_at, [rule.id])
            mine = {key for key in found if key[0] == rule.id}
            assert mine == {(*v.key(), v.verdict, v.owed, v.done, v.over, v.most) for v in told}, case["name"]
    assert swift or not pack.obligations, "no rule took the short way, so it was not tested"


def test_the_command_line_gets_the_same_lines_from_either_evaluator():
    pack = load_pack(PACKS[0])
    rule = next(rule for rule in pack.obligations if rule.evaluable and rule.cases)
    facts, calendar, as_of, known_at, _ = case_facts(pack, rule, rule.cases[0])
    by_database = evaluate_sql(pack, facts, calendar, as_of, known_at, "sqlite")
    assert [v.as_dict() for v in by_database] == [
        v.as_dict() for v in reference.evaluate(pack, facts, calendar, as_of, known_at)
    ]


def test_a_late_entry_changes_today_and_never_what_was_known():
    pack = load_pack(PACKS[0])
    rule = next(rule for rule in pack.obligations if rule.evaluable and rule.cases)
    facts, calendar, as_of, _, _ = case_facts(pack, rule, rule.cases[0])
    long_ago = dt.datetime(1999, 1, 1, tzinfo=dt.UTC)
    later = Facts(facts.subjects, facts.attributes, facts.links, [], facts.waivers)
    evaluator = SetEvaluator(pack, calendar, "sqlite")
    told = one_by_one(pack, later, calendar, as_of, long_ago)
    assert by_sql(evaluator, sqlite3.connect(":memory:"), later, as_of, long_ago, True) == told
