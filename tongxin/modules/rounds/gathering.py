"""A round as the matcher takes it: people by their keys, what is known of them, wishes, and the organiser's word.

No name goes in: sentences that come out name somebody by `⟦key⟧`, and names are put in when they are read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link
from tongxin.kernel.people import together
from tongxin.kernel.programmes.pairings import Pairing
from tongxin.methods.matching.folder import Bond as MatcherBond
from tongxin.methods.matching.folder import Person
from tongxin.methods.matching.folder import Round as MatcherRound
from tongxin.methods.matching.scheme import Scheme

from . import schemes
from .attributes import Register
from .models import Bond, Participant, Proposal, Round, Wish

MARK = re.compile(r"⟦(\d+)⟧")


def named(sentence: str, names: dict[int, str]) -> str:
    """Return a sentence with names where it marks people."""
    return MARK.sub(lambda found: names.get(int(found[1]), ""), sentence)


def marked(sentence: str) -> set[int]:
    """Return the participants a sentence marks."""
    return {int(key) for key in MARK.findall(sentence)}


def people_of(round_: Round) -> list[Participant]:
    """Return who takes part, in order of the seats' lists."""
    rows = Participant.objects.filter(round=round_, left_at=None).select_related("subject")
    return list(rows.order_by("subject__pinyin", "pk"))


def scheme_for(round_: Round, pairing: Pairing) -> Scheme:
    """Return the scheme without its conditions, which the list of people answers already, as the round wants it."""
    scheme = pairing.scheme
    seats = tuple(replace(seat, who=None) for seat in scheme.seats)
    terms = scheme.terms
    if round_.stable and not scheme.teams:
        terms = tuple(term for term in terms if term.kind != "balance")
    return replace(scheme, seats=seats, terms=terms, stable=round_.stable and not scheme.teams)


class Gathered:
    """Everything the matcher needs of a round, read once."""

    def __init__(self, round_: Round, day: date) -> None:
        self.round, self.day = round_, day
        self.pairing = schemes.of_text(round_.school, round_.text, day)
        self.scheme = scheme_for(round_, self.pairing)
        self.people = people_of(round_)
        self.by_subject = {one.subject_id: one for one in self.people}
        self.register = Register(round_.school, self.pairing, day)
        self.seats: dict[str, list[Participant]] = defaultdict(list)
        for one in self.people:
            self.seats[one.seat].append(one)
        self.outside = self._outside()

    def matcher_round(self, *, least_change: bool) -> MatcherRound:
        """Return the round; least_change: with the present proposal to keep to."""
        made = MatcherRound(self._persons())
        made.wishes = self._wishes()
        bonds = list(Bond.objects.filter(round=self.round, ended_at=None).order_by("pk"))
        let = {frozenset((row.a_id, row.b_id)) for row in bonds if row.kind == Bond.Kind.LET}
        present = {str(one.pk) for one in self.people}
        made.fixed = [_bond(row) for row in bonds if row.kind == Bond.Kind.TOGETHER]
        made.forbidden = [_bond(row) for row in bonds if row.kind == Bond.Kind.APART]
        made.fixed = [one for one in made.fixed if {one.a, one.b} <= present]
        made.forbidden = [one for one in made.forbidden if {one.a, one.b} <= present]
        if self.pairing.scheme.decides == "own_choice":
            made.fixed += self._own_choice(made)
        made.previous, rather_not = self._history(let)
        known = {frozenset((one.a, one.b)) for one in (*made.forbidden, *made.fixed)}
        made.forbidden += [one for one in rather_not if frozenset((one.a, one.b)) not in known]
        made.known = self._known()
        if least_change and self.round.proposal_id:
            made.current = self._current(present)
        return made

    def _persons(self) -> dict[str, Person]:
        found: dict[str, Person] = {}
        for seat in self.scheme.seats:
            own = self.seats[seat.id]
            values = self.register.of(seat.id, [one.subject for one in own])
            for one in own:
                attributes = dict(values[one.subject_id])
                for name, said in one.answers.items():
                    attributes[name] = tuple(dict.fromkeys((*attributes.get(name, ()), *map(str, said))))
                high = 0 if one.none else max(0, one.high - self.outside.get(one.pk, 0))
                low = min(one.low, high)
                key = str(one.pk)
                found[key] = Person(key, seat.id, f"⟦{key}⟧", low, high, attributes)
        return found

    def _outside(self) -> dict[int, int]:
        """Return how many places people of the first seat already fill with partners who are not in this round."""
        if self.pairing.teams:
            return {}
        first = self.scheme.seats[0].id
        found: dict[int, int] = {}
        for a, b in self._present_links():
            mine = self.by_subject.get(a)
            if mine is not None and mine.seat == first and b not in self.by_subject:
                found[mine.pk] = found.get(mine.pk, 0) + 1
        return found

    def _present_links(self) -> list[tuple[int, int]]:
        day = self.round.starts_on
        rows = Link.objects.filter(
            school=self.round.school, kind=self.pairing.link, superseded_at=FOREVER, valid_from__lt=day,
            valid_to__gte=day,
        )  # fmt: skip
        return list(rows.values_list("a_id", "b_id"))

    def _wishes(self) -> list[tuple[str, str, int]]:
        active = {one.pk for one in self.people if not one.none}
        rows = Wish.objects.filter(round=self.round).order_by("person_id", "rank")
        return [
            (str(person), str(wants), rank)
            for person, wants, rank in rows.values_list("person_id", "wants_id", "rank")
            if person in active and wants in active
        ]

    def _own_choice(self, made: MatcherRound) -> list[MatcherBond]:
        """Return who chose each other, the dearest wishes first, as far as they have places."""
        rank = {(one, other): at for one, other, at in made.wishes}
        mutual = sorted(
            (rank[one, other] + rank[other, one], int(one), int(other))
            for one, other in rank
            if (other, one) in rank and int(one) < int(other)
        )
        fixed = {frozenset((bond.a, bond.b)) for bond in made.fixed}
        closed = {frozenset((bond.a, bond.b)) for bond in made.forbidden}
        chosen = _Chosen(self.scheme, made, fixed)
        found = []
        for _ranks, a, b in mutual:
            pair = frozenset((str(a), str(b)))
            if pair not in fixed | closed and chosen.may(str(a), str(b)):
                found.append(MatcherBond(str(a), str(b), "双方互选"))
        return found

    def _history(self, let: set[frozenset[int]]) -> tuple[list[MatcherBond], list[MatcherBond]]:
        """Return (pairs that go on from now, pairs that said rather not)."""
        previous: set[tuple[int, int]] = set()
        against = []
        if self.pairing.teams:
            return self._teams_before(), []
        for a, b in self._present_links():
            if a in self.by_subject and b in self.by_subject:
                previous.add((self.by_subject[a].pk, self.by_subject[b].pk))
        said = together.told(self.round.school, self.pairing.link, self.day)
        for (a, b), word in said.items():
            if a not in self.by_subject or b not in self.by_subject:
                continue
            pair = (self.by_subject[a].pk, self.by_subject[b].pk)
            if word == together.AGAIN:
                previous.add(pair)
            elif frozenset(pair) not in let:
                previous.discard(pair)
                against.append(MatcherBond(str(pair[0]), str(pair[1]), "双方反馈不再合适"))
        return [MatcherBond(str(a), str(b)) for a, b in sorted(previous)], against

    def _teams_before(self) -> list[MatcherBond]:
        """Return each two people who sit in a team of these kinds now."""
        rows = Link.objects.filter(
            school=self.round.school, kind__in=self.pairing.use.kinds(), b__type="team", superseded_at=FOREVER,
            valid_from__lt=self.round.starts_on,
        )  # fmt: skip
        sat: dict[int, list[Participant]] = defaultdict(list)
        for a, team in rows.values_list("a_id", "b_id"):
            if a in self.by_subject:
                sat[team].append(self.by_subject[a])
        pairs = {
            (one.pk, other.pk)
            for side in sat.values()
            for one in side
            for other in side
            if one.seat < other.seat
        }
        return [MatcherBond(str(a), str(b)) for a, b in sorted(pairs)]

    def _known(self) -> list[MatcherBond]:
        if not any(term.kind == "knows" for term in self.scheme.terms):
            return []
        pupils: dict[int, list[Participant]] = defaultdict(list)
        for one in self.people:
            room = self.register.room_of.get(one.subject_id)
            if room is not None:
                pupils[room].append(one)
            if self.pairing.use.type_of(one.seat) == "homeroom":
                pupils[one.subject_id].append(one)
        found = []
        for staff, rooms in self.register.knows().items():
            mine = self.by_subject.get(staff)
            if mine is not None:
                others = {one.pk for room in rooms for one in pupils.get(room, ())}
                found += [MatcherBond(str(mine.pk), str(other)) for other in sorted(others)]
        return found

    def _current(self, present: set[str]) -> list[MatcherBond]:
        proposal = Proposal.objects.get(pk=self.round.proposal_id)
        found = []
        for group in proposal.found["groups"]:
            keys = [str(key) for key in group["who"] if str(key) in present]
            found += [MatcherBond(one, other) for at, one in enumerate(keys) for other in keys[at + 1 :]]
        return found


class _Chosen:
    """Counts the places that choices take, so that no more is settled than somebody wants or a team has."""

    def __init__(self, scheme: Scheme, made: MatcherRound, fixed: Iterable[frozenset[str]]) -> None:
        self.scheme, self.people = scheme, made.people
        self.taken: dict[str, int] = defaultdict(int)
        self.group: dict[str, set[str]] = {}
        for pair in fixed:
            self._join(*sorted(pair))

    def _join(self, one: str, other: str) -> None:
        self.taken[one] += 1
        self.taken[other] += 1
        joined = self.group.get(one, {one}) | self.group.get(other, {other})
        for key in joined:
            self.group[key] = joined

    def may(self, one: str, other: str) -> bool:
        """Settle two people if they have room for each other."""
        if self.scheme.teams:
            joined = self.group.get(one, {one}) | self.group.get(other, {other})
            seats = [self.people[key].side for key in joined]
            full = any(seats.count(seat.id) > seat.count for seat in self.scheme.seats)
            free = all(self.people[key].high > 0 for key in joined)
            if full or not free:
                return False
        elif any(self.taken[key] >= self.people[key].high for key in (one, other)):
            return False
        self._join(one, other)
        return True


def _bond(row: Bond) -> MatcherBond:
    return MatcherBond(str(row.a_id), str(row.b_id), row.reason)
