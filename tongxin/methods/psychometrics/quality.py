"""How carefully the papers of a sitting were filled in: indices, and the few reasons that a kind second sitting rests on.

Definitions as in R's `careless`: longest and average run, spread (IRV) and even–odd see `batch_indices`; synonyms are pairs
of items whose answers go together over all papers (r of at least `Limits.synonyms`), and a paper's index is the
correlation over those pairs. None = cannot be computed, which is never a reason by itself.

A reason is told to the counsellor and decides nothing. What a troubled child's honest paper looks like is no reason: being
far from all others, or one answer throughout where no reversed item contradicts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .batch import LEVELS, BatchScorer
from .batch_indices import BatchIndices, scales_apart
from .instrument import Instrument
from .scoring import REFUSED

FAST, STRAIGHT, HALVES, SYNONYMS, VALIDITY = "fast", "straight", "halves", "synonyms", "validity"
REASONS = (FAST, STRAIGHT, HALVES, SYNONYMS, VALIDITY)
# One of these is enough; of the others two must come together.
ENOUGH = (FAST, STRAIGHT, VALIDITY)


@dataclass(frozen=True)
class Limits:
    """seconds: an item read and answered faster than this on average was not read (Huang et al., 2012). synonyms: least
    r of a pair, pairs: how many there must be for the index to be a reason. far: share of normal papers within the distance
    that is marked. straight_items: one answer throughout is looked at from this many items on."""

    seconds: float = 2.0
    synonyms: float = 0.60
    pairs: int = 5
    far: float = 0.99
    straight_items: int = 8


@dataclass(frozen=True)
class Quality:
    """One paper. longest, average: runs of equal answers; spread: standard deviation over items; even_odd, synonyms:
    −1 … 1; distance: squared Mahalanobis distance, far: beyond what 99 of 100 normal papers keep to; seconds: an item."""

    longest: int | None
    average: float | None
    spread: float | None
    even_odd: float | None
    synonyms: float | None
    distance: float | None
    far: bool | None
    seconds: float | None
    reasons: tuple[str, ...] = ()

    @property
    def questionable(self) -> bool:
        """Should a second sitting be offered."""
        return len(self.reasons) > 1 or any(reason in ENOUGH for reason in self.reasons)


def quality(
    instrument: Instrument,
    papers: NDArray[np.uint8],
    seconds: Sequence[float | None] = (),
    limits: Limits | None = None,
) -> list[Quality]:
    """Look at papers (n × scored items, places of the answers, as `scoring` reads them) of one sitting together.

    seconds: how long each paper took in all, None or absent = not known.
    """
    limits = limits or Limits()
    if len(papers) == 0:
        return []
    scorer = BatchScorer(instrument)
    batch, found = BatchIndices(scorer, scales_apart(instrument)).with_scores(papers)
    answered = (papers < REFUSED).sum(axis=1)
    values = _values(scorer, papers)
    pairs = synonym_pairs(values, limits.synonyms)
    together = synonym_index(values, pairs)
    average = average_run(papers)
    edge = _far_edge(papers.shape[1], limits.far)
    reversed_ = _reversed(scorer)
    told = []
    for row in range(len(papers)):
        took = seconds[row] if row < len(seconds) else None
        pace = None if took is None or not answered[row] else float(took) / int(answered[row])
        distance = _or_none(found.distance[row])
        one = Quality(
            int(found.longstring[row]) or None,
            _or_none(average[row]),
            _or_none(found.irv[row]),
            _or_none(found.even_odd[row]),
            _or_none(together[row]),
            distance,
            None if distance is None else distance > edge,
            pace,
        )
        straight = one.spread == 0 and reversed_ and papers.shape[1] >= limits.straight_items
        reasons = {
            FAST: pace is not None and pace < limits.seconds,
            STRAIGHT: straight,
            HALVES: one.even_odd is not None and one.even_odd <= 0,
            SYNONYMS: len(pairs) >= limits.pairs and one.synonyms is not None and one.synonyms <= 0,
            VALIDITY: LEVELS[batch.validity[row]] in ("doubt", "invalid"),
        }
        told.append(_with(one, tuple(name for name in REASONS if reasons[name])))
    return told


def synonym_pairs(values: NDArray[np.float64], least: float) -> list[tuple[int, int]]:
    """(later item, earlier item) of every pair whose answers correlate by at least `least` over the papers that have both."""
    complete = values[~np.isnan(values).any(axis=1)]
    if len(complete) < 3:
        return []
    with np.errstate(invalid="ignore", divide="ignore"):
        related = np.corrcoef(complete, rowvar=False)
    related = np.nan_to_num(np.atleast_2d(related), nan=-2.0)
    later, earlier = np.nonzero(np.tril(related >= least, -1))
    return list(zip(later.tolist(), earlier.tolist(), strict=True))


def synonym_index(values: NDArray[np.float64], pairs: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """Correlation of each paper's answers over the pairs; NaN where a half does not vary or fewer than three are answered."""
    if len(pairs) < 3:
        return np.full(len(values), np.nan)
    one = values[:, [later for later, _ in pairs]]
    other = values[:, [earlier for _, earlier in pairs]]
    both = ~(np.isnan(one) | np.isnan(other))
    n = both.sum(axis=1)
    one, other = np.where(both, one, 0.0), np.where(both, other, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_one, mean_other = one.sum(axis=1) / n, other.sum(axis=1) / n
        off_one = np.where(both, one - mean_one[:, None], 0.0)
        off_other = np.where(both, other - mean_other[:, None], 0.0)
        spread = np.sqrt((off_one**2).sum(axis=1) * (off_other**2).sum(axis=1))
        found = (off_one * off_other).sum(axis=1) / spread
    found[(n < 3) | (spread < 1e-9)] = np.nan
    return found


def average_run(papers: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How many equal answers stand in a row on average; NaN for a paper with a blank."""
    n, k = papers.shape
    if k == 0:
        return np.full(n, np.nan)
    runs = 1 + (papers[:, 1:] != papers[:, :-1]).sum(axis=1)
    found = k / runs
    found[(papers >= REFUSED).any(axis=1)] = np.nan
    return found


def _values(scorer: BatchScorer, papers: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Values of the answers as given, NaN = blank or refused."""
    values = np.full(papers.shape, np.nan)
    for place, of_item in enumerate(scorer.values):
        column = papers[:, place]
        given = column < REFUSED
        values[given, place] = np.asarray(of_item, float)[column[given]]
    return values


def _reversed(scorer: BatchScorer) -> bool:
    """Are there items of both directions, so that one answer throughout contradicts itself."""
    turned = [
        bool((counts != values).any()) for counts, values in zip(scorer.counts, scorer.values, strict=True)
    ]
    return any(turned) and not all(turned)


def _far_edge(items: int, share: float) -> float:
    from scipy.stats import chi2

    return float(chi2.ppf(share, items))


def _or_none(number: float) -> float | None:
    return None if np.isnan(number) else float(number)


def _with(one: Quality, reasons: tuple[str, ...]) -> Quality:
    return Quality(
        one.longest,
        one.average,
        one.spread,
        one.even_odd,
        one.synonyms,
        one.distance,
        one.far,
        one.seconds,
        reasons,
    )
