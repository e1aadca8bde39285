"""The best teams found and the bound that says how much better any could be."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from tongxin.methods.matching.problem import Ints, Tick, go_on

from .bound import upper_bound
from .exact import best_teams, choices
from .forming import seat_by_seat, settle, shake
from .problem import TeamProblem

# The bound is looked for until the gap is this small; shaking goes on to the next.
BOUND_ENOUGH, GOOD_ENOUGH = 0.002, 0.0005
SHARE_FOR_BOUND = 0.6
Clock = Callable[[], float]
MOST_STARTS = 3


@dataclass
class Teams:
    """teams: int64 (teams, seats), people by seat. value: of all teams; bound: no teams are worth more."""

    teams: Ints
    value: int
    bound: int
    stopped: bool = False

    @property
    def gap(self) -> float:
        return 0.0 if self.bound <= self.value else (self.bound - self.value) / max(1, abs(self.bound))


def form_teams(
    problem: TeamProblem,
    seconds: float = 10.0,
    tick: Tick = go_on,
    seed: int = 3,
    clock: Clock = time.monotonic,
) -> Teams:
    """Equal input gives equal teams unless the time runs out. tick(bound, best) stops the search by returning False.

    clock: what the seconds are counted by; time.process_time on a machine that others use too.
    """
    began = clock()
    until = began + seconds
    asked = _Asked(tick)
    best, value = np.zeros((0, problem.seats), np.int64), 0
    orders = sorted(permutations(range(problem.seats)), key=lambda order: order[0])[
        :: 2 if problem.seats > 2 else 1
    ]
    for number, order in enumerate(orders[:MOST_STARTS]):
        teams, worth = settle(problem, seat_by_seat(problem, order), lambda: clock() < until)
        if number == 0 or worth > value:
            best, value = teams, worth
        # More beginnings only while they are cheap.
        if not asked.go_on(None, value) or clock() - began > 0.03 * seconds:
            break
    bound = upper_bound(
        problem,
        best,
        lambda: clock() < began + SHARE_FOR_BOUND * seconds,
        int(value * (1 + BOUND_ENOUGH)),
        lambda bound: asked.go_on(bound, value),
    )
    bound = max(bound, value)
    every = choices(problem) if bound > value and not asked.stopped else None
    if every is not None and len(every):
        found, limit = best_teams(problem, every, best, began + seconds - clock())
        bound = min(bound, max(limit, value))
        if found is not None and int(problem.values(found).sum()) > value:
            best, value = found, int(problem.values(found).sum())
        bound = max(bound, value)
        asked.go_on(bound, value)
    if not asked.stopped:
        best, value = shake(
            problem,
            best,
            lambda: clock() < until,
            seed,
            lambda found: found < bound - GOOD_ENOUGH * abs(bound) and asked.go_on(bound, found),
        )
    return Teams(best[np.lexsort(best.T[::-1])], value, max(bound, value), asked.stopped or clock() > until)


class _Asked:
    """Remembers that somebody said stop."""

    def __init__(self, tick: Tick) -> None:
        self.tick, self.stopped = tick, False

    def go_on(self, bound: int | None, best: int | None) -> bool:
        if not self.stopped and not self.tick(bound, best):
            self.stopped = True
        return not self.stopped
