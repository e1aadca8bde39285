"""What people did under an obligation, for figures: in total, on average, in the newest window, and on which day last.

Only the asked count, as for shares: who is waived or not expected stays out. Where a thing is only encouraged,
everybody it is encouraged for counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from django.utils.translation import gettext as _

from tongxin.kernel.ledger.models import Entry, Participation
from tongxin.kernel.obligations.pairs import ends_of
from tongxin.kernel.obligations.queries import EXPECTED, Asked
from tongxin.methods.cadence.counting import Average, Max, Sum, simplest
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import GROUP_LINKS, Obligation
from tongxin.ui.formats import full_day

from .counting import PERSONS
from .disclosure import Sight, count_words, few_words, is_small, number_words

ENCOURAGED = "encouraged"
# Of these a number is of all their people together and points at nobody by itself.
GROUPS = (*GROUP_LINKS, "school", "base", "enterprise", "facility")


@dataclass(frozen=True)
class Measured:
    """A measure as a figure shows it.

    number: None where nobody was asked; day: of the newest record, with show `latest_day` only. verdicts: those it is
    of. heads: how many people it is of, doing: how many of them did something; both None where groups are counted.
    amounts: what is measured is no count of people or times, so a small number need not be of few people.
    """

    number: int | Fraction | None
    verdicts: list[Verdict]
    adds_up: bool
    heads: int | None = None
    doing: int | None = None
    day: date | None = None
    amounts: bool = False

    @property
    def blank(self) -> bool:
        """Whether it is the mean or the largest of amounts that nobody has recorded: 0 would be a lie."""
        return self.amounts and not self.adds_up and not any(v.done for v in self.verdicts)

    @property
    def window(self) -> tuple[date, date]:
        """The newest window begun."""
        newest = max(self.verdicts, key=lambda v: (v.first, v.last))
        return newest.first, newest.last


def measured(asked: Asked, rule: Obligation, show: str, verdicts: Sequence[Verdict]) -> Measured:
    """Return what the asked subjects of a rule did by the day asked for."""
    begun = [
        v for v in verdicts if (v.verdict in EXPECTED or v.reason == ENCOURAGED) and v.first <= asked.as_of
    ]
    if show == "latest" and begun:
        newest = max(v.first for v in begun)
        begun = [v for v in begun if v.first == newest]
    total = sum((Fraction(v.done) for v in begun), Fraction(0))
    subjects = {v.subject for v in begun}
    number: int | Fraction | None = None
    if begun and (show == "average" or not rule.adds_up):
        number = simplest(total / (len(subjects) if rule.adds_up else len(begun)))
    elif begun:
        number = simplest(total)
    heads, doing = None, None
    if rule.subject.name not in GROUPS:
        whose = ends_of(subjects)
        heads = len(_people(whose, subjects))
        doing = len(_people(whose, {v.subject for v in begun if v.done}))
    day = None
    if show == "latest_day":
        day = max((entry.day for entry in records(asked, begun)), default=None)
    amounts = any(isinstance(item.measure, Sum | Max | Average) for item in rule.requirements())
    return Measured(number, begun, rule.adds_up, heads, doing, day, amounts)


def with_people(asked: Asked, found: Measured) -> Measured:
    """Return an amount of groups with how many people took part in what is counted: few must not be said."""
    entries = [entry.pk for entry in records(asked, found.verdicts)]
    rows = Participation.objects.as_known_at(asked.known_at).filter(
        entry__in=entries, absent=False, subject__type__in=PERSONS
    )
    people = rows.values("subject").distinct().count()
    return replace(found, heads=people, doing=people)


def _people(whose: dict[str, tuple[int, ...]], subjects: set[str]) -> set[int | str]:
    """Return whom subjects are about: of a pair whom it is for, of an activity itself."""
    return {whose[one][0] if one in whose else one for one in subjects}


def records(asked: Asked, verdicts: Sequence[Verdict]) -> list[Entry]:
    """Return the entries that some verdicts count, newest first."""
    done = [v for v in verdicts if v.done]
    if not done:
        return []
    wanted: dict[str, set[tuple[str, date]]] = defaultdict(set)
    for verdict in done:
        wanted[verdict.obligation].add((verdict.subject, verdict.first))
    found = asked.verdicts(set(wanted), {v.subject for v in done}, entries=True)
    ids = {
        int(entry)
        for verdict in found
        if (verdict.subject, verdict.first) in wanted[verdict.obligation]
        for entry in verdict.counted
        if entry.isdecimal()
    }
    return sorted(Entry.objects.filter(pk__in=ids), key=lambda e: (e.day, e.pk), reverse=True)


def measured_number(found: Measured, show: str, sight: Sight) -> int | Fraction | None:
    """Return a measure's number as one reader may have it, None where too few people stand behind it.

    For readers of counts what people did is rounded: an exact sum or mean would tell how few did not.
    """
    if not sight.limit or found.heads is None or found.doing is None:
        return found.number
    if is_small(found.doing, sight) or found.heads < sight.limit:
        return None
    assert found.number is not None
    if not found.number:
        return found.number
    if not found.adds_up:
        return Fraction(round(found.number * 10), 10)
    of = len({v.subject for v in found.verdicts}) if show == "average" else 1
    rounded = max(sight.limit, sight.limit * round(found.number * of / sight.limit))
    return simplest(Fraction(round(Fraction(rounded, of) * 10), 10))


def measured_words(number: int | Fraction, found: Measured, sight: Sight) -> str:
    """Say a measure's number; of people whom this reader may only count, roughly."""
    if not sight.limit:
        return number_words(float(number))
    if found.heads is None:
        return count_words(float(number), sight)
    return _("约%(n)s") % {"n": number_words(float(number))} if number else number_words(0)


def measured_day_words(found: Measured, sight: Sight) -> str:
    """Say the day of the newest record; to readers of counts its month only, and nothing of few people."""
    if found.day is None:
        return "—"
    if not sight.limit:
        return full_day(found.day)
    if found.heads is not None and (is_small(found.doing or 0, sight) or found.heads < sight.limit):
        return few_words()
    return _("%(year)d年%(month)d月") % {"year": found.day.year, "month": found.day.month}
