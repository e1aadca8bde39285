"""The audit record: find, check, take along, and the lines that are kept elsewhere."""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.sheets import Column as SheetColumn
from tongxin.exchange.documents.sheets import Sheet, write_workbook
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School
from tongxin.ui import keyset, tables

from .. import record
from ..record_words import action_words

MOST_EXPORTED = 100_000
ANCHOR_DAYS = 31


def school_of(request: Request) -> School:
    school = request.viewer.school
    if school is None:
        raise Http404
    return school


@allow("audit")
@require_safe
def listing(request: Request) -> HttpResponse:
    """The school's audit rows, newest first, and on demand whether the chain is whole."""
    school = school_of(request)
    filters = record.Filters.from_address(request.GET)
    page = keyset.page(record.rows(school, filters), record.FIELDS, ["-seq"], request.GET)
    known = record.names(school, (row[2] for row in page.rows))
    columns = [
        tables.Column("at", _("时间"), "when"),
        tables.Column("who", _("谁")),
        tables.Column("action", _("做了什么")),
        tables.Column("about", _("对象")),
        tables.Column("detail", _("为什么、多少")),
        tables.Column("seq", _("序号"), "number"),
    ]
    rows = [
        (at, record.who_words(account, known), action_words(action), record.about_words(kind, key),
         record.detail_words(data), seq)
        for seq, at, account, action, kind, key, data in page.rows
    ]  # fmt: skip
    kept = request.GET.copy()
    for name in ("after", "before", "check"):
        kept.pop(name, None)
    table = tables.from_request(
        request, columns, rows, keys=["at", "who", "action", "about", "detail", "seq"], page=page,
        caption=_("审计记录"), choose_columns=False,
        export_url=f"{reverse('privacy:audit_export')}?{kept.urlencode()}",
        empty_title=_("没有符合条件的记录") if filters.narrowed else _("还没有记录"),
        empty_text=_("换个条件试试。") if filters.narrowed else "",
    )  # fmt: skip
    checked = None
    if request.GET.get("check"):
        count, breaks = audit.verify(school_id=school.pk)
        checked = {"count": count, "breaks": breaks}
    context = {"table": table, "checked": checked, "filters": _fields(filters), "narrowed": filters.narrowed}
    return render(request, "privacy/audit.html", context)


def _fields(filters: record.Filters) -> list[dict]:
    groups = [(name, words) for name, (words, _condition) in record.GROUPS.items()]
    return [
        {
            "name": "group",
            "label": _("做了什么"),
            "kind": "select",
            "value": filters.group,
            "choices": groups,
        },
        {
            "name": "from",
            "label": _("从"),
            "kind": "date",
            "value": filters.first.isoformat() if filters.first else "",
        },
        {
            "name": "to",
            "label": _("到"),
            "kind": "date",
            "value": filters.last.isoformat() if filters.last else "",
        },
        {"name": "who", "label": _("教职工姓名或账号编号"), "kind": "search", "value": filters.who},
        {"name": "about", "label": _("对象编号"), "kind": "search", "value": filters.about},
    ]


@allow("audit")
@require_safe
def export(request: Request) -> HttpResponse:
    """The rows that fit as a workbook; that they were taken along is a row itself."""
    school = school_of(request)
    filters = record.Filters.from_address(request.GET)
    wanted = record.rows(school, filters).order_by("-seq")
    found = list(wanted.values_list(*record.FIELDS)[:MOST_EXPORTED])
    number = outgoing.note(request.viewer, "privacy.audit_exported", rows=len(found), group=filters.group)
    known = record.names(school, (row[2] for row in found))
    titles = (_("序号"), _("时间"), _("谁"), _("做了什么"), _("代码"), _("对象"), _("为什么、多少"))
    rows = (
        (seq, f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}", record.who_words(account, known), action_words(action),
         action, record.about_words(kind, key), record.detail_words(data))
        for seq, at, account, action, kind, key, data in found
    )  # fmt: skip
    sheet = Sheet(_("审计记录"), [SheetColumn(title) for title in titles], rows)
    content = write_workbook([sheet], export_id=number, author=school.name)
    return outgoing.attachment(content, f"{_('审计记录')}.xlsx", outgoing.XLSX)


@allow("audit")
@require_safe
def anchors(request: Request) -> HttpResponse:
    """The last row of each day, to be printed and kept elsewhere; `?file=1` as the file that verify-audit reads."""
    school = school_of(request)
    today = request.viewer.day
    lines = audit.daily_anchors(school.pk, [today - timedelta(days=n) for n in range(ANCHOR_DAYS)])
    if request.GET.get("file"):
        number = outgoing.note(request.viewer, "privacy.anchors_taken", rows=len(lines))
        text = "".join(f"# {day}\n{school.pk} {seq} {digest}\n" for day, seq, digest in reversed(lines))
        text = f"# {school.name} {number}\n{text}"
        return outgoing.attachment(text.encode(), "anchors.txt", "text/plain; charset=utf-8")
    return render(request, "privacy/anchors.html", {"lines": lines, "school": school})
