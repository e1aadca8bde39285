"""Whom to tell on a day: the steps of a rule around its due day. Plain Python; no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tongxin.methods.cadence.tree import Obligation

BEARER = "bearer"
# A step whose day passed longer ago than this is history: nobody is told weeks late.
STALE_DAYS = 21


@dataclass(frozen=True, order=True)
class Step:
    """days: from the due day, before it negative. to: "bearer" or a post."""

    days: int
    to: str


def steps_of(rule: Obligation) -> list[Step]:
    """Return a rule's steps in order; a reminder and an escalation that say the same are one. Encouraged: none."""
    if not rule.evaluable or rule.source.modality == "encouraged":
        return []
    reminders = {Step(-days, BEARER) for days in rule.remind_days}
    return sorted(reminders | {Step(step.days, step.to) for step in rule.escalate})


def reached(steps: list[Step], due: date, today: date) -> list[Step]:
    """Return the step that each addressee has come to on a day: the latest one begun, unless it is stale.

    A worker that slept over a step's day still finds it the next day; one that slept over two tells only the later.
    """
    left = (due - today).days
    latest: dict[str, Step] = {}
    for step in sorted(steps):
        if left <= -step.days:
            latest[step.to] = step
    return [step for step in latest.values() if -step.days - left <= STALE_DAYS]
