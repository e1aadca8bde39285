"""Keys with their audit rows: destroying one is on record before it happens, so that no old copy brings it back."""

from __future__ import annotations

from django.db import transaction

from tongxin.kernel.base.sealing import rotation, store

from . import services as audit
from .models import AuditRow

DESTROYED = "keys.destroyed"


def erase(
    *, school_id: int, by, subject_id: int | None = None, data_class: str = "", year: int | None = None
) -> int:
    """Destroy the keys of one child, of a class of data or of a school year; return how many there were.

    Whatever was sealed under them cannot be opened again, in the database and in every backup. The rows that say so
    are committed first; after a crash, or when an older key store is brought back, `finish` destroys them again.
    """
    if subject_id is None and not data_class:
        raise ValueError("say whose keys, or of which class")
    ids = store.ids_of(school=school_id, subject=subject_id, data_class=data_class, year=year)
    with transaction.atomic():
        for key_id in ids:
            audit.write(by, DESTROYED, school_id=school_id, key=str(key_id), subject=subject_id)
    return store.destroy(ids)


def finish() -> int:
    """Destroy every key that the audit record says was destroyed; return how many were still there."""
    rows = AuditRow.objects.filter(action=DESTROYED).values_list("data", flat=True)
    return store.destroy([int(data["key"]) for data in rows])


def rotate(*, now: bool = False) -> tuple[int, int]:
    """Retire the present keys; return (keys retired, rows moved). `now`: move all rows before returning."""
    with transaction.atomic():
        retired = rotation.begin()
        audit.write(None, "keys.rotated", keys=retired)
    moved = 0
    while now and rotation.wanted():
        moved += rotation.rotate().moved
    return retired, moved


def change_master() -> None:
    store.change_master()
    with transaction.atomic():
        audit.write(None, "keys.master_changed")
