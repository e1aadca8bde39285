"""Norms of the school's own, where an instrument has no published one: percentile and T score, always marked as such.

A percentile here is the share of papers below a score plus half of those at it, in hundredths. T is 50 plus ten times
the distance from the mean in standard deviations. Small groups have no norm: they would say more about who is in them
than about the child.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

LEAST_PAPERS = 50
LOWEST_T, HIGHEST_T = 10, 90


@dataclass(frozen=True)
class SchoolNorm:
    """Scores of a group of papers, least first. group: what the papers have in common; empty = the whole school."""

    scores: tuple[float, ...]
    group: tuple[Hashable, ...] = ()

    @cached_property
    def _sorted(self) -> np.ndarray:
        return np.asarray(self.scores, float)

    @property
    def n(self) -> int:
        return len(self.scores)

    @property
    def mean(self) -> float:
        return float(self._sorted.mean())

    @property
    def sd(self) -> float:
        return float(self._sorted.std(ddof=1))

    def percentile(self, score: float) -> float:
        """0 … 100: papers below the score, and half of those at it."""
        below = int(np.searchsorted(self._sorted, score, "left"))
        upto = int(np.searchsorted(self._sorted, score, "right"))
        return 100 * (below + upto) / (2 * self.n)

    def t(self, score: float) -> float | None:
        """T score, kept within 10 … 90; None when all papers have the same score."""
        if self.sd == 0:
            return None
        return float(np.clip(50 + 10 * (score - self.mean) / self.sd, LOWEST_T, HIGHEST_T))

    def quantile(self, share: float) -> float:
        """The score below which a share (0 … 1) of the papers lies, interpolated."""
        return float(np.quantile(self._sorted, share))


class SchoolNorms:
    """Norms of one scale: for each group that is large enough, and for all papers together."""

    def __init__(
        self, papers: Iterable[tuple[float | None, tuple[Hashable, ...]]], least: int = LEAST_PAPERS
    ) -> None:
        """papers: (score, the group from the widest to the narrowest, as ("grade 7", "female")); no score = left out."""
        found: dict[tuple[Hashable, ...], list[float]] = {}
        for score, group in papers:
            if score is None or np.isnan(score):
                continue
            for depth in range(len(group) + 1):
                found.setdefault(group[:depth], []).append(float(score))
        self.norms: Mapping[tuple[Hashable, ...], SchoolNorm] = {
            group: SchoolNorm(tuple(sorted(scores)), group)
            for group, scores in found.items()
            if len(scores) >= least
        }

    def of(self, group: tuple[Hashable, ...] = ()) -> SchoolNorm | None:
        """The norm of the narrowest group around somebody that is large enough; None where not even the school is."""
        for depth in range(len(group), -1, -1):
            if group[:depth] in self.norms:
                return self.norms[group[:depth]]
        return None
