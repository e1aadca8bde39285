"""Queries whose SQL is written once: asked for a list, Django spends ten times longer on its SQL than the database.

    rows = prepared.rows(("people", day), lambda at: People.objects.filter(pk=at["pk"]).values_list("name"), {"pk": 3})

What varies is bound anew in every call. `build` runs only when a key is new, with stand-ins in place of the values; it
runs twice, with other stand-ins, so that a value that only happens to look like one is never taken for it.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX
from django.db.models import QuerySet
from django.db.models.base import ModelState

MOST_KEPT = 1_000
# Lists of keys are filled up to one of these lengths, longer ones to a multiple of the last: few lengths are written.
SHORT_LISTS, PER_LIST = (1, 2, 4, 8, 16, 32), 50
# Off, every call writes its SQL anew; the bench's ordinary pages do.
remembering = True

Value = int | str | Sequence[int] | Sequence[str]
Build = Callable[[Mapping[str, Any]], QuerySet]
_FIRST, _SECOND = (3_100_001, "\ufdd0"), (3_200_003, "\ufdd1")


@dataclass(frozen=True)
class _Written:
    """SQL with its parameters. holes: (place among the parameters, name, place in a list or -1)."""

    sql: str
    parameters: tuple[Any, ...]
    holes: tuple[tuple[int, str, int], ...]
    converters: tuple[tuple[int, Any, Any], ...]  # (place in a row, function, expression)


class _Unknown:
    """Stands for a key that nothing is kept for; None is kept for a query that can find nothing."""


_UNKNOWN = _Unknown()
_kept: dict[Hashable, _Written | None] = {}
_lock = Lock()


def rows(key: Hashable, build: Build, values: Mapping[str, Value]) -> list[tuple[Any, ...]]:
    """Return the rows of a values_list query.

    key: everything the query depends on besides `values`, whose ints and texts are bound as the columns store them; a list
    of texts holds at least one.
    build: takes {name: value} and returns the query. Raises ValueError where a value does not reach the SQL as it is.
    """
    if not remembering:
        return list(build(values))
    one = here()
    lengths = tuple([(name, _padded(value)) for name, value in values.items()])
    whole = (one.vendor, key, lengths)
    # One look only: another thread may empty the store between two.
    written = _kept.get(whole, _UNKNOWN)
    if isinstance(written, _Unknown):
        written = _write(build, dict(lengths))
        with _lock:
            if len(_kept) >= MOST_KEPT:
                _kept.clear()
            _kept[whole] = written
    return [] if written is None else _ask(one, written, values)


def here() -> Any:
    """Return this thread's connection itself: each look through Django's proxy costs as much as a small query."""
    return connections[DEFAULT_DB_ALIAS]


def ask(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of SQL with %s in place of its parameters, by the shortest way to the database."""
    return _run(here(), sql, parameters).fetchall()


def tell(sql: str, parameters: Sequence[Any]) -> int:
    """Run an INSERT or UPDATE written as for `ask`; return the key of the row inserted last, 0 where the engine does not say."""
    return getattr(_run(here(), sql, parameters), "lastrowid", 0) or 0


def tell_each(sql: str, parameters: Sequence[Sequence[Any]]) -> None:
    """Run an INSERT or UPDATE written as for `ask` once for each list of parameters."""
    if len(parameters) == 1:
        _run(here(), sql, parameters[0])
    elif parameters:
        with here().cursor() as cursor:
            cursor.executemany(sql, parameters)


# SQL with ? in place of %s, as SQLite wants it: Django writes it anew each time.
_marked: dict[str, str] = {}


def _run(one: Any, sql: str, parameters: Sequence[Any]) -> Any:
    """Django's cursor costs more than a query of one row; it is used where somebody looks on (tests, DEBUG)."""
    if one.vendor != "sqlite" or one.connection is None or one.queries_logged or one.execute_wrappers:
        cursor = one.cursor()
        cursor.execute(sql, parameters)
        return cursor
    marked = _marked.get(sql)
    if marked is None:
        if len(_marked) >= MOST_KEPT:
            _marked.clear()
        marked = _marked[sql] = FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%")
    one.validate_no_broken_transaction()
    with one.wrap_database_errors:
        return one.connection.execute(marked, parameters)


def instances[Row: models.Model](
    model: type[Row], key: Hashable, build: Build, values: Mapping[str, Value], more: Sequence[str] = ()
) -> list[Row]:
    """Return the rows of a query as instances of its model, with all their columns. As for `rows`.

    more: names the query annotates; they become attributes.
    """
    names = [*(field.attname for field in model._meta.concrete_fields), *more]
    found = rows((model, key), lambda at: build(at).values_list(*names), values)
    return [_instance(model, names, row) for row in found]


def joined(
    parts: Sequence[tuple[type[models.Model], str]], key: Hashable, build: Build, values: Mapping[str, Value]
) -> list[list[Any]]:
    """Return the rows of a query as instances of several models, one each. As for `rows`.

    parts: (model, the way to it as in a filter: "" for the query's own, else like "sitting__school__").
    """
    names = [[field.attname for field in model._meta.concrete_fields] for model, _way in parts]
    columns = [f"{way}{name}" for (_model, way), own in zip(parts, names, strict=True) for name in own]
    found = rows((tuple(parts), key), lambda at: build(at).values_list(*columns), values)
    return [list(_made(parts, names, iter(row))) for row in found]


def _made(
    parts: Sequence[tuple[type[models.Model], str]], names: Sequence[list[str]], values: Iterator[Any]
) -> Iterator[models.Model]:
    for (model, _way), own in zip(parts, names, strict=True):
        yield _instance(model, own, islice(values, len(own)))


def _instance[Row: models.Model](model: type[Row], names: Sequence[str], values: Iterable[Any]) -> Row:
    """Return a row of the database as an instance: as `from_db` with all columns does, with none of its looks around.

    No signals are sent. names: all concrete columns of the model, in their order.
    """
    made = model.__new__(model)
    made._state = state = ModelState()
    state.adding, state.db = False, DEFAULT_DB_ALIAS
    for name, value in zip(names, values, strict=False):
        setattr(made, name, value)
    return made


def tie(row: models.Model, **related: models.Model) -> None:
    """Put what a row's foreign keys lead to at hand, where its keys are right already; nothing is looked at."""
    row._state.fields_cache.update(related)


def _padded(value: Value) -> int | tuple[int, str]:
    """Return the kind of a value: 0 for a number, -1 for a text, (the filled-up length, what it holds) for a list."""
    if isinstance(value, int):
        return 0
    if isinstance(value, str):
        return -1
    count = len(value)
    length = next((short for short in SHORT_LISTS if count <= short), 0) or -(-count // PER_LIST) * PER_LIST
    return (length, "text" if value and isinstance(value[0], str) else "number")


def _ask(one: Any, written: _Written, values: Mapping[str, Value]) -> list[tuple[Any, ...]]:
    parameters = list(written.parameters)
    for place, name, at in written.holes:
        value: Any = values[name]
        if at >= 0:  # the rest of a list repeats its last key; an empty one asks for a key that nothing has
            value = value[min(at, len(value) - 1)] if value else -1
        parameters[place] = value
    found = _run(one, written.sql, parameters).fetchall()
    if not written.converters:
        return found
    return [_converted(one, row, written.converters) for row in found]


def _converted(one: Any, row: Sequence[Any], converters: Sequence[tuple[int, Any, Any]]) -> tuple[Any, ...]:
    values = list(row)
    for at, convert, expression in converters:
        values[at] = convert(values[at], expression, one)
    return tuple(values)


Lengths = Mapping[str, int | tuple[int, str]]


def _write(build: Build, lengths: Lengths) -> _Written | None:
    """Let Django write the SQL; None for a query that can find nothing."""
    try:
        sql, first, compiler = _compile(build, lengths, *_FIRST)
        other_sql, second, _compiler = _compile(build, lengths, *_SECOND)
    except EmptyResultSet:
        return None
    names = {
        (one, other): (name, at)
        for (name, at, one), (_name, _at, other) in zip(
            _stand_ins(lengths, *_FIRST), _stand_ins(lengths, *_SECOND), strict=True
        )
    }
    holes, parameters = [], []
    for place, pair in enumerate(zip(first, second, strict=True)):
        if pair in names:
            holes.append((place, *names[pair]))
        elif pair[0] != pair[1]:
            raise ValueError(f"a parameter of this query is another one each time: {pair}")
        parameters.append(pair[0])
    if sql != other_sql or {hole[1:] for hole in holes} != set(names.values()):
        raise ValueError("a value of this query does not reach its SQL as it is")
    columns = [column for column, _sql, _alias in compiler.select[: compiler.col_count]]
    converters = tuple(
        (at, convert, expression)
        for at, (functions, expression) in compiler.get_converters(columns).items()
        for convert in functions
    )
    return _Written(sql, tuple(parameters), tuple(holes), converters)


def _compile(build: Build, lengths: Lengths, number: int, text: str) -> tuple[str, Sequence, Any]:
    given: dict[str, Any] = {}
    for name, at, value in _stand_ins(lengths, number, text):
        if at < 0:
            given[name] = value
        else:
            given.setdefault(name, []).append(value)
    compiler = build(given).query.get_compiler(connection=here())
    sql, parameters = compiler.as_sql()
    return sql, parameters, compiler


def _stand_ins(lengths: Lengths, number: int, text: str) -> Iterator[tuple[str, int, Any]]:
    """Yield (name, place in a list or -1, stand-in). Numbers are days as well: within what a date can be."""
    used = 0
    for name, kind in lengths.items():
        length, words = (kind[0], kind[1] == "text") if isinstance(kind, tuple) else (0, kind < 0)
        for at in range(length) if length else (-1,):
            used += 1
            yield name, at, f"{text}{used}" if words else number + used
