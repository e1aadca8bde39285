"""How the statements run: one scan of the ledger for all rules of a kind, and text that every engine can read."""

from __future__ import annotations

import sqlite3

import pytest
import sqlglot

from tongxin.methods.cadence import bench_data, bench_rules
from tongxin.methods.cadence.sql import settle, tables
from tongxin.methods.cadence.sql.engine import Engine, filled, rendered
from tongxin.methods.cadence.sql.evaluate import SetEvaluator

SMALL = bench_data.cells(students=140, teachers=20, rows=1500)


@pytest.fixture
def connection():
    connection = sqlite3.connect(":memory:")
    bench_rules.load_cells(Engine(connection, "sqlite"), SMALL)
    yield connection
    connection.close()


def scans_of_the_ledger(connection, evaluator) -> int:
    run = evaluator.run(connection, bench_rules.AS_OF, school=1, unique_rows=True)
    text = filled(rendered(run.script.fast[0], "sqlite"), run.holes | {"slow": 0, "swift": 2})
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}")]
    return sum(" p " in f"{step} " for step in plan)


def test_the_ledger_is_scanned_once_however_many_rules_there_are(connection):
    pack = bench_rules.cells_pack(SMALL)
    one = SetEvaluator(pack, bench_rules.calendar())
    raw = pack.to_dict()
    more = [{**rule, "id": f"{rule['id']}-{n}"} for rule in raw["obligations"] for n in range(10)]
    many = SetEvaluator(bench_rules.pack_from_dict({**raw, "obligations": more}), bench_rules.calendar())
    assert len(many.plan.slots) == 10 * len(one.plan.slots)
    assert scans_of_the_ledger(connection, one) == scans_of_the_ledger(connection, many) == 1


def test_a_summary_needs_the_same_statements_for_any_number_of_rules(connection):
    asked: list[int] = []
    pack = bench_rules.cells_pack(SMALL)
    raw = pack.to_dict()
    for n in (1, 10):
        more = [{**rule, "id": f"{rule['id']}-{at}"} for rule in raw["obligations"] for at in range(n)]
        evaluator = SetEvaluator(
            bench_rules.pack_from_dict({**raw, "obligations": more}), bench_rules.calendar()
        )
        statements: list[str] = []
        connection.set_trace_callback(statements.append)
        evaluator.run(connection, bench_rules.AS_OF, school=1, unique_rows=True).summary()
        connection.set_trace_callback(None)
        asked.append(sum("participation" in text for text in statements))
    assert asked[0] == asked[1]


def analysed(connection, evaluator) -> set[str]:
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    evaluator.run(connection, bench_rules.AS_OF, school=1, unique_rows=True).summary()
    connection.set_trace_callback(None)
    return {text.split()[1] for text in statements if text.startswith("ANALYZE")}


def test_statistics_are_gathered_anew_only_where_a_table_has_another_size(connection):
    evaluator = SetEvaluator(bench_rules.cells_pack(SMALL), bench_rules.calendar())
    assert {"tx_seg", "tx_window", "tx_match"} <= analysed(connection, evaluator)
    assert analysed(connection, evaluator) == set()
    more = "SELECT s.id + {0}, s.public_id || {0}, s.school_id, s.type, s.name, s.present_from, s.present_to FROM subject AS s"
    connection.execute(f"INSERT INTO subject {more.format(10_000)} WHERE s.id <= 40")
    assert analysed(connection, evaluator) == set()
    connection.execute(f"INSERT INTO subject {more.format(20_000)}")
    assert "tx_seg" in analysed(connection, evaluator)


def test_the_summary_is_that_of_the_cells(connection):
    evaluator = SetEvaluator(bench_rules.cells_pack(SMALL), bench_rules.calendar())
    run = evaluator.run(connection, bench_rules.AS_OF, school=1, unique_rows=True)
    quick = {(t.obligation.id, t.window.first): t.counts for t in run.summary()}
    run.cells()
    assert {(t.obligation.id, t.window.first): t.counts for t in run.summary()} == quick


@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "duckdb", "spark"])
def test_every_statement_can_be_written_for_every_engine(dialect):
    evaluator = SetEvaluator(
        bench_rules.province_pack(bench_data.province(100, 20, 100)), bench_rules.calendar(), dialect
    )
    script = evaluator.script(known=True, school=True)
    statements = [*script.lines, *script.fast, script.reached, *script.entries, *script.heads, *script.hits]
    statements += [
        *map(settle.cells, range(settle.PLAIN_LIST + 1)),
        settle.swift_summary(script.reached),
    ]
    for statement in statements:
        assert sqlglot.parse_one(rendered(statement, dialect), read=dialect)
    assert len(tables.definitions(dialect)) > len(tables.TEMPORARY)
