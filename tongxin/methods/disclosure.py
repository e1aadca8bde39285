"""Which counts of a table to hide, so that nobody can be told from those that stay.

A table is a set of counts with equations among them (rows and columns that add up to a total that is shown or is itself
a count). Counts below the limit are hidden; then others, until no hidden one follows from what is left: every equation
has no hidden count or at least two that together reach the limit, and the equations of the hidden counts alone leave
each of them open. No count of nobody is hidden for another's sake, so each hidden one could be one more or one less.
(Cox 1980 for complementary suppression; the rank test is the attack of somebody who solves all equations at once.)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Cell = Hashable


@dataclass(frozen=True)
class Equation:
    """parts add up to a whole: a cell of the table, or (None) a number that the reader knows anyway."""

    parts: tuple[Cell, ...]
    whole: Cell | None = None

    @property
    def cells(self) -> tuple[Cell, ...]:
        return self.parts if self.whole is None else (*self.parts, self.whole)


def hidden(
    counts: Mapping[Any, int], equations: Sequence[Equation], least: int, already: Iterable[Cell] = ()
) -> set[Cell]:
    """Return the cells to hide. least: the smallest count shown; already: cells that are hidden for other reasons."""
    found = {cell for cell, count in counts.items() if 0 < count < least} | set(already)
    while True:
        while _close(counts, equations, found, least):
            pass
        more = _solved(counts, equations, found)
        if more is None:
            return found
        found.add(more)


def _close(counts: Mapping[Any, int], equations: Sequence[Equation], found: set[Cell], least: int) -> bool:
    """Hide more where an equation by itself gives a hidden count, or few in sum, away; say whether any was."""
    before = len(found)
    for equation in equations:
        while _gives_away(counts, equation, found, least):
            more = _cheapest(counts, equation, found)
            if more is None:
                break
            found.add(more)
    return len(found) > before


def _gives_away(counts: Mapping[Any, int], equation: Equation, found: set[Cell], least: int) -> bool:
    unknown = [cell for cell in equation.cells if cell in found]
    if not unknown:
        return False
    told = equation.whole is None or equation.whole not in found
    return len(unknown) == 1 or (told and sum(counts[cell] for cell in unknown) < least)


def _cheapest(counts: Mapping[Any, int], equation: Equation, found: set[Cell]) -> Cell | None:
    """Return the smallest shown count of an equation that is not nobody; the whole only when no part is left."""
    parts = [cell for cell in equation.parts if cell not in found and counts[cell] > 0]
    if parts:
        return min(parts, key=lambda cell: counts[cell])
    whole = equation.whole
    return whole if whole is not None and whole not in found and counts[whole] > 0 else None


def _solved(counts: Mapping[Any, int], equations: Sequence[Equation], found: set[Cell]) -> Cell | None:
    """Return one more cell to hide while all equations together still give a hidden one away."""
    unknown = sorted((cell for cell in found if counts[cell] > 0), key=str)
    if not unknown:
        return None
    place = {cell: at for at, cell in enumerate(unknown)}
    rows = []
    for equation in equations:
        row = np.zeros(len(unknown))
        for cell in equation.parts:
            if cell in place:
                row[place[cell]] += 1
        if equation.whole in place:
            row[place[equation.whole]] -= 1
        if row.any():
            rows.append(row)
    if not rows:
        return None
    known = np.array(rows)
    # How far each count lies in the span of the equations: 1 = it follows from them (the "leverage" of regression).
    sizes, turned = np.linalg.eigh(known @ known.T)
    kept = sizes > 1e-9 * max(sizes[-1], 1.0)
    inside = ((turned[:, kept] / np.sqrt(sizes[kept])).T @ known) ** 2
    free = inside.sum(axis=0) < 1 - 1e-7
    for cell in (cell for cell, is_free in zip(unknown, free, strict=True) if not is_free):
        # Its own equations first; where they have nobody left to hide, any that is linked with it.
        own = [equation for equation in equations if cell in equation.cells]
        linked = [equation for equation in equations if any(each in place for each in equation.cells)]
        for equation in (*own, *linked):
            more = _cheapest(counts, equation, found)
            if more is not None:
                return more
    return None
