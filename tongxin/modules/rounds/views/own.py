"""What people see of a round they take part in: their wishes, and later their own pair or team, and nobody else's."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.programmes.pairings import Pairing
from tongxin.methods.matching.use import Ask
from tongxin.ui.toasts import notify
from tongxin.ui.worded import in_words

from .. import picking, saying, schemes, services, standing
from ..labels import Labels
from ..models import Member, Participant, Round
from . import place as places
from .organise import wish_form

MOST_SHOWN = 100


def _own(request: Request, public_id: str) -> tuple[Participant, Pairing]:
    """Return where the viewer (or the own child) takes part; of a round that asks them nothing and shows nothing, none."""
    places.school_of(request.viewer)
    one = get_object_or_404(standing.own_places(request.viewer), public_id=public_id)
    return one, in_words(schemes.of_text(one.round.school, one.round.text, one.round.starts_on))


@allow("pair_up")
@require_http_methods(["GET", "HEAD", "POST"])
def place(request: Request, place: str) -> HttpResponse:
    """The wishes while they are asked for, then what came of them."""
    viewer = request.viewer
    one, pairing = _own(request, place)
    groups = saying.own_groups(viewer, [one])
    ask = pairing.use.ask(one.seat)
    if ask is None and not groups:
        raise Http404
    open_ = ask is not None and saying.takes_wishes(one.round, viewer.day)
    form = None
    if open_ and ask is not None:
        rows = _choice(request, one, pairing, ask)
        found = list(rows)
        labels = Labels(one.round, pairing, found)
        form = wish_form(request, one, ask, found, labels, reverse("rounds:place_find", args=[place]))
        if form.is_bound and form.is_valid():
            try:
                saying.say(viewer, one, form.said(), ask, among=rows)
            except services.Refused as refused:
                form.add_error(None, str(refused))
            else:
                notify(request, _("志愿交了，谢谢。截止以前都可以回来改。"))
                return redirect("rounds:home")
    elif request.method == "POST":
        places.refuse(request, _("已经不收志愿了。要改，请直接找组织的老师。"))
        return redirect("rounds:place", place)
    context = {
        "place": one, "round": one.round, "pairing": pairing, "form": form, "mine": one.subject_id == viewer.person_id,
        "seat": pairing.scheme.seat(one.seat).title, "about": "" if pairing.sensitive else pairing.use.about,
        "chosen_by": saying.chosen_by(pairing, one)[:MOST_SHOWN] if open_ else [],
        "groups": _shown(groups, one), "in_force": one.round.state == Round.State.IN_FORCE,
        "over": one.round.state in (Round.State.PUBLISHED, Round.State.IN_FORCE),
        "wishes": list(one.wishes.select_related("wants__subject").order_by("rank")),
    }  # fmt: skip
    return render(
        request, "rounds/place.html", context, status=422 if form is not None and form.errors else 200
    )


def _choice(request: Request, one: Participant, pairing: Pairing, ask: Ask) -> QuerySet[Participant]:
    """Return whom somebody may wish for."""
    return saying.to_choose_from(request.viewer, pairing, one) if ask.wishes else Participant.objects.none()


@allow("pair_up")
@require_safe
def find(request: Request, place: str) -> HttpResponse:
    """Whom of those one may wish for some words mean, for the person picker; after the wishes are closed, nobody."""
    one, pairing = _own(request, place)
    ask = pairing.use.ask(one.seat)
    if ask is None or not saying.takes_wishes(one.round, request.viewer.day):
        raise Http404
    found = list(_choice(request, one, pairing, ask))
    return picking.find(request, found, Labels(one.round, pairing, found))


def _shown(groups: list[Member], one: Participant) -> list[dict[str, object]]:
    partners = saying.partners([row.group for row in groups])
    return [
        {
            "member": row,
            "others": [other.person for other in partners[row.group_id] if other.person_id != one.pk],
        }
        for row in groups
    ]


@allow("pair_up")
@require_POST
def answer(request: Request, member: str) -> HttpResponse:
    """Agree with one tap, or object with a reason; a second tap changes nothing."""
    viewer = request.viewer
    places.school_of(viewer)
    own = standing.own_places(viewer).values("pk")
    row = get_object_or_404(
        Member.objects.filter(person__in=own, asked=True).select_related("group", "person"), public_id=member
    )
    yes = request.POST.get("answer") == "yes"
    if not yes and request.POST.get("answer") != "no":
        raise Http404
    try:
        saying.answer(viewer, row, yes, request.POST.get("reason", "")[: saying.MOST_WORDS])
    except services.Refused as refused:
        places.refuse(request, str(refused))
    else:
        notify(request, _("收到了，谢谢。") if yes else _("收到了，组织的老师会找您商量。"))
    return redirect("rounds:place", row.person.public_id)
