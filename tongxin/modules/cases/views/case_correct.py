"""Correcting a paper that is on file: the form as it was filled in, and the reason."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tongxin.kernel.access.doors import allow, step_up
from tongxin.kernel.access.requests import Request
from tongxin.methods.schemes.scheme import Form
from tongxin.ui.toasts import notify

from ..caseforms import PaperForm, as_typed
from ..casework import answers, clocks, correcting, papers
from ..casework.refusal import Refused
from ..models import Case, CasePaper
from . import place
from .case_common import case_of


@allow("cases")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: Request, public_id: str, paper: str) -> HttpResponse:
    """Write a new version of a paper; the one before stays."""
    case = case_of(request.viewer, public_id)
    row = get_object_or_404(CasePaper.objects.filter(case=case).select_related("case", "by"), public_id=paper)
    return _correct(request, case, row)


@step_up
def _correct(request: Request, case: Case, row: CasePaper) -> HttpResponse:
    viewer, form = request.viewer, correcting.form_of(case, row)
    if form is None or not correcting.may_correct(case, viewer):
        notify(request, _("这份材料由个案的负责人来更正；等级、任务和文件在各自的地方改。"))
        return redirect("cases:paper", case.public_id, row.public_id)
    filled = _form(request, case, row, form)
    if request.method == "POST" and filled.is_valid():
        try:
            made = correcting.correct(
                row, filled.written().values, filled.cleaned_data[correcting.WHY], viewer
            )
        except Refused as refused:
            filled.add_error(None, str(refused))
        else:
            notify(request, _("已经更正。原来那一版还在，能翻看。"))
            return redirect("cases:paper", case.public_id, made.public_id)
    context = {
        "case": case, "row": row, "form": filled, "paper": form,
        "room": place.rooms_of([case.student_id], viewer).get(case.student_id, ""),
    }  # fmt: skip
    return render(request, "cases/case_correct.html", context, status=422 if filled.errors else 200)


def _form(request: Request, case: Case, row: CasePaper, form: Form) -> PaperForm:
    viewer, scheme = request.viewer, clocks.scheme_for(case)
    plan = answers.newest_plan(case, row) if form.of_type("goal_scores") else None
    read = papers.read([row, *([plan] if plan else [])], viewer, notes=True)
    goals = answers.goals_of(read[-1], scheme.form_by_id.get(read[-1].form)) if plan else []
    return PaperForm(
        request.POST if request.method == "POST" else None, None, scheme=scheme, form=form, case=case, viewer=viewer,
        goals=goals, draft=as_typed(form, read[0]), ask_correction=True,
    )  # fmt: skip
