"""The spring of a programme year under 三平台五融通: preparation, founding, sweep, activity month, bases."""

from __future__ import annotations

from datetime import date

from .platforms import Platforms
from .population import StaffMember


class Spring(Platforms):
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
