"""A DB-API connection and its dialect: renders SQLGlot trees once, fills in integers, runs them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlglot import exp

NO_END_DAY = 3652059
NO_END_INSTANT = 253402300799999999
DIALECTS = ("sqlite", "postgres", "duckdb", "spark")

_HOLE = re.compile(r"\bhole_([a-z_]+)\b")


def hole(name: str) -> exp.Expression:
    """Return a place in a tree that `Engine.run` fills with an integer: the tree is rendered once, asked often.

    Literals, unlike bound parameters, let SQLite use partial indexes and PostgreSQL plan for the value.
    """
    return exp.column(f"hole_{name}")


class Engine:
    """Runs trees on one connection. `connection` is a raw DB-API connection; nothing is ever committed here."""

    def __init__(self, connection: Any, dialect: str) -> None:
        if dialect not in DIALECTS:
            raise ValueError(f"unknown dialect {dialect!r}, known: {', '.join(DIALECTS)}")
        self.connection, self.dialect = connection, dialect

    def render(self, tree: exp.Expression) -> str:
        """Return the tree as SQL text, holes still open."""
        return tree.sql(dialect=self.dialect)

    def run(self, text: str, **holes: int) -> list[tuple[Any, ...]]:
        """Run rendered SQL with its holes filled; return the rows, or none for a statement without rows."""
        cursor = self.connection.cursor()
        try:
            cursor.execute(filled(text, holes))
            return cursor.fetchall() if cursor.description else []
        finally:
            cursor.close()

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows of integers, texts and None with bound values."""
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
