"""What the pages of the desk read from several tables at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.db.models import QuerySet

from tongxin.kernel.ledger.models import Entry, Participation
from tongxin.methods.cadence.declarations import Kind


def alike(
    school_id: int, kind: Kind, day: date, parts: Mapping[str, Sequence[int]], *, but: int | None = None
) -> QuerySet[Entry]:
    """Return current entries that may be the same activity logged twice.

    The same kind on the same day, about one of the same students, or with somebody in common in every part that
    must be filled. Nothing is decided here: a person looks and withdraws one.
    """
    rows = Participation.objects.current().filter(school_id=school_id, kind=kind.name, day=day)
    must = [part for part in kind.parts if part.at_least and parts.get(part.name)]
    about = [part for part in must if "student" in part.of] or must
    same: set[int] | None = None
    for part in about:
        inside = set(
            rows.filter(part=part.name, subject__in=parts[part.name]).values_list("entry", flat=True)
        )
        same = inside if same is None else same & inside
    return Entry.objects.current().filter(pk__in=(same or set()) - {but}).order_by("pk")
