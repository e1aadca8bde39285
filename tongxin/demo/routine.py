"""What the years of all schools have in common: chances, people at hand, small habits of keeping a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

from .days import Days
from .ledger import Ledger
from .population import Populated, Room, StaffMember

T = TypeVar("T")
Span = tuple[date, date]
OWING = ("党员教师", "任课教师", "青年教师")


class Routine:
    """A school's year, told month by month by the classes that inherit from this one."""

    def __init__(self, out: Populated, ledger: Ledger, days: Days, started: date) -> None:
        self.out, self.ledger, self.days, self.random = out, ledger, days, ledger.random
        self.started = started
        self.care = out.plan.diligence

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def some(self, people: Sequence[T], count: int) -> list[T]:
        """Up to `count` of some people or things."""
        return self.random.sample(list(people), min(count, len(people)))

    def most(self, people: Sequence[T], share: float) -> list[T]:
        """Nearly all of them; at least one."""
        chosen = [p for p in people if self.chance(share)]
        return chosen or list(people[:1])

    def proof(self, *types: str, share: float = 0.92) -> list[str]:
        """The evidence somebody remembers to add."""
        return [t for t in types if self.chance(share)]

    def enter(self, kind: str, day: date | None, parts: dict, **more) -> bool:
        more.setdefault("late", 0 if self.chance(0.7) else self.random.randrange(1, 9))
        return self.ledger.enter(kind, day, parts, **more)

    def held(self, kind: str, first: date, last: date, parts: dict, **more) -> date | None:
        """Enter an activity on a random school day of [first, last]; return the day if it is not in the future."""
        day = self.days.school_day(first, last)
        return day if self.enter(kind, day, parts, **more) else None

    def done(self) -> bool:
        """Does this school get round to it, and write it down."""
        return self.chance(0.12 + 0.88 * self.care)

    def likely(self, person: StaffMember) -> bool:
        """Does this person get round to it."""
        return self.chance(0.35 * self.care + 0.62 * person.diligence)

    def once(self, kind: str, when: Span, parts: dict, *evidence: str, **more) -> date | None:
        """Enter an activity of the school on a school day of a span, if the school gets round to it."""
        if not self.done():
            return None
        return self.held(kind, *when, parts, evidence=self.proof(*evidence), **more)

    def on_leave(self, kind: str, when: Span, parts: dict, *evidence: str, **more) -> bool:
        """As `once`, on any day: in the holidays there are no school days."""
        return self.done() and self.enter(
            kind, self.days.any_day(*when), parts, evidence=self.proof(*evidence), **more
        )

    def post(self, name: str) -> StaffMember:
        return self.out.holder(name)

    def still_owes(self, person: StaffMember, last: date) -> bool:
        """The teachers who sign in at the demo have something left to do in the window that is running."""
        return person in (self.out.shown.get(label) for label in OWING) and last >= self.days.today

    def teaching(self) -> list[StaffMember]:
        return [s for s in self.out.staff if s.teaching]

    def young(self) -> list[StaffMember]:
        return [s for s in self.out.staff if s.young]

    def here(self, people: Sequence[StaffMember], day: date) -> list[StaffMember]:
        """Those who had arrived by a day."""
        return [s for s in people if s.arrived <= day]

    def rooms_on(self, day: date) -> list[Room]:
        return self.out.rooms_in(day.year if day.month >= 9 else day.year - 1)


def span(first: date, n: int) -> tuple[date, date]:
    """n days from a first day."""
    return first, first + timedelta(days=n - 1)
