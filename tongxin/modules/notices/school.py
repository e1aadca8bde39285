"""The school's settings of notices: which ways, when not, and the group robots with their outcome."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.exchange.notices import channels, services
from tongxin.exchange.notices.dispatch import rhythm_of
from tongxin.exchange.notices.models import Preference, Robot
from tongxin.exchange.notices.timing import next_moment
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.base.models import School
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.obligations import outbox
from tongxin.ui.toasts import notify

from .forms import RobotForm, SchoolForm
from .queries import failed_deliveries


def _school(request: Request) -> School:
    if request.viewer.school is None or request.viewer.school.kind != School.Kind.SCHOOL:
        raise Http404
    return request.viewer.school


@allow("settings")
@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request: Request) -> HttpResponse:
    school = _school(request)
    known = services.settings_of(school)
    form = SchoolForm(
        request.POST or None, initial={name: getattr(known, name) for name in services.SETTINGS}
    )
    if request.method == "POST" and form.is_valid():
        services.save_settings(school, form.cleaned_data, by=request.viewer)
        notify(request, _("已保存。"))
        return redirect("notices:settings")
    return render(
        request,
        "notices/settings.html",
        {
            "form": form,
            "robots": [_robot_line(r) for r in Robot.objects.filter(school=school).order_by("pk")],
            "mail_ready": channels.email_ready(),
            "with_email": Preference.objects.filter(school=school).exclude(email="").count(),
            "next_at": _next_at(school, known),
            "silent": outbox.silent_since(),
            "troubles": _troubles(school),
        },
    )


def _robot_line(robot: Robot) -> dict[str, Any]:
    if not robot.active:
        word, state = _("已停用"), "not_expected"
    elif robot.trouble:
        word, state = _("没有发出去"), "missed"
    elif robot.tried_at:
        word, state = _("已接通"), "met"
    else:
        word, state = _("还没试过"), "open"
    trouble = channels.trouble_words(robot.trouble) if robot.trouble and robot.active else ""
    return {"robot": robot, "word": word, "state": state, "trouble": trouble}


def _next_at(school: School, known: Any) -> Any:
    """The moment from which something may leave, when that is not now."""
    local = timezone.localtime()
    found = next_moment(rhythm_of(known), local, school_calendar(school).is_school_day)
    return None if found == local else found


def _troubles(school: School) -> list[str]:
    """What does not get out at present, each reason once."""
    codes = failed_deliveries(school.pk).values_list("trouble", flat=True).distinct()
    return [channels.trouble_words(code) for code in sorted(codes)]


@allow("settings")
@require_POST
def retry(request: Request) -> HttpResponse:
    count = services.try_again(_school(request), by=request.viewer)
    notify(
        request,
        ngettext("有%(n)d份马上再试。", "有%(n)d份马上再试。", count) % {"n": count}
        if count
        else _("没有等着再试的。"),
    )
    return redirect("notices:settings")


@allow("settings")
@require_http_methods(["GET", "HEAD", "POST"])
def robot_new(request: Request) -> HttpResponse:
    school = _school(request)
    form = RobotForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        robot = Robot(school=school, service=data["service"], title=data["title"].strip())
        services.save_robot(robot, key=data["key"], sign=data["sign"].strip(), by=request.viewer)
        notify(request, _("已添加。请点“试发一条”，到群里看一眼。"))
        return redirect("notices:settings")
    return render(request, "notices/robot.html", {"form": form, "title": _("添加群机器人")})


def _robot(request: Request, robot: str) -> Robot:
    return get_object_or_404(Robot.objects.select_related("school"), school=_school(request), public_id=robot)


@allow("settings")
@require_http_methods(["GET", "HEAD", "POST"])
def robot_edit(request: Request, robot: str) -> HttpResponse:
    known = _robot(request, robot)
    form = RobotForm(request.POST or None, robot=known)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        known.title = data["title"].strip()
        services.save_robot(known, key=data.get("key") or "", sign=data["sign"].strip(), by=request.viewer)
        notify(request, _("已保存。"))
        return redirect("notices:settings")
    return render(request, "notices/robot.html", {"form": form, "title": known.title, "robot": known})


@allow("settings")
@require_POST
def robot_try(request: Request, robot: str) -> HttpResponse:
    notify(request, services.try_robot(_robot(request, robot), by=request.viewer))
    return redirect("notices:settings")


@allow("settings")
@require_POST
def robot_switch(request: Request, robot: str) -> HttpResponse:
    known = _robot(request, robot)
    services.switch_robot(known, not known.active, by=request.viewer)
    notify(
        request, _("已停用，群里不再收到提醒。") if known.active else _("已启用，从现在起的提醒会发到群里。")
    )
    return redirect("notices:settings")


@allow("settings")
@require_POST
def robot_remove(request: Request, robot: str) -> HttpResponse:
    services.remove_robot(_robot(request, robot), by=request.viewer)
    notify(request, _("已移除，密钥也删掉了。"))
    return redirect("notices:settings")
