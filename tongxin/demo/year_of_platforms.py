"""A year of the vocational school under 三平台五融通: what was done, by whom, and what was left undone."""

from __future__ import annotations

from datetime import date, timedelta

from tongxin.methods.cadence.calendar import Term

from .days import school_year_of
from .population import Populated, Pupil, Room, StaffMember
from .routine import Routine

THEMES = {
    1: ("life_adaptation", "relations", "new_role"),
    2: ("self_knowledge", "confidence", "self_control"),
    3: ("career_choice", "society", "working_role"),
}
CARE_THEMES = ("study_first", "talk", "life_first", "home_contact", "activity_first", "advice")
CONTACT_THEMES = ("talk", "guidance", "special_care")
ZONES = ("individual", "sandplay", "catharsis", "group", "relaxation")
SETTINGS = ("club", "training_base", "canteen_dormitory", "sports_ground", "workshop")


class YearOfPlatforms(Routine):
    """calendar_years: the programme years told; what belongs to a school year runs from `started` on."""

    calendar_years: tuple[int, ...] = ()

    def tell(self) -> None:
        for year in self.calendar_years:
            self._preparation(year)
            self._march(year)
            self._april(year)
            self._may(year)
            self._bases(year)
            self._summer(year)
            self._autumn(year)
            self._running(year)
        for term in self.days.terms():
            if term.last >= self.started:
                self._term(term)
        for year in range(self.started.year, self.out.year + 1):
            self._school_year(year)

    # the programme year

    def _preparation(self, year: int) -> None:
        members, secretary = self.out.members(), self.post("secretary")
        meeting = self._weekday(date(year, 2, 26))
        leaders = [
            secretary,
            *[s for s in self.out.staff if "branch_secretary" in s.posts or "administrator" in s.posts],
        ]
        self.enter(
            "leading_group_meeting", meeting, {"attendee": leaders}, evidence=["minutes"], by=secretary
        )
        self.enter("project_fixing", meeting, {"proposer": secretary}, evidence=["document"], by=secretary)
        self.enter(
            "plan_issue",
            self._weekday(date(year, 3, 4)),
            {"author": secretary},
            evidence=["document"],
            by=secretary,
        )
        day = self.days.school_day(date(year, 3, 5), date(year, 3, 13))
        present = self.most(members, 0.93)
        self.enter(
            "mobilisation_meeting",
            day,
            {"attendee": present, "speaker": secretary},
            evidence=["sign_in_sheet", "photo"],
            by=secretary,
        )
        for branch in self.out.branches[:3]:
            by = self._branch_secretary(branch)
            self.held(
                "branch_study",
                date(year, 3, 9),
                date(year, 3, 27),
                {"branch": branch, "lecturer": by},
                hours=1,
                evidence=self.proof("minutes"),
                by=by,
            )

    def _march(self, year: int) -> None:
        counsellor, secretary = self.post("counsellor"), self.post("secretary")
        first, last = date(year, 3, 9), date(year, 3, 31)
        outside = self.out.outsiders
        parents = [p.guardian for p in self.some(self._pupils(first), 5)]
        self.held(
            "alliance_founding",
            first,
            last,
            {
                "school_side": [secretary, counsellor, *self.some(self.out.members(), 3)],
                "family_side": parents,
                "community_side": outside["community"][:2],
                "enterprise_side": outside["expert"][:1],
            },
            evidence=["charter", "photo"],
            by=secretary,
        )
        self._network(first, last, counsellor)
        self._teams(first, last, counsellor)
        league = self.post("league_organiser")
        for level in ("city", "school", "homeroom"):
            guide = self.random.choice(self.teaching())
            self.held(
                "club_founding",
                first,
                last,
                {"guide": guide, "participant": self._students(18)},
                theme=level,
                evidence=self.proof("roster"),
                by=league,
            )
        lead = self.post("contest_lead")
        for _ in range(3):
            coaches = self.some(self.out.members(), 2)
            self.held(
                "contest_team_founding",
                first,
                last,
                {"coach": coaches, "contestant": self._students(9)},
                evidence=["roster"],
                by=lead,
            )
        self.held(
            "centre_founding",
            first,
            last,
            {
                "parent_volunteer": parents[:4],
                "member_teacher": self.some(self.out.members(), 4),
                "enterprise_expert": outside["expert"][1:3],
                "community_worker": outside["community"][2:],
            },
            evidence=["charter"],
            by=self.post("parents_lead"),
        )

    def _network(self, first: date, last: date, counsellor: StaffMember) -> None:
        rooms = self.rooms_on(first)
        self.held(
            "network_roster",
            first,
            last,
            {
                "committee": [
                    s for s in self.out.staff if "administrator" in s.posts or "secretary" in s.posts
                ],
                "counsellor": [counsellor, *[s for s in self.out.staff if "part_time_counsellor" in s.posts]],
                "homeroom_teacher": list({room.teacher.id: room.teacher for room in rooms}.values()),
                "peer_supporter": [self.random.choice(room.present(first)).subject for room in rooms],
            },
            evidence=["roster"],
            by=counsellor,
        )

    def _teams(self, first: date, last: date, counsellor: StaffMember) -> None:
        group = self.out.core_group
        self.held(
            "core_group_roster",
            first,
            last,
            {
                "grade_two_counsellor": group[:1],
                "grade_three_counsellor": group[1:3],
                "school_psychology_teacher": group[3:10],
                "family_guide": group[10:],
            },
            evidence=["roster", "certificate"],
            by=counsellor,
        )
        teams = {
            "part_time_counsellors": group[3:10],
            "homeroom_teachers": [room.teacher for room in self.rooms_on(first)],
            "member_administrators": [s for s in self.out.staff if "administrator" in s.posts],
        }
        for theme, people in teams.items():
            self.held(
                "team_founding",
                first,
                last,
                {"member": people},
                theme=theme,
                evidence=["roster"],
                by=counsellor,
            )
        members = self.out.members()
        for month, share in ((3, 0.7), (10, 0.6)):
            self.held(
                "wellbeing_training",
                date(first.year, month, 9),
                date(first.year, month, 30),
                {"trainer": counsellor, "trainee": self.most(members, share)},
                theme="for_members",
                hours=2,
                evidence=["sign_in_sheet", "photo"],
                by=counsellor,
            )

    def _april(self, year: int) -> None:
        """The sweep of every student: two classes run late into May, a few children were away."""
        first, last = date(year, 4, 1), date(year, 4, 28)
        for n, room in enumerate(self.rooms_on(first)):
            start, end = (date(year, 5, 6), date(year, 5, 15)) if n in (5, 17) else (first, last)
            day = self.days.school_day(start, end)
            if day is not None:
                self._sweep(room, day)
        secretary = self.post("secretary")
        for first, last in (
            (date(year, 4, 7), date(year, 4, 28)),
            (date(year, 6, 3), date(year, 6, 24)),
            (date(year, 10, 12), date(year, 10, 30)),
        ):
            self.held(
                "alliance_activity",
                first,
                last,
                {
                    "school_side": self.some(self.out.members(), 4),
                    "community_side": self.some(self.out.outsiders["community"], 1),
                    "family_side": [p.guardian for p in self.some(self._pupils(first), 6)],
                    "beneficiary": self._students(20),
                },
                evidence=self.proof("photo", "record_sheet"),
                by=secretary,
            )

    def _sweep(self, room: Room, day: date) -> None:
        seen = [p.subject for p in room.present(day) if self.chance(0.985)]
        by = room.teacher
        sweepers = [by, room.liaison] if room.liaison else [by]
        self.enter(
            "student_sweep",
            day,
            {"student": seen, "sweeper": sweepers},
            evidence=self.proof("record_sheet", share=0.8),
            by=by,
        )
        for pupil in room.present(day):
            if pupil.priority:
                self._plans(pupil, day, by)

    def _plans(self, pupil: Pupil, day: date, by: StaffMember) -> None:
        for kind, share in (("family_plan", 0.9), ("care_plan", 0.86)):
            if self.chance(share):
                made = day + timedelta(days=self.random.randrange(3, 40))
                self.enter(
                    kind,
                    made,
                    {"student": pupil.subject, "author": by},
                    stage="made",
                    evidence=["plan"],
                    by=by,
                )

    def _may(self, year: int) -> None:
        counsellor, league = self.post("counsellor"), self.post("league_organiser")
        first, last = date(year, 5, 6), date(year, 5, 29)
        for theme in ("poster", "photograph", "drawing", "sport"):
            self.held(
                "wellbeing_month_event",
                first,
                last,
                {"organiser": counsellor, "participant": self._students(60)},
                theme=theme,
                amounts={"works": self.random.randrange(80, 260)},
                evidence=["photo", "result_list"],
                by=counsellor,
            )
        for theme in (
            "vocational_education_week",
            "vocational_culture_festival",
            "sports_festival",
            "club_show",
        ):
            self.held(
                "festival",
                first,
                last,
                {"organiser": [league, *self.some(self.teaching(), 3)], "participant": self._students(90)},
                theme=theme,
                evidence=["photo", "plan"],
                by=league,
            )
        career = self.post("career_teacher")
        self.held(
            "career_contest",
            first,
            last,
            {"organiser": career, "contestant": self._students(48)},
            evidence=["photo", "result_list"],
            by=career,
        )
        self.held("career_guide_issue", first, last, {"author": career}, evidence=["document"], by=career)
        for theme in ("grade_one", "grade_two", "grade_three"):
            self.held(
                "course_design",
                date(year, 3, 16),
                date(year, 4, 20),
                {"author": counsellor},
                theme=theme,
                evidence=["document"],
                by=counsellor,
            )

    def _bases(self, year: int) -> None:
        """One branch signs late, in September; the others keep the end of June."""
        for n, branch in enumerate(self.out.branches):
            by = self._branch_secretary(branch)
            late = n == 2
            first, last = (
                (date(year, 9, 8), date(year, 9, 25)) if late else (date(year, 4, 20), date(year, 6, 26))
            )
            for base in self.some(self.out.enterprises, 1 if n % 2 else 2):
                self.held(
                    "base_founding",
                    first,
                    last,
                    {"branch": branch, "base": base, "expert": self.some(self.out.outsiders["expert"], 1)},
                    fit="same_specialty",
                    standing="strong",
                    evidence=["agreement", "photo"],
                    by=by,
                )
            for theme in ("vocational_literacy", "craftsman_spirit")[: 1 if n == 3 else 2]:
                author = self.random.choice(self.out.in_branch(branch))
                self.held(
                    "exemplary_case",
                    date(year, 9, 7),
                    date(year, 11, 6),
                    {"branch": branch, "author": author},
                    theme=theme,
                    evidence=self.proof("case_text"),
                    by=author,
                )
            self.held(
                "specialty_talk",
                date(year, 3, 16),
                date(year, 10, 30),
                {
                    "branch": branch,
                    "lecturer": self.random.choice(self.out.in_branch(branch)),
                    "homeroom": self.some([r.subject for r in self.rooms_on(first)], 2),
                },
                evidence=self.proof("photo"),
                by=by,
            )
            spring, autumn = (date(year, 3, 16), date(year, 6, 12)), (date(year, 9, 14), date(year, 11, 13))
            for first, last in (spring, autumn) if n < 2 else (autumn,):
                self.held(
                    "base_activity",
                    first,
                    last,
                    {"branch": branch, "leader": by, "attendee": self._students(16)},
                    evidence=self.proof("photo"),
                    by=by,
                )
            if n != 2:
                day = self.days.school_day(date(year, 11, 9), date(year, 11, 27))
                self.enter("base_report", day, {"branch": branch, "author": by}, evidence=["report"], by=by)

    def _summer(self, year: int) -> None:
        """Visits by members, school contests for every student, coaching, the city contest."""
        first, last = date(year, 7, 1), date(year, 8, 25)
        for member in self.out.members():
            if self.chance(0.84):
                for pupil in self.some(self._pupils(date(year, 6, 1)), self.random.randrange(1, 4)):
                    self._visit(pupil, self.days.any_day(first, last), [member], "in_person")
        lead = self.post("contest_lead")
        events = ("skills", "innovation", "civility")
        for room in self.out.rooms_in(year - 1):
            day = self.days.any_day(first, date(year, 7, 12))
            if day is None or room.graduated_on < day or not self.chance(0.93):
                continue
            entered = [p.subject for p in room.present(day) if self.chance(0.95)]
            self.enter(
                "contest",
                day,
                {"contestant": entered, "coach": room.teacher},
                level="school",
                theme=self.random.choice(events),
                award="none",
                evidence=self.proof("result_list"),
                by=room.teacher,
            )
        for event in events:
            coach = self.random.choice(self.out.members())
            self.enter(
                "contest_coaching",
                self.days.any_day(first, last),
                {"coach": coach, "contestant": self._students(6)},
                hours=3,
                evidence=self.proof("record_sheet"),
                by=coach,
            )
            for award in ("first", "second", "third"):
                self.enter(
                    "contest",
                    self.days.any_day(date(year, 8, 10), last),
                    {"contestant": self._students(self.random.randrange(1, 4)), "coach": coach},
                    level="city",
                    theme=event,
                    award=award,
                    evidence=["certificate"],
                    by=lead,
                )

    def _autumn(self, year: int) -> None:
        admin, league = self.post("administrator"), self.post("league_organiser")
        first = date(year, 9, 1)
        freshmen = [r for r in self.out.rooms_in(year) if r.entry_year == year]
        self.held(
            "theme_activity",
            first,
            date(year, 9, 11),
            {"organiser": admin, "homeroom": [r.subject for r in freshmen]},
            theme="military_training",
            evidence=["photo"],
            by=admin,
        )
        for room in freshmen:
            day = self.days.school_day(date(year, 9, 4), date(year, 9, 29))
            if day is not None:
                self._sweep(room, day)
        self.held(
            "theme_activity",
            date(year, 10, 8),
            date(year, 10, 20),
            {"organiser": league},
            theme="national_day",
            evidence=["photo"],
            by=league,
        )
        for theme in ("lecture", "contest_coaching", "literacy_training"):
            self.held(
                "craftsman_guest",
                date(year, 10, 9),
                date(year, 10, 30),
                {
                    "guest": self.some(self.out.outsiders["craftsman"], 1),
                    "host": admin,
                    "homeroom": self.some([r.subject for r in self.out.rooms_in(year)], 3),
                },
                theme=theme,
                evidence=self.proof("photo"),
                by=admin,
            )
        judge = self.post("secretary")
        for theme in ("vocational_literacy", "craftsman_spirit"):
            self.held(
                "case_selection",
                date(year, 11, 2),
                date(year, 11, 12),
                {"judge": judge, "chosen": self.some(self.out.members(), 3)},
                theme=theme,
                amounts={"cases": 3},
                evidence=["result_list"],
                by=judge,
            )

    def _running(self, year: int) -> None:
        secretary, office, publicity = self.post("secretary"), self.post("office"), self.post("publicity")
        self.held(
            "half_year_review",
            date(year, 6, 22),
            date(year, 6, 30),
            {"author": secretary},
            evidence=["summary"],
            by=secretary,
        )
        for day in (date(year, 1, 20), date(year, 7, 6)):
            self.enter(
                "phase_summary", self._weekday(day), {"author": secretary}, evidence=["summary"], by=secretary
            )
        self.held(
            "commendation",
            date(year, 9, 7),
            date(year, 9, 11),
            {"honoured": self.some(self.out.members(), 6)},
            level="school",
            evidence=["certificate"],
            by=secretary,
        )
        leaders = [s for s in self.out.staff if "branch_secretary" in s.posts or "administrator" in s.posts]
        self.held(
            "self_review_meeting",
            date(year, 11, 11),
            date(year, 11, 20),
            {"attendee": [secretary, *leaders]},
            outcome="complete",
            evidence=["minutes"],
            by=secretary,
        )
        self.held(
            "bureau_summary",
            date(year, 12, 14),
            date(year, 12, 25),
            {"author": secretary},
            evidence=["summary"],
            by=secretary,
        )
        self.held(
            "ledger_filing",
            date(year, 12, 14),
            date(year, 12, 25),
            {"keeper": office},
            evidence=["file_list"],
            by=office,
        )
        self.held(
            "outcome_report",
            date(year, 12, 18),
            date(year, 12, 30),
            {"author": office},
            evidence=["report"],
            by=office,
        )
        for first, last in self.days.months(date(year, 2, 1), date(year, 12, 31)):
            for place in ("website", "wechat", "notice_board"):
                for _ in range(self.random.randrange(1, 4) if place != "notice_board" else 1):
                    self.held(
                        "publicity",
                        first,
                        last,
                        {"author": publicity},
                        place=place,
                        evidence=self.proof("screenshot", share=0.7),
                        by=publicity,
                    )
        for place in SETTINGS:
            for first, last in (
                (date(year, 3, 16), date(year, 6, 20)),
                (date(year, 9, 14), date(year, 11, 30)),
            ):
                self.held(
                    "literacy_activity",
                    first,
                    last,
                    {"organiser": self.random.choice(self.teaching()), "participant": self._students(30)},
                    place=place,
                    amounts={"credits": self.random.choice((0.5, 1))},
                    evidence=self.proof("photo"),
                )
        for zone in ZONES:
            self.held(
                "station_zone_check",
                date(year, 3, 2),
                date(year, 3, 20),
                {"inspector": self.post("counsellor")},
                place=zone,
                evidence=["photo"],
                by=self.post("counsellor"),
            )

    # each term

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

    def _visit(self, pupil: Pupil, day: date | None, visitors: list, mode: str) -> None:
        if day is None or not pupil.present_from <= day <= pupil.present_to:
            return
        in_person = mode == "in_person"
        proof = self.proof("record_sheet", share=0.9 if in_person else 0.25) + (
            self.proof("photo", share=0.25) if in_person else []
        )
        self.enter(
            "home_visit",
            day,
            {"visited": pupil.subject, "visitor": visitors, "guardian": pupil.guardian},
            mode=mode,
            hours=self.random.choice((0.5, 1, 1.5)) if in_person else 0.25,
            school_life="told" if self.chance(0.9) else "not_told",
            evidence=proof,
            by=visitors[0],
        )

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

    # each school year

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

    # at hand

    def _weekday(self, day: date) -> date:
        """The day itself, or the Monday after a weekend."""
        return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day

    def _pupils(self, day: date) -> list[Pupil]:
        return [p for room in self.rooms_on(day) for p in room.present(day)]

    def _students(self, count: int) -> list:
        """Some students of the present school year's upper grades."""
        rooms = [
            r for r in self.out.rooms if r.entry_year < self.out.year and r.graduated_on > self.days.today
        ]
        return [p.subject for p in self.some([p for r in rooms for p in r.pupils], count)]

    def _branch_secretary(self, branch) -> StaffMember:
        inside = self.out.in_branch(branch)
        return next((s for s in inside if "branch_secretary" in s.posts), inside[0])


def tell(out: Populated, **known) -> YearOfPlatforms:
    story = YearOfPlatforms(out, known["ledger"], known["days"], known["started"])
    story.calendar_years = known["calendar_years"]
    story.tell()
    return story
