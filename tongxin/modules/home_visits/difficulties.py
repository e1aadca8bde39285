"""Difficulties of families: somebody takes care of each by a day, and says what was done."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject
from tongxin.kernel.obligations import outbox

from . import entered
from .models import FamilyRequest, VisitRecord


class Refused(ValueError):
    """It cannot be done; the sentence says what to do."""


@transaction.atomic
def open_request(
    viewer: Viewer, student: Subject, *, kind: str, words: str, owner: Subject, due: date, token: str,
    record: VisitRecord | None = None,
) -> FamilyRequest:  # fmt: skip
    """Note a difficulty and tell whoever takes care of it; sent twice it is one. Raises Refused."""
    known = FamilyRequest.objects.filter(token=token).first()
    if known is not None:
        return known
    if owner.school_id != student.school_id or owner.type != "staff":
        raise Refused(_("经办人要选本校的老师。"))
    assert viewer.school is not None
    row = FamilyRequest.objects.create(
        school_id=student.school_id, student=student, record=record, kind=kind, found_by_id=viewer.person_id, owner=owner,
        found_on=record.day if record else viewer.day, due=due, token=token, words=words.strip(),
    )  # fmt: skip
    audit.write(viewer, "home_visits.difficulty", row, student=student.pk, owner=owner.pk)
    entered.enter_difficulty(viewer, viewer.school, row)
    if owner.pk != viewer.person_id:
        outbox.put(
            f"{topics.FAMILY_NEEDS}:{row.pk}", school_id=row.school_id, recipient_id=owner.pk, topic=topics.FAMILY_NEEDS,
            data={}, due=due,
        )  # fmt: skip
    return row


@transaction.atomic
def finish(viewer: Viewer, request: FamilyRequest, answer: str) -> FamilyRequest:
    """Say what was done. Raises Refused when somebody did already, or nothing is said."""
    row = FamilyRequest.objects.select_for_update().get(pk=request.pk)
    if row.done_at is not None:
        raise Refused(_("这一件已经办完了。"))
    if not answer.strip():
        raise Refused(_("请写一句怎么办的。"))
    assert viewer.school is not None
    row.done_at, row.answer = timezone.now(), answer.strip()
    row.save(update_fields=["done_at", "answer"])
    audit.write(viewer, "home_visits.difficulty_done", row, student=row.student_id)
    entered.enter_solved(viewer, viewer.school, row)
    return row


@transaction.atomic
def hand_over(viewer: Viewer, request: FamilyRequest, owner: Subject, due: date) -> FamilyRequest:
    """Let somebody else take care of it, or until another day. Raises Refused."""
    row = FamilyRequest.objects.select_for_update().get(pk=request.pk)
    if row.done_at is not None:
        raise Refused(_("这一件已经办完了。"))
    if due < viewer.day:
        raise Refused(_("期限已经过去了，请选今天或以后。"))
    if owner.school_id != row.school_id or owner.type != "staff":
        raise Refused(_("经办人要选本校的老师。"))
    moved = owner.pk != row.owner_id
    row.owner, row.due = owner, due
    row.save(update_fields=["owner", "due"])
    audit.write(viewer, "home_visits.difficulty_moved", row, student=row.student_id, owner=owner.pk)
    if moved:
        outbox.put(
            f"{topics.FAMILY_NEEDS}:{row.pk}:{owner.pk}", school_id=row.school_id, recipient_id=owner.pk,
            topic=topics.FAMILY_NEEDS, data={}, due=due,
        )  # fmt: skip
    return row
