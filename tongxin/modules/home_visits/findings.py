"""What somebody saw on a visit and a counsellor has to know becomes a signal in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.reading import opened
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject
from tongxin.kernel.signals.models import Call, Signal
from tongxin.kernel.signals.services import raise_signal

from .models import VisitFinding

ORIGIN = "home_visit"
COUNSELLOR = "counsellor"
CALM_RANK, URGENT_RANK = 2, 4


def called_about(viewer: Viewer) -> Exists:
    """Say of a finding whether somebody was called about it."""
    return Exists(
        Call.objects.filter(
            signal__origin_id=OuterRef("pk"), signal__origin=ORIGIN, person_id=viewer.person_id
        )
    )


@transaction.atomic
def report(
    viewer: Viewer, student: Subject, *, words: str, where: str, urgent: bool, token: str
) -> VisitFinding:
    """Save what was seen and raise its signal; sent twice it is one."""
    known = VisitFinding.objects.filter(token=token).first()
    if known is not None:
        return known
    now = timezone.now()
    row = VisitFinding.objects.create(
        school_id=student.school_id, student=student, by_id=viewer.person_id, urgent=urgent,
        day=timezone.localtime(now).date(), recorded_at=now, token=token, words=words, where=where,
    )  # fmt: skip
    audit.write(viewer, "home_visits.finding", row, student=student.pk)
    raise_signal(
        school_id=student.school_id, student_id=student.pk, origin=ORIGIN, source=f"home_visits:{token}",
        rank=URGENT_RANK if urgent else CALM_RANK, urgent=urgent, origin_id=row.pk, bundle="home_visits", now=now, by=viewer,
    )  # fmt: skip
    return row


def readable(viewer: Viewer) -> QuerySet[VisitFinding]:
    """Return what somebody may open: counsellors all of their school, others that about which they were called."""
    rows = VisitFinding.objects.filter(school_id=viewer.school_id).select_related("student", "by")
    return rows if COUNSELLOR in viewer.roles else rows.filter(called_about(viewer))


def opened_for(viewer: Viewer, rows: Iterable[VisitFinding]) -> list[VisitFinding]:
    """Open findings: words for a counsellor, for somebody of the chain only where the child is."""
    if COUNSELLOR in viewer.roles:
        return opened(viewer, rows, "intake")
    return opened(viewer, rows, "called", "where")


def sentences(_viewer: Viewer, signals: Sequence[Signal]) -> list[tuple[int, str]]:
    """Say in the queue what signals of home visits are about."""
    return [(signal.what["rank"], _("家访的老师觉得这名学生需要看看")) for signal in signals]
