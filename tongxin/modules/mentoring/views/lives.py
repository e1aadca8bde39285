"""How a pair goes on: either side asks, the organiser arranges; the list of what has to be arranged anew."""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.base.fields import NO_END
from tongxin.ui.toasts import notify

from .. import agreements, lives, pairs
from ..forms import ArrangeForm, AskForm
from ..kinds import pair_kinds
from ..models import PairAsked, PairStep, Want
from ..pairs import LEAD, Pair
from . import place

SHOWN = 200


@allow("pairs")
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Request, pair: str) -> HttpResponse:
    viewer = request.viewer
    one = place.pair_of(request, pair)
    if not pairs.side_of(viewer, one) or not one.holds_on(viewer.day):
        raise Http404
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            lives.ask(viewer, one, data["want"], data["reason"], data["words"], place.token_of(request))
        except lives.Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("告诉组织结对的人了。"))
            return redirect("mentoring:pair", pair)
    context = {"form": form, "pair": one}
    return render(request, "mentoring/ask.html", context, status=422 if form.errors else 200)


@allow(LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def arrange(request: Request, pair: str) -> HttpResponse:
    """Renew, hand over, end, or leave as it is; the day, the reason and who decided stay on record."""
    viewer = request.viewer
    one = place.pair_of(request, pair)
    gone = one.b.present_to < viewer.day and not one.holds_on(viewer.day)
    if gone or not pairs.leads(viewer, one):
        raise Http404
    requests = lives.asked(one)
    form = ArrangeForm(
        request.POST or None, initial=_initial(request, one, requests), takers=list(lives.takers(viewer, one)),
        load=lives.load_of(viewer, one.kind),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        order = lives.Order(data["what"], data["day"], data["reason"], data["words"], form.taker())
        try:
            lives.decide(viewer, one, order, place.token_of(request))
        except lives.Refused as refused:
            form.add_error("day", str(refused))
        else:
            notify(request, _("安排好了。"))
            return redirect("mentoring:rearrange")
    context = {
        "form": form,
        "pair": one,
        "requests": [(row, lives.REASONS.get(row.reason, "")) for row in requests],
        "room": place.room_of(one, viewer),
    }
    return render(request, "mentoring/arrange.html", context, status=422 if form.errors else 200)


def _initial(request: Request, pair: Pair, requests: list[PairAsked]) -> dict:
    """Begin with what was asked for; else with renewing a pair that has a last day, with handing over one that has none."""
    day = request.viewer.day
    wanted = requests[0].want if requests else ""
    if wanted == Want.END:
        return {"what": PairStep.What.ENDED, "day": day, "reason": requests[0].reason}
    if wanted == Want.CHANGE or pair.until == NO_END:
        reason = requests[0].reason if requests else "post"
        return {"what": PairStep.What.HANDED_OVER, "day": day + timedelta(days=1), "reason": reason}
    _first, last = agreements.term_of(place.school_of(request.viewer), day)
    return {"what": PairStep.What.RENEWED, "day": last, "reason": "term"}


@allow(LEAD)
@require_safe
def rearrange(request: Request) -> HttpResponse:
    viewer = request.viewer
    kinds = pair_kinds(place.school_of(viewer), viewer.day)
    found = sorted(lives.loose(viewer, kinds), key=lambda one: (not one.asked, one.pair.until))
    context = {
        "tabs": place.tabs(viewer, "rearrange"),
        "shown": found[:SHOWN],
        "left": max(len(found) - SHOWN, 0),
    }
    return render(request, "mentoring/rearrange.html", context)
