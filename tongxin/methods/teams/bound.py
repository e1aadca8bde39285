"""No teams can be worth more than this: a bound from prices of people.

For any prices, teams together are worth no more than the prices of all people plus, for every leader, the best team at
these prices. Prices are made better by a soft choice among a pool of promising teams, as hot metal cools; after
every cooling all teams there are (leaders × seconds × thirds) are looked at, which gives the bound and new ones for the
pool. Two seats are an assignment and exact. Of four seats and more only each two are bounded, which is valid and wide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tongxin.methods.matching.problem import DenseScores, Ints, Problem
from tongxin.methods.matching.solve import solve

from .forming import gains
from .problem import BROKEN, TeamProblem

Floats = np.ndarray
# (heat, steps, window): heat and window in shares of what a team may be worth.
COOLING = (
    (0.04, 0, 0.125),
    (0.015, 25, 0.09),
    (0.01, 25, 0.065),
    (0.005, 30, 0.05),
    (0.003, 30, 0.04),
    (0.0018, 40, 0.03),
    (0.0012, 60, 0.03),
    (0.0008, 80, 0.025),
)
# How many teams of a leader are held while prices are made better.
MOST_HELD = 150
# Float32 holds whole numbers exactly to here.
EXACT = 2**22


def upper_bound(
    problem: TeamProblem,
    teams: Ints,
    in_time: Callable[[], bool],
    good_enough: int = 0,
    tell: Callable[[int], bool] = lambda bound: True,
) -> int:
    """A bound on the value of any teams, int. teams: good ones to begin with. good_enough: no lower bound is needed.

    tell is given every bound and stops the search by returning False.
    """
    if problem.teams == 0:
        return 0
    if problem.seats == 2:
        table = gains(
            problem, np.repeat(np.arange(len(problem.places[0])), problem.places[0])[:, None], 1, [0]
        )
        people = np.repeat(np.arange(len(problem.places[1])), problem.places[1])
        rows, columns = assigned(table[:, people])
        return int(np.sort(table[:, people][rows, columns])[::-1][: problem.teams].sum())
    wide = _wide(problem)
    if problem.seats != 3 or len(set(problem.pools)) == 1:
        return wide
    return min(wide, _by_prices(problem, teams, in_time, good_enough, tell))


def assigned(table: Ints) -> tuple[Ints, Ints]:
    """The rows and columns that are worth most together."""
    # Read in when it is first needed: every start of the program would wait for it.
    from scipy.optimize import linear_sum_assignment

    return linear_sum_assignment(table, maximize=True)


def _wide(problem: TeamProblem) -> int:
    """Each two seats as well as they can be, and everything anybody has covered in every team."""
    total = sum(_of_two(problem, one, other) for one, other in combinations(range(problem.seats), 2))
    if problem.fields:
        all_bits = np.uint64(0)
        for masks in problem.masks:
            all_bits |= np.bitwise_or.reduce(masks, initial=np.uint64(0))
        total += problem.teams * int(problem.covered(np.array([all_bits]))[0])
    return total


def _of_two(problem: TeamProblem, one: int, other: int) -> int:
    """No more than this comes of two seats: an assignment where everybody sits, else everyone's best of the other seat."""
    places = problem.places[one], problem.places[other]
    rows, columns = (np.repeat(np.arange(len(side)), side) for side in places)
    full = problem.pair(one, other)[np.ix_(rows, columns)].astype(np.int64)
    if len(rows) == len(columns) == problem.teams:
        return int(full[assigned(full)].sum())
    best = (np.sort(full.max(axis))[::-1][: problem.teams].sum() for axis in (0, 1))
    return int(min(best))


@dataclass
class _Seats:
    """Three seats seen from the leader's; second and third may share one pool of people."""

    problem: TeamProblem
    lead: int
    second: int
    third: int

    @property
    def shared(self) -> bool:
        return self.problem.pools[self.second] == self.problem.pools[self.third]

    def sizes(self) -> tuple[int, int, int]:
        return tuple(len(self.problem.places[seat]) for seat in (self.lead, self.second, self.third))  # type: ignore[return-value]


def _by_prices(
    problem: TeamProblem,
    teams: Ints,
    in_time: Callable[[], bool],
    good_enough: int,
    tell: Callable[[int], bool],
) -> int:
    alone = [seat for seat in range(3) if problem.pools.count(problem.pools[seat]) == 1]
    lead = min(alone, key=lambda seat: (int(problem.places[seat].sum()), seat))
    second, third = (seat for seat in range(3) if seat != lead)
    seats = _Seats(problem, lead, second, third)
    prices = [_clipped(seats, seat, _first_prices(problem, teams, seat)) for seat in (second, third)]
    if seats.shared:
        prices = [np.maximum(*prices)] * 2
    look = _Look(seats)
    pool, best = _keys(seats, teams), None
    for heat, steps, window in COOLING:
        if steps:
            pool, prices = _cooled(seats, pool, prices, heat * problem.scale, steps)
        bound, fresh = look.at(prices, window * problem.scale)
        best = bound if best is None else min(best, bound)
        if best <= good_enough or not tell(best) or not in_time():
            break
        pool = np.unique(np.concatenate([pool, fresh]))
    assert best is not None
    return best


def _first_prices(problem: TeamProblem, teams: Ints, seat: int) -> Floats:
    """What a seat's people are worth while all others stay: dual prices of re-seating them."""
    others = [other for other in range(problem.seats) if other != seat]
    table = np.maximum(gains(problem, teams, seat, others), BROKEN // 200)
    ones = np.ones(len(teams), np.int64)
    # Prices tell apart people; pairs that may not be do not matter for that.
    table = np.clip(table, -(10**7), 10**7).astype(np.int32)
    found = solve(
        Problem(DenseScores(table), ones, ones, np.zeros(table.shape[1], np.int64), problem.places[seat])
    )
    return found.column_prices.astype(np.float64)


def _keys(seats: _Seats, teams: Ints) -> Ints:
    _, seconds, thirds = seats.sizes()
    return np.unique(
        (teams[:, seats.lead] * seconds + teams[:, seats.second]) * thirds + teams[:, seats.third]
    )


class _Look:
    """All teams there are, leader by leader."""

    def __init__(self, seats: _Seats) -> None:
        problem, self.seats = seats.problem, seats
        ab, ac = problem.pair(seats.lead, seats.second), problem.pair(seats.lead, seats.third)
        bc = problem.pair(seats.second, seats.third)
        most = sum(int(np.abs(table[table > BROKEN]).max(initial=0)) for table in (ab, ac, bc))
        self.kind = np.float32 if most < EXACT else np.float64
        floor = max(BROKEN, -4 * EXACT) if self.kind == np.float32 else BROKEN
        self.ab, self.ac, self.bc = (np.maximum(table, floor).astype(self.kind) for table in (ab, ac, bc))
        self.error = 8 * (most + 1) * float(np.finfo(self.kind).eps)
        self.unions: Ints | None = None
        if problem.fields:
            together = problem.masks[seats.second][:, None] | problem.masks[seats.third][None, :]
            self.unions, places = np.unique(together, return_inverse=True)
            self.places = places.reshape(together.shape).astype(np.int32)

    def at(self, prices: list[Floats], window: float) -> tuple[int, Ints]:
        """(bound at these prices, keys of teams within `window` of their leader's best)."""
        seats, problem = self.seats, self.seats.problem
        leaders, seconds, thirds = seats.sizes()
        rest = (self.bc - prices[0][:, None] - prices[1][None, :]).astype(self.kind)
        table, covers_at = np.empty_like(rest), np.empty_like(rest)
        best, fresh = np.full(leaders, -np.inf), [np.zeros(0, np.int64)]
        for leader in np.nonzero(problem.places[seats.lead])[0].tolist():
            np.add(rest, self.ab[leader][:, None], out=table)
            table += self.ac[leader][None, :]
            if self.unions is not None:
                covers = problem.covered(problem.masks[seats.lead][leader] | self.unions).astype(self.kind)
                np.take(covers, self.places, out=covers_at, mode="clip")
                table += covers_at
            by_second, by_third = table.max(1), table.max(0)
            best[leader] = by_second.max()
            near = best[leader] - window
            b, c = np.nonzero(by_second >= near)[0], np.nonzero(by_third >= near)[0]
            fresh.append((leader * seconds + b) * thirds + table[b].argmax(1))
            fresh.append((leader * seconds + table[:, c].argmax(0)) * thirds + c)
        each = np.repeat(best, np.maximum(problem.places[seats.lead], 0))
        taken = np.sort(each)[::-1][: problem.teams]
        held = [
            problem.places[seat] @ price
            for seat, price in zip((seats.second, seats.third), prices, strict=True)
        ]
        total = float(taken.sum()) + (held[0] if seats.shared else sum(held))
        slack = (
            self.error
            * problem.teams
            * (1 + float(np.abs(prices[0]).max() + np.abs(prices[1]).max()) / (1 + abs(total)))
        )
        return int(np.floor(total + slack + 1e-6)), np.concatenate(fresh)


def _cooled(
    seats: _Seats, pool: Ints, prices: list[Floats], heat: float, steps: int
) -> tuple[Ints, list[Floats]]:
    """(teams of the pool still held, prices at which everybody is wanted about as often as there are places)."""
    problem = seats.problem
    _, seconds, thirds = seats.sizes()
    lead, rest = np.divmod(pool, seconds * thirds)
    second, third = np.divmod(rest, thirds)
    teams = np.empty((len(pool), 3), np.int64)
    teams[:, seats.lead], teams[:, seats.second], teams[:, seats.third] = lead, second, third
    worth = problem.values(teams).astype(np.float64)
    order = np.lexsort((prices[0][second] + prices[1][third] - worth, lead))
    ordered = lead[order]
    place = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    kept = order[place < MOST_HELD]
    pool, lead, second, third, worth = pool[kept], lead[kept], second[kept], third[kept], worth[kept]
    starts = np.nonzero(np.diff(lead, prepend=-1))[0]
    sizes = np.diff(np.append(starts, len(lead)))
    weight = problem.places[seats.lead][lead[starts]].astype(np.float64)
    weight *= problem.teams / max(1.0, float(weight.sum()))
    b, c = prices
    for _ in range(steps):
        for seat, members in ((seats.second, second), (seats.third, third)):
            left = worth - b[second] - c[third]
            left = np.exp((left - np.repeat(np.maximum.reduceat(left, starts), sizes)) / heat)
            left *= np.repeat(weight / np.add.reduceat(left, starts), sizes)
            wanted = np.bincount(members, left, len(problem.places[seat]))
            if seats.shared:
                wanted = np.bincount(second, left, seconds) + np.bincount(third, left, thirds)
            fresh = _raised(seats, seat, b if seat == seats.second else c, wanted, heat)
            if seats.shared:
                b = c = fresh
            elif seat == seats.second:
                b = fresh
            else:
                c = fresh
    return pool, [b, c]


def _raised(seats: _Seats, seat: int, price: Floats, wanted: Floats, heat: float) -> Floats:
    places = seats.problem.places[seat]
    fresh = price + heat * np.log((wanted + 1e-4) / np.maximum(places, 1e-4))
    return _clipped(seats, seat, fresh)


def _clipped(seats: _Seats, seat: int, price: Floats) -> Floats:
    """Where there are more places than teams fill some stay empty: no price lies below nothing."""
    filled = seats.problem.teams * (2 if seats.shared else 1)
    return np.maximum(price, 0.0) if seats.problem.places[seat].sum() > filled else price
