"""Marks followed over time: a short table, a chart, and one more result."""

from __future__ import annotations

from decimal import Decimal

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import marks as following
from ..forms import MarkForm
from . import place


def _hundredths(number: Decimal) -> int:
    return round(number * 100)


@allow("pairs")
@require_http_methods(["GET", "HEAD", "POST"])
def marks(request: Request, pair: str) -> HttpResponse:
    viewer = request.viewer
    one = place.readable_of(request, pair)
    if not one.kind.marks:
        raise Http404
    enters = following.may_enter(viewer, one)
    if request.method == "POST" and not enters:
        raise Http404
    form = MarkForm(request.POST or None, initial={"day": viewer.day}) if enters else None
    if form is not None and request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        result = following.Result(
            data["day"], data["exam"], data["course"], _hundredths(data["score"]), _hundredths(data["full"])
        )
        try:
            following.enter(viewer, one, result, place.token_of(request))
        except following.Refused as refused:
            form.add_error("score", str(refused))
        else:
            notify(request, _("记下了。"))
            return redirect("mentoring:marks", pair)
    rows = following.of(one)
    context = {
        "pair": one,
        "rows": [(row, following.said(row)) for row in rows],
        "chart": following.chart(rows, viewer.day),
        "form": form,
    }
    failed = form is not None and bool(form.errors)
    return render(request, "mentoring/marks.html", context, status=422 if failed else 200)


@allow("pairs")
@require_POST
def remove(request: Request, pair: str, mark: str) -> HttpResponse:
    one = place.readable_of(request, pair)
    try:
        following.remove(request.viewer, one, mark)
    except following.Refused:
        raise Http404 from None
    notify(request, _("删掉了。"))
    return redirect("mentoring:marks", pair)
