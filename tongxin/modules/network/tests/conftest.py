"""The cast as a network: a chain, a leader, a peer supporter, a parent and a student who sign in."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tongxin.kernel.base.models import Account, Subject
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Person
from tongxin.kernel.signals import chain
from tongxin.testing.cast import SINCE, TODAY, Cast, Player, cast, player, today  # noqa: F401
from tongxin.testing.sealed import keys  # noqa: F401

KINDS = """
  - kind: class_mood
    title: 班级心情周报
    class: K1
    heading: "2.2"
    parts:
      - {part: homeroom, title: 班级, of: [homeroom], at_least: 1}
  - kind: network_roster
    title: 四级心育网络名单
    class: K2
    heading: "2.2"
    parts:
      - {part: committee, title: 委员会, of: [staff], at_least: 1}
      - {part: counsellor, title: 心育老师, of: [staff], at_least: 1}
      - {part: homeroom_teacher, title: 班主任, of: [staff], at_least: 1}
      - {part: peer_supporter, title: 心理委员, of: [student], at_least: 1}
  - kind: network_task
    title: 网络任务
    class: K1
    heading: "2.2"
    parts:
      - {part: homeroom, title: 班级, of: [homeroom], at_least: 1}
      - {part: giver, title: 派任务的人, of: [staff]}
  - kind: network_task_done
    title: 回复网络任务
    class: K1
    heading: "2.2"
    parts:
      - {part: homeroom, title: 班级, of: [homeroom], at_least: 1}
      - {part: bearer, title: 回复的人, of: [staff]}
  - kind: mandatory_report
    title: 强制报告
    class: K4e
    heading: "2.2"
    parts:
      - {part: student, title: 学生, of: [student], at_least: 1}
      - {part: reporter, title: 报告人, of: [staff], at_least: 1}
    qualifiers:
      - {qualifier: theme, title: 对象, values: {police: 公安机关, civil_affairs: 民政部门, education: 教育行政部门}, required: true}
"""


@dataclass
class Net:
    """peer: peer supporter of 七年级1班. pupil: a student there. parent: of 安小禾 (first of 七年级1班)."""

    cast: Cast
    leader: Player
    peer: Player
    pupil: Player
    parent: Player

    @property
    def child(self) -> Subject:
        return self.cast.students[1][0]


def account_for(subject: Subject, login: str) -> Player:
    account = Account.objects.create_user(login)
    Person.objects.filter(pk=subject.pk).update(account=account)
    return Player(Person.objects.select_related("subject", "school").get(pk=subject.pk), account)


@pytest.fixture
def net(cast, keys) -> Net:  # noqa: F811
    whole = people.school_subject(cast.school)
    leader = player(cast.school, "何敏", "he", care_leader=whole, deputy_secretary=whole)
    chain.set_chain(
        cast.school,
        [chain.Wanted(one.subject) for one in (cast.chen, leader, cast.wang)],
        by=cast.wang.viewer(),
        day=TODAY,
    )
    peer = account_for(cast.students[1][1], "peer")
    people.appoint(peer.subject, "peer_supporter", cast.room_one.subject, since=SINCE)
    pupil = account_for(cast.students[1][2], "pupil")
    guardian = people.make_guardian(cast.school, "安家长", children=[cast.students[1][0]])
    return Net(cast, leader, peer, pupil, account_for(guardian.subject, "parent"))


@pytest.fixture
def ledgered(net):
    """The same with the kinds the network enters in the ledger."""
    net.cast.add_rules("", ("kinds:\n", f"kinds:\n{KINDS.lstrip(chr(10))}"))
    return net
