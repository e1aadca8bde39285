"""我想找人聊聊: two taps for a student; for counsellors who waits, and an answer with a time."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow, step_up
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import posts, talks
from ..forms import TalkAnswerForm, TalkForm, now_initial
from ..models import Talk
from . import place

SHOWN = 40


@allow("talk")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def talk(request: Request) -> HttpResponse:
    viewer = request.viewer
    place.school_of(viewer)
    form = TalkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        soon = request.POST.get("when") == "now"
        talks.ask(viewer, soon=soon, words=form.cleaned_data["words"], token=place.token_of(request))
        return place.received(request, urgent=soon, who="student")
    context = {"form": form, "mine": talks.mine(viewer)}
    return render(request, "network/talk.html", context, status=422 if form.errors else 200)


def _counsellor(request: Request) -> None:
    place.school_of(request.viewer)
    if posts.COUNSELLOR not in request.viewer.roles:
        raise Http404


@allow("answer")
@never_cache
@require_safe
def waiting(request: Request) -> HttpResponse:
    _counsellor(request)
    return _waiting(request)


@step_up
def _waiting(request: Request) -> HttpResponse:
    viewer = request.viewer
    found = talks.opened_for_counsellor(viewer, talks.unanswered(viewer.school_id or 0))
    rooms = {one.pk: posts.room_of(one.student_id, viewer.day) for one in found}
    context = {
        "tabs": place.tabs(viewer, "talks"),
        "waiting": [(one, rooms[one.pk]) for one in found],
        "answered": list(talks.answered(viewer.school_id or 0).defer("words", "talk__words")[:SHOWN]),
    }
    return render(request, "network/talks.html", context)


@allow("answer")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: Request, talk: str) -> HttpResponse:
    _counsellor(request)
    rows = Talk.objects.filter(school_id=request.viewer.school_id).select_related("student")
    return _answer(request, get_object_or_404(rows, public_id=talk))


@step_up
def _answer(request: Request, talk: Talk) -> HttpResponse:
    viewer = request.viewer
    (one,) = talks.opened_for_counsellor(viewer, [talk])
    form = TalkAnswerForm(
        request.POST or None, initial=now_initial() | {"words": _("心理辅导室，直接来就行。")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            talks.answer(viewer, one, at=form.at(), words=form.cleaned_data["words"])
        except talks.Refused as refused:
            form.add_error("day", str(refused))
        else:
            notify(request, _("已经告诉学生了。"))
            return redirect("network:talks")
    context = {
        "form": form,
        "one": one,
        "room": posts.room_of(one.student_id, viewer.day),
        "answers": one.answers.select_related("by").defer("words").order_by("-pk"),
    }
    return render(request, "network/talk_answer.html", context, status=422 if form.errors else 200)
