"""Fill a school of the demo with people, groups, posts, links and attributes, by bulk inserts."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, timedelta

from tongxin.kernel.base.fields import ALWAYS, NO_END
from tongxin.kernel.base.models import Account, School, Subject, SubjectType
from tongxin.kernel.base.pinyin import name_keys
from tongxin.kernel.people.models import Branch, Contact, Department, Homeroom, Person, Staff, Student

from .facts import Facts
from .inserting import insert
from .invented import Inventor, public_id
from .world import REGION, SchoolPlan

TEACHING_SUBJECTS = ("语文", "数学", "英语", "物理", "思想政治", "体育", "美术", "音乐", "信息技术", "科学")
NEED_TYPES = (
    "family_upheaval", "economic_difficulty", "single_parent", "learning_difficulty", "internet_absorption", "behaviour",
)  # fmt: skip
# Share of students named for special care in the sweep, of staff under 35, and of classes with a twin post.
PRIORITY_SHARE = 0.065
YOUNG_SHARE = 0.34


@dataclass(eq=False)
class StaffMember:
    """diligence: how much of what this person owes gets done and written down (0 to 1)."""

    subject: Subject
    name: str
    sex: str
    born: date
    department: int
    diligence: float
    member: bool = False
    branch: Subject | None = None
    young: bool = False
    teaching: bool = True
    arrived: date = ALWAYS
    account: Account | None = None
    posts: list[str] = field(default_factory=list)
    step: str = ""  # on the way into the Party

    @property
    def id(self) -> int:
        return self.subject.pk


@dataclass(eq=False)
class Pupil:
    subject: Subject
    name: str
    priority: bool
    guardian: Subject
    present_from: date
    present_to: date
    sex: str = ""
    guardian_sex: str = ""

    @property
    def id(self) -> int:
        return self.subject.pk


@dataclass(eq=False)
class Room:
    """A homeroom with its people. grade(year): its grade in the school year that begins in `year`."""

    subject: Subject
    entry_year: int
    first_grade_year: int
    pupils: list[Pupil]
    teacher: StaffMember
    liaison: StaffMember | None = None
    graduated_on: date = NO_END

    @property
    def id(self) -> int:
        return self.subject.pk

    def grade(self, year: int) -> int:
        return year - self.first_grade_year + 1

    def present(self, day: date) -> list[Pupil]:
        return [p for p in self.pupils if p.present_from <= day <= p.present_to]


@dataclass(eq=False)
class Populated:
    """A school with everybody in it. shown: who signs in at the demo, by the label of their button."""

    plan: SchoolPlan
    school: School
    subject: Subject
    year: int
    staff: list[StaffMember] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)
    branches: list[Subject] = field(default_factory=list)
    departments: list[Subject] = field(default_factory=list)
    outsiders: dict[str, list[Subject]] = field(default_factory=dict)
    enterprises: list[Subject] = field(default_factory=list)
    # Who stands in a team, by the team's key: a programme that works in teams fills it.
    teams: dict[int, list[int]] = field(default_factory=dict)
    mentors: dict[int, StaffMember] = field(default_factory=dict)
    masters: list[tuple[StaffMember, StaffMember, date]] = field(default_factory=list)
    exam_pairs: list[tuple[StaffMember, Pupil]] = field(default_factory=list)
    general_branch: Subject | None = None
    core_group: list[StaffMember] = field(default_factory=list)
    shown: dict[str, StaffMember] = field(default_factory=dict)

    def holder(self, post: str) -> StaffMember:
        """The first holder of a post; the secretary where nobody holds it."""
        held = next((s for s in self.staff if post in s.posts), None)
        return held or next(s for s in self.staff if "secretary" in s.posts)

    @property
    def leader(self) -> StaffMember:
        """Who answers for the plan."""
        leading = ("secretary", "bureau_officer")
        return next(s for post in leading for s in self.staff if post in s.posts)

    def members(self) -> list[StaffMember]:
        return [s for s in self.staff if s.member]

    def in_branch(self, branch: Subject) -> list[StaffMember]:
        return [s for s in self.staff if s.branch is branch]

    def rooms_in(self, year: int) -> list[Room]:
        """Homerooms that are taught in the school year that begins in `year`."""
        return [r for r in self.rooms if r.entry_year <= year and r.graduated_on > date(year, 9, 1)]

    def everybody(self) -> list[StaffMember]:
        return list(self.staff)


class Population:
    """Builds one school. year: the present school year; started: since when its records run."""

    def __init__(
        self, plan: SchoolPlan, school: School, inventor: Inventor, year: int, started: date
    ) -> None:
        self.plan, self.inventor, self.random = plan, inventor, inventor.random
        self.started = started
        self.facts = Facts(school, inventor, started)
        subject = self._subject(school, SubjectType.SCHOOL, plan.name)
        insert(Subject, [subject])
        self.out = Populated(plan, school, subject, year)

    def build(self) -> Populated:
        self._groups()
        self._staff()
        self._rooms()
        self._posts()
        self._care()
        self._outside()
        self._school()
        self.facts.write()
        return self.out

    # rows

    def _subject(self, school: School, type: str, name: str, first=ALWAYS, last=NO_END) -> Subject:
        pinyin, initials = name_keys(name)
        return Subject(
            school=school,
            type=type,
            name=name,
            pinyin=pinyin,
            initials=initials,
            present_from=first,
            present_to=last,
            public_id=public_id(self.inventor),
        )

    def _new(self, type: str, name: str, first=ALWAYS, last=NO_END) -> Subject:
        return self._subject(self.out.school, type, name, first, last)

    def link(self, kind: str, a: Subject, b: Subject, first: date = ALWAYS, last: date = NO_END) -> None:
        self.facts.link(kind, a, b, first, last)

    def state(
        self, subject: Subject, name: str, value: object, first: date = ALWAYS, last: date = NO_END
    ) -> None:
        self.facts.state(subject, name, value, first, last)

    # groups and staff

    def _groups(self) -> None:
        out, plan = self.out, self.plan
        general = [self._new(SubjectType.BRANCH, plan.general_branch)] if plan.general_branch else []
        out.branches = [self._new(SubjectType.BRANCH, name) for name in plan.branches]
        out.departments = [self._new(SubjectType.DEPARTMENT, name) for name in plan.departments]
        insert(Subject, [*general, *out.branches, *out.departments])
        parent = None
        if general:
            out.general_branch = general[0]
            parent = Branch(subject=general[0], school=out.school)
            insert(Branch, [parent])
        insert(Branch, [Branch(subject=b, school=out.school, parent=parent) for b in out.branches])
        insert(Department, [Department(subject=d, school=out.school) for d in out.departments])

    def _staff(self) -> None:
        out, plan = self.out, self.plan
        young_count = round(plan.staff * YOUNG_SHARE)
        arrived = {n: date(out.year - n % 2, 8, 28) for n in range(max(2, plan.staff // 12))}
        for n in range(plan.staff):
            self._staff_member(n, young_count, arrived.get(n, ALWAYS))
        insert(Subject, [s.subject for s in out.staff])
        self._accounts()
        self._members()
        insert(Person, [self._person(s) for s in out.staff])
        insert(Staff, [self._staff_row(s, n) for n, s in enumerate(out.staff)])
        for person in out.staff:
            self.link("in_department", person.subject, out.departments[person.department], person.arrived)
            self._staff_attributes(person)

    def _staff_member(self, n: int, young_count: int, arrived: date) -> None:
        name, sex = self.inventor.person()
        young = n < young_count
        born = self.inventor.birth_date(
            self.out.year - self.random.randint(*((24, 33) if young else (36, 57)))
        )
        departments = len(self.plan.departments)
        service = not young and self.random.random() < 0.12
        department = departments - 1 if service else self.random.randrange(departments - 1)
        wide = self.plan.diligence
        diligence = min(1.0, max(0.15, self.random.gauss(wide, 0.13)))
        subject = self._new(SubjectType.STAFF, name, arrived)
        self.out.staff.append(
            StaffMember(
                subject,
                name,
                sex,
                born,
                department,
                diligence,
                young=young,
                teaching=not service,
                arrived=arrived,
            )
        )

    def _members(self) -> None:
        """Party members: mostly older teachers, a fifth of them young; spread over the branches."""
        out = self.out
        settled = [s for s in out.staff if s.arrived == ALWAYS]
        young, older = [s for s in settled if s.young], [s for s in settled if not s.young]
        wanted_young = min(self.plan.members // 4, len(young))
        chosen = self.random.sample(young, wanted_young)
        chosen += self.random.sample(older, self.plan.members - wanted_young)
        chosen.sort(key=lambda s: s.subject.pk)
        for n, person in enumerate(chosen):
            person.member, person.branch = True, out.branches[n % len(out.branches)]
            self.link("branch_member", person.subject, person.branch)

    def _accounts(self) -> None:
        accounts = []
        for n, person in enumerate(self.out.staff):
            account = Account(login=f"{self.plan.slug}.t{n + 1:03d}", public_id=public_id(self.inventor))
            account.set_unusable_password()
            person.account = account
            accounts.append(account)
        insert(Account, accounts)

    def _person(self, person: StaffMember) -> Person:
        return Person(
            subject=person.subject,
            school=self.out.school,
            account=person.account,
            sex=person.sex,
            birth_date=person.born,
            id_number=self.inventor.id_number(person.born, person.sex),
        )

    def _staff_row(self, person: StaffMember, n: int) -> Staff:
        taught = self.random.choice(TEACHING_SUBJECTS) if person.teaching else ""
        title = "二级教师" if person.young else self.random.choice(("一级教师", "一级教师", "高级教师"))
        return Staff(
            person_id=person.id,
            school=self.out.school,
            staff_number=f"{n + 1:04d}",
            teaching_subject=taught,
            job_title=title if person.teaching else "工勤",
        )

    def _staff_attributes(self, person: StaffMember) -> None:
        subject = person.subject
        self.state(subject, "in_service", self.random.random() > 0.02 or not person.member)
        self.state(subject, "teaching", person.teaching)
        self.state(subject, "young_teacher", person.young)
        self.state(subject, "spark_register", person.young and self.random.random() < 0.3)
        if person.arrived > ALWAYS:
            after = date(person.arrived.year + 1, 2, 1)
            self.state(subject, "newly_arrived", True, person.arrived, after - timedelta(days=1))
            self.state(subject, "newly_arrived", False, after)
        else:
            self.state(subject, "newly_arrived", False)
        if person.member:
            self.state(subject, "membership_state", "full")
        elif person.young and self.random.random() < 0.3:
            person.step = self.random.choice(("applicant", "activist", "candidate"))
            self.state(subject, "membership_state", person.step)
        else:
            self.state(subject, "membership_state", "none")

    # students

    def _rooms(self) -> None:
        out, plan = self.out, self.plan
        grades = len(plan.homerooms)
        cohorts = [(out.year - g, plan.homerooms[g]) for g in range(grades)]
        if plan.graduates:
            cohorts.append((out.year - grades, plan.homerooms[-1]))
        rooms_now = sum(plan.homerooms)
        sizes = [plan.students // rooms_now + (n < plan.students % rooms_now) for n in range(rooms_now)]
        teachers = iter(self._homeroom_teachers(sum(count for _, count in cohorts)))
        for entry_year, count in sorted(cohorts):
            for number in range(1, count + 1):
                gone = entry_year <= out.year - grades
                size = plan.students // rooms_now if gone else sizes.pop()
                self._room(entry_year, number, size, next(teachers), gone)
        self._insert_rooms()

    def _homeroom_teachers(self, count: int) -> list[StaffMember]:
        able = [s for s in self.out.staff if s.teaching and s.arrived == ALWAYS]
        self.random.shuffle(able)
        return (able * (count // len(able) + 1))[:count]

    def _room(self, entry_year: int, number: int, size: int, teacher: StaffMember, gone: bool) -> None:
        out, plan = self.out, self.plan
        tracks = plan.tracks
        track = tracks[(number - 1) * len(tracks) // plan.homerooms[0]] if tracks else ""
        last = date(out.year, 6, 30) if gone else NO_END
        first = date(entry_year, 9, 1)
        title = f"{entry_year}级{track}{number}班" if tracks else f"{entry_year}级{number}班"
        room = Room(self._new(SubjectType.HOMEROOM, title, first, last), entry_year, entry_year, [], teacher)
        room.graduated_on = last
        for _ in range(size):
            room.pupils.append(self._pupil(entry_year, first, last))
        out.rooms.append(room)

    def _pupil(self, entry_year: int, first: date, last: date) -> Pupil:
        name, sex = self.inventor.person()
        arrived = first
        if self.random.random() < 0.008 and entry_year < self.out.year:
            arrived = date(self.out.year, 2, 20) + timedelta(days=self.random.randrange(30))
        subject = self._new(SubjectType.STUDENT, name, arrived, last)
        guardian_name, guardian_sex = self.inventor.guardian_of(name)
        guardian = self._new(SubjectType.GUARDIAN, guardian_name)
        priority = self.random.random() < PRIORITY_SHARE
        return Pupil(subject, name, priority, guardian, arrived, last, sex, guardian_sex)

    def _insert_rooms(self) -> None:
        out = self.out
        pupils = [(room, pupil) for room in out.rooms for pupil in room.pupils]
        insert(Subject, [room.subject for room in out.rooms])
        insert(Subject, [p.subject for _, p in pupils])
        insert(Subject, [p.guardian for _, p in pupils])
        insert(
            Homeroom,
            [
                Homeroom(
                    subject=room.subject,
                    school=out.school,
                    entry_year=room.entry_year,
                    number=int(room.subject.name.rstrip("班")[-1]),
                    track=self._track(room),
                )
                for room in out.rooms
            ],
        )
        insert(Person, [row for room, p in pupils for row in self._family(room, p)])
        insert(Student, [self._student(room, p, n) for n, (room, p) in enumerate(pupils)])
        insert(Contact, [self._contact(p) for _, p in pupils])
        for room in out.rooms:
            self._room_facts(room)

    def _track(self, room: Room) -> str:
        return next((t for t in self.plan.tracks if t in room.subject.name), "")

    def _family(self, room: Room, pupil: Pupil) -> list[Person]:
        born = self.inventor.birth_date(room.entry_year - self.plan.first_age)
        return [
            Person(
                subject=pupil.subject,
                school=self.out.school,
                sex=pupil.sex,
                birth_date=born,
                id_number=self.inventor.id_number(born, pupil.sex),
            ),
            Person(subject=pupil.guardian, school=self.out.school, sex=pupil.guardian_sex),
        ]

    def _student(self, room: Room, pupil: Pupil, n: int) -> Student:
        return Student(
            person_id=pupil.id,
            school=self.out.school,
            pupil_number=f"L99{self.out.school.pk:04d}{room.entry_year}{n:08d}",
            local_number=f"{room.entry_year}{n + 1:05d}",
            entry_year=room.entry_year,
        )

    def _contact(self, pupil: Pupil) -> Contact:
        return Contact(
            school=self.out.school,
            person_id=pupil.guardian.pk,
            kind=Contact.Kind.PHONE,
            value=self.inventor.phone(),
        )

    def _room_facts(self, room: Room) -> None:
        out, year = self.out, self.out.year
        for school_year in range(max(room.entry_year, year - 1), year + 1):
            if date(school_year, 9, 1) < room.graduated_on:
                first, last = date(school_year, 9, 1), date(school_year + 1, 8, 31)
                self.state(room.subject, "grade", room.grade(school_year), first, last)
        self.state(room.subject, "class_size", len(room.pupils))
        for pupil in room.pupils:
            self.link("enrolled_in", pupil.subject, room.subject, pupil.present_from, pupil.present_to)
            self.link("guardian_of", pupil.guardian, pupil.subject)
            swept = max(pupil.present_from, self.started)
            self.state(pupil.subject, "priority_care", pupil.priority, swept)
            self.state(pupil.subject, "boarding", self.random.random() < self.plan.boarding_share)
            if pupil.priority:
                self.state(pupil.subject, "need_type", self.random.choice(NEED_TYPES), swept)
        appointed = date(room.entry_year, 8, 25)
        room.teacher.posts.append("homeroom_teacher")
        self.link("homeroom_teacher", room.teacher.subject, room.subject, appointed, room.graduated_on)
        for _ in range(2):
            teacher = self.random.choice([s for s in out.staff if s.teaching])
            self.link("teaches", teacher.subject, room.subject, date(year - 1, 9, 1), room.graduated_on)
        supporter = self.random.choice(room.pupils)
        self.link("peer_supporter", supporter.subject, room.subject, appointed, room.graduated_on)

    # posts and care

    def _posts(self) -> None:
        """School posts go to different people; members first for the Party's own."""
        out = self.out
        members = [s for s in out.members() if "homeroom_teacher" not in s.posts] + out.members()
        self._appoint("secretary", members[0], out.subject)
        for n, branch in enumerate(out.branches):
            inside = [s for s in out.in_branch(branch) if "secretary" not in s.posts]
            inside.sort(key=lambda s: len(s.posts))
            self._appoint("branch_secretary", inside[0], branch)
            for person in inside[1:3]:
                self._appoint("branch_committee", person, branch)
            if out.general_branch is not None and n == 0:
                self.link("branch_secretary", out.holder("secretary").subject, out.general_branch)
        for n, department in enumerate(out.departments):
            inside = [s for s in out.staff if s.department == n and not s.young] or out.staff
            self._appoint("department_head", min(inside, key=lambda s: len(s.posts)), department)
        settled = [s for s in out.staff if s.arrived == ALWAYS]
        spare = itertools.cycle(sorted(settled, key=lambda s: (len(s.posts), s.young)))
        for post, count in SCHOOL_POSTS.items():
            for _ in range(count if self.plan.first_age < 15 or post != "pioneers_organiser" else 0):
                person = next(s for s in spare if post not in s.posts)
                self._appoint(post, person, out.subject)

    def _appoint(self, post: str, person: StaffMember, of: Subject) -> None:
        person.posts.append(post)
        self.link(post, person.subject, of)

    def _care(self) -> None:
        """Second class teachers, mentors of students in need, masters of newcomers, exam candidates' helpers."""
        out = self.out
        members = out.members()
        rooms = out.rooms_in(out.year)
        start = date(out.year - 1, 9, 1)
        for n, room in enumerate(rooms):
            room.liaison = members[n % len(members)]
            self.link(
                "homeroom_liaison",
                room.liaison.subject,
                room.subject,
                max(start, date(room.entry_year, 9, 1)),
            )
        for room in out.rooms:
            room.liaison = room.liaison or self.random.choice(members)
        for person in members[len(rooms) :]:
            room = self.random.choice(rooms)
            self.link(
                "homeroom_liaison", person.subject, room.subject, max(start, date(room.entry_year, 9, 1))
            )
        for room in rooms:
            for pupil in room.pupils:
                if pupil.priority:
                    self._mentor(pupil, members)
        self._masters()
        if "three-platforms-five-integrations" in self.plan.packs:
            self._exam_pairs()
            self._core_group()

    def _mentor(self, pupil: Pupil, members: list[StaffMember]) -> None:
        mentor = self.random.choice(members)
        self.out.mentors[pupil.id] = mentor
        since = max(pupil.present_from, date(self.out.year, 3, 1))
        self.link("mentor_of", mentor.subject, pupil.subject, since)

    def _masters(self) -> None:
        out = self.out
        able = [s for s in out.staff if s.teaching and not s.young and s.arrived == ALWAYS]
        for person in [s for s in out.staff if s.arrived > ALWAYS]:
            late = self.random.random() > self.plan.diligence
            paired = person.arrived + timedelta(
                days=self.random.randrange(40, 60) if late else self.random.randrange(5, 24)
            )
            master = self.random.choice(able)
            out.masters.append((master, person, paired))
            self.link("master_of", master.subject, person.subject, paired)

    def _exam_pairs(self) -> None:
        out = self.out
        candidates = [
            p for r in out.rooms if r.grade(out.year - 1) == len(self.plan.homerooms) for p in r.pupils
        ]
        helpers = [s for s in out.staff if s.member or "administrator" in s.posts]
        for helper, pupil in zip(
            helpers, self.random.sample(candidates, min(len(helpers), len(candidates))), strict=False
        ):
            out.exam_pairs.append((helper, pupil))
            self.link(
                "exam_support_of", helper.subject, pupil.subject, date(out.year, 3, 2), date(out.year, 6, 30)
            )

    def _core_group(self) -> None:
        """The psychology group with its certificates: 1 + 2 + 7 + 7, as the plan has it."""
        out = self.out
        people = self.random.sample([s for s in out.staff if s.teaching and s.arrived == ALWAYS], 17)
        since = date(out.year - 3, 6, 1)
        for n, person in enumerate(people):
            self.link("core_group_member", person.subject, out.subject, date(out.year, 3, 10))
            if n < 3:
                self.state(person.subject, "counsellor_grade", "2" if n == 0 else "3", since)
            elif n < 10:
                self.state(person.subject, "school_psychology_certificate", True, since)
            else:
                self.state(person.subject, "family_guide_certificate", True, since)
        out.core_group = people

    def _school(self) -> None:
        """What rules read of the school itself."""
        rooms, plan = self.out.rooms_in(self.out.year), self.plan
        boarders = plan.boarding_share * plan.students
        facts = {
            "institution": "school",
            "stage": plan.stage,
            "region": REGION,
            "students_total": sum(len(room.pupils) for room in rooms),
            "students_over_thousand": plan.students >= 1000,
            "boarders_over_200": boarders >= 200,
        }
        for name, value in facts.items():
            self.state(self.out.subject, name, value)

    def _outside(self) -> None:
        """Experts, community workers, and enterprises."""
        out = self.out
        roles = {"expert": 4, "community": 3, "craftsman": 3}
        for role, count in roles.items():
            out.outsiders[role] = [
                self._new(SubjectType.OUTSIDER, self.inventor.person()[0]) for _ in range(count)
            ]
        out.enterprises = [self._new(SubjectType.ENTERPRISE, name) for name in ENTERPRISES]
        people = [s for found in out.outsiders.values() for s in found]
        insert(Subject, [*people, *out.enterprises])
        insert(Person, [Person(subject=s, school=out.school) for s in people])


ENTERPRISES = (
    "青岚精工机械公司",
    "岚江云数科技公司",
    "青岚惠民商贸公司",
    "岚江智造装备公司",
    "青岚诚信财税公司",
    "岚江连锁超市",
)
SCHOOL_POSTS = {
    "administrator": 3,
    "office": 1,
    "counsellor": 1,
    "part_time_counsellor": 3,
    "it_admin": 1,
    "security_admin": 1,
    "audit_admin": 1,
    "union_organiser": 1,
    "women_organiser": 1,
    "league_organiser": 1,
    "pioneers_organiser": 1,
    "teaching_lead": 1,
    "studio_lead": 1,
    "career_teacher": 1,
    "contest_lead": 1,
    "parents_lead": 1,
    "publicity": 1,
}
