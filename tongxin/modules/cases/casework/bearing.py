"""What people are asked to do for a child: they see what and until when, never why."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.reading import opened
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.obligations import outbox

from ..models import Case, CasePaper, CaseTask, Step
from .people import is_one_of
from .refusal import Refused
from .telling import tell

WORKERS = ("owner", "counsellor", "leader")


def bearers(case: Case, day: date) -> list[tuple[Subject, str]]:
    """Return [(who may be asked, what they are to the child)]: homeroom teachers, guardians, then all staff, with accounts."""
    held = {"superseded_at": FOREVER, "valid_from__lte": day, "valid_to__gte": day}
    rooms = Link.objects.filter(a=case.student_id, kind="enrolled_in", **held).values("b")
    teachers = Link.objects.filter(kind="homeroom_teacher", b__in=rooms, **held).values("a")
    guardians = Link.objects.filter(kind="guardian_of", b=case.student_id, **held).values("a")
    there = Subject.objects.filter(
        school_id=case.school_id, present_from__lte=day, present_to__gte=day, person__account__is_active=True
    )
    found: list[tuple[Subject, str]] = [
        (one, _("班主任")) for one in there.filter(pk__in=teachers).order_by("pinyin", "pk")
    ]
    found += [(one, _("家长")) for one in there.filter(pk__in=guardians).order_by("pinyin", "pk")]
    known = {one.pk for one, _what in found}
    staff = there.filter(type="staff").exclude(pk__in=known)
    return [*found, *((one, "") for one in staff.order_by("pinyin", "pk"))]


@transaction.atomic
def give(
    case: Case, bearer_id: int, words: str, until: date, viewer: Viewer, *, paper: CasePaper | None = None
) -> CaseTask:
    """Ask somebody to do something for a child. Raises Refused."""
    words = words.strip()
    if not words:
        raise Refused(_("请写要做的事。"))
    if until < viewer.day:
        raise Refused(_("任务的日期不能早于今天。"))
    if not is_one_of(viewer, case, WORKERS):
        raise Refused(_("请由负责人、心理教师或分管领导来安排。"))
    if case.phase == Case.Phase.CLOSED:
        raise Refused(_("这份个案已经结案。要再请人做事，先重新打开。"))
    if bearer_id not in {one.pk for one, _what in bearers(case, viewer.day)}:
        raise Refused(_("请选在职的老师，或这名学生的家长。"))
    now = timezone.now()
    task = CaseTask.objects.create(
        school_id=case.school_id, student_id=case.student_id, case=case, paper=paper, bearer_id=bearer_id,
        by_id=viewer.person_id, until=until, words=words, at=now, day=viewer.day,
    )  # fmt: skip
    Step.objects.create(
        school_id=case.school_id,
        case=case,
        at=now,
        kind=Step.Kind.TASK,
        by_id=viewer.person_id,
        to_id=bearer_id,
    )
    audit.write(viewer, "cases.task_given", task, bearer=bearer_id, student=case.student_id)
    tell(_key(task), case, [bearer_id], topics.CHILD_TASK)
    return task


def _key(task: CaseTask) -> str:
    return f"case-task:{task.pk}"


def mine(viewer: Viewer) -> QuerySet[CaseTask]:
    """Return what somebody was asked to do and has not, the soonest first; sealed."""
    if viewer.person_id is None:
        return CaseTask.objects.none()
    rows = CaseTask.objects.filter(bearer_id=viewer.person_id, school_id=viewer.school_id, back_at=None)
    return rows.filter(done_at=None).exclude(case__phase=Case.Phase.CLOSED).order_by("until", "pk")


def done_by(viewer: Viewer, most: int = 20) -> list[CaseTask]:
    if viewer.person_id is None:
        return []
    rows = CaseTask.objects.filter(bearer_id=viewer.person_id, school_id=viewer.school_id, back_at=None)
    return list(
        rows.filter(done_at__isnull=False).select_related("student").order_by("-done_at", "-pk")[:most]
    )


def read(viewer: Viewer, tasks) -> list[CaseTask]:
    """Return tasks opened for their bearer: the words alone, and nothing of the case."""
    return opened(viewer, tasks, "task")


def duty(viewer: Viewer) -> Q:
    """The rows a bearer's duty opens: their own, while they were not taken back."""
    return Q(bearer_id=viewer.person_id, school_id=viewer.school_id, back_at=None)


@transaction.atomic
def finish(task: CaseTask, viewer: Viewer, answer: str) -> CaseTask:
    """Note that a task is done, with a short word. Raises Refused."""
    task = CaseTask.objects.select_for_update().select_related("case").get(pk=task.pk)
    if task.bearer_id != viewer.person_id or task.back_at is not None:
        raise Refused(_("这件事已经收回，不用做了。"))
    if task.done_at is not None:
        return task
    task.done_at, task.answer = timezone.now(), answer.strip()[:500]
    task.save(update_fields=["done_at", "answer"])
    case = task.case
    Step.objects.create(
        school_id=case.school_id, case=case, at=task.done_at, kind=Step.Kind.TASK_DONE, by_id=viewer.person_id
    )
    audit.write(viewer, "cases.task_done", task)
    outbox.cancel([f"{_key(task)}:{task.bearer_id}"])
    if task.answer:
        tell(f"case-answer:{task.pk}", case, [case.owner_id], topics.CASE_NEWS)
    return task


@transaction.atomic
def not_done(task: CaseTask, viewer: Viewer) -> None:
    """Take back that a task is done. Raises Refused."""
    task = CaseTask.objects.select_for_update().get(pk=task.pk)
    if task.bearer_id != viewer.person_id:
        raise Refused(_("只有做这件事的人能撤销。"))
    if task.done_at is not None:
        task.done_at = None
        task.save(update_fields=["done_at"])
        audit.write(viewer, "cases.task_not_done", task)
        outbox.put(
            f"{_key(task)}:{task.bearer_id}", school_id=task.school_id, recipient_id=task.bearer_id,
            topic=topics.CHILD_TASK, data={"case": task.case_id},
        )  # fmt: skip


@transaction.atomic
def take_back(task: CaseTask, viewer: Viewer) -> None:
    """Ask no longer for a task; its bearer sees it no more. Raises Refused."""
    task = CaseTask.objects.select_for_update().select_related("case").get(pk=task.pk)
    if not is_one_of(viewer, task.case, WORKERS):
        raise Refused(_("请由负责人、心理教师或分管领导来安排。"))
    if task.back_at is None:
        task.back_at = timezone.now()
        task.save(update_fields=["back_at"])
        Step.objects.create(
            school_id=task.school_id,
            case=task.case,
            at=task.back_at,
            kind=Step.Kind.TASK_BACK,
            by_id=viewer.person_id,
        )
        audit.write(viewer, "cases.task_taken_back", task)
        outbox.cancel([f"{_key(task)}:{task.bearer_id}"])
