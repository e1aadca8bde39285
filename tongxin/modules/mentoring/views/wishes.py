"""Micro-wishes on the phone: stated, taken up, come true."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import pairs, wishes
from ..forms import FulfilForm, WishForm
from ..models import Wish
from ..pairs import A, Pair
from . import place


@allow("pairs")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, pair: str) -> HttpResponse:
    one = place.readable_of(request, pair)
    if not one.kind.wishes or not pairs.side_of(request.viewer, one):
        raise Http404
    form = WishForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            wishes.state(request.viewer, one, form.cleaned_data["words"], place.token_of(request))
        except wishes.Refused as refused:
            form.add_error("words", str(refused))
        else:
            notify(request, _("心愿写下了。"))
            return redirect("mentoring:pair", pair)
    context = {"form": form, "pair": one, "side": pairs.side_of(request.viewer, one)}
    return render(request, "mentoring/wish_new.html", context, status=422 if form.errors else 200)


@allow("pairs")
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: Request, pair: str, wish: str) -> HttpResponse:
    """One wish: the first side takes it up or says that it came true; whoever wished may take it back."""
    viewer = request.viewer
    both = place.readable_of(request, pair)
    row = Wish.objects.filter(**pairs.of_pair(both), public_id=wish, withdrawn_at=None).first()
    side = pairs.side_of(viewer, both)
    if row is None or not side:
        raise Http404
    form = None
    if side == A and row.fulfilled_on is None:
        posted = request.POST if request.method == "POST" and "fulfil" in request.POST else None
        form = FulfilForm(posted, initial={"day": viewer.day, "how": Wish.How.HELP})
    if request.method == "POST":
        answer = _done(request, both, row, form)
        if answer is not None:
            return answer
    context = {"pair": both, "wish": row, "form": form, "side": side}
    failed = form is not None and bool(form.errors)
    return render(request, "mentoring/wish.html", context, status=422 if failed else 200)


def _done(request: Request, pair: Pair, row: Wish, form: FulfilForm | None) -> HttpResponse | None:
    """Do what was pressed; None where the form has to be mended."""
    try:
        if "take" in request.POST:
            wishes.take(request.viewer, pair, row)
            notify(request, _("认领了，实现以后来登记一下。"))
        elif "back" in request.POST:
            wishes.take_back(request.viewer, pair, row)
            notify(request, _("撤回了。"))
        elif form is not None:
            if not form.is_valid():
                return None
            data = form.cleaned_data
            came = wishes.Fulfilled(data["day"], data["how"], form.hundredths(), data["words"])
            wishes.fulfil(request.viewer, pair, row, came)
            notify(request, _("心愿实现了。"))
    except wishes.Refused as refused:
        if form is not None and form.is_bound:
            form.add_error("day", str(refused))
            return None
        notify(request, str(refused))
    return redirect("mentoring:pair", pair.public_id)
