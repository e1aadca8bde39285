"""Sittings: the list, the plan, what is still missing, opening and closing."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.programmes import queries as programmes
from tongxin.ui import keyset, tables
from tongxin.ui.formats import period_words
from tongxin.ui.toasts import notify

from .. import population, progress, sittings
from ..forms import PlanForm, WhenForm, initial_of
from ..models import Sitting, SittingForm
from . import place

SIZE = 30
FIELDS = ("public_id", "title", "state", "first_day", "last_day", "id")


def sitting_of(viewer: Viewer, public_id: str) -> Sitting:
    return get_object_or_404(sittings.visible(viewer), public_id=public_id)


@allow("screening", "screening_progress", "screening_figures", "signals", "signal_chain")
@require_safe
def home(request: Request) -> HttpResponse:
    """Counsellors find all sittings here, class teachers the running ones of their classes, others where to go."""
    viewer = request.viewer
    place.school_of(viewer)
    context: dict[str, Any] = {"tabs": place.tabs(viewer, "home")}
    if viewer.may("screening"):
        return render(request, "screening/manage_sittings.html", context | _list(request))
    context["running"] = _running(viewer) if viewer.may("screening_progress") else []
    context["counted"] = _counted(viewer) if viewer.may("screening_figures") else []
    return render(request, "screening/manage_home.html", context)


def _list(request: Request) -> dict[str, Any]:
    viewer = request.viewer
    q, state = request.GET.get("q", "").strip()[:80], request.GET.get("state", "")
    rows = sittings.visible(viewer)
    if q:
        rows = rows.filter(title__icontains=q)
    if state in Sitting.State.values:
        rows = rows.filter(state=state)
    page = keyset.page(rows, FIELDS, ("-first_day", "-id"), request.GET, SIZE)
    lines = [
        (public_id, title, Sitting.State(state).label, period_words(first, last, viewer.day))
        for public_id, title, state, first, last, _id in page.rows
    ]
    columns = [
        tables.Column("title", _("名称"), link=tables.link_pattern("screening:sitting", "public_id")),
        tables.Column("state", _("进度")),
        tables.Column("days", _("日期")),
    ]
    table = tables.Table(
        columns, lines, keys=("public_id", "title", "state", "days"), caption=_("测评"), parameters=request.GET,
        page=page, choose_columns=False, empty_title=_("没有符合条件的测评"), empty_text=_("换个名称或进度试试。"),
    )  # fmt: skip
    return {
        "table": table,
        "any": bool(lines) or bool(q or state) or sittings.visible(viewer).exists(),
        "filters": [
            {"name": "q", "label": _("名称"), "kind": "search", "value": q},
            {
                "name": "state",
                "label": _("进度"),
                "kind": "select",
                "value": state,
                "choices": Sitting.State.choices,
            },
        ],
        "clear_url": reverse("screening:home") if q or state else "",
    }


def _running(viewer: Viewer) -> list[dict[str, Any]]:
    """Return the open sittings that ask somebody of the viewer's classes, with how many have not begun."""
    found = []
    for sitting in sittings.visible(viewer).filter(state=Sitting.State.OPEN).order_by("last_day", "pk"):
        rooms = progress.of_viewer(viewer, progress.by_room(sitting, viewer.day))
        if rooms:
            waiting = sum(len(room.waiting) for room in rooms)
            found.append({"sitting": sitting, "waiting": waiting, "rooms": [room.room for room in rooms]})
    return found


def _counted(viewer: Viewer) -> list[Sitting]:
    """Return the last sittings whose figures leaders may see, small groups suppressed there."""
    rows = sittings.visible(viewer).exclude(state=Sitting.State.DRAFT)
    return list(rows.order_by("-first_day", "-pk")[:SIZE])


# ------------------------------------------------------------------ the plan


@allow("screening")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    school, day = place.school_of(request.viewer), request.viewer.day
    initial = {"first_day": day, "last_day": day, "per_page": 3, "feedback": True}
    form = PlanForm(school, day, None, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        plan = form.plan()
        if plan is not None:
            try:
                made = sittings.create(school, plan, by=request.viewer)
            except sittings.Refused as refused:
                _add(form, refused)
            else:
                notify(request, _("计划存好了，还没有开放。看看还缺什么。"))
                return redirect("screening:sitting", made.public_id)
    return _plan_page(request, form, None)


@allow("screening")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, public_id: str) -> HttpResponse:
    """Change a plan; of a running one only its name, last day and place."""
    viewer = request.viewer
    sitting = sitting_of(viewer, public_id)
    if sitting.state == Sitting.State.CLOSED:
        notify(request, _("这次测评已经结束，不能再改。"))
        return redirect("screening:sitting", public_id)
    running = sitting.state == Sitting.State.OPEN
    initial = initial_of(sitting)
    form: Any = (
        WhenForm(request.POST or None, initial=initial)
        if running
        else PlanForm(place.school_of(viewer), viewer.day, sitting, request.POST or None, initial=initial)
    )
    if request.method == "POST" and form.is_valid():
        plan = _changed(sitting, form.cleaned_data) if running else form.plan()
        if plan is not None:
            try:
                sittings.change(sitting, plan, by=viewer)
            except sittings.Refused as refused:
                _add(form, refused)
            else:
                notify(request, _("已保存。"))
                return redirect("screening:sitting", public_id)
    if running:
        context = {"form": form, "sitting": sitting}
        return render(request, "screening/manage_running.html", context, status=422 if form.errors else 200)
    return _plan_page(request, form, sitting)


def _changed(sitting: Sitting, data: dict[str, Any]) -> sittings.Plan:
    """Return the plan of a running sitting with what may still change."""
    forms = sitting.forms.select_related("text").order_by("number")
    return sittings.Plan(
        title=data["title"], place=data["place"], last_day=data["last_day"], first_day=sitting.first_day,
        forms=[(one.text, one.form) for one in forms], rooms=sitting.rooms, who=sitting.who, kind=sitting.kind,
        per_page=sitting.per_page, feedback=sitting.feedback, before=sitting.before,
    )  # fmt: skip


def _add(form: Any, refused: sittings.Refused) -> None:
    form.add_error(refused.field if refused.field in form.fields else None, str(refused))


def _plan_page(request: Request, form: PlanForm, sitting: Sitting | None) -> HttpResponse:
    viewer = request.viewer
    known = programmes.attributes(place.school_of(viewer), viewer.day)
    words = [
        (name, one.title)
        for name, one in known.items()
        if {"student", "homeroom"} & set(one.of) and one.title
    ]
    context = {
        "form": form,
        "sitting": sitting,
        "who_fills_in": SittingForm.Form.choices,
        "words": words,
        "asked": _asked(viewer, form.data if form.is_bound else form.initial, form.chosen_rooms),
    }
    return render(request, "screening/manage_plan.html", context, status=422 if form.errors else 200)


@allow("screening")
@require_POST
def asked(request: Request) -> HttpResponse:
    """Say how many students a plan would ask, while it is typed."""
    viewer = request.viewer
    place.school_of(viewer)
    context = {"asked": _asked(viewer, request.POST, set(request.POST.getlist("rooms")))}
    return render(request, "screening/_manage_asked.html", context)


def _asked(viewer: Viewer, data: Any, rooms: set[str]) -> dict[str, str]:
    """Return {"sentence"} or {"error"} for the classes and the condition of a plan."""
    school = place.school_of(viewer)
    ids = Subject.objects.filter(school=school, type="homeroom", public_id__in=rooms).values_list(
        "pk", flat=True
    )
    plan = Sitting(
        school=school, rooms=list(ids), who=str(data.get("who") or "")[: population.MOST_CONDITION + 1]
    )
    try:
        found = population.asked_by_room(plan, _first_day(viewer, data.get("first_day")))
    except population.BadCondition as error:
        return {"error": str(error)}
    n = sum(map(len, found.values()))
    words = {"n": n, "rooms": len(found)}
    return {
        "sentence": ngettext(
            "这样会问到 %(rooms)d 个班的 %(n)d 名学生。", "这样会问到 %(rooms)d 个班的 %(n)d 名学生。", n
        )
        % words
    }


def _first_day(viewer: Viewer, said: Any) -> date:
    try:
        day = said if isinstance(said, date) else date.fromisoformat(str(said))
    except ValueError:
        return viewer.day
    return max(day, viewer.day)


# ------------------------------------------------------------------ one sitting


@allow("screening")
@require_safe
def one(request: Request, public_id: str) -> HttpResponse:
    viewer = request.viewer
    sitting = sitting_of(viewer, public_id)
    checks = sittings.checks(sitting, viewer.day) if sitting.state == Sitting.State.DRAFT else []
    counted = progress.by_room(sitting, viewer.day) if sitting.state != Sitting.State.DRAFT else []
    context = {
        "sitting": sitting,
        "forms": sitting.forms.select_related("text").defer("text__text").order_by("number"),
        "rooms": list(Subject.objects.filter(pk__in=sitting.rooms).order_by("pinyin", "pk")),
        "days": period_words(sitting.first_day, sitting.last_day, viewer.day),
        "kind": programmes.kind_named(sitting.school, sitting.kind, viewer.day) if sitting.kind else None,
        "checks": [_check(viewer, sitting, check) for check in checks],
        "ready": all(check.done for check in checks),
        "done": sum(len(room.done) for room in counted),
        "expected": sum(room.expected for room in counted),
        "results_url": reverse("screening:results", args=[public_id]),
    }
    return render(request, "screening/manage_sitting.html", context)


def _check(viewer: Viewer, sitting: Sitting, check: sittings.Check) -> dict[str, Any]:
    """Return a line of the list of what must hold, with the page where it is mended if this viewer may open that."""
    own = {
        "admins": (_("三个管理员是三个不同的人"), "people_edit", place.address("setup:people")),
        "chain": (_("应急联系人排满三个，都能处理"), "signal_chain", reverse("cases:chain")),
        "counsellor": (_("学校有心理教师"), "people_edit", place.address("setup:people")),
        "consent": (_("公布了知情说明"), "consent_text", place.address("setup:consent_text", "screening")),
        "worker": (_("后台在运行"), "", ""),
        "days": (_("日期还没有过"), "screening", reverse("screening:sitting_edit", args=[sitting.public_id])),
        "students": (
            _("有符合条件的学生"),
            "screening",
            reverse("screening:sitting_edit", args=[sitting.public_id]),
        ),
    }
    label, verb, url = own[check.what]
    return {
        "label": label, "done": check.done, "missing": check.missing,
        "url": url if not check.done and verb and viewer.may(verb) else "",
    }  # fmt: skip


def _confirm(request: Request, sitting: Sitting, **words: Any) -> HttpResponse:
    back = reverse("screening:sitting", args=[sitting.public_id])
    context = {"sitting": sitting, "back": back, "action": request.path} | words
    return render(request, "screening/manage_confirm.html", context)


@allow("screening")
@require_http_methods(["GET", "HEAD", "POST"])
def open_(request: Request, public_id: str) -> HttpResponse:
    viewer = request.viewer
    sitting = sitting_of(viewer, public_id)
    if request.method == "POST":
        try:
            sittings.open_sitting(sitting, by=viewer, day=viewer.day)
        except sittings.Refused as refused:
            notify(request, str(refused))
            return redirect("screening:sitting", public_id)
        notify(request, _("开放了。每个班有了测评码。"))
        return redirect("screening:codes", public_id)
    if sitting.state != Sitting.State.DRAFT:
        return redirect("screening:sitting", public_id)
    n = sum(map(len, population.asked_by_room(sitting, max(viewer.day, sitting.first_day)).values()))
    return _confirm(
        request, sitting, title=_("开放“%(title)s”") % {"title": sitting.title}, submit=_("开放"),
        consequence=ngettext(
            "开放以后，%(n)d 名学生凭班级的测评码进来填。量表和班级不能再改，只能改名称、地点和结束日期。",
            "开放以后，%(n)d 名学生凭班级的测评码进来填。量表和班级不能再改，只能改名称、地点和结束日期。", n,
        ) % {"n": n},
    )  # fmt: skip


@allow("screening")
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: Request, public_id: str) -> HttpResponse:
    viewer = request.viewer
    sitting = sitting_of(viewer, public_id)
    if request.method == "POST":
        try:
            n = sittings.close_sitting(sitting, by=viewer, day=viewer.day)
        except sittings.Refused as refused:
            notify(request, str(refused))
        else:
            words = ngettext("结束了，%(n)d 名学生记进了台账。", "结束了，%(n)d 名学生记进了台账。", n) % {
                "n": n
            }
            notify(request, words if n else _("结束了。"))
        return redirect("screening:sitting", public_id)
    if sitting.state != Sitting.State.OPEN:
        return redirect("screening:sitting", public_id)
    rooms = progress.by_room(sitting, viewer.day)
    return _confirm(
        request, sitting, title=_("结束“%(title)s”") % {"title": sitting.title}, submit=_("结束"),
        consequence=_("结束以后学生不能再填，不能再开放。交了 %(done)d 名，填了一半 %(begun)d 名，还没开始 %(waiting)d 名。填了一半的会留着，不计分。")
        % {
            "done": sum(len(room.done) for room in rooms), "begun": sum(len(room.begun) for room in rooms),
            "waiting": sum(len(room.waiting) for room in rooms),
        },
    )  # fmt: skip


@allow("screening")
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: Request, public_id: str) -> HttpResponse:
    viewer = request.viewer
    sitting = sitting_of(viewer, public_id)
    if request.method == "POST":
        try:
            sittings.discard(sitting, by=viewer)
        except sittings.Refused as refused:
            notify(request, str(refused))
            return redirect("screening:sitting", public_id)
        notify(request, _("计划删除了。"))
        return redirect("screening:home")
    if sitting.state != Sitting.State.DRAFT:
        return redirect("screening:sitting", public_id)
    return _confirm(
        request, sitting, title=_("删除“%(title)s”的计划") % {"title": sitting.title}, submit=_("删除"), danger=True,
        consequence=_("还没有学生填过。删除以后不能恢复，要做得重新写。"),
    )  # fmt: skip
