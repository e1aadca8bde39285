"""A search in plain Python: take some families out, put them back better. It needs no library.

It is the whole solver of small plans with joint visits, which neither VROOM nor PyVRP knows, and the one that is left
where those libraries are not installed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from .draft import Draft
from .layout import Layout

BLINK = 0.02
# Rounds without a better plan after which a small one counts as settled.
QUIET = 1500
Going = Callable[[], bool]


def first_draft(layout: Layout, draft: Draft | None = None, going: Going = lambda: True) -> Draft:
    """Put every family in where it adds least, those with the fewest choices first."""
    draft = draft or Draft(layout)
    for family in sorted(in_need(draft), key=lambda family: _need(layout, family)):
        if not going():
            break
        draft.insert(family)
    return draft


def improve(
    draft: Draft, going: Going, *, seed: int = 0, rounds: int = 100_000, patience: int = QUIET
) -> Draft:
    """Return the best draft found until `going()` says no, after `rounds`, or after `patience` rounds without a better one.

    The same seed and rounds give the same draft.
    """
    chance = random.Random(seed)
    layout = draft.layout
    current, best = draft, draft
    current_cost = best_cost = draft.cost()
    families = len(layout.problem.families)
    if families < 1:
        return best
    heat = 0.02 * max(1, current_cost[2]) / max(1, families)
    found = 0
    for turn in range(rounds):
        if not going() or turn - found > patience:
            break
        trial = current.copy()
        for family in _taken_out(trial, chance):
            trial.remove(family)
        for family in _order(trial, chance):
            if chance.random() >= BLINK:
                trial.insert(family)
        cost = trial.cost()
        if cost[:2] < current_cost[:2] or (
            cost[:2] == current_cost[:2]
            and cost[2] < current_cost[2] - heat * math.log(max(chance.random(), 1e-12))
        ):
            current, current_cost = trial, cost
            if cost < best_cost:
                best, best_cost, found = trial, cost, turn
        if turn % 400 == 399:
            current, current_cost = best, best_cost
    return best


def _taken_out(draft: Draft, chance: random.Random) -> list[int]:
    """A family by chance and some near it, or a whole trip; none that is agreed."""
    layout = draft.layout
    free = [
        number
        for number, units in enumerate(layout.family_units)
        if units[0] in draft.where and not any(unit in layout.pins for unit in units)
    ]
    if not free:
        return []
    if draft.routes and chance.random() < 0.25:
        shift = chance.choice(sorted(draft.routes))
        mine = {layout.units[unit].family for unit in draft.routes[shift]}
        return sorted(mine.intersection(free))
    seed = chance.choice(free)
    many = chance.randint(1, max(1, min(12, len(free) // 2)))
    place = layout.problem.families[seed].place
    far = layout.travel[place]
    near = sorted(
        free, key=lambda family: far[layout.problem.families[family].place] * (0.6 + chance.random())
    )
    return [seed, *[family for family in near if family != seed][: many - 1]]


def _order(draft: Draft, chance: random.Random) -> list[int]:
    layout, missing = draft.layout, in_need(draft)
    chance.shuffle(missing)
    way = chance.randrange(3)
    if way == 0:
        missing.sort(key=lambda family: _need(layout, family))
    elif way == 1:
        missing.sort(key=lambda family: -layout.travel[0][layout.problem.families[family].place])
    missing.sort(key=lambda family: -layout.problem.families[family].priority)
    return missing


def in_need(draft: Draft) -> list[int]:
    """Families that no trip visits yet."""
    return [number for number, units in enumerate(draft.layout.family_units) if units[0] not in draft.where]


def _need(layout: Layout, family: int) -> tuple[int, int, int, int]:
    """Agreed ones, high priority, several parts and little choice come first."""
    units = layout.family_units[family]
    choice = sum(layout.freedom[unit] for unit in units)
    return (
        -sum(unit in layout.pins for unit in units),
        -layout.problem.families[family].priority,
        -len(units),
        choice,
    )
