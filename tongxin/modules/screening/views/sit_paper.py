"""Filling in: page by page, each answer kept as it is given, handed in at the end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.middleware.csp import get_nonce
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.kernel.access.doors import public
from tongxin.kernel.access.requests import Request
from tongxin.ui import kept

from .. import handing_in, papers, seats, sheet_html, signals
from ..handing_in import HandedIn
from ..layout import Sheet, sheets
from ..models import Paper
from ..papers import MOST_SECONDS, Kept, Refused
from ..seats import Ticket
from ..walk import Walk, walk
from .sit_seat import Sat, free_seat, keep_seat, refused_page, seated, unkept, wants_json

ANSWER = "a-"


def _paper_of(sat: Sat) -> Paper:
    """Return the paper of a seat; whether it may be filled in now is asked where it is written. Raises Refused."""
    if sat.paper is None:
        papers.may_sit(sat.seat)
        raise Refused("not_begun", _("请从头开始。"))
    return sat.paper


@seated
@require_safe
def begin(request: HttpRequest, sat: Sat) -> HttpResponse:
    """Lead to where somebody is: the explanation, a second invitation, or the first page that is not done."""
    if sat.paper is None:
        if sat.alone:
            return redirect("screening:sit_agree")
        papers.begin(sat.seat)
        return keep_seat(redirect("screening:sit_page", 1), sat.seat)
    if sat.paper.finished_at is not None:
        finished = Refused("finished", _("这份问卷已经交了，不用再填。"))
        return free_seat(refused_page(request, finished))
    papers.may_go_on(sat.paper)
    now = walk(sat.seat, sat.paper)
    if sat.paper.attempt > 1 and not now.kept:
        context = {"sat": sat, "sitting": sat.seat.sitting}
        return keep_seat(render(request, "screening/sit_again.html", context), sat.seat)
    sheet = now.first_open()
    if sheet is None:
        return redirect("screening:sit_finish")
    return keep_seat(redirect("screening:sit_page", sheet.number), sat.seat)


@seated
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, sat: Sat, number: int) -> HttpResponse:
    """One page of questions; as a plain form it saves, then goes on or back."""
    if sat.paper is None or sat.paper.finished_at is not None:
        return redirect("screening:sit_paper")
    saved: Kept | None = None
    refused: Refused | None = None
    if request.method == "POST":
        try:
            saved = _keep(sat.paper, number, request.POST)
        except Refused as error:
            if not error.item:
                raise
            refused = error
    else:
        papers.may_go_on(sat.paper)
    now = walk(sat.seat, sat.paper)
    if not 1 <= number <= len(now.laid):
        return redirect("screening:sit_paper")
    sheet = now.laid[number - 1]
    if request.method != "POST" or refused is not None or "clear" in request.POST:
        return _shown(request, sat, now, sheet, refused=refused)
    if request.POST.get("go") == "back":
        back = now.before(number)
        return keep_seat(redirect("screening:sit_page", back.number if back else number), sat.seat)
    if now.blank(sheet) and "skip" not in request.POST:
        return _shown(request, sat, now, sheet, ask=True)
    ahead = now.after(number)
    if saved is not None and saved.called:
        context = {"sat": sat, "ahead": ahead}
        return keep_seat(render(request, "screening/sit_help.html", context), sat.seat)
    if ahead is None:
        return keep_seat(redirect("screening:sit_finish"), sat.seat)
    return keep_seat(redirect("screening:sit_page", ahead.number), sat.seat)


def _keep(paper: Paper, number: int, given: QueryDict) -> Kept:
    """Save what a form brings. Raises Refused."""
    written = _written(given)
    cleared = given.get("clear")
    if cleared:
        written[cleared] = ""
    return papers.keep(paper, number, written, seconds=_seconds(given))


def _written(given: QueryDict) -> dict[str, str]:
    return {name[len(ANSWER) :]: said[-1] for name, said in given.lists() if said and name.startswith(ANSWER)}


def _seconds(given: QueryDict) -> int:
    """Return how much longer the page was looked at: counted by the page's script, else from when it was drawn."""
    told, since = given.get("seconds", ""), given.get("since", "")
    if told.isdecimal():
        return min(int(told[:6]), MOST_SECONDS)
    return min(max(int(time.time()) - int(since), 0), MOST_SECONDS) if since.isdecimal() else 0


def _shown(
    request: HttpRequest, sat: Sat, now: Walk, sheet: Sheet, *, ask: bool = False,
    refused: Refused | None = None,
) -> HttpResponse:  # fmt: skip
    asked = now.asked(sheet)
    # Of a bank only what is asked now is on the page, not all it may choose from.
    drawn = sheet if sheet.step is None else replace(sheet, items=tuple(asked))
    context = {
        "sat": sat,
        "sheet": sheet,
        "questions": sheet_html.draw(drawn, now.answered(sheet), {item.id for item in asked}),
        "since": int(time.time()),
        "back": now.before(sheet.number),
        "last": sheet.number == sheet.of,
        "ask": ask,
        "blank": len(now.blank(sheet)),
        "refused": refused,
    }
    return keep_seat(render(request, "screening/sit_page.html", context), sat.seat)


@seated
@require_POST
def keep(request: HttpRequest, sat: Sat) -> HttpResponse:
    """Keep answers as they are given. The page's script asks for JSON; a plain form goes back to its page."""
    number = request.POST.get("page", "")
    try:
        paper = _paper_of(sat)
        saved = _keep(paper, int(number) if number.isdecimal() else 0, request.POST)
    except Refused as refused:
        if not wants_json(request):
            raise
        return JsonResponse({"code": refused.code, "say": str(refused), "item": refused.item}, status=409)
    if not wants_json(request):
        return keep_seat(redirect("screening:sit_page", int(number)), sat.seat)
    told: dict[str, object] = {"kept": saved.number}
    sheet = sheets(paper.sitting, paper.form)[saved.number - 1]
    if any(item.show_if is not None for item in sheet.items):
        told["shown"] = [item.id for item in walk(sat.seat, paper).asked(sheet)]
    return keep_seat(JsonResponse(told), sat.seat)


@public
@unkept
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: HttpRequest) -> HttpResponse:
    """Hand the paper in; with the answers of a page beside it, these are kept first.

    Blanks are asked about once. Handing in twice changes nothing.
    """
    ticket = seats.read_ticket(request.COOKIES.get(settings.SEAT_COOKIE_NAME))
    if request.method == "POST" and ticket is not None and ticket.alone:
        # Most often all is there at once: the seat is then read where the paper is written, and only there.
        try:
            handed = _hand_in(request, ticket)
        except Refused:
            handed = None  # said below, on the page where it belongs
        if handed is not None:
            return _done(request, handed.paper, called=handed.called)
    return _finish(request)


def _hand_in(request: HttpRequest, ticket: Ticket) -> HandedIn | None:
    """Take a paper of one page when the form brings every answer of it, else None. Raises Refused."""
    given = request.POST
    written = _written(given)
    if not written:
        return None

    def whole(laid: Sequence[Sheet]) -> handing_in.Whole | None:
        if len(laid) != 1 or not all(map(written.get, laid[0].asked_ids)):
            return None
        return {laid[0].form.pk: written}

    return handing_in.hand_in(ticket, whole, seconds=_seconds(given))


@seated
def _finish(request: HttpRequest, sat: Sat) -> HttpResponse:
    if sat.paper is None:
        return redirect("screening:sit_paper")
    if sat.paper.finished_at is not None:
        return _done(request, sat.paper)
    if request.method != "POST":
        papers.may_go_on(sat.paper)
        return _asked_to_finish(request, sat, walk(sat.seat, sat.paper))
    number = request.POST.get("page", "")
    try:
        handed = _hand_in(request, seats.ticket(sat.seat))
        if handed is not None:
            return _done(request, handed.paper, called=handed.called)
        if number.isdecimal():
            _keep(sat.paper, int(number), request.POST)
        if "skip" not in request.POST:
            now = walk(sat.seat, sat.paper)
            if now.blanks():
                return _asked_to_finish(request, sat, now)
        papers.finish(sat.paper)
    except Refused as refused:
        if refused.code == "finished":
            return _done(request, sat.paper)
        if refused.item and number.isdecimal():
            now = walk(sat.seat, sat.paper)
            return _shown(request, sat, now, now.laid[int(number) - 1], refused=refused)
        raise
    return _done(request, sat.paper)


def _asked_to_finish(request: HttpRequest, sat: Sat, now: Walk) -> HttpResponse:
    blanks = [{"number": sheet.number, "n": len(now.blank(sheet))} for sheet in now.blanks()]
    context = {
        "sat": sat,
        "blanks": blanks,
        "n": sum(one["n"] for one in blanks),
        "last": next((sheet for sheet in reversed(now.laid) if now.asked(sheet)), None),
    }
    return keep_seat(render(request, "screening/sit_finish.html", context), sat.seat)


def _done(request: HttpRequest, paper: Paper, *, called: bool | None = None) -> HttpResponse:
    """Say thank you: no score, no label, no rank. The seat is free, the browser keeps nothing of the child.

    The words stand on this answer only and under this address only: an address of their own would tell the next child.
    """
    alone = paper.respondent_id == paper.student_id
    # Most often nobody is signed in: then there is no need to find out who looks.
    viewer = cast(Request, request).viewer if request.user.is_authenticated else None
    given = {
        "alone": alone,
        "called": signals.called_for(paper) if called is None else called,
        "feedback": alone and paper.sitting.feedback,
        "frame": {"school_name": viewer.school.name if viewer and viewer.school else ""},
    }
    page = kept.draw("screening/sit_done.html", given, {"csp_nonce": get_nonce(request)})
    return free_seat(HttpResponse(page))
