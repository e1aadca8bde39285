"""The cast of the tests: one small school everybody knows, its bureau, and a school next door that must see nothing.

    刘老师  班主任 of 七年级1班, Party member of the first branch
    马老师  班主任 of 七年级2班, no member
    许老师  subject teacher, Party member        李老师  支部书记 of the first branch
    陈老师  counsellor                           王书记  secretary
    孙主任  office                               郭老师  it_admin
    周科员  officer of the bureau                外校赵老师  班主任 at another school, sees nothing here

Use it in a room's tests by importing the fixtures in its conftest.py:
    from tongxin.testing.cast import cast, today  # noqa: F401
Today is Wednesday 2026-11-18, in teaching week 12 of 2026秋 (the second week of its sixth fortnight).
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from tongxin.kernel.access.viewer import Viewer, viewer_for
from tongxin.kernel.base.models import Account, School, Subject
from tongxin.kernel.calendar.services import TermDraft, save_school_year
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Branch, Homeroom, Person

from .again import again
from .pack import PACK, with_rules

TODAY = date(2026, 11, 18)
NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
SINCE = date(2026, 1, 5)
STUDENTS = {
    1: ("安小禾", "白云飞", "程一诺", "丁可欣", "方晓", "高子涵"),
    2: ("何雨桐", "江南", "柯乐", "林夕", "苗青", "倪好"),
}


@dataclass(frozen=True)
class Player:
    """Somebody of the cast who can sign in."""

    person: Person
    account: Account

    @property
    def subject(self) -> Subject:
        return self.person.subject

    @property
    def school(self) -> School:
        return self.person.school

    def viewer(self, day: date = TODAY, *, proved: bool = False) -> Viewer:
        """proved: as somebody who has just given the second factor."""
        return replace(viewer_for(self.account, self.person.school, day), proved=proved)


@dataclass
class Cast:
    """The school and its people. students: {homeroom number: subjects}."""

    bureau: School
    school: School
    other_school: School
    room_one: Homeroom
    room_two: Homeroom
    branch: Branch
    liu: Player
    ma: Player
    xu: Player
    li: Player
    chen: Player
    wang: Player
    sun: Player
    guo: Player
    zhou: Player
    zhao: Player
    students: dict[int, list[Subject]] = field(default_factory=dict)
    other_student: Subject | None = None
    programme = None

    def sign_in(self, client, player: Player) -> None:
        client.force_login(player.account)

    def adopt(self, text: str = PACK):
        """Adopt the small programme (or another text) for 2026 and return it."""
        from tongxin.kernel.programmes.services import adopt

        self.programme = adopt(self.school, "green-hill", 2026, by=self.wang.account, text=text)
        return self.programme

    def add_rules(self, rules: str, *changes: tuple[str, str], note: str = "加要求") -> None:
        """Give the present programme more rules (YAML items, each begun by "  - id:") and replace text of it."""
        from tongxin.kernel.programmes.queries import current_version
        from tongxin.kernel.programmes.services import change

        assert self.programme is not None, "adopt a programme first"
        present = current_version(self.programme)
        text = with_rules(present.text, rules)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        change(self.programme, text, note, by=self.wang.account, base=present.number)

    def record(
        self,
        kind: str,
        day: date,
        parts: Mapping[str, Sequence[Subject]],
        *,
        by: Player | None = None,
        qualifiers: Mapping[str, str] | None = None,
        hours: float = 0,
        evidence: Sequence[str] = (),
        title: str = "",
    ):
        """Enter an activity in the ledger as a member of staff would."""
        from tongxin.kernel.ledger.services import Draft, Upload, record_activity
        from tongxin.kernel.programmes.queries import kind_named

        declared = kind_named(self.school, kind, TODAY)
        if declared is None:
            raise LookupError(f"no kind {kind}; adopt a programme first")
        draft = Draft(
            day=day,
            parts={part: [s.pk for s in subjects] for part, subjects in parts.items()},
            qualifiers=dict(qualifiers or {}),
            amounts={"hours": round(hours * 100)} if hours else {},
            uploads=[Upload(type, picture(), "照片.jpg") for type in evidence],
            title=title,
        )
        return record_activity(self.school, declared, draft, by=(by or self.liu).account, today=TODAY)

    def visit(
        self, student: Subject, day: date, *, by: Player | None = None, mode: str = "in_person", **more
    ):
        by = by or self.liu
        parts = {"visited": [student], "visitor": [by.subject]}
        return self.record("home_visit", day, parts, by=by, qualifiers={"mode": mode}, **more)


def picture(size: int = 40) -> bytes:
    """Return a small JPEG."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (size, size), (180, 120, 60)).save(out, "JPEG")
    return out.getvalue()


def make_cast() -> Cast:
    """Build the school, its people and its calendar; no programme is adopted yet."""
    bureau = School.objects.create(kind=School.Kind.BUREAU, name="河西区教育局")
    school = School.objects.create(name="青山中学", parent=bureau)
    other = School.objects.create(name="临水中学", parent=bureau)
    for each in (school, other):
        _calendar(each)
    room_one = people.make_homeroom(school, "七年级1班", entry_year=2026, number=1, grade=7, since=SINCE)
    room_two = people.make_homeroom(school, "七年级2班", entry_year=2026, number=2, grade=7, since=SINCE)
    branch = people.make_branch(school, "第一党支部")
    whole = people.school_subject(school)
    cast = Cast(
        bureau=bureau,
        school=school,
        other_school=other,
        room_one=room_one,
        room_two=room_two,
        branch=branch,
        liu=player(school, "刘洋", "liu", homeroom_teacher=room_one.subject, member=branch),
        ma=player(school, "马超群", "ma", homeroom_teacher=room_two.subject),
        xu=player(school, "许静", "xu", member=branch),
        li=player(school, "李梅", "li", branch_secretary=branch.subject, member=branch),
        chen=player(school, "陈晨", "chen", counsellor=whole),
        wang=player(school, "王建国", "wang", secretary=whole),
        sun=player(school, "孙立", "sun", office=whole),
        guo=player(school, "郭维", "guo", it_admin=whole),
        zhou=player(bureau, "周敏", "zhou", bureau_officer=people.school_subject(bureau)),
        zhao=_stranger(other),
    )
    for number, room in ((1, room_one), (2, room_two)):
        made = [people.make_student(school, name, homeroom=room, since=SINCE) for name in STUDENTS[number]]
        cast.students[number] = [student.person.subject for student in made]
    cast.other_student = Subject.objects.get(school=other, type="student")
    return cast


def adopted_cast() -> Cast:
    """The cast with the small programme adopted."""
    made = make_cast()
    made.adopt()
    return made


def _calendar(school: School) -> None:
    save_school_year(
        school,
        "2025-2026",
        date(2025, 9, 1),
        date(2026, 8, 31),
        [
            TermDraft("2025秋", date(2025, 9, 1), date(2026, 1, 23)),
            TermDraft("2026春", date(2026, 3, 2), date(2026, 7, 3)),
        ],
    )
    save_school_year(
        school,
        "2026-2027",
        date(2026, 9, 1),
        date(2027, 8, 31),
        [
            TermDraft("2026秋", date(2026, 9, 1), date(2027, 1, 15)),
            TermDraft("2027春", date(2027, 3, 1), date(2027, 7, 2)),
        ],
    )


def _stranger(other: School) -> Player:
    room = people.make_homeroom(other, "七年级甲班", entry_year=2026, number=1, grade=7, since=SINCE)
    people.make_student(other, "外校学生", homeroom=room, since=SINCE)
    return player(other, "赵外", "zhao", homeroom_teacher=room.subject)


def player(
    school: School, name: str, login: str, *, member: Branch | None = None, **posts: Subject
) -> Player:
    """Make a member of staff with a login and posts, in office since the beginning of 2026."""
    staff = people.make_staff(school, name, since=SINCE, branch=member)
    account = Account.objects.create_user(login)
    Person.objects.filter(pk=staff.person.pk).update(account=account)
    person = Person.objects.select_related("subject", "school").get(pk=staff.person.pk)
    for post, at in posts.items():
        people.appoint(person.subject, post, at, since=SINCE)
    return Player(person, account)


def crowd(cast: Cast, size: int) -> list[Subject]:
    """Put more students into 七年级1班 (for query counts)."""
    made = [
        people.make_student(cast.school, f"学生{number:03d}", homeroom=cast.room_one, since=SINCE)
        for number in range(size)
    ]
    return [student.person.subject for student in made]


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.fixture
def today(monkeypatch) -> date:
    """Stop the clock on TODAY, ten in the morning."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return TODAY


@pytest.fixture
def cast(db, today) -> Cast:
    """The cast with the small programme adopted."""
    return again("cast", adopted_cast)
