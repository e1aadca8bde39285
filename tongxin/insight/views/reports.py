"""The results report: list, preview, Word, PDF, handing in, and what was handed in."""

from __future__ import annotations

import re

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tongxin.exchange.documents.blocks import Chart, Heading, Paragraph, Table, Text, spans
from tongxin.exchange.documents.pdf import write_pdf
from tongxin.exchange.documents.text import title_parts
from tongxin.exchange.documents.word import write_word
from tongxin.kernel.access.doors import allow
from tongxin.kernel.programmes.queries import current_pack, visible_programmes, with_text
from tongxin.methods.cadence.declarations import Report
from tongxin.ui.tables import Column
from tongxin.ui.tables import Table as PageTable
from tongxin.ui.toasts import notify
from tongxin.ui.worded import said

from .. import services
from ..charts import page_chart
from ..exports import attachment, note_export
from ..figures import Reading
from ..models import SubmittedFile
from ..queries import visible_reports
from ..reports import Written, document_of, write_report
from .asking import reading_of

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TYPES = {SubmittedFile.Format.WORD: WORD, SubmittedFile.Format.PDF: "application/pdf"}
SHOWN = 50
# What is handed in or printed goes to an office that reads Chinese, whatever language the page has.
OFFICE = "zh-hans"
TOKEN = re.compile(r"[0-9a-f]{32}")


@allow("report")
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    programmes = with_text(visible_programmes(viewer)).select_related("school")
    cards = [_card(programme) for programme in programmes]
    submitted = visible_reports(viewer).select_related("school", "programme")[:SHOWN]
    return render(
        request,
        "insight/home.html",
        {
            "programmes": cards,
            "submitted": submitted,
            "may_export": viewer.may("export"),
            "bureau": viewer.may("bureau"),
        },
    )


def _card(programme) -> dict:
    pack = current_pack(programme)
    names = {"{school}": programme.school.name, "{year}": str(programme.first_day.year)}
    reports = []
    for report in pack.reports.values():
        title = said(report.title)
        for name, value in names.items():
            title = title.replace(name, value)
        reports.append(
            {"title": title, "url": reverse("insight:preview", args=[programme.public_id, report.name])}
        )
    return {"programme": programme, "reports": reports, "figures": len(pack.figures)}


def _asked(request: HttpRequest, programme: str, report: str, **more) -> tuple[Reading, Report, object]:
    reading, form = reading_of(request, programme, **more)
    declared = reading.pack.reports.get(report)
    if declared is None:
        raise Http404
    return reading, declared, form


@allow("report")
@require_GET
def preview(request: HttpRequest, programme: str, report: str) -> HttpResponse:
    reading, declared, form = _asked(request, programme, report)
    written = write_report(reading, declared)
    return render(
        request,
        "insight/preview.html",
        {
            "programme": reading.programme,
            "report": declared,
            "title": written.title,
            "title_parts": title_parts(written.title),
            "blocks": _preview_blocks(written, reading),
            "as_of": reading.as_of,
            "form": form,
            "may_submit": reading.viewer.may("submit"),
        },
    )


@allow("report")
@require_GET
def word(request: HttpRequest, programme: str, report: str) -> HttpResponseBase:
    return _file(request, programme, report, SubmittedFile.Format.WORD)


@allow("report")
@require_GET
def pdf(request: HttpRequest, programme: str, report: str) -> HttpResponseBase:
    return _file(request, programme, report, SubmittedFile.Format.PDF)


def _file(
    request: HttpRequest, programme: str, report: str, format_: SubmittedFile.Format
) -> HttpResponseBase:
    with translation.override(OFFICE):
        return _written_file(request, programme, report, format_)


def _written_file(
    request: HttpRequest, programme: str, report: str, format_: SubmittedFile.Format
) -> HttpResponseBase:
    reading, declared, _form = _asked(request, programme, report)
    written = write_report(reading, declared)
    export_id = note_export(
        reading.viewer,
        "report",
        reading.programme,
        report=declared.name,
        format=str(format_.value),
        day=str(reading.as_of),
    )
    document = document_of(written, reading, export_id=export_id)
    content = write_word(document) if format_ == SubmittedFile.Format.WORD else write_pdf(document)
    return attachment(content, f"{written.title}.{format_.value}", TYPES[format_])


@allow("submit")
@require_POST
def submit(request: HttpRequest, programme: str, report: str) -> HttpResponse:
    with translation.override(OFFICE):
        reading, declared, form = _asked(request, programme, report, known_at=timezone.now(), above=True)
        wrong = bool(form.errors)  # type: ignore[attr-defined]
    if wrong:
        notify(request, _("报告没有提交：截至日期写得不对，请重新选择。"))
        return redirect("insight:preview", programme, report)
    token = request.POST.get("once", "")
    with translation.override(OFFICE):
        submitted = services.submit_report(reading, declared, token=token if TOKEN.fullmatch(token) else "")
    notify(request, _("已提交。报告和数字已经定稿，以后补登的记录不会改变它。"))
    return redirect("insight:submitted", submitted.public_id)


@allow("report")
@require_GET
def submitted(request: HttpRequest, public_id: str) -> HttpResponse:
    reports = visible_reports(request.viewer).select_related("school", "programme", "submitted_by")  # type: ignore[attr-defined]
    found = get_object_or_404(reports, public_id=public_id)
    own = found.school_id == request.viewer.school_id  # type: ignore[attr-defined]
    link = ""
    if own:
        link = (
            f"{reverse('insight:figures', args=[found.programme.public_id])}{{name}}/?submitted={public_id}"
        )
    columns = [
        Column("title", _("指标"), link=link),
        Column("words", _("数值")),
        Column("code", _("编号")),
        Column("behind", _("数据来源")),
    ]
    table = PageTable(
        columns,
        [figure | {"title": said(figure["title"])} for figure in found.figures],
        keys=("title", "words", "code", "behind", "name"),
        choose_columns=False,
        empty_title=_("这份报告里没有数字"),
    )
    files = [
        {
            "format": SubmittedFile.Format(file.format).label,
            "sha256": file.sha256,
            "url": reverse("insight:submitted_file", args=[public_id, file.format]),
        }
        for file in found.files.defer("content").order_by("format")
    ]
    return render(request, "insight/submitted.html", {"submitted": found, "table": table, "files": files})


@allow("report")
@require_GET
def submitted_file(request: HttpRequest, public_id: str, format: str) -> HttpResponseBase:
    found = get_object_or_404(visible_reports(request.viewer), public_id=public_id)  # type: ignore[attr-defined]
    file = get_object_or_404(SubmittedFile, report=found, format=format)
    note_export(request.viewer, "submitted_report", found, format=format)  # type: ignore[attr-defined]
    return attachment(
        bytes(file.content), f"{found.title}.{format}", TYPES[SubmittedFile.Format(file.format)]
    )


def _figure_url(programme: str, name: str, **query: str) -> str:
    return reverse("insight:figure", args=[programme, name], query=query or None)


def _preview_blocks(written: Written, reading: Reading) -> list[dict]:
    """Return the report's blocks as the template draws them; marks link to what is behind each figure."""
    codes = {code: name for name, (code, _value) in written.figures.items()}
    query = {"day": reading.as_of.isoformat()}

    def runs(text: Text) -> list[dict]:
        public_id = reading.programme.public_id
        return [
            {
                "text": span.text,
                "code": span.code,
                "url": _figure_url(public_id, codes[span.code], **query) if span.code else "",
            }
            for span in spans(text)
        ]

    shown: list[dict] = []
    for block in written.blocks:
        match block:
            case Heading():
                shown.append({"type": "heading", "text": block.text, "level": block.level + 1})
            case Paragraph():
                shown.append({"type": "paragraph", "runs": runs(block.text)})
            case Chart():
                shown.append({"type": "chart", "figure": page_chart(block)})
            case Table():
                rows = [
                    [{"runs": runs(cell), "align": side} for cell, side in zip(row, block.align, strict=True)]
                    for row in block.rows
                ]
                shown.append(
                    {
                        "type": "table",
                        "caption": block.caption,
                        "columns": list(zip(block.columns, block.align, strict=True)),
                        "rows": rows,
                        "note": block.note,
                    }
                )
    return shown
