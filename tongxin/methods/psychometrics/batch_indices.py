"""Answer-quality indices of many papers in the same blocks as their scores: longest run, spread, even–odd, distance.

Definitions as in R's `careless`: longstring and irv on the answers as given, evenodd within the scales after reversal
(Spearman–Brown, not below −1), mahad as squared Mahalanobis distance from the mean of the complete papers. A paper with a
blank, or one whose halves do not vary, has NaN: it cannot be computed.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .batch import Batch, BatchScorer, Column
from .instrument import Instrument, Person, Scale
from .scoring import REFUSED

# So many papers of singles lie in the processor's own memory.
SMALL = 2_048

Singles = NDArray[np.float32]


@dataclass
class Indices:
    """An entry per paper; NaN (0 for the run) = cannot be computed.

    longstring: equal answers in a row, counted. irv: standard deviation over the items. even_odd: −1 … 1. distance:
    squared Mahalanobis distance.
    """

    longstring: NDArray[np.uint16]
    irv: Singles
    even_odd: Singles
    distance: Singles


class BatchIndices:
    """Computes indices of papers of one instrument. scales: those that even–odd looks at, none overlapping."""

    def __init__(self, scorer: BatchScorer, scales: tuple[Scale, ...]) -> None:
        self.scorer = scorer
        self.k = len(scorer.items)
        # Answers whose values rise by one are worth their place in every index here.
        self.plain = all(set(np.diff(values).tolist()) == {1} for values in scorer.values)
        self.tables = None if self.plain else np.array([_row(values) for values in scorer.values])
        self.halves = [half for half in (self._halves(scale) for scale in scales) if half]
        self.small = self._are_small()

    def _are_small(self) -> bool:
        """Are all halves alike, and so small that their products fit into a byte."""
        sizes = {(len(odd), len(even)) for odd, even in self.halves}
        options, lows = (
            set(self.scorer.options.tolist()),
            {int(values.min()) for values in self.scorer.values},
        )
        if not self.plain or len(sizes) != 1 or len(options) != 1 or len(lows) != 1:
            return False
        most = max(max(sizes)) * (max(options) - 1)
        return most <= 15 and len(self.halves) <= 255

    def _halves(self, scale: Scale) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]] | None:
        """The first, third … and the second, fourth … items of a scale as (place, sign, constant)."""
        places = [self.scorer.place[item] for item in scale.items if item in self.scorer.place]
        terms = []
        for place in places:
            counts, values = self.scorer.counts[place], self.scorer.values[place]
            reverse = bool((counts != values).any())
            terms.append((place, -1 if reverse else 1, int(values.min() + values.max()) if reverse else 0))
        return (terms[0::2], terms[1::2]) if len(terms) > 1 else None

    def of(self, papers: NDArray[np.uint8]) -> Indices:
        """Compute all indices of papers."""
        return self.with_scores(papers)[1]

    def with_scores(
        self, papers: NDArray[np.uint8], persons: Sequence[Person] | None = None
    ) -> tuple[Batch, Indices]:
        """Score the papers and compute their indices in the same blocks."""
        n = len(papers)
        centre = self._centre(papers)
        found = Indices(np.zeros(n, np.uint16), *(np.empty(n, np.float32) for _ in range(3)))
        return self.scorer.score(
            papers, persons, lambda columns, where: self._block(columns, where, found, centre)
        ), found

    def _values(self, columns: Column) -> Singles:
        """Values of the answers, or their places where that comes to the same."""
        if self.tables is None:
            return columns.astype(np.float32)
        return np.take_along_axis(self.tables, columns, axis=1).astype(np.float32)

    def _centre(self, papers: NDArray[np.uint8]) -> Singles | None:
        """The whitening matrix, before it as a column its product with the mean, taken away; from the complete papers.

        None when their answers do not span. Sums of products of a small block are whole numbers that single precision holds.
        """
        total, products, n = np.zeros(self.k), np.zeros((self.k, self.k)), 0
        ones = np.ones(SMALL, np.float32)
        for start in range(0, len(papers), SMALL):
            rows = papers[start : start + SMALL]
            if rows.max(initial=0) >= REFUSED:
                rows = rows[(rows < REFUSED).all(axis=1)]
            part = (
                rows.astype(np.float32)
                if self.tables is None
                else np.ascontiguousarray(self._values(rows.T).T)
            )
            total += ones[: len(rows)] @ part
            products += part.T @ part
            n += len(rows)
        if n <= self.k:
            return None
        mean = total / n
        covariance = (products - n * np.outer(mean, mean)) / (n - 1)
        try:
            lower = np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            return None
        if lower.diagonal().min() < 1e-5 * np.sqrt(covariance.diagonal().max()):
            # An item that follows from others: what rounding leaves of it is no distance.
            return None
        whitening = np.linalg.inv(lower)
        return np.column_stack([-(whitening @ mean), whitening]).astype(np.float32)

    def _block(self, columns: Column, where: slice, found: Indices, centre: Singles | None) -> None:
        incomplete = None
        if columns.max(initial=0) >= REFUSED:
            incomplete = (columns >= REFUSED).any(axis=0)
            columns = np.where(columns >= REFUSED, 0, columns).astype(np.uint8)
        found.longstring[where] = _longest_run(columns)
        found.irv[where] = self._spread(columns)
        found.even_odd[where] = self._even_odd(columns)
        self._distance(columns, centre, found.distance[where])
        if incomplete is not None:
            found.longstring[where][incomplete] = 0
            for index in (found.irv, found.even_odd, found.distance):
                index[where][incomplete] = np.nan

    def _distance(self, columns: Column, centre: Singles | None, out: Singles) -> None:
        """Squared distances, a few papers at a time so that they stay in the processor's own memory."""
        if centre is None:
            out[:] = np.nan
            return
        values, white = np.ones((self.k + 1, SMALL), np.float32), np.empty((self.k, SMALL), np.float32)
        for start in range(0, columns.shape[1], SMALL):
            part = columns[:, start : start + SMALL]
            n = part.shape[1]
            values[1:, :n] = part if self.tables is None else self._values(part)
            if n < SMALL:
                values, white = np.ascontiguousarray(values[:, :n]), np.empty((self.k, n), np.float32)
            np.matmul(centre, values, out=white)
            np.multiply(white, white, out=white)
            white.sum(axis=0, out=out[start : start + n])

    def _spread(self, columns: Column) -> Singles:
        k, most = self.k, int(self.scorer.options.max()) - 1
        if k < 2:
            return np.full(columns.shape[1], np.nan, np.float32)
        if self.plain and most <= 15 and k * most * most < 65_536:
            # Squares of places up to 15 fit into a byte, their sums into two.
            total: NDArray[Any] = np.zeros(columns.shape[1], np.uint8 if k * most <= 255 else np.uint16)
            squares = np.zeros(columns.shape[1], np.uint16)
            # Bytes are added as bytes for as long as they cannot overflow.
            part, square, together = (
                np.zeros_like(columns[0]),
                np.empty_like(columns[0]),
                max(1, 255 // (most * most)),
            )
            for number, row in enumerate(columns, 1):
                total += row
                np.multiply(row, row, out=square)
                part += square
                if number % together == 0 or number == k:
                    squares += part
                    part[:] = 0
            single = total.astype(np.float32)
            spread = squares - single * single / np.float32(k)
        else:
            values = self._values(columns)
            spread = ((values - values.mean(axis=0)) ** 2).sum(axis=0)
        return np.asarray(np.sqrt(np.maximum(spread, 0) / np.float32(k - 1)), np.float32)

    def _even_odd(self, columns: Column) -> Singles:
        n = len(self.halves)
        if n < 2:
            return np.full(columns.shape[1], np.nan, np.float32)
        sums = np.zeros((5, columns.shape[1]), np.uint16 if self.small else np.float64)
        half = self._small_half if self.small else self._half
        for odd, even in self.halves:
            one, other = half(columns, odd).astype(sums.dtype), half(columns, even).astype(sums.dtype)
            sums[0] += one
            sums[1] += other
            sums[2] += one * one
            sums[3] += other * other
            sums[4] += one * other
        x, y, xx, yy, xy = sums.astype(np.float32) if self.small else sums
        spread = (n * xx - x * x) * (n * yy - y * y)
        with np.errstate(divide="ignore", invalid="ignore"):
            r = (n * xy - x * y) / np.sqrt(spread)
            # Rounding may put it just beyond −1, where the formula would jump to the other side.
            r = np.clip(r, -1, 1)
            r = np.maximum(2 * r / (1 + r), -1)
        r[spread <= 1e-6] = np.nan
        return np.asarray(r, np.float32)

    def _small_half(self, columns: Column, terms: list[tuple[int, int, int]]) -> Column:
        """The sum of a half above the least there can be, in a byte."""
        most = int(self.scorer.options[0]) - 1
        total = np.full(columns.shape[1], sum(most for _, sign, _ in terms if sign < 0), np.uint8)
        for place, sign, _ in terms:
            if sign > 0:
                total += columns[place]
            else:
                total -= columns[place]
        return total

    def _half(self, columns: Column, terms: list[tuple[int, int, int]]) -> NDArray[np.float64]:
        """The mean of a half, in double precision: halves of unlike sizes have thirds and fifths."""
        whole = np.zeros(columns.shape[1], np.int64)
        for place, _, _ in terms:
            counts = self.scorer.counts[place]
            whole += counts[np.minimum(columns[place], len(counts) - 1)]
        return np.asarray(whole / len(terms), np.float64)


def scales_apart(instrument: Instrument) -> tuple[Scale, ...]:
    """Scales of items that share none: those of the partition, or one after the other as far as they do not overlap."""
    listed = [instrument.scale_by_id[name] for name in instrument.partition if name in instrument.scale_by_id]
    found: list[Scale] = []
    held: set[str] = set()
    for scale in listed or instrument.scales:
        if scale.components and not held & set(scale.items):
            found.append(scale)
            held |= set(scale.items)
    return tuple(found)


def _row(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """A table of 256 values; places beyond the answers are not looked up."""
    table = np.zeros(256, np.int64)
    table[: len(values)] = values
    return table


def _longest_run(columns: NDArray[Any]) -> NDArray[np.uint16]:
    """How often the same answer stands in a row at most. More than 255 items need two bytes."""
    kind: Any = np.uint8 if len(columns) < 256 else np.uint16
    run: NDArray[Any] = np.ones(columns.shape[1], kind)
    best, same = run.copy(), np.empty(len(run), np.bool_)
    for before, row in itertools.pairwise(columns):
        np.equal(before, row, out=same)
        run *= same.view(np.uint8)
        run += kind(1)
        np.maximum(best, run, out=best)
    return best.astype(np.uint16)
