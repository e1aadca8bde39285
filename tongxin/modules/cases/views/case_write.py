"""Writing a paper of a case, with what was typed kept; reading one; its files; the plan and the minutes as documents."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.blocks import Document
from tongxin.exchange.documents.pdf import write_pdf
from tongxin.exchange.documents.word import write_word
from tongxin.kernel.access.doors import allow, step_up
from tongxin.kernel.access.reading import OutOfReach, opened
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.ledger import evidence
from tongxin.methods.schemes.scheme import Form
from tongxin.ui.toasts import notify

from ..caseforms import PaperForm
from ..casework import answers, clocks, correcting, papers
from ..casework.refusal import Refused
from ..documents import FILES_OF, blocks_of, title_of
from ..models import Case, CaseFile, CasePaper, CaseTask
from . import place
from .case_common import address, case_of, form_named

WRITERS = {"docx": (write_word, outgoing.DOCX), "pdf": (write_pdf, outgoing.PDF)}


@allow("cases")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: Request, public_id: str, form: str) -> HttpResponse:
    """Fill in a form of the present state."""
    case = case_of(request.viewer, public_id)
    if form not in clocks.scheme_for(case).form_by_id:
        raise Http404
    return _write(request, case, form)


@step_up
def _write(request: Request, case: Case, form_id: str) -> HttpResponse:
    viewer = request.viewer
    try:
        form = papers.form_for(case, form_id, viewer)
    except Refused as refused:
        notify(request, str(refused))
        return redirect("cases:case", case.public_id)
    draft = papers.draft_of(case, form, viewer) if request.method != "POST" else None
    filled = _form(request, case, form, draft.values if draft else None)
    if request.method == "POST" and filled.is_valid():
        try:
            papers.write(case, form_id, filled.written(), viewer)
        except Refused as refused:
            filled.add_error(None, str(refused))
        else:
            notify(request, _("%(form)s已经存好。") % {"form": form.title})
            return redirect("cases:case", case.public_id)
    context = {
        "case": case, "form": filled, "paper": form, "draft": draft, "consent": papers.consent_missing(case, form),
        "room": place.rooms_of([case.student_id], viewer).get(case.student_id, ""),
        "consents_url": address("setup:consents"),
    }  # fmt: skip
    return render(request, "cases/case_write.html", context)


def _form(request: Request, case: Case, form: Form, draft) -> PaperForm:
    viewer, scheme = request.viewer, clocks.scheme_for(case)
    plan = answers.newest_plan(case) if form.of_type("goal_scores") else None
    if plan is not None:
        (plan,) = papers.read([plan], viewer, notes=False)
    goals = answers.goals_of(plan, scheme.form_by_id.get(plan.form) if plan else None)
    posted = request.method == "POST"
    return PaperForm(
        request.POST if posted else None, request.FILES if posted else None, scheme=scheme, form=form, case=case,
        viewer=viewer, goals=goals, draft=draft, ask_why=papers.consent_missing(case, form),
    )  # fmt: skip


@allow("cases")
@require_POST
def draft(request: Request, public_id: str, form: str) -> HttpResponse:
    """Keep what has been typed so far; the page asks by itself, and so does its button."""
    case = case_of(request.viewer, public_id)
    if form not in clocks.scheme_for(case).form_by_id:
        raise Http404
    files = {one.id for one in clocks.scheme_for(case).form_by_id[form].of_type("file")}
    kept = {
        name: values
        for name, values in request.POST.lists()
        if not name.startswith("csrf") and name not in files and any(values)
    }
    try:
        papers.keep_draft(case, papers.form_for(case, form, request.viewer), request.viewer, kept)
    except Refused as refused:
        said = str(refused)
    else:
        said = _("草稿存好了（%(at)s），只有您能看到。") % {"at": timezone.localtime().strftime("%H:%M")}
    if request.htmx:
        return HttpResponse(said)
    notify(request, said)
    return redirect("cases:write", public_id, form)


# ------------------------------------------------------------------ reading


@allow("cases")
@never_cache
@require_safe
def paper(request: Request, public_id: str, paper: str) -> HttpResponse:
    """A paper as it was written, as far as this reader may open it."""
    case = case_of(request.viewer, public_id)
    row = get_object_or_404(CasePaper.objects.filter(case=case).select_related("by"), public_id=paper)
    return _paper(request, case, row)


@step_up
def _paper(request: Request, case: Case, row: CasePaper) -> HttpResponse:
    viewer = request.viewer
    form = form_named(case, row.form)
    notes = papers.may_read_notes(case, viewer)
    said, why = said_of(viewer, case, row, notes=notes)
    versions = correcting.versions_of(row)
    context = {
        "case": case, "paper": row, "form": form, "said": said, "notes": notes, "why": why, "versions": versions,
        "newest": versions[-1], "correctable": correcting.may_correct(case, viewer) and correcting.form_of(case, row),
        "exports": [
            {"label": label, "url": reverse("cases:export", args=[case.public_id, row.public_id, format])}
            for format, label in FILES_OF.items()
        ] if form.does in ("plan", "meeting") else [],
        "grants_url": address("privacy:grant_ask", case.student.public_id),
    }  # fmt: skip
    return render(request, "cases/case_paper.html", context)


def said_of(viewer: Viewer, case: Case, row: CasePaper, *, notes: bool) -> tuple[list[answers.Said], str]:
    """Return what a paper says to a reader, who is put on record, and why this version was written ("" for the first)."""
    scheme, form = clocks.scheme_for(case), form_named(case, row.form)
    plan = answers.newest_plan(case, row) if form.of_type("goal_scores") else None
    read = papers.read([row, *([plan] if plan and plan.pk != row.pk else [])], viewer, notes=notes)
    row = read[0]
    goals = {
        one["id"]: one["text"]
        for one in answers.goals_of(plan, scheme.form_by_id.get(plan.form) if plan else None)
    }
    standing = answers.rank_of(row)
    if standing is not None:
        (standing,) = opened(viewer, [standing], "crisis", "rank")
    tasks = CaseTask.objects.filter(paper=row.first_pk).select_related("bearer").order_by("pk")
    beside = answers.Beside(
        names=answers.names_in(case.school_id, read, scheme), goals=goals,
        rank=standing.rank["rank"] if standing else None,
        tasks=tuple(opened(viewer, tasks, "crisis")),
        files=tuple(CaseFile.objects.filter(paper=row.first_pk).defer("name").order_by("pk")),
    )  # fmt: skip
    return answers.said(row, form, scheme, beside, notes=notes), (row.plan or {}).get(correcting.WHY, "")


@allow("cases")
@never_cache
@require_safe
def file(request: Request, public_id: str, file: str) -> HttpResponse:
    """A hospital paper or a signed consent: opened only when another person has approved that this reader sees it."""
    case = case_of(request.viewer, public_id)
    return _file(
        request,
        get_object_or_404(CaseFile.objects.filter(case=case).select_related("school"), public_id=file),
    )


@step_up
def _file(request: Request, row: CaseFile) -> HttpResponse:
    try:
        (row,) = opened(request.viewer, [row], "crisis")
    except OutOfReach:
        notify(request, _("这份文件特别敏感，要另一个人批准后才能看。请先申请。"))
        return redirect("cases:case", row.case.public_id)
    content = evidence.read(row.school.public_id, row.file)
    return outgoing.attachment(content, row.name or _("材料"), row.content_type)


# ------------------------------------------------------------------ documents


@allow("cases")
@never_cache
@require_safe
def export(request: Request, public_id: str, paper: str, format: str) -> HttpResponse:
    """The plan or the minutes of the study meeting in the layout offices expect; it has a number."""
    case = case_of(request.viewer, public_id)
    row = get_object_or_404(CasePaper.objects.filter(case=case).select_related("by"), public_id=paper)
    if format not in WRITERS or form_named(case, row.form).does not in ("plan", "meeting"):
        raise Http404
    return _export(request, case, row, format)


@step_up
def _export(request: Request, case: Case, row: CasePaper, format: str) -> HttpResponse:
    viewer, form = request.viewer, form_named(case, row.form)
    said, _why = said_of(viewer, case, row, notes=papers.may_read_notes(case, viewer))
    number = outgoing.note(
        viewer, "cases.exported", row, form=row.form, format=format, student=case.student_id
    )
    writer, type_ = WRITERS[format]
    title = title_of(case, form)
    made = Document(title, blocks_of(case, row, said), export_id=number, author=case.school.name)
    # The child's name stays out of the name of a file, which lands in folders and histories.
    return outgoing.attachment(writer(made), f"{form.title}{case.number}.{format}", type_)
