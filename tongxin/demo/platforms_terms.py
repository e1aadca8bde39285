"""Every term and school year under 三平台五融通: visits, lessons, the station, contacts, mentors, files."""

from __future__ import annotations

from datetime import date, timedelta

from tongxin.methods.cadence.calendar import Term

from .days import school_year_of
from .platforms import Platforms
from .population import Room

THEMES = {
    1: ("life_adaptation", "relations", "new_role"),
    2: ("self_knowledge", "confidence", "self_control"),
    3: ("career_choice", "society", "working_role"),
}
CARE_THEMES = ("study_first", "talk", "life_first", "home_contact", "activity_first", "advice")
CONTACT_THEMES = ("talk", "guidance", "special_care")


class Terms(Platforms):
    def _term(self, term: Term) -> None:
        """Programme work begins with the programme; before it only what the school did anyway."""
        under_programme = any(
            term.first <= date(y, 12, 31) and term.last >= date(y, 2, 1) for y in self.calendar_years
        )
        self._online_visits(term)
        self._priority_visits(term)
        self._moral_lessons(term)
        self._parents(term)
        if term.first.month < 8 or under_programme:
            self._station(term)
            self._lessons(term)
            self._contacts(term)
            self._mentors(term)
            self._branches(term)
            self._training(term)
            self._habits(term)
            self._exam_support(term)

    def _online_visits(self, term: Term) -> None:
        for room in self.rooms_on(term.first):
            share = 0.72 + 0.27 * room.teacher.diligence
            for pupil in room.present(term.last):
                if self.chance(share):
                    self._visit(pupil, self.days.school_day(term.first, term.last), [room.teacher], "online")

    def _priority_visits(self, term: Term) -> None:
        for room in self.rooms_on(term.first):
            for pupil in room.present(term.last):
                if pupil.priority and self.chance(0.6 + 0.35 * room.teacher.diligence):
                    visitors = (
                        [room.teacher, room.liaison] if room.liaison and self.chance(0.5) else [room.teacher]
                    )
                    self._visit(pupil, self.days.any_day(term.first, term.last), visitors, "in_person")

    def _moral_lessons(self, term: Term) -> None:
        for room in self.rooms_on(term.first):
            for first, last in self.days.weeks(term):
                if self.chance(0.9 + 0.1 * room.teacher.diligence):
                    self.held(
                        "moral_education_lesson",
                        first,
                        last,
                        {"homeroom": room.subject, "lecturer": room.teacher},
                        by=room.teacher,
                    )

    def _parents(self, term: Term) -> None:
        lead = self.post("parents_lead")
        middle = term.first + (term.last - term.first) / 2
        for room in self.rooms_on(term.first):
            parents = [p.guardian for p in self.most(room.present(term.first), 0.8)]
            if self.chance(0.94):
                self.held(
                    "parents_meeting",
                    middle - timedelta(days=12),
                    middle + timedelta(days=12),
                    {"homeroom": room.subject, "host": room.teacher, "attendee": parents},
                    amounts={"people": len(parents)},
                    evidence=self.proof("sign_in_sheet"),
                    by=room.teacher,
                )
        self.held(
            "parents_school_session",
            term.first,
            term.last,
            {"lecturer": self.some(self.out.outsiders["expert"], 1)},
            amounts={"people": self.random.randrange(60, 160)},
            evidence=["sign_in_sheet"],
            by=lead,
        )
        for theme in ("rules", "meeting"):
            self.held(
                "parents_committee",
                term.first,
                term.last,
                {"host": lead, "member": [p.guardian for p in self.some(self._pupils(term.first), 5)]},
                theme=theme,
                evidence=["minutes"],
                by=lead,
            )

    def _station(self, term: Term) -> None:
        staff = [self.post("counsellor"), *[s for s in self.out.staff if "part_time_counsellor" in s.posts]]
        for day in self.days.taught(term.first, min(term.last, self.days.today)):
            if self.chance(0.95):
                on_duty = self.random.choice(staff)
                self.enter(
                    "station_opening",
                    day,
                    {"on_duty": on_duty},
                    hours=1.5,
                    amounts={"visitors": self.random.randrange(0, 7)},
                    by=on_duty,
                    late=0,
                )
        for _ in range(24):
            pupil = self.random.choice(self._pupils(term.first))
            self.held(
                "individual_counselling",
                term.first,
                term.last,
                {"counsellor": staff[0], "visitor": pupil.subject},
                place=self.random.choice(("individual", "sandplay")),
                attendance="present",
                hours=0.75,
                by=staff[0],
            )
        self.held(
            "expert_lecture",
            term.first,
            term.last,
            {
                "expert": self.some(self.out.outsiders["expert"], 1),
                "homeroom": self.some([r.subject for r in self.rooms_on(term.first)], 4),
            },
            evidence=["photo"],
            by=staff[0],
        )

    def _lessons(self, term: Term) -> None:
        """A lesson by each member every two teaching weeks; some fall behind, two of them badly."""
        year = school_year_of(term.first)
        rooms = self.rooms_on(term.first)
        for n, member in enumerate(self.out.members()):
            room = next((r for r in rooms if r.liaison is member), rooms[n % len(rooms)])
            themes = THEMES[min(3, max(1, room.grade(year)))]
            share = 0.3 if n in (7, 19) else 0.55 + 0.43 * member.diligence
            for k, (first, last) in enumerate(self.days.weeks(term, 2)):
                if not self.chance(share) or self.still_owes(member, last):
                    continue
                kind = "group_counselling" if self.chance(0.25) else "wellbeing_lesson"
                self.held(
                    kind,
                    first,
                    last,
                    {"lecturer": member, "homeroom": room.subject},
                    theme=themes[k % 3],
                    evidence=self.proof("lesson_plan", share=0.6),
                    by=member,
                )

    def _contacts(self, term: Term) -> None:
        rooms = self.rooms_on(term.first)
        for n, member in enumerate(self.out.members()):
            room = next((r for r in rooms if r.liaison is member), rooms[n % len(rooms)])
            for k, (first, last) in enumerate(self.days.months(term.first, term.last)):
                if self.chance(0.45 + 0.45 * member.diligence):
                    self.held(
                        "class_contact",
                        first,
                        last,
                        {"liaison": member, "homeroom": room.subject},
                        theme=CONTACT_THEMES[k % 3],
                        evidence=self.proof("record_sheet", share=0.5),
                        by=member,
                    )

    def _mentors(self, term: Term) -> None:
        offset = 0 if term.first.month < 8 else 3
        for room in self.rooms_on(term.first):
            for pupil in room.present(term.last):
                mentor = self.out.mentors.get(pupil.id)
                if mentor is None:
                    continue
                for k, (first, last) in enumerate(self.days.months(term.first, term.last)):
                    for n in range(2):
                        if not self.chance(0.42 + 0.5 * mentor.diligence):
                            continue
                        self.held(
                            "mentor_care",
                            first,
                            last,
                            {"mentor": mentor, "mentee": pupil.subject},
                            theme=CARE_THEMES[(2 * k + n + offset) % 6],
                            evidence=self.proof("record_sheet", share=0.4),
                            by=mentor,
                        )
                if self.chance(0.5):
                    self.held(
                        "care_plan",
                        term.first,
                        term.last,
                        {"student": pupil.subject, "author": room.teacher},
                        stage="reviewed",
                        evidence=["plan"],
                        by=room.teacher,
                    )

    def _branches(self, term: Term) -> None:
        for n, branch in enumerate(self.out.branches):
            by = self._branch_secretary(branch)
            for _ in range(1 + n % 2):
                self.held(
                    "branch_care_action",
                    term.first,
                    term.last,
                    {
                        "branch": branch,
                        "participant": self.most(self.out.in_branch(branch), 0.8),
                        "beneficiary": self._students(12),
                    },
                    hours=2,
                    amounts={"beneficiaries": self.random.randrange(20, 90)},
                    evidence=self.proof("photo", "record_sheet"),
                    by=by,
                )
            if n != 3:
                self.held(
                    "supervision_check",
                    term.first,
                    term.last,
                    {"inspector": self.post("secretary"), "branch": branch},
                    amounts={"score": self.random.randrange(82, 98)},
                    evidence=["record_sheet"],
                    by=self.post("secretary"),
                )

    def _training(self, term: Term) -> None:
        counsellor = self.post("counsellor")
        teachers = list({r.teacher.id: r.teacher for r in self.rooms_on(term.first)}.values())
        self.held(
            "wellbeing_training",
            term.first,
            term.last,
            {"trainer": counsellor, "trainee": self.most(teachers, 0.86)},
            theme="for_homeroom_teachers",
            hours=2,
            evidence=["sign_in_sheet"],
            by=counsellor,
        )

    def _habits(self, term: Term) -> None:
        for room in self.rooms_on(term.first):
            for theme in ("sort", "set_in_order", "sweep"):
                if self.chance(0.88):
                    self.held(
                        "workplace_habit_check",
                        term.first,
                        term.last,
                        {"homeroom": room.subject, "inspector": self.post("administrator")},
                        theme=theme,
                        evidence=self.proof("photo", share=0.3),
                    )
            if self.chance(0.5):
                self.held(
                    "network_report",
                    term.first,
                    term.last,
                    {"homeroom": room.subject, "reporter": room.teacher, "receiver": self.post("counsellor")},
                    evidence=[],
                    by=room.teacher,
                )

    def _exam_support(self, term: Term) -> None:
        if term.first.month > 8:
            return
        for helper, pupil in self.out.exam_pairs:
            if not pupil.present_from <= term.first <= pupil.present_to:
                continue
            for first, last in self.days.months(
                max(term.first, date(term.first.year, 3, 1)), date(term.first.year, 6, 6)
            ):
                if self.chance(0.5 + 0.4 * helper.diligence):
                    self.held(
                        "exam_support",
                        first,
                        last,
                        {"supporter": helper, "student": pupil.subject},
                        evidence=self.proof("record_sheet", share=0.5),
                        by=helper,
                    )

    def _school_year(self, year: int) -> None:
        counsellor = self.post("counsellor")
        for room in self.out.rooms_in(year):
            self._in_person_visits(room, year)
            day = self.days.school_day(date(year, 10, 12), date(year, 11, 6))
            if day is not None and self.chance(0.95):
                tested = [p.subject for p in room.present(day) if self.chance(0.97)]
                self.enter(
                    "screening",
                    day,
                    {"screened": tested, "organiser": counsellor},
                    mode="own",
                    evidence=["consent", "record_sheet"],
                    by=counsellor,
                )
            self._files_and_goals(room, year)
            if room.grade(year) == 3:
                self.held(
                    "online_course",
                    date(year + 1, 4, 13),
                    date(year + 1, 5, 29),
                    {"homeroom": room.subject, "lecturer": counsellor},
                    evidence=self.proof("link", "record_sheet"),
                    by=counsellor,
                )

    def _in_person_visits(self, room: Room, year: int) -> None:
        """Few before the plan begins in February; from April on most; members finish in the summer."""
        begins = date(year + 1, 4, 1)
        share = 0.66 + 0.3 * room.teacher.diligence
        for pupil in room.present(min(date(year + 1, 6, 1), self.days.today)):
            if not self.chance(share):
                continue
            early = self.chance(0.12 if year < self.out.year else 0.3)
            last = min(date(year + 1, 8, 20), room.graduated_on)
            day = (
                self.days.any_day(date(year, 9, 20), date(year, 12, 28))
                if early
                else self.days.any_day(begins, last)
            )
            visitors = [room.teacher, room.liaison] if room.liaison and self.chance(0.35) else [room.teacher]
            self._visit(pupil, day, visitors, "in_person")

    def _files_and_goals(self, room: Room, year: int) -> None:
        spring = room.entry_year < year
        first, last = (
            (date(year + 1, 4, 8), date(year + 1, 4, 29))
            if spring
            else (date(year, 9, 14), date(year, 9, 30))
        )
        day = self.days.school_day(first, last)
        if day is not None and self.chance(0.96):
            on_file = [p.subject for p in room.present(day) if self.chance(0.985)]
            self.enter(
                "student_file",
                day,
                {"student": on_file, "keeper": room.teacher},
                evidence=self.proof("file", share=0.7),
                by=room.teacher,
            )
        day = self.days.any_day(date(year + 1, 5, 11), date(year + 1, 6, 26))
        if day is not None and self.chance(0.9):
            written = [p.subject for p in room.present(day) if self.chance(0.95)]
            self.enter(
                "career_goal",
                day,
                {"student": written, "guide": room.teacher},
                evidence=self.proof("record_sheet", share=0.5),
                by=room.teacher,
            )
