"""Who is behind in one obligation and one of its windows: the newest by itself, an earlier one on asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.obligations.queries import (
    GROUP_LINKS,
    Asked,
    Counts,
    Figured,
    Gap,
    Gaps,
    gaps,
    groups_of,
    hidden_groups,
    of_groups,
    within_group,
)
from tongxin.methods.cadence.facts import ENTRY
from tongxin.methods.cadence.tree import Obligation

Span = tuple[date, date]


@dataclass(frozen=True)
class Behind:
    """Gaps of one window. counts None: not for this viewer, or too few; beyond None: some, but too few to say."""

    found: Gaps
    windows: list[Span]
    window: Span | None
    rows: list[Gap]
    counts: Counts | None
    beyond: int | None

    @property
    def rule(self) -> Obligation:
        return self.found.rule


def behind(
    viewer: Viewer, asked: Asked, rule: str, group: Subject | None, first: date | None
) -> Behind | None:
    """Return who is behind in the window that begins on a day (default: the newest begun).

    None when there is no such obligation, or no window begins on that day.
    """
    found = gaps(viewer, asked, rule, group=group.pk if group else None)
    if found is None:
        return None
    whole = [v for v in asked.verdicts([rule]) if not v.subject.startswith(ENTRY)]
    verdicts = whole if group is None else within_group(whole, group.pk, asked.as_of)
    windows = sorted({(v.first, v.last) for v in verdicts})
    window = next((w for w in reversed(windows) if first in (None, w[0])), None)
    if window is None:
        # Activities have each a window of their own: they stand in one list.
        return Behind(found, windows, None, found.rows, found.counts, found.beyond) if first is None else None
    inside = [v for v in verdicts if (v.first, v.last) == window]
    rows = [g for g in found.rows if (g.verdict.first, g.verdict.last) == window]
    figured, sight = Figured(viewer), found.sight
    counts, hidden = figured.counts(sight, inside)
    if group is not None and group.type in GROUP_LINKS:
        totals = of_groups(
            [v for v in whole if (v.first, v.last) == window], groups_of(asked, GROUP_LINKS[group.type])
        )
        hidden |= group.pk in hidden_groups(figured, sight, totals)
    beyond = counts.behind - len(rows)
    shown = None if hidden or sight.nothing else counts
    return Behind(found, windows, window, rows, shown, 0 if beyond <= 0 else None if hidden else beyond)
