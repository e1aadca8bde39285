"""The worker's round for cases: what is overdue is said to keepers and leaders, and a missed follow-up is a signal."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import School
from tongxin.kernel.obligations import outbox
from tongxin.kernel.signals.models import Call, Signal
from tongxin.kernel.signals.services import raise_signal

from ..models import Case, CaseTask
from . import handing, ranks, signals
from .people import leaders
from .telling import tell

logger = logging.getLogger(__name__)

DURATION = "duration"
# How long after its day a task that its bearer leaves goes on to the leaders; its keeper hears of it on the day after.
LEADERS_AFTER = timedelta(days=2)
# How long whoever took a signal has to write down what came of it.
OUTCOME_AFTER = timedelta(hours=24)


def run(now: datetime) -> int:
    """Do one round for every school; return how many signals it raised. Twice at once does no harm."""
    raised = 0
    for school in School.objects.filter(kind=School.Kind.SCHOOL).order_by("pk"):
        for work in (_overdue, _missed, _tasks, _unanswered, _handovers):
            raised += _safely(work, school, now)
    return raised


def _safely(work: Callable[[School, datetime], int], school: School, now: datetime) -> int:
    try:
        with transaction.atomic():
            return work(school, now)
    except Exception:  # one school, or one kind of work, must not hold up the others
        logger.exception("a round for cases broke off school=%s", school.pk)
        return 0


def overdue(school_id: int, now: datetime):
    """Return the open cases of a school whose deadline or follow-up is past."""
    late = Q(due_at__lt=now) | Q(follow_due__lt=now)
    return Case.objects.filter(late, school_id=school_id).exclude(phase=Case.Phase.CLOSED).order_by("pk")


def _day(now: datetime):
    return timezone.localtime(now).date()


def _overdue(school: School, now: datetime) -> int:
    """Tell the keeper and the leaders, once a day for as long as it stays so."""
    day = _day(now)
    for case in overdue(school.pk, now):
        tell(
            f"case-late:{case.pk}:{day.isoformat()}",
            case,
            [case.owner_id, *leaders(school.pk, day)],
            topics.CASE_LATE,
        )
    return 0


def _missed(school: School, now: datetime) -> int:
    """Raise a signal for each follow-up that was missed, once for each."""
    missed = list(
        Case.objects.filter(school=school, follow_due__lt=now).exclude(phase=Case.Phase.CLOSED).order_by("pk")
    )
    sources = {case.pk: f"case:{case.pk}:follow:{case.follow_due:%Y%m%dT%H%M%S}" for case in missed}
    known = set(Signal.objects.filter(source__in=sources.values()).values_list("source", flat=True))
    new = [case for case in missed if sources[case.pk] not in known]
    stands = ranks.known_to_program(new)
    for case in new:
        raise_signal(
            school_id=school.pk, student_id=case.student_id, origin=DURATION, source=sources[case.pk],
            rank=stands[case.pk], origin_id=case.pk, bundle=f"case:{case.pk}", now=now,
        )  # fmt: skip
    return len(new)


def sentences(_viewer: Viewer, rows: Sequence[Signal]) -> list[tuple[int, str]]:
    """Say what signals of missed follow-ups are about."""
    return [(row.what["rank"], _("个案到了跟进的时间，还没有跟进")) for row in rows]


def _tasks(school: School, now: datetime) -> int:
    """A task past its day: its bearer is reminded, then the keeper hears of it, then the leaders."""
    day = _day(now)
    late = CaseTask.objects.filter(school=school, done_at=None, back_at=None, until__lt=day)
    for task in late.exclude(case__phase=Case.Phase.CLOSED).select_related("case").order_by("pk"):
        told = [task.case.owner_id]
        if task.until + LEADERS_AFTER < day:
            told += leaders(school.pk, day)
        tell(f"case-task-late:{task.pk}", task.case, told, topics.CHILD_TASK_LATE)
        outbox.put(
            f"case-task-again:{task.pk}:{day.isoformat()}", school_id=school.pk, recipient_id=task.bearer_id,
            topic=topics.CHILD_TASK, data={"case": task.case_id},
        )  # fmt: skip
    return 0


def _unanswered(school: School, now: datetime) -> int:
    """Who took a signal and has not written what came of it is reminded once a day, with the leaders."""
    day = _day(now)
    waiting = signals.waiting(school.pk).values("pk")
    rows = Call.objects.filter(
        signal__in=waiting, answer=Call.Answer.TAKEN, answered_at__lt=now - OUTCOME_AFTER
    )
    for person in sorted(set(rows.values_list("person_id", flat=True))):
        for each in dict.fromkeys([person, *leaders(school.pk, day)]):
            outbox.put(
                f"case-unanswered:{school.pk}:{person}:{day.isoformat()}:{each}", school_id=school.pk,
                recipient_id=each, topic=topics.OUTCOME_OWED, data={},
            )  # fmt: skip
    return 0


def _handovers(school: School, now: datetime) -> int:
    day = _day(now)
    handing.look_for_orphans(school.pk, day)
    for handover in handing.open_ones(school.pk):
        handing.tell_leaders(handover, day)
    return 0
