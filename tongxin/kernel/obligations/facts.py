"""A school's facts as the one-by-one evaluator wants them; for explanations of few subjects and for tests.

Ids are the database's, as text. Pages over whole schools use the set-based evaluator instead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Attribute, Event, Link, Subject
from tongxin.kernel.ledger.models import Entry, Evidence, Participation
from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence import facts as cadence

from .models import Waiver

COLUMNS = ("mode", "theme", "place")


def school_facts(
    school_id: int, programme: Programme | None = None, kinds: Collection[str] | None = None
) -> cadence.Facts:
    """Return everything rules can see of a school: subjects, attributes, links, entries (of some kinds), waivers."""
    subjects = Subject.objects.filter(school_id=school_id)
    of_school = {s.pk for s in subjects if s.type == "school"}
    home = str(min(of_school)) if of_school else ""
    entries = Entry.objects.filter(school_id=school_id)
    if kinds is not None:
        entries = entries.filter(kind__in=kinds)
    return cadence.Facts(
        subjects=[
            cadence.Subject(str(s.pk), s.type, s.name, home, s.present_from, s.present_to) for s in subjects
        ],
        attributes=[
            cadence.AttributeRow(
                str(a.subject_id),
                a.name,
                a.value,
                a.valid_from,
                a.valid_to,
                a.recorded_at,
                _until(a.superseded_at),
            )
            for a in Attribute.objects.filter(school_id=school_id)
        ],
        links=[
            cadence.LinkRow(
                str(link.pk),
                link.kind,
                str(link.a_id),
                str(link.b_id),
                link.valid_from,
                link.valid_to,
                link.recorded_at,
                _until(link.superseded_at),
            )
            for link in Link.objects.filter(school_id=school_id)
        ],
        entries=_entries(entries, home),
        waivers=_waivers(programme) if programme else [],
        events=[
            cadence.EventRow(
                event_id(e.pk),
                str(e.subject_id),
                e.kind,
                e.day,
                e.at,
                e.retracted,
                e.recorded_at,
                _until(e.superseded_at),
            )
            for e in Event.objects.filter(school_id=school_id)
        ],
    )


def event_id(pk: int) -> str:
    """Return the id of an event among facts, where entries are known by their bare number."""
    return f"event-{pk}"


def _until(moment: datetime) -> datetime | None:
    return None if moment == FOREVER else moment


def _entries(entries, home: str) -> list[cadence.Entry]:
    rows: dict[int, list[cadence.Participation]] = defaultdict(list)
    for p in Participation.objects.filter(Q(entry__in=entries)):
        rows[p.entry_id].append(_participation(p))
    evidence: dict[int, list[cadence.EvidenceRow]] = defaultdict(list)
    for e in Evidence.objects.filter(entry__in=entries):
        evidence[e.entry_id].append(cadence.EvidenceRow(e.type, e.recorded_at, _until(e.superseded_at)))
    return [
        cadence.Entry(
            id=str(e.pk),
            kind=e.kind,
            start_day=e.start_day,
            day=e.day,
            school=home,
            at=e.at,
            rows=tuple(rows[e.pk]),
            evidence=tuple(evidence[e.pk]),
            recorded_at=e.recorded_at,
            superseded_at=_until(e.superseded_at),
            about=event_id(e.about_event_id) if e.about_event_id else str(e.about_id or ""),
        )
        for e in entries
    ]


def _participation(p: Participation) -> cadence.Participation:
    qualifiers = {name: getattr(p, name) for name in COLUMNS if getattr(p, name)}
    amounts = {"hours": p.hours} if p.hours else {}
    for name, value in p.extra.items():
        if isinstance(value, int):
            amounts[name] = value
        else:
            qualifiers[name] = str(value)
    return cadence.Participation(
        part=p.part,
        subject=str(p.subject_id),
        absent=p.absent,
        counterpart=str(p.counterpart_id or ""),
        qualifiers=qualifiers,
        amounts=amounts,
        recorded_at=p.recorded_at,
        superseded_at=_until(p.superseded_at),
        via=str(p.via_id or ""),
    )


def _waivers(programme: Programme) -> list[cadence.WaiverRow]:
    return [
        cadence.WaiverRow(
            subject=str(w.link_id or w.subject_id),
            obligation=w.obligation,
            reason=w.reason,
            by=str(w.approved_by_id or ""),
            valid_from=w.valid_from,
            valid_to=w.valid_to,
            recorded_at=w.recorded_at,
            superseded_at=_until(w.superseded_at),
        )
        for w in Waiver.objects.filter(programme=programme)
    ]
