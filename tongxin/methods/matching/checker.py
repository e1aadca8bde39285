"""Re-check a solution from the problem alone; shares no code with what found it."""

from __future__ import annotations

import numpy as np

from .problem import NEVER, Problem, Solution


def faults(problem: Problem, solution: Solution) -> list[str]:
    """Return what is wrong with a solution, in English words for tests; empty when it is what it says."""
    found = []
    pairs = list(zip(solution.rows.tolist(), solution.columns.tolist(), strict=True))
    if len(set(pairs)) < len(pairs):
        found.append("a pair twice")
    value, rows, columns = 0, {}, {}  # type: ignore[var-annotated]
    for row, column in pairs:
        score = int(problem.scores.block(row, row + 1)[0, column])
        if score <= NEVER:
            found.append(f"{row}-{column} may not be a pair")
        value += score
        rows[row] = rows.get(row, 0) + 1
        columns[column] = columns.get(column, 0) + 1
    missing = 0
    for name, loads, low, high in (
        ("row", rows, problem.row_low, problem.row_high),
        ("column", columns, problem.column_low, problem.column_high),
    ):
        for one, (least, most) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
            load = loads.get(one, 0)
            missing += max(0, least - load)
            if load > most:
                found.append(f"{name} {one} has {load} of at most {most}")
    costs = np.asarray(problem.column_costs)
    value -= sum(int(costs[column, place]) for column, load in columns.items() for place in range(load))
    if value != solution.value:
        found.append(f"worth {value}, not {solution.value}")
    if missing != solution.missing:
        found.append(f"{missing} missing, not {solution.missing}")
    if solution.bound < solution.value:
        found.append("the bound lies below the value")
    return found
