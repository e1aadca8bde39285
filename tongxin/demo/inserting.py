"""Insert many rows fast: plain tuples and one prepared statement, with keys given out beforehand.

Django's own bulk_create builds one long statement per batch and takes most of a minute for the demo's rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models
from django.db.models import Max

from tongxin.kernel.base.fields import DayField, InstantField, to_microseconds
from tongxin.kernel.base.sealing.fields import BlindIndexField, SealedField

_next: dict[type[models.Model], int] = {}


def start_counting() -> None:
    """Forget the keys given out; call it once before the first insert."""
    _next.clear()


def give_keys(rows: Iterable[models.Model], model: type[models.Model]) -> None:
    """Give every row its key, in order."""
    key = next_key(model)
    for row in rows:
        row.pk = key
        key += 1
    _next[model] = key


def next_key(model: type[models.Model]) -> int:
    if model not in _next:
        _next[model] = (model._default_manager.aggregate(last=Max("pk"))["last"] or 0) + 1
    return _next[model]


def insert(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert rows of one table; those without a key get one (it can be used at once)."""
    if not rows:
        return
    if rows[0].pk is None:
        give_keys(rows, model)
    fields = model._meta.concrete_fields
    values: Callable[[models.Model], tuple] = attrgetter(*(field.attname for field in fields))
    if any(isinstance(field, SealedField | BlindIndexField) for field in fields):

        def values(row: models.Model) -> tuple:
            return tuple(_stored(field, row) for field in fields)

    converters = [(n, c) for n, field in enumerate(fields) if (c := _converter(field))]
    columns = [str(field.column) for field in fields]
    insert_tuples(model, columns, _converted(map(values, rows), converters))


def _stored(field: models.Field, row: models.Model) -> Any:
    """Return what lies in the database for a row's field; the row itself keeps what it was made with."""
    sealed = isinstance(field, SealedField | BlindIndexField)
    return field.pre_save(row, True) if sealed else getattr(row, field.attname)


def _converted(rows: Iterable[tuple], converters: list[tuple[int, Callable]]) -> Iterator[list]:
    for row in rows:
        values = list(row)
        for n, convert in converters:
            if values[n] is not None:
                values[n] = convert(values[n])
        yield values


def _converter(field: models.Field) -> Callable[[Any], Any] | None:
    if isinstance(field, DayField):
        return lambda day: day.toordinal()
    if isinstance(field, InstantField):
        return to_microseconds
    if isinstance(field, models.JSONField):
        return lambda value: json.dumps(value, ensure_ascii=False)
    return None


def insert_tuples(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Insert rows as the database stores them, in the order of `columns`."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    places = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({places})", list(rows)
        )


def finish_counting() -> None:
    """Tell the database where its own counting goes on (PostgreSQL needs it; SQLite knows)."""
    statements = connection.ops.sequence_reset_sql(no_style(), list(_next))
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
