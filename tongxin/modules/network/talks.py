"""A student's own button: two taps, a signal, and an answer with a time that only the student and the counsellors see."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.reading import opened
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.signals.services import raise_signal

from .models import Talk, TalkAnswer

ORIGIN = "talk"
SOON_RANK, WEEK_RANK = 4, 2
# How long the student's page still shows an appointment that has passed.
SHOWN_AFTER = timedelta(days=2)


class Refused(ValueError):
    """It cannot be done; the sentence says what to do."""


def ask(viewer: Viewer, *, soon: bool, words: str, token: str) -> Talk:
    """Save that a student wants to talk and raise the signal; pressed twice it is one."""
    known = Talk.objects.filter(token=token, student_id=viewer.person_id).first()
    if known is not None:
        return known
    try:
        return _write(viewer, soon, words, token)
    except IntegrityError:
        known = Talk.objects.filter(token=token, student_id=viewer.person_id).first()
        if known is None:
            raise
        return known


@transaction.atomic
def _write(viewer: Viewer, soon: bool, words: str, token: str) -> Talk:
    now = timezone.now()
    assert viewer.person_id is not None
    assert viewer.school_id is not None
    row = Talk.objects.create(
        school_id=viewer.school_id,
        student_id=viewer.person_id,
        soon=soon,
        asked_at=now,
        token=token,
        words=words,
    )
    audit.write(viewer, "network.talk_asked", row)
    raise_signal(
        school_id=viewer.school_id, student_id=viewer.person_id, origin=ORIGIN, source=f"network:{token}",
        rank=SOON_RANK if soon else WEEK_RANK, urgent=soon, what={"soon": soon}, origin_id=row.pk,
        bundle="network", now=now, by=viewer,
    )  # fmt: skip
    return row


def sentence(what: dict) -> str:
    return _("学生自己说：现在就想找人聊聊") if what.get("soon") else _("学生自己说：这周想找人聊聊")


def unanswered(school_id: int) -> QuerySet[Talk]:
    """Return the talks nobody has given a time yet, those of now first, then the oldest."""
    rows = Talk.objects.filter(school_id=school_id).exclude(
        Exists(TalkAnswer.objects.filter(talk=OuterRef("pk")))
    )
    return rows.select_related("student").order_by("-soon", "asked_at", "pk")


def answered(school_id: int) -> QuerySet[TalkAnswer]:
    """Return the newest answer of each talk, the next appointment last."""
    newer = TalkAnswer.objects.filter(talk=OuterRef("talk"), pk__gt=OuterRef("pk"))
    rows = TalkAnswer.objects.filter(school_id=school_id).exclude(Exists(newer))
    return rows.select_related("student", "by", "talk").order_by("-at", "-pk")


def opened_for_counsellor(viewer: Viewer, talks: Iterable[Talk]) -> list[Talk]:
    return opened(viewer, talks, "talk")


@transaction.atomic
def answer(viewer: Viewer, talk: Talk, *, at: datetime, words: str) -> TalkAnswer:
    """Give a talk its time, or another one. Raises Refused."""
    if at < timezone.now() - timedelta(minutes=5):
        raise Refused(_("约的时间已经过去了，请填以后的时间。"))
    Talk.objects.select_for_update().get(pk=talk.pk)
    newest = talk.answers.order_by("-pk").first()
    if newest is not None and newest.at == at and newest.by_id == viewer.person_id:
        return newest
    row = TalkAnswer.objects.create(
        school_id=talk.school_id,
        talk=talk,
        student_id=talk.student_id,
        by_id=viewer.person_id,
        at=at,
        words=words,
    )
    audit.write(viewer, "network.talk_answered", row, talk=talk.pk, student=talk.student_id)
    return row


def mine_unopened(viewer: Viewer) -> list[tuple[Talk, TalkAnswer | None]]:
    """Return a student's own open talks with the newest answer, nothing of it opened; what is past is left out."""
    talks = Talk.objects.filter(student_id=viewer.person_id, school_id=viewer.school_id).defer("words")
    found = list(talks.order_by("-asked_at", "-pk")[:20])
    newest: dict[int, TalkAnswer] = {}
    for row in TalkAnswer.objects.filter(talk__in=found).select_related("by").order_by("pk"):
        newest[row.talk_id] = row
    since = timezone.now() - SHOWN_AFTER
    return [
        (talk, newest.get(talk.pk)) for talk in found if talk.pk not in newest or newest[talk.pk].at > since
    ]


def mine(viewer: Viewer) -> list[tuple[Talk, TalkAnswer | None]]:
    """Return the same with the answers opened for the student, whose own they are."""
    found = mine_unopened(viewer)
    opened(viewer, [answer for _talk, answer in found if answer is not None], "own")
    return found
