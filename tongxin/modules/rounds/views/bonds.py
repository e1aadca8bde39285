"""What the organiser settled by hand: any two people together or kept apart, with a reason; and taken back."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import services
from ..forms import BondForm
from ..gathering import people_of
from ..labels import Labels
from ..models import Bond, Round
from . import place

KINDS = {Bond.Kind.TOGETHER: services.keep_together, Bond.Kind.APART: services.keep_apart}


@allow("pairing")
@require_http_methods(["GET", "HEAD", "POST"])
def bonds(request: Request, round: str) -> HttpResponse:
    """What was settled by hand in a round, and a form for any two people. `?with=` names the first of them."""
    row, pairing = place.round_of(request, round)
    people = people_of(row)
    labels = Labels(row, pairing, people)
    if request.method == "POST" and place.version_of(request) != row.version:
        # What the form was filled in for may be gone; that somebody else was here comes first.
        place.refuse(request, str(services.Stale()))
        return redirect("rounds:bonds", round)
    first = next((one for one in people if one.public_id == request.GET.get("with")), None)
    form = BondForm(request.POST or None, labels=labels, initial={"a": labels.of(first)} if first else {})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            KINDS[data["kind"]](
                request.viewer, row, place.version_of(request), data["a"], data["b"], data["reason"]
            )
        except services.Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("记下了，其余的按改得最少重新排。") if row.proposal_id else _("记下了。"))
            return redirect("rounds:bonds", round)
    context = {
        "round": row, "pairing": pairing, "tabs": place.tabs(row, "bonds"), "form": form, "run": place.run_of(row),
        "open": row.state in (Round.State.OPEN, Round.State.PROPOSED) and services.running(row) is None,
        "bonds": Bond.objects.filter(round=row, ended_at=None)
        .select_related("a__subject", "b__subject", "by")
        .order_by("-pk"),
    }  # fmt: skip
    return render(request, "rounds/bonds.html", context, status=422 if form.errors else 200)


@allow("pairing")
@require_POST
def release(request: Request, round: str, bond: str) -> HttpResponse:
    """Take one of them back."""
    row, _pairing = place.round_of(request, round)
    found = get_object_or_404(Bond, round=row, public_id=bond)
    return place.stepped(
        request,
        "rounds:bonds",
        row,
        lambda version: services.release(request.viewer, row, version, found),
        _("取消了，其余的按改得最少重新排。") if row.proposal_id else _("取消了。"),
    )
