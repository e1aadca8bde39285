"""What a school does of what the national base asks besides its own programme: families, wellbeing, teachers, records.

Of a thing that the school's own programme has done already nothing is told again.
"""

from __future__ import annotations

from datetime import date, timedelta

from tongxin.kernel.base.models import Link
from tongxin.methods.cadence.calendar import Term

from .base_party import PartyLife, month_of
from .population import Room
from .routine import Span
from .world import A, B

SUMMER_HOURS, SUMMERS = 52, 5
SOURCES = ("self", "teachers", "students")


class YearOfTheBase(PartyLife):
    def tell(self) -> None:
        self._facts()
        self._party()
        for year in self.years:
            self._wellbeing(year)
            self._families(year)
            self._staff(year)
            self._data(year)
        self._trained_before()
        for term in self.days.terms():
            if term.last >= self.started:
                self._term(term)

    # wellbeing

    def _wellbeing(self, year: int) -> None:
        counsellor, autumn = self.post("counsellor"), (date(year, 9, 10), date(year, 10, 20))
        for theme, area in (("individual", 12), ("group", 36 if self.care > 0.5 else 16)):
            keeper, amounts = {"keeper": counsellor}, {"area": area}
            self.once("room_record", autumn, keeper, "photo", theme=theme, amounts=amounts, by=counsellor)
        if A not in self.out.plan.packs:
            self._network(year, autumn)
        rooms = self.rooms_on(date(year, 10, 1))
        if self.stage == "primary":
            for room in (one for one in rooms if one.grade(year) >= 4):
                self._screening(room, year)
        if self.stage == "vocational":
            for room in (one for one in rooms if one.grade(year) == 1):
                parts: dict = {"homeroom": room.subject, "lecturer": counsellor}
                when = (date(year, 10, 8), date(year, 12, 18))
                self.once("psychology_course", when, parts, "lesson_plan", hours=2, by=counsellor)
        if self.stage == "college":
            self._college(year, rooms)
        for room in rooms:
            self._plans(room, year)

    def _college(self, year: int, rooms: list[Room]) -> None:
        """Newcomers are screened, and every year of study has sixteen hours of psychology; dormitories month by month."""
        counsellor = self.post("counsellor")
        for room in rooms:
            if room.grade(year) == 1:
                self._screening(room, year)
            if room.grade(year) <= 2:
                people = [p.subject for p in room.present(date(year, 12, 1))]
                parts: dict = {"homeroom": room.subject, "student": people, "lecturer": counsellor}
                when = (date(year, 11, 2), date(year, 12, 11))
                proof = self.proof("lesson_plan")
                self.held("psychology_course", *when, parts, hours=16, evidence=proof, by=counsellor)
            for span in self.days.months(date(year, 9, 1), date(year + 1, 6, 30)):
                if self.likely(room.teacher):
                    visit = {"visitor": room.teacher, "homeroom": room.subject}
                    self.held("dormitory_visit", *span, visit, by=room.teacher)

    def _network(self, year: int, when: Span) -> None:
        """The four levels with names: leaders, psychology teachers, class teachers, a student of every class."""
        posts = {
            name: [s for s in self.out.staff if name in s.posts] for name in ("administrator", "counsellor")
        }
        rooms = self.rooms_on(when[0])
        here = {p.id: p.subject for room in rooms for p in room.present(when[0])}
        links = Link.objects.filter(school=self.out.school, kind="peer_supporter", a__in=here).order_by("pk")
        parts: dict = {
            "committee": [self.post("secretary"), *posts["administrator"]],
            "counsellor": posts["counsellor"],
            "homeroom_teacher": list(dict.fromkeys(room.teacher for room in rooms)),
            "peer_supporter": [here[a] for a in links.values_list("a", flat=True)],
        }
        self.once("network_roster", when, parts, "roster", by=self.post("counsellor"))

    def _screening(self, room: Room, year: int) -> None:
        day, counsellor = date(year, 10, 12), self.post("counsellor")
        tested = [p.subject for p in self.most(room.present(day), 0.98)]
        parts: dict = {"screened": tested, "organiser": counsellor}
        proof = self.proof("consent", "record_sheet", share=0.96)
        self.held("screening", day, date(year, 11, 6), parts, mode="imported", evidence=proof, by=counsellor)

    def _plans(self, room: Room, year: int) -> None:
        """A plan for every student of a special group whose teacher gets round to it, and for all who need one."""
        when = (date(year, 9, 14), date(year, 11, 13))
        for pupil in room.present(when[1]):
            if pupil in self.needing or (pupil in self.special and self.likely(room.teacher)):
                parts: dict = {"student": pupil.subject, "author": room.teacher}
                proof = self.proof("plan", share=0.7)
                self.held("care_plan", *when, parts, stage="made", evidence=proof, by=room.teacher)

    # families

    def _families(self, year: int) -> None:
        lead, autumn = self.post("parents_lead"), (date(year, 9, 2), date(year, 9, 24))
        for theme in ("work_plan", "teacher_training"):
            self.once("family_guidance_plan", autumn, {"author": lead}, "document", theme=theme, by=lead)
        week = (date(year + 1, 5, 11), date(year + 1, 5, 17))
        self.once("family_week", week, {"organiser": lead}, "photo", by=lead)
        if A not in self.out.plan.packs:
            for room in self.rooms_on(date(year, 9, 1)):
                self._visits(room, year)
        for leader in (s for s in self.out.staff if {"secretary", "administrator"} & set(s.posts)):
            if self.likely(leader):
                room = self.random.choice(self.rooms_on(date(year, 10, 1)))
                self._visit(leader, room, room.present(date(year, 11, 1))[0], year)

    def _visits(self, room: Room, year: int) -> None:
        """The class teacher at the homes, from October to the summer; some teachers do not get to all of them."""
        share = min(0.99, 0.5 + 0.5 * room.teacher.diligence) if self.done() else 0.4
        for pupil in room.present(date(year, 10, 1)):
            if self.chance(share):
                self._visit(room.teacher, room, pupil, year)

    def _visit(self, visitor, room: Room, pupil, year: int) -> None:
        last = min(date(year + 1, 7, 10), room.graduated_on, pupil.present_to)
        day = self.days.any_day(date(year, 9, 20), last)
        parts: dict = {"visited": pupil.subject, "visitor": visitor, "guardian": pupil.guardian}
        proof = self.proof("record_sheet", share=0.15)
        self.enter("home_visit", day, parts, mode="in_person", school_life="told", evidence=proof, by=visitor)

    # teachers

    def _staff(self, year: int) -> None:
        secretary, lead = self.post("secretary"), self.post("administrator")
        day = (date(year, 9, 7), date(year, 9, 10))
        self.once("teachers_day", day, {"organiser": lead}, "photo", by=secretary)
        june = (date(year + 1, 6, 3), date(year + 1, 6, 20))
        teachers = self.here(self.teaching(), june[0])
        for source in SOURCES if self.done() else SOURCES[:2]:
            parts: dict = {"assessed": self.most(teachers, 0.97)}
            proof = self.proof("record_sheet")
            self.held("appraisal_opinion", *june, parts, theme=source, evidence=proof, by=lead)
        self._summer(year + 1)
        for person in (s for s in self.out.staff if s.arrived.year == year and s.young):
            for month in (10, 12, 3, 5):
                when = month_of(year + (month < 9), month)
                if self.likely(person):
                    parts = {"trainee": person}
                    self.held("teacher_training", *when, parts, theme="probation", hours=30, by=person)

    def _summer(self, year: int, late: int = 0) -> None:
        """Training of all teachers in July; teachers of a trade go to a firm. late: written down so many days after."""
        when = (date(year, 7, 6), date(year, 7, 20))
        trained = self.most(self.here(self.teaching(), when[0]), 0.96)
        day, known = self.days.any_day(*when), {"late": late} if late else {}
        hours: dict = {"theme": "in_post", "hours": SUMMER_HOURS, "evidence": self.proof("certificate")}
        by = self.post("administrator")
        self.enter("teacher_training", day, {"trainee": trained}, by=by, **hours, **known)
        if self.stage not in ("vocational", "college"):
            return
        for person in trained:
            if person.department < 3 and self.likely(person):
                parts: dict = {"teacher": person, "enterprise": self.random.choice(self.out.enterprises)}
                months = {"months": self.random.choice((1, 1.5, 2, 2))}
                self.enter("enterprise_practice", day, parts, amounts=months, by=person, **known)

    def _trained_before(self) -> None:
        """What five years ask and the records do not reach back to: the office writes it down when they begin."""
        for n in range(SUMMERS):
            year = self.started.year - n
            self._summer(year, late=(self.started - date(year, 7, 1)).days + 20)

    # records about students

    def _data(self, year: int) -> None:
        office = self.post("office")
        for room in self.rooms_on(date(year, 9, 1)):
            self._consent(room, year)
        if year == self.started.year:
            when = (date(year, 10, 8), date(year, 11, 20))
            self.once("protection_rule", when, {"author": office}, "document", by=office)
            self.once("impact_assessment", when, {"assessor": office}, "document", by=office)
        audited = self.once(
            "compliance_audit",
            (date(year, 10, 19), date(year, 11, 18)),
            {"auditor": office},
            "document",
            by=office,
        )
        if audited and self.chance(0.9):
            self._answer("audit_reported", audited, 25, {"reporter": office}, office)
        for first, theme in ((date(year, 10, 9), "view"), (date(year + 1, 4, 6), "correct")):
            rooms = self.rooms_on(first)
            pupil = self.random.choice(self.random.choice(rooms).present(first))
            parts: dict = {"student": pupil.subject, "handler": office}
            asked = self.once(
                "data_request", (first, first + timedelta(days=30)), parts, theme=theme, by=office
            )
            if asked and self.chance(0.9):
                self._answer("data_answer", asked, 12, {"handler": office}, office, theme="granted")

    def _answer(self, kind: str, day: date, within: int, parts: dict, by, **more) -> None:
        """Enter what answers the activity entered last, some days after it."""
        first = self.ledger.latest
        self.enter(
            kind, self.days.any_day(day, day + timedelta(days=within)), parts, about=first, by=by, **more
        )

    def _consent(self, room: Room, year: int) -> None:
        """The form that families sign at the start of the year; a few bring it late and are not on it."""
        young = [p for p in room.present(date(year, 9, 20)) if self._child(room, year)]
        if young and self.chance(0.5 + 0.5 * self.care):
            parts: dict = {"student": [p.subject for p in self.most(young, 0.985)]}
            proof = self.proof("consent", share=0.97)
            when = (date(year, 9, 5), date(year, 9, 26))
            self.held("guardian_consent", *when, parts, theme="records", evidence=proof, by=room.teacher)

    def _child(self, room: Room, year: int) -> bool:
        return self.out.plan.first_age + room.grade(year) - 1 < 15

    # each term

    def _term(self, term: Term) -> None:
        whole, lead = (term.first, term.last), self.post("parents_lead")
        if B not in self.out.plan.packs:
            middle = term.first + timedelta(days=(term.last - term.first).days // 2)
            halves = ((term.first, middle), (middle, term.last))
            for span in halves[1:] if A in self.out.plan.packs else halves:
                told, people = {"lecturer": lead}, {"people": 120}
                self.once("parents_school_session", span, told, "sign_in_sheet", amounts=people, by=lead)
        here = [p.subject for p in self.special if p.present_from <= term.first <= p.present_to]
        if here:
            parts: dict = {"student": self.most(here, 0.94), "organiser": self.post("counsellor")}
            opening = (term.first + timedelta(days=14), term.last)
            self.once("special_group_activity", opening, parts, "record_sheet", by=self.post("counsellor"))
        expert = self.out.outsiders["expert"][1]
        for n in (20, 70):
            when = (term.first + timedelta(days=n), min(term.first + timedelta(days=n + 30), term.last))
            visit, proof = {"inspector": expert, "host": self.post("office")}, self.proof("record_sheet")
            if self.chance(0.985):  # the bureau comes, however busy the school
                self.held("inspection_visit", *when, visit, evidence=proof, by=self.post("office"))
        self._routine(*whole)

    def _routine(self, first: date, last: date) -> None:
        """What a school keeps up month by month, week by week and day by day."""
        lead = self.post("administrator")
        if self.stage != "college":
            for span in self.days.months(first, last):
                parts: dict = {"organiser": self.random.choice(self.teaching())}
                self.once("integrated_practice", span, parts, "photo", by=lead)
        if self.stage not in ("primary", "junior"):
            return
        share = 0.9 + 0.1 * self.care if self.care > 0.5 else 0.6
        for day in self.days.taught(first, min(last, self.days.today)):
            if self.chance(share):
                hours = 2 if self.chance(0.99) else 1.5
                self.enter("sport_day", day, {"organiser": lead}, hours=hours, late=0, by=lead)
        for term in self.days.terms():
            if term.first == first:
                for week in self.days.weeks(term):
                    if self.done():
                        self.held("no_homework_day", *week, {"organiser": lead}, late=0, by=lead)


__all__ = ["YearOfTheBase"]
