"""Why a pair, why not another, and why somebody is left over: sentences for the organiser."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from .folder import Person
from .pairing import Outcome, by_term
from .problem import Ints
from .shortage import Witness, witness_of_row

ALTERNATIVES = 3
# Explaining alternatives looks at all pairs again.
MOST_NAMED = 5


@dataclass(frozen=True)
class PairTold:
    """a: person of the scheme's first seat. terms: what each counts, those that count nothing left out."""

    a: str
    b: str
    score: int
    terms: dict[str, int]
    fixed: bool
    why: str


@dataclass(frozen=True)
class Alternative:
    """loss: what the whole would lose at least, were the two together; None when not known."""

    id: str
    score: int
    loss: int | None
    why_not: str


@dataclass(frozen=True)
class LeftOver:
    """missing: partners missing below the lower limit. competing: who needs the same places; among: who holds them."""

    id: str
    seat: str
    missing: int
    reason: str
    relaxation: str
    competing: tuple[str, ...] = ()
    among: tuple[str, ...] = ()


@dataclass
class Told:
    """The explanation of an outcome."""

    pairs: list[PairTold] = field(default_factory=list)
    unmatched: list[LeftOver] = field(default_factory=list)
    alternatives: dict[str, list[Alternative]] = field(default_factory=dict)


def explain(outcome: Outcome, alternatives: int = ALTERNATIVES) -> Told:
    """alternatives: how many others to name for each person; 0 saves looking at all pairs again."""
    told = Told(_pairs(outcome), left_over(outcome))
    if alternatives:
        told.alternatives = _alternatives(outcome, alternatives)
    return told


def _pairs(outcome: Outcome) -> list[PairTold]:
    table = outcome.table
    terms = by_term(table, outcome.rows, outcome.columns)
    titles = {term.id: term.title for term in table.scheme.terms}
    decided = {frozenset((bond.a, bond.b)): bond for bond in table.round.fixed}
    found = []
    for at, (a, b) in enumerate(outcome.named()):
        counts = {name: int(values[at]) for name, values in terms.items() if values[at]}
        bond = decided.get(frozenset((a, b)))
        found.append(
            PairTold(a, b, sum(counts.values()), counts, bond is not None, _why(counts, titles, bond))
        )
    return found


def _why(counts: dict[str, int], titles: dict[str, str], bond: object) -> str:
    for_it = sorted((name for name in counts if counts[name] > 0), key=lambda name: -counts[name])
    against = sorted((name for name in counts if counts[name] < 0), key=lambda name: counts[name])
    parts = []
    if bond is not None:
        reason = getattr(bond, "reason", "")
        parts.append(f"事先定好的（{reason}）" if reason else "事先定好的")
    if for_it:
        parts.append("、".join(f"{titles[name]} +{counts[name]}" for name in for_it))
    if against:
        parts.append("不利的是" + "、".join(f"{titles[name]} {counts[name]}" for name in against))
    return "，".join(parts) + "。" if parts else "没有看重的条件起作用，有名额就配在一起。"


def _alternatives(outcome: Outcome, most: int) -> dict[str, list[Alternative]]:
    """For everybody the best others that could have been a partner, by score."""
    table = outcome.table
    rows, columns = table.scores.shape
    best_of_columns: list[list[tuple[int, int]]] = [[] for _ in range(columns)]
    found: dict[str, list[Alternative]] = {}
    partners: dict[int, set[int]] = {}
    for row, column in zip(outcome.rows.tolist(), outcome.columns.tolist(), strict=True):
        partners.setdefault(row, set()).add(column)
    losses = _Losses(outcome)
    for first in range(0, rows, 2048):
        last = min(rows, first + 2048)
        score = table.scores.own(first, last).astype(np.int64)
        score[table.scores.forbidden(first, last)] = -(2**40)
        for row in range(first, last):
            score[row - first, sorted(partners.get(row, ()))] = -(2**40)
        order = np.argsort(-score, axis=1, kind="stable")[:, :most]
        for row in range(first, last):
            mine = [int(c) for c in order[row - first] if score[row - first, c] > -(2**39)]
            found[table.rows[row].id] = [
                losses.told(row, c, int(score[row - first, c]), table.columns[c]) for c in mine
            ]
        top = np.argsort(-score, axis=0, kind="stable")[:most]
        for column in range(columns):
            held = best_of_columns[column] + [
                (int(score[r, column]), first + int(r)) for r in top[:, column] if score[r, column] > -(2**39)
            ]
            best_of_columns[column] = sorted(held, key=lambda one: (-one[0], one[1]))[:most]
    for column, held in enumerate(best_of_columns):
        found[table.columns[column].id] = [
            losses.told(row, column, score, table.rows[row]) for score, row in held
        ]
    return found


class _Losses:
    """What a pair would cost the whole at least, from the prices of the proof."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.prices = (
            outcome.solution.column_prices if outcome.solution and not outcome.table.scheme.stable else None
        )
        self.column_loads = np.bincount(outcome.columns, minlength=len(outcome.table.columns))
        self.row_loads = np.bincount(outcome.rows, minlength=len(outcome.table.rows))
        self.worst: dict[int, int] = {}
        if self.prices is not None:
            terms = by_term(outcome.table, outcome.rows, outcome.columns)
            scores = sum(terms.values(), np.zeros(len(outcome.rows), np.int64))
            left = scores - self.prices[outcome.columns]
            for row, value in zip(outcome.rows.tolist(), left.tolist(), strict=True):
                self.worst[row] = min(self.worst.get(row, value), value)

    def told(self, row: int, column: int, score: int, other: Person) -> Alternative:
        table = self.outcome.table
        full = [
            person
            for person, load in (
                (table.rows[row], self.row_loads[row]),
                (table.columns[column], self.column_loads[column]),
            )
            if load >= person.high
        ]
        loss = None
        if self.prices is not None and row in self.worst and not table.bonus:
            loss = max(0, self.worst[row] - (score - int(self.prices[column])))
        busy = "、".join(f"{person.title} 已有 {person.high} 人" for person in full)
        if loss:
            why = f"改成这一对，总分至少少 {loss}" + (f"（{busy}，要先让出名额）。" if busy else "。")
        elif busy:
            why = f"{busy}，换过来总分不会更高。"
        else:
            why = "换过来总分不会更高。"
        return Alternative(other.id, score, loss, why)


def left_over(outcome: Outcome) -> list[LeftOver]:
    """Everybody who has fewer partners than the least, with the reason and the cheapest way out."""
    table = outcome.table
    found = []
    for people, indices, by_row in (
        (table.rows, outcome.rows, True),
        (table.columns, outcome.columns, False),
    ):
        loads = np.bincount(indices, minlength=len(people))
        for at, person in enumerate(people):
            missing = person.low - int(loads[at])
            if missing > 0:
                found.append(
                    _row_left(outcome, at, missing) if by_row else _column_left(outcome, at, missing)
                )
    return found


def _row_left(outcome: Outcome, row: int, missing: int) -> LeftOver:
    table = outcome.table
    person, seat = table.rows[row], table.scores.row_seat
    others = table.scheme.seat(table.scores.column_seat).title
    closed = table.scores.forbidden(row, row + 1)[0]
    if closed.all():
        reason, mend = _nobody(outcome, row, others)
        return LeftOver(person.id, seat, missing, reason, mend)
    if table.scheme.load[0]:
        return _no_room(outcome, row, closed, others)
    assert outcome.problem is not None
    assert outcome.solution is not None
    if table.scheme.stable:
        reason = f"合条件的{others}都更愿意和现在的对象在一起，或没有名额。"
        return LeftOver(
            person.id, seat, missing, reason, f"给合条件的{others}加 1 个名额，或不要求稳定（stable）。"
        )
    told = witness_of_row(outcome.problem, outcome.solution, row)
    return _hall(outcome, row, missing, told, others)


def _hall(outcome: Outcome, row: int, missing: int, told: Witness, others: str) -> LeftOver:
    table = outcome.table
    person = table.rows[row]
    competing = tuple(table.rows[one].id for one in told.rows)
    among = tuple(table.columns[one].id for one in told.columns)
    solution = outcome.solution
    assert solution is not None
    if not told.columns:
        reason = f"合条件的{others}没有名额了：都已定好别的对象，或上限是 0。"
        open_ = np.nonzero(~table.scores.forbidden(row, row + 1)[0])[0]
        first = table.columns[int(open_[0])]
        return LeftOver(
            person.id, table.scores.row_seat, missing, reason, f"{first.title}再多 1 个名额就行。"
        )
    names = _names(table.columns, told.columns)
    reason = (
        f"{len(told.rows)} 人只能配给{names}，一共要 {told.wanted} 个名额，只有 {told.places} 个，"
        f"差 {max(1, told.wanted - told.places)} 个。"
    )
    dearest = max(told.columns, key=lambda column: (int(solution.column_prices[column]), -column))
    place = table.columns[dearest].title
    shared = _shared_value(outcome, told.columns)
    mend = f"{shared}再多 1 个名额就行，例如{place}" if shared else f"{place}再多 1 个名额就行"
    waived = _waived(outcome, row)
    return LeftOver(
        person.id,
        table.scores.row_seat,
        missing,
        reason,
        f"{mend}；{waived}。" if waived else f"{mend}。",
        competing,
        among,
    )


def _names(people: list[Person], which: tuple[int, ...]) -> str:
    names = "、".join(people[one].title for one in which[:MOST_NAMED])
    return f"{names}等 {len(which)} 人" if len(which) > MOST_NAMED else names


def _shared_value(outcome: Outcome, columns: tuple[int, ...]) -> str:
    """What the columns share by a requirement's attribute, and nobody else has, as words: 年级是 8 的导师."""
    table = outcome.table
    inside = [table.columns[one] for one in columns]
    outside = [person for at, person in enumerate(table.columns) if at not in set(columns)]
    title = table.scheme.seat(table.scores.column_seat).title
    for rule in table.scheme.requirements:
        if table.scores.column_seat not in rule.seats:
            continue
        name = rule.attributes[rule.seats.index(table.scores.column_seat)]
        common = set.intersection(*(set(person.attributes.get(name, ())) for person in inside))
        for value in sorted(common):
            if not any(value in person.attributes.get(name, ()) for person in outside):
                return f"{name} 是 {value} 的{title}"
    return ""


def _waived(outcome: Outcome, row: int) -> str:
    """Somebody with a free place who fails one requirement only."""
    table = outcome.table
    loads = np.bincount(outcome.columns, minlength=len(table.columns))
    free = np.array([load < person.high for load, person in zip(loads, table.columns, strict=True)])
    for names, column in _failing(outcome, row):
        if len(names) == 1 and free[column]:
            return f"或者不要求“{names[0]}”，配给{table.columns[column].title}"
    return ""


def _failing(outcome: Outcome, row: int) -> list[tuple[list[str], int]]:
    """(titles of what forbids the pair, column) of every column that the row may not go to, fewest first."""
    table = outcome.table
    titles = {rule.id: rule.title for rule in table.scheme.requirements}
    broken: dict[str, Ints] = {
        titles[name]: part(row, row + 1)[0] > 0 for name, part in table.scores.rules.items()
    }
    broken["名单上不许配在一起"] = table.scores.banned(row, row + 1)[0]
    found = []
    for column in range(len(table.columns)):
        names = [title for title, cells in broken.items() if cells[column]]
        if names:
            found.append((names, column))
    return sorted(found, key=lambda one: (len(one[0]), one[1]))


def _nobody(outcome: Outcome, row: int, others: str) -> tuple[str, str]:
    """Nobody meets the requirements: which stand in the way, and which to give up."""
    failing = _failing(outcome, row)
    if not failing:
        return f"没有可以配的{others}。", f"请在 people.csv 里加上{others}。"
    counts = Counter(name for names, _ in failing for name in names)
    said = "、".join(f"“{name}” {n} 人" for name, n in counts.most_common())
    reason = f"{len(failing)} 名{others}里没有合条件的：不符合{said}。"
    names, column = failing[0]
    waived = "”和“".join(names)
    return reason, f"不要求“{waived}”，就可以配给{outcome.table.columns[column].title}。"


def _no_room(outcome: Outcome, row: int, closed: Ints, others: str) -> LeftOver:
    """No capacity is left for what the person takes."""
    table = outcome.table
    attribute = table.scheme.load[1]

    def takes(person: Person) -> int:
        return int(float(person.attributes[attribute][0]))

    used = np.zeros(len(table.columns), np.int64)
    for one, column in zip(outcome.rows.tolist(), outcome.columns.tolist(), strict=True):
        used[column] += takes(table.rows[one])
    need = takes(table.rows[row])
    free = np.array([person.high for person in table.columns]) - used
    lacking = {int(c): need - int(free[c]) for c in np.nonzero(~closed)[0]}
    column = min(lacking, key=lambda c: (lacking[c], c))
    title = table.columns[column].title
    reason = (
        f"要 {need} 个名额，合条件的{others}都没有这么多空余，最多空余的是{title}（{int(free[column])} 个）。"
    )
    return LeftOver(
        table.rows[row].id,
        table.scores.row_seat,
        1,
        reason,
        f"{title}再多 {max(1, lacking[column])} 个名额就行。",
    )


def _column_left(outcome: Outcome, column: int, missing: int) -> LeftOver:
    table = outcome.table
    person = table.columns[column]
    others = table.scheme.seat(table.scores.row_seat).title
    allowed = 0
    for first in range(0, len(table.rows), 2048):
        last = min(len(table.rows), first + 2048)
        allowed += int((~table.scores.forbidden(first, last)[:, column]).sum())
    held = person.low - missing
    if allowed < person.low:
        reason = f"至少要 {person.low} 人，合条件的{others}只有 {allowed} 人。"
    else:
        reason = f"至少要 {person.low} 人，合条件的{others}已配给同样要人的别人，只剩 {held} 人。"
    return LeftOver(
        person.id, table.scores.column_seat, missing, reason, f"把{person.title}的最少人数改成 {held} 就行。"
    )
