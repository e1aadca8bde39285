"""Tasks handed down: committee → counsellor → homeroom teacher → peer supporter, each with a day by which it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.obligations import outbox

from . import entered
from .models import NetworkTask
from .posts import COMMITTEE, COUNSELLOR, HOMEROOM, LEADER, PEER, holders

Level = NetworkTask.Level
# Whom each level hands tasks to, directly.
BELOW = {
    "secretary": (Level.COUNSELLOR, Level.HOMEROOM),
    LEADER: (Level.COUNSELLOR, Level.HOMEROOM),
    COMMITTEE: (Level.COUNSELLOR,),
    COUNSELLOR: (Level.HOMEROOM, Level.PEER),
    HOMEROOM: (Level.PEER,),
}
LONGEST = timedelta(days=120)


class Refused(ValueError):
    """The task cannot be given or answered; the sentence says what to do."""


@dataclass(frozen=True)
class Task:
    """A task for one person. room: the class it is for."""

    level: str
    bearer: Subject
    room: Subject | None
    title: str
    due: date
    words: str = ""


def levels_below(viewer: Viewer) -> tuple[str, ...]:
    """Return to whom a viewer may hand tasks, the upper level first."""
    may = {level for role in viewer.roles for level in BELOW.get(role, ())}
    return tuple(level for level in Level.values if level in may)


def bearers(
    viewer: Viewer, level: str, rooms: Sequence[Subject]
) -> tuple[list[tuple[Subject, Subject | None]], list[Subject]]:
    """Return ((person, class) of everybody a task for a level and some classes goes to, classes where nobody stands)."""
    school = viewer.school_id or 0
    if level == Level.COUNSELLOR:
        return [(person, None) for person in holders(school, COUNSELLOR, viewer.day)], []
    post = HOMEROOM if level == Level.HOMEROOM else PEER
    found: list[tuple[Subject, Subject | None]] = []
    nobody = []
    for room in rooms:
        people = holders(school, post, viewer.day, room.pk)
        found += [(person, room) for person in people]
        if not people:
            nobody.append(room)
    return found, nobody


def hand_down(
    viewer: Viewer,
    level: str,
    rooms: Sequence[Subject],
    *,
    title: str,
    words: str,
    due: date,
    token: str,
    parent: NetworkTask | None = None,
) -> list[NetworkTask]:
    """Give a task to everybody of a level; sent twice it is given once. Raises Refused."""
    if level not in levels_below(viewer):
        raise Refused(_("请选择往下一级派。"))
    if not viewer.day <= due <= viewer.day + LONGEST:
        raise Refused(_("期限请定在今天到四个月之内。"))
    to, _nobody = bearers(viewer, level, rooms)
    if not to:
        raise Refused(_("选的班还没有人担任，任务派不下去。请先在“四级网络”里任命。"))
    assert viewer.school is not None
    with transaction.atomic():
        return [
            give(
                viewer.school, Task(level, person, room, title, due, words), by=viewer, day=viewer.day, parent=parent,
                token=f"{token}:{person.pk}:{room.pk if room else 0}",
            )
            for person, room in to
        ]  # fmt: skip


def give(
    school: School,
    task: Task,
    *,
    token: str,
    by: Viewer | None,
    day: date,
    trigger: str = "",
    parent: NetworkTask | None = None,
) -> NetworkTask:
    """Write one task, tell its bearer, and enter in the ledger that the class has one."""
    known = NetworkTask.objects.filter(token=token[:64]).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            row = NetworkTask.objects.create(
                school=school, parent=parent, level=task.level, bearer=task.bearer, homeroom=task.room,
                giver_id=by.person_id if by else None, trigger=trigger, title=task.title, due=task.due,
                words=task.words, token=token[:64],
            )  # fmt: skip
            audit.write(by, "network.task_given", row, school_id=school.pk, bearer=task.bearer.pk)
            outbox.put(
                f"network-task:{row.pk}", school_id=school.pk, recipient_id=task.bearer.pk,
                topic=topics.TASK_GIVEN, data={}, due=task.due,
            )  # fmt: skip
            _enter(row, entered.TASK, day, by)
    except IntegrityError:
        return NetworkTask.objects.get(token=token[:64])
    return row


def _enter(row: NetworkTask, kind: str, day: date, by: Viewer | None) -> None:
    """Enter for the class that a homeroom teacher's task was given or answered; students are never named there."""
    if row.homeroom_id is None or row.level != Level.HOMEROOM:
        return
    about = None
    if kind == entered.TASK_DONE:
        about = Entry.objects.filter(
            school=row.school, token=f"network:{entered.TASK}:{row.pk}", kind=entered.TASK
        ).first()
    part, person = ("giver", row.giver_id) if kind == entered.TASK else ("bearer", row.bearer_id)
    entered.enter(
        row.school, kind, day, {"homeroom": [row.homeroom_id], part: [person] if person else []},
        f"{kind}:{row.pk}", by=by.account if by else None, about=about,
    )  # fmt: skip


@transaction.atomic
def answer(viewer: Viewer, task: NetworkTask, words: str) -> NetworkTask:
    """Note that a task was done and what came of it. Raises Refused when it is somebody else's or was answered."""
    row = NetworkTask.objects.select_for_update().select_related("school").get(pk=task.pk)
    if row.bearer_id != viewer.person_id:
        raise Refused(_("这个任务不是派给您的。"))
    if row.done_at is not None:
        raise Refused(_("这个任务已经回复过了。"))
    row.done_at, row.answer = timezone.now(), words
    row.save(update_fields=["done_at", "answer"])
    audit.write(viewer, "network.task_answered", row)
    outbox.cancel([f"network-task:{row.pk}"])
    _enter(row, entered.TASK_DONE, viewer.day, viewer)
    return row


def of(viewer: Viewer) -> QuerySet[NetworkTask]:
    """Return the tasks somebody bears or gave; counsellors and leaders those of the whole school."""
    rows = NetworkTask.objects.filter(school_id=viewer.school_id).select_related(
        "bearer", "homeroom", "giver"
    )
    if viewer.roles & {COUNSELLOR, LEADER, "secretary"}:
        return rows
    mine = Q(bearer_id=viewer.person_id) | Q(giver_id=viewer.person_id)
    return rows.filter(mine)


def open_of(viewer: Viewer) -> QuerySet[NetworkTask]:
    """Return what somebody still has to answer, the nearest deadline first."""
    rows = NetworkTask.objects.filter(school_id=viewer.school_id, bearer_id=viewer.person_id, done_at=None)
    return rows.select_related("homeroom", "giver").order_by("due", "pk")
