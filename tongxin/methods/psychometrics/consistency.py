"""How well the items of a scale hang together in a set of papers: Cronbach's alpha and item–rest correlations.

Only papers in which every item of the scale is answered count (listwise), as in R's `psych::alpha` with complete cases.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .batch import BatchScorer
from .instrument import Scale
from .scoring import REFUSED

LEAST = 3


@dataclass(frozen=True)
class ItemFigures:
    """rest: correlation with the sum of the other items; alpha: of the others alone. None = cannot be computed."""

    item: str
    mean: float
    sd: float
    rest: float | None
    alpha: float | None


@dataclass(frozen=True)
class Consistency:
    """n: complete papers; k: items. alpha None: fewer than three papers, one item, or nothing varies."""

    n: int
    k: int
    alpha: float | None
    items: tuple[ItemFigures, ...] = ()


def counted(scorer: BatchScorer, scale: Scale, papers: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What the answers to a scale's items count, reversal done: (complete papers, items)."""
    places = [scorer.place[item] for item in scale.items if item in scorer.place]
    part = papers[:, places]
    part = part[(part < REFUSED).all(axis=1)]
    found = np.empty(part.shape)
    for column, place in enumerate(places):
        found[:, column] = scorer.counts[place][part[:, column]]
    return found


def consistency(scorer: BatchScorer, scale: Scale, papers: NDArray[np.uint8]) -> Consistency:
    """Figures of a scale of items. papers: as for `BatchScorer.score`."""
    values = counted(scorer, scale, papers)
    n, k = values.shape
    if n < LEAST or k < 2:
        return Consistency(n, k, None)
    total = values.sum(axis=1)
    items = []
    for place, item in enumerate(scale.items):
        column = values[:, place]
        others = np.delete(values, place, axis=1)
        rest = _correlation(column, total - column)
        items.append(
            ItemFigures(item, float(column.mean()), float(column.std(ddof=1)), rest, alpha_of(others))
        )
    return Consistency(n, k, alpha_of(values), tuple(items))


def alpha_of(values: NDArray[np.float64]) -> float | None:
    """Cronbach's alpha of (papers, items) without blanks; None for one item or a sum that never varies."""
    k = values.shape[1]
    whole = values.sum(axis=1).var(ddof=1)
    if k < 2 or whole <= 0:
        return None
    return float(k / (k - 1) * (1 - values.var(axis=0, ddof=1).sum() / whole))


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    if one.std() <= 1e-12 or other.std() <= 1e-12:
        return None
    return float(np.corrcoef(one, other)[0, 1])
