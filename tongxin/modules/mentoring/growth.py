"""Requests of young teachers: asked with words, given to a helper with a day, answered in time, closed by both.

What is about thought or life is read by three only: who asked, who helps, and the secretary.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject

from . import entered
from .models import GrowthRequest

Theme = GrowthRequest.Theme
SENSITIVE = (Theme.THOUGHT, Theme.LIFE)
ASSIGN, SECRETARY = "growth_assign", "secretary"
REQUEST, ANSWER = "growth_request", "growth_answer"
LONGEST, USUAL = timedelta(days=60), timedelta(days=14)


class Refused(ValueError):
    """It cannot be done; the sentence says what to do."""


@dataclass(frozen=True)
class Tally:
    """How a theme's requests stand, for a report."""

    title: str
    asked: int
    answered: int
    in_time: int
    open: int
    late: int


def readable(viewer: Viewer) -> QuerySet[GrowthRequest]:
    """Return the requests a viewer may read in full."""
    rows = GrowthRequest.objects.filter(school_id=viewer.school_id)
    mine = Q(asker_id=viewer.person_id) | Q(helper_id=viewer.person_id)
    if SECRETARY in viewer.roles:
        return rows
    if viewer.may(ASSIGN):
        return rows.filter(mine | ~Q(theme__in=SENSITIVE))
    return rows.filter(mine)


def parts(viewer: Viewer) -> dict[str, QuerySet[GrowthRequest]]:
    """Return what a viewer reads in three parts: "" waits, nearest day first; "late" past its day; "done", newest first."""
    rows = readable(viewer).select_related("asker", "helper").defer("words", "answer", "thanks")
    waits = rows.filter(answered_at=None, closed_at=None).order_by(F("due").asc(nulls_first=True), "pk")
    return {
        "": waits,
        "late": waits.filter(due__lt=viewer.day),
        "done": rows.exclude(answered_at=None, closed_at=None).order_by("-asked_at", "-pk"),
    }


def may_assign(viewer: Viewer, row: GrowthRequest) -> bool:
    """Say whether a viewer gives a request to a helper; nobody does so with their own."""
    if row.asker_id == viewer.person_id or row.closed_at is not None or row.answered_at is not None:
        return False
    return SECRETARY in viewer.roles or (viewer.may(ASSIGN) and row.theme not in SENSITIVE)


def ask(viewer: Viewer, theme: str, words: str, token: str) -> GrowthRequest:
    """Save a request; sent twice it is one."""
    known = GrowthRequest.objects.filter(token=token).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            row = GrowthRequest.objects.create(
                school_id=viewer.school_id, theme=theme, words=words, asker_id=viewer.person_id, asked_at=timezone.now(),
                asked_on=viewer.day, token=token,
            )  # fmt: skip
            audit.write(viewer, "pairs.growth_asked", row)
    except IntegrityError:
        return GrowthRequest.objects.get(token=token)
    return row


def assign(viewer: Viewer, row: GrowthRequest, helper: Subject, due: date) -> GrowthRequest:
    """Give a request to a helper with a day; given to another it is the other's from then on. Raises Refused."""
    if not may_assign(viewer, row):
        raise Refused(_("这一件不由您来派。"))
    if helper.pk == row.asker_id:
        raise Refused(_("请派给别的老师。"))
    if not viewer.day <= due <= viewer.day + LONGEST:
        raise Refused(_("期限请定在今天到两个月之内。"))
    with transaction.atomic():
        locked = GrowthRequest.objects.select_for_update().get(pk=row.pk)
        if locked.answered_at is not None:
            raise Refused(_("已经答复了，不用再派。"))
        locked.helper, locked.due = helper, due
        locked.assigned_by_id, locked.assigned_at = viewer.person_id, timezone.now()
        locked.save(update_fields=["helper", "due", "assigned_by", "assigned_at"])
        audit.write(viewer, "pairs.growth_assigned", locked, helper=helper.pk, due=due.isoformat())
        _enter_request(viewer, locked)
    return locked


def _enter_request(viewer: Viewer, row: GrowthRequest) -> None:
    """Enter it in the ledger once, when it is first given to somebody; of thought and life no theme tells whose it is."""
    if row.entry_id is not None or row.theme in SENSITIVE:
        return
    entry = entered.enter(
        viewer, REQUEST, row.asked_on, {"requester": [row.asker_id], "helper": [row.helper_id or 0]},
        f"growth:{row.pk}", words={"theme": row.theme, "state": "assigned"},
    )  # fmt: skip
    if entry is not None:
        row.entry_id = entry.pk
        row.save(update_fields=["entry_id"])


@transaction.atomic
def answer(viewer: Viewer, row: GrowthRequest, words: str, score: int | None) -> GrowthRequest:
    """Save the helper's answer. score: how ready the asker was to work on it, as the helper sees it. Raises Refused."""
    locked = GrowthRequest.objects.select_for_update().get(pk=row.pk)
    if locked.helper_id != viewer.person_id:
        raise Refused(_("这一件不是派给您的。"))
    if locked.answered_at is not None:
        raise Refused(_("已经答复过了。"))
    locked.answer, locked.answered_at, locked.answered_on = words, timezone.now(), viewer.day
    locked.helper_score = score
    locked.save(update_fields=["answer", "answered_at", "answered_on", "helper_score"])
    audit.write(viewer, "pairs.growth_answered", locked)
    if locked.entry_id is not None:
        entered.enter(
            viewer, ANSWER, viewer.day, {"answerer": [locked.helper_id or 0]}, f"growth-answer:{row.pk}",
            about=locked.entry_id,
        )  # fmt: skip
    return locked


@transaction.atomic
def close(viewer: Viewer, row: GrowthRequest, thanks: str, score: int | None) -> GrowthRequest:
    """Let the asker close a request, answered or no longer needed, with thanks and how much it helped. Raises Refused."""
    locked = GrowthRequest.objects.select_for_update().get(pk=row.pk)
    if locked.asker_id != viewer.person_id:
        raise Refused(_("由提出的人来结束。"))
    if locked.closed_at is None:
        locked.closed_at, locked.thanks, locked.asker_score = timezone.now(), thanks, score
        locked.save(update_fields=["closed_at", "thanks", "asker_score"])
        audit.write(viewer, "pairs.growth_closed", locked)
    return locked


def open_for(viewer: Viewer) -> QuerySet[GrowthRequest]:
    """Return what a viewer has to answer, the nearest day first."""
    rows = GrowthRequest.objects.filter(
        school_id=viewer.school_id, helper_id=viewer.person_id, answered_at=None, closed_at=None
    )
    return rows.order_by("due", "pk")


def unassigned(viewer: Viewer) -> QuerySet[GrowthRequest]:
    """Return what nobody helps with yet and this viewer may give to somebody."""
    rows = readable(viewer).filter(helper=None, closed_at=None).exclude(asker_id=viewer.person_id)
    return rows if viewer.may(ASSIGN) else rows.none()


def overdue(viewer: Viewer) -> QuerySet[GrowthRequest]:
    """Return what should have been answered and this viewer gave to somebody."""
    return GrowthRequest.objects.filter(
        school_id=viewer.school_id, assigned_by_id=viewer.person_id, answered_at=None, closed_at=None,
        due__lt=viewer.day,
    )  # fmt: skip


def tallies(viewer: Viewer) -> list[Tally]:
    """Return how many of each theme were asked, answered and answered in time in this school year; no names."""
    counted: Counter[tuple[str, str]] = Counter()
    rows = GrowthRequest.objects.filter(school_id=viewer.school_id)
    for theme, due, answered_on, closed_at in rows.values_list("theme", "due", "answered_on", "closed_at"):
        counted[theme, "asked"] += 1
        if answered_on is not None:
            counted[theme, "answered"] += 1
            counted[theme, "in_time"] += due is None or answered_on <= due
        elif closed_at is None:
            counted[theme, "open"] += 1
            counted[theme, "late"] += due is not None and due < viewer.day
    columns = ("asked", "answered", "in_time", "open", "late")
    return [
        Tally(str(theme.label), *(counted[theme, column] for column in columns))
        for theme in Theme
        if counted[theme, "asked"]
    ]
