"""Whom the consequences of the programmes concern now, for those who lead: a list, an export, and a person's decision."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongxin.exchange.documents.sheets import Column as SheetColumn
from tongxin.exchange.documents.sheets import Sheet
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.obligations import consequences
from tongxin.kernel.obligations.consequences import Concern
from tongxin.methods.cadence.explaining import source_words as cited
from tongxin.ui.formats import period_words
from tongxin.ui.toasts import notify

from .. import exports
from ..following import decision_words, follows, gate_words
from ..numbers import language
from .programme import verdict_in_address

MOST_ROWS = 200


@allow("gaps")
def listed(request: Request) -> HttpResponse:
    """Who is concerned, by which rule, window and source, and what was decided of it."""
    found = _found(request)
    rows = [_row(request, one) for one in found[:MOST_ROWS]]
    context = {
        "open_rows": [row for row in rows if not row["decision"]],
        "decided_rows": [row for row in rows if row["decision"]],
        "more": max(len(found) - MOST_ROWS, 0),
        "export_url": reverse("desk:consequences_export") if found else "",
    }
    return render(request, "desk/consequences.html", context)


def _found(request: Request) -> list[Concern]:
    """For those who lead: whoever may take lists out of the house."""
    viewer = request.viewer
    if viewer.school is None or not viewer.may("export"):
        raise Http404
    return consequences.concerned(viewer, viewer.school)


def _row(request: Request, one: Concern) -> dict[str, Any]:
    programme, rule, verdict = one.programme, one.rule, one.verdict
    address = [programme.public_id, rule.id, one.subject.public_id, verdict.first]
    return {
        "name": one.subject.name,
        "follows": follows(one.pack, rule, verdict),
        "rule": rule.title,
        "period": _period(request, one),
        "source": cited(one.pack, rule, language()),
        "gates": gate_words(one.pack, rule),
        "decision": decision_words(one.decision),
        "reason": one.decision.reason
        if one.decision and consequences.may_know_why(request.viewer, verdict)
        else "",
        "url": reverse("desk:why", args=address) if request.viewer.may("explain") else "",
    }


def _period(request: Request, one: Concern) -> str:
    verdict = one.verdict
    if verdict.last == date.max:
        return _("到现在")
    return period_words(verdict.first, verdict.last, request.viewer.day)


@allow("export")
def export(request: Request) -> HttpResponse:
    """The same rows as a workbook."""
    if not request.viewer.may("gaps"):
        raise Http404
    rows = []
    for one in _found(request):
        row = _row(request, one)
        rows.append((row["name"], row["follows"], row["rule"], row["period"], row["source"], row["gates"],
                     row["decision"] or _("还没有定"), row["reason"]))  # fmt: skip
    heads = (_("对象"), _("后果"), _("要求"), _("时段"), _("出处"), _("门槛"), _("决定"), _("理由"))
    sheet = Sheet(_("没做到的后果"), [SheetColumn(head) for head in heads], rows, title=_("没做到的后果"))
    return exports.workbook(
        request.viewer,
        f"{_('没做到的后果')}.xlsx",
        [sheet],
        "obligations.consequences_exported",
        explanation=[_("按结论列出，是否这样处理由人决定。")],
        rows=len(rows),
    )


@allow("programme_edit")
@require_POST
def decide(request: Request, public_id: str, rule: str, subject: str, first: str) -> HttpResponse:
    """Confirm a consequence or waive it, with a reason, and go back to where it is read."""
    asked, declared, who, verdict = verdict_in_address(request, public_id, rule, subject, first)
    if not consequences.may_decide(request.viewer, asked, declared, verdict, who):
        raise Http404
    said, reason = request.POST.get("decision", ""), request.POST.get("reason", "")
    try:
        consequences.decide(asked, declared, who, verdict, said, reason, by=request.viewer)
    except consequences.CannotDecide as refused:
        notify(request, str(refused))
    else:
        notify(request, _("已记下决定，本人看得到，审计里有记录。"))
    return redirect("desk:why", public_id, rule, subject, first)
