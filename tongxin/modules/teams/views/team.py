"""The page of a team and what is written there: steps, what was done, how able its members feel, changes, the paper."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.word import write_word
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.ledger import evidence
from tongxin.kernel.ledger.services import Upload
from tongxin.kernel.programmes import queries as programmes
from tongxin.ui.toasts import notify

from .. import forming, logs, looking, measuring, planning, showing
from .. import paper as papers
from ..forms import ChangeForm, EndForm, LogForm, RateForm, StepForm
from ..kinds import Log, TeamKind
from ..models import Step, Topic
from ..rules import Refused
from . import place

MOST_PHOTOS = 9


@allow("teams")
@require_safe
def page(request: Request, team: str) -> HttpResponse:
    viewer = request.viewer
    card = place.card_of(request, team)
    one, kind = card.team, card.kind
    first, last = place.year_of(one.school, viewer.day)
    edits = looking.may_edit(viewer, one) and not card.ended
    staff = "staff" in viewer.roles
    titles = {seat.name: seat.title for seat in kind.seats} if kind else {}
    names = looking.names_of(viewer, one)
    context = {
        "card": card,
        "team": one,
        "kind": kind,
        "seats": [(titles.get(seat, ""), people) for seat, people in card.seats.items()],
        "topics": Topic.objects.filter(team=one).select_related("enterprise").order_by("pk"),
        "steps": [
            (step, planning.state(step, viewer.day), names.seen(step.bearer).name if step.bearer else "")
            for step in planning.steps(one)
        ],
        "step_form": StepForm(members=planning.bearers(card)) if edits else None,
        "written": logs.written(viewer, one),
        "logs": _logs(card, viewer.day) if edits and staff else [],
        "results": [
            (entry, logs.facts(entry, programmes.kinds(one.school, viewer.day).get(entry.kind)))
            for entry in logs.results(one.school, first, last, one)
        ],
        "edits": edits,
        "may_change": looking.may_change(viewer, one) and not card.ended,
        "changes": papers.changes(one, titles, names),
        "reads_reasons": looking.may_change(viewer, one),
        "rating": measuring.next_moment(viewer, kind, one) if kind else None,
        "measured": _measured(kind, card) if kind else None,
        "member": looking.is_member(viewer, one),
        "named": showing.said(viewer, one),
        "may_paper": looking.may_change(viewer, one),
    }
    return render(request, "teams/team.html", context)


def _logs(card: looking.Card, day: date) -> list[Log]:
    """Return what can be written down for a team, first that it was formed where the ledger does not know."""
    if card.kind is None:
        return []
    found = [log for log, _activity in logs.logs_of(card.team.school, card.kind, day)]
    return [card.kind.formation, *found] if logs.unformed(card.team, card.kind) else found


def _measured(kind: TeamKind, card: looking.Card) -> dict | None:
    """Say how many answered, and the comparison only of enough people."""
    if not kind.measured:
        return None
    whole = len([one for seat in kind.learners for one in card.seats.get(seat, [])])
    return {
        "whole": whole,
        "growth": measuring.growth(card.team.school, [card.team.pk]),
        "few": whole < measuring.SMALLEST,
        "smallest": measuring.SMALLEST,
    }


def _editable(request: Request, public_id: str) -> looking.Card:
    card = place.card_of(request, public_id)
    if card.ended or not looking.may_edit(request.viewer, card.team):
        raise Http404
    return card


@allow("teams")
@require_POST
def steps(request: Request, team: str) -> HttpResponse:
    """Add a step, say it is done, take that back, or take the step out."""
    viewer = request.viewer
    card = _editable(request, team)
    known = request.POST.get("step", "")
    if known:
        step = get_object_or_404(Step, team=card.team, public_id=known)
        planning.change(viewer, step, request.POST.get("what", ""))
        return redirect("teams:team", team)
    form = StepForm(request.POST, members=planning.bearers(card))
    if not form.is_valid():
        context = {"form": form, "team": card.team}
        return render(request, "teams/step.html", context, status=422)
    data = form.cleaned_data
    planning.add(
        viewer, card.team, data["title"], data["due"], form.bearer_id(), token=place.token_of(request)
    )
    notify(request, _("加好了。"))
    return redirect("teams:team", team)


@allow("record")
@require_http_methods(["GET", "HEAD", "POST"])
def log(request: Request, team: str, kind: str) -> HttpResponse:
    """Write down one thing the team did: once, for every place that counts it."""
    viewer = request.viewer
    card = _editable(request, team)
    known = programmes.kinds(card.team.school, viewer.day)
    found = card.kind.log(kind) if card.kind else None
    if found is None or found.name not in known or card.kind is None:
        raise Http404
    if (
        found.name == card.kind.formed
        and request.method != "POST"
        and not logs.unformed(card.team, card.kind)
    ):
        raise Http404
    woven = known.get(found.woven) if found.woven else None
    form = LogForm(
        request.POST or None, log=found, activity=known[found.name], woven=woven,
        members=planning.bearers(card), initial=_initial(card, found, viewer.day),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        used = card.kind.log(found.woven) if form.is_woven else found
        activity = woven if form.is_woven and woven is not None else known[found.name]
        try:
            logs.write(
                viewer, card.team, used or found, activity, form.draft(_uploads(request, activity)),
                token=place.token_of(request),
            )  # fmt: skip
        except (Refused, evidence.BadFile) as refused:
            field = {"day": "day", "note": "note"}.get(getattr(refused, "field", None) or "")
            form.add_error(field, str(refused))
        else:
            notify(request, _("登记好了。"))
            return redirect("teams:team", team)
    context = {
        "form": form,
        "team": card.team,
        "log": found,
        "counted": logs.counted_in(card.team.school, card.kind, known[found.name], viewer.day),
        "woven": logs.counted_in(card.team.school, card.kind, woven, viewer.day) if woven else [],
    }
    return render(request, "teams/log.html", context, status=422 if form.errors else 200)


def _initial(card: looking.Card, log: Log, day: date) -> dict[str, Any]:
    """Return what a form begins with: today, or for its formation the day, the name and the amounts of the team."""
    if card.kind is None or log.name != card.kind.formed:
        return {"day": day}
    amounts = {f"a_{name}": n for name, n in card.kind.amounts.items()}
    return {"day": card.team.present_from, "title": card.team.name} | amounts


def _uploads(request: Request, activity) -> list[Upload]:
    """Return the files as the first type of evidence the activity asks for; photographs as such where it knows them."""
    types = [one.name for one in activity.evidence] or ["photo"]
    return [
        Upload("photo" if "photo" in types and (file.content_type or "").startswith("image/") else types[0],
               file.read(), file.name or "")
        for file in request.FILES.getlist("files")[:MOST_PHOTOS]
    ]  # fmt: skip


@allow("teams")
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: Request, team: str) -> HttpResponse:
    """How able one feels, before and after; nobody else reads it."""
    viewer = request.viewer
    card = place.card_of(request, team)
    moment = measuring.next_moment(viewer, card.kind, card.team) if card.kind else None
    if card.kind is None or (moment is None and not _rated(request, card)):
        raise Http404
    if moment is None:
        return redirect("teams:team", team)
    form = RateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = request.POST.get("moment", moment)
        try:
            measuring.rate(viewer, card.kind, card.team, asked, form.cleaned_data)
        except Refused as refused:
            notify(request, str(refused))
        else:
            notify(request, _("填好了，谢谢。"))
        return redirect("teams:team", team)
    context = {"form": form, "team": card.team, "moment": moment}
    return render(request, "teams/rate.html", context, status=422 if form.errors else 200)


def _rated(request: Request, card: looking.Card) -> bool:
    """Whoever sends the form twice finds the page again, not an error."""
    return card.kind is not None and request.viewer.person_id in measuring.learners(
        card.kind, card.team, request.viewer.day
    )


def _changeable(request: Request, public_id: str) -> looking.Card:
    card = place.card_of(request, public_id)
    if card.ended or card.kind is None or not looking.may_change(request.viewer, card.team):
        raise Http404
    return card


@allow("teams")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Request, team: str) -> HttpResponse:
    viewer = request.viewer
    card = _changeable(request, team)
    assert card.kind is not None
    form = ChangeForm(request.POST or None, viewer=viewer, kind=card.kind, team=card.team)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            forming.replace(
                viewer, card.team, card.kind, data["seat"], form.leaving_id(), form.coming(), since=data["since"],
                reason=data["reason"], token=place.token_of(request),
            )  # fmt: skip
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            notify(request, _("更换好了。"))
            return redirect("teams:team", team)
    context = {"form": form, "team": card.team}
    return render(request, "teams/change.html", context, status=422 if form.errors else 200)


@allow("teams")
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: Request, team: str) -> HttpResponse:
    viewer = request.viewer
    card = _changeable(request, team)
    form = EndForm(request.POST or None, initial={"since": viewer.day})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            forming.disband(viewer, card.team, data["since"], data["reason"], token=place.token_of(request))
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            notify(request, _("团队结束了，记录都留着。"))
            return redirect("teams:team", team)
    context = {"form": form, "team": card.team}
    return render(request, "teams/end.html", context, status=422 if form.errors else 200)


@allow("teams")
@require_POST
def named(request: Request, team: str) -> HttpResponse:
    """Say whether one may be named where results are shown."""
    card = place.card_of(request, team)
    if not looking.is_member(request.viewer, card.team):
        raise Http404
    showing.say(request.viewer, card.team, request.POST.get("shown") == "yes")
    notify(request, _("记下了，随时可以改。"))
    return redirect("teams:team", team)


@allow("teams")
@require_safe
def paper(request: Request, team: str) -> HttpResponseBase:
    """The team's school year as Word, for the archive; who takes it away is on record."""
    viewer = request.viewer
    card = place.card_of(request, team)
    if not looking.may_change(viewer, card.team):
        raise Http404
    first, last = place.year_of(card.team.school, min(viewer.day, card.team.present_to))
    number = outgoing.note(viewer, "teams.paper", card.team)
    document = papers.document(viewer, card, first, last, number)
    return outgoing.attachment(write_word(document), f"{document.title}.docx", outgoing.DOCX)
