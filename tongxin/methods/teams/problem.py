"""Teams of fixed seats as arrays: who is worth what beside whom, and what a team has together."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from tongxin.methods.matching.problem import NEVER, Ints, TooLarge

# What a pair that may not be in one team costs; more than the scores of all bring.
BROKEN = -(10**9)
# Scores are small, bonuses that come before them larger; both stay far below what is forbidden.
LARGEST_SCORE = 10**8
MOST_VALUES = 63


@dataclass
class TeamProblem:
    """Fill teams of as many seats as `places` has entries, one person each, nobody in more teams than they have places.

    places: per seat int64 (people), in how many teams each may be; the number of teams is the smallest sum over seats.
    pairs: (seat, other seat), seat < other → int32 (people, people), NEVER where the two may not be in one team.
    masks: per seat uint64 (people), what each has, as bits; fields: (bits, weight) of what is counted once per team.
    pools: which pool of people a seat draws from; seats of one pool share their people, in the same order.
    scale: how much a team may be worth by its scores alone, bonuses left out; worked out when 0.
    """

    places: list[Ints]
    pairs: dict[tuple[int, int], Ints]
    masks: list[Ints]
    fields: list[tuple[int, int]] = field(default_factory=list)
    pools: list[int] = field(default_factory=list)
    scale: int = 0

    def __post_init__(self) -> None:
        seats = len(self.places)
        self.pools = self.pools or list(range(seats))
        self.places = [np.asarray(one, np.int64) for one in self.places]
        for one, other in combinations(range(seats), 2):
            shape = (len(self.places[one]), len(self.places[other]))
            matrix = self.pairs.get((one, other))
            table = np.zeros(shape, np.int32) if matrix is None else np.asarray(matrix, np.int32)
            if table.shape != shape:
                raise ValueError(f"pairs {one, other} must be {shape}")
            if np.abs(table[table > NEVER]).max(initial=0) > LARGEST_SCORE:
                raise TooLarge(f"scores must lie within {LARGEST_SCORE}")
            table = np.where(table <= NEVER, BROKEN, table).astype(np.int32)
            if self.pools[one] == self.pools[other]:
                np.fill_diagonal(table, BROKEN)
            self.pairs[one, other] = table
        self.scale = self.scale or self.most()

    def most(self) -> int:
        """More than the size of what any team is worth."""
        total = sum(int(np.abs(table[table > BROKEN]).max(initial=0)) for table in self.pairs.values())
        return max(1, total + sum(abs(weight) * bits.bit_count() for bits, weight in self.fields))

    @property
    def seats(self) -> int:
        return len(self.places)

    @property
    def teams(self) -> int:
        """How many teams the scarcest people allow."""
        shared = {pool: self.pools.count(pool) for pool in self.pools}
        return int(min(self.places[seat].sum() // shared[self.pools[seat]] for seat in range(self.seats)))

    def pair(self, one: int, other: int) -> Ints:
        """Scores of one seat's people (rows) beside another's (columns)."""
        return self.pairs[one, other] if one < other else self.pairs[other, one].T

    def covered(self, masks: Ints) -> Ints:
        """What bits count, int64, of the same shape."""
        total = np.zeros(masks.shape, np.int64)
        for bits, weight in self.fields:
            total += weight * np.bitwise_count(masks & np.uint64(bits)).astype(np.int64)
        return total

    def values(self, teams: Ints) -> Ints:
        """Value of each team, int64. teams: int (teams, seats), indices of people."""
        total = np.zeros(len(teams), np.int64)
        for (one, other), table in self.pairs.items():
            total += table[teams[:, one], teams[:, other]]
        if self.fields:
            together = np.zeros(len(teams), np.uint64)
            for seat, masks in enumerate(self.masks):
                together |= masks[teams[:, seat]]
            total += self.covered(together)
        return total
