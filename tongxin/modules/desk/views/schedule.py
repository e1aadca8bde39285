"""The plan against the calendar: a Gantt chart, the items by month, and notes of progress."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.obligations.queries import Asked
from tongxin.kernel.programmes.models import PlanMark
from tongxin.kernel.programmes.queries import phases
from tongxin.kernel.programmes.services import mark_plan_item
from tongxin.ui.charts import Bar, Gantt
from tongxin.ui.toasts import notify
from tongxin.ui.worded import said

from .. import programmes
from .programme import asked_of, frame


@allow("programme")
def schedule(request: Request, public_id: str) -> HttpResponse:
    asked = asked_of(request, public_id)
    viewer = request.viewer
    steps = programmes.progress(asked.programme, asked.pack, viewer.day)
    return render(
        request,
        "desk/schedule.html",
        frame(request, asked, "schedule")
        | {
            "chart": _chart(asked, steps, viewer.day),
            "steps": steps,
            "states": PlanMark.State.choices,
            "today": viewer.day,
            "may_mark": {s.item.name for s in steps if _may_mark(request, s.item.owner)},
        },
    )


def _may_mark(request: Request, owner: str) -> bool:
    """The item's owner, and those who keep the plan."""
    return request.viewer.may("plan_mark") or owner in request.viewer.posts


def _chart(asked: Asked, steps: list[programmes.Progress], today: date) -> Gantt:
    programme = asked.programme
    bars = []
    for phase in phases(programme, asked.pack):
        mine = [step for step in steps if step.item.phase == phase.number]
        done = sum(step.done for step in mine)
        bars.append(Bar(said(phase.title), phase.first_day, phase.last_day, done, len(mine), group=True))
        bars += [_bar(programme.public_id, step, today) for step in mine]
    loose = [step for step in steps if not step.item.phase]
    bars += [_bar(programme.public_id, step, today) for step in loose]
    late = [step for step in steps if step.slipped and not step.done]
    done = sum(step.done for step in steps)
    title = _("%(all)d件事做完%(done)d件") % {"all": len(steps), "done": done}
    if late:
        worst = max(late, key=lambda step: step.slipped)
        title += _("，“%(item)s”推后最久，%(n)d天") % {"item": worst.item.title, "n": worst.slipped}
    return Gantt(title, first=programme.first_day, last=programme.last_day, bars=bars, today=today)


def _bar(programme: str, step: programmes.Progress, today: date) -> Bar:
    item = step.item
    return Bar(
        item.title,
        item.first_day,
        item.due,
        done=len(item.kinds) if step.done else step.kinds_done,
        due=len(item.kinds) or 1,
        state=step.state,
        url=f"#{item.name}",
        owner=step.owner,
        slipped_to=(step.finished_on or today) if step.slipped else None,
    )


@allow("programme")
@require_POST
def mark(request: Request, public_id: str, item: str) -> HttpResponse:
    """Note progress of an item of the plan; the owner of the item or whoever keeps the plan."""
    asked = asked_of(request, public_id)
    planned = next((one for one in asked.pack.plan_items if one.name == item), None)
    state = request.POST.get("state", "")
    if planned is None or not _may_mark(request, planned.owner) or state not in PlanMark.State.values:
        raise Http404
    day = _day(request.POST.get("day", ""), request.viewer.day)
    note = request.POST.get("note", "").strip()
    mark_plan_item(asked.programme, item, state, day, note, by=request.viewer.account)
    notify(request, _("已记下“%(item)s”的进展。") % {"item": planned.title})
    return redirect(reverse("desk:schedule", args=[public_id]) + f"#{item}")


def _day(text: str, today: date) -> date:
    """Return the day somebody gave, today when it is no day or lies ahead."""
    try:
        return min(date.fromisoformat(text), today)
    except ValueError:
        return today
