"""The cast with homes around the school, a parent who signs in, and a chain that is called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from tongxin.kernel.base.models import Account, Subject
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Contact, Person
from tongxin.kernel.signals import chain
from tongxin.modules.home_visits import homes, planning
from tongxin.modules.home_visits.models import VisitRound
from tongxin.testing.cast import SINCE, TODAY, Cast, Player, cast, player, today  # noqa: F401
from tongxin.testing.sealed import keys  # noqa: F401

ADDRESS = "竹园里九号"
SESSIONS = [
    {"id": "1119", "day": "2026-11-19", "from": "18:00", "to": "20:30", "most": None},
    {"id": "1121", "day": "2026-11-21", "from": "09:00", "to": "12:00", "most": None},
]
KINDS = """
  - kind: family_difficulty
    title: 家庭困难登记
    class: K3
    heading: "2.1"
    parts:
      - {part: student, title: 学生, of: [student], at_least: 1}
      - {part: finder, title: 登记人, of: [staff], at_least: 1}
    qualifiers:
      - {qualifier: theme, title: 困难, values: {economic: 经济, schooling: 学业, relation: 亲子关系, health: 健康, other: 其他}}
  - kind: family_difficulty_solved
    title: 家庭困难解决
    class: K3
    heading: "2.1"
    parts:
      - {part: student, title: 学生, of: [student], at_least: 1}
      - {part: solver, title: 经办人, of: [staff], at_least: 1}
"""
PRIORITY = """
  - id: visit-priority
    title: 特殊学生家庭每学期至少家访一次
    heading: "2.1"
    source: {document: 青山中学育人方案, at: 二(四), level: school, modality: must}
    since: 2026-01-10
    subject: student
    where: {priority_care: true}
    bearer: homeroom_teacher
    count: {kind: home_visit, part: visited}
    measure: times
    at_least: 1
    window: term
    cases:
      - {name: 没有家访，算待完成, attributes: {priority_care: true}, entries: [], as_of: 2026-11-18, verdict: open}
"""


@dataclass
class Homes:
    """xu goes with liu. special: the student whose family comes first. parent: of the first student of 七年级1班."""

    cast: Cast
    parent: Player
    special: Subject

    @property
    def children(self) -> list[Subject]:
        return self.cast.students[1]

    @property
    def child(self) -> Subject:
        return self.children[0]

    def round(self, **more) -> VisitRound:
        given = {
            "school": self.cast.school, "title": "一班家访", "homeroom": self.cast.room_one.subject, "first_day": TODAY,
            "last_day": date(2026, 11, 30), "seconds": 1, "sessions": SESSIONS, "made_by": self.cast.liu.subject,
            "people": [self.cast.liu.subject.pk, self.cast.xu.subject.pk], "token": f"t{VisitRound.objects.count()}",
        }  # fmt: skip
        return VisitRound.objects.create(**(given | more))

    def planned(self, **more) -> VisitRound:
        made = self.round(**more)
        planning.ask(self.cast.liu.viewer(), made)
        made.refresh_from_db()
        return made


def account_for(subject: Subject, login: str) -> Player:
    account = Account.objects.create_user(login)
    Person.objects.filter(pk=subject.pk).update(account=account)
    return Player(Person.objects.select_related("subject", "school").get(pk=subject.pk), account)


@pytest.fixture
def visits(cast, keys) -> Homes:  # noqa: F811
    cast.add_rules(PRIORITY, ("kinds:\n", f"kinds:\n{KINDS.lstrip(chr(10))}"))
    whole = people.school_subject(cast.school)
    leader = player(cast.school, "何敏", "he", care_leader=whole)
    chain.set_chain(
        cast.school,
        [chain.Wanted(one.subject) for one in (cast.chen, leader, cast.wang)],
        by=cast.wang.viewer(),
        day=TODAY,
    )
    viewer = cast.liu.viewer()
    for number, student in enumerate(cast.students[1]):
        spot = homes.spot(address=f"{ADDRESS}{number}", code="东街", x=400 + 300 * number, y=-200 * number)
        homes.save_home(student, spot=spot, wants=None, by=viewer)
    guardian = people.make_guardian(cast.school, "安家长", children=[cast.students[1][0]])
    Contact.objects.create(school=cast.school, person=guardian, kind="phone", value="13800000001")
    special = cast.students[1][4]
    people.set_attribute(special, "priority_care", True, since=SINCE)
    return Homes(cast, account_for(guardian.subject, "parent"), special)
