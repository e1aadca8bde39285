"""The one place that asks an evaluator: the set-based one on the school's database, the reference for entries."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence import reference
from tongxin.methods.cadence.calendar import SchoolCalendar
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reference import Verdict

from .facts import school_facts


def evaluate(
    programme: Programme,
    pack: Pack,
    calendar: SchoolCalendar,
    as_of: date,
    *,
    known_at: datetime | None = None,
    obligations: Collection[str] | None = None,
    subjects: Collection[int] | None = None,
    entries: bool = False,
) -> list[Verdict]:
    """Return the verdicts of a programme on a day. entries: with those counted and rejected."""
    kinds = {
        kind
        for rule in pack.obligations
        if obligations is None or rule.id in obligations
        for kind in rule.kinds()
    }
    facts = school_facts(programme.school_id, programme, kinds)
    wanted = None if subjects is None else {str(pk) for pk in subjects}
    return reference.evaluate(pack, facts, calendar, as_of, known_at, obligations, wanted)
