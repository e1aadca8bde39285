"""A teacher's worry or incident, the observation sheet, and what has come in for the counsellors and whoever was called."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow, step_up
from tongxin.kernel.access.requests import Request
from tongxin.kernel.audit import services as audit
from tongxin.ui import keyset
from tongxin.ui.toasts import notify

from .. import concerns, looks, posts, signs
from ..forms import ConcernForm, SheetForm
from ..models import Concern
from . import place

SIZE = 30


@allow("concern")
@require_http_methods(["GET", "HEAD", "POST"])
def concern(request: Request) -> HttpResponse:
    viewer = request.viewer
    place.school_of(viewer)
    form = ConcernForm(request.POST or None, viewer=viewer, initial={"what": "worry", "when": "calm"})
    if request.method == "POST" and form.is_valid():
        child = form.child()
        if child is not None:
            data = form.cleaned_data
            urgent = data["when"] == "now"
            told = concerns.Told(
                origin=data["what"], token=place.token_of(request), urgent=urgent, words=data["words"],
                harm=data["harm"], where=place.signed(viewer, data["where"]), left_out=data["left_out"],
            )  # fmt: skip
            concerns.report(viewer, child, told)
            return place.received(request, child=child, urgent=told.calls)
    rooms = posts.own_rooms(viewer)
    context = {"form": form, "rooms": rooms}
    return render(request, "network/concern.html", context, status=422 if form.errors else 200)


@allow("concern")
@require_http_methods(["GET", "HEAD", "POST"])
def observe(request: Request) -> HttpResponse:
    """The sheet about one child."""
    viewer = request.viewer
    place.school_of(viewer)
    form = SheetForm(request.POST or None, viewer=viewer)
    if request.method == "POST" and form.is_valid():
        child = form.child()
        if child is not None:
            data = form.cleaned_data
            told = concerns.Told(
                origin=Concern.Origin.OBSERVATION, token=place.token_of(request), words=data["words"],
                sheet=form.sheet(), where=place.signed(viewer, data["where"]),
            )  # fmt: skip
            concerns.report(viewer, child, told)
            return place.received(request, child=child, urgent=told.calls)
    context = {"form": form, "signs": [form[f"sign-{sign.name}"] for sign in signs.signs()]}
    return render(request, "network/observe.html", context, status=422 if form.errors else 200)


@allow("concern")
@require_http_methods(["GET", "HEAD", "POST"])
def look(request: Request, room: str) -> HttpResponse:
    """A homeroom teacher has thought of every child of the class: nobody stood out, or their sheets are in."""
    viewer = request.viewer
    place.school_of(viewer)
    one = get_object_or_404(posts.own_rooms(viewer), public_id=room)
    if request.method == "POST":
        looks.look(viewer, one, place.token_of(request))
        notify(request, _("记下了：%(room)s这次看过了。") % {"room": one.name})
        return redirect("desk:home")
    context = {
        "room": one,
        "signs": signs.signs(),
        "students": posts.members(one, viewer.day),
        "last": looks.last(one),
    }
    return render(request, "network/look.html", context)


@allow("answer")
@never_cache
@require_safe
def reported(request: Request) -> HttpResponse:
    """What has come in about children, the newest first; who wrote, about whom, whether somebody is on it."""
    viewer = request.viewer
    place.school_of(viewer)
    if posts.COUNSELLOR not in viewer.roles:
        raise Http404
    fields = ("pk", "public_id", "student", "student__name", "by__name", "origin", "urgent", "recorded_at")
    rows = concerns.readable(viewer)
    page = keyset.page(rows, fields, ("-recorded_at", "-pk"), request.GET, SIZE)
    with transaction.atomic():
        audit.write(
            viewer,
            "network.concerns_listed",
            school_id=viewer.school_id,
            subjects=sorted({row[2] for row in page.rows}),
        )
    on_it = concerns.taken_of([row[0] for row in page.rows])
    origins = dict(Concern.Origin.choices)
    context = {
        "tabs": place.tabs(viewer, "concerns"),
        "rows": [
            {"url_id": public_id, "name": name, "by": by, "origin": origins[origin], "urgent": urgent, "at": at,
             "taken": pk in on_it}
            for pk, public_id, _student, name, by, origin, urgent, at in page.rows
        ],
        "next_url": f"?after={page.next_cursor}" if page.next_cursor else "",
        "previous_url": f"?before={page.previous_cursor}" if page.previous_cursor else "",
    }  # fmt: skip
    return render(request, "network/concerns.html", context)


@allow("answer", "signals")
@never_cache
@require_safe
def one(request: Request, concern: str) -> HttpResponse:
    """What was written, for a counsellor; where the child is, for whoever was called about it."""
    place.school_of(request.viewer)
    rows = concerns.readable(request.viewer).select_related("student", "by")
    row = get_object_or_404(rows, public_id=concern)
    return _written(request, row) if posts.COUNSELLOR in request.viewer.roles else _called(request, row)


@step_up
def _written(request: Request, row: Concern) -> HttpResponse:
    (found,) = concerns.opened_for(request.viewer, [row])
    context = {
        "row": found,
        "sheet": signs.words(found.sheet or {}),
        "room": posts.room_of(found.student_id, timezone.localdate()),
        "taken": found.pk in concerns.taken_of([found.pk]),
        "full": True,
    }
    return render(request, "network/concern_read.html", context)


def _called(request: Request, row: Concern) -> HttpResponse:
    (found,) = concerns.opened_for(request.viewer, [row])
    context = {"row": found, "room": posts.room_of(found.student_id, timezone.localdate()), "full": False}
    return render(request, "network/concern_read.html", context)
