"""The set-based evaluator says what the one-by-one evaluator says, on SQLite and on PostgreSQL, and what an explanation
lists as counted is what counted there.

`start.py test --long` compares 10,000 worlds, each on both databases. `TONGXIN_MANY=300 TONGXIN_SEED=7 pytest` on this file
does so for 300 programmes of one's own; `TONGXIN_LOG` names a file that gets a line every hundred programmes.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from collections import Counter, deque
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tongxin.methods.cadence import reference
from tongxin.methods.cadence.calendar import SchoolCalendar
from tongxin.methods.cadence.counting import Times
from tongxin.methods.cadence.explaining import explain, reason_words
from tongxin.methods.cadence.facts import Facts
from tongxin.methods.cadence.golden import case_facts
from tongxin.methods.cadence.pack import Pack, load_pack
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.sql.answer import evaluate_sql
from tongxin.methods.cadence.sql.evaluate import SetEvaluator
from tongxin.methods.cadence.sql.schema import Names, load_facts
from tongxin.methods.cadence.tests import strategies
from tongxin.methods.cadence.tree import Requirement
from tongxin.testing import postgres

from . import worlds
from .worlds import Database, World

ROOT = Path(__file__).parents[5]
EXAMPLES_OF_DOCS = [ROOT / "docs" / "examples" / name / "pack" for name in ("forty-rules", "operators")]
PACKS = [*sorted(ROOT.joinpath("packs", "programmes").glob("*")), *EXAMPLES_OF_DOCS]

# A random programme is rendered once per database and judged in WORLDS worlds: some alone, and those of the programmes
# before it side by side in one database. (More than a few worlds drawn at once are more than hypothesis can hold.)
ALONE, DISTRICT = 3, 27
WORLDS = ALONE + DISTRICT
LONG = os.environ.get("TONGXIN_TEST_LONG") == "1"
FEW, MANY = 24, 10_000 // WORLDS + 1
EXAMPLES = int(os.environ.get("TONGXIN_MANY") or (MANY if LONG else FEW))
SEED = os.environ.get("TONGXIN_SEED")
CASES = 1 if EXAMPLES == FEW else 100  # of each rule of a pack; all of them in a long run
RELAXED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.explicit, Phase.generate],
    derandomize=EXAMPLES == FEW and not SEED,
)
random_packs = st.one_of(*[strategies.packs()] * 4, strategies.programmes_that_share())
compared: Counter[str] = Counter()


@pytest.fixture(scope="module")
def databases():
    """SQLite, and PostgreSQL where it can be had, each with its tables ready."""
    opened = [Database(sqlite3.connect(":memory:"), "sqlite")]
    if not postgres.why_unavailable():
        server = postgres.shared()
        server.create_database("random_worlds")
        opened.append(Database(server.connect("random_worlds"), "postgres"))
    yield opened
    for database in opened:
        database.connection.close()


@pytest.mark.postgres
def test_random_programmes_are_judged_and_explained_alike_by_all_three(databases):
    calendar = strategies.school_calendar()
    earlier: deque[Facts] = deque(maxlen=DISTRICT)

    @RELAXED
    @given(random_packs, st.lists(worlds.worlds, min_size=ALONE, max_size=ALONE))
    def alike(pack, alone):
        district = World(worlds.side_by_side(earlier), alone[0].as_of, alone[0].known_at)
        evaluators = [SetEvaluator(pack, calendar, database.dialect) for database in databases]
        judging = list(zip(databases, evaluators, strict=True))
        for world in alone[:1]:
            judged_alike(judging, pack, calendar, world.as_written())
        for world in [*alone, district]:
            told = judged_alike(judging, pack, calendar, world)
            listed_with_reasons(pack, world, told)
        explained_by_what_counted(judging, pack, calendar, alone)
        tell(ALONE + len(earlier))
        earlier.extend(world.facts for world in alone)

    (seed(int(SEED))(alike) if SEED else alike)()
    assert compared["worlds"] >= max(EXAMPLES - DISTRICT // ALONE, 1) * WORLDS
    assert compared["cells"]
    assert compared["explained"]
    if len(databases) < 2:
        pytest.skip(f"SQLite 与逐条判断一致；PostgreSQL 没有比：{postgres.why_unavailable()}")


def judged_alike(judging, pack: Pack, calendar: SchoolCalendar, world: World) -> list[Verdict]:
    """Compare all engines in one world; return what the reference says."""
    told, verdicts = worlds.one_by_one(pack, calendar, world)
    for database, evaluator in judging:
        found = database.judge(evaluator, world)
        assert found.cells == told.cells, database.dialect
        assert found.summed == told.summed, database.dialect
    compared["cells"] += len(verdicts)
    return verdicts


def listed_with_reasons(pack: Pack, world: World, verdicts: list[Verdict]) -> None:
    """Each entry stands in one of the two lists, in the sentence too; one that does not count says why in words."""
    entries = {entry.id: entry for entry in world.facts.entries}
    rules = {(rule.id, rule.version): rule for rule in pack.obligations}
    for verdict in verdicts:
        rejected, rule = dict(verdict.rejected), rules[verdict.obligation, verdict.version]
        assert not {*verdict.counted} & {*rejected}
        assert {entries[name].kind for name in [*verdict.counted, *rejected]} <= rule.kinds()
        if isinstance(rule.demand, Requirement) and isinstance(rule.demand.measure, Times):
            assert verdict.done == len(verdict.counted)
        for reason in rejected.values():
            words = reason_words(pack, reason)
            assert words not in ("", reason)
    for verdict in worlds.spread(verdicts, 3):
        sentence = explain(pack, verdict)
        assert (
            not verdict.counted
            or f"；计入{len(verdict.counted)}次活动（{'、'.join(verdict.counted)}）" in sentence
        )
        for name, reason in verdict.rejected:
            assert f"；{name}没有计入，{reason_words(pack, reason)}" in sentence


def explained_by_what_counted(judging, pack: Pack, calendar: SchoolCalendar, alone: list[World]) -> None:
    """With no other entries than those a verdict lists as counted, every engine gives that very verdict.

    Of each world some verdicts are tried; of the one that lists most, on the databases too.
    """
    told = [
        (world, worlds.to_try_alone(pack, worlds.one_by_one(pack, calendar, world)[1])) for world in alone
    ]
    world, chosen = max(told, key=lambda pair: len(pair[1]))
    for other, verdicts in told:
        for verdict in verdicts if other is not world else ():
            found = reference.evaluate(
                pack, worlds.only_counted(pack, other, verdict), calendar, other.as_of, other.known_at,
                [verdict.obligation], [verdict.subject],
            )  # fmt: skip
            # Two events of a day give two windows of one name.
            assert worlds.said(verdict) in [worlds.said(one) for one in found if one.key() == verdict.key()]
    if not chosen:
        return
    parts = [worlds.only_counted(pack, world, verdict) for verdict in chosen]
    tried = World(worlds.side_by_side(parts), world.as_of, world.known_at)
    judged_alike(judging, pack, calendar, tried)
    for database, evaluator in judging:
        cells = database.judge(evaluator, tried).cells
        for place, verdict in enumerate(chosen):
            rule, version, subject, window, first = verdict.key()
            key = (rule, version, f"{place}-{subject}", window, first)
            assert (key, worlds.said(verdict)) in cells, (database.dialect, verdict)
    compared["explained"] += len(chosen)


def tell(judged: int) -> None:
    """Count, and write down now and then how far a long run has come."""
    compared.update(programmes=1, worlds=judged)
    log = os.environ.get("TONGXIN_LOG")
    if log and compared["programmes"] % 20 == 0:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"seed {SEED}: {dict(compared)}\n")


def by_sql(evaluator, connection, facts, as_of, known_at, unique_rows):
    """Every cell as SQLite judges it in a database of its own, and how many rules took the short way."""
    names = Names(load_facts(connection, facts, evaluator.dialect))
    run = evaluator.run(connection, as_of, known_at, unique_rows=unique_rows)
    found: Counter = Counter()
    for cell in run.cells():
        subject = names.of(cell.obligation.subject, cell.subject)
        key = (cell.obligation.id, cell.obligation.version, subject, cell.window.name, cell.window.first)
        found[(*key, *worlds.said(cell))] += 1
    return found, len(run.ways.swift)


@pytest.mark.parametrize("folder", PACKS, ids=lambda path: path.name)
def test_golden_cases_are_judged_alike_on_sqlite(folder):
    pack, evaluators, swift = load_pack(folder), {}, 0
    for rule in pack.obligations:
        for case in rule.cases[:CASES] if rule.evaluable else ():
            facts, calendar, as_of, known_at, _ = case_facts(pack, rule, case)
            if str(calendar) not in evaluators:
                evaluators[str(calendar)] = SetEvaluator(pack, calendar, "sqlite")
            evaluator = evaluators[str(calendar)]
            connection = sqlite3.connect(":memory:")
            found, short = by_sql(evaluator, connection, facts, as_of, known_at, True)
            swift += short
            connection.close()
            told = reference.evaluate(pack, facts, calendar, as_of, known_at, [rule.id])
            mine = {key for key in found if key[0] == rule.id}
            assert mine == {(*v.key(), *worlds.said(v)) for v in told}, case["name"]
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
    told = reference.evaluate(pack, later, calendar, as_of, long_ago)
    found, _short = by_sql(evaluator, sqlite3.connect(":memory:"), later, as_of, long_ago, True)
    assert found == Counter((*v.key(), *worlds.said(v)) for v in told)
