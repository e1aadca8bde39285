"""The ledger 台账: find what happened, by list and by the plan's outline."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from tongxin.exchange.documents.sheets import Column as SheetColumn
from tongxin.exchange.documents.sheets import Sheet
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import visible_subjects
from tongxin.kernel.ledger.models import Entry
from tongxin.ui import keyset
from tongxin.ui.formats import plain_day
from tongxin.ui.tables import Column, Table, link_pattern

from .. import exports, ledger
from .links import named_url

ORDER = ("-day", "-pk")
MOST_EXPORTED = 50_000
BATCH = 1000


@allow("ledger")
def ledger_list(request: Request) -> HttpResponse:
    viewer = request.viewer
    words = ledger.words_of(viewer)
    filters = ledger.Filters.from_address(request.GET)
    page = keyset.page(
        lambda: ledger.entries(viewer, filters, words),
        ledger.FIELDS,
        ORDER,
        request.GET,
        # Addresses may ask for anything, so only the lists that people open keep their SQL.
        key=None if filters.narrowed else ("ledger", viewer.signature, filters),
        model=Entry,
    )
    lines = ledger.lines(viewer, page.rows, words)
    return render(
        request,
        "desk/ledger.html",
        {
            "table": _table(request, lines, page, filters),
            "filters": _filter_fields(filters, words),
            "keep": [(name, request.GET[name]) for name in ("own", "who") if request.GET.get(name)],
            "who": _who(request, filters),
            "tabs": tabs(request, "own" if filters.own else "all"),
            "query": request.GET.urlencode(),
            "narrowed": filters.narrowed,
        },
    )


def tabs(request: Request, current: str) -> list[dict]:
    address = reverse("desk:ledger")
    return [
        {"label": _("全部"), "url": address, "current": current == "all"},
        {"label": _("我登记或参加的"), "url": f"{address}?own=1", "current": current == "own"},
        {"label": _("按条目"), "url": reverse("desk:outline"), "current": current == "outline"},
    ]


def _table(request: Request, lines: list[ledger.Line], page: keyset.Page, filters: ledger.Filters) -> Table:
    kept = request.GET.copy()
    for name in ("after", "before"):
        kept.pop(name, None)
    narrowed = filters.narrowed
    return Table(
        [
            Column("title", _("活动"), link=link_pattern("desk:entry", "public_id")),
            Column("day", _("日期"), kind="day"),
            Column("kind", _("类别")),
            Column("people", _("人员")),
            Column("evidence", _("佐证材料")),
            *(
                [
                    Column(
                        "about",
                        _("针对"),
                        link=link_pattern("desk:entry", "public_id").replace("public_id", "earlier"),
                    )
                ]
                if any(line.about for line in lines)
                else []
            ),
        ],
        [
            {
                "public_id": line.public_id,
                "title": line.title,
                "day": line.day,
                "kind": line.kind,
                "people": line.people,
                "evidence": line.evidence,
                "about": _about(line.about, plain_day(line.about.day, request.viewer.day))
                if line.about
                else "",
                "earlier": line.about.public_id if line.about else "",
            }
            for line in lines
        ],
        keys=("public_id", "title", "day", "kind", "people", "evidence", "about", "earlier"),
        page=page,
        parameters=request.GET,
        export_url=f"{reverse('desk:ledger_export')}?{kept.urlencode()}"
        if request.viewer.may("export")
        else "",
        empty_title=_("没有符合条件的记录") if narrowed else _("还没有记录"),
        empty_text=_("换个条件试试。") if narrowed else _("登记第一次活动后，它会出现在这里。"),
        empty_url="" if narrowed or not request.viewer.may("record") else reverse("desk:record"),
        empty_action=_("登记活动"),
        choose_columns=False,
    )


def _about(answered: ledger.Answered, day: str) -> str:
    """Say what an entry answers: the day and what it was."""
    return f"{day} {answered.title}"


def _filter_fields(filters: ledger.Filters, words: ledger.Words) -> list[dict]:
    kinds = sorted(((name, words.kind_title(name)) for name in words.kinds), key=lambda pair: pair[1])
    headings = [(number, f"{number} {title}") for number, title in words.headings_said.items()]
    return [
        {"name": "kind", "label": _("类别"), "kind": "select", "value": filters.kind, "choices": kinds},
        {
            "name": "heading",
            "label": _("台账条目"),
            "kind": "select",
            "value": filters.heading,
            "choices": headings,
        },
        {"name": "from", "label": _("从"), "kind": "date", "value": filters.first},
        {"name": "to", "label": _("到"), "kind": "date", "value": filters.last},
        {
            "name": "evidence",
            "label": _("佐证材料"),
            "kind": "select",
            "value": "none" if filters.lacking else "",
            "choices": [("none", _("还没有"))],
        },
    ]


def _who(request: Request, filters: ledger.Filters) -> dict | None:
    """Return whose entries are listed, when it is somebody this viewer may name."""
    if not filters.who:
        return None
    subject = get_object_or_404(visible_subjects(request.viewer), public_id=filters.who)
    rest = request.GET.copy()
    for name in ("who", "after", "before"):
        rest.pop(name, None)
    return {"name": subject.name, "clear_url": f"?{rest.urlencode()}"}


@allow("ledger")
def ledger_find(request: Request) -> HttpResponse:
    """Turn a typed name into a person; names travel in the body, only the random id stands in addresses."""
    typed = request.POST.get("q", "").strip()
    kept = request.POST.get("kept", "")
    found = ledger.find_people(request.viewer, typed) if typed else []
    if len(found) == 1:
        return redirect(_list_of(kept, found[0].public_id))
    people = [
        {"name": s.name, "type": s.get_type_display(), "url": _list_of(kept, s.public_id)} for s in found
    ]
    return render(request, "desk/ledger_find.html", {"people": people, "typed": typed, "kept": kept})


def _list_of(kept: str, public_id: str) -> str:
    pairs = [
        (k, v)
        for k, v in QueryDict(kept).dict().items()
        if k in ("kind", "heading", "from", "to", "evidence", "own")
    ]
    return f"{reverse('desk:ledger')}?{urlencode([*pairs, ('who', public_id)])}"


@allow("export")
def ledger_export(request: Request) -> HttpResponse:
    """The filtered list as a workbook; lines this viewer gets as figures stay figures."""
    viewer = request.viewer
    words = ledger.words_of(viewer)
    filters = ledger.Filters.from_address(request.GET)
    rows = list(
        ledger.entries(viewer, filters, words).order_by(*ORDER).values_list(*ledger.FIELDS)[:MOST_EXPORTED]
    )
    lines = [
        line
        for at in range(0, len(rows), BATCH)
        for line in ledger.lines(viewer, rows[at : at + BATCH], words)
    ]
    sheet = Sheet(
        _("台账"),
        [SheetColumn(t) for t in (_("日期"), _("类别"), _("活动"), _("人员"), _("佐证材料"), _("针对"))],
        [
            (
                line.day,
                line.kind,
                line.title,
                line.people,
                line.evidence,
                _about(line.about, line.about.day.isoformat()) if line.about else "",
            )
            for line in lines
        ],
        title=_("%(school)s台账") % {"school": viewer.school},
    )
    explanation = [_("学生和家庭的情况，只对有权查看的人显示姓名；其余只列类别和人数。")]
    return exports.workbook(
        viewer, f"{_('台账')}.xlsx", [sheet], "ledger.exported", explanation=explanation, rows=len(lines)
    )


@allow("ledger")
def outline(request: Request) -> HttpResponse:
    """The plans' own outline with the number of entries under each heading."""
    viewer = request.viewer
    words = ledger.words_of(viewer)
    trees = []
    for programme, headings in words.outline:
        branches = ledger.outline(viewer, programme, headings)
        for branch in branches:
            days = {"heading": branch.number, "from": programme.first_day, "to": programme.last_day}
            branch.url = f"{reverse('desk:ledger')}?{urlencode(days)}"
            if viewer.may("export"):
                branch.folder_url = named_url("insight:folder", programme.public_id, branch.number)
        trees.append({"programme": programme, "branches": branches})
    return render(request, "desk/outline.html", {"trees": trees, "tabs": tabs(request, "outline")})
