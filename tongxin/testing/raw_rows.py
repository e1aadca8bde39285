"""Rows as the database stores them, read and written past the models: what `again` notes and puts back.

SQLite gives its own values, PostgreSQL the fields of its copy format; equal rows are equal, and a row written is the row read.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection

Row = tuple[Any, ...]
# Nothing at all, an empty text, an empty string of bytes: in PostgreSQL's copy format.
EMPTY = {b"\\N", b"", b"\\\\x"}
CHANGES = (
    "SELECT pg_current_xact_id_if_assigned()::text, sum(n_tup_ins + n_tup_upd + n_tup_del)"
    " FROM pg_stat_xact_user_tables"
)


@cache
def keys_and_columns() -> dict[str, tuple[str, list[str]]]:
    """Return each table's primary key and columns."""
    return {
        model._meta.db_table: (
            str(model._meta.pk.column),  # type: ignore[union-attr]
            [str(field.column) for field in model._meta.local_concrete_fields],
        )
        for model in apps.get_models(include_auto_created=True)
    }


def changes() -> Any:
    """Return what is the same as before as long as this connection has changed no further row."""
    raw: Any = connection.connection
    if connection.vendor == "sqlite":
        return raw.total_changes
    transaction, count = raw.execute(CHANGES).fetchone()
    # PostgreSQL counts within a transaction; what happened between two of them nobody can tell.
    return (transaction, count) if transaction else object()


def is_there(table: str, key: Any) -> bool:
    column = keys_and_columns()[table][0]
    mark = "?" if connection.vendor == "sqlite" else "%s"
    asked = f'SELECT 1 FROM "{table}" WHERE "{column}" = {mark}'
    raw: Any = connection.connection
    return raw.execute(asked, (_given(key),)).fetchone() is not None


def read(table: str) -> dict[Any, Row]:
    """Return {primary key: row} of a table."""
    key, columns = keys_and_columns()[table]
    raw: Any = connection.connection
    rows: Iterable[Row]
    if connection.vendor == "sqlite":
        # The plus keeps Python's types for dates and truth values away.
        asked = ", ".join(f'+"{column}"' for column in columns)
        rows = raw.execute(f'SELECT {asked} FROM "{table}"').fetchall()
    else:
        with raw.cursor() as cursor, cursor.copy(f'COPY "{table}" ({_quoted(columns)}) TO STDOUT') as copy:
            rows = [tuple(line.split(b"\t")) for line in b"".join(copy).split(b"\n")[:-1]]
    at = columns.index(key)
    return {row[at]: row for row in rows}


def write(table: str, rows: list[Row]) -> None:
    if not rows:
        return
    columns = keys_and_columns()[table][1]
    raw: Any = connection.connection
    if connection.vendor == "sqlite":
        marks = ", ".join("?" * len(columns))
        raw.executemany(f'INSERT INTO "{table}" ({_quoted(columns)}) VALUES ({marks})', rows)
        return
    with raw.cursor() as cursor, cursor.copy(f'COPY "{table}" ({_quoted(columns)}) FROM STDIN') as copy:
        copy.write(b"".join(b"\t".join(row) + b"\n" for row in rows))


def remove(table: str, keys: list[Any]) -> None:
    if not keys:
        return
    mark = "?" if connection.vendor == "sqlite" else "%s"
    asked = f'DELETE FROM "{table}" WHERE "{keys_and_columns()[table][0]}" = {mark}'
    raw: Any = connection.connection
    with closing(raw.cursor()) as cursor:
        cursor.executemany(asked, [(_given(key),) for key in keys])


def is_filled(value: Any) -> bool:
    return value not in EMPTY if isinstance(value, bytes) and connection.vendor != "sqlite" else bool(value)


def _given(key: Any) -> Any:
    """A key as a parameter; PostgreSQL makes of a text what the column is."""
    return key.decode() if isinstance(key, bytes) and connection.vendor != "sqlite" else key


def _quoted(columns: list[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
