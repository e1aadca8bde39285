"""A world of the tests made once by the services, and put back row by row for every further test of the run.

`again("cast", make)` calls `make()` the first time and notes which rows it wrote; the next time the same rows are written
and an equal object is returned. It only does so where nothing can tell the difference: at the tests' hour, and with the
tables exactly as they were the first time. Where something was sealed the test's new key store gets the same keys.
Else `make` is called as ever.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from tongxin.kernel.base.sealing import rotation

from . import raw_rows
from .database import written_tables

Rows = dict[str, dict[Any, raw_rows.Row]]  # {table: {primary key: raw row}}


@dataclass(frozen=True)
class _Made:
    """What a world wrote and removed, and the world itself, with what it was given left out."""

    gone: dict[str, list[Any]]
    new: dict[str, list[tuple]]
    mark: tuple[str, Any]  # a row (table, primary key) that was not there before
    keys: dict[str, bytes]
    world: bytes


@dataclass
class _Standing:
    """Which worlds stand in the database, and where they are seen; true until the connection changes more rows.

    A rollback changes none: which of them it took back is seen by their rows.
    """

    connection: Any = None
    changes: Any = None
    worlds: tuple[tuple[str, tuple[str, Any]], ...] = ()


_made: dict[tuple, _Made] = {}
_standing = _Standing()


def again[T](name: str, make: Callable[..., T], *given: Any) -> T:
    """Return `make(*given)` with all its rows in the database.

    name: of this world; together with those it stands upon it must always be made in the same way.
    given: what `make` builds upon; the world refers to these very objects.
    """
    names = _names() if _at_the_tests_hour() else None
    if names is None:
        return make(*given)
    key, no_keys = (*names, name, connection.in_atomic_block), not _keys()
    if key in _made and (no_keys or not _made[key].keys):
        world = _put_back(_made[key], given)
        _stands(names, name, _made[key].mark)
        return world
    before = _rows()
    world = make(*given)
    after = _rows()
    if no_keys or not _sealed(after):
        _made[key] = _noted(before, after, world, given)
        _stands(names, name, _made[key].mark)
    return world


def _at_the_tests_hour() -> bool:
    from .cast import NOW

    return timezone.now() == NOW


def _names() -> tuple[str, ...] | None:
    """Return which worlds stand in the database: none when it is empty, None when something else was written."""
    connection.ensure_connection()
    names: list[str] = []
    if _standing.connection is connection.connection and _standing.changes == raw_rows.changes():
        for name, mark in _standing.worlds:
            if not raw_rows.is_there(*mark):
                break
            names.append(name)
    return tuple(names) if names or not written_tables() else None


def _stands(names: tuple[str, ...], name: str, mark: tuple[str, Any]) -> None:
    _standing.worlds = (*_standing.worlds[: len(names)], (name, mark))
    _standing.connection, _standing.changes = connection.connection, raw_rows.changes()


def _rows() -> Rows:
    return {table: raw_rows.read(table) for table in written_tables()}


def _keys() -> dict[str, bytes]:
    """Return the files of the present key store by name."""
    folder = Path(settings.KEYS_DIR)
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else {}


def _write_keys(keys: dict[str, bytes]) -> None:
    folder = Path(settings.KEYS_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, held in keys.items():
        file = folder / name
        file.touch(mode=0o600)
        file.write_bytes(held)


def _sealed(rows: Rows) -> bool:
    named = raw_rows.keys_and_columns()
    for field in rotation.columns():
        table = field.model._meta.db_table
        at = named[table][1].index(str(field.column))
        if any(raw_rows.is_filled(row[at]) for row in rows.get(table, {}).values()):
            return True
    return False


def _noted(before: Rows, after: Rows, world: Any, given: tuple) -> _Made:
    gone, new = {}, {}
    for table in before.keys() | after.keys():
        old, now = before.get(table, {}), after.get(table, {})
        gone[table] = [key for key, row in old.items() if now.get(key) != row]
        new[table] = [row for key, row in now.items() if old.get(key) != row]
    mark = next(
        (table, key) for table, rows in after.items() for key in rows if key not in before.get(table, {})
    )
    out = io.BytesIO()
    _Pickler(out, given).dump(world)
    return _Made(gone, new, mark, _keys() if _sealed(after) else {}, out.getvalue())


def _put_back(made: _Made, given: tuple) -> Any:
    if made.keys:
        _write_keys(made.keys)
    with transaction.atomic():
        for table, keys in made.gone.items():
            raw_rows.remove(table, keys)
        for table, rows in made.new.items():
            raw_rows.write(table, rows)
    return _Unpickler(io.BytesIO(made.world), given).load()


class _Pickler(pickle.Pickler):
    """Leaves out what was given, to refer to it again."""

    def __init__(self, out: io.BytesIO, given: tuple) -> None:
        super().__init__(out, pickle.HIGHEST_PROTOCOL)
        self.given = given

    def persistent_id(self, one: Any) -> int | None:
        return next((at for at, thing in enumerate(self.given) if thing is one), None)


class _Unpickler(pickle.Unpickler):
    def __init__(self, held: io.BytesIO, given: tuple) -> None:
        super().__init__(held)
        self.given = given

    def persistent_load(self, at: int) -> Any:
        return self.given[at]
