"""Tasks handed down the network: who has to do what by when, and what came of it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import visible_subjects
from tongxin.ui.toasts import notify

from .. import assigned
from ..forms import AnswerForm, TaskForm
from ..models import NetworkTask
from . import place

SHOWN = 200


@allow("network")
@require_safe
def tasks(request: Request) -> HttpResponse:
    viewer = request.viewer
    place.school_of(viewer)
    rows = list(assigned.of(viewer).defer("words", "answer").order_by("-given_at", "-pk")[:SHOWN])
    named = _named(request, rows)
    context = {
        "tabs": place.tabs(viewer, "tasks"),
        "open": [(row, named[row.pk]) for row in rows if row.done_at is None],
        "done": [(row, named[row.pk]) for row in rows if row.done_at is not None],
        "may_give": bool(assigned.levels_below(viewer)),
    }
    return render(request, "network/tasks.html", context)


def _named(request: Request, rows: list[NetworkTask]) -> dict[int, str]:
    """Return who bears each task; a student's name only where the viewer may know it, else the class."""
    students = [row.bearer_id for row in rows if row.bearer.type == "student"]
    seen = set(visible_subjects(request.viewer, "K2").filter(pk__in=students).values_list("pk", flat=True))
    return {
        row.pk: row.bearer.name
        if row.bearer.type != "student" or row.bearer_id in seen
        else str(_("心理委员"))
        for row in rows
    }


@allow("network")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    viewer = request.viewer
    place.school_of(viewer)
    if not assigned.levels_below(viewer):
        raise Http404
    parent = _parent(request)
    initial = {"title": parent.title, "due": parent.due} if parent else {}
    form = TaskForm(request.POST or None, viewer=viewer, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        rooms = form.chosen_rooms() if "rooms" in form.fields else []
        try:
            made = assigned.hand_down(
                viewer, data["level"], rooms, title=data["title"], words=data["words"], due=data["due"],
                token=place.token_of(request), parent=parent,
            )  # fmt: skip
        except assigned.Refused as refused:
            form.add_error(None, str(refused))
        else:
            n = len(made)
            notify(request, ngettext("派给了%(n)d个人。", "派给了%(n)d个人。", n) % {"n": n})
            return redirect("network:tasks")
    return render(
        request, "network/task_new.html", {"form": form, "parent": parent}, status=422 if form.errors else 200
    )


def _parent(request: Request) -> NetworkTask | None:
    """Return the task this one is broken down from, if the viewer bears it."""
    wanted = request.GET.get("from") or request.POST.get("from") or ""
    rows = NetworkTask.objects.filter(school_id=request.viewer.school_id, bearer_id=request.viewer.person_id)
    return rows.filter(public_id=wanted).first()


@allow()
@require_http_methods(["GET", "HEAD", "POST"])
def task(request: Request, task: str) -> HttpResponse:
    """One task, for whoever bears it, gave it, or answers for the network."""
    viewer = request.viewer
    place.school_of(viewer)
    one = get_object_or_404(assigned.of(viewer), public_id=task)
    mine = one.bearer_id == viewer.person_id and one.done_at is None
    form = AnswerForm(request.POST or None) if mine else None
    if request.method == "POST" and form is None:
        raise Http404
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            assigned.answer(viewer, one, form.cleaned_data["words"])
        except assigned.Refused as refused:
            notify(request, str(refused))
        else:
            notify(request, _("回复了，谢谢。"))
        return redirect("desk:home")
    parts = list(one.parts.select_related("bearer", "homeroom").defer("words", "answer").order_by("pk"))
    named = _named(request, [one, *parts])
    context = {
        "one": one,
        "bearer": named[one.pk],
        "form": form,
        "mine": mine,
        "may_break_down": mine and bool(assigned.levels_below(viewer)),
        "parts": [(part, named[part.pk]) for part in parts],
    }
    return render(
        request, "network/task.html", context, status=422 if form is not None and form.errors else 200
    )
