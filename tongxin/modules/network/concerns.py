"""A word about one child becomes a signal, in the same transaction: nothing is saved that nobody is called for.

report(…)            a teacher's worry or incident, a sheet, a classmate's or a parent's worry
opened_for(…)        what was written, for the counsellors; where the child is, for whoever was called
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.reading import opened
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.signals import chain
from tongxin.kernel.signals.models import Call
from tongxin.kernel.signals.services import raise_signal

from . import durations, signs
from .duties import called_about, kept_from
from .models import Concern
from .posts import COUNSELLOR, holders

# Lightest 1 … 5 gravest: who is called at once is of the upper ranks, whatever else was ticked.
CALM_RANK, HARM_RANK, URGENT_RANK, HARM_NOW_RANK = 2, 3, 4, 5
Origin = Concern.Origin


class NotOfThisSchool(ValueError):
    """The child does not belong to the writer's school."""


@dataclass(frozen=True)
class Told:
    """What somebody wrote about a child. urgent: somebody has to come now. left_out: who must not learn of it."""

    origin: str
    token: str
    urgent: bool = False
    words: str = ""
    harm: str = ""
    where: str = ""
    left_out: Collection[int] = ()
    sheet: Mapping[str, str] = field(default_factory=dict)

    @property
    def calls(self) -> bool:
        return self.urgent or signs.urgent(self.sheet)

    @property
    def rank(self) -> int:
        harmed = bool(self.harm) or any(self.sheet.get(sign.name) for sign in signs.signs() if sign.harm)
        if self.calls:
            return HARM_NOW_RANK if harmed else URGENT_RANK
        return HARM_RANK if harmed else CALM_RANK


def source_of(token: str) -> str:
    return f"network:{token}"


def report(viewer: Viewer, student: Subject, told: Told) -> Concern:
    """Save what was written and raise its signal; sent twice it is one. Raises NotOfThisSchool."""
    if student.school_id != viewer.school_id or viewer.person_id is None:
        raise NotOfThisSchool
    known = Concern.objects.filter(token=told.token, by_id=viewer.person_id).first()
    if known is not None:
        return known
    try:
        return _write(viewer, student, told)
    except IntegrityError:
        known = Concern.objects.filter(token=told.token, by_id=viewer.person_id).first()
        if known is None:
            raise
        return known


@transaction.atomic
def _write(viewer: Viewer, student: Subject, told: Told) -> Concern:
    now = timezone.now()
    row = Concern.objects.create(
        school_id=student.school_id, student=student, by_id=viewer.person_id, origin=told.origin,
        urgent=told.calls, day=timezone.localtime(now).date(), recorded_at=now, token=told.token,
        words=told.words, harm=told.harm, where=told.where, sheet=dict(told.sheet) or None,
    )  # fmt: skip
    audit.write(viewer, "network.concern_written", row, origin=told.origin, student=student.pk)
    raise_signal(
        school_id=student.school_id, student_id=student.pk, origin=told.origin, source=source_of(told.token),
        rank=told.rank, urgent=told.calls, what={"harm": bool(told.harm), "sheet": sorted(told.sheet)},
        origin_id=row.pk, bundle="network", now=now, by=viewer, left_out=told.left_out,
    )  # fmt: skip
    durations.same_child(student, row, now)
    return row


def readable(viewer: Viewer) -> QuerySet[Concern]:
    """Return what a viewer may open: counsellors that of their school, others that about which they were called."""
    rows = Concern.objects.filter(~kept_from(viewer), school_id=viewer.school_id)
    if COUNSELLOR in viewer.roles:
        return rows
    return rows.filter(called_about(viewer))


def may_learn(school_id: int, day: date) -> list[Subject]:
    """Return who of a school may come to know of what is written: whom a chain may name, and the counsellors."""
    able = chain.able(School(pk=school_id), day)
    return list({one.pk: one for one in (*holders(school_id, COUNSELLOR, day), *able)}.values())


def opened_for(viewer: Viewer, rows: Iterable[Concern]) -> list[Concern]:
    """Open concerns: all of them for a counsellor of the school; for somebody of the chain only where the child is."""
    if COUNSELLOR in viewer.roles:
        return opened(viewer, rows, "intake")
    return opened(viewer, rows, "called", "where")


def taken_of(ids: Collection[int]) -> set[int]:
    """Return which of some concerns somebody is on."""
    calls = Call.objects.filter(
        answer=Call.Answer.TAKEN, signal__origin__in=Origin.values, signal__origin_id__in=ids
    )
    return {pk for pk in calls.values_list("signal__origin_id", flat=True) if pk is not None}


def sentence(what: Mapping, origin: str) -> str:
    """Say in the queue what a signal of the network is about, without a word of what was written."""
    said = {
        Origin.WORRY: _("教师担心这名学生"),
        Origin.INCIDENT: _("教师报来一件发生的事"),
        Origin.OBSERVATION: _("教师的观察表：%(n)d处变化") % {"n": len(what.get("sheet", ()))},
        Origin.MOOD: _("心理委员担心这名同学"),
        Origin.FAMILY: _("家长担心孩子"),
    }.get(Origin(origin), "")
    return said + (_("，可能有人伤害孩子") if what.get("harm") else "")
