"""Write audit rows: in the same transaction as what they witness. No row, no deed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from tongxin.kernel.base import group_commit, rows
from tongxin.kernel.base.fields import to_microseconds
from tongxin.ui import prepared

from . import chain
from .models import AuditHead, AuditRow

_DATA = AuditRow._meta.get_field("data")


class OutsideTransaction(RuntimeError):
    """An audit row was asked for outside a transaction; the deed could then survive without it."""


def write(
    actor, action: str, obj: models.Model | None = None, *, school_id: int | None = None, **data
) -> None:
    """Add a row to the school's chain.

    actor: an Account, a viewer (has `account_id`) or None for the system. obj: what it was done to (its table and key are noted).
    data: ids, counts and codes only – never names, numbers of people, answers or free text.
    Raises OutsideTransaction when called outside `transaction.atomic`.
    """
    school = school_id or getattr(obj, "school_id", None) or getattr(actor, "school_id", None) or 0
    about = (obj._meta.db_table, str(obj.pk)) if obj is not None else ("", "")
    write_each(actor, action, [(*about, data)], school_id=school)


def write_each(actor, action: str, about: Sequence[tuple[str, str, dict]], *, school_id: int) -> None:
    """Add a row to a school's chain for each (table, key, data) the same actor did the same to.

    In a group commit the rows of all its work are added together, just before the commit.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(action)
    account = getattr(actor, "account_id", None) or getattr(actor, "pk", None)
    now = to_microseconds(timezone.now())
    new = [
        {"school": school_id, "at": now, "account": account, "action": action, "object_type": table,
         "object_id": key, "data": data}
        for table, key, data in about
    ]  # fmt: skip
    if not group_commit.aside(_append_all, new):
        _append_all([new])


def _append_all(written: Sequence[Sequence[dict]]) -> None:
    """Add rows to the ends of their chains, in order. Each chain's end is read and moved once."""
    stored: list[list] = []
    ends: dict[int, tuple[int, str]] = {}
    for new in (row for each in written for row in each):
        school = new["school"]
        seq, last = ends.get(school) or _end(school)
        row = new | {"seq": seq + 1}
        text = chain.canonical(row["data"])
        last = chain.row_hash(last, row, text, settings.CHAIN_DIGEST)
        ends[school] = (seq + 1, last)
        # As canonical text where the database keeps text: whoever checks a file then reads no JSON.
        row["data"] = (
            text if connection.vendor == "sqlite" else _DATA.get_db_prep_save(row["data"], connection)
        )
        stored.append([*(row[name] for name in chain.FIELDS), last])
    insert = rows.statement(AuditRow, (*chain.FIELDS, "hash"))
    if len(stored) == 1:
        prepared.tell(insert, stored[0])
    else:
        with connection.cursor() as cursor:
            cursor.executemany(insert, stored)
    for school, (seq, last) in ends.items():
        prepared.tell("UPDATE audit_head SET seq = %s, hash = %s WHERE school = %s", [seq, last, school])


def _end(school: int) -> tuple[int, str]:
    """Return (number, hash) of a chain's last row; nobody else adds to it until this transaction ends."""
    locked = "" if connection.vendor == "sqlite" else " FOR UPDATE"
    query = f"SELECT seq, hash FROM audit_head WHERE school = %s{locked}"
    found = prepared.ask(query, [school])
    if not found:
        AuditHead.objects.get_or_create(school=school, defaults={"seq": 0, "hash": chain.GENESIS})
        found = prepared.ask(query, [school])
    return found[0][0], found[0][1]


def plain_rows(school_id: int | None = None) -> Iterator[dict]:
    """Yield every row as the verifier wants it, in chain order."""
    found = AuditRow.objects.order_by("school", "seq")
    if school_id is not None:
        found = found.filter(school=school_id)
    for row in found.iterator(chunk_size=5000):
        plain = {name: getattr(row, name) for name in chain.FIELDS}
        yield plain | {"at": to_microseconds(row.at), "hash": row.hash}


def verify(
    anchors: dict[tuple[int, int], str] | None = None, school_id: int | None = None
) -> tuple[int, list[chain.Break]]:
    """Check the record of this database, of one school or of all. What the database notes as the end counts as an anchor."""
    known = anchors_of(school_id) | (anchors or {})
    if school_id is not None:
        known = {at: digest for at, digest in known.items() if at[0] == school_id}
    return chain.verify(plain_rows(school_id), known)


def anchors() -> dict[tuple[int, int], str]:
    """Return the newest row of each chain, to be kept outside this installation."""
    return anchors_of(None)


def anchors_of(school_id: int | None) -> dict[tuple[int, int], str]:
    heads = AuditHead.objects.filter(seq__gt=0)
    if school_id is not None:
        heads = heads.filter(school=school_id)
    return {(h.school, h.seq): h.hash for h in heads}


def daily_anchors(school_id: int, days: Sequence[date]) -> list[tuple[date, int, str]]:
    """Return (day, number, hash) of the last row of each day on which something was written, the newest first."""
    found = []
    for day in sorted(days, reverse=True):
        end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
        last = (
            AuditRow.objects.filter(school=school_id, at__lt=end)
            .order_by("-seq")
            .values_list("at", "seq", "hash")
        )
        row = last.first()
        if row is not None and timezone.localtime(row[0]).date() == day:
            found.append((day, row[1], row[2]))
    return found
