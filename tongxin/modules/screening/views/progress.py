"""How far a sitting is, live and by class: how many, who has not begun, and never what anybody answered."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.sheets import Column, Sheet, write_workbook
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.ui.toasts import notify

from .. import progress, reminding
from ..models import Sitting, SittingForm
from .sittings import sitting_of


def _mine(viewer: Viewer, public_id: str, form: str) -> tuple[Sitting, list[progress.RoomProgress]]:
    """Return a sitting with the classes this viewer may see; one without any is not there."""
    sitting = sitting_of(viewer, public_id)
    if sitting.state == Sitting.State.DRAFT:
        raise Http404
    rooms = progress.of_viewer(viewer, progress.by_room(sitting, viewer.day, form))
    if not rooms and not viewer.may("screening"):
        raise Http404
    return sitting, rooms


def _form(request: Request, sitting_forms: list[str]) -> str:
    asked = request.GET.get("form", "")
    return asked if asked in sitting_forms else (sitting_forms or [SittingForm.Form.STUDENT])[0]


def _forms_of(viewer: Viewer, public_id: str) -> list[str]:
    kinds = set(sitting_of(viewer, public_id).forms.values_list("form", flat=True))
    return [kind for kind in SittingForm.Form.values if kind in kinds]


@allow("screening", "screening_progress")
@never_cache
@require_safe
def by_room(request: Request, public_id: str) -> HttpResponse:
    """Each class with how many have finished, begun, not begun; the page asks again every ten seconds while it is open."""
    viewer = request.viewer
    kinds = _forms_of(viewer, public_id)
    form = _form(request, kinds)
    sitting, rooms = _mine(viewer, public_id, form)
    context: dict[str, Any] = {
        "sitting": sitting,
        "rooms": rooms,
        "form": form,
        "done": sum(len(room.done) for room in rooms),
        "expected": sum(room.expected for room in rooms),
        "waiting": sum(len(room.waiting) + len(room.begun) for room in rooms),
        "live": sitting.state == Sitting.State.OPEN,
        "may_run": viewer.may("screening"),
        "tabs": [
            {"label": SittingForm.Form(kind).label, "url": f"?form={kind}", "current": kind == form}
            for kind in kinds
        ],
    }
    name = "screening/_manage_progress.html" if request.htmx else "screening/manage_progress.html"
    return render(request, name, context)


@allow("screening")
@require_POST
def remind(request: Request, public_id: str) -> HttpResponse:
    """Put a notice before each class teacher whose class is not through; once a day each."""
    viewer = request.viewer
    sitting, rooms = _mine(viewer, public_id, SittingForm.Form.STUDENT)
    if sitting.state != Sitting.State.OPEN:
        raise Http404
    n = reminding.remind(sitting, rooms, by=viewer)
    notify(
        request,
        ngettext("提醒了 %(n)d 位班主任。", "提醒了 %(n)d 位班主任。", n) % {"n": n}
        if n
        else _("今天都提醒过了，或者没有要提醒的班。"),
    )
    return redirect("screening:progress", public_id)


@allow("screening", "screening_progress")
@require_safe
def missing(request: Request, public_id: str) -> HttpResponse:
    """Who has not handed in, as an Excel table; each one has a number and a row in the record."""
    viewer = request.viewer
    sitting, rooms = _mine(viewer, public_id, SittingForm.Form.STUDENT)
    lines = [
        (room.room.name, student.name, word)
        for room in rooms
        for word, students in ((_("还没开始"), room.waiting), (_("填了一半"), room.begun))
        for student in students
    ]
    export = outgoing.note(viewer, "screening.missing_exported", sitting, rows=len(lines))
    sheet = Sheet(
        _("还没交"), [Column(_("班级")), Column(_("姓名")), Column(_("进度"))], lines,
        title=_("%(title)s：还没交的学生") % {"title": sitting.title},
        note=_("没有同意书的学生不在这张表里，不要去催。"),
    )  # fmt: skip
    content = write_workbook([sheet], export_id=export)
    return outgoing.attachment(content, _("还没交的学生") + ".xlsx", outgoing.XLSX)
