"""The channel between a family and the school about the own child, from both ends, and a parent's worry."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow, step_up
from tongxin.kernel.access.requests import Request
from tongxin.kernel.base.models import Subject
from tongxin.ui.toasts import notify

from .. import concerns, families
from ..forms import FamilyWordForm, FamilyWorryForm
from ..models import Concern
from . import place


@allow("family_word")
@never_cache
@require_safe
def own(request: Request) -> HttpResponse:
    """A parent's page: each child, whom one can write to, and the button for when one is worried."""
    viewer = request.viewer
    place.school_of(viewer)
    news = {(line.thread.student.pk, line.thread.to): line for line in families.own_lines(viewer)}
    children = []
    for child in families.own_children(viewer):
        ways = []
        for to, label in families.To.choices:
            people = families.readers(families.Thread(child, viewer.person.subject, to), viewer.day)  # type: ignore[union-attr]
            ways.append({"to": to, "label": label, "people": people, "line": news.get((child.pk, to))})
        children.append({"child": child, "ways": ways})
    return render(request, "network/family.html", {"children": children})


@allow("family_word")
@require_http_methods(["GET", "HEAD", "POST"])
def worry(request: Request) -> HttpResponse:
    viewer = request.viewer
    place.school_of(viewer)
    form = FamilyWorryForm(request.POST or None, viewer=viewer, initial={"when": "calm"})
    if not form.people:
        raise Http404
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        child = form.people[data["student"]]
        told = concerns.Told(
            origin=Concern.Origin.FAMILY, token=place.token_of(request), urgent=data["when"] == "now",
            words=data["words"], harm=data["harm"], where=place.signed(viewer, data["where"]),
            left_out=data["left_out"],
        )  # fmt: skip
        concerns.report(viewer, child, told)
        return place.received(request, child=child, urgent=told.calls, who="guardian")
    return render(request, "network/family_worry.html", {"form": form}, status=422 if form.errors else 200)


@allow("family_word")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_thread(request: Request, student: str, to: str) -> HttpResponse:
    viewer = request.viewer
    place.school_of(viewer)
    child = get_object_or_404(families.own_children(viewer), public_id=student)
    if to not in families.To.values:
        raise Http404
    thread = families.Thread(child, viewer.person.subject, to)  # type: ignore[union-attr]
    return _thread(
        request, thread, reverse("network:own_thread", args=[student, to]), "network/own_thread.html"
    )


@allow("answer")
@never_cache
@require_safe
def lines(request: Request) -> HttpResponse:
    """Who wrote and waits for an answer; no word of it."""
    viewer = request.viewer
    place.school_of(viewer)
    context = {
        "tabs": place.tabs(viewer, "families"),
        "lines": families.lines(viewer),
        "labels": dict(families.To.choices),
    }
    return render(request, "network/families.html", context)


@allow("answer")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: Request, student: str, guardian: str, to: str) -> HttpResponse:
    viewer = request.viewer
    place.school_of(viewer)
    there = Subject.objects.filter(school_id=viewer.school_id)
    one = families.Thread(
        get_object_or_404(there.filter(type="student"), public_id=student),
        get_object_or_404(there.filter(type="guardian"), public_id=guardian),
        to,
    )
    if to not in families.To.values or not families.may_read(viewer, one) or not one.rows.exists():
        raise Http404
    address = reverse("network:thread", args=[student, guardian, to])
    if to == families.To.COUNSELLOR:
        return _proved_thread(request, one, address)
    return _thread(request, one, address, "network/thread.html")


@step_up
def _proved_thread(request: Request, one: families.Thread, address: str) -> HttpResponse:
    return _thread(request, one, address, "network/thread.html")


def _thread(request: Request, one: families.Thread, address: str, template: str) -> HttpResponse:
    viewer = request.viewer
    if not families.may_read(viewer, one):
        raise Http404
    form = FamilyWordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            families.write(viewer, one, form.cleaned_data["words"], place.token_of(request))
        except families.Refused as refused:
            form.add_error("words", str(refused))
        else:
            notify(request, _("已经送到了。"))
            return redirect(address)
    context = {
        "form": form,
        "thread": one,
        "label": families.To(one.to).label,
        "people": families.readers(one, viewer.day),
        "messages_of": [(row, families.text(row)) for row in families.messages(viewer, one)],
    }
    return render(request, template, context, status=422 if form.errors else 200)
