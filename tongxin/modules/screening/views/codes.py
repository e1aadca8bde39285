"""The ways in: a class's code big on the wall, a sheet of slips with each child's own QR, and another code."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject
from tongxin.kernel.consent.models import Purpose
from tongxin.kernel.consent.queries import may_process_each
from tongxin.ui.qr import qr
from tongxin.ui.toasts import notify

from .. import population, seats, sittings
from ..models import EntryCode, Sitting
from .sittings import sitting_of


def _open_one(viewer: Viewer, public_id: str) -> Sitting:
    sitting = sitting_of(viewer, public_id)
    if sitting.state != Sitting.State.OPEN:
        raise Http404
    return sitting


def _own(viewer: Viewer, room: Subject) -> bool:
    return viewer.may("screening") or room.pk in viewer.posts.get("homeroom_teacher", frozenset())


def _room(viewer: Viewer, sitting: Sitting, public_id: str) -> Subject:
    """Return a class of the sitting that this viewer may let in."""
    rows = population.rooms(sitting.school, viewer.day)
    room = get_object_or_404(rows, public_id=public_id)
    if not _own(viewer, room) or room.pk not in population.asked_by_room(
        sitting, max(viewer.day, sitting.first_day)
    ):
        raise Http404
    return room


def spelled(code: str) -> str:
    """Return a code in two halves, as it is read out."""
    return f"{code[: len(code) // 2]} {code[len(code) // 2 :]}"


@allow("screening")
@require_safe
def rooms(request: Request, public_id: str) -> HttpResponse:
    """Every class with its code."""
    viewer = request.viewer
    sitting = _open_one(viewer, public_id)
    asked = population.asked_by_room(sitting, max(viewer.day, sitting.first_day))
    lines = [
        {"room": room, "code": spelled(sittings.code_for(sitting, room).code), "n": len(asked[room.pk])}
        for room in population.rooms(sitting.school, viewer.day).filter(pk__in=asked)
    ]
    return render(request, "screening/manage_codes.html", {"sitting": sitting, "lines": lines})


@allow("screening", "screening_progress")
@never_cache
@require_safe
def board(request: Request, public_id: str, room: str) -> HttpResponse:
    """One class's code as the projector shows it: the address, the code, a QR."""
    viewer = request.viewer
    sitting = _open_one(viewer, public_id)
    subject = _room(viewer, sitting, room)
    code: EntryCode = sittings.code_for(sitting, subject)
    context = {
        "sitting": sitting,
        "room": subject,
        "code": spelled(code.code),
        "address": request.build_absolute_uri(reverse("screening:sit_enter")).partition("//")[2],
        "qr": qr(request.build_absolute_uri(reverse("screening:sit_class", args=[code.code])), "board"),
        "may_change": viewer.may("screening"),
        "back": reverse("screening:codes", args=[public_id])
        if viewer.may("screening")
        else reverse("screening:home"),
    }
    return render(request, "screening/manage_code.html", context)


@allow("screening")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, public_id: str, room: str) -> HttpResponse:
    """Give a class another code, for when the old one went round."""
    viewer = request.viewer
    sitting = _open_one(viewer, public_id)
    subject = _room(viewer, sitting, room)
    back = reverse("screening:code", args=[public_id, room])
    if request.method == "POST":
        sittings.new_code(sitting, subject, by=viewer)
        notify(request, _("换好了，旧的码不能用了。"))
        return redirect(back)
    context = {
        "sitting": sitting, "back": back, "action": request.path, "submit": _("换一个码"),
        "title": _("给%(room)s换一个测评码") % {"room": subject.name},
        "consequence": _("旧的码马上作废，还没进来的学生要用新的码。已经在填的不受影响。"),
    }  # fmt: skip
    return render(request, "screening/manage_confirm.html", context)


@allow("screening")
@never_cache
@require_safe
def slips(request: Request, public_id: str, room: str) -> HttpResponse:
    """A sheet to print and cut: each child's own QR. Who has no consent gets none."""
    viewer = request.viewer
    sitting = _open_one(viewer, public_id)
    subject = _room(viewer, sitting, room)
    asked = population.asked_by_room(sitting, max(viewer.day, sitting.first_day))[subject.pk]
    students = list(Subject.objects.filter(pk__in=asked).order_by("pinyin", "pk"))
    allowed = may_process_each(sitting.school_id, students, Purpose.SCREENING)
    rows = [
        {"student": one, "qr": qr(_own_address(request, sitting, one), "long")}
        for one in students
        if allowed[one.pk]
    ]
    with transaction.atomic():
        audit.write(viewer, "screening.slips_printed", sitting, room=subject.pk, slips=len(rows))
    context = {
        "sitting": sitting, "room": subject, "rows": rows, "without": len(students) - len(rows),
        "address": request.build_absolute_uri(reverse("screening:sit_enter")).partition("//")[2],
    }  # fmt: skip
    return render(request, "screening/manage_slips.html", context)


def _own_address(request: Request, sitting: Sitting, student: Subject) -> str:
    return request.build_absolute_uri(
        reverse("screening:sit_own_way", args=[seats.own_token(sitting, student)])
    )
