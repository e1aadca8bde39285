"""Verdicts of a programme's obligations, added up for figures, tables and charts; each asked for once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, lru_cache

from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link
from tongxin.kernel.obligations.classes import obligation_class
from tongxin.kernel.obligations.queries import (
    SHORT_DAYS,
    Asked,
    Counts,
    by_group,
    count,
    obligation_named,
)
from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence.dependencies import with_needed
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.sql.kept import Same
from tongxin.methods.cadence.tree import Obligation

from .measured import Measured, measured

# Which link makes somebody belong to a group.
GROUP_LINK = {"homeroom": "enrolled_in", "branch": "branch_member", "department": "in_department"}


@dataclass(frozen=True)
class Month:
    """A calendar month of a programme, cut at its first and last day."""

    first: date
    last: date

    @property
    def label(self) -> str:
        return _("%(month)d月") % {"month": self.first.month}


def months_of(programme: Programme, until: date) -> list[Month]:
    """Return the months of a programme that have begun by a day, in order; the last one ends on that day at most."""
    months = []
    end = min(programme.last_day, until)
    first = programme.first_day
    while first <= end:
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        months.append(Month(first, min(following - timedelta(days=1), end)))
        first = following
    return months


@lru_cache(maxsize=16)
def _alone(pack: Same, obligation: str) -> Pack:
    """Return a pack with one of its obligations and those it cannot be judged without, the same object each time."""
    company = with_needed(pack.thing.obligations, [obligation])
    return replace(pack.thing, obligations=tuple(r for r in pack.thing.obligations if r.id in company))


class Verdicts:
    """What a programme's obligations say at one moment."""

    def __init__(self, asked: Asked, within: Callable[[str], Set[str] | None]) -> None:
        """within: for a data class the subjects that count (ids as text), None for all."""
        self.asked = asked
        self.within = within

    @cached_property
    def _by_rule(self) -> dict[str, list[Verdict]]:
        found: dict[str, list[Verdict]] = defaultdict(list)
        for verdict in self.asked.verdicts():
            found[verdict.obligation].append(verdict)
        return found

    def rule(self, obligation: str) -> Obligation | None:
        """Return the version in force; None for an unknown obligation or one that cannot be evaluated yet."""
        rule = obligation_named(self.asked.pack, obligation, self.asked.as_of)
        return rule if rule is not None and rule.evaluable else None

    def class_of(self, obligation: str) -> str:
        """Return the data class an obligation's figures carry."""
        rule = self.rule(obligation)
        return obligation_class(self.asked.pack, rule) if rule else "K0"

    def title_of(self, obligation: str) -> str:
        """Return an obligation's title, its id when the pack does not know it."""
        rule = obligation_named(self.asked.pack, obligation, self.asked.as_of)
        return rule.title if rule else obligation

    def of(self, obligation: str) -> list[Verdict]:
        """Return the verdicts of one obligation."""
        return self._inside(obligation, self._by_rule[obligation])

    def _inside(self, obligation: str, verdicts: list[Verdict]) -> list[Verdict]:
        inside = self.within(self.class_of(obligation))
        return verdicts if inside is None else [v for v in verdicts if v.subject in inside]

    def tally(self, obligation: str) -> Counts | None:
        """Return how many have which verdict; None when the obligation cannot be evaluated."""
        return count(self.of(obligation)) if self.rule(obligation) else None

    def measured(self, obligation: str, show: str) -> Measured | None:
        """Return what was done under an obligation; None when it cannot be evaluated."""
        rule = self.rule(obligation)
        return measured(self.asked, rule, show, self.of(obligation)) if rule else None

    def tally_in(self, obligation: str, month: Month) -> Counts:
        """Return how many of a month have which verdict."""
        return count(self.in_month(obligation, month))

    def in_month(self, obligation: str, month: Month) -> list[Verdict]:
        """Return an obligation's verdicts of a month.

        Windows up to 45 days belong to the month they end in; longer ones show how far they had come at its end.
        """
        verdicts = self.of(obligation)
        if not any((v.last - v.first).days > SHORT_DAYS for v in verdicts):
            return [v for v in verdicts if month.first <= min(v.last, self.asked.as_of) <= month.last]
        then = Asked(self.asked.programme, month.last, self.asked.known_at)
        # The evaluator judges a whole pack at once; a history needs one rule only, many times, and the same in every
        # language, so that it is remembered for all.
        then.pack = _alone(Same(self.asked.pack.as_written), obligation)
        found = self._inside(obligation, then.verdicts())
        return [
            v for v in found if v.obligation == obligation and v.first <= month.last and v.last >= month.first
        ]

    def tallies_by(self, viewer: Viewer, obligation: str, group: str) -> dict[str, Counts | None]:
        """Return verdicts by homeroom or branch, None where there are too few people to say."""
        return {row.group.name: row.counts for row in by_group(viewer, self.asked, obligation, group)}

    def tallies_by_month(
        self, obligation: str, group: str, months: Sequence[Month]
    ) -> dict[str, list[Counts]]:
        """Return verdicts of each month by homeroom or branch, in the order of the groups' pinyin; one query."""
        programme = self.asked.programme
        links = Link.objects.filter(
            school_id=programme.school_id,
            kind=GROUP_LINK[group],
            superseded_at=FOREVER,
            valid_from__lte=self.asked.as_of,
            valid_to__gte=self.asked.as_of,
        ).order_by("b__pinyin", "b_id")
        homes = {str(a): str(b) for a, b in links.values_list("a_id", "b_id")}
        names = {str(pk): name for pk, name in links.values_list("b_id", "b__name")}
        found: dict[str, list[Counts]] = {pk: [] for pk in names}
        for month in months:
            inside: dict[str, list[Verdict]] = defaultdict(list)
            for verdict in self.in_month(obligation, month):
                inside[homes.get(verdict.subject, verdict.subject)].append(verdict)
            for pk, counts in found.items():
                counts.append(count(inside[pk]))
        return {names[pk]: counts for pk, counts in found.items() if any(c.expected for c in counts)}
