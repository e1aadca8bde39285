"""A school year under 双引领双互助: lessons opened, newcomers guided, groups at work, and what was left undone."""

from __future__ import annotations

from datetime import date, timedelta

from tongxin.methods.cadence.calendar import Term

from .population import Populated, StaffMember
from .routine import Routine

EIGHT = (
    "flag_raising", "anthem", "oath", "five_year_plan", "speech", "history_lesson", "memorial_hall", "road_walked",
)  # fmt: skip
FORUMS = ("thinking", "teaching_research", "education_management", "seen_in_education")
ORGANISATIONS = ("party", "league", "women", "union", "pioneers")
REQUESTS = ("teaching", "class_management", "thought", "work", "life")


class YearOfGuidance(Routine):
    """years: the school years told, by the calendar year they began in."""

    years: tuple[int, ...] = ()

    def tell(self) -> None:
        for year in self.years:
            self._september(year)
            self._ideals(year)
            self._together(year)
            self._results(year)
        for term in self.days.terms():
            if term.last >= self.started:
                self._term(term)

    # the school year

    def _september(self, year: int) -> None:
        secretary, lead, studio = self.post("secretary"), self.post("teaching_lead"), self.post("studio_lead")
        first, last = date(year, 9, 1), date(year, 9, 29)
        if self.care > 0.85 or self.done():
            chosen = self.some(self.here(self.teaching(), first), 10)
            self.held(
                "model_selection",
                date(year, 9, 7),
                date(year, 9, 11),
                {
                    "chosen": chosen,
                    "nominee": chosen,
                    "voter": self.most(self.here(self.out.staff, first), 0.9),
                },
                evidence=["result_list", "photo"],
                by=secretary,
            )
        for theme in ("union", "women", "pioneers"):
            if self.done():
                self.held(
                    "joint_plan",
                    first,
                    last,
                    {"branch": self.out.branches[0], "organiser": self.post(f"{theme}_organiser")},
                    theme=theme,
                    evidence=self.proof("document"),
                    by=secretary,
                )
        if self.done():
            listed = [s for s in self.young() if self.chance(0.3)] or self.young()[:1]
            self.held(
                "spark_register_update",
                first,
                last,
                {"listed": listed},
                evidence=["roster"],
                by=self.post("league_organiser"),
            )
        for theme in ("special_grade", "pairing_team", "master_teacher"):
            if self.done():
                self.held(
                    "studio_founding",
                    first,
                    last,
                    {"leader": studio, "member": self.some(self.teaching(), 6)},
                    theme=theme,
                    evidence=["roster"],
                    by=studio,
                )
        for theme in ("choir", "volleyball"):
            if self.done():
                self.held(
                    "staff_group_founding",
                    first,
                    last,
                    {"leader": self.post("women_organiser"), "member": self._women(12)},
                    theme=theme,
                    evidence=["roster"],
                )
        for master, apprentice, paired in self.out.masters:
            if apprentice.arrived.year == year:
                self.enter(
                    "master_pairing",
                    paired,
                    {"master": master, "apprentice": apprentice},
                    evidence=["agreement"],
                    by=lead,
                )

    def _ideals(self, year: int) -> None:
        """The trip of the eight items in March, the village visit, the debate and what was suggested after it."""
        secretary, branch = self.post("secretary"), self.out.branches[0]
        trip = date(year + 1, 3, 27) + timedelta(days=(5 - date(year + 1, 3, 27).weekday()) % 7)
        staff = self.here(self.out.staff, trip)
        went = {s.id for s in staff if self.chance(0.55 + 0.42 * self.care)}
        for n, theme in enumerate(EIGHT):
            people = [
                s for s in staff if s.id in went and (s.member or theme != "oath") and self.chance(0.985)
            ]
            if people and (self.care > 0.5 or n < 5):
                self.enter(
                    "eight_ones",
                    trip + timedelta(days=n // 5),
                    {"participant": people, "organiser": secretary},
                    theme=theme,
                    evidence=self.proof("photo"),
                    by=secretary,
                )
        if self.done():
            self.held(
                "field_visit",
                date(year + 1, 4, 13),
                date(year + 1, 4, 28),
                {"participant": self.most(self.out.members(), 0.85), "organiser": secretary},
                evidence=["photo"],
                by=secretary,
            )
        if self.done():
            self.held(
                "debate",
                date(year + 1, 5, 6),
                date(year + 1, 5, 15),
                {"participant": self.most(self.out.members(), 0.85), "host": secretary},
                evidence=self.proof("minutes"),
                by=secretary,
            )
        for person in [*self.young()[:20], *self.out.members()]:
            if self.chance(0.4 * self.care):
                self.held(
                    "suggestion",
                    date(year + 1, 5, 18),
                    date(year + 1, 6, 12),
                    {"proposer": person},
                    adopted=self.random.choice(("adopted", "considered", "declined")),
                    by=person,
                )
        if self.done():
            self.held(
                "admission_assembly",
                date(year + 1, 6, 24),
                date(year + 1, 6, 30),
                {"branch": branch, "attendee": self.out.members()},
                evidence=["minutes", "photo"],
                by=secretary,
            )
            for person in [s for s in self.young() if not s.member][:1]:
                self.held(
                    "membership_step",
                    date(year + 1, 6, 24),
                    date(year + 1, 6, 30),
                    {"branch": branch, "applicant": person},
                    theme="admitted",
                    evidence=["minutes"],
                    by=secretary,
                )
        lecturer = self.post("secretary")
        if self.done():
            self.held(
                "school_history_session",
                date(year, 10, 9),
                date(year, 10, 30),
                {
                    "lecturer": lecturer,
                    "attendee": self.most(self.here(self.young(), date(year, 10, 9)), 0.9),
                },
                evidence=self.proof("photo"),
                by=lecturer,
            )

    def _together(self, year: int) -> None:
        """Union, women, forum and reading; the young teachers meet."""
        union, lead, studio = (
            self.post("union_organiser"),
            self.post("teaching_lead"),
            self.post("studio_lead"),
        )
        if self.done():
            self.held(
                "union_activity",
                date(year, 11, 6),
                date(year, 11, 27),
                {"organiser": union, "participant": self.most(self.out.staff, 0.8)},
                theme="games",
                evidence=["photo"],
                by=union,
            )
        if self.done():
            self.held(
                "union_activity",
                date(year + 1, 4, 13),
                date(year + 1, 5, 22),
                {"organiser": union, "participant": self.most(self.out.staff, 0.6)},
                theme="outing",
                evidence=["photo"],
                by=union,
            )
        meetings = (
            ("reading_salon", date(year, 11, 4), date(year, 11, 27)),
            ("outward_training", date(year + 1, 4, 10), date(year + 1, 5, 20)),
            ("youth_forum", date(year + 1, 5, 4), date(year + 1, 5, 29)),
        )
        for kind, first, last in meetings:
            if self.done():
                self.held(
                    kind,
                    first,
                    last,
                    {"participant": self.most(self.here(self.young(), first), 0.82)},
                    evidence=self.proof("photo"),
                    by=lead,
                )
        for n, theme in enumerate(FORUMS):
            if self.done():
                first = date(year, 11, 3) if n < 2 else date(year + 1, 3, 16)
                self.held(
                    "master_forum",
                    first,
                    first + timedelta(days=55),
                    {
                        "speaker": self.random.choice(self._settled()),
                        "attendee": self.most(self.teaching(), 0.7),
                    },
                    theme=theme,
                    evidence=self.proof("photo", "slides"),
                    by=studio,
                )
        for n, theme in enumerate(ORGANISATIONS):
            if self.done():
                first = date(year, 10, 12) + timedelta(days=32 * n)
                trainees = [s for s in self.young() if self.chance(0.35)] or self.young()[:1]
                self.held(
                    "joint_cultivation",
                    first,
                    first + timedelta(days=30),
                    {"trainee": trainees, "trainer": self.random.choice(self._settled())},
                    theme=theme,
                    evidence=self.proof("record_sheet"),
                    by=self.post("league_organiser"),
                )
        for theme in ("individual", "group"):
            if self.done():
                self.held(
                    "model_show",
                    date(year + 1, 6, 1),
                    date(year + 1, 6, 26),
                    {"shown": self.some(self.young(), 3)},
                    theme=theme,
                    evidence=["photo"],
                    by=self.post("secretary"),
                )

    def _results(self, year: int) -> None:
        """Prizes, the pupils' pieces in the papers, the choir; the summary in the holidays."""
        big = self.out.plan.students / 1149
        for level, award, count in (("county", "first", 7), ("city", "first", 3), ("county", "second", 6)):
            for _ in range(round(count * big * self.care)):
                self.enter(
                    "teaching_award",
                    self.days.any_day(date(year, 10, 8), date(year + 1, 6, 20)),
                    {"winner": self.random.choice(self.young())},
                    theme="contest",
                    level=level,
                    award=award,
                    evidence=["certificate"],
                )
        pupils = [p for room in self.out.rooms_in(year) for p in room.pupils]
        for _ in range(round(118 * big * self.care)):
            level = self.random.choice(("county", "county", "city"))
            self.enter(
                "student_publication",
                self.days.any_day(date(year, 9, 10), date(year + 1, 7, 5)),
                {"author": self.random.choice(pupils).subject, "guide": self.random.choice(self.teaching())},
                level=level,
                evidence=self.proof("screenshot", share=0.8),
            )
        if big >= 1:
            for level, award in (("county", "first"), ("city", "taken_part")):
                self.enter(
                    "group_result",
                    self.days.any_day(date(year, 12, 5), date(year + 1, 1, 8)),
                    {"participant": self._women(12)},
                    theme="choir",
                    level=level,
                    award=award,
                    evidence=["certificate"],
                )
        secretary, office = self.post("secretary"), self.post("office")
        self.held(
            "commendation",
            date(year, 9, 7),
            date(year, 9, 10),
            {"honoured": self.some(self.teaching(), 5)},
            level="school",
            evidence=["certificate"],
            by=secretary,
        )
        if self.done():
            self.enter(
                "outcome_report",
                self.days.any_day(date(year + 1, 7, 6), date(year + 1, 7, 20)),
                {"author": office},
                evidence=["report"],
                by=office,
            )

    # each term

    def _term(self, term: Term) -> None:
        self._open_lessons(term)
        self._guidance(term)
        self._groups(term)
        self._requests(term)
        lead, studio, secretary = self.post("teaching_lead"), self.post("studio_lead"), self.post("secretary")
        everybody = self.here(self.teaching(), term.first)
        if self.done():
            self.held(
                "values_education",
                term.first,
                term.last,
                {"lecturer": secretary, "attendee": self.most(self.out.staff, 0.85)},
                hours=1,
                evidence=self.proof("sign_in_sheet"),
                by=secretary,
            )
        for _ in range(2):
            if self.done():
                self.held(
                    "growth_salon",
                    term.first,
                    term.last,
                    {
                        "host": studio,
                        "speaker": self.some(everybody, 14),
                        "attendee": self.some(everybody, 30),
                    },
                    evidence=self.proof("photo"),
                    by=studio,
                )
        if self.done():
            self.held(
                "sharing_stage",
                term.first,
                term.last,
                {"speaker": self.some(everybody, 4), "attendee": self.some(everybody, 40)},
                evidence=["photo"],
                by=studio,
            )
        for theme in ("backbone", "master_teacher", "principal"):
            if self.done():
                sent = self.some(everybody, self.random.randrange(1, 4))
                day = self.held(
                    "external_training",
                    term.first,
                    term.last,
                    {"trainee": sent},
                    theme=theme,
                    level=self.random.choice(("county", "city", "province")),
                    hours=16,
                    evidence=self.proof("certificate"),
                    by=lead,
                )
                if day is not None and self.chance(0.8):
                    self.held(
                        "training_share",
                        day,
                        day + timedelta(days=25),
                        {"sharer": sent[:1], "attendee": self.some(everybody, 25)},
                        evidence=self.proof("slides"),
                        by=sent[0],
                    )
        if self.done():
            after = term.last + timedelta(days=4)
            self.enter("phase_summary", after, {"author": secretary}, evidence=["summary"], by=secretary)
        publicity = self.post("publicity")
        for first, last in self.days.months(term.first, term.last):
            for place in ("website", "wechat", "press"):
                if self.done():
                    self.held(
                        "publicity",
                        first,
                        last,
                        {"author": publicity},
                        place=place,
                        evidence=self.proof("screenshot"),
                        by=publicity,
                    )

    def _open_lessons(self, term: Term) -> None:
        """Declared in the first four weeks, given later; a few invite too few colleagues or forget the sheets."""
        teachers = self.here(self.teaching(), term.first)
        weeks = self.days.weeks(term)
        declared_by = weeks[min(3, len(weeks) - 1)][1]
        for teacher in teachers:
            keen = 0.35 * self.care + 0.62 * teacher.diligence
            if self.chance(keen):
                self.held(
                    "open_lesson_declaration", term.first, declared_by, {"teacher": teacher}, by=teacher
                )
            elif self.chance(0.5):
                self.held("open_lesson_declaration", declared_by, term.last, {"teacher": teacher}, by=teacher)
            if self.chance(keen) and not self.still_owes(teacher, term.last):
                self._open_lesson(term, teacher, teachers)

    def _open_lesson(self, term: Term, teacher: StaffMember, teachers: list[StaffMember]) -> None:
        others = [s for s in teachers if s is not teacher]
        few = self.chance(0.07)
        invited = self.some(others, self.random.randrange(3, 5) if few else self.random.randrange(5, 9))
        came = [s for s in invited if self.chance(0.93)]
        room = self.random.choice(self.rooms_on(term.first))
        self.held(
            "open_lesson",
            term.first + timedelta(days=24),
            term.last - timedelta(days=8),
            {"teacher": teacher, "invited": invited, "observer": came, "homeroom": room.subject},
            evidence=self.proof("feedback_sheet", share=0.91) + self.proof("photo", share=0.3),
            by=teacher,
        )

    def _guidance(self, term: Term) -> None:
        for master, apprentice, paired in self.out.masters:
            for first, last in self.days.months(max(term.first, paired), term.last):
                if self.chance(0.35 + 0.6 * master.diligence * self.care):
                    self.held(
                        "master_guidance",
                        first,
                        last,
                        {"master": master, "apprentice": apprentice},
                        theme=self.random.choice(("teaching", "class_management", "research")),
                        evidence=self.proof("record_sheet", share=0.6),
                        by=master,
                    )
            for assessor, assessed in ((master, apprentice), (apprentice, master)):
                if paired <= term.last and self.chance(0.72 * self.care + 0.1):
                    self.held(
                        "two_way_feedback",
                        term.last - timedelta(days=18),
                        term.last,
                        {"assessor": assessor, "assessed": assessed},
                        by=assessor,
                    )

    def _groups(self, term: Term) -> None:
        women = self.post("women_organiser")
        for first, last in self.days.months(term.first, term.last):
            if self.chance(0.3 + 0.7 * self.care):
                self.held(
                    "womens_home",
                    first,
                    last,
                    {"organiser": women, "participant": self._women(18)},
                    evidence=self.proof("photo"),
                    by=women,
                )
        for theme in ("choir", "volleyball"):
            for _ in range(3):
                if self.done():
                    self.held(
                        "staff_group_activity",
                        term.first,
                        term.last,
                        {"leader": women, "participant": self._women(12)},
                        theme=theme,
                        evidence=self.proof("photo", share=0.6),
                        by=women,
                    )
        for _ in range(2):
            if self.done():
                guides = self.some(self.young(), 2)
                self.held(
                    "pioneer_activity",
                    term.first,
                    term.last,
                    {
                        "guide": guides,
                        "homeroom": self.some([r.subject for r in self.rooms_on(term.first)], 2),
                    },
                    evidence=self.proof("photo"),
                    by=guides[0],
                )

    def _requests(self, term: Term) -> None:
        asked = self.some(self.here(self.young(), term.first), max(2, round(len(self.young()) * 0.4)))
        for person in asked:
            helped = self.chance(0.5 + 0.45 * self.care)
            helpers = self.some(self._settled(), 1) if helped else []
            self.held(
                "growth_request",
                term.first,
                term.last,
                {"requester": person, "helper": helpers},
                theme=self.random.choice(REQUESTS),
                state="answered" if helped else "received",
                by=person,
            )

    # at hand

    def _settled(self) -> list[StaffMember]:
        return [s for s in self.out.staff if s.teaching and not s.young]

    def _women(self, count: int) -> list[StaffMember]:
        return self.some([s for s in self.out.staff if s.sex == "female"], count)


def tell(out: Populated, **known) -> YearOfGuidance:
    story = YearOfGuidance(out, known["ledger"], known["days"], known["started"])
    story.years = known["years"]
    story.tell()
    return story
