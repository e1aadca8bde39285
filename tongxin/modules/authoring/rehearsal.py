"""What a rule that is not in force yet would have said of the school's last term: this would have left 41 people behind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import School
from tongxin.kernel.obligations import queries
from tongxin.kernel.obligations.changes import last_term
from tongxin.kernel.obligations.queries import Asked, Gaps
from tongxin.kernel.programmes.classes import guarded
from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.tree import Obligation


@dataclass(frozen=True)
class Rehearsal:
    """The last finished term (or what there is of the running one) under one rule."""

    first: date
    last: date
    name: str
    found: Gaps


def rehearse(viewer: Viewer, school: School, pack: Pack, rule: Obligation, today: date) -> Rehearsal | None:
    """Judge the last term by a rule, as if it had been in force; None where the school has no term yet."""
    term = last_term(school, today)
    if term is None or not rule.evaluable:
        return None
    begun = replace(rule, since=min(rule.since, term.first), until=None, next_window=False)
    day = min(today, date.fromordinal(term.last.toordinal() + 1))
    pretended = Programme(
        school=school, pack=pack.slug, title=pack.title, first_day=term.first, last_day=term.last
    )
    asked = Asked(pretended, day)
    # A draft may call anything public; who reads names here follows what the school knows.
    asked.pack = replace(guarded(school, pack), obligations=(begun,))
    found = queries.gaps(viewer, asked, rule.id)
    return Rehearsal(term.first, min(term.last, today), term.name, found) if found else None
