"""The big steps of a round: computed, undone, published, in force, cancelled; and what objections come to."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import effect, services
from ..forms import ProposeForm, ReasonForm
from ..models import Member, Round
from . import place

HOME = "rounds:round"


@allow("pairing")
@require_POST
def propose(request: Request, round: str) -> HttpResponse:
    row, _pairing = place.round_of(request, round)
    form = ProposeForm(request.POST)

    def step(version: int) -> None:
        if not form.is_valid():
            raise services.Refused(_("请选最多算多久。"))
        data = form.cleaned_data
        services.propose(
            request.viewer, row, version, seconds=data["seconds"], stable=data["stable"], fresh=data["how"] == "fresh"
        )  # fmt: skip

    return place.stepped(request, HOME, row, step)


@allow("pairing")
@require_POST
def undo(request: Request, round: str) -> HttpResponse:
    row, _pairing = place.round_of(request, round)
    return place.stepped(
        request,
        HOME,
        row,
        lambda version: services.undo(request.viewer, row, version),
        _("撤销了，回到这一步之前。"),
    )


@allow("pairing")
@require_POST
def publish(request: Request, round: str) -> HttpResponse:
    row, _pairing = place.round_of(request, round)
    return place.stepped(
        request,
        HOME,
        row,
        lambda version: services.publish(request.viewer, row, version),
        _("公布了，每个人只看到自己的。"),
    )


@allow("pairing")
@require_POST
def in_force(request: Request, round: str) -> HttpResponse:
    row, _pairing = place.round_of(request, round)
    return place.stepped(request, HOME, row, lambda version: effect.ask(request.viewer, row, version))


@allow("pairing")
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: Request, round: str) -> HttpResponse:
    """End a round without a result; what that means is said first."""
    row, _pairing = place.round_of(request, round)
    if row.state not in Round.ACTIVE:
        raise Http404
    if request.method == "POST":
        try:
            services.cancel(request.viewer, row, place.version_of(request))
        except services.Refused as refused:
            place.refuse(request, str(refused))
            return redirect(HOME, round)
        notify(request, _("这一轮取消了。"))
        return redirect("rounds:home")
    return render(request, "rounds/cancel.html", {"round": row, "hidden": [("version", row.version)]})


@allow("pairing")
@require_POST
def objection(request: Request, round: str, member: str) -> HttpResponse:
    """Answer an objection: let the pair stand, with words, or put it apart."""
    row, _pairing = place.round_of(request, round)
    found = get_object_or_404(Member, group__round=row, public_id=member)
    if request.POST.get("do") == "apart":
        return place.stepped(
            request,
            HOME,
            row,
            lambda version: services.rework(request.viewer, row, version, found),
            _("拆开了，其余的按改得最少重新排。看过再公布。"),
        )
    form = ReasonForm(request.POST)

    def settle(version: int) -> None:
        if not form.is_valid():
            raise services.Refused(_("请写一句怎么和本人说的。"))
        services.settle(request.viewer, row, version, found, form.cleaned_data["reason"])

    return place.stepped(request, HOME, row, settle, _("记下了，这一对不变。"))
