"""Correcting a paper that is on file: a new version with its reason; every version before it stays and can be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.methods.schemes.scheme import Form

from ..models import Case, CasePaper, Step
from . import cases, clocks, papers
from .refusal import Refused

# What has rows of its own: a rank is set anew by its form, a task is taken back, a file is added by another paper.
ELSEWHERE = ("rank", "tasks", "file")
WHY = "_why"


def form_of(case: Case, paper: CasePaper) -> Form | None:
    """Return the questions of a paper that can be corrected; None when it has none. K5 is not shown, so none is owed."""
    form = clocks.scheme_for(case).form_by_id.get(paper.form)
    fields = [
        replace(
            one, required=False, help=_("特别敏感，这里看不到原来写的。不改就留空，原来那一版里的仍然有效。")
        )
        if one.data_class == "K5"
        else one
        for one in (form.fields if form else ())
        if one.type not in ELSEWHERE
    ]
    return replace(form, fields=tuple(fields)) if form and fields else None


def may_correct(case: Case, viewer: Viewer) -> bool:
    """Say whether somebody may correct papers of a case: whoever keeps it, for the words of talks open to nobody else."""
    return papers.may_read_notes(case, viewer)


def versions_of(paper: CasePaper) -> list[CasePaper]:
    """Return all versions of a paper, sealed, the first one first."""
    rows = CasePaper.objects.filter(case_id=paper.case_id).select_related("by").order_by("pk")
    return list(rows.filter(pk=paper.first_pk) | rows.filter(corrects=paper.first_pk))


@transaction.atomic
def correct(paper: CasePaper, values: dict[str, Any], why: str, viewer: Viewer) -> CasePaper:
    """File a new version of a paper. Raises Refused; nothing is changed then.

    paper: the version that was on the screen. It sets nothing going: no rank, no task, no clock, no other state.
    """
    case = cases.locked(paper.case)
    form = form_of(case, paper)
    if form is None or not may_correct(case, viewer):
        raise Refused(_("请由这份个案的负责人来更正。"))
    if len(why.strip()) < 4:
        raise Refused(_("请写一句为什么更正，哪里写错了。"))
    if versions_of(paper)[-1].pk != paper.pk:
        raise Refused(_("这份材料刚才已经更正过了。请先看最新的一版，再决定要不要改。"))
    (read,) = papers.read([paper], viewer, notes=True)
    made = _kept(read)
    for name, value in values.items():
        made.setdefault(papers.COLUMNS[form.field_by_id[name].data_class], {})[name] = value
    made.setdefault("plan", {})[WHY] = why.strip()
    now = timezone.now()
    version = CasePaper.objects.create(
        school_id=case.school_id, student_id=case.student_id, case=case, at=now, day=timezone.localtime(now).date(),
        form=paper.form, state=paper.state, by_id=viewer.person_id, corrects_id=paper.first_pk, **made,
    )  # fmt: skip
    cases.note(case, Step.Kind.CORRECTED, now, by=viewer.person_id, state=case.state, paper=version)
    audit.write(
        viewer, "cases.paper_corrected", version, form=form.id, corrects=paper.pk, student=case.student_id
    )
    return version


def _kept(read: CasePaper) -> dict[str, dict[str, Any]]:
    """Return what no question asks for and every version carries: why it could not wait for a consent."""
    urgent = (read.notes or {}).get("_urgent")
    return {"notes": {"_urgent": urgent}} if urgent else {}
