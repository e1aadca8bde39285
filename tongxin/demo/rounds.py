"""Rounds of pairs and teams in every state: mentors published, masters open for wishes, teams proposed, helpers in force.

What people wish and answer is drawn; what the computer proposes is what it proposes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

from tongxin.kernel.base.models import Link
from tongxin.kernel.programmes.pairings import Pairing
from tongxin.methods.matching.folder import Bond as Settled
from tongxin.modules.rounds import proposing, schemes, taking_part
from tongxin.modules.rounds.gathering import Gathered
from tongxin.modules.rounds.models import Group, Member, Participant, Proposal, Round, Step, Wish

from .facts import moment
from .inserting import give_keys, insert
from .population import Populated, StaffMember
from .world import SEED

State = Round.State
# Scheme, state, days from today: opened, wishes until, answers until, first day.
TOLD = (
    ("growth-mentors", State.PUBLISHED, -18, -8, 5, 12),
    ("class-contacts", State.PROPOSED, -9, -1, 7, 14),
    ("masters", State.OPEN, -3, 4, 11, 18),
    ("student-triads", State.PROPOSED, -12, -2, 6, 14),
    ("student-helpers", State.IN_FORCE, -60, -50, -43, -36),
)
OBJECTIONS = ("今年带毕业班，时间排不过来，想少带一名。", "和这名学生的家长是亲戚，换一位老师更合适。")
NONE = "本学期外出培训，下学期再带。"
# How often the search is asked to go on before it stops: by count, so that the demo is the same on any machine.
TICKS = 12


def tell(out: Populated, today: date) -> None:
    """Give a school the rounds of its programmes."""
    pairings = {one.name: one for one in schemes.all_of(out.school, today)}
    for name, state, *days in TOLD:
        if name in pairings:
            Told(out, today, pairings[name], state, days).tell()


class Told:
    """One round with its people, wishes, proposal and answers."""

    def __init__(
        self, out: Populated, today: date, pairing: Pairing, state: str, days: Sequence[int]
    ) -> None:
        self.out, self.today, self.pairing, self.state = out, today, pairing, state
        self.days = [today + timedelta(days=n) for n in days]
        self.random = Random(f"{SEED} rounds {out.plan.slug} {pairing.name}")

    def _id(self, *about: object) -> str:
        """The same every time, without a draw."""
        words = "|".join(["rounds", self.out.school.public_id, self.pairing.name, *map(str, about)])
        return base64.urlsafe_b64encode(hashlib.sha256(words.encode()).digest()[:16]).decode()[:22]

    def _organiser(self) -> StaffMember:
        return self.out.holder("counsellor" if self.pairing.sensitive else "secretary")

    def tell(self) -> None:
        opened, wishes_by, answers_by, starts = self.days
        seats = taking_part.seated(self.out.school, self.pairing, self.today)
        if not all(seat.people for seat in seats):
            return
        self.round = Round(
            public_id=self._id("round"), school=self.out.school, scheme=self.pairing.name, text=self.pairing.text,
            title=self.pairing.title, data_class=self.pairing.data_class, state=self.state, starts_on=starts,
            ends_on=date(self.out.year + 1, 8, 31), wishes_by=wishes_by, answers_by=answers_by,
            opened_by=self._organiser().subject, opened_at=moment(opened, 9), token=f"demo:{self._id('token')}",
        )  # fmt: skip
        insert(Round, [self.round])
        self._people(seats)
        self._wishes()
        if self.state == State.OPEN:
            return
        self._proposal()
        if self.state in (State.PUBLISHED, State.IN_FORCE):
            self._published()

    def _people(self, seats: list[taking_part.Seated]) -> None:
        rows = [
            Participant(
                public_id=self._id("person", one.public_id), round=self.round, school=self.out.school, subject=one,
                seat=seat.seat, low=seat.low, high=seat.high,
            )
            for seat in seats
            for one in seat.people
        ]  # fmt: skip
        # Most of those who are asked have answered; a few take nobody this time.
        for row in rows:
            ask = self.pairing.use.ask(row.seat)
            share = 0.45 if self.state == State.OPEN else 0.8
            if ask is None or self.random.random() > share:
                continue
            row.said_at, row.said_by = moment(self.days[0] + timedelta(days=1), 12), row.subject
            for slot in ask.slots:
                if slot.values:
                    row.answers[slot.id] = [value for value, _words in self.random.sample(slot.values, 2)]
            if ask.limits and self.random.random() < 0.04 and self.state != State.IN_FORCE:
                row.none, row.words = True, NONE
        give_keys(rows, Participant)
        insert(Participant, rows)
        self.people = rows

    def _wishes(self) -> None:
        rows = []
        for row in self.people:
            ask = self.pairing.use.ask(row.seat)
            if ask is None or row.said_at is None or row.none or not ask.wishes:
                continue
            others = [one for one in self.people if one.seat != row.seat and not one.none]
            if self.pairing.use.type_of(row.seat) == "staff":
                others = [one for one in others if self.pairing.use.type_of(one.seat) != "student"]
            for rank, wanted in enumerate(self.random.sample(others, min(2, len(others))), start=1):
                rows.append(Wish(round=self.round, person=row, wants=wanted, rank=rank))
        insert(Wish, rows)

    # ------------------------------------------------------------------ what came of it

    def _proposal(self) -> None:
        gathered = Gathered(self.round, self.today)
        left = [TICKS]

        def tick(_bound: int | None, _best: int | None) -> bool:
            left[0] -= 1
            return left[0] > 0

        if self.state == State.IN_FORCE:
            found = self._as_it_stands(gathered)
        else:
            found = proposing.found_for(gathered, 60, tick, least_change=False)
        found["change"] = {"kept": 0, "moved": 0}
        self.proposal = Proposal(
            public_id=self._id("proposal"), round=self.round, school=self.out.school, number=1,
            groups=len(found["groups"]), left=len(found["left"]), found=found,
            made_at=moment(self.days[1] + timedelta(days=1), 10),
        )  # fmt: skip
        insert(Proposal, [self.proposal])
        insert(
            Step,
            [Step(round=self.round, number=1, kind="solve", state=State.OPEN, by=self.round.opened_by,
                  at=self.proposal.made_at)],
        )  # fmt: skip
        Round.objects.filter(pk=self.round.pk).update(proposal=self.proposal, version=3)

    def _as_it_stands(self, gathered: Gathered) -> dict[str, Any]:
        """The pairs that the records have, with what would have spoken for them."""
        made = gathered.matcher_round(least_change=False)
        links = Link.objects.current().filter(
            school=self.out.school,
            kind=self.pairing.link,
            valid_from__lte=self.today,
            valid_to__gte=self.today,
        )
        keys = {one.subject_id: str(one.pk) for one in self.people}
        made.fixed = [
            Settled(keys[a], keys[b]) for a, b in links.values_list("a_id", "b_id") if a in keys and b in keys
        ]
        made.people = {
            key: self._with_room(person, sum(key in (bond.a, bond.b) for bond in made.fixed))
            for key, person in made.people.items()
        }
        found = proposing.pairs_found(gathered, made, 20, lambda _bound, _best: True)
        for group in found["groups"]:
            group["fixed"] = False
        return found

    def _with_room(self, person: Any, held: int) -> Any:
        return replace(person, low=min(person.low, held), high=held)

    def _published(self) -> None:
        at = moment(self.days[1] + timedelta(days=2), 16)
        groups = [
            Group(public_id=self._id("group", number), round=self.round, number=number, published_at=at)
            for number in range(1, self.proposal.groups + 1)
        ]
        give_keys(groups, Group)
        insert(Group, groups)
        people = {one.pk: one for one in self.people}
        members = [
            Member(
                public_id=self._id("member", group.number, key), group=group, school=self.out.school, person=people[key],
                asked=True,
            )
            for group, wanted in zip(groups, self.proposal.found["groups"], strict=True)
            for key in wanted["who"]
        ]  # fmt: skip
        share = 1.0 if self.state == State.IN_FORCE else 0.6
        objections = list(OBJECTIONS) if self.state == State.PUBLISHED else []
        for member in members:
            if self.random.random() > share:
                continue
            member.answer, member.answered_at = (
                Member.Answer.YES,
                at + timedelta(hours=self.random.randrange(1, 40)),
            )
            member.answered_by = member.person.subject
            if (
                objections
                and member.person.seat == self.pairing.scheme.seats[0].id
                and self.random.random() < 0.2
            ):
                member.answer, member.reason = Member.Answer.NO, objections.pop()
        insert(Member, members)
        changes: dict[str, Any] = {"published_at": at}
        if self.state == State.IN_FORCE:
            changes["in_force_at"] = moment(self.days[3], 8)
        Round.objects.filter(pk=self.round.pk).update(**changes)
