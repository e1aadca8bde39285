"""Insert many rows at once through the database's own executemany, with the models as the one source of columns.

Django's bulk_create prepares every value of every object and costs ten times as much at 200,000 rows.
"""

import base64
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection, models, transaction

BATCH = 10_000  # rows held before they are written
PUBLIC_ID = "public_id"
PER_STATEMENT = 200  # rows of one INSERT: each statement costs as much as a row
Ranges = list[list[int]]  # [[first, last], …], both included


class Inserter:
    """Collects rows of one model and writes them in batches. The caller gives every column but the key, in order.

    columns: attribute names ("school_id", "name"). same: {attribute name: value as stored} for columns that are equal
    in all rows. What is in neither gets the model's default; `public_id` is drawn here. Keys are reserved when a row
    is added, so that other rows can point to it before it is written. Call `flush` at the end.
    """

    def __init__(
        self,
        model: type[models.Model],
        columns: Sequence[str],
        keys: "Keys | None" = None,
        same: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.keys = keys
        fields = {field.attname: field for field in model._meta.concrete_fields}
        varying = [model._meta.pk.attname] if keys else []  # type: ignore[union-attr]
        self._draws = keys is not None and PUBLIC_ID in fields and PUBLIC_ID not in columns
        varying += [PUBLIC_ID] if self._draws else []
        varying += columns
        constants = {
            name: (same or {})[name] if name in (same or {}) else _default(field)
            for name, field in fields.items()
            if name not in varying
        }
        quote = connection.ops.quote_name
        names = ", ".join(quote(fields[name].column or name) for name in [*varying, *constants])
        self._head = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES "
        # Equal values stand in the statement itself: binding one costs as much as storing it.
        self._row = (
            f"({', '.join(['%s'] * len(varying) + [_literal(value) for value in constants.values()])})"
        )
        self._width = len(varying)
        self._full = BATCH * self._width
        self._next = keys.next if keys else None
        self._flat: list[Any] = []  # the values of all rows, one after the other
        self.written = 0

    def add(self, *values: Any) -> int:
        """Add a row and return its key (0 for a model whose key is one of the columns)."""
        flat, key = self._flat, 0
        if self._next:
            key = self._next()
            flat.append(key)
            if self._draws:
                flat.append(None)
        flat += values
        if len(flat) >= self._full:
            self.flush()
        return key

    def flush(self) -> None:
        flat, width = self._flat, self._width
        if not flat:
            return
        self._flat = []
        count = len(flat) // width
        if self._draws:
            # In rising order: a unique index is then walked once per batch instead of hit at random.
            flat[1::width] = sorted(draw_public_ids(count))
        most = connection.features.max_query_params
        rows = min(PER_STATEMENT, most // width) if most else PER_STATEMENT
        step = rows * width
        whole = count // rows * step
        with connection.cursor() as cursor:
            if whole:
                blocks = [flat[at : at + step] for at in range(0, whole, step)]
                cursor.executemany(self._statement(rows), blocks)
            if whole < len(flat):
                cursor.execute(self._statement((len(flat) - whole) // width), flat[whole:])
        self.written += count

    def _statement(self, rows: int) -> str:
        return self._head + ", ".join([self._row] * rows)


def _default(field: models.Field) -> Any:
    """Return the one value a column gets in every row. Raises ValueError where each row needs its own."""
    if field.unique:
        raise ValueError(f"{field} needs a value in every row")
    return field.get_db_prep_save(field.get_default(), connection)


def _literal(value: Any) -> str:
    """Write a value of our own into SQL; never for anything a user typed. Raises TypeError for other types."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and value.isascii() and not {"'", "\\", "%"} & set(value):
        return f"'{value}'"
    raise TypeError(f"no plain value for SQL: {value!r}")


class Keys:
    """Keys of one table, reserved in blocks, inside the caller's transaction."""

    BLOCK = 2_000

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.column = model._meta.pk.column or "id"  # type: ignore[union-attr]
        self.table = model._meta.db_table
        self._done: Ranges = []
        self._first, self._last = 0, -1  # of the run in use: where it began, and the last key handed out
        self._free = 0  # SQLite: the first key not yet reserved
        #: Returns a key nobody else has. A generator's step, because it is called for every row.
        self.next: Callable[[], int] = self._all().__next__

    def _all(self) -> Iterator[int]:
        while True:
            for first, last in self._reserve():
                self._first = first
                for key in range(first, last + 1):
                    self._last = key
                    yield key
                self._done.append([first, last])
                self._first, self._last = 0, -1

    @property
    def used(self) -> Ranges:
        """The keys handed out so far."""
        now = [[self._first, self._last]] if self._last >= self._first else []
        joined: Ranges = []
        for first, last in self._done + now:
            if joined and joined[-1][1] == first - 1:
                joined[-1][1] = last
            else:
                joined.append([first, last])
        return joined

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
            if not self._free:
                # The transaction began as a writer (IMMEDIATE), so nobody else can take these keys.
                quoted = connection.ops.quote_name(self.table)
                cursor.execute(
                    f"SELECT COALESCE(MAX({connection.ops.quote_name(self.column)}), 0) FROM {quoted}"
                )
                highest = cursor.fetchone()[0]
                cursor.execute(
                    "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [self.table]
                )
                self._free = max(highest, cursor.fetchone()[0]) + 1
        first = self._free
        self._free += self.BLOCK
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


def draw_public_ids(count: int) -> list[str]:
    """Return random public ids (22 URL-safe characters, 132 bits), two from every 33 bytes of the system's noise."""
    text = base64.urlsafe_b64encode(os.urandom(33 * ((count + 1) // 2))).decode()
    return [text[at : at + 22] for at in range(0, 22 * count, 22)]


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
