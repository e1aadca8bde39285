"""我的结对: the pairs one is in, and the page of one pair for either side."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import ALWAYS
from tongxin.kernel.base.models import School
from tongxin.kernel.obligations.queries import todo

from .. import agreements, feedback, lives, marks, pairs, shining, wishes, work
from ..kinds import pair_kinds
from ..pairs import A, Pair
from . import place


@allow("pairs")
@require_safe
def home(request: Request) -> HttpResponse:
    viewer = request.viewer
    if viewer.school is not None and viewer.school.kind != School.Kind.SCHOOL:
        # The menu leads officers of a bureau here too; they are in no pair.
        return render(request, "mentoring/home.html", {"staff": True})
    school = place.school_of(viewer)
    mine = pairs.own(viewer, pair_kinds(school, viewer.day))
    present = [one for one in mine if one.holds_on(viewer.day)]
    dues = todo(viewer) if viewer.may("todo") and present else []
    standings = {one.pair.key: one for one in agreements.standings(present, viewer.day)}
    context = {
        "tabs": place.tabs(viewer, "home"),
        "lines": [_line(viewer, one, standings[one.key], dues) for one in present],
        "coming": [_called(viewer, one) for one in mine if one.to_come(viewer.day)],
        "past": [
            _called(viewer, one)
            for one in mine
            if not one.holds_on(viewer.day) and not one.to_come(viewer.day)
        ],
        "staff": "staff" in viewer.roles,
    }
    return render(request, "mentoring/home.html", context)


def _called(viewer: Viewer, pair: Pair) -> dict:
    """Return a pair as its own side names it: the other's name, and what the other is to one."""
    mine = pairs.side_of(viewer, pair) == A
    return {
        "pair": pair,
        "name": pair.b.name if mine else pair.a.name,
        "what": pair.kind.title if mine else pair.kind.to_b,
        "beside": ""
        if mine or (pairs.side_of(viewer, pair) == pairs.B and pair.b.type != "homeroom")
        else pair.b.name,
        "since": pair.since if pair.since > ALWAYS else None,
    }


def _line(viewer: Viewer, pair: Pair, standing: agreements.Standing, dues: list) -> dict:
    owed = [one for one in work.owed(viewer, pair, dues) if one.state in ("open", "missed")]
    return _called(viewer, pair) | {
        "owed": owed[:2],
        "more": max(len(owed) - 2, 0),
        "sign": agreements.waits_for(viewer, standing),
        "unwritten": standing.newest is None and pairs.side_of(viewer, pair) == A,
    }


@allow("pairs")
@require_safe
def pair(request: Request, pair: str) -> HttpResponse:
    viewer = request.viewer
    one = place.pair_of(request, pair)
    side = pairs.side_of(viewer, one)
    assert viewer.school is not None
    when = feedback.period(viewer.school, viewer.day)
    reads = pairs.reads(viewer, one)
    followed = marks.of(one) if one.kind.marks and reads else []
    context = {
        "pair": one,
        "side": side,
        "room": place.room_of(one, viewer),
        "leads": not side and pairs.leads(viewer, one),
        "called": _called(viewer, one),
        "today": viewer.day,
        "holds": one.holds_on(viewer.day),
        "coming": one.to_come(viewer.day),
        "owed": work.owed(viewer, one) if side == A and viewer.may("todo") else [],
        "buttons": work.buttons(viewer, one, when.first) if one.holds_on(viewer.day) else [],
        "done": work.done(viewer, one),
        "wishes": wishes.of(one) if one.kind.wishes and reads else [],
        "standing": agreements.standings([one], viewer.day)[0],
        "reads": reads,
        "followed": [(row, marks.said(row)) for row in followed[:6]],
        "may_mark": marks.may_enter(viewer, one),
        "speaks": feedback.speaks(viewer, one) if one.until >= when.first else "",
        "gone": one.b.present_to < viewer.day and not one.holds_on(viewer.day),
        "said": feedback.of(one, when).get(feedback.speaks(viewer, one)) if side else None,
        "term": when,
        "steps": lives.steps(one),
        "asked": lives.mine(viewer, one).filter(decided_at=None).first() if side else None,
        "requests": lives.asked(one) if not side else [],
        "may_show": not side and not one.kind.with_child and shining.may_mark(viewer),
    }
    return render(request, "mentoring/pair.html", context)
