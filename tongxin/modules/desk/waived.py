"""Waivers as lines to show: why, who approved, until when."""

from __future__ import annotations

from datetime import date
from typing import Any

from tongxin.kernel.obligations import waivers
from tongxin.kernel.obligations.models import Waiver
from tongxin.kernel.obligations.pairs import Named
from tongxin.kernel.obligations.queries import Asked
from tongxin.kernel.people.models import Person
from tongxin.methods.cadence.tree import Obligation


def waiver_lines(asked: Asked, rule: Obligation, who: Named) -> list[dict[str, Any]]:
    """Return the live waivers of a subject or pair with who approved them, to be shown."""
    rows: list[Waiver] = list(waivers.waivers_of(asked.programme, rule.id, who))
    named = dict(
        Person.objects.filter(
            school_id=asked.programme.school_id, account__in=[row.approved_by_id for row in rows]
        ).values_list("account", "subject__name")
    )
    return [
        {
            "pk": row.pk,
            "reason": row.reason,
            "by": named.get(row.approved_by_id or 0, ""),
            "first": row.valid_from,
            "last": row.valid_to if row.valid_to != date.max else None,
        }
        for row in rows
    ]
