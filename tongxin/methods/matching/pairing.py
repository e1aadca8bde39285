"""Propose pairs for a round of a scheme: solve, prove, and keep what the explanation needs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .folder import Person, Round, number_in
from .loads import solve_loads
from .problem import LARGEST_SCORE, Ints, Problem, Solution, Tick, TooLarge, go_on
from .scheme import Scheme
from .scoring import PairScores
from .solve import solve
from .stable import blocking_pairs, deferred_acceptance

Pair = tuple[str, str]
# Preferences of so many pairs are sorted person by person; beyond it stability is not looked at.
MOST_PREFERENCES = 1_000_000
TOO_LARGE = "权重乘上属性里的数太大了，分不出先后。请把方案里的权重（weight）改小，或用 most 限定最多算多少。"


class CannotPropose(Exception):
    """The scheme asks for something that this round cannot have; the message is a sentence."""


@dataclass
class Table:
    """A round laid out for solving: rows are the side with more people, or that takes several places each."""

    scheme: Scheme
    round: Round
    scores: PairScores
    fixed: list[Pair] = field(default_factory=list)
    bonus: int = 0

    @property
    def rows(self) -> list[Person]:
        return self.scores.rows

    @property
    def columns(self) -> list[Person]:
        return self.scores.columns


@dataclass
class Outcome:
    """pairs: (row, column) indices into the table, fixed ones too. value, bound: of these pairs by the scheme's terms;
    bound: no choice that leaves as few people short and keeps as many of the present pairs is worth more."""

    table: Table
    rows: Ints
    columns: Ints
    value: int
    bound: int
    missing: int
    missing_proved: bool
    problem: Problem | None = None
    solution: Solution | None = None
    stopped: bool = False

    @property
    def gap(self) -> float:
        return 0.0 if self.bound <= self.value else (self.bound - self.value) / max(1, abs(self.bound))

    def named(self) -> list[Pair]:
        """Pairs as ids, the scheme's first seat first, in order of the table's rows."""
        first_is_row = self.table.scores.row_seat == self.table.scheme.seats[0].id
        ids = [
            (self.table.rows[row].id, self.table.columns[column].id)
            for row, column in zip(self.rows.tolist(), self.columns.tolist(), strict=True)
        ]
        return ids if first_is_row else [(b, a) for a, b in ids]


def laid_out(scheme: Scheme, round_: Round) -> Table:
    """Decide which seat is the rows, and mark what is decided already."""
    one, other = (seat.id for seat in scheme.seats)
    people = {seat: round_.seated(scheme, seat) for seat in (one, other)}
    balanced = [term.seats[0] for term in scheme.terms if term.kind == "balance" and len(term.seats) == 1]
    if scheme.load[0]:
        row_seat = scheme.load[0]
    elif balanced:
        row_seat = other if balanced[0] == one else one
    else:
        row_seat = one if len(people[one]) > len(people[other]) else other
    column_seat = other if row_seat == one else one
    scores = PairScores(scheme, round_, row_seat, people[row_seat], column_seat, people[column_seat])
    fixed = [_turned(bond.a, bond.b, round_, row_seat) for bond in round_.fixed]
    scores.take(fixed)
    table = Table(scheme, round_, scores, fixed)
    if round_.current:
        table.bonus = _bonus(scheme, table)
        scores.keep(((bond.a, bond.b) for bond in round_.current), table.bonus)
    return table


def _turned(one: str, other: str, round_: Round, row_seat: str) -> Pair:
    return (one, other) if round_.people[one].side == row_seat else (other, one)


def _bonus(scheme: Scheme, table: Table) -> int:
    """What keeping a pair counts: as the scheme says, or more than all terms of a chain of changes together."""
    if scheme.change is not None:
        return scheme.change
    most = 0
    for first in range(0, len(table.rows), 2048):
        block = table.scores.own(first, min(len(table.rows), first + 2048))
        most = max(most, int(np.abs(block).max(initial=0)))
    return min((2 * most + 1) * (2 * min(table.scores.shape) + 2), LARGEST_SCORE // 2)


def propose(
    scheme: Scheme, round_: Round, seconds: float = 60.0, tick: Tick = go_on, tolerance: float = 0.0
) -> Outcome:
    """Pairs for a round. Equal input gives equal pairs unless the time runs out.

    tick is told (bound, best) from time to time and stops the search by returning False; the best found is given then.
    Raises CannotPropose.
    """
    try:
        return _proposed(scheme, round_, seconds, tick, tolerance)
    except TooLarge as error:
        raise CannotPropose(TOO_LARGE) from error


def _proposed(scheme: Scheme, round_: Round, seconds: float, tick: Tick, tolerance: float) -> Outcome:
    table = laid_out(scheme, round_)
    if scheme.load[0]:
        return _with_loads(table, seconds, tick)
    problem = problem_of(table)
    solution = solve(problem, seconds, tick, tolerance)
    if scheme.stable:
        return _stable(table, problem, solution)
    return _outcome(table, solution.rows, solution.columns, solution, problem)


def problem_of(table: Table) -> Problem:
    """Limits less what fixed pairs take, and the price of unequal loads."""
    taken_rows, taken_columns = _taken(table)
    row_low, row_high = _limits(table.rows, taken_rows)
    column_low, column_high = _limits(table.columns, taken_columns)
    most = int(min(column_high.max(initial=0), len(table.rows)))
    costs = np.zeros((len(table.columns), most), np.int64)
    for term in table.scheme.terms:
        if term.kind == "balance":
            wanted = np.array([max(person.low, min(1, person.high)) for person in table.rows])
            threshold = int(0.8 * wanted.sum() / max(1, len(table.columns)))
            places = np.arange(most)[None, :] + taken_columns[:, None]
            costs += term.weight * np.maximum(places + 1 - threshold, 0)
    return Problem(table.scores, row_low, row_high, column_low, column_high, costs)


def _taken(table: Table) -> tuple[Ints, Ints]:
    row_at = {person.id: at for at, person in enumerate(table.rows)}
    column_at = {person.id: at for at, person in enumerate(table.columns)}
    rows = np.bincount([row_at[a] for a, _ in table.fixed], minlength=len(table.rows))
    columns = np.bincount([column_at[b] for _, b in table.fixed], minlength=len(table.columns))
    return rows.astype(np.int64), columns.astype(np.int64)


def _limits(people: list[Person], taken: Ints) -> tuple[Ints, Ints]:
    low = np.array([person.low for person in people], np.int64).reshape(len(people)) - taken
    high = np.array([person.high for person in people], np.int64).reshape(len(people)) - taken
    return np.maximum(low, 0), np.maximum(high, 0)


def _outcome(
    table: Table, rows: Ints, columns: Ints, solution: Solution, problem: Problem, limit: int | None = None
) -> Outcome:
    """Add the fixed pairs, and take the bonus of kept pairs out of value and bound."""
    kept = _kept_pairs(table, rows, columns)
    rows, columns = _with_fixed(table, rows, columns)
    value = own_value(table, rows, columns) - _imbalance(table, columns)
    fixed_value = value - (solution.value - table.bonus * kept) if limit is None else 0
    bound = solution.bound - table.bonus * kept + fixed_value if limit is None else limit
    loads = np.bincount(rows, minlength=len(table.rows)), np.bincount(columns, minlength=len(table.columns))
    missing = sum(
        max(0, person.low - int(load))
        for people, held in ((table.rows, loads[0]), (table.columns, loads[1]))
        for person, load in zip(people, held, strict=True)
    )
    proved = solution.missing_proved and missing == solution.missing
    return Outcome(
        table, rows, columns, value, max(bound, value), missing, proved, problem, solution, solution.stopped
    )


def _kept_pairs(table: Table, rows: Ints, columns: Ints) -> int:
    current = {frozenset((bond.a, bond.b)) for bond in table.round.current}
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return sum(frozenset((table.rows[row].id, table.columns[column].id)) in current for row, column in pairs)


def _with_fixed(table: Table, rows: Ints, columns: Ints) -> tuple[Ints, Ints]:
    row_at = {person.id: at for at, person in enumerate(table.rows)}
    column_at = {person.id: at for at, person in enumerate(table.columns)}
    rows = np.concatenate([rows, np.array([row_at[a] for a, _ in table.fixed], np.int64)])
    columns = np.concatenate([columns, np.array([column_at[b] for _, b in table.fixed], np.int64)])
    order = np.lexsort((columns, rows))
    return rows[order].astype(np.int64), columns[order].astype(np.int64)


def own_value(table: Table, rows: Ints, columns: Ints) -> int:
    """Sum of the terms of pairs; rows are in order."""
    return sum(int(values.sum()) for values in by_term(table, rows, columns).values())


def by_term(table: Table, rows: Ints, columns: Ints) -> dict[str, Ints]:
    """What each term counts for each pair; rows are in order."""
    found = {name: np.zeros(len(rows), np.int64) for name in table.scores.terms}
    for first in range(0, len(table.rows), 2048):
        last = min(len(table.rows), first + 2048)
        low, high = np.searchsorted(rows, (first, last))
        if low == high:
            continue
        for name, part in table.scores.terms.items():
            found[name][low:high] = part(first, last)[rows[low:high] - first, columns[low:high]]
    return found


def _imbalance(table: Table, columns: Ints) -> int:
    loads = np.bincount(columns, minlength=len(table.columns))
    total = 0
    for term in table.scheme.terms:
        if term.kind == "balance":
            wanted = sum(max(person.low, min(1, person.high)) for person in table.rows)
            threshold = int(0.8 * wanted / max(1, len(table.columns)))
            taken = _taken(table)[1]
            # Fixed partners are there anyway; only those chosen beside them cost.
            for load, held in zip(loads.tolist(), taken.tolist(), strict=True):
                total += term.weight * sum(max(place + 1 - threshold, 0) for place in range(held, load))
    return total


def preferences(table: Table) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Whom everybody prefers, best first: own wishes, then the scheme's score, then the order of people.csv."""
    rows, columns = table.scores.shape
    if rows * columns > MOST_PREFERENCES:
        raise CannotPropose(f"人太多（{rows} × {columns}），不能逐人排出偏好。请去掉 stable，或分几批配对。")
    scores, never = table.scores.own(0, rows), table.scores.forbidden(0, rows)
    ranks: dict[str, dict[str, int]] = {}
    for one, other, rank in table.round.wishes:
        ranks.setdefault(one, {})[other] = rank
    sides: list[dict[str, list[str]]] = []
    for people, others, score, closed in (
        (table.rows, table.columns, scores, never),
        (table.columns, table.rows, scores.T, never.T),
    ):
        likes = {}
        for at, person in enumerate(people):
            mine, own = ranks.get(person.id, {}), score[at].tolist()
            allowed = np.nonzero(~closed[at])[0].tolist()
            allowed.sort(key=lambda to: (mine.get(others[to].id, 10**6), -own[to], to))
            likes[person.id] = [others[to].id for to in allowed]
        sides.append(likes)
    return sides[0], sides[1]


def _stable(table: Table, problem: Problem, best: Solution) -> Outcome:
    """The stable matching that is best for who proposes; fixed pairs stand and take their places."""
    row_likes, column_likes = preferences(table)
    taken_rows, taken_columns = _taken(table)
    decided = set(table.fixed)
    row_places = {p.id: p.high - int(t) for p, t in zip(table.rows, taken_rows, strict=True)}
    column_places = {p.id: p.high - int(t) for p, t in zip(table.columns, taken_columns, strict=True)}
    row_likes = {a: [b for b in likes if (a, b) not in decided] for a, likes in row_likes.items()}
    if table.scheme.proposes == table.scores.column_seat:
        found = {(b, a) for a, b in deferred_acceptance(column_likes, row_likes, column_places, row_places)}
    else:
        found = deferred_acceptance(row_likes, column_likes, row_places, column_places)
    row_at = {person.id: at for at, person in enumerate(table.rows)}
    column_at = {person.id: at for at, person in enumerate(table.columns)}
    cells = sorted((row_at[a], column_at[b]) for a, b in found)
    rows, columns = np.array(cells, np.int64).reshape(-1, 2).T
    fixed = own_value(table, *_with_fixed(table, rows[:0], columns[:0]))
    kept = _kept_pairs(table, best.rows, best.columns)
    return _outcome(table, rows, columns, best, problem, best.bound - table.bonus * kept + fixed)


def blocking(outcome: Outcome) -> list[Pair] | None:
    """Pairs, fixed people aside, that would both rather have each other; None when there are too many people to say."""
    table = outcome.table
    try:
        row_likes, column_likes = preferences(table)
    except CannotPropose:
        return None
    decided = set(table.fixed)
    pairs = {
        (table.rows[row].id, table.columns[column].id)
        for row, column in zip(outcome.rows.tolist(), outcome.columns.tolist(), strict=True)
    } - decided
    taken_rows, taken_columns = _taken(table)
    row_places = {p.id: p.high - int(t) for p, t in zip(table.rows, taken_rows, strict=True)}
    column_places = {p.id: p.high - int(t) for p, t in zip(table.columns, taken_columns, strict=True)}
    row_likes = {a: [b for b in likes if (a, b) not in decided] for a, likes in row_likes.items()}
    return blocking_pairs(pairs, row_likes, column_likes, row_places, column_places)


def _with_loads(table: Table, seconds: float, tick: Tick) -> Outcome:
    """Rows that take several places of a column's capacity."""
    attribute = table.scheme.load[1]
    own = []
    for person in table.rows:
        number = number_in(person.attributes.get(attribute, ()))
        if number is None or number < 0 or number != int(number):
            raise CannotPropose(
                f"people.csv 第 {person.row} 行：“{attribute}”（占几个名额）要写不小于零的整数。请改正。"
            )
        if person.high > 1:
            raise CannotPropose(
                f"people.csv 第 {person.row} 行：按名额数计算时，每人只配一个对象，“capacity_high”要写 1。"
            )
        own.append(int(number))
    rows, columns = table.scores.shape
    row_at = {person.id: at for at, person in enumerate(table.rows)}
    column_at = {person.id: at for at, person in enumerate(table.columns)}
    capacity = np.array([person.high for person in table.columns], np.int64)
    decided = np.zeros(rows, bool)
    for a, b in table.fixed:
        capacity[column_at[b]] -= own[row_at[a]]
        decided[row_at[a]] = True
    if (capacity < 0).any():
        short = table.columns[int(np.argmin(capacity))]
        raise CannotPropose(
            f"people.csv 第 {short.row} 行：“{short.id}”已定的对象占的名额超过最多 {short.high}。"
        )
    left = np.nonzero(~decided)[0]
    scores = table.scores.block(0, rows)[left]
    loads = np.repeat(np.array(own, np.int64)[left, None], columns, axis=1)
    found = solve_loads(scores, loads, capacity, seconds, tick, any(person.low for person in table.rows))
    placed = found.columns >= 0
    chosen_rows, chosen_columns = left[placed], found.columns[placed]
    chosen_rows, chosen_columns = _with_fixed(table, chosen_rows, chosen_columns)
    value = own_value(table, chosen_rows, chosen_columns)
    bound = found.bound + value - found.value
    return Outcome(
        table,
        chosen_rows,
        chosen_columns,
        value,
        bound,
        found.missing,
        found.missing_proved,
        stopped=found.stopped,
    )


def shortages(outcome: Outcome) -> list[str]:
    """Sentences for sides that have fewer places than the other side needs, naming the rows of those left over."""
    table = outcome.table
    if table.scheme.load[0]:
        return []
    found = []
    sides = (
        (table.rows, table.scores.row_seat, table.columns, table.scores.column_seat, outcome.rows),
        (table.columns, table.scores.column_seat, table.rows, table.scores.row_seat, outcome.columns),
    )
    for needy, needy_seat, givers, giver_seat, indices in sides:
        need, places = sum(person.low for person in needy), sum(person.high for person in givers)
        if places >= need:
            continue
        loads = np.bincount(indices, minlength=len(needy))
        lines = [str(p.row) for p, load in zip(needy, loads, strict=True) if load < p.low]
        one, other = table.scheme.seat(giver_seat).title, table.scheme.seat(needy_seat).title
        found.append(
            f"people.csv：{one}一共 {places} 个名额，{other}至少要 {need} 个，差 {need - places} 个；"
            f"没有着落的在第 {'、'.join(lines[:20])}{'…' if len(lines) > 20 else ''} 行。"
        )
    return found


def not_seated(scheme: Scheme, round_: Round) -> list[str]:
    """Ids of people who do not meet the condition of their own seat, in order."""
    seated = {person.id for seat in scheme.seats for person in round_.seated(scheme, seat.id)}
    return [name for name in round_.people if name not in seated]
