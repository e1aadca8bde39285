"""Keyset paging: page N costs as much as page 1, and nothing counts a million rows.

The place in the list travels in the address as a sealed cursor (`after` or `before`): the sort values of the last
(first) row shown. Sort columns must hold no NULL and end in a unique one.
"""

import base64
import json
import secrets
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, Q, QuerySet
from django.utils.crypto import salted_hmac

from tongxin.ui import prepared

SALT = "tongxin.ui.keyset"
NONCE = 12


@dataclass(frozen=True)
class Page:
    """One page of rows (tuples, in display order) and the cursors to the pages beside it ("" when there is none)."""

    rows: list[tuple[Any, ...]]
    next_cursor: str = ""
    previous_cursor: str = ""

    @property
    def has_others(self) -> bool:
        return bool(self.next_cursor or self.previous_cursor)


def page(
    queryset: QuerySet | Callable[[], QuerySet],
    fields: Sequence[str],
    order: Sequence[str],
    parameters: Mapping[str, str],
    size: int = 50,
    key: Hashable = None,
    model: type[Model] | None = None,
) -> Page:
    """Return one page of `queryset` as value tuples in the order of `fields`.

    order: sort columns, "-" before a falling one; each must be among fields, the last unique, none NULL.
    parameters: the request's GET; reads `after` and `before`. A cursor that was tampered with or belongs to another
    order shows the first page: an old address should lead somewhere, not to an error.
    key: everything the queryset, then given as a function, depends on; the SQL is written once per key (see prepared).
    model: whose rows they are; needed with a key.
    """
    names = [column.removeprefix("-") for column in order]
    places = [list(fields).index(name) for name in names]
    backwards = "before" in parameters and "after" not in parameters
    cursor = _read(parameters.get("before" if backwards else "after", ""), order)
    used = [_turn(column) for column in order] if backwards and cursor else list(order)

    def cut(at: Mapping[str, Any]) -> QuerySet:
        rows = (queryset() if callable(queryset) else queryset).order_by(*used)
        if cursor:
            rows = rows.filter(_beyond(used, [at[f"{place}"] for place in range(len(used))]))
        return rows.values_list(*fields)[: size + 1]

    if key is None:
        found = list(cut({str(place): value for place, value in enumerate(cursor)}))
    else:
        assert model is not None
        at = {str(place): _stored(model, used[place], value) for place, value in enumerate(cursor)}
        found = prepared.rows((key, tuple(used), tuple(fields), size), cut, at)
    more, found = len(found) > size, found[:size]
    if backwards and cursor:
        found.reverse()
    return _between(found, order, places, more, bool(cursor), backwards and bool(cursor))


def _between(
    rows: list[tuple[Any, ...]],
    order: Sequence[str],
    places: Sequence[int],
    more: bool,
    placed: bool,
    backwards: bool,
) -> Page:
    """Say which neighbours a page has: coming from a side means that side has rows."""
    if not rows:
        return Page([])
    last, first = _write(rows[-1], order, places), _write(rows[0], order, places)
    if backwards:
        return Page(rows, next_cursor=last, previous_cursor=first if more else "")
    return Page(rows, next_cursor=last if more else "", previous_cursor=first if placed else "")


def _turn(column: str) -> str:
    return column.removeprefix("-") if column.startswith("-") else f"-{column}"


def _beyond(order: Sequence[str], cursor: Sequence[Any]) -> Q:
    """Rows after the cursor in this order.

    The first term, `name >= cursor`, is redundant; with it both SQLite and PostgreSQL start at the index position
    instead of walking the list from its head.
    """
    beyond, equal = Q(), Q()
    for column, value in zip(order, cursor, strict=True):
        name = column.removeprefix("-")
        beyond |= equal & Q(**{f"{name}__{_past(column)}": value})
        equal &= Q(**{name: value})
    head = order[0]
    return Q(**{f"{head.removeprefix('-')}__{_past(head)}e": cursor[0]}) & beyond


def _past(column: str) -> str:
    return "lt" if column.startswith("-") else "gt"


def _write(row: Sequence[Any], order: Sequence[str], places: Sequence[int]) -> str:
    # Sealed and not only signed: sort values are names, and addresses stay behind in histories and logs.
    values = json.dumps([_plain(row[place]) for place in places]).encode()
    nonce = secrets.token_bytes(NONCE)
    sealed = nonce + _lock().encrypt(nonce, values, _bound_to(order))
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _plain(value: Any) -> Any:
    """Dates and other values travel as the text that the database compares alike."""
    return value if isinstance(value, int | str) else str(value)


def _stored(model: type[Model], column: str, value: Any) -> Any:
    """Return a cursor's value as its column stores it: days travel as text and are stored as numbers."""
    try:
        return model._meta.get_field(column.removeprefix("-")).get_prep_value(value)  # type: ignore[union-attr]
    except FieldDoesNotExist:  # an annotation, or "pk"
        return value


def _read(cursor: str, order: Sequence[str]) -> list[Any]:
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return json.loads(_lock().decrypt(sealed[:NONCE], sealed[NONCE:], _bound_to(order)))
    except (ValueError, InvalidTag):
        return []


def _lock() -> AESGCM:
    return AESGCM(salted_hmac(SALT, "key", algorithm="sha256").digest())


def _bound_to(order: Sequence[str]) -> bytes:
    return " ".join(order).encode()
