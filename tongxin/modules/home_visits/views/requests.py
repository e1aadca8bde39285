"""Difficulties of families that somebody takes care of; what counsellors have to know from visits."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.kernel.access.doors import allow, step_up
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import difficulties, reach
from .. import findings as seen
from ..forms import FinishForm, HandOverForm
from ..models import FamilyRequest
from . import place


@allow("visits")
@never_cache
@require_safe
def requests(request: Request) -> HttpResponse:
    viewer, asked = request.viewer, request.GET
    place.school_of(viewer)
    rows = reach.requests(viewer).defer("words", "answer").order_by("due", "pk")
    state = asked.get("state", "open")
    if state == "done":
        rows = rows.filter(done_at__isnull=False)
    elif state in ("open", "late", ""):
        rows = rows.filter(done_at=None)
    if state == "late":
        rows = rows.filter(due__lt=viewer.day)
    if asked.get("kind") in FamilyRequest.Kind.values:
        rows = rows.filter(kind=asked["kind"])
    found = [one for one in rows if place.fits(one.student, asked.get("q", ""))]
    shown, pager = place.paged(request, found)
    filters = [
        place.search_filter(asked.get("q", "")),
        {
            "name": "state", "label": _("办到哪里"), "kind": "select", "value": state,
            "choices": [("open", _("还没办好")), ("late", _("过了期限")), ("done", _("办好了"))],
        },
        {"name": "kind", "label": _("哪方面"), "kind": "select", "value": asked.get("kind", ""), "choices": FamilyRequest.Kind.choices},
    ]  # fmt: skip
    context = {
        "tabs": place.tabs(viewer, "requests"), "rows": shown, "pager": pager, "filters": filters, "today": viewer.day,
    }  # fmt: skip
    return render(request, "home_visits/requests.html", context)


def _request_of(request: Request, public_id: str) -> FamilyRequest:
    place.school_of(request.viewer)
    return get_object_or_404(reach.requests(request.viewer), public_id=public_id)


@allow("visits")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: Request, request_id: str) -> HttpResponse:
    """A difficulty: what is needed, who takes care of it, what was done."""
    viewer = request.viewer
    row = _request_of(request, request_id)
    may_finish = row.done_at is None and (row.owner_id == viewer.person_id or viewer.may("visits_plan"))
    form = FinishForm(request.POST or None) if may_finish else None
    if request.method == "POST" and form is None:
        raise Http404
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            difficulties.finish(viewer, row, form.cleaned_data["answer"])
        except difficulties.Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("办好了，谢谢您。"))
            return redirect("home_visits:requests")
    return _page(request, row, form, _hand_over_form(request, row))


def _hand_over_form(request: Request, row: FamilyRequest, data=None) -> HandOverForm | None:
    viewer = request.viewer
    if row.done_at is not None or not (row.found_by_id == viewer.person_id or viewer.may("visits_plan")):
        return None
    initial = {"owner": row.owner.public_id, "due": row.due}
    return HandOverForm(data, staff=list(reach.staff(viewer)), initial=initial)


def _page(
    request: Request, row: FamilyRequest, form: FinishForm | None, over: HandOverForm | None
) -> HttpResponse:
    room = reach.rooms_of([row.student_id], request.viewer).get(row.student_id)
    wrong = (form is not None and form.errors) or (over is not None and over.errors)
    context = {"row": row, "form": form, "over": over, "room": room, "today": request.viewer.day}
    return render(request, "home_visits/request.html", context, status=422 if wrong else 200)


@allow("visits")
@require_POST
def hand_over(request: Request, request_id: str) -> HttpResponse:
    row = _request_of(request, request_id)
    form = _hand_over_form(request, row, request.POST)
    if form is None:
        raise Http404
    if form.is_valid():
        data = form.cleaned_data
        try:
            difficulties.hand_over(request.viewer, row, form.people[data["owner"]], data["due"])
        except difficulties.Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("改好了。"))
            return redirect("home_visits:request", row.public_id)
    return _page(request, row, None, form)


# ------------------------------------------------------------------ what counsellors have to know


@allow("visits")
@never_cache
@require_safe
def findings(request: Request) -> HttpResponse:
    viewer = request.viewer
    place.school_of(viewer)
    if seen.COUNSELLOR not in viewer.roles:
        raise Http404
    rows = seen.readable(viewer).defer("words", "where").order_by("-recorded_at", "-pk")
    shown, pager = place.paged(request, list(rows))
    context = {"tabs": place.tabs(viewer, "findings"), "rows": shown, "pager": pager}
    return render(request, "home_visits/findings.html", context)


@allow("visits")
@never_cache
@require_safe
def finding(request: Request, finding: str) -> HttpResponse:
    place.school_of(request.viewer)
    row = get_object_or_404(seen.readable(request.viewer), public_id=finding)
    counsels = seen.COUNSELLOR in request.viewer.roles
    return _finding(request, row) if counsels else _shown(request, row)


@step_up
def _finding(request: Request, row) -> HttpResponse:
    return _shown(request, row)


def _shown(request: Request, row) -> HttpResponse:
    (row,) = seen.opened_for(request.viewer, [row])
    counsels = seen.COUNSELLOR in request.viewer.roles
    context = {
        "row": row,
        "counsels": counsels,
        "room": reach.rooms_of([row.student_id], request.viewer).get(row.student_id),
    }
    return render(request, "home_visits/finding.html", context)
