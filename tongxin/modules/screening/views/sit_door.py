"""The ways in: a class's code, one's own printed code, being signed in; and the way out."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.kernel.access import services as access
from tongxin.kernel.access.devices import device_of, keep_device
from tongxin.kernel.access.doors import allow, public
from tongxin.kernel.access.requests import Request

from .. import own, papers, seats
from ..papers import Refused, Seat
from .sit_seat import free_seat, masked, refused_page, sit_down, unkept

# Many mistakes of a whole class within a quarter of an hour; more is somebody trying names.
MISTAKES_PER_CLASS = 200
ANY_CODE = "sitting code"


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("测评码"),
        max_length=20,
        help_text=gettext_lazy("黑板上或老师发的6个字母和数字，大小写都可以。"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "class": "sit__code"}
        ),
    )  # fmt: skip


class WhoForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("学号"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=gettext_lazy("姓名"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


@public
@unkept
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Ask for the code of a class. Whoever sat here before is gone."""
    form, device = CodeForm(request.POST or None), device_of(request)
    if request.method == "POST" and form.is_valid():
        try:
            entry = _tried(ANY_CODE, device, lambda: seats.by_code(form.cleaned_data["code"]))
        except Refused as refused:
            form.add_error("code", str(refused))
        else:
            return free_seat(keep_device(redirect("screening:sit_class", entry.code), device))
    return free_seat(keep_device(render(request, "screening/sit_enter.html", {"form": form}), device))


@public
@unkept
@require_http_methods(["GET", "HEAD", "POST"])
def of_class(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for one's own number and name in a class. Whoever sat here before is gone."""
    device = device_of(request)
    try:
        entry = _tried(ANY_CODE, device, lambda: seats.by_code(code))
    except Refused as refused:
        asked = CodeForm({"code": code})
        asked.add_error("code", str(refused))
        return free_seat(keep_device(render(request, "screening/sit_enter.html", {"form": asked}), device))
    form = WhoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given, day = form.cleaned_data, timezone.localdate()
        try:
            student = _tried(
                f"sitting {entry.code}", device,
                lambda: seats.student_of(entry, given["number"], given["name"], day), MISTAKES_PER_CLASS,
            )  # fmt: skip
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return keep_device(sit_down(Seat(entry.sitting, student)), device)
    context = {"form": form, "entry": entry, "school": entry.sitting.school}
    return free_seat(keep_device(render(request, "screening/sit_class.html", context), device))


def _tried(what: str, device: str, find, most_in_all: int | None = None):
    """Return what is found; a mistake counts against this device. Raises Refused."""
    try:
        access.refuse_after_failures(what, device, most_in_all=most_in_all)
    except access.TooManyFailures:
        raise Refused("too_often", _("试错次数太多。请过15分钟再试，或者请老师来看一下。")) from None
    try:
        found = find()
    except Refused:
        access.note_failure(what, device)
        raise
    access.forget_failures(what, device)
    return found


@public
@unkept
@require_http_methods(["GET", "HEAD", "POST"])
def own_way_in(request: HttpRequest, token: str) -> HttpResponse:
    """A printed code of one's own: ask whether it is the right child, then sit down."""
    try:
        seat = seats.by_own_token(token)
    except Refused as refused:
        return free_seat(refused_page(request, refused))
    if request.method == "POST":
        return sit_down(seat)
    context = {"said": masked(seat.student.name), "sitting": seat.sitting, "school": seat.sitting.school}
    return free_seat(render(request, "screening/sit_own_way.html", context))


@public
@unkept
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Free the seat; what was chosen is kept, the browser keeps nothing."""
    return free_seat(redirect("screening:sit_enter"))


@allow()
@require_http_methods(["GET", "HEAD", "POST"])
def of_mine(request: Request) -> HttpResponse:
    """What the signed-in person is to fill in; choosing a line sits down there."""
    found = own.lines(request.viewer)
    if request.method == "POST":
        wanted = tuple(request.POST.get(name, "") for name in ("sitting", "student", "form"))
        seat = next((line.seat for line in found if _key(line.seat) == wanted), None)
        if seat is None:
            raise Http404
        if seat.respondent is not None:
            try:
                papers.begin(seat)
            except Refused as refused:
                return refused_page(request, refused)
        return sit_down(seat)
    by_sitting: dict[tuple, list[own.Line]] = {}
    for line in found:
        by_sitting.setdefault((line.seat.sitting.pk, line.seat.form), []).append(line)
    return render(request, "screening/sit_own.html", {"groups": list(by_sitting.values())})


def _key(seat: Seat) -> tuple[str, str, str]:
    return (seat.sitting.public_id, seat.student.public_id, str(seat.form))
