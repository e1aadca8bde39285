"""The picture of a sitting without names, and the school's report: figures only, so that the secretary reads them too."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.blocks import Chart, Heading, Listing, Paragraph, Signature, Table, plain
from tongxin.exchange.documents.pdf import write_pdf
from tongxin.exchange.documents.sheets import Column as SheetColumn
from tongxin.exchange.documents.sheets import Sheet, write_workbook
from tongxin.exchange.documents.word import write_word
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.ui.charts import Bars, Series

from .. import comparing, picture, reports
from ..models import Sitting
from ..reports import Choice
from .comparing import chosen_activity, chosen_before
from .results import sitting_of, tabs

FILES = {"docx": (write_word, outgoing.DOCX), "pdf": (write_pdf, outgoing.PDF)}


def figures_ready(viewer: Viewer, sitting: Sitting) -> bool:
    """Say whether figures may be told: to who reads no papers only once it has ended, for a figure that grows while it
    is watched tells of each child that hands in."""
    return viewer.may("screening") or sitting.state == Sitting.State.CLOSED


@allow("screening_figures")
@require_safe
def pictures(request: Request, public_id: str) -> HttpResponse:
    viewer, sitting = request.viewer, sitting_of(request.viewer, public_id)
    ready = figures_ready(viewer, sitting)
    found = picture.pictures(sitting) if ready else []
    export = reverse("screening:picture_export", args=[public_id])
    context = {
        "sitting": sitting,
        "tabs": tabs(viewer, sitting, "picture"),
        "ready": ready,
        "pictures": [{"picture": one, "chart": one.chart(export)} for one in found],
        "least": picture.IN_SCHOOL,
    }
    return render(request, "screening/results_picture.html", context)


@allow("screening_figures")
@require_safe
def picture_export(request: Request, public_id: str) -> HttpResponse:
    """Send the tables behind the charts as a workbook."""
    viewer, sitting = request.viewer, sitting_of(request.viewer, public_id)
    if not figures_ready(viewer, sitting):
        raise Http404
    number = outgoing.note(viewer, "screening.picture_exported", sitting)
    sheets = []
    for one in picture.pictures(sitting):
        columns = [SheetColumn(title) for title in (_("年级和班级"), _("答卷"), *one.columns)]
        rows = [
            [row.name, row.papers, *(_("不显示") if count is None else count for count in row.counts)]
            for row in one.rows
        ]
        sheets.append(Sheet(one.title, columns, rows, title=f"{sitting.title} · {one.title}", note=one.note))
    content = write_workbook(sheets, export_id=number, author=sitting.school.name)
    return outgoing.attachment(content, f"{sitting.title}{_('汇总')}.xlsx", outgoing.XLSX)


def _choice(request: Request, sitting: Sitting) -> tuple[Choice, dict[str, str]]:
    """Return what the report is made of, and the same as an address says it."""
    viewer = request.viewer
    above = request.GET.get("for") == "above"
    before = chosen_before(request, sitting)
    activity = chosen_activity(request, before, sitting) if before else None
    asked = {"for": "above" if above else "school"}
    if before and before.pk != sitting.before_id:
        asked["before"] = before.public_id
    if activity and viewer.may("screening"):
        asked["activity"] = activity.code
    return Choice(picture.ABOVE if above else picture.IN_SCHOOL, before, activity), asked


@allow("screening_figures")
@require_safe
def report(request: Request, public_id: str) -> HttpResponse:
    """Show the school's report as it will be written."""
    viewer, sitting = request.viewer, sitting_of(request.viewer, public_id)
    ready = figures_ready(viewer, sitting)
    choice, asked = _choice(request, sitting)
    blocks = reports.school_report(sitting, choice, viewer.day) if ready else []
    context = {
        "sitting": sitting,
        "tabs": tabs(viewer, sitting, "report"),
        "ready": ready,
        "title": reports.title_of(sitting),
        "blocks": _shown(blocks),
        "filters": _filters(request, sitting, asked),
        "query": asked,
    }
    return render(request, "screening/results_report.html", context)


def _filters(request: Request, sitting: Sitting, asked: dict[str, str]) -> list[dict[str, Any]]:
    found = [
        {"name": "for", "label": _("给谁看"), "kind": "select", "value": asked["for"],
         "choices": [("school", _("校内（少于5人的数不显示）")), ("above", _("上报（少于10人的数不显示）"))]},
    ]  # fmt: skip
    if request.viewer.may("screening"):
        found.append(
            {"name": "before", "label": _("和哪次比"), "kind": "select", "value": asked.get("before", ""),
             "choices": [(one.public_id, one.title) for one in comparing.earlier(sitting)]}
        )  # fmt: skip
    return found


@allow("screening_figures")
@require_safe
def report_file(request: Request, public_id: str, format: str) -> HttpResponse:
    """Send the school's report as Word or PDF; it has a number."""
    viewer, sitting = request.viewer, sitting_of(request.viewer, public_id)
    if format not in FILES or not figures_ready(viewer, sitting):
        raise Http404
    choice, _asked = _choice(request, sitting)
    number = outgoing.note(viewer, "screening.report_exported", sitting, format=format, least=choice.least)
    title = reports.title_of(sitting)
    blocks = reports.school_report(sitting, choice, viewer.day)
    write, type_ = FILES[format]
    document = reports.document(title, blocks, export_id=number, author=sitting.school.name)
    return outgoing.attachment(write(document), f"{title}.{format}", type_)


def _shown(blocks) -> list[dict[str, Any]]:
    """Return the blocks of a document as the page draws them."""
    shown: list[dict[str, Any]] = []
    for block in blocks:
        match block:
            case Heading():
                shown.append({"type": "heading", "text": block.text})
            case Paragraph():
                shown.append({"type": "paragraph", "text": plain(block.text)})
            case Listing():
                shown.append({"type": "list", "items": [plain(item) for item in block.items]})
            case Chart():
                figure = Bars(
                    block.title,
                    labels=block.labels,
                    series=[Series(block.axis, block.values, "met")],
                    unit=block.unit,
                )
                shown.append({"type": "chart", "figure": figure})
            case Table():
                rows = [
                    [(plain(cell), side) for cell, side in zip(row, block.align, strict=True)]
                    for row in block.rows
                ]
                shown.append(
                    {"type": "table", "caption": block.caption, "rows": rows, "note": block.note,
                     "columns": list(zip(block.columns, block.align, strict=True))}
                )  # fmt: skip
            case Signature():
                shown.append({"type": "signature", "name": block.name, "date": block.date})
    return shown
