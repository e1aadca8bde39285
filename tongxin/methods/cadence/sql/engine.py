"""A DB-API connection and its dialect: renders SQLGlot trees once, fills in integers, runs them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp

NO_END_DAY = 3652059
NO_END_INSTANT = 253402300799999999
FROM_ALWAYS = -62135596800000000
DIALECTS = ("sqlite", "postgres", "duckdb", "spark")

# A place in a tree that `Engine.run` fills with an integer: the tree is rendered once and asked often. Literals,
# unlike bound values, let SQLite use partial indexes and PostgreSQL plan for the value.
_HOLE = re.compile(r"\bhole_([a-z_]+)\b")


def tree(text: str) -> exp.Expression:
    """Return the SQLGlot tree of a statement written in the default dialect (SQLite)."""
    return sqlglot.parse_one(text, read="sqlite")  # type: ignore[return-value]


@lru_cache(maxsize=16384)
def rendered(statement: str, dialect: str) -> str:
    """Return a statement of the default dialect as text of another, holes still open; remembered, for it is slow."""
    parsed = tree(statement)
    if dialect == "postgres":
        parsed = parsed.transform(_json_for_postgres, copy=False)
    return parsed.sql(dialect=dialect, copy=False)


def _json_for_postgres(node: exp.Expression) -> exp.Expression:
    """`#>>` reads both json and jsonb; the function SQLGlot would write reads json only."""
    if isinstance(node, exp.JSONExtractScalar):
        path = node.expression.find(exp.JSONPathKey)
        name = str(path.this) if path else ""
        return exp.JSONBExtractScalar(
            this=node.this.copy(), expression=exp.Literal.string("{" + f'"{name}"' + "}")
        )
    return node


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Iterable[str]) -> str:
    """Return texts as the inside of an IN list; nothing becomes a value that no row has."""
    return ", ".join(quoted(text) for text in texts) or "NULL"


class Engine:
    """Runs statements on one connection. `connection` is a raw DB-API connection; nothing is committed here."""

    def __init__(self, connection: Any, dialect: str) -> None:
        if dialect not in DIALECTS:
            raise ValueError(f"unknown dialect {dialect!r}, known: {', '.join(DIALECTS)}")
        self.connection, self.dialect = connection, dialect

    def run(self, text: str, **holes: int) -> list[tuple[Any, ...]]:
        """Run rendered SQL with its holes filled; return the rows, or none for a statement without rows."""
        cursor = self.connection.cursor()
        try:
            cursor.execute(filled(text, holes))
            return cursor.fetchall() if cursor.description else []
        finally:
            cursor.close()

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows of integers, texts and None."""
        rows = list(rows)
        if not rows:
            return
        if self.dialect == "postgres":
            self._copy(table, columns, rows)
            return
        marks = ", ".join(["?"] * len(columns))
        cursor = self.connection.cursor()
        try:
            cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
        finally:
            cursor.close()

    def _copy(self, table: str, columns: Sequence[str], rows: list[Sequence[Any]]) -> None:
        with (
            self.connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)


def filled(text: str, holes: dict[str, int]) -> str:
    """Return the text with every hole filled. Raises KeyError for a hole without a value."""
    return _HOLE.sub(lambda found: str(int(holes[found[1]])), text)
