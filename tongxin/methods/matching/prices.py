"""Prices of the columns' places: guessed to choose candidates, then exact ones as the proof."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .flow import Edges
from .problem import BLOCK, NEVER, Ints, Problem

SAMPLE = 1_000
STEPS = 20


def guess(problem: Problem, reach: int) -> Ints:
    """Column prices at which about as many rows want each column as it has places; from a sample of rows, int64.

    reach: the scores' spread. Every row chooses softly among columns, prices rise where too many choose one.
    """
    columns = problem.scores.shape[1]
    wanted = np.nonzero(problem.row_high)[0]
    sample = wanted[:: max(1, len(wanted) // max(SAMPLE, 2 * columns))]
    prices = np.zeros(columns, np.float32)
    if not len(sample) or reach <= 0:
        return prices.astype(np.int64)
    scores = _rows_of(problem, sample).astype(np.float32)
    share = len(sample) / len(wanted)
    high = np.maximum(problem.column_high * share, 1e-3).astype(np.float32)
    low = np.maximum(problem.column_low * share, 1e-3).astype(np.float32)
    weight = problem.row_high[sample].astype(np.float32)[:, None]
    scores[scores <= NEVER] = -np.inf
    top = scores.max(1, keepdims=True)
    lost = ~np.isfinite(top[:, 0])
    scores[lost], top[lost] = 0, 0
    scores -= top
    warmth = np.geomspace(reach / 8, reach / 100, STEPS).astype(np.float32)
    for heat in warmth:
        chosen = (scores - prices) / heat
        chosen -= chosen.max(1, keepdims=True)
        np.exp(chosen, out=chosen)
        chosen *= weight / chosen.sum(1, keepdims=True)
        load = chosen.sum(0) + 1e-6
        raised = prices + heat * np.log(load / high)
        lowered = prices + heat * np.log(load / low)
        prices = np.clip(np.float32(0), raised, lowered)
    return np.rint(prices).astype(np.int64)


def _rows_of(problem: Problem, rows: Ints) -> Ints:
    """Scores of some rows, in order."""
    parts = []
    for first in range(0, problem.scores.shape[0], BLOCK):
        mine = rows[np.searchsorted(rows, first) : np.searchsorted(rows, first + BLOCK)]
        if len(mine):
            parts.append(problem.scores.block(int(mine[0]), int(mine[-1]) + 1)[mine - mine[0]])
    return np.concatenate(parts)


@dataclass
class Limits:
    """Within what a price may lie at the loads chosen, int64: low <= price <= high."""

    low: Ints
    high: Ints


def exact(problem: Problem, edges: Edges, chosen: Ints, penalty: int) -> tuple[Ints, Ints]:
    """Prices of columns and of rows (int64) at which the chosen pairs are the best among the candidates.

    Of all such column prices the middle between the highest and the lowest: they satisfy the same differences, and
    pairs that are no candidates look least attractive there. Of the row prices that go with them the highest.
    """
    rows, columns = problem.scores.shape
    row_loads = np.bincount(edges.rows[chosen], minlength=rows)
    column_loads = np.bincount(edges.columns[chosen], minlength=columns)
    far = 4 * penalty
    column = _column_limits(problem, column_loads, penalty, far)
    row = _row_limits(problem, row_loads, penalty, far)
    taken = Edges(edges.rows[chosen], edges.columns[chosen], edges.scores[chosen].astype(np.int64))
    left = ~chosen
    open_ = Edges(edges.rows[left], edges.columns[left], edges.scores[left].astype(np.int64))
    price = (_highest(open_, taken, column, row) + _lowest(open_, taken, column, row)) // 2
    row_price, by_row = row.high.copy(), _Groups(taken.rows)
    row_price[by_row.ids] = np.minimum(
        row_price[by_row.ids], by_row.least(taken.scores - price[taken.columns])
    )
    return price, row_price


def _column_limits(problem: Problem, loads: Ints, penalty: int, far: int) -> Limits:
    costs = problem.column_costs
    assert costs is not None
    places, every = np.arange(costs.shape[1]), np.arange(len(loads))
    marginal = costs - np.where(places[None, :] < problem.column_low[:, None], penalty, 0)
    if not costs.shape[1]:
        return Limits(np.full(len(loads), -far), np.full(len(loads), far))
    low = np.where(loads > 0, marginal[every, np.maximum(loads - 1, 0)], -far)
    high = np.where(loads < problem.column_high, marginal[every, np.minimum(loads, costs.shape[1] - 1)], far)
    return Limits(low, high)


def _row_limits(problem: Problem, loads: Ints, penalty: int, far: int) -> Limits:
    low = np.where(loads > 0, np.where(loads <= problem.row_low, -penalty, 0), -far)
    high = np.where(loads < problem.row_high, np.where(loads < problem.row_low, -penalty, 0), far)
    return Limits(low, high)


class _Groups:
    """Least or largest value of a group of edges, groups given by a key per edge."""

    def __init__(self, keys: Ints) -> None:
        self.order = np.argsort(keys, kind="stable")
        ordered = keys[self.order]
        self.starts = np.nonzero(np.diff(ordered, prepend=-1))[0]
        self.ids = ordered[self.starts]

    def least(self, values: Ints) -> Ints:
        return np.minimum.reduceat(values[self.order], self.starts) if len(self.ids) else values[:0]

    def largest(self, values: Ints) -> Ints:
        return np.maximum.reduceat(values[self.order], self.starts) if len(self.ids) else values[:0]


def _highest(open_: Edges, taken: Edges, column: Limits, row: Limits) -> Ints:
    """The largest column prices: shortest paths, relaxed side by side until nothing changes."""
    by_row, by_column = _Groups(open_.rows), _Groups(taken.columns)
    price, row_price = column.high.copy(), row.low.copy()
    for _ in range(2 * len(price) + 2):
        # A pair not chosen must not be worth more than both prices; a chosen one must be worth both.
        row_price[by_row.ids] = np.maximum(
            row_price[by_row.ids], by_row.largest(open_.scores - price[open_.columns])
        )
        fresh = column.high.copy()
        fresh[by_column.ids] = np.minimum(
            fresh[by_column.ids], by_column.least(taken.scores - row_price[taken.rows])
        )
        if np.array_equal(fresh, price):
            break
        price = np.minimum(price, fresh)
    return price


def _lowest(open_: Edges, taken: Edges, column: Limits, row: Limits) -> Ints:
    """The smallest column prices."""
    by_column, by_row = _Groups(open_.columns), _Groups(taken.rows)
    price, row_price = column.low.copy(), row.high.copy()
    for _ in range(2 * len(price) + 2):
        row_price[by_row.ids] = np.minimum(
            row_price[by_row.ids], by_row.least(taken.scores - price[taken.columns])
        )
        fresh = column.low.copy()
        fresh[by_column.ids] = np.maximum(
            fresh[by_column.ids], by_column.largest(open_.scores - row_price[open_.rows])
        )
        if np.array_equal(fresh, price):
            break
        price = np.maximum(price, fresh)
    return price
