"""Home 待办: what I still owe comes first; whoever answers for a programme sees how far it has come."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.access.waiting import waiting_for
from tongxin.kernel.base.models import Subject
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.obligations.asked import still_open
from tongxin.kernel.obligations.queries import todo
from tongxin.kernel.programmes.queries import active_programmes, current_pack, school_packs

from .. import duties, kinds, ledger, messages, programmes
from ..numbers import title_of
from .links import named_url

RECENT_DAYS = 14
RECENT = 5
LOOK_AHEAD = timedelta(days=120)


@allow()
def home(request: Request) -> HttpResponse:
    viewer = request.viewer
    if viewer.school is None:
        return _no_school(request)
    if viewer.may("bureau"):
        own = duties.todo_lines(viewer, todo(viewer), kinds.loggable(viewer), _term_end(viewer))
        context = {"schools": programmes.schools_of(viewer), "todo": own}
        return render(request, "desk/home_bureau.html", context)
    if not viewer.may("todo"):
        lead = _("学校需要您做什么时，会列在这里，也会通知您。")
        return render(request, "desk/home_empty.html", {"lead": lead} | _waiting(viewer))
    running = active_programmes(viewer.school, viewer.day).exists()
    if not running:
        return render(request, "desk/home_empty.html", _first_day(viewer) | _waiting(viewer))
    return _own_list(request)


def _waiting(viewer: Viewer) -> dict:
    lines = waiting_for(viewer)
    return {"waiting": lines, "owed": any(not line.quiet for line in lines)}


def _no_school(request: Request) -> HttpResponse:
    first_run = named_url("setup:first_run")
    if request.viewer.may("first_run") and first_run:
        return redirect(first_run)
    return render(
        request, "desk/home_empty.html", {"lead": _("您的账号现在没有连到学校。请联系学校办公室。")}
    )


def _first_day(viewer: Viewer) -> dict:
    empty = not Subject.objects.filter(school=viewer.school, type="student").exists()
    if viewer.may("import") and empty:
        return {
            "lead": _("学校的资料还没有齐。照着“开学几步”一步一步来，做完就能用了。"),
            "action_url": named_url("setup:next_steps"),
            "action_label": _("看开学几步"),
        }
    if viewer.may("programme_edit"):
        return {
            "lead": _("先采用一个方案，之后每个人要做的事会自动列在这里。"),
            "action_url": reverse("desk:adopt"),
            "action_label": _("选择方案"),
        }
    return {"lead": _("学校采用方案以后，您要做的事会列在这里。")}


def _own_list(request: Request) -> HttpResponse:
    viewer = request.viewer
    loggable = kinds.loggable(viewer)
    mine = duties.todo_lines(viewer, todo(viewer), loggable, _term_end(viewer))
    plan = _plan_of_mine(viewer)
    asked = _asked_of_me(viewer)
    waiting = waiting_for(viewer)
    owed = sum(not line.quiet for line in waiting)
    leads = viewer.may("gaps") and viewer.reach("K1").school
    return render(
        request,
        "desk/home.html",
        {
            "todo": mine,
            "plan": plan,
            "asked": asked,
            "waiting": waiting,
            "answer": _answer(mine.things + len(plan) + len(asked) + owed, bool(mine.later)),
            "messages_in": messages.unread(viewer),
            "recent": _recent(viewer),
            "cards": programmes.cards(viewer) if leads else [],
        },
    )


def _answer(things: int, later: bool) -> str:
    """The one sentence at the top."""
    if things:
        return ngettext("这两周还有%(n)d件事。", "这两周还有%(n)d件事。", things) % {"n": things}
    if later:
        return _("这两周的事都做完了。")
    return _("现在没有要做的事。")


def _term_end(viewer: Viewer) -> date:
    """The last day of what stands under "this term": the term's end, or four months on when there is no term."""
    term = school_calendar(viewer.school).term_of(viewer.day) if viewer.school else None
    return term.last if term else viewer.day + LOOK_AHEAD


def _plan_of_mine(viewer: Viewer) -> list[dict]:
    """Items of the plan whose owner's post this person holds, late or due within a fortnight."""
    soon = viewer.day + timedelta(days=duties.FORTNIGHT)
    rows = []
    for programme, pack in school_packs(viewer.school, viewer.day) if viewer.school else ():
        if not {item.owner for item in pack.plan_items} & viewer.posts.keys():
            continue
        for step in programmes.progress(programme, pack, viewer.day):
            item = step.item
            if (
                item.owner in viewer.posts
                and not step.done
                and item.first_day <= viewer.day
                and item.due <= soon
            ):
                url = reverse("desk:schedule", args=[programme.public_id]) + f"#{item.name}"
                rows.append({"title": item.title, "until": item.due, "state": step.state, "url": url})
    return rows


def _asked_of_me(viewer: Viewer) -> list[dict]:
    """Numbers and days that this person is to set and has not."""
    return [
        {
            "title": title_of(current_pack(programme), place),
            "place": place.subject.name,
            "url": reverse("desk:numbers", args=[programme.public_id]) + f"#{place.key}",
        }
        for programme, place in still_open(viewer)
    ]


def _recent(viewer: Viewer) -> list[ledger.Line]:
    words = ledger.words_of(viewer)
    filters = ledger.Filters(own=True, first=viewer.day - timedelta(days=RECENT_DAYS))
    rows = ledger.entries(viewer, filters, words).order_by("-day", "-pk").values_list(*ledger.FIELDS)[:RECENT]
    return ledger.lines(viewer, list(rows), words)
