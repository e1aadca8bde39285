"""请您做的事: what somebody was asked to do for a child, and until when. Nothing here says why."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from ..casework import bearing
from ..casework.refusal import Refused
from ..models import CaseTask


@allow("case_tasks")
@never_cache
@require_safe
def mine(request: Request) -> HttpResponse:
    viewer = request.viewer
    rows = bearing.read(viewer, bearing.mine(viewer).select_related("student"))
    lines = [{"task": task, "late": task.until < viewer.day} for task in rows]
    done = bearing.read(viewer, bearing.done_by(viewer))
    return render(request, "cases/case_tasks.html", {"lines": lines, "done": done})


def _task(request: Request, public_id: str) -> CaseTask:
    rows = CaseTask.objects.filter(bearing.duty(request.viewer)).defer("words", "answer")
    return get_object_or_404(rows, public_id=public_id)


@allow("case_tasks")
@require_POST
def done(request: Request, public_id: str) -> HttpResponse:
    task = _task(request, public_id)
    try:
        bearing.finish(task, request.viewer, request.POST.get("answer", "")[:500])
    except Refused as refused:
        notify(request, str(refused))
    else:
        notify(request, _("记下了，谢谢您。"), reverse("cases:task_undo", args=[public_id]))
    return redirect("cases:tasks")


@allow("case_tasks")
@require_POST
def undo(request: Request, public_id: str) -> HttpResponse:
    task = _task(request, public_id)
    try:
        bearing.not_done(task, request.viewer)
    except Refused as refused:
        notify(request, str(refused))
    else:
        notify(request, _("放回去了。"))
    return redirect("cases:tasks")
