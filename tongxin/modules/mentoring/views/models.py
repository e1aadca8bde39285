"""风采: models everybody may read about, and those who are asked whether they agree."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import pairs, shining
from ..forms import ModelForm
from ..kinds import pair_kinds
from ..models import Shown
from ..pairs import LEAD, Pair
from . import place


@allow("pairs")
@require_safe
def models(request: Request) -> HttpResponse:
    viewer = request.viewer
    kinds = pair_kinds(place.school_of(viewer), viewer.day)
    context = {
        "tabs": place.tabs(viewer, "models"),
        "shown": [shining.card(row, kinds) for row in shining.shown(viewer)],
        "asked": [shining.card(row, kinds) for row in shining.asked(viewer)],
        "waiting": [shining.card(row, kinds) for row in shining.waiting(viewer)],
        "may_mark": shining.may_mark(viewer),
        "me": viewer.person_id,
    }
    return render(request, "mentoring/models.html", context)


@allow(LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    viewer = request.viewer
    school = place.school_of(viewer)
    if not shining.may_mark(viewer):
        raise Http404
    named = request.GET.get("pair") or request.POST.get("pair") or ""
    pair: Pair | None = pairs.visible(viewer, school, named) if named else None
    if named and pair is None:
        raise Http404
    form = ModelForm(request.POST or None, people=None if pair else place.staff(viewer))
    if request.method == "POST" and form.is_valid():
        try:
            shining.mark(
                viewer,
                form.cleaned_data["citation"],
                place.token_of(request),
                pair=pair,
                person=form.chosen(),
            )
        except shining.Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("已经请本人确认，同意以后全校看得到。"))
            return redirect("mentoring:models")
    context = {"form": form, "pair": pair}
    return render(request, "mentoring/model_new.html", context, status=422 if form.errors else 200)


def _row(request: Request, public_id: str) -> Shown:
    rows = Shown.objects.filter(school_id=place.school_of(request.viewer).pk, withdrawn_at=None)
    return get_object_or_404(rows, public_id=public_id)


@allow("pairs")
@require_POST
def say(request: Request, model: str) -> HttpResponse:
    try:
        shining.say(request.viewer, _row(request, model), request.POST.get("agree") == "yes")
    except shining.Refused:
        raise Http404 from None
    notify(request, _("记下了。"))
    return redirect("mentoring:models")


@allow("pairs")
@require_POST
def withdraw(request: Request, model: str) -> HttpResponse:
    try:
        shining.withdraw(request.viewer, _row(request, model))
    except shining.Refused:
        raise Http404 from None
    notify(request, _("撤下了。"))
    return redirect("mentoring:models")
