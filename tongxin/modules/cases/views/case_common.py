"""What the pages of a case share: which cases a viewer finds, their words, who may see what."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from tongxin.kernel.access.doors import school_of
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject
from tongxin.methods.schemes.scheme import Field, Form, Level
from tongxin.ui.formats import when_words

from ..casework import clocks
from ..casework.cases import OPENING, REFUSAL, REOPENING
from ..models import Case


def reachable(viewer: Viewer) -> QuerySet[Case]:
    """Return the cases whose pages somebody finds: those who work on cases, of their school."""
    school_of(viewer)
    rows = Case.objects.filter(school_id=viewer.school_id) if viewer.may("cases") else Case.objects.none()
    return rows.select_related("scheme", "student", "owner", "proposed_by")


def case_of(viewer: Viewer, public_id: str) -> Case:
    return get_object_or_404(reachable(viewer), public_id=public_id)


def student_of(viewer: Viewer, public_id: str) -> Subject:
    """Return a student of the viewer's school."""
    school_of(viewer)
    if not viewer.may("cases"):
        raise Http404
    students = Subject.objects.filter(school_id=viewer.school_id, type="student")
    return get_object_or_404(students, public_id=public_id)


def form_named(case: Case, form_id: str) -> Form:
    """Return a form of a case's scheme, or one that every scheme has."""
    return clocks.scheme_for(case).form_by_id.get(form_id) or own_forms()[form_id]


def own_forms() -> dict[str, Form]:
    why = Field("why", _("原因"), "long")
    return {
        OPENING: Form(OPENING, _("为什么建个案"), fields=(why,)),
        REFUSAL: Form(REFUSAL, _("为什么先不结案"), fields=(why,)),
        REOPENING: Form(REOPENING, _("为什么重新打开"), fields=(why,)),
    }


def state_title(case: Case, state_id: str = "") -> str:
    found = clocks.scheme_for(case).state_by_id.get(state_id or case.state)
    return found.title if found else state_id


def level_of(case: Case, rank: int | None) -> Level | None:
    return None if rank is None else clocks.scheme_for(case).level(rank)


def due_of(case: Case) -> datetime | None:
    """Return what a case has to be looked at by: its state's deadline or the next follow-up, whichever is sooner."""
    return min((at for at in (case.due_at, case.follow_due) if at is not None), default=None)


def is_late(case: Case, now: datetime) -> bool:
    due = due_of(case)
    return due is not None and due < now and case.phase != Case.Phase.CLOSED


def due_words(case: Case, now: datetime) -> str:
    """Say by when something is owed, and that it is late."""
    due = due_of(case)
    if due is None or case.phase == Case.Phase.CLOSED:
        return ""
    said = when_words(due, now)
    return _("%(when)s到期，已经过了") % {"when": said} if due < now else _("%(when)s前") % {"when": said}


@transaction.atomic
def note_seen(viewer: Viewer, students: list[int]) -> None:
    """Put on record who saw which children's names here: that there is a case is something about them."""
    if students:
        audit.write(viewer, "cases.list_seen", school_id=viewer.school_id, subjects=students)


def address(name: str, *arguments: str) -> str:
    """Return the address of a page of another room; "" where this installation has none."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
