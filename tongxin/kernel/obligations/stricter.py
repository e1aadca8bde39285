"""Who was told already of a duty by a stricter rule: what tightens a rule stands for it, and nobody is told twice.

A person is spared a message only where the stricter rule told this very person, of all that the message is about, and
is as far on: who would hear from the milder rule alone, above the bearer or once it is late, still hears.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from tongxin.methods.cadence.tree import Obligation

from .models import Matter, Message

Rules = Mapping[tuple[str, str], Obligation]


def levels_above(
    slug: str, rule: Obligation, rules: Rules, below: frozenset[tuple[str, str]] = frozenset()
) -> int:
    """Return how many rules stand one above the other over a rule, among those at hand."""
    here = (slug, rule.id)
    if here in below:
        return 0  # a circle, which the check of a pack refuses
    found = [(name.pack or slug, name.id) for name in rule.tightens]
    return max((1 + _levels(one, rules, below | {here}) for one in found), default=0)


def _levels(name: tuple[str, str], rules: Rules, below: frozenset[tuple[str, str]]) -> int:
    return levels_above(name[0], rules[name], rules, below) if name in rules else 0


@dataclass
class _Cover:
    """Whom a stricter matter is about, and the latest step of which each person was told, by person."""

    subjects: set[str]
    told: dict[int, int]


class Stricter:
    """What was told of stricter rules so far, today and before. matters: all that are known."""

    def __init__(self, matters: Iterable[Matter]) -> None:
        self._told: dict[int, dict[int, int]] = defaultdict(dict)
        self._covers: dict[tuple[str, str, int], list[_Cover]] = defaultdict(list)
        open_ = [matter.pk for matter in matters if matter.closed_at is None]
        # What was taken back before it lay on somebody's page told nobody anything.
        rows = Message.objects.filter(Q(cancelled_at=None) | Q(delivered_at__isnull=False), matter__in=open_)
        for matter, recipient, step in rows.values_list("matter", "recipient", "step"):
            self._keep(matter, recipient, step or 0)

    def _keep(self, matter: int, recipient: int, step: int) -> None:
        told = self._told[matter]
        told[recipient] = max(step, told.get(recipient, step))

    def note(self, matter: Matter, recipient: int, step: int) -> None:
        """Note that somebody is told of a step of a matter."""
        self._keep(matter.pk, recipient, step)

    def stands(
        self, slug: str, rule: Obligation, bearer: int, subjects: Iterable[str], matter: Matter | None
    ) -> None:
        """Let what was told of a rule stand for the rules that it tightens, and with it what is stricter still."""
        if not rule.tightens:
            return
        covers = list(self._covers[slug, rule.id, bearer])
        if matter is not None:
            covers.append(_Cover({*subjects}, self._told[matter.pk]))
        for name in rule.tightens:
            self._covers[name.pack or slug, name.id, bearer] += covers

    def told(
        self, slug: str, rule: Obligation, bearer: int, subjects: Iterable[str], recipient: int, step: int
    ) -> bool:
        """Say whether stricter rules told a recipient of everything that a step of a rule is about."""
        left = {*subjects}
        for cover in self._covers[slug, rule.id, bearer]:
            known = cover.told.get(recipient)
            if known is not None and (step < 0 or known >= 0):
                left -= cover.subjects
        return not left
