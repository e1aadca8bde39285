"""Consent before anything is asked: the child at its seat, guardians and older children signed in."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import consents, own, papers
from ..papers import Refused
from .sit_seat import CONSENT_CODES, Sat, free_seat, keep_seat, seated


@require_http_methods(["GET", "HEAD", "POST"])
def _agree(request: HttpRequest, sat: Sat) -> HttpResponse:
    """Show a child what it is about and let it begin, or stay away; refusing closes nothing else."""
    if not sat.alone:
        return redirect("screening:sit_paper")
    _may_be_asked(sat)
    asked = consents.asked_about(sat.seat.student, sat.seat.student)
    if asked.text is None:
        raise Refused("no_text", _("说明还没有公布，先不用填。请等老师通知。"))
    error = ""
    if request.method == "POST":
        what = request.POST.get("what", "")
        try:
            if what != "start":
                consents.say(asked, what, request.POST.get("version", ""), by=None)
        except consents.Refused as refused:
            error = str(refused)
        else:
            return _after(request, sat, what)
    context = {"sat": sat, "asked": asked, "error": error, "may_start": asked.may_start}
    return keep_seat(render(request, "screening/sit_agree.html", context), sat.seat)


agree = seated(_agree)


def _may_be_asked(sat: Sat) -> None:
    """Raise Refused where anything but the consent stands in the way."""
    try:
        papers.may_sit(sat.seat)
    except Refused as refused:
        if refused.code not in CONSENT_CODES:
            raise


def _after(request: HttpRequest, sat: Sat, what: str) -> HttpResponse:
    if what in ("refused", "withdrawn"):
        return free_seat(render(request, "screening/sit_refused.html"))
    papers.begin(sat.seat)
    return keep_seat(redirect("screening:sit_page", 1), sat.seat)


@allow()
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: Request) -> HttpResponse:
    """What guardians say about their children, and older children about themselves; to be changed at any time."""
    if not request.viewer.roles & {"guardian", "student"}:
        raise Http404
    rows = own.asked_of(request.viewer)
    errors: dict[str, str] = {}
    if request.method == "POST":
        asked = next((one for one in rows if one.student.public_id == request.POST.get("student")), None)
        if asked is None:
            raise Http404
        try:
            consents.say(
                asked, request.POST.get("what", ""), request.POST.get("version", ""),
                by=request.viewer.account,
            )  # fmt: skip
        except consents.Refused as refused:
            errors[asked.student.public_id] = str(refused)
        else:
            notify(request, _("记下了。随时可以在这里更改。"))
            return redirect("screening:sit_consent")
    context = {
        "rows": [{"asked": one, "error": errors.get(one.student.public_id, "")} for one in rows],
        "text": next((one.text for one in rows if one.text is not None), None),
    }
    return render(request, "screening/sit_consent.html", context)
