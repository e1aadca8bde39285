"""Who is in scope on which days: presence, membership and `where`, and how long within a window."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from .facts import ENTRY, PAIR, View
from .periods import Window
from .tree import Obligation

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Scope:
    """How a subject stood in a window up to its judging day.

    now: in scope on the judging day (None = unknown). ever: was in scope on some day of the window.
    spans: the days in scope, as (first, last), continued to the window's end where `now`.
    unknown: attributes whose value is missing on the judging day. since: first day out of scope, when it left.
    left_by: presence | membership | condition.
    """

    now: bool | None
    ever: bool
    spans: tuple[tuple[dt.date, dt.date], ...]
    unknown: tuple[str, ...] = ()
    since: dt.date | None = None
    left_by: str = ""


def in_scope(view: View, rule: Obligation, subject: str, day: dt.date) -> bool | None:
    """Is the subject in scope on a day; None = unknown."""
    if not subject.startswith(ENTRY) and not view.is_present(subject, day):
        return False
    if rule.subject.name == "member" and not view.is_a(subject, "member", day):
        return False
    return rule.where.holds(view, subject, day)


def scope_of(view: View, rule: Obligation, subject: str, window: Window, judged_on: dt.date) -> Scope:
    """Walk the days on which something changes between the window's first day and the judging day."""
    if subject.startswith(ENTRY):
        return _scope_of_entry(view, rule, subject, window)
    spans: list[tuple[dt.date, dt.date]] = []
    now: bool | None = False
    for first, last in view.stretches(
        subject, window.first, judged_on, rule.where.change_days(view, subject)
    ):
        now = in_scope(view, rule, subject, first)
        if now:
            end = window.last if last == judged_on else last
            spans = (
                [*spans[:-1], (spans[-1][0], end)]
                if spans and spans[-1][1] + DAY == first
                else [*spans, (first, end)]
            )
    unknown = tuple(dict.fromkeys(rule.where.unknowns(view, subject, judged_on))) if now is None else ()
    since = spans[-1][1] + DAY if spans and not now else None
    left_by = _left_by(view, rule, subject, since) if since else ""
    return Scope(now, bool(spans), tuple(spans), unknown, since, left_by)


def _scope_of_entry(view: View, rule: Obligation, subject: str, window: Window) -> Scope:
    day = view.entries[subject.removeprefix(ENTRY)].day
    now = rule.where.holds(view, subject, day)
    unknown = tuple(dict.fromkeys(rule.where.unknowns(view, subject, day))) if now is None else ()
    return Scope(now, bool(now), ((window.first, window.last),) if now else (), unknown)


def _left_by(view: View, rule: Obligation, subject: str, day: dt.date) -> str:
    if subject.startswith(PAIR) and all(view.is_present(end, day) for end in view.ends(subject)):
        return "condition" if view.is_present(subject, day) else "link"
    if not view.is_present(subject, day):
        return "presence"
    if rule.subject.name == "member" and not view.is_a(subject, "member", day):
        return "membership"
    return "condition"
