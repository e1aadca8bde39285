"""Summaries handed up: what the records say of a week or a month, with a few words of whoever signs."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import moods, posts, summaries
from ..forms import ReportForm, span_words
from ..models import Concern, NetworkReport
from . import place

SHOWN = 100
SCHOOL = "school"


@allow("network")
@require_safe
def reports(request: Request) -> HttpResponse:
    viewer = request.viewer
    place.school_of(viewer)
    rows = summaries.readable(viewer).defer("words")[:SHOWN]
    context = {
        "tabs": place.tabs(viewer, "reports"),
        "rows": [(row, span_words(summaries.Span(row.first_day, row.last_day))) for row in rows],
        "rooms": posts.own_rooms(viewer),
        "may_school": posts.COUNSELLOR in viewer.roles,
    }
    return render(request, "network/reports.html", context)


@allow("network")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, level: str, room: str) -> HttpResponse:
    """Hand one up: the figures stand below the form before it is sent."""
    viewer = request.viewer
    school = place.school_of(viewer)
    of = None
    if level == summaries.Level.CLASS:
        of = get_object_or_404(posts.own_rooms(viewer), public_id=room)
    elif level != summaries.Level.SCHOOL or room != SCHOOL or posts.COUNSELLOR not in viewer.roles:
        raise Http404
    form = ReportForm(request.POST or None, day=viewer.day)
    chosen = request.POST.get("span") or request.GET.get("span") or ""
    span = summaries.span_of(chosen, viewer.day) or summaries.spans(viewer.day)[-1]
    form.initial["span"] = span.key
    if request.method == "POST" and form.is_valid():
        try:
            row = summaries.hand_up(viewer, level, of, span, form.cleaned_data["words"])
        except summaries.Refused as refused:
            form.add_error("span", str(refused))
        else:
            notify(request, _("交上去了。"))
            return redirect("network:report", row.public_id)
    figures = summaries.class_figures(of, span) if of else summaries.school_figures(school, span)
    context = {"form": form, "room": of, "span": span_words(span), "lines": lines(figures)}
    return render(request, "network/report_new.html", context, status=422 if form.errors else 200)


@allow("network")
@require_safe
def one(request: Request, report: str) -> HttpResponse:
    place.school_of(request.viewer)
    row = get_object_or_404(summaries.readable(request.viewer), public_id=report)
    span = span_words(summaries.Span(row.first_day, row.last_day))
    context = {
        "row": row,
        "span": span,
        "lines": lines(row.figures),
        "level": NetworkReport.Level(row.level).label,
    }
    return render(request, "network/report.html", context)


def lines(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """Return a summary's figures as (what, how many), in words."""
    made = []
    if "rooms" in figures:
        made.append((_("班级"), str(figures["rooms"])))
    made.append(
        (_("报过心情的周次"), _("%(n)d / %(of)d") % {"n": figures["reported"], "of": figures["weeks"]})
    )
    if "silent" in figures:
        made.append((_("一次也没有报的班"), str(figures["silent"])))
    made.append((_("气氛偏闷的周次"), str(figures["low"])))
    themes = "、".join(str(moods.THEMES[name]) for name in figures["themes"] if name in moods.THEMES)
    if themes:
        made.append((_("大家忙的、说的"), themes))
    made.append((_("全班观察") if "rooms" not in figures else _("做过全班观察的班"), str(figures["looks"])))
    if "class_reports" in figures:
        made.append((_("交来报告的班"), str(figures["class_reports"])))
    made.append(
        (
            _("任务（已回复 / 到期）"),
            _("%(n)d / %(of)d") % {"n": figures["tasks_done"], "of": figures["tasks"]},
        )
    )
    children = figures.get("children")
    if children:
        names = dict(Concern.Origin.choices) | {
            "talk": _("学生自己想聊聊"), "total": _("报来的，合计"), "urgent": _("要马上有人的"), "calm": _("不急的"),
            "on_it": _("已经有人接手"), "open": _("还没有人接手"),
        }  # fmt: skip
        for name in (*Concern.Origin.values, "talk", "total", "urgent", "calm", "on_it", "open"):
            count = children.get(name)
            made.append((str(names[name]), _("人数少，不显示") if count is None else str(count)))
    return made
