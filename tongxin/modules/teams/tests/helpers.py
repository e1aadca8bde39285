"""Steps that several tests take."""

from __future__ import annotations

from datetime import date

from tongxin.kernel.base.models import Subject

from .. import forming
from ..forming import Plan
from ..kinds import all_kinds

ONCE = "a" * 20


def plan(kind: str = "project", **more) -> Plan:
    given = {"theme": {"project": "contest", "course": "course"}.get(kind, "")} | more
    return Plan(all_kinds()[kind], given.pop("name", "智能小车"), **given)


def formed(
    school, kind: str = "project", members=None, *, by=None, token="t1", since=date(2026, 9, 21), **more
) -> Subject:
    """Form a team led by 刘老师 as the secretary would."""
    seats = {"team_leader": [school.liu.subject.pk]} | (members if members is not None else school.project())
    viewer = (by or school.cast.wang).viewer()
    return forming.form(viewer, plan(kind, **more), seats, since=since, mode="led", token=token)
