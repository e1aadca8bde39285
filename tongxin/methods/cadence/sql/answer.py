"""The set-based evaluator on `Facts` instead of a database: what `tongxin evaluate --engine sqlite|postgres` runs."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from .. import reference
from ..calendar import SchoolCalendar
from ..facts import Facts
from ..pack import Pack
from ..reference import Verdict
from .evaluate import Cell, SetEvaluator
from .schema import Names, load_facts


def evaluate_sql(
    pack: Pack,
    facts: Facts,
    calendar: SchoolCalendar,
    as_of: dt.date,
    known_at: dt.datetime | None = None,
    engine: str = "sqlite",
    obligations: Collection[str] | None = None,
    details: bool = True,
    now: dt.datetime | None = None,
) -> list[Verdict]:
    """All verdicts by SQL, in the order of the one-by-one evaluator.

    What is judged (verdict, owed, done, over, most) comes from the database. details: let the one-by-one evaluator name
    bearers, counted and rejected entries and reasons as well, which takes its time.
    """
    with database(engine) as connection:
        found = cells_by_sql(connection, engine, pack, facts, calendar, as_of, known_at, obligations, now=now)
    verdicts = [_verdict(cell, subject) for cell, subject in found]
    if details:
        told = reference.evaluate(pack, facts, calendar, as_of, known_at, obligations, now=now)
        verdicts = _with_details(verdicts, told)
    return sorted(verdicts, key=lambda v: (v.obligation, v.subject, v.first, v.last, v.version, v.window))


def cells_by_sql(
    connection: Any,
    dialect: str,
    pack: Pack,
    facts: Facts,
    calendar: SchoolCalendar,
    as_of: dt.date,
    known_at: dt.datetime | None = None,
    obligations: Collection[str] | None = None,
    unique_rows: bool = False,
    now: dt.datetime | None = None,
) -> list[tuple[Cell, str]]:
    """Load the facts into an empty database and return its cells, each with the id its subject has in the facts."""
    numbers = load_facts(connection, facts, dialect)
    names = Names(numbers)
    run = SetEvaluator(pack, calendar, dialect).run(
        connection, as_of, known_at, unique_rows=unique_rows, now=now
    )
    return [
        (cell, names.of(cell.obligation.subject, cell.subject)) for cell in run.cells(obligations=obligations)
    ]


@contextmanager
def database(engine: str) -> Iterator[Any]:
    """An empty database of an engine that is gone afterwards. Raises PostgresUnavailable with the reason."""
    if engine == "sqlite":
        connection = sqlite3.connect(":memory:")
        try:
            yield connection
        finally:
            connection.close()
        return
    from tongxin.testing import postgres

    server = postgres.shared()
    with server.connect() as session:
        # Made in a transaction that is never committed.
        session.execute("CREATE SCHEMA facts")
        session.execute("SET LOCAL search_path TO facts, pg_temp")
        yield session
        session.rollback()


def _verdict(cell: Cell, subject: str) -> Verdict:
    rule = cell.obligation
    return Verdict(
        rule.id,
        rule.version,
        subject,
        cell.window.name,
        cell.window.first,
        cell.window.last,
        cell.owed,
        cell.done,
        cell.verdict,
        cell.over,
        cell.most,
        reason=cell.reason,
        modality=rule.source.modality,
    )


def _with_details(verdicts: list[Verdict], told: list[Verdict]) -> list[Verdict]:
    """Add what the one-by-one evaluator tells of the same cells; the judgement stays the database's."""
    by_key: dict[Any, list[Verdict]] = defaultdict(list)
    for verdict in told:
        by_key[verdict.key(), verdict.verdict].append(verdict)
    found = []
    for verdict in verdicts:
        same = by_key.get((verdict.key(), verdict.verdict))
        if not same:
            found.append(verdict)
            continue
        other = same.pop(0) if len(same) > 1 else same[0]
        found.append(
            verdict._replace(
                late_by=other.late_by,
                bearer=other.bearer,
                counted=other.counted,
                rejected=other.rejected,
                reason=other.reason,
            )
        )
    return found
