"""Propose teams for a round of a scheme: lay it out, solve, and say why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from tongxin.methods.matching.folder import Person, Round
from tongxin.methods.matching.pairing import TOO_LARGE, CannotPropose
from tongxin.methods.matching.problem import NEVER, Ints, Tick, TooLarge, go_on
from tongxin.methods.matching.scheme import Scheme, Seat, Term
from tongxin.methods.matching.scoring import PairScores

from .forming import gains
from .problem import BROKEN, LARGEST_SCORE, MOST_VALUES, TeamProblem
from .solve import Teams, form_teams

ALTERNATIVES = 2


@dataclass
class Layout:
    """A round laid out: seats (one entry per place in a team), their people, the scores of each two seats."""

    scheme: Scheme
    round: Round
    seats: list[Seat]
    people: list[list[Person]]
    scores: dict[tuple[int, int], PairScores]
    problem: TeamProblem
    # What staying together counts, and being in a team for those who must be.
    keep: int = 0
    must: int = 0
    change: int = 0
    together: set[frozenset[str]] = field(default_factory=set)
    current: set[frozenset[str]] = field(default_factory=set)
    covers: list[tuple[Term, int]] = field(default_factory=list)


@dataclass(frozen=True)
class TeamTold:
    """seats: ids by seat. terms: what each counts, those that count nothing left out."""

    seats: dict[str, tuple[str, ...]]
    score: int
    terms: dict[str, int]
    fixed: bool
    why: str


@dataclass(frozen=True)
class Swap:
    """The person might change places with `id`; the whole would lose `loss`."""

    id: str
    loss: int
    why_not: str


@dataclass(frozen=True)
class WithoutTeam:
    id: str
    seat: str
    must: bool
    reason: str
    relaxation: str


@dataclass
class TeamOutcome:
    """value: of the teams by the scheme's terms; bound: no teams that keep as many choices are worth more."""

    layout: Layout
    teams: list[TeamTold]
    unmatched: list[WithoutTeam]
    alternatives: dict[str, list[Swap]]
    value: int
    bound: int
    found: Teams
    kept: int
    moved: int

    @property
    def gap(self) -> float:
        return 0.0 if self.bound <= self.value else (self.bound - self.value) / max(1, abs(self.bound))


def propose_teams(
    scheme: Scheme, round_: Round, seconds: float = 10.0, tick: Tick = go_on, alternatives: int = ALTERNATIVES
) -> TeamOutcome:
    """Teams for a round. Equal input gives equal teams unless the time runs out.

    What people chose themselves (`fixed`) stays together. tick(bound, best) stops the search by returning False.
    Raises CannotPropose with a sentence.
    """
    try:
        layout = lay_out(scheme, round_)
    except TooLarge as error:
        raise CannotPropose(TOO_LARGE) from error
    found = form_teams(layout.problem, seconds, tick)
    whole = [team for team in found.teams.tolist() if not _broken(layout, team)]
    told = [_told(layout, team) for team in whole]
    bonus = sum(_bonus(layout, team) for team in found.teams.tolist())
    value = sum(team.score for team in told)
    kept = sum(frozenset(pair) in layout.current for pair in _pairs_of(layout, whole))
    return TeamOutcome(
        layout,
        told,
        _without(layout, whole, len(found.teams) - len(whole)),
        _swaps(layout, np.array(whole, np.int64).reshape(-1, len(layout.seats)), alternatives),
        value,
        max(value, found.bound - bonus),
        found,
        kept,
        len(layout.current) - kept,
    )


def lay_out(scheme: Scheme, round_: Round) -> Layout:
    """Scores of each two seats, what a team has together, and bonuses for what people chose."""
    seats = [seat for seat in scheme.seats for _ in range(seat.count)]
    by_seat = {seat.id: round_.seated(scheme, seat.id) for seat in scheme.seats}
    people = [by_seat[seat.id] for seat in seats]
    for seat in scheme.seats:
        places = sum(person.high for person in by_seat[seat.id])
        if places < seat.count:
            raise CannotPropose(
                f"people.csv：能坐“{seat.title}”的只有 {places} 人，一队要 {seat.count} 人，一队也组不成。请补上。"
            )
    scores, pairs = {}, {}
    for one, other in combinations(range(len(seats)), 2):
        table = PairScores(scheme, round_, seats[one].id, people[one], seats[other].id, people[other])
        scores[one, other] = table
        block = table.block(0, len(people[one]))
        if seats[one].id == seats[other].id:
            never = (block <= NEVER) | (block.T <= NEVER)
            block = np.where(never, NEVER, block + block.T)
        pairs[one, other] = block
    masks, fields, covers = _masks(scheme, seats, people)
    pools = [[seat.id for seat in scheme.seats].index(seat.id) for seat in seats]
    places_ = [np.array([person.high for person in side], np.int64).reshape(len(side)) for side in people]
    layout = Layout(
        scheme, round_, seats, people, scores, TeamProblem(places_, {}, masks, fields, pools), covers=covers
    )
    layout.together = _groups(layout, ((bond.a, bond.b, bond.row) for bond in round_.fixed))
    layout.current = {frozenset((bond.a, bond.b)) for bond in round_.current}
    scale = TeamProblem(places_, dict(pairs), masks, fields, pools).most()
    _add_bonuses(layout, pairs, scale)
    layout.problem = TeamProblem(places_, pairs, masks, fields, pools, scale)
    return layout


def _masks(
    scheme: Scheme, seats: list[Seat], people: list[list[Person]]
) -> tuple[list[Ints], list[tuple[int, int]], list[tuple[Term, int]]]:
    """What each person has, as bits; (bits, weight) of each cover term; and (term, bits)."""
    masks = [np.zeros(len(side), np.uint64) for side in people]
    fields, covers, used = [], [], 0
    for term in scheme.terms:
        if term.kind != "cover":
            continue
        attribute = dict(zip(term.seats, term.attributes, strict=True))
        values = sorted(
            {
                value
                for seat, side in zip(seats, people, strict=True)
                for person in side
                for value in person.attributes.get(attribute.get(seat.id, ""), ())
            }
        )
        if used + len(values) > MOST_VALUES:
            raise CannotPropose(f"“{term.title}”要数的值太多，一共最多 {MOST_VALUES} 种。请合并相近的值。")
        bit = {value: 1 << (used + at) for at, value in enumerate(values)}
        for seat, side, mask in zip(seats, people, masks, strict=True):
            for at, person in enumerate(side):
                for value in person.attributes.get(attribute.get(seat.id, ""), ()):
                    mask[at] |= np.uint64(bit[value])
        bits = sum(bit.values())
        used += len(values)
        if bits:
            fields.append((bits, term.weight))
            covers.append((term, bits))
    return masks, fields, covers


def _groups(layout: Layout, bonds: Iterable[tuple[str, str, int]]) -> set[frozenset[str]]:
    """Each two people who are to be in one team, by what was chosen directly or through others."""
    group: dict[str, set[str]] = {}
    people = layout.round.people
    for one, other, row in bonds:
        joined = group.get(one, {one}) | group.get(other, {other})
        for seat in layout.scheme.seats:
            mine = [name for name in joined if people[name].side == seat.id]
            if len(mine) > seat.count:
                names = "、".join(sorted(mine))
                raise CannotPropose(
                    f"fixed.csv 第 {row} 行：这样“{names}”就在同一队，一队的“{seat.title}”只有 {seat.count} 人。请改正。"
                )
        for name in joined:
            group[name] = joined
    return {frozenset(pair) for members in group.values() for pair in combinations(sorted(members), 2)}


def _add_bonuses(layout: Layout, pairs: dict[tuple[int, int], Ints], most: int) -> None:
    """Choices of people come first, then who must be in a team, then keeping the present teams; all before scores."""
    teams = max(1, layout.problem.teams)
    reach = 2 * most * teams + 1
    if layout.current:
        layout.change = layout.scheme.change if layout.scheme.change is not None else reach
        reach += layout.change * teams * len(pairs)
    needed = [seat for seat, side in enumerate(layout.people) if any(person.low for person in side)]
    layout.must = reach if needed else 0
    reach += layout.must * teams * len(layout.seats)
    layout.keep = reach if layout.together else 0
    if max(layout.keep, layout.must, layout.change) * 3 > LARGEST_SCORE:
        raise CannotPropose(
            "权重太大，人又多，分不出先后。请把方案里的权重（weight）一起改小，例如都除以 10。"
        )
    for (one, other), table in pairs.items():
        allowed = table > NEVER
        for wanted, bonus in ((layout.together, layout.keep), (layout.current, layout.change)):
            for row, column in _cells(layout, one, other, wanted):
                if allowed[row, column]:
                    table[row, column] += bonus
        # Being in a team is counted once a person: beside the next seat's.
        for seat, next_seat, turned in ((one, other, False), (other, one, True)):
            if layout.must and next_seat == (seat + 1) % len(layout.seats):
                must = np.array([person.low > 0 for person in layout.people[seat]])
                extra = np.where(allowed, layout.must, 0)
                table += np.where(must[None, :] if turned else must[:, None], extra, 0).astype(table.dtype)


def _cells(layout: Layout, one: int, other: int, wanted: set[frozenset[str]]) -> Iterable[tuple[int, int]]:
    at = [{person.id: place for place, person in enumerate(layout.people[seat])} for seat in (one, other)]
    for pair in wanted:
        names = sorted(pair)
        for a, b in (names, names[::-1]):
            if a in at[0] and b in at[1]:
                yield at[0][a], at[1][b]


def _bonus(layout: Layout, team: list[int]) -> int:
    pairs = [frozenset(names) for names in combinations(_ids(layout, team), 2)]
    must = sum(layout.people[seat][person].low > 0 for seat, person in enumerate(team))
    return (
        layout.keep * sum(pair in layout.together for pair in pairs)
        + layout.change * sum(pair in layout.current for pair in pairs)
        + layout.must * must
    )


def _ids(layout: Layout, team: list[int]) -> list[str]:
    return [layout.people[seat][person].id for seat, person in enumerate(team)]


def _pairs_of(layout: Layout, teams: list[list[int]]) -> Iterable[tuple[str, str]]:
    for team in teams:
        yield from combinations(_ids(layout, team), 2)


def _broken(layout: Layout, team: list[int]) -> bool:
    return any(
        layout.problem.pairs[one, other][team[one], team[other]] <= BROKEN // 2
        for one, other in combinations(range(len(team)), 2)
    )


def _told(layout: Layout, team: list[int]) -> TeamTold:
    counts: dict[str, int] = {}
    for (one, other), table in layout.scores.items():
        same = layout.seats[one].id == layout.seats[other].id
        for name, part in table.terms.items():
            value = int(part(team[one], team[one] + 1)[0, team[other]])
            if same:
                value += int(part(team[other], team[other] + 1)[0, team[one]])
            counts[name] = counts.get(name, 0) + value
    together = 0
    for seat, person in enumerate(team):
        together |= int(layout.problem.masks[seat][person])
    for term, bits in layout.covers:
        counts[term.id] = term.weight * (together & bits).bit_count()
    counts = {name: value for name, value in counts.items() if value}
    ids = _ids(layout, team)
    by_seat: dict[str, tuple[str, ...]] = {}
    for seat_, name in zip(layout.seats, ids, strict=True):
        by_seat[seat_.id] = (*by_seat.get(seat_.id, ()), name)
    fixed = any(frozenset(pair) in layout.together for pair in combinations(ids, 2))
    return TeamTold(by_seat, sum(counts.values()), counts, fixed, _why(layout, counts, fixed))


def _why(layout: Layout, counts: dict[str, int], fixed: bool) -> str:
    titles = {term.id: term.title for term in layout.scheme.terms}
    for_it = [f"{titles[n]} +{v}" for n, v in sorted(counts.items(), key=lambda one: -one[1]) if v > 0]
    against = [f"{titles[n]} {v}" for n, v in sorted(counts.items(), key=lambda one: one[1]) if v < 0]
    parts = ["有人自己选定"] if fixed else []
    parts += ["、".join(for_it)] if for_it else []
    parts += ["不利的是" + "、".join(against)] if against else []
    return "，".join(parts) + "。" if parts else "没有看重的条件起作用。"


def _without(layout: Layout, teams: list[list[int]], broken: int) -> list[WithoutTeam]:
    """Everybody who may sit and is in no team, with the reason."""
    used = {name for team in teams for name in _ids(layout, team)}
    places = {
        seat.id: sum(person.high for person in layout.round.seated(layout.scheme, seat.id))
        for seat in layout.scheme.seats
    }
    number = layout.problem.teams
    lacking = [
        f"{(number + 1) * seat.count - places[seat.id]} 名{seat.title}"
        for seat in layout.scheme.seats
        if places[seat.id] < (number + 1) * seat.count
    ]
    found = []
    for seat in layout.scheme.seats:
        for person in layout.round.seated(layout.scheme, seat.id):
            if person.id in used or person.high == 0:
                continue
            if broken:
                reason = "余下的人里，没有都符合条件、又不互相禁止的一队。"
                mend = _mend(layout, seat, person)
            else:
                reason = (
                    f"现有的人够组 {number} 队，“{seat.title}”每队 {seat.count} 人，"
                    f"多出 {places[seat.id] - number * seat.count} 人。"
                )
                mend = f"再有 {'、'.join(lacking)}，就能多组一队。"
            found.append(WithoutTeam(person.id, seat.id, person.low > 0, reason, mend))
    return found


def _mend(layout: Layout, seat: Seat, person: Person) -> str:
    """The requirement that keeps most others away from a person."""
    titles = {rule.id: rule.title for rule in layout.scheme.requirements}
    worst, name = 0, ""
    for table in layout.scores.values():
        for rule, part in table.rules.items():
            if seat.id == table.row_seat:
                row = table.rows.index(person)
                count = int((part(row, row + 1) > 0).sum())
            elif seat.id == table.column_seat:
                count = int((part(0, len(table.rows))[:, table.columns.index(person)] > 0).sum())
            else:
                continue
            if count > worst:
                worst, name = count, titles[rule]
    if name:
        return f"不要求“{name}”（它排除了 {worst} 人），就可能组成。"
    return "请再加一名能和他们一队的人，或放宽不许在一起的名单。"


def _swaps(layout: Layout, teams: Ints, most: int) -> dict[str, list[Swap]]:
    """For each person in a team the cheapest exchanges with the same seat of another team."""
    found: dict[str, list[Swap]] = {}
    if not most or len(teams) < 2:
        return found
    for seat in range(len(layout.seats)):
        others = [other for other in range(len(layout.seats)) if other != seat]
        table = gains(layout.problem, teams, seat, others)[:, teams[:, seat]]
        own = np.diag(table)
        loss = own[:, None] + own[None, :] - table - table.T
        np.fill_diagonal(loss, np.iinfo(np.int64).max)
        order = np.argsort(loss, axis=1, kind="stable")[:, :most]
        for at, team in enumerate(teams[:, seat].tolist()):
            person = layout.people[seat][team]
            for to in order[at].tolist():
                other = layout.people[seat][int(teams[to, seat])]
                cost = int(loss[at, to])
                if other.id == person.id or cost > -BROKEN // 2:
                    continue
                held = layout.keep or layout.must or layout.change
                if held and cost >= held:
                    why = f"和{other.title}对调，要拆开已经定下的。"
                else:
                    why = (
                        f"和{other.title}对调，总分少 {cost}。"
                        if cost
                        else f"和{other.title}对调，总分一样。"
                    )
                found.setdefault(person.id, []).append(Swap(other.id, cost, why))
    return found
