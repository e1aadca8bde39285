"""Why somebody is left over: the people who compete for the same places (Hall's witness) and what would free one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .problem import NEVER, Ints, Problem, Solution


@dataclass(frozen=True)
class Witness:
    """The rows in `rows` can only go to `columns`, whose places are all taken by rows among them.

    rows, columns: indices in order; columns is empty when the row may go to nobody. places: what the columns hold
    together; wanted: how many the rows need at least. One more place in any of the columns places one more row.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    places: int
    wanted: int


def witness_of_row(problem: Problem, solution: Solution, row: int) -> Witness:
    """Search along exchanges from a row that is left over."""
    partners: dict[int, list[int]] = {}
    for one, column in zip(solution.rows.tolist(), solution.columns.tolist(), strict=True):
        partners.setdefault(column, []).append(one)
    rows, columns, open_ = {row}, set(), [row]
    while open_:
        at = open_.pop()
        allowed = np.nonzero(problem.scores.block(at, at + 1)[0] > NEVER)[0]
        for column in allowed.tolist():
            if column in columns or not problem.column_high[column]:
                continue
            columns.add(column)
            for other in partners.get(column, ()):
                if other not in rows:
                    rows.add(other)
                    open_.append(other)
    held = sorted(columns)
    return Witness(
        tuple(sorted(rows)),
        tuple(held),
        int(problem.column_high[held].sum()),
        int(problem.row_low[sorted(rows)].sum()),
    )


def missing_rows(problem: Problem, solution: Solution) -> Ints:
    """Rows below their lower limit."""
    loads = np.bincount(solution.rows, minlength=problem.scores.shape[0])
    return np.nonzero(loads < problem.row_low)[0]


def missing_columns(problem: Problem, solution: Solution) -> Ints:
    """Columns below their lower limit."""
    loads = np.bincount(solution.columns, minlength=problem.scores.shape[1])
    return np.nonzero(loads < problem.column_low)[0]
