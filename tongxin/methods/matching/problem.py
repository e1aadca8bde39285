"""What is to be solved, as arrays: rows are the many (students), columns the few (mentors); larger scores are better."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

Ints = np.ndarray
# A pair that may not be: it is never an edge.
NEVER = -(2**30)
# Largest score in absolute value, so that sums of all stay exact.
LARGEST_SCORE = 10**7
BLOCK = 2048

# Told from time to time: (bound, value of the best found), either None while unknown. False: stop and give the best.
Tick = Callable[[int | None, int | None], bool]


class TooLarge(ValueError):
    """Scores too large for sums of all to stay exact."""


def go_on(bound: int | None, best: int | None) -> bool:
    return True


class Scores(Protocol):
    """Scores of all pairs, a block of rows at a time, so that a district needs not hold them all."""

    @property
    def shape(self) -> tuple[int, int]: ...

    def block(self, first: int, last: int) -> Ints:
        """Scores of rows first … last - 1, int32 (last - first, columns); NEVER where a pair may not be."""
        ...


class DenseScores:
    """A matrix of integers held in memory; the type's smallest number, or any at NEVER or below: a pair may not be."""

    def __init__(self, matrix: Ints) -> None:
        self.matrix = matrix
        self._least = int(np.iinfo(matrix.dtype).min)

    @property
    def shape(self) -> tuple[int, int]:
        return self.matrix.shape[0], self.matrix.shape[1]

    def block(self, first: int, last: int) -> Ints:
        part = self.matrix[first:last]
        if self._least <= NEVER:
            return np.maximum(part, NEVER).astype(np.int32)
        wide = part.astype(np.int32)
        wide[part == self._least] = NEVER
        return wide


@dataclass
class Problem:
    """Choose pairs of rows and columns.

    scores: of every pair. row_low, row_high, column_low, column_high: int64, how many partners each may have.
    column_costs: int64 (columns, most), the price of a column's first, second … partner; never falling (balance of load).
    Nobody is left below `low` while it can be helped, whatever the scores say; then the sum of scores less the
    column costs is as large as possible.
    """

    scores: Scores
    row_low: Ints
    row_high: Ints
    column_low: Ints
    column_high: Ints
    column_costs: Ints | None = None

    def __post_init__(self) -> None:
        rows, columns = self.scores.shape
        for name, n in (
            ("row_low", rows),
            ("row_high", rows),
            ("column_low", columns),
            ("column_high", columns),
        ):
            limits = np.asarray(getattr(self, name), np.int64)
            if limits.shape != (n,) or (limits < 0).any():
                raise ValueError(f"{name} must be {n} numbers >= 0")
            setattr(self, name, limits)
        if (self.row_low > self.row_high).any() or (self.column_low > self.column_high).any():
            raise ValueError("low must not exceed high")
        most = int(min(self.column_high.max(initial=0), rows))
        self.column_high = np.minimum(self.column_high, rows)
        if self.column_costs is None:
            self.column_costs = np.zeros((columns, most), np.int64)
        costs = np.asarray(self.column_costs, np.int64)
        if costs.shape != (columns, most) or (np.diff(costs, axis=1) < 0).any():
            raise ValueError(f"column_costs must be {columns} x {most} and must not fall along a row")
        self.column_costs = costs

    def blocks(self) -> Iterator[tuple[int, Ints]]:
        """(first row, scores) of consecutive blocks."""
        rows = self.scores.shape[0]
        for first in range(0, rows, BLOCK):
            yield first, self.scores.block(first, min(rows, first + BLOCK))

    def cost_of_loads(self, loads: Ints) -> int:
        """What the columns' loads cost together."""
        assert self.column_costs is not None
        places = np.arange(self.column_costs.shape[1])
        return int(self.column_costs[places[None, :] < loads[:, None]].sum())

    def shortage(self, row_loads: Ints, column_loads: Ints) -> int:
        """How many partners are missing below the lower limits."""
        return int(
            np.maximum(self.row_low - row_loads, 0).sum()
            + np.maximum(self.column_low - column_loads, 0).sum()
        )


@dataclass
class Solution:
    """Pairs chosen and what is proved of them.

    rows, columns: int64, the pairs in order. value: the sum of their scores less column costs. missing: partners below
    the lower limits; `missing_proved` tells that no choice misses fewer. bound: no choice that misses as few is worth
    more. column_prices: int64; what a further place of a column would bring, from the dual.
    """

    rows: Ints
    columns: Ints
    value: int
    bound: int
    missing: int
    missing_proved: bool
    column_prices: Ints
    rounds: int = 0
    edges: int = 0
    stopped: bool = False
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """(bound - value) as a share of the bound's size; 0 means proved best."""
        return 0.0 if self.bound <= self.value else (self.bound - self.value) / max(1, abs(self.bound))

    @property
    def proved(self) -> bool:
        return self.missing_proved and self.bound <= self.value
