"""Scores of all pairs of two seats' people from a scheme's terms, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from .folder import Person, Round, number_in
from .problem import NEVER, Ints
from .scheme import Requirement, Scheme, Term

# Far beyond the largest score, and small enough to add a few.
FAR = 10**8
# What a block of rows counts for every column: int32 (rows, columns).
Part = Callable[[int, int], Ints]
PAIR_TERMS = ("same", "complementary", "distance", "knows", "home", "wishes", "continuity")


class PairScores:
    """Scores of `rows` × `columns` (people of two seats), NEVER where a requirement or a ban forbids the pair.

    terms: what each term counts; also the answer to "what spoke for this pair". kept: bonus for pairs of current.csv.
    """

    def __init__(
        self,
        scheme: Scheme,
        round_: Round,
        row_seat: str,
        rows: list[Person],
        column_seat: str,
        columns: list[Person],
    ) -> None:
        self.rows, self.columns = rows, columns
        self.row_seat, self.column_seat = row_seat, column_seat
        self._row_at = {person.id: at for at, person in enumerate(rows)}
        self._column_at = {person.id: at for at, person in enumerate(columns)}
        self.terms: dict[str, Part] = {}
        self.rules: dict[str, Part] = {}
        both = {row_seat, column_seat}
        for term in scheme.terms:
            if term.kind in PAIR_TERMS and (both == set(term.seats) or term.kind == "wishes"):
                self.terms[term.id] = self._term(term, round_)
        for rule in scheme.requirements:
            if set(rule.seats) == both:
                self.rules[rule.id] = self._rule(rule)
        self._banned = _Sparse((self._cell(bond.a, bond.b, 1) for bond in round_.forbidden), len(rows))
        self._taken = _Sparse((), len(rows))
        self._kept = _Sparse((), len(rows))

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.columns)

    def take(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Leave pairs out that are decided already."""
        self._taken = _Sparse((self._cell(a, b, 1) for a, b in pairs), len(self.rows))

    def keep(self, pairs: Iterable[tuple[str, str]], bonus: int) -> None:
        """Let pairs count `bonus` more, so that they are changed only for something better."""
        self._kept = _Sparse((self._cell(a, b, bonus) for a, b in pairs), len(self.rows))

    def _cell(self, one: str, other: str, value: int) -> tuple[int, int, int] | None:
        if one in self._row_at and other in self._column_at:
            return self._row_at[one], self._column_at[other], value
        if other in self._row_at and one in self._column_at:
            return self._row_at[other], self._column_at[one], value
        return None

    def own(self, first: int, last: int) -> Ints:
        """Scores from the terms alone, without the bonus of pairs kept and whatever is forbidden."""
        total = np.zeros((last - first, len(self.columns)), np.int32)
        for part in self.terms.values():
            total += part(first, last)
        return total

    def forbidden(self, first: int, last: int) -> Ints:
        """Which pairs may not be, bool."""
        never = self._banned(first, last, len(self.columns)) > 0
        for broken in self.rules.values():
            never |= broken(first, last) > 0
        return never

    def banned(self, first: int, last: int) -> Ints:
        """Which pairs are forbidden by name, bool."""
        return self._banned(first, last, len(self.columns)) > 0

    def block(self, first: int, last: int) -> Ints:
        total = self.own(first, last)
        self._kept.add_to(total, first, last)
        total[self.forbidden(first, last)] = NEVER
        total[self._taken(first, last, len(self.columns)) > 0] = NEVER
        return total

    def _ordered(self, seats: Sequence[str], attributes: Sequence[str]) -> tuple[str, str, bool]:
        """(attribute of rows, of columns, whether the first seat named is the rows')."""
        first_is_row = seats[0] == self.row_seat
        return (*(attributes if first_is_row else attributes[::-1]), first_is_row)  # type: ignore[return-value]

    def _term(self, term: Term, round_: Round) -> Part:
        if term.kind in ("knows", "continuity"):
            bonds = round_.known if term.kind == "knows" else round_.previous
            return self._listed(self._cell(bond.a, bond.b, term.weight) for bond in bonds)
        if term.kind == "wishes":
            return self._wishes(term, round_)
        mine, theirs, first_is_row = self._ordered(term.seats, term.attributes)
        if term.kind in ("same", "complementary"):
            row, column = _incidence(self.rows, mine, self.columns, theirs)
            most = 1.0 if term.kind == "same" else (term.most if term.most is not None else np.inf)
            return lambda first, last: _rounded(np.minimum(row[first:last] @ column.T, most) * term.weight)
        if term.kind == "home":
            return self._home(term, mine, theirs)
        row_value, column_value = (
            _numbers(self.rows, mine, term.order),
            _numbers(self.columns, theirs, term.order),
        )
        sign = 1.0 if first_is_row else -1.0

        def distance(first: int, last: int) -> Ints:
            apart = sign * (row_value[first:last, None] - column_value[None, :])
            low, high = term.between
            if low >= 0 and high <= 0:
                outside = np.abs(apart)
            else:
                outside = np.maximum(np.maximum(low - apart, apart - high), 0)
            if term.most is not None:
                outside = np.minimum(outside, term.most)
            return _rounded(-term.weight * np.nan_to_num(outside))

        return distance

    def _home(self, term: Term, mine: str, theirs: str) -> Part:
        row, column = _places(self.rows, mine), _places(self.columns, theirs)

        def home(first: int, last: int) -> Ints:
            apart = np.hypot(
                row[first:last, None, 0] - column[None, :, 0], row[first:last, None, 1] - column[None, :, 1]
            )
            if term.most is not None:
                apart = np.minimum(apart, term.most)
            return _rounded(-term.weight * np.nan_to_num(apart))

        return home

    def _wishes(self, term: Term, round_: Round) -> Part:
        lowest: dict[str, int] = {}
        for one, _, rank in round_.wishes:
            lowest[one] = max(lowest.get(one, 1), rank)
        cells: dict[tuple[int, int], int] = {}
        for one, other, rank in round_.wishes:
            if round_.people[one].side not in term.seats:
                continue
            slots = lowest[one]
            cell = self._cell(one, other, round(term.weight * (slots - rank + 1) / slots))
            if cell:
                cells[cell[:2]] = cells.get(cell[:2], 0) + cell[2]
        return self._listed((row, column, value) for (row, column), value in cells.items())

    def _listed(self, cells: Iterable[tuple[int, int, int] | None]) -> Part:
        sparse, columns = _Sparse(cells, len(self.rows)), len(self.columns)
        return lambda first, last: sparse(first, last, columns)

    def _rule(self, rule: Requirement) -> Part:
        """1 where a pair breaks the requirement; an empty attribute breaks it."""
        mine, theirs, first_is_row = self._ordered(rule.seats, rule.attributes)
        if rule.kind in ("same", "different"):
            row, column = _incidence(self.rows, mine, self.columns, theirs)
            row_known, column_known = row.sum(1) > 0, column.sum(1) > 0

            def shared(first: int, last: int) -> Ints:
                meets = row[first:last] @ column.T > 0
                known = row_known[first:last, None] & column_known[None, :]
                return (~known | (~meets if rule.kind == "same" else meets)).astype(np.int32)

            return shared
        row_value, column_value = (
            _numbers(self.rows, mine, rule.order),
            _numbers(self.columns, theirs, rule.order),
        )
        sign = 1.0 if first_is_row else -1.0

        def compared(first: int, last: int) -> Ints:
            apart = sign * (row_value[first:last, None] - column_value[None, :])
            good = apart >= rule.by if rule.kind == "at_least" else np.abs(apart) <= rule.by
            return (~good).astype(np.int32)

        return compared


class _Sparse:
    """Values of few cells; called with rows first … last - 1 it gives them as a block, zero elsewhere."""

    def __init__(self, cells: Iterable[tuple[int, int, int] | None], rows: int) -> None:
        found = sorted(cell for cell in cells if cell is not None)
        table = np.array(found, np.int64).reshape(-1, 3)
        self.row, self.column, self.value = table[:, 0], table[:, 1], table[:, 2]

    def add_to(self, block: Ints, first: int, last: int) -> None:
        low, high = np.searchsorted(self.row, (first, last))
        np.add.at(
            block, (self.row[low:high] - first, self.column[low:high]), self.value[low:high].astype(np.int32)
        )

    def __call__(self, first: int, last: int, columns: int) -> Ints:
        block = np.zeros((last - first, columns), np.int32)
        self.add_to(block, first, last)
        return block


def _rounded(values: np.ndarray) -> Ints:
    """Whole numbers; what is too large to be summed stays recognisably so."""
    return np.clip(np.rint(values), -FAR, FAR).astype(np.int32)


def _incidence(
    rows: list[Person], mine: str, columns: list[Person], theirs: str
) -> tuple[np.ndarray, np.ndarray]:
    """Who has which value, float32 (people, values), for both sides."""
    values = sorted({value for person in rows for value in person.attributes.get(mine, ())})
    at = {value: place for place, value in enumerate(values)}
    # A value that only one side has still says that something is known of the person.
    strange = len(values)
    row, column = (
        np.zeros((len(rows), strange + 1), np.float32),
        np.zeros((len(columns), strange + 1), np.float32),
    )
    for table, people, name in ((row, rows, mine), (column, columns, theirs)):
        for place, person in enumerate(people):
            for value in person.attributes.get(name, ()):
                table[place, at.get(value, strange)] = 1
    return row, column


def _numbers(people: list[Person], name: str, order: tuple[str, ...]) -> np.ndarray:
    """An attribute as numbers, or places in `order`, float32; NaN where there is none."""
    ranks = {value: float(at) for at, value in enumerate(order)}
    found = []
    for person in people:
        own = person.attributes.get(name, ())
        value = (ranks.get(own[0]) if len(own) == 1 else None) if order else number_in(own)
        found.append(np.nan if value is None else value)
    return np.array(found, np.float32).reshape(len(people))


def _places(people: list[Person], name: str) -> np.ndarray:
    """Coordinates in kilometres from an attribute of two values (`3.5；1.2`), float32 (people, 2); NaN where none."""
    found = []
    for person in people:
        pair = [number_in((value,)) for value in person.attributes.get(name, ())]
        found.append(pair if len(pair) == 2 and None not in pair else [np.nan, np.nan])
    return np.array(found, np.float32).reshape(len(people), 2)
