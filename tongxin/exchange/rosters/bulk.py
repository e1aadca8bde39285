"""Insert many rows at once through the database's own executemany, with the models as the one source of columns.

Django's bulk_create prepares every value of every object and costs ten times as much at 200,000 rows.
"""

import base64
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, models, transaction

BATCH = 5_000
Ranges = list[list[int]]  # [[first, last], …], both included


class Inserter:
    """Collects rows of one model and writes them in batches. The caller gives every column but the key, in order.

    columns: attribute names ("school_id", "name"). Keys are reserved when a row is added, so that other rows can
    point to it before it is written. Call `flush` at the end.
    """

    def __init__(self, model: type[models.Model], columns: Sequence[str], keys: "Keys | None" = None) -> None:
        self.model = model
        self.keys = keys
        fields = {field.attname: field for field in model._meta.concrete_fields}
        given = {*columns, model._meta.pk.attname if keys else ""}  # type: ignore[union-attr]
        rest = [field for name, field in fields.items() if name not in given]
        self._constants = tuple(_default(field) for field in rest)
        names = [keys.column] if keys else []
        names += [fields[name].column or name for name in columns] + [
            field.column or field.attname for field in rest
        ]
        quote = connection.ops.quote_name
        places = ", ".join(["%s"] * len(names))
        self._sql = (
            f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, names))}) VALUES ({places})"
        )
        self._rows: list[tuple] = []
        self.written = 0

    def add(self, *values: Any) -> int:
        """Add a row and return its key (0 for a model whose key is one of the columns)."""
        key = 0
        if self.keys:
            key = self.keys.next()
            values = (key, *values)
        rows = self._rows
        rows.append(values + self._constants if self._constants else values)
        if len(rows) >= BATCH:
            self.flush()
        return key

    def flush(self) -> None:
        if self._rows:
            with connection.cursor() as cursor:
                cursor.executemany(self._sql, self._rows)
            self.written += len(self._rows)
            self._rows = []


def _default(field: models.Field) -> Any:
    """Return the one value a column gets in every row. Raises ValueError where each row needs its own."""
    if field.unique:
        raise ValueError(f"{field} needs a value in every row")
    return field.get_db_prep_save(field.get_default(), connection)


class Keys:
    """Keys of one table, reserved in blocks, inside the caller's transaction."""

    BLOCK = 2_000

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.column = model._meta.pk.column or "id"  # type: ignore[union-attr]
        self.table = model._meta.db_table
        self._runs: Ranges = []  # reserved and not yet begun
        self._done: Ranges = []
        self._first = self._position = self._end = 0  # of the run in use; _end is behind its last key
        self._next = 0

    def next(self) -> int:
        """Return a key nobody else has."""
        if self._position == self._end:
            self._begin_run()
        key = self._position
        self._position += 1
        return key

    @property
    def used(self) -> Ranges:
        """The keys handed out so far."""
        now = [[self._first, self._position - 1]] if self._position > self._first else []
        joined: Ranges = []
        for first, last in self._done + now:
            if joined and joined[-1][1] == first - 1:
                joined[-1][1] = last
            else:
                joined.append([first, last])
        return joined

    def _begin_run(self) -> None:
        if self._end > self._first:
            self._done.append([self._first, self._end - 1])
        if not self._runs:
            self._runs = self._reserve()
        first, last = self._runs.pop(0)
        self._first = self._position = first
        self._end = last + 1

    def _reserve(self) -> Ranges:
        if not connection.in_atomic_block:
            raise transaction.TransactionManagementError("keys are reserved inside a transaction only")
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                    [self.table, self.column, self.BLOCK],
                )
                return runs_of(row[0] for row in cursor.fetchall())
            if not self._next:
                # The transaction began as a writer (IMMEDIATE), so nobody else can take these keys.
                quoted = connection.ops.quote_name(self.table)
                cursor.execute(
                    f"SELECT COALESCE(MAX({connection.ops.quote_name(self.column)}), 0) FROM {quoted}"
                )
                highest = cursor.fetchone()[0]
                cursor.execute(
                    "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [self.table]
                )
                self._next = max(highest, cursor.fetchone()[0]) + 1
        first = self._next
        self._next += self.BLOCK
        return [[first, first + self.BLOCK - 1]]


def runs_of(keys: Iterable[int]) -> Ranges:
    """Return ascending keys as ranges."""
    runs: Ranges = []
    for key in sorted(keys):
        if runs and runs[-1][1] == key - 1:
            runs[-1][1] = key
        else:
            runs.append([key, key])
    return runs


def public_ids() -> Iterator[str]:
    """Yield random public ids (22 URL-safe characters of 128 bits), drawn from the system in blocks."""
    while True:
        noise = os.urandom(16 * 512)
        for start in range(0, len(noise), 16):
            yield base64.urlsafe_b64encode(noise[start : start + 16])[:22].decode()


def within(column: str, ranges: Ranges) -> tuple[str, list[int]]:
    """Return an SQL condition and its parameters: the column lies in one of the ranges."""
    if not ranges:
        return "1 = 0", []
    quoted = connection.ops.quote_name(column)
    parts = [f"{quoted} BETWEEN %s AND %s"] * len(ranges)
    return f"({' OR '.join(parts)})", [bound for pair in ranges for bound in pair]


def delete_ranges(model: type[models.Model], ranges: Ranges) -> int:
    """Delete rows of one table by key and return how many went; what points to them must be gone already."""
    condition, parameters = within(model._meta.pk.column or "id", ranges)  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)} WHERE {condition}", parameters
        )
        return cursor.rowcount
