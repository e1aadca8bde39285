"""Scoring written down a second time, as plainly as can be: for each paper, each scale, each item."""

from __future__ import annotations

from fractions import Fraction

from tongxin.methods.psychometrics.instrument import Instrument, Scale


def values_of(instrument: Instrument, paper) -> list[int | None]:
    """The value each answer counts, reversal done; None = blank."""
    found: list[int | None] = []
    for item, code in zip(instrument.scored_items, paper, strict=True):
        if code == 255:
            found.append(None)
            continue
        options = [option.value for option in instrument.answers_by_id[item.answers].options]
        value = options[code]
        found.append(max(options) + min(options) - value if item.id in instrument.reverse else value)
    return found


def score_of(instrument: Instrument, scale: Scale, paper) -> Fraction | None:
    """The exact score of a scale before rounding, or None."""
    if scale.of:
        parts = [told_of(instrument, instrument.scale_by_id[name], paper) for name in scale.of]
        if None in parts:
            return None
        value = {"sum": sum, "max": max, "min": min}.get(scale.method, sum)(parts)
        if scale.method == "mean":
            value = Fraction(sum(parts), len(parts))
        if scale.method == "count":
            value = sum(part >= scale.counted_from for part in parts)
        return Fraction(value) * scale.multiply + scale.plus
    by_item = dict(
        zip([item.id for item in instrument.scored_items], values_of(instrument, paper), strict=True)
    )
    components = []
    for component in scale.components:
        group = [by_item[item] for item in component.items]
        if None in group:
            components.append(None)
        else:
            components.append({"item": sum, "max": max, "min": min}[component.how](group))
    answered = [value for value in components if value is not None]
    blanks = len(components) - len(answered)
    allowed = 0 if scale.missing.rule == "refuse" else scale.missing.at_most
    if blanks > allowed or not answered:
        return None
    n = len(components)
    if scale.method == "mean":
        value = Fraction(sum(answered), len(answered))
    elif scale.method in ("max", "min"):
        value = Fraction({"max": max, "min": min}[scale.method](answered))
    else:
        counted = answered if scale.method == "sum" else [int(v >= scale.counted_from) for v in answered]
        value = Fraction(sum(counted))
        if blanks and scale.missing.rule == "prorate":
            value = value * n / len(answered)
    return value * scale.multiply + scale.plus


def told_of(instrument: Instrument, scale: Scale, paper) -> Fraction | None:
    value = score_of(instrument, scale, paper)
    if value is None or scale.digits is None:
        return value
    unit = 10**scale.digits
    return Fraction((value * unit + Fraction(1, 2)).__floor__(), unit)
