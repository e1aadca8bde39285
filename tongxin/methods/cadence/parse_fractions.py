"""`fraction_of`: a part of what another obligation asks, written out as a bound of its own once all are read.

At least 1/3 of an obligation of 72 hours is at least 24 hours; of a table, each line is scaled. Amounts stay exact,
numbers of entries, people or days round up (maxima down). It is the version of the other that is in force on this one's
first day, or else its first.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from .bounds import Bound, Constant, Number, Quantity, Table
from .counting import Average, Max, Sum, Times, simplest
from .parse_measures import FractionOf
from .reading import Context
from .tree import Checklist, Obligation, Requirement

_AMOUNTS = (Sum, Max, Average)


def resolve_fractions(rules: list[Obligation], context: Context) -> list[Obligation]:
    """The obligations with every `fraction_of` written out; what cannot be is a finding."""
    return [_resolved(rule, rules, context) for rule in rules]


def _resolved(rule: Obligation, rules: list[Obligation], context: Context) -> Obligation:
    if not any(isinstance(item.measure, FractionOf) for item in rule.requirements()):
        return rule
    context.rule = rule.id
    if isinstance(rule.demand, Checklist):
        items = tuple(_written_out(item, rule, rules, context) for item in rule.demand.items)
        return replace(rule, demand=replace(rule.demand, items=items))
    return replace(rule, demand=_written_out(rule.requirements()[0], rule, rules, context))


def _written_out(
    item: Requirement, rule: Obligation, rules: list[Obligation], context: Context
) -> Requirement:
    measure = item.measure
    if not isinstance(measure, FractionOf):
        return item
    other = _other(measure.obligation, rule, rules)
    whole = other.requirements()[0] if other is not None and len(other.requirements()) == 1 else None
    if whole is None or isinstance(whole.measure, FractionOf) or not _scalable(whole.bound):
        context.error(
            rule,
            "fraction-of",
            f"“{measure.obligation}”要是一条有最低数的要求，才能取它的几分之几。请改正编号。",
        )
        return replace(item, measure=Times())
    rounds = not isinstance(whole.measure, _AMOUNTS)
    low, high = (
        _scaled(whole.bound.low, end, rounds, up)
        for end, up in ((item.bound.low, True), (item.bound.high, False))
    )
    count = item.count if item.count.kinds else whole.count
    return replace(item, count=count, measure=whole.measure, bound=Bound(low, high))


def _other(name: str, rule: Obligation, rules: list[Obligation]) -> Obligation | None:
    versions = sorted((one for one in rules if one.id == name and one is not rule), key=lambda one: one.since)
    in_force = [
        one for one in versions if one.since <= rule.since and (one.until is None or rule.since <= one.until)
    ]
    return in_force[-1] if in_force else versions[0] if versions else None


def _scalable(bound: Bound) -> bool:
    return isinstance(bound.low, Constant | Table) and not bound.one_of


def _scaled(whole: Quantity | None, part: Quantity | None, rounds: bool, up: bool) -> Quantity | None:
    if not isinstance(part, Constant) or whole is None:
        return None

    def of(number: Number) -> Number:
        exact = Fraction(number) * part.number
        if not rounds:
            return simplest(exact)
        return math.ceil(exact) if up else math.floor(exact)

    if isinstance(whole, Table):
        bands = tuple(replace(band, number=of(band.number)) for band in whole.bands)
        otherwise = None if whole.otherwise is None else of(whole.otherwise)
        return replace(whole, bands=bands, otherwise=otherwise)
    return Constant(of(whole.number)) if isinstance(whole, Constant) else None
