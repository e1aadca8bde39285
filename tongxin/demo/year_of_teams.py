"""A year of the college under 1+1+1: teams with students, with colleagues and with enterprises, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from tongxin.kernel.base.models import Subject, SubjectType
from tongxin.kernel.base.pinyin import name_keys
from tongxin.methods.cadence.calendar import Term

from .facts import Facts
from .inserting import insert
from .invented import public_id
from .population import Populated, Pupil, StaffMember
from .routine import Routine

PROJECTS = ("智能分拣小车", "校园能耗看板", "温室远程监测", "图书漂流小程序", "实训室预约系统", "无障碍导览")
COURSES = ("程序设计基础", "传感器技术", "数据库应用", "物联网工程实践", "网页前端开发", "嵌入式系统")
PROBLEMS = ("产线数据采集", "仓储盘点提速", "设备故障预警", "客户服务系统升级")
WAYS, AIMS = ("own", "led", "computed"), ("complementary", "across_ages", "strong_strong")
MAIN_RESULTS = (
    {"theme": "course", "level": "province"},
    {"theme": "course", "level": "province"},
    {"theme": "teaching_team", "level": "province"},
    {"theme": "research_team", "level": "school"},
    {"theme": "research_team", "level": "school"},
    {"theme": "research_team", "level": "school"},
    {"theme": "base", "level": "nation", "state": "preparing"},
    {"theme": "base", "level": "province", "place": "on_campus"},
    {"theme": "base", "level": "province", "place": "on_campus"},
    {"theme": "base", "level": "school", "place": "off_campus"},
)


@dataclass
class Team:
    """kind: project, course or service. others: who sits in it besides the leader."""

    kind: str
    subject: Subject
    leader: StaffMember
    formed: date
    last: date
    others: dict[str, Subject | StaffMember] = field(default_factory=dict)

    def parts(self, **others: str) -> dict[str, Subject | StaffMember]:
        """The team, and those of its people an activity names: part=seat."""
        seats = {"leader": self.leader, **self.others}
        return {"team": self.subject} | {part: seats[seat] for part, seat in others.items()}


class YearOfTeams(Routine):
    """years: the school years told; teams are formed anew each autumn."""

    def __init__(self, out: Populated, years: tuple[int, ...], facts: Facts, **known) -> None:
        super().__init__(out, known["ledger"], known["days"], known["started"])
        self.years, self.facts = years, facts
        self.teams: list[Team] = []
        self.student_members: set[int] = set()

    def tell(self) -> None:
        self._name_student_members()
        for year in self.years:
            self._form(year)
        self.facts.write()
        for team in self.teams:
            self._formation(team)
        for year in self.years:
            self._year(year)
        for term in self.days.terms():
            if term.last >= self.started:
                self._term(term)

    # the teams

    def _name_student_members(self) -> None:
        for room in self.out.rooms:
            named = {p.id for p in self.some(room.pupils, 4)}
            self.student_members |= named
            for pupil in room.pupils:
                self.facts.state(pupil.subject, "student_member", pupil.id in named)

    def _form(self, year: int) -> None:
        """Every teaching member leads a project and works with a colleague; some serve an enterprise."""
        leaders = [s for s in self.out.members() if s.teaching]
        plain = [s for s in self.teaching() if not s.member and s.arrived < date(year, 9, 1)]
        pupils = [
            p for room in self.out.rooms_in(year) for p in room.pupils if p.present_from <= date(year, 9, 1)
        ]
        sat = self.some([p for p in pupils if p.id in self.student_members], len(leaders))
        others = self.some([p for p in pupils if p.id not in self.student_members], len(leaders))
        for n, leader in enumerate(leaders):
            if self.chance(0.94) and n < min(len(sat), len(others)):
                self._project(leader, sat[n], others[n], PROJECTS[n % len(PROJECTS)], year)
            if plain and self.chance(0.85):
                team = self._team("course", COURSES[n % len(COURSES)], leader, year)
                self._seat(team, "colleague", plain[n % len(plain)])
        for n, leader in enumerate(self.some(leaders, len(PROBLEMS))):
            team = self._team("service", PROBLEMS[n], leader, year)
            self._seat(team, "enterprise", self.out.enterprises[n])

    def _project(self, leader: StaffMember, member: Pupil, student: Pupil, name: str, year: int) -> None:
        team = self._team("project", name, leader, year)
        self._seat(team, "student_member", member.subject)
        self._seat(team, "student", student.subject)

    def _team(self, kind: str, name: str, leader: StaffMember, year: int) -> Team:
        formed = date(year, 9, 21) + timedelta(days=self.random.randrange(36))
        last, title = date(year + 1, 8, 31), f"{name}·{leader.name}组"
        pinyin, initials = name_keys(title)
        subject = Subject(
            school=self.out.school,
            type=SubjectType.TEAM,
            name=title,
            pinyin=pinyin,
            initials=initials,
            present_from=formed,
            present_to=last,
            public_id=public_id(self.ledger.inventor),
        )
        team = Team(kind, subject, leader, formed, last)
        if formed > self.days.today:
            return team  # not formed yet: nobody sees it
        insert(Subject, [subject])
        self.teams.append(team)
        self.out.teams[subject.pk] = [leader.id]
        self.facts.state(subject, "team_kind", kind, formed, last)
        self.facts.link("team_leader", leader.subject, subject, formed, last)
        self.facts.link("in_team", leader.subject, subject, formed, last)
        return team

    def _seat(self, team: Team, seat: str, who: Subject | StaffMember) -> None:
        if team not in self.teams:
            return
        subject = who.subject if isinstance(who, StaffMember) else who
        team.others[seat] = who
        self.facts.link(f"{seat}_seat", subject, team.subject, team.formed, team.last)
        if seat != "enterprise":
            self.facts.link("in_team", subject, team.subject, team.formed, team.last)
            self.out.teams[team.subject.pk].append(subject.pk)

    def _of(self, kind: str, day: date) -> list[Team]:
        return [t for t in self.teams if t.kind == kind and t.formed <= day <= t.last]

    def _formation(self, team: Team) -> None:
        mode, by = self.random.choice(WAYS), team.leader
        if team.kind == "project":
            parts = team.parts(leader="leader", student_member="student_member", student="student")
            theme = self.random.choice(("innovation", "contest"))
            self.enter(
                "project_team_formation",
                team.formed,
                parts,
                mode=mode,
                theme=theme,
                evidence=["roster"],
                by=by,
            )
        elif team.kind == "course":
            parts = team.parts(leader="leader", colleague="colleague")
            said = {"theme": self.random.choice(("course", "topic")), "aim": self.random.choice(AIMS)}
            self.enter(
                "course_team_formation", team.formed, parts, mode=mode, **said, evidence=["roster"], by=by
            )
        else:
            parts, amounts = (
                team.parts(leader="leader", enterprise="enterprise"),
                {"enterprises": 1, "problems": 1},
            )
            self.enter(
                "service_team_formation",
                team.formed,
                parts,
                mode=mode,
                amounts=amounts,
                evidence=["agreement"],
                by=by,
            )

    # the school year

    def _year(self, year: int) -> None:
        secretary, office = self.post("secretary"), self.post("office")
        expert, lecturer = self.out.outsiders["expert"][0], self.post("contest_lead")
        for theme in ("teaming", "strengths", "topics"):
            attending = self.most(self.here(self.teaching(), date(year, 9, 10)), 0.85)
            parts = {"attendee": attending, "lecturer": expert if theme == "topics" else lecturer}
            self.held(
                "teaming_training",
                date(year, 9, 7),
                date(year, 9, 29),
                parts,
                theme=theme,
                evidence=["photo"],
            )
        for n, said in enumerate(MAIN_RESULTS):
            if n % 2 == year % 2:
                day = self.days.any_day(date(year, 9, 20), date(year + 1, 6, 20))
                self.enter(
                    "outcome", day, {"achiever": self._leader()}, evidence=["certificate"], by=office, **said
                )
        for theme, level in (("award", "province"), ("student_honour", "city"), ("volunteer", "school")):
            who = self._leader() if theme == "award" else self.random.choice(self.out.rooms[0].pupils).subject
            when = (date(year, 10, 12), date(year, 12, 18))
            self.once("outcome", when, {"achiever": who}, "certificate", theme=theme, level=level, by=office)
        for n, theme in enumerate(("staff", "training", "research", "service")):
            when = (date(year, 10, 10) + timedelta(days=50 * n), date(year, 11, 20) + timedelta(days=50 * n))
            self.once("partner_help", when, {"helper": self._leader()}, "record_sheet", theme=theme)
        when, parts = (
            (date(year + 1, 6, 2), date(year + 1, 6, 24)),
            {"honoured": self.some(self.out.members(), 4)},
        )
        self.once("commendation", when, parts, "certificate", level="school", by=secretary)
        summer = (date(year + 1, 7, 6), date(year + 1, 7, 20))
        self.on_leave("outcome_report", summer, {"author": office}, "report", by=office)
        applicant = next((s for s in self.young() if not s.member), None)
        if applicant is not None:
            parts = {"branch": self.out.branches[0], "applicant": applicant, "contact": secretary}
            self.once(
                "membership_step",
                (date(year, 11, 2), date(year, 12, 11)),
                parts,
                "document",
                theme="application",
            )
        for team in self._of("project", date(year, 11, 1)):
            self._contest(team, year)
        for team in self._of("service", date(year, 11, 1)):
            self._contract(team, year)

    def _leader(self) -> StaffMember:
        return self.random.choice(self.out.members())

    def _contest(self, team: Team, year: int) -> None:
        contestants = [team.others["student_member"], team.others["student"]]
        if self.likely(team.leader):
            level = self.random.choice(("school", "city", "city", "province"))
            award = self.random.choice(("first", "second", "third", "taken_part"))
            self.held(
                "project_contest",
                date(year + 1, 3, 20),
                date(year + 1, 5, 28),
                team.parts() | {"contestant": contestants},
                level=level,
                award=award,
                evidence=self.proof("certificate"),
                by=team.leader,
            )
        for theme, first in (("before", team.formed), ("after", date(year + 1, 6, 2))):
            rise = 0 if theme == "before" else 11
            names = ("innovation", "skill", "teamwork", "problem_solving")
            amounts = {name: self.random.randrange(58, 76) + rise for name in names}
            if self.likely(team.leader):
                self.held(
                    "ability_measure",
                    first,
                    first + timedelta(days=20),
                    team.parts(leader="leader") | {"student": contestants},
                    theme=theme,
                    amounts=amounts,
                    by=team.leader,
                )

    def _contract(self, team: Team, year: int) -> None:
        parts, by = team.parts(leader="leader", enterprise="enterprise"), team.leader
        if self.likely(by):
            money, when = {"money": 30000}, (date(year, 11, 2), date(year, 12, 18))
            self.held(
                "contract_project", *when, parts, amounts=money, evidence=self.proof("agreement"), by=by
            )
        visits = team.parts(visitor="leader", enterprise="enterprise")
        for n, theme in enumerate(("industry", "problems", "people", "policy")):
            first = team.formed + timedelta(days=6 + 40 * n)
            when = (first, first + timedelta(days=36))
            if self.likely(by):
                self.held(
                    "enterprise_visit", *when, visits, theme=theme, evidence=self.proof("record_sheet"), by=by
                )

    # each term

    def _term(self, term: Term) -> None:
        whole, secretary = (term.first, term.last), self.post("secretary")
        for team in (t for t in self.teams if t.formed <= term.last and t.last >= term.first):
            self._work(team, max(term.first, team.formed), term)
        pool = {"collector": self._leader(), "enterprise": self.some(self.out.enterprises, 2)}
        self.once("problem_pool", whole, pool, "document", theme="software", by=secretary)
        attending = self.out.members()[:6]
        self.once("leading_group_meeting", whole, {"attendee": attending}, "minutes", by=secretary)
        writer = self.post("publicity")
        for first, last in self.days.months(*whole):
            for branch in self.out.branches:
                self.once(
                    "branch_study", (first, last), {"branch": branch}, "minutes", hours=1.5, by=secretary
                )
            self.once(
                "publicity", (first, last), {"author": writer}, "screenshot", place="website", by=writer
            )
        close = (term.last - timedelta(days=6), term.last)
        self.once("phase_summary", close, {"author": secretary}, "summary", by=secretary)

    def _work(self, team: Team, since: date, term: Term) -> None:
        """What a team does in a term: train every fortnight, build a course or serve month by month, and talk."""
        leader = team.leader
        if team.kind == "project":
            for first, last in self.days.weeks(term, 2):
                if last > since and self.likely(leader):
                    parts = team.parts(leader="leader", student="student")
                    self.held(
                        "project_training",
                        max(first, since),
                        last,
                        parts,
                        theme="training",
                        hours=2,
                        by=leader,
                    )
        else:
            for first, last in self.days.months(since, term.last):
                if self.likely(leader) and team.kind == "course":
                    parts, theme = team.parts(leader="leader", colleague="colleague"), "building"
                    self.held("course_work", first, last, parts, theme=theme, by=leader)
                elif self.likely(leader) and team.kind == "service":
                    parts = team.parts(server="leader", enterprise="enterprise")
                    theme = "solved" if last.month == 6 else "under_way"
                    self.held("technical_service", first, last, parts, theme=theme, hours=3, by=leader)
        if self.likely(leader) and team.kind == "course":
            parts = team.parts(leader="leader", colleague="colleague")
            self.held("values_talk", since, term.last, parts, by=leader)
        elif self.likely(leader):
            theme, parts = (
                self.random.choice(("patriotism", "values", "conduct", "policy")),
                team.parts(leader="leader"),
            )
            proof = self.proof("photo", share=0.6)
            self.held(
                "woven_activity", since, term.last, parts, theme=theme, hours=1, evidence=proof, by=leader
            )
