"""What the national base reads of people: ages, special groups, who needs a plan, who is new to teaching."""

from __future__ import annotations

from datetime import date, timedelta

from tongxin.kernel.base.fields import ALWAYS
from tongxin.kernel.people.models import Person

from .facts import Facts
from .population import Populated, Pupil
from .routine import Routine
from .world import C

SPECIAL_SHARE, NEED_SHARE = 0.045, 0.012
SPECIALTIES = 3  # the first departments of a vocational school teach its trades


class BaseFacts(Routine):
    """special: students of special groups; needing: those whom the counsellor named for a plan of their own."""

    def __init__(self, out: Populated, years: tuple[int, ...], facts: Facts, **known) -> None:
        super().__init__(out, known["ledger"], known["days"], known["started"])
        self.years, self.facts = years, facts
        self.special: list[Pupil] = []
        self.needing: list[Pupil] = []

    @property
    def stage(self) -> str:
        return self.out.plan.stage

    def _facts(self) -> None:
        self._students()
        self._teachers()
        self.facts.write()

    def _students(self) -> None:
        pupils = [pupil for room in self.out.rooms for pupil in room.pupils]
        born = dict(Person.objects.filter(pk__in=[p.id for p in pupils]).values_list("pk", "birth_date"))
        for pupil in pupils:
            if (birth := born[pupil.id]) is not None:
                self._age(pupil, birth)
            since = max(pupil.present_from, self.started)
            special, need = self.chance(SPECIAL_SHARE), self.chance(NEED_SHARE)
            self.facts.state(pupil.subject, "special_group", special, since)
            self.facts.state(pupil.subject, "wellbeing_need", need, since)
            self.special += [pupil] if special else []
            self.needing += [pupil] if need else []

    def _age(self, pupil: Pupil, born: date) -> None:
        """Under fourteen until the birthday; who was born on the last day of a leap February turns in March."""
        birthday = date(born.year + 14, born.month, 1) + timedelta(days=born.day - 1)
        self.facts.state(pupil.subject, "under_fourteen", True, ALWAYS, birthday - timedelta(days=1))
        self.facts.state(pupil.subject, "under_fourteen", False, birthday)

    def _teachers(self) -> None:
        for person in self.out.staff:
            if C not in self.out.plan.packs:  # told there
                fresh = person.arrived.year >= self.started.year and person.young
                end = person.arrived + timedelta(days=365) if fresh else ALWAYS
                if fresh:
                    self.facts.state(person.subject, "new_teacher", True, person.arrived, end)
                    end += timedelta(days=1)
                self.facts.state(person.subject, "new_teacher", False, end)
            if self.stage in ("vocational", "college"):
                trade = person.teaching and person.department < SPECIALTIES
                self.facts.state(person.subject, "specialty_teacher", trade)
