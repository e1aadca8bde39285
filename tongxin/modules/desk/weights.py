"""Loads and changes as lines to show."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from tongxin.kernel.obligations.changes import Changes
from tongxin.kernel.obligations.load import PersonLoad, SchoolLoad
from tongxin.kernel.obligations.weighing import hours


def load_rows(found: SchoolLoad) -> list[dict[str, Any]]:
    return [_load_row(row) for row in found.rows]


def _load_row(row: PersonLoad) -> dict[str, Any]:
    load = row.load
    return {
        "name": row.person.name,
        "hours": hours(load.hours_per_week),
        "budget": "" if load.budget is None else f"{float(load.budget):g}",
        "over": load.over,
        "rule": row.rule,
        "peak_week": load.peak[0] if load.peak else None,
        "peak_hours": hours(load.peak[1]) if load.peak else "",
    }


def changed_rows(programme: str, said: Changes | None) -> list[dict[str, Any]]:
    return [
        {
            "name": row.subject.name,
            "rule": row.rule.title,
            "url": reverse("desk:duty", args=[programme, row.rule.id]),
            "first": row.first,
            "last": row.last,
            "before": row.before,
            "after": row.after,
        }
        for row in (said.rows if said else ())
    ]
