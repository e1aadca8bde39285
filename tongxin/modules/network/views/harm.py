"""强制报告: one page to file, then only ever more of it; seen by whoever filed it and whom they told."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.word import write_word
from tongxin.kernel.access.doors import allow, asked
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import harm, harm_paper
from ..forms import HarmEntryForm, HarmForm, HarmTellForm, now_initial
from ..models import HarmEntry, HarmReport
from . import place


@allow("harm_report")
@never_cache
@require_safe
def reports(request: Request) -> HttpResponse:
    """The reports one filed or was told of, and the button for a new one."""
    place.school_of(request.viewer)
    now = timezone.now()
    rows = []
    for report in harm.readable(request.viewer)[:100]:
        open_ = [one for one in harm.due(report, now) if not one.met]
        rows.append(
            {
                "report": report,
                "missing": _labels(harm.missing(report)),
                "due": open_[0].deadline if open_ else None,
            }
        )
    return render(request, "network/harm.html", {"rows": rows, "needed": _law()})


def _law() -> list[str]:
    return [str(label) for value, label in HarmEntry.Authority.choices if value]


def _labels(authorities: list[str]) -> list[str]:
    return [str(HarmEntry.Authority(one).label) for one in authorities]


@allow("harm_report")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    viewer = request.viewer
    school = place.school_of(viewer)
    form = HarmForm(request.POST or None, viewer=viewer, initial=now_initial() | {"matter": harm.Matter.HARM})
    if request.method == "POST" and form.is_valid():
        child = form.child()
        if child is not None:
            data = form.cleaned_data
            said = harm.Said(
                data["words"],
                form.moment(),
                data["authority"],
                number=data["number"],
                contact=data["contact"],
            )
            filing = harm.Filing(
                child, data["matter"], form.moment(), said, harm.in_office(school, data["told"], viewer.day),
                inside=data["inside"], suspect=form.staff.get(data["suspect"]),
            )  # fmt: skip
            try:
                report = harm.file_report(viewer, filing, place.token_of(request))
            except harm.Refused as refused:
                form.add_error(None, str(refused))
            else:
                notify(request, _("已经写下，谁也改不了。请马上向还没有报告的部门报告。"))
                return redirect("network:harm_report", report.public_id)
    return render(request, "network/harm_new.html", {"form": form}, status=422 if form.errors else 200)


def _report(request: Request, public_id: str) -> HarmReport:
    place.school_of(request.viewer)
    return get_object_or_404(harm.readable(request.viewer), public_id=public_id)


def _proof(request: Request) -> HttpResponse | None:
    """Ask whoever has a second factor for it; most teachers have none, and they too must be able to report."""
    return asked(request) if request.viewer.needs_second_factor and not request.viewer.proved else None


@allow("harm_report")
@never_cache
@require_safe
def one(request: Request, report: str) -> HttpResponse:
    row = _report(request, report)
    answer = _proof(request)
    if answer is not None:
        return answer
    now = timezone.now()
    context = {
        "report": row,
        "entries": harm.entries(request.viewer, row),
        "told": row.told.select_related("person").order_by("told_at", "pk"),
        "due": harm.due(row, now),
        "missing": _labels(harm.missing(row)),
        "mine": row.by_id == request.viewer.person_id,
        "suspects": _suspects(request, row),
    }
    return render(request, "network/harm_report.html", context)


def _suspects(request: Request, row: HarmReport) -> dict[int, str]:
    school = place.school_of(request.viewer)
    return dict(harm.staff(school, request.viewer.day).values_list("pk", "name"))


@allow("harm_report")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: Request, report: str) -> HttpResponse:
    """A call to an authority, or something more that is known. What stands there stays."""
    row = _report(request, report)
    lacking = harm.missing(row)
    initial = now_initial() | {"authority": lacking[0] if lacking else ""}
    form = HarmEntryForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        said = harm.Said(
            data["words"], form.moment(), data["authority"], data["mode"] or HarmEntry.Mode.ORAL, data["number"],
            data["contact"],
        )  # fmt: skip
        try:
            harm.add(request.viewer, row, said, place.token_of(request))
        except harm.Refused as refused:
            form.add_error("day", str(refused))
        else:
            notify(request, _("已经写下。"))
            return redirect("network:harm_report", report)
    return render(
        request, "network/harm_add.html", {"form": form, "report": row}, status=422 if form.errors else 200
    )


@allow("harm_report")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tell(request: Request, report: str) -> HttpResponse:
    """Tell somebody else of the school; only whoever filed it decides."""
    row = _report(request, report)
    if row.by_id != request.viewer.person_id:
        raise Http404
    answer = _proof(request)
    if answer is not None:
        return answer
    school = place.school_of(request.viewer)
    known = harm.named(row) | harm.suspects(request.viewer, row)
    people = [one for one in harm.tellable(school, request.viewer.day) if one.pk not in known]
    form = HarmTellForm(request.POST or None, choices=[(one.public_id, one.name) for one in people])
    if request.method == "POST" and form.is_valid():
        wanted = set(form.cleaned_data["told"])
        harm.tell(request.viewer, row, [one for one in people if one.public_id in wanted])
        notify(request, _("已经告诉他们了。"))
        return redirect("network:harm_report", report)
    context = {"form": form, "report": row, "nobody": not people}
    return render(request, "network/harm_tell.html", context, status=422 if form.errors else 200)


@allow("harm_report")
@never_cache
@require_safe
def word(request: Request, report: str) -> HttpResponse:
    """The report as a Word file for the authorities."""
    row = _report(request, report)
    answer = _proof(request)
    if answer is not None:
        return answer
    entries = harm.entries(request.viewer, row)
    number = outgoing.note(request.viewer, "network.harm_exported", row, student=row.student_id)
    document = harm_paper.document(row, [entry for entry, _intact in entries], export_id=number)
    return outgoing.attachment(write_word(document), f"{harm_paper.TITLE}.docx", outgoing.DOCX)
