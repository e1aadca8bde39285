"""Mandatory reports (未成年人保护法 art. 11) and reports of accidents: one page, written at once, then only ever added to.

Nobody in the school's hierarchy can stop, hide or change one: whoever files it says who is told, a suspect never is, and
the rows are never changed. What each entry says is bound by its SHA-256 in the audit record.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.reading import opened
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.fields import to_microseconds
from tongxin.kernel.base.models import Event, School, Subject
from tongxin.kernel.obligations import outbox
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.queries import events

from . import deadlines, entered
from .models import HarmEntry, HarmReport, HarmTold
from .posts import COUNSELLOR, LEADER, holders, room_of

Matter, Authority = HarmReport.Matter, HarmEntry.Authority
TELLABLE = (LEADER, COUNSELLOR, "deputy_secretary", "secretary", "administrator")
WRITTEN_ACTION = "network.harm_entry"
EARLIEST = timedelta(days=365)
# So long before a deadline that is not met yet, those who know of the report are told again.
BEFORE = timedelta(hours=2)
NEEDED = {
    Matter.HARM: (Authority.POLICE, Authority.CIVIL_AFFAIRS, Authority.EDUCATION),
    Matter.ACCIDENT: (Authority.EDUCATION,),
    Matter.DEATH: (Authority.POLICE, Authority.EDUCATION),
}


class Refused(ValueError):
    """The report cannot be filed like this; the sentence says what to do."""


@dataclass(frozen=True)
class Said:
    """What one entry says. authority "": words alone. number: that of the report at the authority."""

    words: str
    at: datetime
    authority: str = ""
    mode: str = HarmEntry.Mode.ORAL
    number: str = ""
    contact: str = ""


@dataclass(frozen=True)
class Filing:
    """A new report. inside: somebody of the school is or may be involved; suspect: who, where that is known."""

    student: Subject
    matter: str
    known_at: datetime
    said: Said
    told: Sequence[Subject]
    inside: bool = False
    suspect: Subject | None = None


@dataclass(frozen=True)
class Due:
    """A deadline of a report and whether it is met."""

    deadline: deadlines.Deadline
    met: bool
    late: bool


def tellable(school: School, day: date) -> list[Subject]:
    """Return whom somebody may tell by name: the leader in charge and counsellors first."""
    found: dict[int, Subject] = {}
    for post in TELLABLE:
        for person in holders(school, post, day):
            found.setdefault(person.pk, person)
    return list(found.values())


def told_by_default(school: School, day: date) -> list[Subject]:
    leaders = (
        holders(school, LEADER, day)
        or holders(school, "deputy_secretary", day)
        or holders(school, "secretary", day)
    )
    return [*leaders, *(one for one in holders(school, COUNSELLOR, day) if one not in leaders)]


def file_report(viewer: Viewer, filing: Filing, token: str) -> HarmReport:
    """Write a report with its first entry and tell those it names; sent twice it is one. Raises Refused."""
    if filing.student.school_id != viewer.school_id or viewer.person_id is None:
        raise Refused(_("请选本校的学生。"))
    if not timezone.now() - EARLIEST < filing.known_at <= timezone.now():
        raise Refused(_("发现的时间不能晚于现在，也不能早于一年前。"))
    ids = {person.pk for person in filing.told}
    if filing.suspect is not None and filing.suspect.pk in ids:
        raise Refused(_("可能牵涉的人不能列在告知的人里。请取消勾选。"))
    known = HarmReport.objects.filter(token=token, by_id=viewer.person_id).first()
    if known is not None:
        return known
    try:
        return _file(viewer, filing, token)
    except IntegrityError:
        known = HarmReport.objects.filter(token=token, by_id=viewer.person_id).first()
        if known is None:
            raise
        return known


@transaction.atomic
def _file(viewer: Viewer, filing: Filing, token: str) -> HarmReport:
    report = HarmReport.objects.create(
        school_id=filing.student.school_id, student=filing.student, by_id=viewer.person_id, matter=filing.matter,
        known_at=filing.known_at, open_in_school=not (filing.inside or filing.suspect), token=token,
    )  # fmt: skip
    audit.write(viewer, "network.harm_filed", report, matter=filing.matter)
    tell(viewer, report, filing.told)
    if report.open_in_school:
        _enter_event(viewer, report)
    room = room_of(filing.student, viewer.day)
    # As it was on that day: the child's own row may be erased one day, the report stays.
    known: dict[str, Any] = {"name": filing.student.name, "room": room.name if room else ""}
    if filing.suspect is not None:
        known |= {"suspect": filing.suspect.pk}
    _add(viewer, report, filing.said, f"{token}:first"[:64], known)
    return report


def tell(viewer: Viewer, report: HarmReport, persons: Iterable[Subject]) -> None:
    """Let some people of the school know of a report; nobody can be untold."""
    already = set(report.told.values_list("person_id", flat=True)) | {report.by_id}
    for person in persons:
        if person.pk in already:
            continue
        HarmTold.objects.create(report=report, school_id=report.school_id, person=person)
        outbox.put(
            f"harm:{report.pk}:{person.pk}", school_id=report.school_id, recipient_id=person.pk,
            topic=topics.HARM_TOLD, data={},
        )  # fmt: skip
    audit.write(viewer, "network.harm_told", report, people=sorted(person.pk for person in persons))


def add(viewer: Viewer, report: HarmReport, said: Said, token: str) -> HarmEntry:
    """Add words, or a call to an authority, to a report; what stands there stays. The caller has asked `readable`."""
    if said.at > timezone.now():
        raise Refused(_("时间不能晚于现在。"))
    known = HarmEntry.objects.filter(token=token, by_id=viewer.person_id).first()
    if known is not None:
        return known
    with transaction.atomic():
        return _add(viewer, report, said, token, {})


def _add(viewer: Viewer, report: HarmReport, said: Said, token: str, more: dict) -> HarmEntry:
    what = {
        "words": said.words, "number": said.number, "contact": said.contact, "salt": secrets.token_hex(16), **more
    }  # fmt: skip
    row = HarmEntry.objects.create(
        school_id=report.school_id, report=report, student_id=report.student_id, by_id=viewer.person_id,
        authority=said.authority, mode=said.mode, at=said.at, token=token, what=what,
    )  # fmt: skip
    audit.write(viewer, WRITTEN_ACTION, row, report=report.pk, sha256=digest(row, what))
    if said.authority and report.open_in_school:
        _enter_call(viewer, report, row)
    return row


def digest(row: HarmEntry, what: dict) -> str:
    """Return what binds an entry to the audit record: its report, writer, authority, time and words."""
    bound = [row.public_id, row.report_id, row.by_id, row.authority, row.mode, to_microseconds(row.at), what]
    return hashlib.sha256(json.dumps(bound, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _enter_event(viewer: Viewer, report: HarmReport) -> Event | None:
    """Note what happened for the school's own clock, where a programme in force knows such an event."""
    day = timezone.localtime(report.known_at).date()
    if report.matter not in events(report.school, viewer.day):
        return None
    of = report.student if report.matter == Matter.HARM else people.school_subject(report.school)
    return people.record_event(
        of, report.matter, day, at=report.known_at, by=viewer.account, token=f"harm:{report.pk}"
    )


def _enter_call(viewer: Viewer, report: HarmReport, row: HarmEntry) -> None:
    day = timezone.localtime(row.at).date()
    common = {"by": viewer.account, "at": row.at}
    if report.matter == Matter.HARM:
        parts = {"student": [report.student_id], "reporter": [row.by_id]}
        entered.enter(
            report.school,
            entered.HARM,
            day,
            parts,
            f"harm:{row.pk}",
            qualifiers={"theme": row.authority},
            **common,
        )
    elif row.authority == Authority.EDUCATION:
        entered.enter(
            report.school, entered.ACCIDENT, day, {"reporter": [row.by_id]}, f"harm:{row.pk}",
            qualifiers={"mode": row.mode}, **common,
        )  # fmt: skip


def readable(viewer: Viewer) -> QuerySet[HarmReport]:
    """Return the reports somebody filed or was told of; for everybody else there are none."""
    if viewer.school_id is None or viewer.person_id is None:
        return HarmReport.objects.none()
    told = HarmTold.objects.filter(person_id=viewer.person_id).values("report")
    rows = HarmReport.objects.filter(Q(by_id=viewer.person_id) | Q(pk__in=told), school_id=viewer.school_id)
    return rows.select_related("student", "by", "school").order_by("-filed_at", "-pk")


def named(report: HarmReport) -> set[int]:
    return {report.by_id, *report.told.values_list("person_id", flat=True)}


def entries(viewer: Viewer, report: HarmReport) -> list[tuple[HarmEntry, bool]]:
    """Return a report's entries in order, opened, each with whether it is what was written at the time."""
    rows = opened(viewer, report.entries.select_related("by").order_by("written_at", "pk"), "harm_report")
    keys = [str(row.pk) for row in rows]
    written = AuditRow.objects.filter(
        school=report.school_id,
        action=WRITTEN_ACTION,
        object_type=HarmEntry._meta.db_table,
        object_id__in=keys,
    )
    bound = {row.object_id: row.data.get("sha256") for row in written}
    return [(row, bound.get(str(row.pk)) == digest(row, row.what)) for row in rows]


def due(report: HarmReport, now: datetime) -> list[Due]:
    """Return a report's deadlines, the nearest first, and whether each is met."""
    calls = list(report.entries.exclude(authority="").values_list("authority", "mode", "at"))
    day = timezone.localtime(report.filed_at).date()
    found = []
    for deadline in deadlines.deadlines(report.school, report.matter, report.known_at, day):
        counted = [
            (authority, at) for authority, mode, at in calls if not deadline.mode or mode == deadline.mode
        ]
        met_at = [
            min((at for a, at in counted if a == wanted), default=None) for wanted in needed(report, deadline)
        ]
        met = all(at is not None for at in met_at)
        late = any((at or now) > deadline.due for at in met_at)
        found.append(Due(deadline, met, late))
    return found


def needed(report: HarmReport, deadline: deadlines.Deadline) -> tuple[str, ...]:
    """Return to whom a deadline wants a report: a written one goes to the education authority."""
    return (Authority.EDUCATION,) if deadline.mode else NEEDED[Matter(report.matter)]


def missing(report: HarmReport) -> list[str]:
    """Return the authorities nobody has told yet."""
    told = set(report.entries.exclude(authority="").values_list("authority", flat=True))
    return [one for one in NEEDED[Matter(report.matter)] if one not in told]


def remind(now: datetime) -> int:
    """Tell those who know of a report that a deadline is near and not met; each deadline once. Return how many were told."""
    said = 0
    recent = HarmReport.objects.filter(filed_at__gt=now - timedelta(days=3)).select_related("school")
    for report in recent.order_by("pk"):
        for one in due(report, now):
            if one.met or not now + BEFORE >= one.deadline.due >= now - timedelta(days=1):
                continue
            for person in sorted(named(report)):
                _message, new = outbox.put(
                    f"harm-due:{report.pk}:{person}:{int(one.deadline.due.timestamp())}",
                    school_id=report.school_id, recipient_id=person, topic=topics.HARM_DUE, data={},
                )  # fmt: skip
                said += new
    return said


def in_office(school: School, ids: Iterable[str], day: date) -> list[Subject]:
    """Return those of some public ids who may be told."""
    wanted = set(ids)
    return [person for person in tellable(school, day) if person.public_id in wanted]


def staff(school: School, day: date) -> QuerySet[Subject]:
    """Return everybody who works at a school on a day."""
    there = Subject.objects.filter(school=school, type="staff", present_from__lte=day, present_to__gte=day)
    return there.order_by("pinyin", "pk")


def suspects(viewer: Viewer, report: HarmReport) -> set[int]:
    """Return who is named as involved; only for somebody who may read the report."""
    return {row.what["suspect"] for row, _intact in entries(viewer, report) if row.what.get("suspect")}
