"""Verdicts already worked out for exactly this state of a school's records.

Nothing is stored beside the ledger: the key holds what the records were (how many rows each table has, the newest, how
many are superseded), so whoever writes anything makes every later question be answered anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from django.conf import settings
from django.db import connection

from tongxin.kernel.base.fields import FOREVER, to_microseconds
from tongxin.methods.cadence.reference import Verdict

MOST_VERDICTS = 300_000
_SUPERSEDING = ("entry", "evidence", "link", "attribute", "waiver", "event")


class Memo:
    """Keeps the newest answers, up to MOST_VERDICTS in all."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Hashable, list[Verdict]] = OrderedDict()
        self.size = 0
        self.lock = Lock()

    def get(self, key: Hashable, work_out: Callable[[], list[Verdict]]) -> list[Verdict]:
        if not settings.REMEMBER_VERDICTS:
            return work_out()
        with self.lock:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key]
        found = work_out()
        with self.lock:
            if key not in self.kept:
                self.kept[key] = found
                self.size += len(found) + 1
            while self.size > MOST_VERDICTS and len(self.kept) > 1:
                _old, gone = self.kept.popitem(last=False)
                self.size -= len(gone) + 1
        return found


def state_of(school_id: int) -> tuple:
    """Return what a school's records are now: rows, newest and superseded rows of each table that rules read."""
    forever = to_microseconds(FOREVER)
    parts = [
        f"SELECT COUNT(*), COALESCE(MAX(id), 0), COALESCE(SUM(CASE WHEN superseded_at < {forever} THEN 1 ELSE 0 END), 0)"
        f" FROM {table} WHERE school_id = %s"
        for table in _SUPERSEDING
    ]
    parts.append(
        "SELECT COUNT(*), COALESCE(MAX(id), 0), COALESCE(SUM(present_to - present_from), 0) FROM subject WHERE school_id = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [school_id] * len(parts))
        return tuple(cursor.fetchall())
