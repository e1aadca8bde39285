"""The only door to K4 and K5: whoever reads, whose, and why is on record before a byte is opened.

    papers = opened(viewer, Paper.objects.filter(…), "screening_review")        # every guarded column
    papers = opened(viewer, papers, "screening_review", "scores")               # only the scores
The audit row and the read stand in one transaction: without the row nothing opens. Beyond a reader's own reach a grant or
break-glass opens single children for a time (openings.py); the audit row then names it. The record of a child that left
is sealed: whoever works at the school opens it only by a grant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from django.db import models, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject
from tongxin.kernel.base.sealing.fields import SealedField, guarded_fields, unseal

from . import duties, openings, terms
from .rules import sealed_away
from .viewer import Viewer, within_reach

READ, READ_BY_PROGRAM = "sealed.read", "sealed.read_by_program"
# What somebody may open sealed data for; the word goes into the audit row.
PURPOSES = {
    "own": _("看自己的"),
    "filling": _("接着填自己的问卷"),
    "screening_review": _("看筛查结果"),
    "screening_entry": _("补录或更正答卷"),
    "counselling": _("心理辅导"),
    "crisis": _("危机干预"),
    "letter": _("给家长的告知信"),
    "report": _("写报告"),
    "task": _("做请您做的事"),
    "intake": _("看报上来的情况"),
    "called": _("应急时看人在哪里"),
    "talk": _("答复想聊聊的学生"),
    "family": _("家校沟通"),
    "harm_report": _("强制报告"),
    "granted": _("按批准或紧急情况查看"),
    "copy": _("给本人的副本"),
}
# Signals about a child that just left must still be seen by whoever is called.
STAYS_OPEN_FOR = ("crisis",)
# What the program opens by itself: nobody sees single values of it.
PROGRAM_PURPOSES = {
    "scoring": _("重新计分"),
    "clocks": _("计算期限"),
    "statistics": _("汇总统计"),
}

Row = TypeVar("Row", bound=models.Model)


class StepUpNeeded(PermissionError):
    """The reader's second factor is too long ago; the middleware asks for it and comes back."""


class OutOfReach(Http404):
    """A row about somebody this viewer may not read: it looks like a page that is not there."""


def opened[Row: models.Model](viewer: Viewer, rows: Iterable[Row], purpose: str, *columns: str) -> list[Row]:
    """Return the rows with their guarded columns (or only the named ones) opened, and note who read whose.

    One audit row for each child. Raises OutOfReach when a single row is about somebody beyond the viewer's reach that no
    grant opens,
    StepUpNeeded when others' data are asked for without a second factor just given, and whatever goes wrong with the
    audit row: in all these cases nothing is opened.
    """
    if purpose not in PURPOSES:
        raise ValueError(f"unknown purpose {purpose}")
    with transaction.atomic():
        found = list(rows)
        if not found:
            return found
        fields = _fields(found, columns)
        granted = _refuse_beyond_reach(viewer, found, fields, purpose)
        by_subject: dict[int, list[Row]] = {}
        for row in found:
            by_subject.setdefault(getattr(row, fields[0].subject), []).append(row)
        words = {"purpose": purpose, "table": found[0]._meta.db_table, "columns": [f.name for f in fields]}
        about = [
            ("subject", str(subject), words | _by(granted, subject) | {"rows": [str(row.pk) for row in own]})
            for subject, own in by_subject.items()
        ]
        audit.write_each(viewer, READ, about, school_id=viewer.school_id or 0)
        for row in found:
            unseal(row, fields)
    return found


def opened_at_seat[Row: models.Model](
    respondent: Subject, student: Subject, rows: Iterable[Row]
) -> list[Row]:
    """Return the rows of the paper that somebody is filling in, opened for them; the audit row says who and about whom.

    A seat in a sitting is not an account: the caller has checked that the rows are of the paper this seat stands for.
    Raises OutOfReach when a row is about another child.
    """
    with transaction.atomic():
        found = list(rows)
        if not found:
            return found
        fields = _fields(found, ())
        if any(getattr(row, fields[0].subject) != student.pk for row in found):
            raise OutOfReach
        words = {
            "purpose": "filling",
            "table": found[0]._meta.db_table,
            "columns": [field.name for field in fields],
            "respondent": respondent.pk,
            "rows": [str(row.pk) for row in found],
        }
        audit.write_each(None, READ, [("subject", str(student.pk), words)], school_id=student.school_id)
        for row in found:
            unseal(row, fields)
    return found


def opened_by_program[Row: models.Model](rows: Iterable[Row], purpose: str, *columns: str) -> list[Row]:
    """Return rows opened for a computation whose single values nobody sees; one audit row for each school."""
    if purpose not in PROGRAM_PURPOSES:
        raise ValueError(f"unknown purpose {purpose}")
    with transaction.atomic():
        found = list(rows)
        if not found:
            return found
        fields = _fields(found, columns)
        words: dict[str, Any] = {
            "purpose": purpose,
            "table": found[0]._meta.db_table,
            "columns": [f.name for f in fields],
        }
        counts: dict[int, int] = {}
        for row in found:
            school = getattr(row, fields[0].school)
            counts[school] = counts.get(school, 0) + 1
        for school, count in sorted(counts.items()):
            audit.write(None, READ_BY_PROGRAM, school_id=school, rows=count, **words)
        for row in found:
            unseal(row, fields)
    return found


def _fields[Row: models.Model](rows: list[Row], columns: tuple[str, ...]) -> list[SealedField]:
    """Return the guarded fields to open: all of the model, or those named."""
    guarded = guarded_fields(type(rows[0]))
    known = {field.name for field in guarded}
    if not guarded or set(columns) - known:
        raise ValueError(f"{type(rows[0]).__name__}: no guarded columns {sorted(set(columns) - known)}")
    return [field for field in guarded if not columns or field.name in columns]


def _by(granted: dict[int, list[int]], subject: int) -> dict[str, list[int]]:
    return {"openings": granted[subject]} if subject in granted else {}


def _refuse_beyond_reach[Row: models.Model](
    viewer: Viewer, rows: list[Row], fields: list[SealedField], purpose: str
) -> dict[int, list[int]]:
    """Raise OutOfReach unless the viewer may read every class of every row that holds something.

    Returns {subject: openings} for the subjects that only a grant or break-glass opens.
    """
    granted: dict[int, list[int]] = {}
    for data_class in {field.data_class for field in fields}:
        columns = [field for field in fields if field.data_class == data_class]
        by_duty, proof = duties.covered(viewer, rows, data_class)
        if by_duty and proof and not viewer.proved:
            raise StepUpNeeded
        wanted = {
            getattr(row, columns[0].subject)
            for row in rows
            if row.pk not in by_duty and any(row.__dict__.get(field.attname) is not None for field in columns)
        }
        beyond = wanted - _inside(viewer, data_class, wanted, purpose)
        if beyond:
            by = openings.open_now(viewer, data_class, beyond)
            if beyond - set(by):
                raise OutOfReach
            for subject, found in by.items():
                granted.setdefault(subject, []).append(found)
        if not viewer.proved and wanted - {viewer.person_id, *viewer.children}:
            raise StepUpNeeded
    return granted


def _inside(viewer: Viewer, data_class: str, wanted: set[int], purpose: str) -> set[int]:
    """Return those whom the viewer's own reach covers: not those whose record is sealed because they left."""
    reach = viewer.sealed_reach(data_class)
    if reach.nothing or not wanted:
        return set()
    inside = Subject.objects.filter(within_reach(viewer, reach.names), pk__in=wanted)
    ends = dict(inside.values_list("pk", "present_to"))
    sealed = _sealed(viewer, ends) if purpose not in STAYS_OPEN_FOR else set()
    return ends.keys() - sealed


def sealed_because_left(viewer: Viewer, subjects: Iterable[Subject]) -> set[int]:
    """Return those of some subjects whose record is sealed for this viewer: a list leaves them out, or says so."""
    return _sealed(viewer, {one.pk: one.present_to for one in subjects})


def _sealed(viewer: Viewer, ends: Mapping[int, date]) -> set[int]:
    """Return who left too long ago. ends: {person: last day}; the school's own limit is asked for only where one has left."""
    left = {pk: end for pk, end in ends.items() if end < viewer.day}
    left = {pk: end for pk, end in left.items() if pk not in (viewer.person_id, *viewer.children)}
    if not left:
        return set()
    days = terms.limit(viewer.school_id, "kept_open_days")
    return {pk for pk, end in left.items() if sealed_away(end, viewer.day, days)}
