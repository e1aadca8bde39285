"""Numbers of verdicts as people write them, and the language rules are said in."""

from __future__ import annotations

from fractions import Fraction

from django.utils.translation import get_language

from tongxin.kernel.obligations.asked import Place
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.words import Speaker


def number_words(value: int | Fraction) -> str:
    """Return a whole number as it is, a fraction with at most two decimals."""
    if isinstance(value, int) or value.denominator == 1:
        return str(int(value))
    return f"{float(value):.2f}".rstrip("0").rstrip(".")


def title_of(pack: Pack, place: Place) -> str:
    """Return what is asked for: the announced thing by its own name, a number by the rule that needs it."""
    if place.open.post or place.open.name not in pack.announced:
        return place.open.rule.title
    return Speaker(pack, language()).announced(place.open.name)


def language() -> str:
    """Return "zh" or "en", the two languages in which rules can be said."""
    return "en" if (get_language() or "").startswith("en") else "zh"
