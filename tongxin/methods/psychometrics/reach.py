"""Which scores an instrument can give at all: for gaps between bands and for conditions that never hold."""

from __future__ import annotations

from fractions import Fraction

from .instrument import Component, Instrument, Scale
from .scoring import rounded, total_of, turned_over

MOST = 60_000


def item_values(instrument: Instrument, name: str) -> set[int]:
    """Values of one item, reversal done; empty when it is not scored."""
    item = instrument.item_by_id.get(name)
    return set(turned_over(instrument, item)) if item and instrument.is_scored(item) else set()


def component_values(instrument: Instrument, component: Component) -> set[int]:
    sets = [item_values(instrument, item) for item in component.items]
    if not all(sets):
        return set()
    if component.how == "item":
        return sets[0]
    whole = set().union(*sets)
    if component.how == "max":
        return {value for value in whole if value >= max(min(values) for values in sets)}
    return {value for value in whole if value <= min(max(values) for values in sets)}


def reachable(instrument: Instrument, scale: Scale, depth: int = 0) -> set[Fraction] | None:
    """Every score the scale can have, blanks that it bears included; None when they are too many to list."""
    if scale.of:
        return _of_scales(instrument, scale, depth)
    sets = [component_values(instrument, component) for component in scale.components]
    if not sets or not all(sets):
        return set()
    borne = scale.missing.at_most if scale.missing.rule != "refuse" else 0
    amounts = _amounts(scale, sets, min(borne, len(sets) - 1))
    if amounts is None:
        return None
    found = set()
    for blanks, totals in enumerate(amounts):
        for amount in totals:
            found.add(_told(scale, *total_of(scale, amount, len(sets), blanks)))
    return found


def _told(scale: Scale, top: int, bottom: int) -> Fraction:
    if scale.digits is None:
        return Fraction(top, bottom)
    return Fraction(round(rounded(top, bottom, scale.digits) * 10**scale.digits), 10**scale.digits)


def _amounts(scale: Scale, sets: list[set[int]], borne: int) -> list[set[int]] | None:
    """By how many components are blank: what the others may add up to."""
    if scale.method == "count":
        sets = [{int(value >= scale.counted_from) for value in values} for values in sets]
    found: list[set[int]] = [set() for _ in range(borne + 1)]
    if scale.method in ("max", "min"):
        whole = set().union(*sets)
        edge = max(min(s) for s in sets) if scale.method == "max" else min(max(s) for s in sets)
        within = {v for v in whole if (v >= edge if scale.method == "max" else v <= edge)}
        return [within] + [whole for _ in range(borne)]
    found[0] = {0}
    for values in sets:
        after: list[set[int]] = [set() for _ in range(borne + 1)]
        for blanks, totals in enumerate(found):
            after[blanks] |= {total + value for total in totals for value in values}
            if blanks < borne:
                after[blanks + 1] |= totals
        found = after
        if sum(map(len, found)) > MOST:
            return None
    return found


def _of_scales(instrument: Instrument, scale: Scale, depth: int) -> set[Fraction] | None:
    if depth > len(instrument.scales):
        return set()
    parts: list[set[Fraction]] = []
    for name in scale.of:
        known = instrument.scale_by_id.get(name)
        found = reachable(instrument, known, depth + 1) if known else set()
        if found is None:
            return None
        parts.append(found)
    if not parts or not all(parts):
        return set()
    by, plus = scale.multiply, scale.plus
    if scale.method in ("max", "min"):
        amounts = set().union(*parts)
    else:
        if scale.method == "count":
            parts = [{Fraction(value >= scale.counted_from) for value in part} for part in parts]
        amounts = {Fraction(0)}
        for part in parts:
            if len(amounts) * len(part) > MOST * 20:
                return None
            amounts = {amount + value for amount in amounts for value in part}
            if len(amounts) > MOST:
                return None
        if scale.method == "mean":
            amounts = {amount / len(parts) for amount in amounts}
    told = (amount * by + plus for amount in amounts)
    return {_told(scale, value.numerator, value.denominator) for value in told}
