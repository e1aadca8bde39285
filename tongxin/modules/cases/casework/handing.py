"""Handing cases over when a keeper asks, leaves or holds the post no more; until somebody has received, leaders are told."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.facts import PostChanged
from tongxin.kernel.base.models import Subject

from ..models import Case, Handover, Step
from .cases import locked, note
from .people import is_one_of, keepers, leaders, posts_with
from .refusal import Refused
from .telling import tell


def open_ones(school_id: int) -> QuerySet[Handover]:
    rows = Handover.objects.filter(school_id=school_id, received_at=None)
    return rows.select_related("case", "case__student", "from_person", "to_person").order_by("at", "pk")


def on_post_changed(fact: PostChanged) -> None:
    """Somebody who keeps cases may lose the post that lets them: from tomorrow on somebody else has to."""
    if fact.post in posts_with("cases"):
        look_for_orphans(fact.school_id, timezone.localdate() + timedelta(days=1), person=fact.person_id)


@transaction.atomic
def look_for_orphans(school_id: int, day: date, *, person: int | None = None) -> int:
    """Note every open case whose keeper may not keep it on a day and tell the leaders; return how many are new."""
    cases = Case.objects.filter(school_id=school_id).exclude(phase=Case.Phase.CLOSED)
    if person is not None:
        cases = cases.filter(owner_id=person)
    orphans = cases.exclude(owner__in=keepers(school_id, day)).exclude(
        pk__in=Handover.objects.filter(received_at=None).values("case")
    )
    found = 0
    for case in orphans:
        made = Handover.objects.create(
            school_id=school_id, case=case, from_person_id=case.owner_id, reason=Handover.Reason.POST
        )
        audit.write(None, "cases.handover_needed", made, owner=case.owner_id)
        found += 1
        tell_leaders(made, timezone.localdate())
    return found


def tell_leaders(handover: Handover, day: date) -> None:
    """Tell the leaders once a day until somebody has the case."""
    tell(
        f"case-hand:{handover.pk}:{day.isoformat()}", handover.case, leaders(handover.school_id, day),
        topics.CASE_WITHOUT_KEEPER,
    )  # fmt: skip


@transaction.atomic
def ask(case: Case, to: Subject, viewer: Viewer) -> Handover:
    """Ask somebody to keep a case from now on; it is theirs once they have said that they have it. Raises Refused."""
    case = locked(case)
    if (
        not (viewer.may("case_lead") or is_one_of(viewer, case, ("owner",)))
        or viewer.school_id != case.school_id
    ):
        raise Refused(_("请由负责人或分管领导来安排交接。"))
    if case.phase == Case.Phase.CLOSED:
        raise Refused(_("这份个案已经结案，不用交接。"))
    if to.pk == case.owner_id or not keepers(case.school_id, viewer.day).filter(pk=to.pk).exists():
        raise Refused(_("接手的人要是另一位在职、有账号的心理教师或分管领导。"))
    now = timezone.now()
    made = Handover.objects.filter(case=case, received_at=None).first() or Handover(
        school_id=case.school_id,
        case=case,
        from_person_id=case.owner_id,
        reason=Handover.Reason.ASKED,
        at=now,
    )
    made.to_person = to
    made.save()
    note(case, Step.Kind.HANDED, now, by=viewer.person_id, to=to)
    audit.write(viewer, "cases.handover_asked", made, to=to.pk)
    tell(f"case-take:{made.pk}", case, [to.pk], topics.CASE_TO_RECEIVE)
    return made


@transaction.atomic
def receive(handover: Handover, viewer: Viewer) -> Case:
    """Say that one has a case now. Raises Refused."""
    handover = Handover.objects.select_for_update().get(pk=handover.pk)
    if handover.received_at is not None:
        raise Refused(_("这份个案已经有人接手了。"))
    if handover.to_person_id != viewer.person_id or not viewer.may("cases"):
        raise Refused(_("这份个案没有请您接手。"))
    case, now = locked(handover.case), timezone.now()
    handover.received_at = now
    handover.save(update_fields=["received_at"])
    case.owner_id = viewer.person_id  # type: ignore[assignment]
    case.save(update_fields=["owner"])
    note(case, Step.Kind.RECEIVED, now, by=viewer.person_id)
    audit.write(viewer, "cases.handover_received", handover)
    return case
