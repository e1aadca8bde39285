"""Form teams seat by seat, then move one seat's people at a time as well as can be, until nothing gains.

With all other seats fixed, who sits best on one seat is an assignment problem and is solved exactly; what a team has
together, however it counts, is known for each candidate. Shaken teams are settled again to leave poor ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tongxin.methods.matching.problem import Ints

from .problem import TeamProblem

# Work of the shaking, in cubes of the number of teams; at least, at most so many times.
SHAKES_WORK, FEWEST_SHAKES, MOST_SHAKES = 6 * 10**8, 5, 500


def gains(problem: TeamProblem, teams: Ints, seat: int, filled: Sequence[int]) -> Ints:
    """What each person of a seat (columns) brings to each team (rows) whose other seats are `filled`, int64."""
    total = np.zeros((len(teams), len(problem.places[seat])), np.int64)
    for other in filled:
        total += problem.pair(other, seat)[teams[:, other]]
    if problem.fields:
        together = np.zeros(len(teams), np.uint64)
        for other in filled:
            together |= problem.masks[other][teams[:, other]]
        total += problem.covered(together[:, None] | problem.masks[seat][None, :])
    return total


def _reseat(problem: TeamProblem, teams: Ints, seat: int, filled: Sequence[int]) -> Ints:
    """Who sits on a seat when the filled ones stay: people by team."""
    free = problem.places[seat].copy()
    for other in filled:
        if problem.pools[other] == problem.pools[seat]:
            np.subtract.at(free, teams[:, other], 1)
    people = np.repeat(np.arange(len(free)), np.maximum(free, 0))
    brings = gains(problem, teams, seat, filled)[:, people]
    from scipy.optimize import linear_sum_assignment

    _, chosen = linear_sum_assignment(brings, maximize=True)
    return people[chosen]


def seat_by_seat(problem: TeamProblem, order: Sequence[int]) -> Ints:
    """Teams from nothing: the first seat's people in order, every other seat added as well as can be."""
    teams = np.zeros((problem.teams, problem.seats), np.int64)
    first = order[0]
    teams[:, first] = np.repeat(np.arange(len(problem.places[first])), problem.places[first])[: problem.teams]
    for at, seat in enumerate(order[1:], start=1):
        teams[:, seat] = _reseat(problem, teams, seat, order[:at])
    return teams


def settle(
    problem: TeamProblem, teams: Ints, may_go_on: Callable[[], bool] = lambda: True
) -> tuple[Ints, int]:
    """Re-seat seat after seat until no seat gains. Returns teams and their value, never less than before."""
    teams, best, idle, seat = teams.copy(), int(problem.values(teams).sum()), 0, 0
    while idle < problem.seats and may_go_on():
        others = [other for other in range(problem.seats) if other != seat]
        tried = teams.copy()
        tried[:, seat] = _reseat(problem, teams, seat, others)
        value = int(problem.values(tried).sum())
        if value > best:
            teams, best, idle = tried, value, 0
        idle += 1
        seat = (seat + 1) % problem.seats
    return teams, best


def shakes(teams: int) -> int:
    """How many times teams are shaken: many when there are few."""
    return int(np.clip(SHAKES_WORK // max(1, teams) ** 3, FEWEST_SHAKES, MOST_SHAKES))


def shake(
    problem: TeamProblem,
    teams: Ints,
    in_time: Callable[[], bool],
    seed: int = 3,
    may_go_on: Callable[[int], bool] = lambda best: True,
) -> tuple[Ints, int]:
    """Rotate a seat among some teams, settle, keep what is no worse; the same seed gives the same teams."""
    random = np.random.default_rng(seed)
    best = int(problem.values(teams).sum())
    number = len(teams)
    if number < 3:
        return teams, best
    for _ in range(shakes(number)):
        if not in_time() or not may_go_on(best):
            break
        some = random.choice(
            number, size=min(number, int(random.integers(3, max(4, number // 6)))), replace=False
        )
        seat = int(random.integers(problem.seats))
        tried = teams.copy()
        tried[some, seat] = teams[np.roll(some, 1), seat]
        tried, value = settle(problem, tried, in_time)
        if value >= best:
            teams, best = tried, value
    return teams, best
