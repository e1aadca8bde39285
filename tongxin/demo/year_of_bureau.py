"""What a bureau does itself of what the national base asks: it has its schools screened and hands in the region's figures."""

from __future__ import annotations

from datetime import date

from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.people.models import Person

from .facts import Facts
from .population import Populated, StaffMember
from .routine import Routine
from .world import REGION, BureauPlan, SchoolPlan

FIGURES = {"psychology_teachers": 96, "family_stations": 64, "joint_bodies": 67}


def bureau_office(plan: BureauPlan, bureau: School, subject: Subject, year: int) -> Populated:
    """Return a bureau with its officials, as the stories of a year want it."""
    size = {"homerooms": (), "students": 0, "staff": 0, "members": 0, "first_age": 0, "branches": ()}
    shape = SchoolPlan(plan.slug, plan.name, plan.short, "none", **size, diligence=0.97)  # type: ignore[arg-type]
    out = Populated(shape, bureau, subject, year)
    people = Person.objects.filter(school=bureau).select_related("subject", "account").order_by("pk")
    posts = dict(Link.objects.filter(school=bureau, b=subject).values_list("a", "kind"))
    for person in people:
        out.staff.append(
            StaffMember(
                person.subject,
                person.subject.name,
                person.sex,
                date(1980, 1, 1),
                0,
                shape.diligence,
                teaching=False,
                account=person.account,
                posts=[posts[person.pk]],
            )
        )
    return out


class YearOfTheBureau(Routine):
    def __init__(self, out: Populated, years: tuple[int, ...], facts: Facts, **known) -> None:
        super().__init__(out, known["ledger"], known["days"], known["started"])
        self.years, self.facts = years, facts

    def tell(self) -> None:
        for name, value in (("institution", "bureau"), ("stage", "none"), ("region", REGION)):
            self.facts.state(self.out.subject, name, value)
        for person in self.out.staff:
            for name in ("teaching", "new_teacher"):
                self.facts.state(person.subject, name, False)
            self.facts.state(person.subject, "membership_state", "none")
        self.facts.write()
        officer = self.post("bureau_officer")
        for year in self.years:
            when = (date(year, 9, 8), date(year, 9, 28))
            self.held("screening_organised", *when, {"organiser": officer}, evidence=["document"], by=officer)
            for theme, percent in FIGURES.items():
                closing, amounts = (date(year, 11, 2), date(year, 11, 16)), {"percent": percent}
                parts = {"reporter": officer}
                self.held("region_figure", *closing, parts, theme=theme, amounts=amounts, by=officer)
