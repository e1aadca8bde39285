"""Numbers of verdicts as people write them, and the language rules are said in."""

from __future__ import annotations

from fractions import Fraction

from django.utils.translation import get_language


def number_words(value: int | Fraction) -> str:
    """Return a whole number as it is, a fraction with at most two decimals."""
    if isinstance(value, int) or value.denominator == 1:
        return str(int(value))
    return f"{float(value):.2f}".rstrip("0").rstrip(".")


def language() -> str:
    """Return "zh" or "en", the two languages in which rules can be said."""
    return "en" if (get_language() or "").startswith("en") else "zh"
