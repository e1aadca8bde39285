"""Who is behind in one obligation and one of its windows: the newest by itself, an earlier one on asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.obligations.queries import (
    SMALLEST_COUNT,
    Asked,
    Counts,
    Gap,
    Gaps,
    count,
    gaps,
    within_group,
)
from tongxin.methods.cadence.facts import ENTRY
from tongxin.methods.cadence.reference import Verdict
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
    verdicts = _of_group(asked, rule, group)
    windows = sorted({(v.first, v.last) for v in verdicts})
    window = next((w for w in reversed(windows) if first in (None, w[0])), None)
    if window is None:
        return Behind(found, windows, None, [], found.counts, 0) if first is None else None
    inside = [v for v in verdicts if (v.first, v.last) == window]
    rows = [g for g in found.rows if (g.verdict.first, g.verdict.last) == window]
    counts = count(inside)
    beyond = counts.behind - len(rows)
    sight = found.sight
    hidden = not sight.counts or counts.small or 0 < beyond < SMALLEST_COUNT
    own = count(v for v in inside if any(v is g.verdict for g in rows)) if not sight.counts else None
    shown = counts if sight.whole or (sight.counts and not counts.small) else own if sight.part else None
    return Behind(found, windows, window, rows, shown, 0 if not beyond else None if hidden else beyond)


def _of_group(asked: Asked, rule: str, group: Subject | None) -> list[Verdict]:
    verdicts = [v for v in asked.verdicts([rule]) if not v.subject.startswith(ENTRY)]
    return verdicts if group is None else within_group(verdicts, group.pk, asked.as_of)
