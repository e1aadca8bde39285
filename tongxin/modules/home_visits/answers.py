"""What becomes of a planned visit: published, confirmed by the family, moved, refused and done in another way, reached.

Each writes its audit row in the same transaction; what is done already stays as it was.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit

from . import telling
from .models import Visit, VisitRound

State = Visit.State
OVER = (State.DONE, State.DROPPED)
LATEST = timedelta(days=120)


class Refused(ValueError):
    """It cannot be done any more, or not like this; the sentence says what to do."""


@transaction.atomic
def publish(viewer: Viewer, round: VisitRound) -> VisitRound:
    """Let everybody know: whoever goes sees routes, families are asked to confirm. Raises Refused."""
    row = VisitRound.objects.select_for_update().get(pk=round.pk)
    if row.state == VisitRound.State.PUBLISHED:
        return row
    if row.state != VisitRound.State.PLANNED or not row.visits.filter(begin__isnull=False).exists():
        raise Refused(_("还没有排好，先点“开始排”。"))
    row.state, row.published_at = VisitRound.State.PUBLISHED, timezone.now()
    row.save(update_fields=["state", "published_at"])
    telling.announced(row)
    audit.write(viewer, "home_visits.published", row, visits=row.visits.filter(begin__isnull=False).count())
    return row


@transaction.atomic
def close(viewer: Viewer, round: VisitRound) -> None:
    """End a round: what was not done is owed as before and can be planned in another."""
    row = VisitRound.objects.select_for_update().get(pk=round.pk)
    if row.state == VisitRound.State.CLOSED:
        return
    row.state, row.changed_at = VisitRound.State.CLOSED, timezone.now()
    row.save(update_fields=["state", "changed_at"])
    left = list(row.visits.exclude(state__in=OVER).exclude(state=State.REFUSED)) if row.published_at else []
    telling.off(row, left)
    # What a family that declined said stays known: it is not planned again by itself.
    row.visits.exclude(state__in=(*OVER, State.REFUSED)).update(state=State.DROPPED)
    audit.write(viewer, "home_visits.closed", row)


@transaction.atomic
def change_people(viewer: Viewer, round: VisitRound, people: list[int]) -> None:
    """Let other people go; a computation begun before is not kept. Raises Refused."""
    row = _running(round)
    row.people, row.changed_at = people, timezone.now()
    row.save(update_fields=["people", "changed_at"])
    audit.write(viewer, "home_visits.people_changed", row, people=len(people))


@transaction.atomic
def change_sessions(viewer: Viewer, round: VisitRound, kept: list[dict[str, Any]]) -> None:
    """Let visits happen in other sessions; a computation begun before is not kept. Raises Refused."""
    row = _running(round)
    row.sessions, row.changed_at = sorted(kept, key=lambda one: (one["day"], one["from"])), timezone.now()
    row.last_day = max([row.last_day, *(date.fromisoformat(one["day"]) for one in kept)])
    row.save(update_fields=["sessions", "last_day", "changed_at"])
    audit.write(viewer, "home_visits.sessions_changed", row, sessions=len(kept))


def _running(round: VisitRound) -> VisitRound:
    row = VisitRound.objects.select_for_update().get(pk=round.pk)
    if row.state == VisitRound.State.CLOSED:
        raise Refused(_("这次安排已经结束了，请另建一次。"))
    return row


def _locked(visit: Visit) -> Visit:
    row = Visit.objects.select_for_update().select_related("round", "student").get(pk=visit.pk)
    if row.state in OVER or row.round.state == VisitRound.State.CLOSED:
        raise Refused(_("这次家访已经结束了，不用再改。"))
    return row


def _note(viewer: Viewer, row: Visit, what: str) -> None:
    """Note it, and that a computation begun before must not be kept."""
    row.save()
    VisitRound.objects.filter(pk=row.round_id).update(changed_at=timezone.now())
    audit.write(viewer, f"home_visits.{what}", row, student=row.student_id)


@transaction.atomic
def confirm(viewer: Viewer, visit: Visit) -> Visit:
    """The family agrees. Raises Refused when there is no time yet."""
    row = _locked(visit)
    if row.begin is None:
        raise Refused(_("还没有排时间，等排好了再确认。"))
    if row.state == State.CONFIRMED:
        return row
    row.state, row.proposed, row.before = State.CONFIRMED, None, None
    _welcome(row)
    _note(viewer, row, "confirmed")
    return row


@transaction.atomic
def propose(viewer: Viewer, visit: Visit, at: datetime, words: str) -> Visit:
    """The family would like another time. Raises Refused: a time in the past."""
    row = _locked(visit)
    now = timezone.now()
    if at <= now:
        raise Refused(_("这个时间已经过去了，请选以后的时间。"))
    if at > now + LATEST:
        raise Refused(_("请选四个月以内的时间。"))
    row.state, row.proposed, row.answer, row.locked, row.before = State.MOVING, at, words, False, None
    _welcome(row)
    _note(viewer, row, "time_proposed")
    return row


@transaction.atomic
def refuse(viewer: Viewer, visit: Visit, instead: str, words: str) -> Visit:
    """The family does not want anybody at home: how to meet it then. The reason is kept. Raises Refused."""
    row = _locked(visit)
    if instead not in Visit.Instead.values or not instead:
        raise Refused(_("请选换成哪一种：线上、到校还是打电话。"))
    if not words.strip():
        raise Refused(_("请写一句为什么，以后好安排。"))
    row.state, row.instead, row.answer, row.locked = State.REFUSED, instead, words.strip(), False
    row.route, row.joined, row.begin, row.end, row.proposed, row.before = None, None, None, None, None, None
    row.declined_at, row.declined_by_id, row.again = timezone.now(), viewer.person_id, False
    _note(viewer, row, "declined")
    return row


def _welcome(row: Visit) -> None:
    """The family has it at home after all."""
    row.instead, row.declined_at, row.declined_by, row.again = "", None, None, False


@transaction.atomic
def ask_again(viewer: Viewer, visit: Visit) -> Visit:
    """Let a family that declined be planned once more: in its round while that runs, else in the next. Raises Refused."""
    row = Visit.objects.select_for_update().select_related("round").get(pk=visit.pk)
    if not row.instead:
        raise Refused(_("这一家没有说过不方便上门，照常会排。"))
    if row.again:
        return row
    if row.state == State.REFUSED and row.round.state != VisitRound.State.CLOSED:
        _welcome(row)
        row.state = State.OPEN
    else:
        row.again = True
    _note(viewer, row, "asked_again")
    return row


@transaction.atomic
def lock(viewer: Viewer, visit: Visit, *, on: bool) -> Visit:
    """Keep a visit where it is when the rest is planned anew, or let it go. Raises Refused."""
    row = _locked(visit)
    if on and row.begin is None:
        raise Refused(_("还没有排时间，不能固定。"))
    if row.locked != on:
        row.locked = on
        _note(viewer, row, "locked" if on else "unlocked")
    return row


@transaction.atomic
def arrive(viewer: Viewer, visit: Visit) -> Visit:
    """Whoever goes is at the door. Sent twice it is once."""
    row = _locked(visit)
    if row.arrived_at is None:
        row.arrived_at = timezone.now()
        row.save(update_fields=["arrived_at"])
        audit.write(viewer, "home_visits.arrived", row, student=row.student_id)
    return row
