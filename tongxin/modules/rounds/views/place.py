"""What the pages of the rounds share: the round somebody organises, its tabs and steps, the token and version of a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.kernel.access import doors
from tongxin.kernel.access.requests import Request
from tongxin.kernel.programmes.pairings import Pairing
from tongxin.kernel.solving.models import SolverRun
from tongxin.ui.toasts import notify
from tongxin.ui.worded import in_words

from .. import schemes, services, standing, wording
from ..models import Participant, Round

school_of, token_of = doors.own_school, doors.token_of

State = Round.State
ORDER = (State.OPEN, State.PROPOSED, State.PUBLISHED, State.IN_FORCE)


def version_of(request: Request) -> int:
    """Return the version a form was made from; without one it fits no round."""
    text = request.POST.get("version", "")
    return int(text[:9]) if text.isascii() and text.isdecimal() else -1


def round_of(request: Request, public_id: str) -> tuple[Round, Pairing]:
    """Return a round the viewer organises with its scheme in the words of the page.

    Anything else looks like a page that is not there.
    """
    school_of(request.viewer)
    rows = standing.organised(request.viewer).select_related("school", "opened_by", "branch", "proposal")
    row = get_object_or_404(rows, public_id=public_id)
    return row, in_words(schemes.of_text(row.school, row.text, row.starts_on))


def person_of(round_: Round, public_id: str) -> Participant:
    rows = Participant.objects.filter(round=round_).select_related("subject", "round")
    return get_object_or_404(rows, public_id=public_id)


def tabs(round_: Round, current: str) -> list[dict[str, Any]]:
    """Return the tabs of a round."""
    places = [("round", _("概况"), True), ("people", _("参加的人"), True)]
    shown = round_.proposal_id is not None
    places += [("table", _("结果"), shown), ("graph", _("连线图"), shown), ("bonds", _("手工定的"), True)]
    places.append(("changes", _("改了什么"), shown))
    return [
        {
            "label": label,
            "url": reverse(f"rounds:{name}", args=[round_.public_id]),
            "current": name == current,
        }
        for name, label, open_ in places
        if open_
    ]


def steps(round_: Round) -> list[dict[str, str]]:
    """Return where a round stands, for the stepper."""
    at = ORDER.index(State(round_.state)) if round_.state in ORDER else -1
    return [
        {
            "label": str(state.label),
            "state": "done"
            if n < at or round_.state == State.IN_FORCE
            else "current"
            if n == at
            else "ahead",
        }
        for n, state in enumerate(ORDER)
    ]


def refuse(request: Request, sentence: str) -> None:
    """Say on the next page why a step was not taken."""
    messages.warning(request, sentence)


def run_of(round_: Round) -> SolverRun | None:
    """Return the last computation of a round; why it failed stands in the language of the page."""
    run = services.last_run(round_)
    if run is not None:
        run.failure = wording.said(run.failure)
    return run


def stepped(
    request: Request, page: str, round_: Round, do: Callable[[int], object], said: str = "", *args: str
) -> HttpResponse:
    """Take one step of the organiser against the version its form was made from, and go back to a page of the round.

    do: takes the version, raises services.Refused with what to do instead. said: what to say when it was taken.
    args: what the page's address needs beside the round.
    """
    try:
        do(version_of(request))
    except services.Refused as refused:
        refuse(request, str(refused))
    else:
        if said:
            notify(request, said)
    return redirect(page, round_.public_id, *args)
