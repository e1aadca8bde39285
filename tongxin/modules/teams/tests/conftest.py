"""The cast as a school with teams: 1+1+1 and the contests of the three platforms, students who sign in, an enterprise."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tongxin.kernel.base.models import Account, Subject
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Person
from tongxin.kernel.programmes import services as programmes
from tongxin.testing.again import again
from tongxin.testing.cast import SINCE, Cast, Player, cast, make_cast, player, today  # noqa: F401
from tongxin.testing.sealed import keys  # noqa: F401

from ..kinds import all_kinds


@dataclass
class Teams:
    """qian: student member. sun: a student who is none. other: a branch secretary of a branch without teams."""

    cast: Cast
    qian: Player
    sun: Player
    other: Player
    plant: Subject

    @property
    def liu(self) -> Player:
        return self.cast.liu

    def project(self) -> dict[str, list[int]]:
        return {"student_member_seat": [self.qian.subject.pk], "student_seat": [self.sun.subject.pk]}


def account_for(subject: Subject, login: str) -> Player:
    account = Account.objects.create_user(login)
    Person.objects.filter(pk=subject.pk).update(account=account)
    return Player(Person.objects.select_related("subject", "school").get(pk=subject.pk), account)


def _made() -> Teams:
    cast_ = make_cast()
    programmes.adopt(cast_.school, "one-plus-one-plus-one", 2026, by=cast_.wang.account)
    programmes.adopt(cast_.school, "three-platforms-five-integrations", 2026, by=cast_.wang.account)
    for number, student in enumerate(cast_.students[1]):
        people.set_attribute(student, "student_member", number == 0)
    qian, sun = (account_for(cast_.students[1][n], f"pupil{n}") for n in (0, 1))
    second = people.make_branch(cast_.school, "第二党支部")
    other = player(cast_.school, "钟书", "zhong", branch_secretary=second.subject, member=second)
    plant = people.make_subject(cast_.school, "enterprise", "青山机械厂")
    return Teams(cast_, qian, sun, other, plant)


@pytest.fixture
def school(db, today, keys) -> Teams:  # noqa: F811
    return again("teams", _made)


@pytest.fixture
def team(school) -> Subject:
    """A project team of 刘老师 with a student member and a student, since September."""
    from .helpers import formed

    return formed(school)


KINDS = all_kinds()
__all__ = ["KINDS", "SINCE", "Teams"]
