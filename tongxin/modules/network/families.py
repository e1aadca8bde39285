"""The channel between a family and the school about the own child's state of mind: the parent writes, a person answers.

One thread is one guardian, one child and one side of the school: the homeroom teacher, or the counsellors. The other
guardian does not see it. No scores go through it: whoever answers says in words what helps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Max, QuerySet
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.reading import opened
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.obligations import outbox

from .models import FamilyWord
from .posts import COUNSELLOR, HOMEROOM, holders, room_of

To = FamilyWord.To
# A number of points, a total, a name of an instrument: a score by any other name.
_SCORE = re.compile(
    r"\d+(\.\d+)?\s*分(?![钟之享])|得分|总分|分数|T分|标准分|百分位|PHQ|GAD|SCL|MHT|SDS|SAS|CES|量表",
    re.IGNORECASE,
)


class Refused(ValueError):
    """It cannot be sent; the sentence says what to do."""


@dataclass(frozen=True)
class Thread:
    """What one guardian and one side of the school write to each other about one child."""

    student: Subject
    guardian: Subject
    to: str

    @property
    def rows(self) -> QuerySet[FamilyWord]:
        return FamilyWord.objects.filter(student=self.student, guardian=self.guardian, to=self.to)


@dataclass(frozen=True)
class Line:
    """A thread in a list. waiting: its last word is the family's."""

    thread: Thread
    last_at: datetime
    waiting: bool


def own_children(viewer: Viewer) -> QuerySet[Subject]:
    there = Subject.objects.filter(pk__in=viewer.children, school_id=viewer.school_id, type="student")
    return there.filter(present_from__lte=viewer.day, present_to__gte=viewer.day).order_by("pinyin", "pk")


def readers(thread: Thread, day) -> list[Subject]:
    """Return who of the school a thread is open to on a day: today's homeroom teacher, or the counsellors."""
    school = thread.student.school_id
    if thread.to == To.COUNSELLOR:
        return holders(school, COUNSELLOR, day)
    room = room_of(thread.student, day)
    return holders(school, HOMEROOM, day, room.pk) if room else []


def may_read(viewer: Viewer, thread: Thread) -> bool:
    """Say whether a thread is open to somebody: the guardian, while it is their child, and the side it is kept with."""
    if viewer.school_id != thread.student.school_id or viewer.person_id is None:
        return False
    if viewer.person_id == thread.guardian.pk:
        return thread.student.pk in viewer.children
    return viewer.may("answer") and viewer.person_id in {one.pk for one in readers(thread, viewer.day)}


def write(viewer: Viewer, thread: Thread, words: str, token: str) -> FamilyWord:
    """Send a message; sent twice it is one. Raises Refused. The caller has asked `may_read`."""
    from_school = viewer.person_id != thread.guardian.pk
    if from_school and _SCORE.search(words):
        raise Refused(_("这里不写分数和量表。请用一两句话说孩子近来怎样、可以一起做什么。"))
    known = FamilyWord.objects.filter(token=token, by_id=viewer.person_id).first()
    if known is not None:
        return known
    try:
        return _write(viewer, thread, words, token, from_school)
    except IntegrityError:
        known = FamilyWord.objects.filter(token=token, by_id=viewer.person_id).first()
        if known is None:
            raise
        return known


@transaction.atomic
def _write(viewer: Viewer, thread: Thread, words: str, token: str, from_school: bool) -> FamilyWord:
    column = "guarded" if thread.to == To.COUNSELLOR else "words"
    row = FamilyWord.objects.create(
        school_id=thread.student.school_id, student=thread.student, guardian=thread.guardian, to=thread.to,
        by_id=viewer.person_id, from_school=from_school, day=viewer.day, token=token, **{column: words},
    )  # fmt: skip
    audit.write(viewer, "network.family_word", row, student=thread.student.pk, from_school=from_school)
    if not from_school:
        for person in readers(thread, viewer.day):
            outbox.put(
                f"family:{thread.student.pk}:{thread.guardian.pk}:{person.pk}:{viewer.day.isoformat()}",
                school_id=row.school_id, recipient_id=person.pk, topic=topics.FAMILY_WROTE, data={},
            )  # fmt: skip
    return row


def messages(viewer: Viewer, thread: Thread) -> list[FamilyWord]:
    """Return a thread's messages in order, opened for somebody who may read it; the read is on record."""
    rows = list(thread.rows.select_related("by").order_by("written_at", "pk"))
    if thread.to == To.COUNSELLOR:
        opened(viewer, rows, "family", "guarded")
    return rows


def text(row: FamilyWord) -> str:
    return row.guarded if row.to == To.COUNSELLOR else row.words


def lines(viewer: Viewer) -> list[Line]:
    """Return the threads a member of staff answers, those that wait for an answer first, then the newest."""
    rows = FamilyWord.objects.filter(school_id=viewer.school_id)
    sides = []
    if COUNSELLOR in viewer.roles:
        sides.append(rows.filter(to=To.COUNSELLOR))
    own = viewer.posts.get(HOMEROOM, frozenset())
    if own:
        enrolled = Link.objects.filter(
            kind="enrolled_in",
            b__in=own,
            superseded_at=FOREVER,
            valid_from__lte=viewer.day,
            valid_to__gte=viewer.day,
        )
        sides.append(rows.filter(to=To.HOMEROOM, student__in=enrolled.values("a")))
    return _lines([_newest(side) for side in sides])


def _newest(rows: QuerySet[FamilyWord]) -> list[FamilyWord]:
    """Return the last message of each thread."""
    last = rows.values("student", "guardian", "to").annotate(last=Max("pk")).values("last")
    found = FamilyWord.objects.filter(pk__in=last).defer("words", "guarded")
    return list(found.select_related("student", "guardian", "by"))


def _lines(sides: Sequence[list[FamilyWord]]) -> list[Line]:
    found = [
        Line(Thread(row.student, row.guardian, row.to), row.written_at, not row.from_school)
        for side in sides
        for row in side
    ]
    return sorted(found, key=lambda line: (not line.waiting, -line.last_at.timestamp()))


def own_lines(viewer: Viewer) -> list[Line]:
    """Return a guardian's threads; waiting: the school answered last."""
    rows = FamilyWord.objects.filter(guardian_id=viewer.person_id, student_id__in=viewer.children)
    last = rows.values("student", "to").annotate(last=Max("pk")).values("last")
    found = FamilyWord.objects.filter(pk__in=last).defer("words", "guarded")
    newest = found.select_related("student", "guardian").order_by(F("written_at").desc())
    return [
        Line(Thread(row.student, row.guardian, row.to), row.written_at, row.from_school) for row in newest
    ]
