"""Who sits at this browser: the seat's cookie, what it stands for, and how somebody sits down and leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tongxin.kernel.access.doors import public
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer

from .. import seats
from ..models import Paper, SittingForm
from ..papers import Refused, Seat


@dataclass(frozen=True)
class Sat:
    """Somebody at this browser. paper: the newest of this seat, None before it is begun."""

    seat: Seat
    paper: Paper | None

    @property
    def alone(self) -> bool:
        """The child fills in about itself."""
        return self.seat.respondent is None

    @property
    def said(self) -> str:
        """Enough of a name that the wrong child notices, and no more."""
        return masked(self.seat.student.name) if self.alone else self.seat.student.name


def masked(name: str) -> str:
    """张小禾 → 张*禾, 方晓 → 方*."""
    return name[:1] + "*" + (name[-1] if len(name) > 2 else "")


def sat_at(request: HttpRequest) -> Sat | None:
    """Return who sits at this browser; None where nobody does, or no longer may.

    A guardian or teacher fills in only while signed in, and only about the children they have.
    """
    sealed = request.COOKIES.get(settings.SEAT_COOKIE_NAME)
    ticket = seats.read_ticket(sealed)
    if ticket is None:
        return None
    paper = seats.paper_at(ticket)
    seat = seats.seat_at(paper) if paper is not None else seats.seat_of(sealed)
    if seat is None or (seat.respondent is not None and not answers_for(cast(Request, request).viewer, seat)):
        return None
    return Sat(seat, paper)


def answers_for(viewer: Viewer, seat: Seat) -> bool:
    """Say whether this viewer is the respondent of a seat and still has the child."""
    if viewer.school_id != seat.sitting.school_id or viewer.person_id != seat.who.pk:
        return False
    if seat.form == SittingForm.Form.PARENT:
        return seat.student.pk in viewer.children
    return seats.in_homeroom_of(seat.student, viewer.posts.get("homeroom_teacher", frozenset()), viewer.day)


def seated(view: Callable) -> Callable:
    """Open a page to whoever sits at this browser (given as its second argument); everybody else is told the way in."""

    @public
    @unkept
    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        sat = sat_at(request)
        if sat is None:
            if wants_json(request):
                return free_seat(JsonResponse({"code": "gone"}, status=403))
            return nobody_sits(request)
        try:
            return view(request, sat, *args, **kwargs)
        except Refused as refused:
            return refused_page(request, refused, sat)

    return guarded


def unkept(view: Callable) -> Callable:
    """Nothing of the page stays in the browser, so that Back shows the next child nothing."""

    @wraps(view)
    def fresh(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store, private"
        return response

    return fresh


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


def sit_down(seat: Seat) -> HttpResponse:
    """Give this browser a seat and lead to the paper; whoever sat here before is gone with it."""
    return keep_seat(redirect("screening:sit_paper"), seat)


def keep_seat(response: HttpResponse, seat: Seat) -> HttpResponse:
    response.set_cookie(
        settings.SEAT_COOKIE_NAME, seats.ticket(seat).sealed(), max_age=seats.SEAT_SECONDS, httponly=True,
        samesite="Lax", secure=settings.BEHIND_TLS, path="/",
    )  # fmt: skip
    return response


def free_seat(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(settings.SEAT_COOKIE_NAME, path="/", samesite="Lax")
    return response


def nobody_sits(request: HttpRequest) -> HttpResponse:
    """The seat was left, or nobody touched it for half an hour."""
    return free_seat(
        render(
            request,
            "screening/sit_stop.html",
            {
                "title": _("这里没有正在填的问卷"),
                "lead": _(
                    "已经离开，或者停了半小时。选过的答案都保存了，再进来一次就能接着填；已经交了的不用再填。"
                ),
                "again": True,
            },
            status=403,
        )
    )


def refused_page(request: HttpRequest, refused: Refused, sat: Sat | None = None) -> HttpResponse:
    """Say in a page of its own why nothing can be filled in, and what to do; nothing was saved."""
    alone = sat is None or sat.alone
    context = {
        "title": title_of(refused.code),
        "lead": str(refused),
        "sat": sat,
        "code": refused.code,
        "may_choose": alone and sat is not None and refused.code in CONSENT_CODES,
    }
    return render(request, "screening/sit_stop.html", context, status=403)


CONSENT_CODES = ("refused", "withdrawn", "own_needed", "no_answer", "outdated")


def title_of(code: str) -> str:
    """Return the heading of the page that says why nothing can be filled in."""
    if code in ("refused", "withdrawn"):
        return _("这次不用填")
    return {
        "not_open": _("还没有开始"),
        "closed": _("这次测评结束了"),
        "finished": _("已经交了"),
        "empty": _("一题都还没有填"),
        "not_asked": _("没有安排这次测评"),
        "no_form": _("没有要填的内容"),
        "own_needed": _("先看说明，再自己决定"),
        "no_answer": _("还没有收到同意书"),
        "outdated": _("说明更新了，要重新问一次"),
        "no_text": _("说明还没有公布"),
        "code": _("这个码打不开"),
    }.get(code, _("现在还不能填"))
