"""The words of a draft: what it is called, its outline and plan, posts and attributes, kinds of activities."""

from __future__ import annotations

import copy
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import services
from ..forms.kind import KindForm
from ..forms.outline import AboutForm, PlanTables, WordTables
from ..models import PackDraft
from .drafts import draft_of
from .rules import _revision


def _save(request: Request, draft: PackDraft, raw: dict[str, Any], what: str) -> str:
    """Save and say so; the sentence why not, when it was not saved."""
    try:
        services.save(draft, raw, what, by=request.viewer.account, revision=_revision(request))
    except services.NOT_SAVED as said:
        return str(said)
    notify(request, _("已保存在草稿里。"))
    return ""


@allow("programme_edit")
def about(request: Request, public_id: str) -> HttpResponse:
    draft = draft_of(request, public_id)
    pack = services.pack_of(draft)
    form = AboutForm(pack, request.POST or None)
    refused = ""
    if request.method == "POST" and form.is_valid():
        raw = copy.deepcopy(pack.raw)
        form.apply(raw)
        refused = _save(request, draft, raw, _("名称、提纲和目标"))
        if not refused:
            return redirect("authoring:draft", public_id)
    return render(request, "authoring/about.html", {"draft": draft, "form": form, "refused": refused})


@allow("programme_edit")
def plan(request: Request, public_id: str) -> HttpResponse:
    return _tables(request, public_id, PlanTables, _("阶段和按月的安排"), "plan")


@allow("programme_edit")
def vocabulary(request: Request, public_id: str) -> HttpResponse:
    return _tables(request, public_id, WordTables, _("岗位、属性、关系、事件、待公布的数"), "words")


def _tables(request: Request, public_id: str, of: Any, what: str, page: str) -> HttpResponse:
    draft = draft_of(request, public_id)
    pack = services.pack_of(draft)
    tables = of(pack, request.POST or None)
    refused = ""
    if request.method == "POST" and tables.is_valid():
        raw = copy.deepcopy(pack.raw)
        tables.apply(raw)
        refused = _save(request, draft, raw, what)
        if not refused:
            return redirect("authoring:draft", public_id)
    context = {"draft": draft, "tables": tables.tables, "what": what, "refused": refused, "page": page}
    return render(request, "authoring/tables.html", context)


@allow("programme_edit")
def kind(request: Request, public_id: str, name: str = "") -> HttpResponse:
    draft = draft_of(request, public_id)
    pack = services.pack_of(draft)
    listed: list[dict[str, Any]] = pack.raw.get("kinds") or []
    at = next((place for place, raw in enumerate(listed) if str(raw.get("kind")) == name), None)
    if name and at is None:
        raise Http404
    form = KindForm(pack, copy.deepcopy(listed[at]) if at is not None else {}, request.POST or None)
    refused = ""
    if request.method == "POST" and form.is_valid():
        raw = copy.deepcopy(pack.raw)
        kinds = raw.setdefault("kinds", [])
        new = form.written(set(pack.kinds))
        kinds[at if at is not None else len(kinds) : (at + 1) if at is not None else len(kinds)] = [new]
        refused = _save(request, draft, raw, _("活动：%(title)s") % {"title": new["title"]})
        if not refused:
            return redirect("authoring:draft", public_id)
    used = [rule.title for rule in pack.obligations if name and name in rule.kinds()]
    context = {"draft": draft, "form": form, "refused": refused, "name": name, "used": used}
    return render(request, "authoring/kind.html", context)


@allow("programme_edit")
@require_POST
def kind_remove(request: Request, public_id: str, name: str) -> HttpResponse:
    draft = draft_of(request, public_id)
    pack = services.pack_of(draft)
    if name not in pack.kinds:
        raise Http404
    used = [rule.title for rule in pack.obligations if name in rule.kinds()]
    if used:
        notify(request, _("还有要求在数这类活动：%(rule)s。请先改那条要求。") % {"rule": used[0]})
        return redirect("authoring:kind", public_id, name)
    raw = copy.deepcopy(pack.raw)
    raw["kinds"] = [item for item in raw.get("kinds") or [] if str(item.get("kind")) != name]
    refused = _save(request, draft, raw, _("删去活动：%(title)s") % {"title": pack.kinds[name].title})
    if refused:
        notify(request, refused)
    return redirect("authoring:draft", public_id)
