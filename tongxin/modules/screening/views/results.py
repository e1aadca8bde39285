"""Results of a sitting: children by class, papers to look at again apart, and how reliable the scales were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.sheets import Column as SheetColumn
from tongxin.exchange.documents.sheets import Sheet, write_workbook
from tongxin.kernel.access.doors import allow, step_up
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import to_microseconds
from tongxin.ui.toasts import notify

from .. import listing, papers, population, reliability, sittings
from ..listing import Wanted
from ..models import Paper, Sitting

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def sitting_of(viewer: Viewer, public_id: str) -> Sitting:
    """Return a sitting of the viewer's school that was opened at least once; anything else looks absent."""
    found = get_object_or_404(sittings.visible(viewer), public_id=public_id)
    if found.state == Sitting.State.DRAFT:
        raise Http404
    return found


def moment(at: int) -> datetime:
    """Return the instant that an undo address names."""
    try:
        return EPOCH + timedelta(microseconds=at)
    except OverflowError:
        raise Http404 from None


def tabs(viewer: Viewer, sitting: Sitting, current: str) -> list[dict[str, Any]]:
    """Return the pages of a sitting's results that this viewer may open."""
    pages = [
        ("results", _("结果"), "screening"),
        ("picture", _("汇总"), "screening_figures"),
        ("reliability", _("信度"), "screening"),
        ("compare", _("前后对比"), "screening_figures"),
        ("report", _("报告"), "screening_figures"),
        ("entry", _("补录"), "screening"),
        ("import", _("导入"), "screening"),
    ]
    return [
        {"label": label, "url": reverse(f"screening:{name}", args=[sitting.public_id]), "current": name == current}
        for name, label, verb in pages
        if viewer.may(verb)
    ]  # fmt: skip


def wanted_of(request: Request) -> Wanted:
    """Read what is asked for; a name is posted, so that it stays in no address."""
    page = request.GET.get("page", "1")
    return Wanted(
        q=request.POST.get("q", "").strip()[:40],
        room=request.GET.get("room", "")[:22],
        form=request.GET.get("form", "")[:4],
        band=request.GET.get("band", "")[:160],
        page=int(page) if page.isascii() and page.isdecimal() and 0 < len(page) < 6 else 1,
    )


@allow("screening")
@step_up
@require_http_methods(["GET", "HEAD", "POST"])
def results(request: Request, public_id: str) -> HttpResponse:
    """Children in the order in which they wait for somebody; the papers to look at again stand apart."""
    viewer, sitting = request.viewer, sitting_of(request.viewer, public_id)
    wanted = wanted_of(request)
    found = listing.listing(sitting, wanted, viewer.day)
    first = (max(wanted.page, 1) - 1) * listing.PAGE
    shown, again = found.clean[first : first + listing.PAGE], found.again[: 2 * listing.PAGE]
    rows = listing.rows(viewer, found, [*shown, *again])
    context = {
        "sitting": sitting,
        "tabs": tabs(viewer, sitting, "results"),
        "wanted": wanted,
        "filters": _filters(sitting, wanted),
        "rows": rows[: len(shown)],
        "again": rows[len(shown) :],
        "more_again": len(found.again) - len(again),
        "counts": {"clean": len(found.clean), "again": len(found.again)}
        | {state: len(named) for state, named in found.states.items()},
        "first": first + 1,
        "last": first + len(shown),
        "previous_url": _page_url(request, wanted.page - 1) if wanted.page > 1 and not wanted.q else "",
        "next_url": _page_url(request, wanted.page + 1) if len(found.clean) > first + len(shown) and not wanted.q else "",
        "export_url": reverse("screening:results_export", args=[public_id]) + _query(request),
    }  # fmt: skip
    return render(request, "screening/results_list.html", context)


def _filters(sitting: Sitting, wanted: Wanted) -> list[dict[str, Any]]:
    rooms = population.rooms(sitting.school, sitting.last_day)
    if sitting.rooms:
        rooms = rooms.filter(pk__in=sitting.rooms)
    return [
        {"name": "room", "label": _("班级"), "kind": "select", "value": wanted.room,
         "choices": list(rooms.values_list("public_id", "name"))},
        {"name": "form", "label": _("量表"), "kind": "select", "value": wanted.form,
         "choices": [(str(form.number), listing.short(listing.ready(form.text).instrument))
                     for form in listing.forms(sitting, "student")]},
        {"name": "band", "label": _("分级"), "kind": "select", "value": wanted.band,
         "choices": listing.band_choices(sitting)},
    ]  # fmt: skip


def _query(request: Request, **changes: str) -> str:
    asked = request.GET.copy()
    for name, value in changes.items():
        asked[name] = value
    return f"?{asked.urlencode()}" if asked else ""


def _page_url(request: Request, page: int) -> str:
    return request.path + _query(request, page=str(page))


@allow("screening")
@step_up
@require_safe
def export(request: Request, public_id: str) -> HttpResponse:
    """Send the list as a workbook: every child in it is on record as read, and the file has a number."""
    viewer, sitting = request.viewer, sitting_of(request.viewer, public_id)
    found = listing.listing(sitting, wanted_of(request), viewer.day)
    rows = listing.rows(viewer, found, [*found.clean, *found.again])
    number = outgoing.note(viewer, "screening.results_exported", sitting, rows=len(rows))
    columns = [
        SheetColumn(title)
        for title in (_("班级"), _("姓名"), _("分级"), _("提示"), _("状态"), _("要再看的原因"))
    ]
    cells = [
        [
            row.room,
            row.name,
            "\n".join(row.standing),
            row.signals,
            row.state,
            "；".join(row.reasons),
        ]
        for row in rows
    ]
    whole, apart = cells[: len(found.clean)], cells[len(found.clean) :]
    content = write_workbook(
        [
            Sheet(_("结果"), columns, whole, title=sitting.title),
            Sheet(_("要再看的"), columns, apart, title=_("要再看的答卷，不算没有风险")),
        ],
        export_id=number,
        author=sitting.school.name,
        explanation=[_("分级是量表自己的说法，只是提示，不是诊断。请只在心理辅导工作中使用。")],
    )  # fmt: skip
    return outgoing.attachment(content, f"{sitting.title}{_('结果')}.xlsx", outgoing.XLSX)


@allow("screening")
@step_up
@require_POST
def ask_again(request: Request, public_id: str) -> HttpResponse:
    """Offer a kind second sitting to one child or many."""
    sitting = sitting_of(request.viewer, public_id)
    chosen = Paper.objects.filter(
        sitting=sitting, public_id__in=request.POST.getlist("paper")
    ).select_related("sitting", "student", "respondent")
    back = request.POST.get("next", "")
    target = redirect("screening:results", public_id)
    try:
        made = papers.ask_each_again(list(chosen), by=request.viewer)
    except papers.Refused as refused:
        notify(request, str(refused))
        return target
    if not made:
        notify(request, _("还没有选答卷。请先在姓名前勾选。"))
        return target
    said = ngettext("已请%(n)d位同学再做一次。", "已请%(n)d位同学再做一次。", len(made)) % {"n": len(made)}
    at = to_microseconds(made[0].started_at)
    notify(request, said, reverse("screening:ask_again_undo", args=[public_id, at]))
    if back == "child" and len(made) == 1:
        return redirect("screening:child", made[0].student.public_id)
    return target


@allow("screening")
@step_up
@require_POST
def ask_again_undo(request: Request, public_id: str, at: int) -> HttpResponse:
    """Take an offer back while nobody has begun."""
    sitting = sitting_of(request.viewer, public_id)
    count = papers.take_back_asking(sitting, moment(at), by=request.viewer)
    notify(
        request,
        ngettext("已撤回%(n)d份邀请。", "已撤回%(n)d份邀请。", count) % {"n": count}
        if count
        else _("没有可以撤回的：他们已经开始做了。"),
    )
    return redirect("screening:results", public_id)


@allow("screening")
@step_up
@require_POST
def rescore(request: Request, public_id: str) -> HttpResponse:
    """Score every paper of a sitting again; what shows now raises signals as the first time."""
    sitting = sitting_of(request.viewer, public_id)
    with transaction.atomic():
        count = papers.rescore_all(sitting, by=request.viewer)
    notify(request, ngettext("已重新计分%(n)d份。", "已重新计分%(n)d份。", count) % {"n": count})
    return redirect("screening:reliability", public_id)


@allow("screening")
@step_up
@require_safe
def reliabilities(request: Request, public_id: str) -> HttpResponse:
    """How far each scale measured one thing in this sitting, and by group."""
    sitting = sitting_of(request.viewer, public_id)
    by = request.GET.get("by", "")
    by = by if by in dict(reliability.groupings()) else ""
    context = {
        "sitting": sitting,
        "tabs": tabs(request.viewer, sitting, "reliability"),
        "scales": reliability.scales(sitting, by),
        "by": by,
        "filters": [{"name": "by", "label": _("分组看"), "kind": "select", "value": by,
                     "choices": reliability.groupings()}],
        "least": reliability.LEAST_IN_GROUP,
    }  # fmt: skip
    return render(request, "screening/results_reliability.html", context)
