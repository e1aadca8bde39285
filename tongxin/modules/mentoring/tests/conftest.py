"""The cast in pairs: a mentor and a child with a parent, a master and an apprentice, a member and a class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from tongxin.kernel.base.models import Account, Link, Subject
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Person
from tongxin.testing.cast import SINCE, TODAY, Cast, Player, cast, player, today  # noqa: F401
from tongxin.testing.sealed import keys  # noqa: F401

BEGUN = date(2026, 9, 7)
LINKS = """links:
  - {link: helps_student, title: 帮扶结对（学生）, a: staff, b: student, class: K3}
  - {link: master_of, title: 师徒结对, a: staff, b: staff, class: K1}
"""
KINDS = """  - kind: mentor_care
    title: 成长导师帮扶
    class: K3
    heading: "2.1"
    parts:
      - {part: mentor, title: 成长导师, of: [staff], at_least: 1}
      - {part: mentee, title: 帮扶学生, of: [student], at_least: 1}
    qualifiers:
      - qualifier: theme
        title: 帮扶内容
        values: {study_first: 学习上优先辅导, life_first: 生活上优先关心, talk: 主动谈心谈话}
        required: true
  - kind: paired_help
    title: 结对帮扶学生
    class: K3
    heading: "2.1"
    parts:
      - {part: helper, title: 帮扶党员, of: [staff], at_least: 1}
      - {part: helped, title: 学生, of: [student], at_least: 1}
    amounts: [{amount: money, title: 捐款, unit: 元, per: entry}]
    qualifiers:
      - {qualifier: theme, title: 方式, values: {tutoring: 课业辅导, goods: 捐物, money: 捐款, care: 关怀}, required: true}
  - kind: two_way_feedback
    title: 师徒双向评价
    class: K2
    heading: "2.1"
    parts:
      - {part: assessor, title: 评价人, of: [staff], at_least: 1}
      - {part: assessed, title: 被评价人, of: [staff], at_least: 1}
  - kind: growth_request
    title: 青年教师诉求与援助
    class: K2
    heading: "2.1"
    parts:
      - {part: requester, title: 提出人, of: [staff], at_least: 1}
      - {part: helper, title: 援助人, of: [staff]}
    qualifiers:
      - {qualifier: theme, title: 类别, values: {teaching: 教学技能, class_management: 班主任管理, work: 工作}, required: true}
  - kind: growth_answer
    title: 答复青年教师诉求
    class: K2
    heading: "2.1"
    parts: [{part: answerer, title: 答复人, of: [staff], at_least: 1}]
"""
RULE = """  - id: mentor-monthly
    title: 导师每月帮扶结对学生
    heading: "2.1"
    source: {document: 青山中学育人方案, at: "2.1", level: school, modality: must}
    since: 2026-01-10
    subject: "pair:mentor_of"
    bearer: a
    count: {kind: mentor_care, part: mentor, with: {part: mentee}}
    measure: times
    at_least: 1
    window: month
"""


@dataclass
class Pairs:
    """xu mentors `child` (of 七年级1班, its parent signs in) and is master of `young`; liu's class has li as liaison.

    pupil: the child as somebody who signs in. `helped`: another child of the class whom xu helps.
    """

    cast: Cast
    mentor: Link
    helper: Link
    master: Link
    liaison: Link
    pupil: Player
    parent: Player
    young: Player

    @property
    def child(self) -> Subject:
        return self.pupil.subject


def account_for(subject: Subject, login: str) -> Player:
    account = Account.objects.create_user(login)
    Person.objects.filter(pk=subject.pk).update(account=account)
    return Player(Person.objects.select_related("subject", "school").get(pk=subject.pk), account)


@pytest.fixture
def two(cast, keys) -> Pairs:  # noqa: F811
    cast.add_rules("", ("kinds:\n", f"kinds:\n{KINDS}"), ("attributes:\n", f"{LINKS}attributes:\n"))
    cast.add_rules(RULE)
    child = cast.students[1][0]
    young = player(cast.school, "秦朗", "young")
    guardian = people.make_guardian(cast.school, "安家长", children=[child])

    def link(kind, a, b):
        return people.set_link(kind, a, b, since=BEGUN)

    return Pairs(
        cast,
        link("mentor_of", cast.xu.subject, child),
        link("helps_student", cast.xu.subject, cast.students[1][1]),
        link("master_of", cast.xu.subject, young.subject),
        link("homeroom_liaison", cast.li.subject, cast.room_one.subject),
        account_for(child, "pupil"),
        account_for(guardian.subject, "parent"),
        young,
    )
