"""Solve a problem: candidates by guessed prices, an exact flow among them, a proof over all pairs, more candidates.

The proof: for any prices of the columns' places, no choice is worth more than what every row would take alone at these
prices plus what the places bring. Prices of the flow make that equal to the flow's value unless a pair that was no
candidate would be taken; such pairs become candidates and the flow is solved again.
"""

from __future__ import annotations

import time

import numpy as np

from .flow import Edges, best_choice, edges_of
from .prices import exact, guess
from .problem import LARGEST_SCORE, NEVER, Ints, Problem, Solution, Tick, TooLarge, go_on

CANDIDATES = 12
MOST_ROUNDS = 40
# How many new candidates a row may bring in a round.
FRESH = 4


def solve(
    problem: Problem,
    seconds: float = 60.0,
    tick: Tick = go_on,
    tolerance: float = 0.0,
    candidates: int = CANDIDATES,
) -> Solution:
    """Return the best choice found and the bound that proves it; equal input gives equal pairs.

    seconds: no new round begins after it. tolerance: the gap that is good enough; 0 asks for a full proof.
    candidates: columns looked at per row to begin with. Raises TooLarge when a score is.
    """
    until, spent = time.monotonic() + seconds, _Stopwatch()
    reach, keys, scores = _first_candidates(problem, candidates, spent)
    penalty = _penalty(problem, reach)
    best: Solution | None = None
    bound: int | None = None
    for round_ in range(1, MOST_ROUNDS + 1):
        edges = edges_of(problem, keys, scores)
        chosen = best_choice(problem, edges, penalty)
        spent.note("flow")
        prices, row_prices = exact(problem, edges, chosen, penalty)
        spent.note("prices")
        upper, more_keys, more_scores = _price_all(problem, prices, row_prices, penalty, keys)
        spent.note("proof")
        bound = upper if bound is None else min(bound, upper)
        best = _solution(problem, edges, chosen, prices, bound, penalty)
        best.rounds, best.edges, best.timings = round_, len(edges), spent.parts
        goes_on = tick(best.bound, best.value)
        if (best.missing_proved and best.gap <= tolerance) or not len(more_keys):
            break
        if not goes_on or time.monotonic() > until:
            best.stopped = True
            break
        keys, scores = _merged(keys, scores, more_keys, more_scores)
    assert best is not None
    return best


class _Stopwatch:
    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self._last = time.perf_counter()

    def note(self, name: str) -> None:
        now = time.perf_counter()
        self.parts[name] = self.parts.get(name, 0.0) + now - self._last
        self._last = now


def _penalty(problem: Problem, reach: int) -> int:
    """More than any rearrangement of scores can bring: coverage comes first."""
    costs = problem.column_costs
    assert costs is not None
    dearest = int(costs.max(initial=0))
    return 2 * (reach + dearest + 1) * (2 * min(problem.scores.shape) + 2)


def _first_candidates(problem: Problem, candidates: int, spent: _Stopwatch) -> tuple[int, Ints, Ints]:
    """(largest score, keys, scores) of the pairs that look best at guessed prices, and each row's best of all."""
    columns = problem.scores.shape[1]
    largest, least = 0, 0
    found_keys, found_scores = [], []
    take = min(columns, candidates + int(problem.row_high.max(initial=0)) - 1) if columns else 0
    spread = _spread(problem)
    prices = guess(problem, spread).astype(np.int32)
    spent.note("guess")
    for first, block in problem.blocks():
        allowed = block > NEVER
        if allowed.any():
            largest, least = (
                max(largest, int(block.max())),
                min(least, int(block.min(where=allowed, initial=0))),
            )
        if not take:
            continue
        priced = block - prices
        priced[~allowed] = 2 * NEVER
        if take < columns:
            places = np.argpartition(priced, columns - take, axis=1)[:, columns - take :]
        else:
            places = np.broadcast_to(np.arange(columns), block.shape)
        row = np.repeat(np.arange(len(block)), places.shape[1])
        column = places.ravel()
        kept = allowed[row, column] & (problem.row_high[first + row] > 0) & (problem.column_high[column] > 0)
        found_keys.append((first + row[kept]).astype(np.int64) * columns + column[kept])
        found_scores.append(block[row[kept], column[kept]])
    if max(largest, -least) > LARGEST_SCORE:
        raise TooLarge(f"scores must lie within {LARGEST_SCORE}")
    keys = np.concatenate(found_keys) if found_keys else np.zeros(0, np.int64)
    scores = np.concatenate(found_scores) if found_scores else np.zeros(0, np.int32)
    order = np.argsort(keys, kind="stable")
    spent.note("candidates")
    return max(largest, -least), keys[order], scores[order]


def _spread(problem: Problem) -> int:
    """How far scores differ within a block of rows."""
    for _, block in problem.blocks():
        allowed = block > NEVER
        if allowed.any():
            return int(block.max()) - int(block.min(where=allowed, initial=LARGEST_SCORE))
    return 0


def _price_all(
    problem: Problem, prices: Ints, row_prices: Ints, penalty: int, keys: Ints
) -> tuple[int, Ints, Ints]:
    """(bound on value less penalties, keys and scores of pairs that would be taken at these prices but are no candidates)."""
    columns = problem.scores.shape[1]
    small = max(np.abs(prices).max(initial=0), penalty) < 2**28
    kind = np.int32 if small else np.int64
    priced, total = prices.astype(kind), _places_bring(problem, prices, penalty)
    found_keys, found_scores = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
    for first, block in problem.blocks():
        last = first + len(block)
        left = block - priced
        if not small:
            left[block <= NEVER] = -(2**60)
        high, low = problem.row_high[first:last], problem.row_low[first:last]
        total += _rows_take(left, low, high, penalty)
        mine = keys[np.searchsorted(keys, first * columns) : np.searchsorted(keys, last * columns)]
        left.ravel()[mine - first * columns] = NEVER if small else -(2**60)
        row, column = _tempted(left, row_prices[first:last].clip(-(2**31) + 1, 2**31 - 1).astype(kind))
        kept = high[row] > 0
        row, column = row[kept], column[kept]
        found_keys.append((first + row) * columns + column)
        found_scores.append(block[row, column])
    return total, np.concatenate(found_keys), np.concatenate(found_scores)


def _places_bring(problem: Problem, prices: Ints, penalty: int) -> int:
    """What all columns' places are worth at these prices, each column free to fill as many as it likes."""
    costs = problem.column_costs
    assert costs is not None
    places = np.arange(costs.shape[1])
    marginal = costs - np.where(places[None, :] < problem.column_low[:, None], penalty, 0)
    gain = np.maximum(prices[:, None] - marginal, 0)
    gain[places[None, :] >= problem.column_high[:, None]] = 0
    return int(gain.sum()) - penalty * int(problem.column_low.sum())


def _rows_take(left: Ints, low: Ints, high: Ints, penalty: int) -> int:
    """What rows gain together when each takes the partners it likes best. left: scores less prices."""
    most = int(min(high.max(initial=0), left.shape[1]))
    if not most:
        return -penalty * int(low.sum())
    best = (
        left.max(1)[:, None] if most == 1 else -np.sort(-np.partition(left, -most, axis=1)[:, -most:], axis=1)
    )
    best = best.astype(np.int64)
    places = np.arange(most)
    gain = best + np.where(places[None, :] < low[:, None], penalty, 0)
    gain[places[None, :] >= high[:, None]] = 0
    return int(np.maximum(gain, 0).sum()) - penalty * int(low.sum())


def _tempted(left: Ints, thresholds: Ints) -> tuple[Ints, Ints]:
    """Rows and columns of pairs worth more than the rows' prices, at most FRESH per row."""
    columns = left.shape[1]
    if not columns:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    hungry = np.nonzero(left.max(1) > thresholds)[0]
    take = min(FRESH, columns)
    part = left[hungry]
    places = np.argpartition(part, columns - take, axis=1)[:, columns - take :]
    row, column = np.repeat(hungry, take), places.ravel()
    kept = left[row, column] > thresholds[row]
    return row[kept], column[kept]


def _merged(keys: Ints, scores: Ints, more_keys: Ints, more_scores: Ints) -> tuple[Ints, Ints]:
    both = np.concatenate([keys, more_keys])
    order = np.argsort(both, kind="stable")
    return both[order], np.concatenate([scores, more_scores])[order]


def _solution(
    problem: Problem, edges: Edges, chosen: Ints, prices: Ints, upper: int, penalty: int
) -> Solution:
    rows, columns = edges.rows[chosen], edges.columns[chosen]
    row_loads = np.bincount(rows, minlength=problem.scores.shape[0])
    column_loads = np.bincount(columns, minlength=problem.scores.shape[1])
    value = int(edges.scores[chosen].sum(dtype=np.int64)) - problem.cost_of_loads(column_loads)
    missing = problem.shortage(row_loads, column_loads)
    bound = upper + penalty * missing
    # A choice that misses fewer could be reached from this one by an exchange that costs less than half a penalty.
    proved = bound - value < penalty // 2
    return Solution(rows, columns, value, bound, missing, proved, prices)
