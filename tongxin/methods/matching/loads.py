"""Assignment where a pair takes more than one place: every row to one column, loads within the columns' capacity.

This is the generalised assignment problem. Prices of capacity from the linear relaxation leave few pairs that a choice
near the bound could hold; CP-SAT searches those first, then all. One worker, one seed: equal input, equal pairs.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from .problem import LARGEST_SCORE, NEVER, Ints, Tick, TooLarge, go_on

# How far below the relaxation the first, quick search looks and the second, in units of score; their shares of the time left.
NEAR, NEAR_ENOUGH = 8, 40
SHARE_OF_TIME, LARGER_SHARE = 0.3, 0.9


@dataclass
class Loaded:
    """columns: int64 per row, -1 for a row left over. bound as for Solution: at as many rows left over."""

    columns: Ints
    value: int
    bound: int
    missing: int
    missing_proved: bool
    stopped: bool = False

    @property
    def proved(self) -> bool:
        return self.missing_proved and self.bound <= self.value

    @property
    def gap(self) -> float:
        return 0.0 if self.bound <= self.value else (self.bound - self.value) / max(1, abs(self.bound))


def solve_loads(
    scores: Ints,
    loads: Ints,
    capacity: Ints,
    seconds: float = 10.0,
    tick: Tick = go_on,
    need_all: bool = True,
) -> Loaded:
    """Give every row one column, largest sum of scores.

    scores: int (rows, columns), NEVER where a pair may not be. loads: int, the same shape, >= 0, what a pair takes of
    its column's capacity. need_all: as few rows as possible are left over, whatever the scores; else a row may
    be left over at no cost. Raises TooLarge when a score is.
    """
    rows = len(scores)
    allowed = (scores > NEVER) & (loads <= capacity[None, :])
    reach = int(np.abs(scores[allowed]).max(initial=0))
    if reach > LARGEST_SCORE:
        raise TooLarge(f"scores must lie within {LARGEST_SCORE}")
    # A row that is left over costs more than all scores together.
    penalty = (2 * reach + 1) * (rows + 1) if need_all else 0
    until = time.monotonic() + seconds
    prices = _capacity_prices(scores, loads, capacity, allowed, penalty)
    reduced = scores - prices[None, :] * loads
    worth = np.maximum(np.where(allowed, reduced, -np.inf).max(1, initial=-np.inf), -penalty)
    ceiling = math.floor(worth.sum() + (prices * capacity).sum() + 1e-6)
    search = _Search(scores, loads, capacity, penalty, tick, ceiling)
    lost = worth[:, None] - reduced
    for near, share in ((NEAR, SHARE_OF_TIME), (NEAR_ENOUGH, LARGER_SHARE), (math.inf, 1.0)):
        # Whatever holds a pair that loses more than `near` at these prices is worth less than this.
        outside = None if near == math.inf else ceiling - near - 1
        seconds_left = (until - time.monotonic()) * share
        search.run(
            allowed & (lost <= near + 1e-6),
            worth + penalty <= near + 1e-6,
            outside,
            near == NEAR,
            seconds_left,
        )
        if search.best >= search.bound or search.stopped:
            break
    return search.result(reach)


def _capacity_prices(scores: Ints, loads: Ints, capacity: Ints, allowed: Ints, penalty: int) -> Ints:
    """What a unit of each column's capacity is worth in the linear relaxation, float >= 0."""
    from ortools.linear_solver import pywraplp

    solver = pywraplp.Solver.CreateSolver("GLOP")
    taken = [solver.Constraint(-solver.infinity(), int(most)) for most in capacity]
    for row, (own, load, may) in enumerate(zip(scores.tolist(), loads.tolist(), allowed, strict=True)):
        once = solver.Constraint(1, 1, str(row))
        left_over = solver.NumVar(0, solver.infinity(), "")
        once.SetCoefficient(left_over, 1)
        solver.Objective().SetCoefficient(left_over, -penalty)
        for column in np.nonzero(may)[0].tolist():
            pair = solver.NumVar(0, solver.infinity(), "")
            once.SetCoefficient(pair, 1)
            taken[column].SetCoefficient(pair, load[column])
            solver.Objective().SetCoefficient(pair, own[column])
    solver.Objective().SetMaximization()
    solver.Solve()
    return np.maximum([constraint.dual_value() for constraint in taken], 0.0)


class _Search:
    """CP-SAT runs on growing sets of pairs; keeps the best choice and the bound on value less penalties."""

    def __init__(
        self, scores: Ints, loads: Ints, capacity: Ints, penalty: int, tick: Tick, bound: int
    ) -> None:
        self.scores, self.loads, self.capacity, self.penalty, self.tick = (
            scores,
            loads,
            capacity,
            penalty,
            tick,
        )
        self.columns: Ints = np.full(len(scores), -1)
        self.best = -penalty * len(scores)
        self.bound, self.stopped = bound, False

    def run(self, allowed: Ints, may_leave: Ints, outside: int | None, above: bool, seconds: float) -> None:
        """Search among some pairs. outside: the most that choices with other pairs are worth; above: look for more only."""
        from ortools.sat.python import cp_model

        if seconds <= 0:
            self.stopped = True
            return
        model = cp_model.CpModel()
        cells = [tuple(cell) for cell in np.argwhere(allowed).tolist()]
        pair = {cell: model.new_bool_var("") for cell in cells}
        left = {row: model.new_bool_var("") for row in np.nonzero(may_leave)[0].tolist()}
        by_row: dict[int, list[Any]] = {row: [one] for row, one in left.items()}
        by_column: dict[int, list[Any]] = {}
        for (row, column), one in pair.items():
            by_row.setdefault(row, []).append(one)
            by_column.setdefault(column, []).append(int(self.loads[row, column]) * one)
        for row in range(len(self.scores)):
            model.add_exactly_one(by_row.get(row, []))
        for column, parts in by_column.items():
            model.add(sum(parts) <= int(self.capacity[column]))
        total = sum(int(self.scores[cell]) * one for cell, one in pair.items()) - self.penalty * sum(
            left.values()
        )
        if above and outside is not None:
            model.add(total > outside)
        model.maximize(total)
        for (row, column), one in pair.items():
            model.add_hint(one, int(self.columns[row]) == column)
        self._solve(cp_model, model, pair, outside, seconds)

    def _solve(self, cp_model, model, pair, outside: int | None, seconds: float) -> None:  # type: ignore[no-untyped-def]
        search = self

        class Told(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
            def on_solution_callback(self) -> None:
                bound = min(search.bound, math.floor(self.best_objective_bound + 1e-6))
                if not search.tick(bound, round(self.objective_value)):
                    search.stopped = True
                    self.stop_search()

        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.max_time_in_seconds = seconds
        status = solver.solve(model, Told())
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) and round(solver.objective_value) > self.best:
            self.best = round(solver.objective_value)
            self.columns = np.full(len(self.scores), -1)
            for (row, column), one in pair.items():
                if solver.boolean_value(one):
                    self.columns[row] = column
        if status == cp_model.INFEASIBLE:
            found = self.best
        elif status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            found = math.floor(solver.best_objective_bound + 1e-6)
        else:
            return
        self.bound = min(self.bound, max(found, self.best, self.best if outside is None else outside))

    def result(self, reach: int) -> Loaded:
        rows = np.arange(len(self.columns))
        kept = self.columns >= 0
        value, missing = int(self.scores[rows[kept], self.columns[kept]].sum()), int((~kept).sum())
        bound = max(value, self.bound + self.penalty * missing)
        few = not self.penalty or bound <= reach * len(rows)
        return Loaded(self.columns, value, bound, missing, few, self.stopped or bound > value)
