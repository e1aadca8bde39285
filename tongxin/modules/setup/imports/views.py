"""Pages of an import. Only who may import opens them; an import of another school is not there for anybody."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.exchange.models import ImportRun
from tongxin.exchange.rosters import services
from tongxin.exchange.rosters.compare import CHANGED, NEW, SKIP
from tongxin.exchange.rosters.fields import FIELDS
from tongxin.exchange.rosters.homeroom_names import parse_homeroom
from tongxin.exchange.rosters.reader import read_sheet
from tongxin.exchange.rosters.refusal import RosterRefused
from tongxin.exchange.rosters.services import Choices, PlanChanged, RunClosed
from tongxin.exchange.rosters.undo import CannotUndo
from tongxin.exchange.rosters.wire import show
from tongxin.exchange.rosters.workbooks import problem_workbook, template_workbook
from tongxin.kernel.access.doors import allow
from tongxin.kernel.audit import services as audit
from tongxin.kernel.people.guards import PostRefused
from tongxin.ui import tables
from tongxin.ui.toasts import notify

from .forms import AnswersForm, ConfirmForm, HeadingsForm, UploadForm

SHOWN_ROWS = 200  # problems, changes and questions on one page; the workbook holds all
SAMPLES = 3
HISTORY_ROWS = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _viewer(request: HttpRequest) -> Any:
    viewer = request.viewer  # type: ignore[attr-defined]
    if viewer.school is None:
        raise Http404
    return viewer


def _run(request: HttpRequest, public_id: str) -> ImportRun:
    return get_object_or_404(
        ImportRun.objects.select_related("school"), public_id=public_id, school_id=_viewer(request).school_id
    )


def _open(view: Callable) -> Callable:
    """Pass the import on while it is open; one that is over leads to its result instead."""

    @wraps(view)
    def with_run(request: HttpRequest, public_id: str) -> HttpResponse:
        run = _run(request, public_id)
        try:
            services.file_of(run)
            return view(request, run)
        except RunClosed:
            return redirect("setup:import_result", public_id)
        except RosterRefused as refusal:
            return _refused(request, run, refusal.sentence)

    return with_run


def _refused(request: HttpRequest, run: ImportRun, sentence: str) -> HttpResponse:
    context = {"run": run, "sentence": sentence, "steps": _steps(run, 1)}
    return render(request, "setup/imports/refused.html", context, status=422)


def _steps(run: ImportRun | None, now: int) -> list[dict[str, str]]:
    labels = [_("选文件"), _("对表头"), _("看预览"), _("看结果")]
    urls = ["", "", "", ""]
    if run is not None:
        urls[1] = reverse("setup:import_headings", args=[run.public_id])
        urls[2] = reverse("setup:import_preview", args=[run.public_id])
    states = ["done" if place < now else "current" if place == now else "ahead" for place in range(4)]
    return [
        {"label": label, "state": state, "url": url}
        for label, state, url in zip(labels, states, urls, strict=True)
    ]


@allow("import")
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Earlier imports with their figures, and the way to a new one."""
    viewer = _viewer(request)
    runs = ImportRun.objects.filter(school=viewer.school).exclude(state=ImportRun.State.DROPPED)
    rows = [
        (
            run.public_id,
            run.file_name,
            run.get_kind_display(),
            run.get_state_display(),
            run.applied_at or run.created_at,
            "，".join(f"{title} {count}" for title, count in services.counts_in_words(run)) or "–",
        )
        for run in runs.order_by("-created_at")[:HISTORY_ROWS]
    ]
    table = tables.Table(
        [
            tables.Column("file", _("文件"), link=reverse("setup:imports") + "{public_id}/"),
            tables.Column("kind", _("名单")),
            tables.Column("state", _("状态")),
            tables.Column("at", _("时间"), "when"),
            tables.Column("counts", _("结果")),
        ],
        rows,
        keys=("public_id", "file", "kind", "state", "at", "counts"),
        caption=_("以前的导入"),
        choose_columns=False,
    )
    return render(request, "setup/imports/history.html", {"table": table, "any": bool(rows)})


@allow("import")
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    viewer = _viewer(request)
    kind = request.GET.get("kind")
    initial = {"kind": kind if kind in FIELDS else ImportRun.Kind.STUDENTS}
    form = UploadForm(request.POST or None, request.FILES or None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run = services.start(
                viewer.school, form.cleaned_data["kind"], file.chunks(), file.name, by=viewer.account
            )
        except RosterRefused as refusal:
            form.add_error("file", refusal.sentence)
        else:
            return redirect("setup:import_headings", run.public_id)
    if form.errors:
        status = 422
    context = {"form": form, "steps": _steps(None, 0)}
    return render(request, "setup/imports/upload.html", context, status=status)


@allow("import")
@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponse:
    _viewer(request)
    if kind not in FIELDS:
        raise Http404
    title = _("学生名单模板") if kind == ImportRun.Kind.STUDENTS else _("教职工名单模板")
    return _workbook(template_workbook(kind), f"{title}.xlsx")


def _workbook(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "no-store"
    return response


@allow("import")
@require_http_methods(["GET", "HEAD", "POST"])
@_open
def headings(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Choose the sheet and the header rows, and say what each column is."""
    choices = _sheet_choices(request, run)
    layout = services.layout(run, choices)
    form = HeadingsForm(
        request.POST or None,
        kind=run.kind,
        labels=layout.header.labels,
        mapping=layout.mapping,
        initial={"join_names": choices.join_names, "homeroom": _homeroom_of_all(layout, choices)},
    )
    if request.method == "POST" and form.is_valid():
        constants = {"homeroom": form.cleaned_data.get("homeroom", "").strip()}
        chosen = Choices(
            sheet=layout.sheet.index,
            header_first=layout.header.first,
            header_last=layout.header.last,
            mapping=form.mapping,
            constants={name: text for name, text in constants.items() if text},
            join_names=form.cleaned_data["join_names"],
        )
        services.choose(run, chosen, layout.header.labels)
        return redirect("setup:import_preview", run.public_id)
    below = layout.sheet.head[layout.header.last + 1 :]
    columns = [
        {"field": form[f"column-{index}"], "label": label, "samples": _samples(below, index)}
        for index, label in form.columns
    ]
    context = {
        "run": run,
        "form": form,
        "layout": layout,
        "columns": columns,
        "sheets": [sheet for sheet in layout.overview.sheets if sheet.rows],
        "hidden": [sheet.name for sheet in layout.overview.sheets if sheet.hidden and sheet.rows],
        "header_rows": range(1, min(len(layout.sheet.head), 30) + 1),
        "steps": _steps(run, 1),
    }
    return render(
        request, "setup/imports/headings.html", context, status=422 if form.is_bound and form.errors else 200
    )


def _homeroom_of_all(layout: services.Layout, choices: Choices) -> str:
    """A sheet without a class column often bears the class as its name."""
    if "homeroom" in choices.constants or "homeroom" in layout.mapping.values():
        return choices.constants.get("homeroom", "")
    found = parse_homeroom(layout.sheet.name)
    return found.written if found and found.number else ""


def _samples(rows: list[list], index: int) -> list[str]:
    found = [show(row[index]) for row in rows if index < len(row) and row[index] != ""]
    return [text[:30] for text in found[:SAMPLES]]


def _sheet_choices(request: HttpRequest, run: ImportRun) -> Choices:
    """The choices noted so far, with the sheet and header rows the address or the form asks for."""
    noted = services.choices_of(run)
    asked = request.POST if request.method == "POST" else request.GET
    sheet, first, last = (_number(asked.get(name)) for name in ("sheet", "first", "last"))
    if sheet is None:
        return noted
    same = sheet == noted.sheet and (first is None or first - 1 == noted.header_first)
    return Choices(
        sheet=sheet,
        header_first=None if first is None else first - 1,
        header_last=None if first is None else max(first, last or first) - 1,
        mapping=noted.mapping if same else None,
        constants=noted.constants,
        join_names=noted.join_names,
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 7 else None


@allow("import")
@require_safe
@_open
def preview(request: HttpRequest, run: ImportRun) -> HttpResponse:
    return _preview_page(request, run)


def _preview_page(
    request: HttpRequest, run: ImportRun, form: ConfirmForm | None = None, notice: str = ""
) -> HttpResponse:
    viewer = _viewer(request)
    seen = services.preview(run, day=viewer.day)
    since = run.since or services.default_since(run.school, run.kind, viewer.day)
    if form is None or notice:
        form = ConfirmForm(initial={"since": since, "fingerprint": seen.fingerprint})
    plan, result = seen.plan, seen.checked.result
    problems = [*result.problems, *plan.problems]
    stored = run.choices.get("answers", {})
    context = {
        "run": run,
        "plan": plan,
        "counts": plan.counts,
        "checked": seen.checked,
        "form": form,
        "notice": notice,
        "problems": _problem_table(sorted(problems, key=lambda p: p.row)[:SHOWN_ROWS]),
        "problem_count": len(problems),
        "left_out": _left_out_table(plan.left_out, {p.row for p in problems}),
        "changes": [
            {"row": person.record.row, "name": person.record.values["name"], "changes": person.changes}
            for person in plan.of(CHANGED)[:SHOWN_ROWS]
        ],
        "new": [
            {
                "row": person.record.row,
                "name": person.record.values["name"],
                "place": person.record.homeroom.written
                if person.record.homeroom
                else person.record.values.get("department", ""),
            }
            for person in plan.of(NEW)[:SHOWN_ROWS]
        ],
        "new_homerooms": [name.written for name in plan.new_homerooms.values()],
        "questions": [
            {"row": q.row, "name": q.name, "place": q.place, "answer": stored.get(str(q.row), "")}
            for q in plan.questions[:SHOWN_ROWS]
        ],
        "answer_all": run.choices.get("answer_all", SKIP),
        "spaces": any("姓名中间有空格" in p.sentence for p in problems),
        "shown_rows": SHOWN_ROWS,
        "steps": _steps(run, 2),
    }
    return render(
        request, "setup/imports/preview.html", context, status=422 if notice or form.errors else 200
    )


def _problem_table(problems: list) -> tables.Table:
    rows = [
        (
            f"{p.cell}（{_('第 %(row)d 行') % {'row': p.row}}）"
            if p.cell
            else _("第 %(row)d 行") % {"row": p.row},
            p.column,
            p.value or _("（空）"),
            p.sentence,
            _("不导入") if p.severity == "error" else _("照样导入"),
        )
        for p in problems
    ]
    return tables.Table(
        [
            tables.Column("cell", _("单元格")),
            tables.Column("column", _("列")),
            tables.Column("value", _("填的是")),
            tables.Column("sentence", _("问题")),
            tables.Column("effect", _("这一行")),
        ],
        rows,
        caption=_("要看的格"),
        choose_columns=False,
    )


def _left_out_table(left_out: dict[int, str], with_problem: set[int]) -> tables.Table | None:
    """The rows that stay out for a reason of their own, not for a cell already listed."""
    rows = [(row, why) for row, why in sorted(left_out.items()) if row not in with_problem][:SHOWN_ROWS]
    if not rows:
        return None
    columns = [tables.Column("row", _("行"), "number"), tables.Column("why", _("原因"))]
    return tables.Table(columns, rows, caption=_("没有当作名单的行"), choose_columns=False)


@allow("import")
@require_POST
@_open
def answers(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Note who is the same person, or that spaces in names are to go; then show the preview again."""
    if "join_names" in request.POST:
        noted = services.choices_of(run)
        kept = {name: getattr(noted, name) for name in Choices.__dataclass_fields__}
        services.choose(run, Choices(**(kept | {"join_names": True})), [])
        return redirect("setup:import_preview", run.public_id)
    asked = [name.removeprefix("row-") for name in request.POST if name.startswith("row-")]
    form = AnswersForm(request.POST, rows=[int(row) for row in asked if _number(row) is not None])
    if form.is_valid():
        services.answer(run, form.answers, form.cleaned_data["answer_all"])
    return redirect("setup:import_preview", run.public_id)


@allow("import")
@require_POST
@_open
def confirm(request: HttpRequest, run: ImportRun) -> HttpResponse:
    viewer = _viewer(request)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _preview_page(request, run, form)
    since = form.cleaned_data["since"]
    try:
        services.confirm(
            run, form.cleaned_data["fingerprint"], day=viewer.day, since=since, by=viewer.account
        )
    except PlanChanged:
        sentence = _("您看预览以后，系统里的名单有了变化，还没有导入。请再看一遍，然后确认。")
        return _preview_page(request, run, notice=sentence)
    except PostRefused as refused:
        mend = _("一行也没有导入。请先做到或获批豁免，或在表里去掉这些人的任教班级再导入。")
        return _preview_page(request, run, notice=f"{refused} {mend}")
    return redirect("setup:import_result", run.public_id)


@allow("import")
@require_POST
@_open
def problems(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """Download the rows that stay out, to be corrected and uploaded again."""
    from django.db import transaction

    viewer = _viewer(request)
    seen = services.preview(run, day=viewer.day)
    result, plan = seen.checked.result, seen.plan
    wanted = set(plan.left_out) | {p.row for p in result.problems}
    with read_sheet(services.file_of(run), seen.checked.sheet.index) as table:
        rows = [(number, cells) for number, cells in table if number in wanted]
    content = problem_workbook(
        seen.checked.header.labels, rows, [*result.problems, *plan.problems], plan.left_out
    )
    with transaction.atomic():
        audit.write(viewer, "rosters.problems_exported", run, rows=len(rows))
    return _workbook(content, _("要改的行") + ".xlsx")


@allow("import")
@require_safe
def result(request: HttpRequest, public_id: str) -> HttpResponse:
    """The figures of an import and, while nothing rests on it, the way back."""
    run = _run(request, public_id)
    if run.state == ImportRun.State.OPEN:
        step = "import_preview" if run.choices else "import_headings"
        return redirect(f"setup:{step}", public_id)
    context = {
        "run": run,
        "counts": services.counts_in_words(run),
        "may_undo": run.state == ImportRun.State.APPLIED and run.undo is not None,
        "steps": _steps(None, 4),
    }
    return render(request, "setup/imports/result.html", context)


@allow("import")
@require_POST
def undo(request: HttpRequest, public_id: str) -> HttpResponse:
    run = _run(request, public_id)
    try:
        services.take_back(run, by=_viewer(request).account)
    except RunClosed:
        return redirect("setup:import_result", public_id)
    except CannotUndo as refusal:
        context = {
            "run": run,
            "counts": services.counts_in_words(run),
            "sentence": str(refusal),
            "steps": _steps(None, 4),
        }
        return render(request, "setup/imports/result.html", context, status=409)
    notify(request, _("已撤销这次导入，名单回到了导入以前的样子。"))
    return redirect("setup:import_result", public_id)


@allow("import")
@require_POST
def drop(request: HttpRequest, public_id: str) -> HttpResponse:
    run = _run(request, public_id)
    try:
        services.drop(run, by=_viewer(request).account)
    except RunClosed:
        return redirect("setup:import_result", public_id)
    notify(request, _("已放弃，上传的文件也删除了。"))
    return redirect("setup:imports")
