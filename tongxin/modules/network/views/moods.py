"""What a peer supporter does on the phone: the week of the class, and a worry about somebody."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.base.models import Subject
from tongxin.ui.toasts import notify

from .. import concerns, moods, posts
from ..forms import MoodForm, PeerWorryForm
from ..models import Concern
from . import place


def _room(request: Request) -> Subject:
    place.school_of(request.viewer)
    room = posts.supported_room(request.viewer)
    if room is None:
        raise Http404
    return room


@allow("mood")
@require_http_methods(["GET", "HEAD", "POST"])
def mood(request: Request) -> HttpResponse:
    room = _room(request)
    known = moods.mine_this_week(request.viewer, room)
    initial = {"mood": known.mood, "themes": known.themes} if known else {}
    form = MoodForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        moods.report(request.viewer, room, form.cleaned_data["mood"], form.cleaned_data["themes"])
        notify(request, _("收到了，谢谢你。"))
        return redirect("desk:home")
    context = {"form": form, "room": room, "known": known}
    return render(request, "network/mood.html", context, status=422 if form.errors else 200)


@allow("mood")
@require_http_methods(["GET", "HEAD", "POST"])
def worry(request: Request) -> HttpResponse:
    """I am worried about somebody: a name of the own class, and no more. What comes of it is not told."""
    room = _room(request)
    viewer = request.viewer
    classmates = posts.members(room, viewer.day).exclude(pk=viewer.person_id)
    form = PeerWorryForm(request.POST or None, classmates=classmates, initial={"when": "calm"})
    if request.method == "POST" and form.is_valid():
        child = form.people[form.cleaned_data["student"]]
        urgent = form.cleaned_data["when"] == "now"
        told = concerns.Told(
            origin=Concern.Origin.MOOD, token=place.token_of(request), urgent=urgent,
            where=_("心理委员报的，请到%(room)s找他（她）") % {"room": room.name} if urgent else "",
        )  # fmt: skip
        concerns.report(viewer, child, told)
        return place.received(request, child=child, urgent=urgent, who="peer")
    return render(request, "network/mood_worry.html", {"form": form}, status=422 if form.errors else 200)
