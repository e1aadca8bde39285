"""Requests about one's own data and incidents: register, answer in writing, in time."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.kernel.access import terms
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject

from .models import Assessment, Incident, RightsRequest, Sharing

State = RightsRequest.State


class Refused(ValueError):
    """It cannot be recorded as it is; the sentence says what to do."""


def may_ask_for(person: Subject, day: date) -> list[Subject]:
    """Return who may ask about a person's data: the person, and the guardians of that day."""
    links = Link.objects.filter(
        kind="guardian_of", b=person, superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    )
    return [person, *Subject.objects.filter(pk__in=links.values("a")).order_by("pinyin", "pk")]


@transaction.atomic
def register(
    person: Subject, asked_by: Subject, kind: str, words: str, *, channel: str, received_on: date, by: Viewer
) -> RightsRequest:
    """Enter a request; its deadline runs from the day it came in. Raises Refused."""
    if received_on > by.day:
        raise Refused(_("收到的日期不能晚于今天。"))
    if asked_by not in may_ask_for(person, received_on):
        raise Refused(_("提出请求的人那一天不是本人，也不是监护人。请先在人员里登记监护人，或请监护人来办。"))
    if kind == RightsRequest.Kind.CORRECT and not words.strip():
        raise Refused(_("要更正的，请写哪里不对、应该是什么。"))
    same = RightsRequest.objects.filter(subject=person, asked_by=asked_by, kind=kind, state=State.OPEN)
    if same.exists():
        raise Refused(_("同样的请求已经在办，不用重复提出。"))
    made = RightsRequest.objects.create(
        school_id=person.school_id, subject=person, asked_by=asked_by, kind=kind, words=words.strip(),
        channel=channel, received_on=received_on,
        due_on=received_on + timedelta(days=terms.limit(person.school_id, "request_days")), recorded_by=by.account,
    )  # fmt: skip
    _note(by, "privacy.requested", made, kind=kind, channel=channel)
    return made


@transaction.atomic
def answer(made: RightsRequest, *, state: str, words: str, by: Viewer) -> RightsRequest:
    """Answer a request: done, or refused with reasons. The answer is what the letter says. Raises Refused."""
    made = RightsRequest.objects.select_for_update().get(pk=made.pk)
    if made.state != State.OPEN:
        raise Refused(_("这份请求已经答复过了。"))
    if state not in (State.DONE, State.REFUSED):
        raise Refused(_("请选办理结果。"))
    if not words.strip():
        raise Refused(
            _("没有同意的，法律要求书面说明理由。请写理由，以及可以向谁投诉。")
            if state == State.REFUSED
            else _("请写做了什么：给了哪些内容、改了哪里、删了什么。")
        )
    made.state, made.answer, made.answered_on, made.answered_by = state, words.strip(), by.day, by.account
    made.save()
    _note(by, "privacy.answered", made, state=str(state), days=(by.day - made.received_on).days)
    return made


@transaction.atomic
def withdraw(made: RightsRequest, *, by: Viewer) -> None:
    """Take a request back: whoever made it."""
    done = RightsRequest.objects.filter(pk=made.pk, state=State.OPEN, asked_by_id=by.person_id)
    if not done.update(state=State.WITHDRAWN, answered_on=by.day):
        raise Refused(_("只有提出的人可以撤回还没有答复的请求。"))
    _note(by, "privacy.request_withdrawn", made)


def _note(by: Viewer, action: str, made: RightsRequest, **data) -> None:
    about = ("subject", str(made.subject_id), {"request": made.pk, **data})
    audit.write_each(by, action, [about], school_id=made.school_id)


@transaction.atomic
def save_incident(incident: Incident, *, by: Viewer) -> Incident:
    new = incident.pk is None
    if new:
        incident.recorded_by = by.account
    incident.save()
    audit.write(
        by,
        "privacy.incident_recorded" if new else "privacy.incident_changed",
        incident,
        people=incident.people,
    )
    return incident


@transaction.atomic
def save_line(line: Assessment | Sharing, register: str, *, by: Viewer) -> None:
    """Save a line of a register. register: "assessment" or "sharing"."""
    new = line.pk is None
    if new:
        line.recorded_by = by.account
    line.save()
    audit.write(by, f"privacy.{register}_{'recorded' if new else 'changed'}", line)
