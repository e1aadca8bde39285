"""青年教师求助: asked, given to a helper, answered, closed."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import growth as helping
from ..forms import AssignForm, GrowthAnswerForm, GrowthCloseForm, GrowthForm
from ..models import GrowthRequest
from . import place

PAGE = 30
EMPTY = {
    "": gettext_lazy("没有在等的求助"),
    "late": gettext_lazy("没有过期的"),
    "done": gettext_lazy("还没有答复过的"),
}


@allow("growth")
@require_safe
def growth(request: Request) -> HttpResponse:
    """Requests page by page: those that wait with the nearest day first, those past their day, those answered."""
    viewer = request.viewer
    place.school_of(viewer)
    only = request.GET.get("only", "")
    only = only if only in EMPTY else ""
    parts = helping.parts(viewer)
    text = request.GET.get("page", "0")
    page = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
    rows = list(parts[only][page * PAGE : page * PAGE + PAGE + 1])
    context = {
        "tabs": place.tabs(viewer, "growth"),
        "parts": [
            {"label": label, "url": f"?only={name}", "current": name == only, "count": parts[name].count()}
            for name, label in (("", _("在等的")), ("late", _("过期的")), ("done", _("答复过的")))
        ],
        "rows": rows[:PAGE],
        "empty": EMPTY[only],
        "previous_url": f"?only={only}&page={page - 1}" if page else "",
        "next_url": f"?only={only}&page={page + 1}" if len(rows) > PAGE else "",
        "tallies": helping.tallies(viewer) if viewer.may(helping.ASSIGN) else [],
        "today": viewer.day,
        "me": viewer.person_id,
    }
    return render(request, "mentoring/growth.html", context)


@allow("growth")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    place.school_of(request.viewer)
    form = GrowthForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        helping.ask(request.viewer, data["theme"], data["words"], place.token_of(request))
        notify(request, _("收到了，会有人来帮您。"))
        return redirect("mentoring:growth")
    return render(request, "mentoring/growth_new.html", {"form": form}, status=422 if form.errors else 200)


@allow("growth")
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: Request, request_id: str) -> HttpResponse:
    """One request: whoever may gives it to somebody, the helper answers, the asker closes it."""
    viewer = request.viewer
    place.school_of(viewer)
    rows = helping.readable(viewer).select_related("asker", "helper", "assigned_by")
    row = get_object_or_404(rows, public_id=request_id)
    pressed = request.POST.get("do", "") if request.method == "POST" else ""
    forms = _forms(request, row, pressed)
    if pressed and pressed not in forms:
        raise Http404
    if pressed and forms[pressed].is_valid() and _do(request, row, pressed, forms[pressed]):
        return redirect("mentoring:growth_one", request_id)
    failed = bool(pressed)
    context = {"one": row, "forms": forms, "today": viewer.day, "sensitive": row.theme in helping.SENSITIVE}
    return render(request, "mentoring/growth_one.html", context, status=422 if failed else 200)


def _forms(request: Request, row: GrowthRequest, pressed: str) -> dict:
    """Return the forms this viewer may fill in now, by what they do."""
    viewer = request.viewer
    found: dict = {}

    def data(name: str):
        return request.POST if pressed == name else None

    if helping.may_assign(viewer, row):
        people = [one for one in place.staff(viewer) if one.pk != row.asker_id]
        initial = {"due": row.due or viewer.day + helping.USUAL}
        if row.helper is not None:
            initial["helper"] = row.helper.public_id
        found["assign"] = AssignForm(data("assign"), people=people, initial=initial)
    if row.helper_id == viewer.person_id and row.answered_at is None and row.closed_at is None:
        found["answer"] = GrowthAnswerForm(data("answer"))
    if row.asker_id == viewer.person_id and row.closed_at is None:
        found["close"] = GrowthCloseForm(data("close"))
    return found


def _do(request: Request, row: GrowthRequest, what: str, form) -> bool:
    """Do what was pressed; False where the form has to be mended."""
    data = form.cleaned_data
    try:
        if what == "assign":
            helping.assign(request.viewer, row, form.person(), data["due"])
            notify(request, _("派好了，对方在首页看到。"))
        elif what == "answer":
            helping.answer(request.viewer, row, data["words"], data["score"])
            notify(request, _("答复了，谢谢您。"))
        else:
            helping.close(request.viewer, row, data["thanks"], data["score"])
            notify(request, _("结束了。"))
    except helping.Refused as refused:
        form.add_error(None, str(refused))
        return False
    return True
