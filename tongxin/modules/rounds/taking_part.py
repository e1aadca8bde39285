"""Who takes part in a round: everybody on whom a seat's condition holds, in the order of the seats."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.programmes.pairings import Pairing
from tongxin.methods.matching.folder import Person, holds

from .attributes import Register, present


@dataclass
class Seated:
    """The people of one seat. among: how many of that kind the school has."""

    seat: str
    title: str
    people: list[Subject] = field(default_factory=list)
    among: int = 0
    low: int = 0
    high: int = 1
    count: int = 1

    @property
    def places(self) -> int:
        return len(self.people) * self.high

    @property
    def needed(self) -> int:
        return len(self.people) * self.low


def seated(
    school: School, pairing: Pairing, day: date, *, branch: Subject | None = None, fill: bool = False
) -> list[Seated]:
    """Return the people of each seat; nobody sits on two.

    branch: only its members sit on the first seat. fill: who has a partner on the day already is left out on the last.
    """
    register = Register(school, pairing, day)
    taken: set[int] = set()
    found = []
    members = _members(branch, day) if branch is not None else None
    paired = partnered(school, pairing, day) if fill else set()
    for number, seat in enumerate(pairing.scheme.seats):
        everybody = present(school, pairing.use.type_of(seat.id), day)
        values = register.of(seat.id, everybody)
        people = [
            one
            for one in everybody
            if one.pk not in taken
            and (
                seat.who is None
                or holds(seat.who, Person("", seat.id, "", seat.low, seat.high, values[one.pk]))
            )
            and (number or members is None or one.pk in members)
            and (number == 0 or one.pk not in paired)
        ]
        taken |= {one.pk for one in people}
        found.append(Seated(seat.id, seat.title, people, len(everybody), seat.low, seat.high, seat.count))
    return found


def _members(branch: Subject, day: date) -> set[int]:
    rows = Link.objects.filter(
        kind="branch_member", b=branch, superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    )
    return set(rows.values_list("a_id", flat=True))


def partnered(school: School, pairing: Pairing, day: date) -> set[int]:
    """Return whoever is in a pair, or in a team, of the pairing's kinds on a day."""
    rows = Link.objects.filter(
        school=school,
        kind__in=pairing.use.kinds(),
        superseded_at=FOREVER,
        valid_from__lte=day,
        valid_to__gte=day,
    )
    if pairing.teams:
        return set(rows.values_list("a_id", flat=True))
    return {pk for pair in rows.values_list("a_id", "b_id") for pk in pair}
