"""What a reader below a data class sees: figures, with small ones suppressed so that nobody can be told from them.

A row of counts that add up to a shown total loses a second count when it loses one; shares are bounded or rounded
wherever they would give a small count away.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer

SMALLEST = 5
# What leaves the school for those above it shows no figure under ten.
SMALLEST_ABOVE = 10
# Shares over time or by group are rounded to this many points for readers of counts.
ROUND_TO = 5


class Sight(Enum):
    """How much of a data class somebody sees. ABOVE: figures for whoever is above the school."""

    FULL = "full"
    COUNTS = "counts"
    ABOVE = "above"
    NOTHING = "nothing"

    @property
    def limit(self) -> int:
        """The smallest figure shown as it is, 0 where every figure is."""
        return {Sight.COUNTS: SMALLEST, Sight.ABOVE: SMALLEST_ABOVE}.get(self, 0)


def sight_of(viewer: Viewer, data_class: str) -> Sight:
    """Return what a viewer sees of a class across the school, or across the branches they answer for."""
    reach = viewer.reach(data_class)
    if reach.school or (reach.branches and not reach.counts):
        return Sight.FULL
    return Sight.COUNTS if reach.counts or reach.counted else Sight.NOTHING


def branches_of(viewer: Viewer, data_class: str) -> frozenset[int] | None:
    """Return the branches a viewer's figures are limited to, None where they are of the whole school."""
    reach = viewer.reach(data_class)
    return None if reach.school or reach.counts else reach.branches | reach.counted


def hidden_words() -> str:
    """Say that a figure is not for this reader."""
    return _("不显示")


def few_words() -> str:
    """Say that a figure is of too few people to be said."""
    return _("人数少，不显示")


def is_small(number: float, sight: Sight) -> bool:
    """Say whether a count is so small that it could point to somebody; nobody is not small."""
    return 0 < number < sight.limit


def count_words(number: float, sight: Sight) -> str:
    """Say a count, or that it is too small to say."""
    if sight is Sight.NOTHING:
        return hidden_words()
    if is_small(number, sight):
        return _("不足%(n)d") % {"n": sight.limit}
    return number_words(number)


def number_words(number: float) -> str:
    """Say a number as people write it: 1,149 or 37.5."""
    return f"{number:,.0f}" if number == round(number) else f"{number:,.2f}".rstrip("0")


def share_words(part: int, whole: int, sight: Sight) -> str:
    """Say a share with one decimal; 100% and 0% only when exactly so, bounded where it would tell a small count."""
    if sight is Sight.NOTHING:
        return hidden_words()
    if whole <= 0:
        return "—"
    if sight.limit:
        if whole < sight.limit:
            return few_words()
        if is_small(whole - part, sight):
            return _("不低于%(share)d%%") % {"share": 100 * (whole - sight.limit + 1) // whole}
        if is_small(part, sight):
            return _("不高于%(share)d%%") % {"share": -(-100 * (sight.limit - 1) // whole)}
    share = round(100 * part / whole, 1)
    if part < whole:
        share = min(share, 99.9)
    if part > 0:
        share = max(share, 0.1)
    return f"{share:.1f}%".replace(".0%", "%")


def share_number(part: int, whole: int, sight: Sight) -> float | None:
    """Return a share in per cent for a chart, None where it must not be shown; rounded for readers of counts."""
    if sight is Sight.NOTHING or whole <= 0:
        return None
    share = 100 * part / whole
    if sight is Sight.FULL:
        return round(share, 1)
    if whole < sight.limit:
        return None
    return float(ROUND_TO * round(share / ROUND_TO))


def row_words(counts: Sequence[int], sight: Sight) -> list[str]:
    """Say counts that add up to a total shown beside them.

    With one small count suppressed, the next smallest that is not zero goes too: it cannot be worked out then.
    """
    words = [count_words(number, sight) for number in counts]
    if not sight.limit:
        return words
    small = [place for place, number in enumerate(counts) if is_small(number, sight)]
    others = [place for place, number in enumerate(counts) if number >= sight.limit]
    if len(small) == 1 and others:
        words[min(others, key=lambda place: counts[place])] = hidden_words()
    return words
