"""The best choice among a set of candidate pairs: a minimum-cost flow with exact integer costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .problem import Ints, Problem


@dataclass
class Edges:
    """Candidate pairs in order of row, then column, each once."""

    rows: Ints
    columns: Ints
    scores: Ints

    def __len__(self) -> int:
        return len(self.rows)


def edges_of(problem: Problem, keys: Ints, scores: Ints) -> Edges:
    """keys: row * columns + column, unique and sorted; scores of the same pairs."""
    rows, columns = np.divmod(keys, problem.scores.shape[1])
    return Edges(rows, columns, scores)


class Infeasible(Exception):
    """The flow cannot be computed; only numbers out of range bring this."""


def best_choice(problem: Problem, edges: Edges, penalty: int) -> Ints:
    """Return which edges are chosen (bool). penalty: price of a partner missing below a lower limit.

    A row sends its `row_high` units to columns or past them; the units that its lower limit asks for pay the penalty
    when they go past. A column's first `column_low` units earn the penalty.
    """
    from ortools.graph.python import min_cost_flow

    rows, columns = problem.scores.shape
    costs = problem.column_costs
    assert costs is not None
    sink = rows + columns
    row_ids, column_ids = np.arange(rows), rows + np.arange(columns)
    # Units of a column with a price of their own; those of equal price share an arc.
    places = np.arange(costs.shape[1])
    priced = (places[None, :] >= problem.column_low[:, None]) & (
        places[None, :] < problem.column_high[:, None]
    )
    dear = priced & (costs > 0)
    dear_column, dear_place = np.nonzero(dear)
    low_costs = np.where(places[None, :] < problem.column_low[:, None], costs, 0)
    low_column, low_place = np.nonzero(low_costs > 0)
    free_high = (priced & ~dear).sum(1)
    # A lower limit beyond the number of rows asks for units that no row can send.
    free_low = np.minimum(problem.column_low, problem.column_high) - (low_costs > 0).sum(1)
    parts = [
        (edges.rows, rows + edges.columns, np.ones(len(edges), np.int64), -edges.scores.astype(np.int64)),
        (row_ids, np.full(rows, sink), problem.row_high - problem.row_low, np.zeros(rows, np.int64)),
        (row_ids, np.full(rows, sink), problem.row_low, np.full(rows, penalty)),
        (column_ids, np.full(columns, sink), free_low, np.full(columns, -penalty)),
        (column_ids, np.full(columns, sink), free_high, np.zeros(columns, np.int64)),
        (rows + low_column, np.full(len(low_column), sink), np.ones(len(low_column), np.int64),
         low_costs[low_column, low_place] - penalty),
        (rows + dear_column, np.full(len(dear_column), sink), np.ones(len(dear_column), np.int64),
         costs[dear_column, dear_place]),
    ]  # fmt: skip
    tails, heads, capacities, prices = (np.concatenate(column) for column in zip(*parts, strict=True))
    # An arc without capacity spoils the solver's own check of its result.
    real = capacities > 0
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(
        tails[real].astype(np.int32),
        heads[real].astype(np.int32),
        capacities[real].astype(np.int64),
        prices[real].astype(np.int64),
    )
    supplies = np.concatenate([problem.row_high, np.zeros(columns, np.int64), [-problem.row_high.sum()]])
    flow.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supplies)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise Infeasible(str(status))
    return np.asarray(flow.flows(np.arange(len(edges), dtype=np.int64))) > 0
