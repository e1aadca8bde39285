"""Which gaps a reason was stated for: nobody is reminded of them, or told of them, until the reason is taken back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence.facts import PAIR
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import Obligation

from .models import StatedReason

IN_PRINCIPLE = "in_principle"
# An obligation, the subject as a verdict names it, the first day of its window.
Gap = tuple[str, str, date]


def gap_of(verdict: Verdict) -> Gap:
    return verdict.obligation, verdict.subject, verdict.first


def verdict_subject(row: StatedReason) -> str:
    return f"{PAIR}{row.link_id}" if row.link_id else str(row.subject_id)


def stated_gaps(
    programme: Programme, rules: dict[str, Obligation], verdicts: Iterable[Verdict]
) -> set[tuple[Gap, date]]:
    """Return the gaps of some rules that a reason stands for, each with the last day of its window.

    Where a rule has several windows that begin on the same day, the reason is for the one that ends first: that is the
    one whose page it was stated on. Asks nothing where none of the rules is in principle.
    """
    names = [name for name, rule in rules.items() if rule.source.modality == IN_PRINCIPLE]
    if not names:
        return set()
    rows = StatedReason.objects.current().filter(programme=programme, obligation__in=names)
    rows = rows.only("obligation", "subject_id", "link_id", "first")
    stated = {(row.obligation, verdict_subject(row), row.first) for row in rows}
    ends: dict[Gap, date] = {}
    for verdict in verdicts if stated else ():
        if (gap := gap_of(verdict)) in stated:
            ends[gap] = min(ends.get(gap, verdict.last), verdict.last)
    return set(ends.items())
