"""Who is on duty on nights, weekends and holidays, and how much time the counsellors have for first talks."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.kernel.access.doors import allow, school_of
from tongxin.kernel.access.requests import Request
from tongxin.kernel.base.models import School
from tongxin.kernel.signals import duty as shifts
from tongxin.kernel.signals.chain import able
from tongxin.kernel.signals.models import DutyShift
from tongxin.ui.toasts import notify

from .. import capacity
from .. import roster as rosters
from . import place

SHOWN = 60
LEAST_EACH, MOST_EACH = 5, 120
MOST_HOURS = 60


@allow("signal_chain")
@require_http_methods(["GET", "HEAD", "POST"])
def roster(request: Request) -> HttpResponse:
    """The roster, and a form that writes many shifts at once."""
    school = school_of(request.viewer)
    error = ""
    if request.method == "POST":
        error = _add(request, school)
        if not error:
            return redirect("cases:duty")
    return _page(request, school, error)


def _add(request: Request, school: School) -> str:
    """Write the shifts asked for; return why not."""
    person = able(school, request.viewer.day).filter(public_id=request.POST.get("person", "")).first()
    if person is None:
        return _("请选一位值班的人。")
    typed = rosters.Asked(
        *(request.POST.get(name, "").strip() for name in ("first", "last", "days", "start", "end"))
    )
    try:
        made = shifts.add_shifts(school, person, rosters.spans(school, typed), by=request.viewer)
    except (ValueError, shifts.Refused) as refused:
        return str(refused)
    notify(request, ngettext("排好了 %(n)d 段。", "排好了 %(n)d 段。", len(made)) % {"n": len(made)})
    return ""


@allow("signal_chain")
@require_POST
def remove(request: Request, public_id: str) -> HttpResponse:
    rows = DutyShift.objects.current().filter(school=school_of(request.viewer), to_at__gt=timezone.now())
    shifts.take_down(get_object_or_404(rows, public_id=public_id), by=request.viewer)
    notify(request, _("已撤下。这段时间按应急联系人的顺序通知。"))
    return redirect("cases:duty")


@allow("signal_chain")
@require_POST
def hours(request: Request) -> HttpResponse:
    """Note how much time each counsellor has; all of what was typed, or nothing."""
    school = school_of(request.viewer)
    wanted = []
    for person in capacity.counsellors(school, request.viewer.day):
        a_week = _number(request.POST.get(f"hours-{person.public_id}", ""), 0, MOST_HOURS)
        each = _number(request.POST.get(f"each-{person.public_id}", ""), LEAST_EACH, MOST_EACH)
        if a_week is None or each is None:
            error = _("%(name)s：每周填 0 到 60 小时，每人填 5 到 120 分钟。") % {"name": person.name}
            return _page(request, school, error)
        wanted.append((person, round(a_week * 60), round(each)))
    for person, minutes, each in wanted:
        capacity.set_hours(school, person, minutes, each, by=request.viewer)
    notify(request, _("记下了。名单会按这些时间说这一周能看几名。"))
    return redirect("cases:duty")


def _number(text: str, least: float, most: float) -> float | None:
    try:
        number = float(text.strip() or "0")
    except ValueError:
        return None
    return number if least <= number <= most else None


def _page(request: Request, school: School, error: str = "") -> HttpResponse:
    viewer = request.viewer
    known = {row.person_id: row for row in capacity.hours_of(school)}
    typed = request.POST if error else {}
    context: dict[str, Any] = {
        "tabs": place.tabs(viewer, "duty"),
        "shifts": list(shifts.coming(school, timezone.now())[:SHOWN]),
        "now": timezone.now(),
        "able": list(able(school, viewer.day)),
        "days": rosters.DAYS.items(),
        "typed": {
            "person": typed.get("person", ""),
            "first": typed.get("first", viewer.day.isoformat()),
            "last": typed.get("last", ""),
            "days": typed.get("days", rosters.EVERY),
            "start": typed.get("start", "18:00"),
            "end": typed.get("end", "07:00"),
        },
        "counsellors": [
            {
                "person": person,
                "hours": typed.get(
                    f"hours-{person.public_id}",
                    f"{known[person.pk].minutes_a_week / 60:g}" if person.pk in known else "",
                ),
                "each": typed.get(
                    f"each-{person.public_id}",
                    str(known[person.pk].minutes_each) if person.pk in known else "20",
                ),
            }
            for person in capacity.counsellors(school, viewer.day)
        ],
        "error": error,
    }
    return render(request, "cases/duty.html", context, status=422 if error else 200)
