"""Answer-quality indices of many papers in the same blocks as their scores: longest run, spread, even–odd, distance.

Definitions as in R's `careless`: longstring and irv on the answers as given, evenodd within the scales after reversal
(Spearman–Brown, not below −1), mahad as squared Mahalanobis distance from the mean of the complete papers. A paper with a
blank, or one whose halves do not vary, has NaN: it cannot be computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .batch import Batch, BatchScorer, Column
from .instrument import Instrument, Person, Scale
from .scoring import REFUSED

# Papers of singles that lie in the processor's own memory, and rows of the whitening matrix taken together: BLAS takes its
# way for small matrices, without copies and without threads that wait for each other.
SMALL, STEP = 1_536, 8
PIECES, ROWS = 6, 1_200  # the same for the covariance

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
        self.most = 0  # the farthest that the sum of a small half is from its middle
        self.small = self._are_small()

    def _are_small(self) -> bool:
        """Are all halves alike, and so small that every number on the way fits into a byte or two?"""
        sizes = {(len(odd), len(even)) for odd, even in self.halves}
        options, lows = (
            set(self.scorer.options.tolist()),
            {int(values.min()) for values in self.scorer.values},
        )
        if not self.plain or len(sizes) != 1 or len(options) != 1 or len(lows) != 1:
            return False
        self.most = _apart(max(max(sizes)) * (max(options) - 1))
        return self.most**2 <= 127 and (len(self.halves) * self.most) ** 2 < 32_768

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
        found = Indices(np.zeros(n, np.uint16), *np.empty((3, n), np.float32))
        return self.scorer.score(
            papers,
            persons,
            lambda columns, where, whole: self._block(columns, where, whole, found, centre),
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
        k, half, n = self.k, self.k // 2, 0
        total, upper, lower = np.zeros(k), np.zeros((half, k)), np.zeros((k - half, k - half))
        pieces = np.zeros((max(1, min(PIECES, -(-len(papers) // ROWS))), ROWS, k), np.float32)
        left, right = pieces[:, :, :half].transpose(0, 2, 1), pieces[:, :, half:].transpose(0, 2, 1)
        together, ones = pieces.reshape(-1, k), np.ones((2, ROWS), np.float32)
        # What lies below the diagonal is the same again. One column more, so that BLAS takes the way for small matrices,
        # which is faster than its own for products with the transpose.
        more = min(half, 1)
        for start in range(0, len(papers), len(together)):
            rows = papers[start : start + len(together)]
            if rows.max(initial=0) >= REFUSED:
                rows = rows[(rows < REFUSED).all(axis=1)]
            n += len(rows)
            together[len(rows) :] = 0
            together[: len(rows)] = rows if self.tables is None else self._values(rows.T).T
            total += (ones @ pieces)[:, 0].sum(axis=0, dtype=np.float64)
            upper += (left @ pieces).sum(axis=0, dtype=np.float64)
            lower += (right @ pieces[:, :, half - more :]).sum(axis=0, dtype=np.float64)[:, more:]
        if n <= k:
            return None
        products = np.vstack([upper, np.hstack([upper[:, half:].T, lower])])
        mean = total / n
        covariance = (products - n * np.outer(mean, mean)) / (n - 1)
        try:
            factor = np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            return None
        if factor.diagonal().min() < 1e-5 * np.sqrt(covariance.diagonal().max()):
            # An item that follows from others: what rounding leaves of it is no distance.
            return None
        whitening = np.linalg.inv(factor)
        return np.column_stack([-(whitening @ mean), whitening]).astype(np.float32)

    def _block(
        self, columns: Column, where: slice, whole: bool, found: Indices, centre: Singles | None
    ) -> None:
        incomplete = None
        if not whole:
            incomplete = (columns >= REFUSED).any(axis=0)
            columns = np.where(columns >= REFUSED, 0, columns).astype(np.uint8)
        found.longstring[where] = _longest_run(columns)
        found.irv[where] = self._spread(columns)
        found.even_odd[where] = self._small_even_odd(columns) if self.small else self._even_odd(columns)
        self._distance(columns, centre, found.distance[where])
        if incomplete is not None:
            found.longstring[where][incomplete] = 0
            for index in (found.irv, found.even_odd, found.distance):
                index[where][incomplete] = np.nan

    def _distance(self, columns: Column, centre: Singles | None, out: Singles) -> None:
        """Squared distances, a few papers at a time so that they stay in the processor's own memory.

        Above the whitening matrix' diagonal is nothing: a few of its rows at a time need only the items so far.
        """
        if centre is None:
            out[:] = np.nan
            return
        values, white = np.ones((self.k + 1, SMALL), np.float32), np.empty((self.k, SMALL), np.float32)
        steps = [
            (
                centre[row : row + STEP, : row + STEP + 1].copy(),
                values[: row + STEP + 1],
                white[row : row + STEP],
            )
            for row in range(0, self.k, STEP)
        ]
        for start in range(0, columns.shape[1], SMALL):
            part = columns[:, start : start + SMALL]
            n = part.shape[1]
            values[1:, :n] = part if self.tables is None else self._values(part)
            for matrix, so_far, into in steps:
                np.matmul(matrix, so_far, out=into)
            np.multiply(white, white, out=white)
            np.add.reduce(white[:, :n], axis=0, out=out[start : start + n])

    def _spread(self, columns: Column) -> Singles:
        k, most = self.k, int(self.scorer.options.max()) - 1
        if k < 2:
            return np.full(columns.shape[1], np.nan, np.float32)
        apart = _apart(most)
        if self.plain and most <= 255 and apart <= 15 and k * apart * apart < 65_536:
            # From the middle answer squares fit into a byte: taking away wraps round, and squaring wraps back.
            single = _sum(columns, most).astype(np.float32)
            single -= np.float32(k * (most - apart))
            np.multiply(single, single, out=single)
            single /= np.float32(-k)
            spread = np.add(single, _squares(columns, most - apart, apart), out=single)
        else:
            values = self._values(columns)
            spread = ((values - values.mean(axis=0)) ** 2).sum(axis=0)
        spread /= np.float32(k - 1)
        np.maximum(spread, 0, out=spread)
        return np.asarray(np.sqrt(spread, out=spread), np.float32)

    def _even_odd(self, columns: Column) -> Singles:
        n = len(self.halves)
        if n < 2:
            return np.full(columns.shape[1], np.nan, np.float32)
        x, y, xx, yy, xy = sums = np.zeros((5, columns.shape[1]))
        for odd, even in self.halves:
            one, other = self._half(columns, odd), self._half(columns, even)
            for place, amount in enumerate((one, other, one * one, other * other, one * other)):
                sums[place] += amount
        spread = (n * xx - x * x) * (n * yy - y * y)
        with np.errstate(divide="ignore", invalid="ignore"):
            r = _spearman_brown((n * xy - x * y) / np.sqrt(spread))
        r[spread <= 1e-6] = np.nan
        return np.asarray(r, np.float32)

    def _small_even_odd(self, columns: Column) -> Singles:
        """The same in whole numbers of one and two bytes; what does not vary is nought by nought."""
        n = np.int16(len(self.halves))
        if n < 2:
            return np.full(columns.shape[1], np.nan, np.float32)
        size, square = columns.shape[1], self.most**2
        sums = [_Sum(np.int8, self.most, size), _Sum(np.int8, self.most, size), _Sum(np.uint8, square, size),
                _Sum(np.uint8, square, size), _Sum(np.int8, square, size)]  # fmt: skip
        one, other, product = np.empty((3, size), np.uint8)
        # Of the lower byte a product of signed numbers is the same as of unsigned ones.
        for odd, even in self.halves:
            self._small_half(columns, odd, one)
            self._small_half(columns, even, other)
            sums[0].add(one)
            sums[1].add(other)
            for total, (left, right) in zip(
                sums[2:], ((one, one), (other, other), (one, other)), strict=True
            ):
                total.add(np.multiply(left, right, out=product))
        x, y, xx, yy, xy = (total.found() for total in sums)
        with np.errstate(divide="ignore", invalid="ignore"):
            r = _shared(n, x, y, xy).astype(np.float32)
            spread = _shared(n, x, x, xx).astype(np.float32)
            spread *= _shared(n, y, y, yy).astype(np.float32)
            r /= np.sqrt(spread, out=spread)
            return _spearman_brown(r)

    def _small_half(self, columns: Column, terms: list[tuple[int, int, int]], out: Column) -> None:
        """The sum of a half, less the middle there can be, in a byte that is to be read as a signed one."""
        options = int(self.scorer.options[0]) - 1
        low = self.most - len(terms) * options
        out[:] = (sum(options for _, sign, _ in terms if sign < 0) + low) % 256
        for place, sign, _ in terms:
            if sign > 0:
                out += columns[place]
            else:
                out -= columns[place]

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


def _apart(most: int) -> int:
    """The farthest that a number from 0 to `most` can be from their middle."""
    return most - most // 2


def _sum(rows: NDArray[Any], most: int) -> NDArray[Any]:
    """The sums of columns of bytes, none farther from 0 than `most`: in bytes as long as they cannot overflow."""
    together = int(np.iinfo(rows.dtype).max) // max(most, 1)
    first: NDArray[Any] = np.add.reduce(rows[:together], axis=0, dtype=rows.dtype)
    if len(rows) <= together:
        return first
    total = first.astype(np.uint16 if rows.dtype == np.uint8 else np.int16)
    for start in range(together, len(rows), together):
        total += np.add.reduce(rows[start : start + together], axis=0, dtype=rows.dtype)
    return total


def _squares(columns: Column, low: int, most: int) -> NDArray[Any]:
    """The sums of squares of what bytes are above `low`, none farther from it than `most`."""
    total, square = _Sum(np.uint8, most * most, columns.shape[1]), np.empty(columns.shape[1], np.uint8)
    for row in columns:
        np.subtract(row, np.uint8(low), out=square)
        total.add(np.multiply(square, square, out=square))
    return total.found()


class _Sum:
    """Rows of bytes added up one by one, so that what lies between stays in the processor's own memory.

    most: none is farther from 0. In bytes as long as they cannot overflow, then in two.
    """

    def __init__(self, dtype: type[np.int8] | type[np.uint8], most: int, size: int) -> None:
        self.together, self.here = int(np.iinfo(dtype).max) // max(most, 1), 0
        self.part = np.zeros(size, dtype)
        self.total = np.zeros(size, np.int16 if dtype is np.int8 else np.uint16)

    def add(self, row: Column) -> None:
        if self.here == self.together:
            self.total += self.part
            self.part[:] = self.here = 0
        self.part += row.view(self.part.dtype)
        self.here += 1

    def found(self) -> NDArray[Any]:
        self.total += self.part
        return self.total


def _shared(n: np.int16, x: NDArray[Any], y: NDArray[Any], xy: NDArray[Any]) -> NDArray[np.int16]:
    """n² times the covariance, from sums that leave room in two bytes."""
    found: NDArray[np.int16] = xy.astype(np.int16)
    found *= n
    found -= x * y
    return found


def _spearman_brown(r: NDArray[Any]) -> NDArray[Any]:
    # Rounding may put it just beyond −1, where the formula would jump to the other side.
    np.clip(r, -1, 1, out=r)
    above = r + 1
    r *= 2
    r /= above
    return np.maximum(r, -1, out=r)


def _longest_run(columns: NDArray[Any]) -> NDArray[np.uint16]:
    """How often the same answer stands in a row at most. More than 255 items need two bytes."""
    run: NDArray[Any] = np.zeros(columns.shape[1], np.uint8 if len(columns) < 256 else np.uint16)
    best, same = run.copy(), np.empty(columns.shape[1], np.bool_)
    on = same.view(np.uint8)
    for row, before in zip(columns[1:], columns, strict=False):
        np.equal(row, before, out=same)
        run += on
        run *= on
        np.maximum(best, run, out=best)
    return best.astype(np.uint16) + np.uint16(1)
