"""A school year under 心育型党支部: pledges and reading, students helped, classes and families visited, service outside."""

from __future__ import annotations

from datetime import date, timedelta

from tongxin.kernel.base.models import Subject
from tongxin.methods.cadence.calendar import Term

from .facts import Facts
from .population import Populated, Pupil, Room, StaffMember
from .routine import Routine

PLEDGES = ("team_leader", "post_vanguard", "service_model", "own_fourth", "own_fifth", "own_sixth")
HELP = ("counselling", "tutoring", "marks", "care")
LESSONS = ("life_adaptation", "relations", "new_role", "self_knowledge", "confidence", "self_control")
HALL = ("exhibition", "group", "individual", "catharsis", "files")
COLUMNS = ("red_heart_tower", "happy_home", "good_child_home", "family_column")
LOW_SHARE, POOR_SHARE = 0.035, 0.025


class YearOfHearts(Routine):
    """years: the school years told. pairs: who helps which student; poor: the students in need, with their helper."""

    def __init__(self, out: Populated, years: tuple[int, ...], facts: Facts, **known) -> None:
        super().__init__(out, known["ledger"], known["days"], known["started"])
        self.years, self.facts = years, facts
        self.pairs: list[tuple[StaffMember, Pupil]] = []
        self.poor: list[tuple[StaffMember, Pupil]] = []

    def tell(self) -> None:
        self._pair()
        self.facts.write()
        for year in self.years:
            self._autumn(year)
            self._pledges(year)
            self._holidays(year)
            self._service(year)
        for term in self.days.terms():
            if term.last >= self.started:
                self._term(term)

    def _pair(self) -> None:
        """Name who falls behind and who is poor; give each a member, and every member somebody to help."""
        members, since = self.out.members(), self.started + timedelta(days=20)
        for room in self.out.rooms:
            for pupil in room.pupils:
                first = max(pupil.present_from, since)
                low, poor = self.chance(LOW_SHARE), self.chance(POOR_SHARE)
                self.facts.state(pupil.subject, "low_achiever", low, first)
                self.facts.state(pupil.subject, "poor", poor, first)
                helper = members[len(self.pairs) % len(members)]
                if low or poor:
                    self.pairs.append((helper, pupil))
                    self.facts.link("helps_student", helper.subject, pupil.subject, first)
                if poor:
                    self.poor.append((helper, pupil))
                    if self.chance(0.93):
                        self.facts.link("helps_family", helper.subject, pupil.subject, first)

    # the school year

    def _autumn(self, year: int) -> None:
        secretary, counsellor = self.post("secretary"), self.post("counsellor")
        for room in self.rooms_on(date(year, 10, 1)):
            screened = [p.subject for p in self.most(room.present(date(year, 10, 12)), 0.985)]
            self.held(
                "screening",
                date(year, 10, 12),
                date(year, 10, 30),
                {"screened": screened, "organiser": counsellor},
                mode="imported",
                evidence=self.proof("consent", "record_sheet"),
                by=counsellor,
            )
        for room in self.rooms_on(date(year, 9, 1)):
            if room.entry_year == year and room.teacher.member and date(year, 8, 10) >= self.started:
                self._homeroom_entry(room, year)
        volunteers = [*self.out.members(), *self.some(self.young(), 6)]
        self.once(
            "volunteer_team_founding",
            (date(year, 9, 10), date(year, 9, 30)),
            {"volunteer": volunteers, "leader": self.post("league_organiser")},
            "roster",
            by=secretary,
        )
        expert = self.out.outsiders["expert"][0]
        self.once(
            "teacher_stress_session",
            (date(year, 11, 2), date(year, 11, 20)),
            {"expert": expert, "attendee": self.most(self.here(self.teaching(), date(year, 11, 1)), 0.88)},
            "photo",
            by=counsellor,
        )
        for theme, month in (("one_flag", 10), ("striving", 11)):
            for branch in self.out.branches:
                self.once(
                    "campaign_activity",
                    (date(year, month, 8), date(year, month, 28)),
                    {"branch": branch},
                    "photo",
                    theme=theme,
                    by=secretary,
                )

    def _homeroom_entry(self, room: Room, year: int) -> None:
        self.enter(
            "psychology_training",
            date(year, 8, 16),
            {"trainee": room.teacher, "trainer": self.post("counsellor")},
            theme="homeroom_entry",
            hours=12,
            evidence=["sign_in_sheet"],
        )

    def _pledges(self, year: int) -> None:
        """Six pledges of each member in October, weighed in June; a book for everybody and what they made of it."""
        members, secretary = self.out.members(), self.post("secretary")
        issued = self.once(
            "book_issue",
            (date(year, 9, 14), date(year, 9, 25)),
            {"receiver": members},
            "roster",
            by=secretary,
        )
        for theme in PLEDGES:
            self.held(
                "pledge",
                date(year, 10, 9),
                date(year, 10, 23),
                {"pledger": self.most(members, 0.97)},
                theme=theme,
                evidence=self.proof("document"),
                by=secretary,
            )
            self.held(
                "pledge_review",
                date(year + 1, 6, 3),
                date(year + 1, 6, 20),
                {"reviewed": self.most(members, 0.97), "reviewer": secretary},
                theme=theme,
                evidence=self.proof("document", share=0.98),
                by=secretary,
            )
        for person in members:
            if issued and self.likely(person):
                self.held(
                    "reading_note",
                    date(year, 11, 2),
                    date(year, 12, 24),
                    {"reader": person},
                    evidence=self.proof("document"),
                    by=person,
                )
        self.once(
            "reading_exchange",
            (date(year + 1, 3, 10), date(year + 1, 3, 31)),
            {"participant": self.most(members, 0.9), "speaker": self.some(members, 4)},
            "photo",
            by=secretary,
        )

    def _holidays(self, year: int) -> None:
        trainer, hours = self.out.outsiders["expert"][1], 6
        for theme, when, trained in (
            ("winter", (date(year + 1, 1, 16), date(year + 1, 1, 24)), self.out.members()),
            ("summer", (date(year + 1, 7, 6), date(year + 1, 7, 20)), self.teaching()),
        ):
            people = self.most(self.here(trained, when[0]), 0.93)
            parts = {"trainee": people, "trainer": trainer}
            self.enter(
                "psychology_training",
                self.days.any_day(*when),
                parts,
                theme=theme,
                hours=hours,
                evidence=self.proof("sign_in_sheet"),
            )
        office = self.post("office")
        when = (date(year + 1, 7, 6), date(year + 1, 7, 20))
        self.on_leave("outcome_report", when, {"author": office}, "report", by=office)

    def _service(self, year: int) -> None:
        """What members do where they live, and what the school does with streets and communities."""
        members, partner = self.out.members(), self.out.outsiders["community"][0]
        for theme, first in (("report", date(year, 9, 20)), ("service", date(year, 10, 10))):
            for person in members:
                if self.likely(person):
                    day = self.days.any_day(first, first + timedelta(days=60))
                    self.enter(
                        "residence_service",
                        day,
                        {"member": person},
                        theme=theme,
                        hours=2,
                        evidence=self.proof("record_sheet"),
                        by=person,
                    )
        for n, theme in enumerate(COLUMNS):
            first = date(year, 10, 8) + timedelta(days=38 * n)
            parts = {"host": self.random.choice(members), "partner": partner}
            when = (first, first + timedelta(days=50))
            self.once("joint_programme", when, parts, "photo", theme=theme, amounts={"people": 60 + 15 * n})
        for theme, month in (("talk", 10), ("salon", 11)):
            when = (date(year, month, 8), date(year, month, 28))
            host = {"host": self.post("parents_lead")}
            self.once("parents_dialogue", when, host, "photo", theme=theme, amounts={"people": 46})
        when = (date(year, 10, 20), date(year, 11, 18))
        self.once("advice_stand", when, {"adviser": self.some(members, 4)}, "photo", place="square")
        recommender = self.post("parents_lead")
        self.once("book_recommendation", when, {"recommender": recommender}, "document", by=recommender)

    # each term

    def _term(self, term: Term) -> None:
        whole, secretary, counsellor = (
            (term.first, term.last),
            self.post("secretary"),
            self.post("counsellor"),
        )
        self._helping(term)
        self._classes(term)
        self._station(term)
        for person in self.out.members():
            if self.likely(person):
                parts, place = {"volunteer": person}, self.random.choice(("school", "community", "street"))
                self.held("volunteer_service", *whole, parts, place=place, hours=3, by=person)
        lecturers: list[Subject | StaffMember] = [secretary, self.out.outsiders["expert"][2]]
        for lecturer in lecturers:
            told, people = {"lecturer": lecturer}, {"people": 180}
            self.once("parents_school_session", whole, told, "sign_in_sheet", amounts=people, by=secretary)
        some = self.random.choice(self.out.members())
        self.once("community_lecture", whole, {"lecturer": some}, "photo", place="community")
        self.once("community_counselling", whole, {"counsellor": counsellor}, "photo", by=counsellor)
        self.once("flag_talk", whole, {"speaker": counsellor}, "document", by=counsellor)
        attending = self.out.members()[:7]
        self.once("leading_group_meeting", whole, {"attendee": attending}, "minutes", by=secretary)
        for branch in self.out.branches:
            self.once("branch_study", whole, {"branch": branch}, "minutes", hours=2, by=secretary)
        writer = self.post("publicity")
        for first, last in self.days.months(*whole):
            self.once("publicity", (first, last), {"author": writer}, "screenshot", place="wechat", by=writer)
            self.once("web_page_update", (first, last), {"editor": counsellor}, "screenshot", by=counsellor)
        close = (term.last - timedelta(days=6), term.last)
        self.once("phase_summary", close, {"author": secretary}, "summary", by=secretary)

    def _helping(self, term: Term) -> None:
        """Members with their students month by month, and at the homes of the poor."""
        here = [(helper, pupil) for helper, pupil in self.pairs if pupil.present_to >= term.last]
        here = [pair for pair in here if pair[1].present_from <= term.first]
        for first, last in self.days.months(term.first, term.last):
            for helper, pupil in here:
                if self.likely(helper):
                    self._help(helper, pupil, first, last, HELP[(last.month + pupil.id) % len(HELP)])
        for helper, pupil in [pair for pair in self.poor if pair in here]:
            if self.likely(helper):
                self._visit(helper, pupil, term)
            if term.first.month >= 8 and self.done():
                self._help(helper, pupil, term.first, term.last, "goods")
        for person in self.out.members():
            if self.likely(person):
                room = self.random.choice(self.rooms_on(term.first))
                self._visit(person, self.random.choice(room.present(term.first)), term)

    def _help(self, helper: StaffMember, pupil: Pupil, first: date, last: date, theme: str) -> None:
        self.held(
            "paired_help",
            first,
            last,
            {"helper": helper, "helped": pupil.subject},
            theme=theme,
            evidence=self.proof("record_sheet", share=0.3),
            by=helper,
        )

    def _visit(self, visitor: StaffMember, pupil: Pupil, term: Term) -> None:
        day = self.days.any_day(term.first + timedelta(days=14), term.last)
        parts = {"visitor": visitor, "visited": pupil.subject, "guardian": pupil.guardian}
        went = self.enter(
            "home_visit",
            day,
            parts,
            mode="in_person",
            school_life="told",
            evidence=self.proof("record_sheet", share=0.8),
            by=visitor,
        )
        if went and any(pupil is one for _, one in self.poor) and self.chance(0.7):
            parts = {"visitor": visitor, "student": pupil.subject, "guardian": pupil.guardian}
            self.enter("visit_comfort", day, parts, by=visitor)

    def _classes(self, term: Term) -> None:
        """Group sessions of every class, its second class teacher, the word with the parents."""
        counsellor = self.post("counsellor")
        for room in self.rooms_on(term.first):
            for place in ("classroom", "hall"):
                if self.likely(room.teacher):
                    self.held(
                        "homeroom_group_session",
                        term.first,
                        term.last,
                        {"homeroom": room.subject, "leader": counsellor if place == "hall" else room.teacher},
                        place=place,
                        evidence=self.proof("photo", share=0.7),
                        by=room.teacher,
                    )
            for first, last in self.days.months(term.first, term.last):
                if self.likely(room.teacher):
                    parts = {"homeroom": room.subject, "sender": room.teacher}
                    self.held("state_of_mind_message", first, last, parts, mode="online", by=room.teacher)
                if room.liaison and self.likely(room.liaison):
                    parts, theme = {"homeroom": room.subject, "liaison": room.liaison}, "talk"
                    self.held("class_contact", first, last, parts, theme=theme, by=room.liaison)
        newest = [r for r in self.rooms_on(term.first) if r.grade(self._year(term)) == 1]
        for n, (first, last) in enumerate(self.days.weeks(term, 2)):
            for room in newest:
                if self.chance(0.94):
                    parts = {"homeroom": room.subject, "lecturer": counsellor}
                    theme = LESSONS[n % len(LESSONS)]
                    self.held("wellbeing_lesson", first, last, parts, theme=theme, by=counsellor)

    @staticmethod
    def _year(term: Term) -> int:
        return term.first.year if term.first.month >= 8 else term.first.year - 1

    def _station(self, term: Term) -> None:
        """The counselling room and the hotline week by week; the five rooms of the hall looked after."""
        counsellor = self.post("counsellor")
        helpers = [s for s in self.out.staff if "part_time_counsellor" in s.posts]
        for first, last in self.days.weeks(term):
            visitors, calls = self.random.randrange(2, 9), self.random.randrange(0, 4)
            if self.done():
                amounts, parts = {"visitors": visitors}, {"on_duty": counsellor}
                self.held("station_opening", first, last, parts, hours=4, amounts=amounts, by=counsellor)
            if self.done():
                on_duty = self.random.choice(helpers)
                parts, amounts = {"on_duty": on_duty}, {"calls": calls}
                self.held("hotline_shift", first, last, parts, hours=2, amounts=amounts, by=on_duty)
        middle = (term.first + timedelta(days=30), term.last)
        for place in HALL:
            parts = {"inspector": counsellor}
            self.once("hall_check", middle, parts, "photo", place=place, by=counsellor)
