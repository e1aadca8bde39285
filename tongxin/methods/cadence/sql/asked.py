"""Whom a rule may be asked about and in which windows, as a query: for measures that look at no entry, or at none as well."""

from __future__ import annotations

from .engine import quoted
from .plan import OWN_WINDOWS, Slot


def asked(slot: Slot) -> str:
    """Return the query of (subject, type, school, win, first, last, judged) of a slot.

    Everybody who is in scope, or perhaps is, on some day; more than have a verdict, but none of these is left out.
    """
    if slot.rule.subject.is_activity:
        return _entries(slot)
    columns = "s.id AS subject, s.type AS type, s.school_id AS school, w.win AS win, w.first AS first, w.last AS last, w.judged AS judged"
    who = f"(SELECT DISTINCT g.subject AS subject FROM tx_seg AS g WHERE g.line = {slot.scope})"
    if slot.own == OWN_WINDOWS:
        windows = f"tx_mine AS w ON w.slot = {slot.number} AND w.subject = q.subject"
    else:
        windows = (
            f"tx_window AS w ON w.grain = (SELECT sl.grain FROM tx_slot AS sl WHERE sl.slot = {slot.number})"
        )
    return f"SELECT {columns} FROM {who} AS q JOIN {windows} JOIN subject AS s ON s.id = q.subject"


def _entries(slot: Slot) -> str:
    who = f"(SELECT DISTINCT g.subject AS subject FROM tx_seg AS g WHERE g.line = {slot.scope})"
    columns = "e.id AS subject, 'activity' AS type, e.school_id AS school"
    entries = (
        f"FROM {who} AS q JOIN entry AS e ON e.id = q.subject AND e.kind = {quoted(slot.rule.subject.kind)}"
    )
    if slot.own_days:
        return f"SELECT {columns}, 0 AS win, e.start_day AS first, e.day AS last, e.day AS judged {entries}"
    if slot.own == OWN_WINDOWS:
        windows = f"tx_mine AS w ON w.slot = {slot.number} AND w.subject = e.id"
    else:
        windows = (
            f"tx_window AS w ON w.grain = (SELECT sl.grain FROM tx_slot AS sl WHERE sl.slot = {slot.number})"
            " AND e.day BETWEEN w.first AND w.last"
        )
    return f"SELECT {columns}, w.win AS win, w.first AS first, w.last AS last, w.judged AS judged {entries} JOIN {windows}"
