"""Write audit rows: in the same transaction as what they witness. No row, no deed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import connection, models
from django.utils import timezone

from tongxin.kernel.base.fields import to_microseconds

from . import chain
from .models import AuditHead, AuditRow


class OutsideTransaction(RuntimeError):
    """An audit row was asked for outside a transaction; the deed could then survive without it."""


def write(
    actor, action: str, obj: models.Model | None = None, *, school_id: int | None = None, **data
) -> AuditRow:
    """Add a row to the school's chain.

    actor: an Account, a viewer (has `account_id`) or None for the system. obj: what it was done to (its table and key are noted).
    data: ids, counts and codes only – never names, numbers of people, answers or free text.
    Raises OutsideTransaction when called outside `transaction.atomic`.
    """
    school = school_id or getattr(obj, "school_id", None) or getattr(actor, "school_id", None) or 0
    about = (obj._meta.db_table, str(obj.pk)) if obj is not None else ("", "")
    return write_each(actor, action, [(*about, data)], school_id=school)[0]


def write_each(
    actor, action: str, about: Sequence[tuple[str, str, dict]], *, school_id: int
) -> list[AuditRow]:
    """Add a row to a school's chain for each (table, key, data) the same actor did the same to."""
    if not connection.in_atomic_block:
        raise OutsideTransaction(action)
    account = getattr(actor, "account_id", None) or getattr(actor, "pk", None)
    AuditHead.objects.get_or_create(school=school_id, defaults={"seq": 0, "hash": chain.GENESIS})
    head = AuditHead.objects.select_for_update().get(school=school_id)
    rows, now = [], timezone.now()
    for table, key, data in about:
        row = AuditRow(
            school=school_id,
            seq=head.seq + 1,
            at=now,
            account=account,
            action=action,
            object_type=table,
            object_id=key,
            data=data,
        )
        row.hash = chain.row_hash(head.hash, _plain(row))
        head.seq, head.hash = row.seq, row.hash
        rows.append(row)
    if len(rows) == 1:
        rows[0].save(force_insert=True)
    else:
        AuditRow.objects.bulk_create(rows, batch_size=500)
    AuditHead.objects.filter(school=school_id).update(seq=head.seq, hash=head.hash)
    return rows


def _plain(row: AuditRow) -> dict:
    plain = {name: getattr(row, name) for name in chain.FIELDS}
    plain["at"] = to_microseconds(row.at)
    return plain


def plain_rows(school_id: int | None = None) -> Iterator[dict]:
    """Yield every row as the verifier wants it, in chain order."""
    rows = AuditRow.objects.order_by("school", "seq")
    if school_id is not None:
        rows = rows.filter(school=school_id)
    for row in rows.iterator(chunk_size=5000):
        yield _plain(row) | {"hash": row.hash}


def verify(anchors: dict[tuple[int, int], str] | None = None) -> tuple[int, list[chain.Break]]:
    return chain.verify(plain_rows(), anchors)


def anchors() -> dict[tuple[int, int], str]:
    """Return the newest row of each chain, to be kept outside this installation."""
    return {(h.school, h.seq): h.hash for h in AuditHead.objects.filter(seq__gt=0)}
