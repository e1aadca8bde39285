"""`overrides`: where one rule stands in for another, the other is spared and the one holds only there.

An override never reaches into the past: it touches only the versions of the other rule that begin with it or later.
"""

from __future__ import annotations

from dataclasses import replace

from .conditions import All, Always, Condition
from .effects import Exemption
from .tree import Obligation


def with_overrides(rules: tuple[Obligation, ...]) -> tuple[Obligation, ...]:
    """The rules with the conditions of their overrides worked in on both sides."""
    by_id: dict[str, list[tuple[Obligation, Condition]]] = {}
    for rule in rules:
        for override in rule.overrides:
            if override.id != rule.id:
                by_id.setdefault(override.id, []).append((rule, override.when))
    return tuple(_narrowed(_spared(rule, by_id.get(rule.id, []))) for rule in rules)


def _spared(rule: Obligation, overriding: list[tuple[Obligation, Condition]]) -> Obligation:
    spared = [Exemption(when, other.id) for other, when in overriding if other.since <= rule.since]
    return replace(rule, exempt=(*rule.exempt, *spared)) if spared and rule.evaluable else rule


def _narrowed(rule: Obligation) -> Obligation:
    when = tuple(override.when for override in rule.overrides)
    if not when or not rule.evaluable:
        return rule
    mine = () if isinstance(rule.where, Always) else (rule.where,)
    conditions = (*mine, *when)
    return replace(rule, where=conditions[0] if len(conditions) == 1 else All(conditions))


def reaches_nothing(rule: Obligation, other_id: str, rules: tuple[Obligation, ...]) -> bool:
    """Does an override come into force when no version of the other rule begins with it or later."""
    return all(other.since < rule.since for other in rules if other.id == other_id)
