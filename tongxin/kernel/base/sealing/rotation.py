"""New keys for old rows: in batches, while people write, taken up again where it was cut off.

`store.retire` lets every new write make a new key; this brings what still lies under retired keys over to the new ones.
A row is replaced only if it is byte for byte what was read, so nobody's newer value is ever undone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, models, transaction

from . import store
from .cipher import key_id_of, open_sealed, seal
from .fields import SealedField, sealed_fields

BATCH = 300
_NOTE, _WANTED = "rotation", "rotation wanted"
# A writer that sealed its row under the old key may commit behind the first pass; the second finds it.
_PASSES = 2
# Rooms that keep sealed files name here who moves a batch of them: (retired key ids, after) → (moved, next or None).
_others: dict[str, Callable[[set[int], str], tuple[int, str | None]]] = {}


@dataclass(frozen=True)
class Progress:
    """How far a rotation came: rows moved in this run, and whether everything is under new keys now."""

    moved: int
    done: bool


def also(name: str, step: Callable[[set[int], str], tuple[int, str | None]]) -> None:
    """Let a room move what it keeps sealed outside the database's columns."""
    _others[name] = step


def begin(school: int | None = None) -> int:
    """Retire the present keys (of one school, or all) and ask the background worker to move what lies under them."""
    retired = store.retire(school)
    store.note(_WANTED, str(_PASSES))
    return retired


def wanted() -> bool:
    return store.file().exists() and int(store.note(_WANTED) or 0) > 0


def columns() -> list[SealedField]:
    """Return every sealed column of the installation, always in the same order."""
    found = [field for model in apps.get_models() for field in sealed_fields(model)]
    return sorted(found, key=lambda field: (field.model._meta.db_table, str(field.column)))


def rotate(*, most: int | None = None) -> Progress:
    """Bring rows under retired keys over to the present ones; stop after about `most` rows read.

    May be killed at any moment: how far it came is kept beside the keys, and doing a batch twice changes nothing.
    """
    retired = store.retired_ids()
    if not retired:
        return Progress(0, True)
    state = json.loads(store.note(_NOTE) or "{}")
    if set(state.get("keys", ())) != retired:
        state = {"keys": sorted(retired), "done": [], "after": {}}
    moved = read = 0
    # Each pass starts anew once the one before is through.
    for name, step in _steps(retired):
        if name in state["done"]:
            continue
        while True:
            count, after = step(state["after"].get(name, ""))
            moved, read = moved + count, read + BATCH
            if after is None:
                state["done"].append(name)
            else:
                state["after"][name] = after
            store.note(_NOTE, json.dumps(state))
            if after is None:
                break
            if most is not None and read >= most:
                return Progress(moved, False)
    store.note(_NOTE, "{}")
    store.note(_WANTED, str(max(0, int(store.note(_WANTED) or 0) - 1)))
    return Progress(moved, True)


def _steps(retired: set[int]) -> Iterator[tuple[str, Callable[[str], tuple[int, str | None]]]]:
    for field in columns():
        yield (
            f"{field.model._meta.db_table}.{field.column}",
            lambda after, field=field: _move_batch(field, retired, after),
        )
    for name, other in sorted(_others.items()):
        yield name, lambda after, other=other: other(retired, after)


def _move_batch(field: SealedField, retired: set[int], after: str) -> tuple[int, str | None]:
    """Move one batch of a column; return (rows moved, key of the last row read, None after the last batch)."""
    model = field.model
    rows = model._base_manager.exclude(**{field.attname: None}).order_by("pk")
    if after:
        rows = rows.filter(pk__gt=after)
    batch = list(rows[:BATCH])
    moved = 0
    with transaction.atomic():
        for row in batch:
            old = row.__dict__[field.attname]
            if key_id_of(old) in retired:
                moved += replace(field, row, old)
    return moved, str(batch[-1].pk) if len(batch) == BATCH else None


def replace(field: SealedField, row: models.Model, old) -> int:
    """Seal one value anew without showing it; return 0 when somebody wrote the row meanwhile."""
    place = field.place(row)
    new = seal(open_sealed(old, place), field.scope(row), place)
    table, column, key = map(
        connection.ops.quote_name,
        (field.model._meta.db_table, str(field.column), str(field.model._meta.pk.column)),
    )
    # Written out: the ORM would spend ten times as long on each row as the database does.
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s",
            [field.get_db_prep_value(new, connection), row.pk, field.get_db_prep_value(old, connection)],
        )
        return cursor.rowcount


def unknown_keys() -> list[str]:
    """Return "table.column" of every sealed column that begins or ends under a key the store does not have."""
    known = {row.id for row in store.rows()}
    found = []
    for field in columns():
        rows = field.model._base_manager.exclude(**{field.attname: None}).values_list(
            field.attname, flat=True
        )
        ends = [value for order in ("pk", "-pk") for value in rows.order_by(order)[:1]]
        if any(key_id_of(value) not in known for value in ends):
            found.append(f"{field.model._meta.db_table}.{field.column}")
    return found
