"""Forming a team: propose and be asked, or form it for others."""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import forming, looking
from ..forms import InsteadForm, TeamForm
from ..kinds import LEADER, TeamKind, all_kinds
from ..models import Invited, Proposal
from ..rules import Refused
from . import place


@allow("teams")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, kind: str) -> HttpResponse:
    """A member teacher proposes a team and asks everybody for a yes."""
    viewer = request.viewer
    if not looking.may_lead(viewer):
        raise Http404
    found = place.kind_of(place.school_of(viewer), kind, viewer.day)
    form = _form(request, found, led=False)
    if request.method == "POST" and form.is_valid():
        try:
            made = forming.propose(viewer, _plan(form, found), form.members(), token=place.token_of(request))
        except Refused as refused:
            _say(form, refused)
        else:
            if made.state == Proposal.State.FORMED:
                return _formed(request, made)
            notify(request, _("邀请已经发出，对方在首页看到。"))
            return redirect("teams:proposal", made.public_id)
    return _page(request, form, found)


@allow(looking.FORM)
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: Request, kind: str) -> HttpResponse:
    """Whoever leads the branch or the school forms a team for others; it stands at once."""
    viewer = request.viewer
    school = place.school_of(viewer)
    found = place.kind_of(school, kind, viewer.day)
    form = _form(request, found, led=True)
    if request.method == "POST" and form.is_valid():
        try:
            members = form.members()
            if not looking.may_form_with(viewer, members.get(LEADER, [])):
                raise Refused(_("只能为自己支部的党员组队，请换一位负责人。"), LEADER)
            team = forming.form(
                viewer, _plan(form, found), members, since=form.cleaned_data["since"], mode=forming.LED,
                token=place.token_of(request),
            )  # fmt: skip
        except Refused as refused:
            _say(form, refused)
        else:
            notify(request, _("团队组成了。"))
            return redirect("teams:team", team.public_id)
    return _page(request, form, found)


def _form(request: Request, kind: TeamKind, *, led: bool) -> TeamForm:
    viewer = request.viewer
    chosen = {"topic": request.GET.get("topic", "")}
    return TeamForm(
        request.POST or None,
        viewer=viewer,
        school=place.school_of(viewer),
        kind=kind,
        led=led,
        initial=chosen,
    )


def _plan(form: TeamForm, kind: TeamKind) -> forming.Plan:
    data = form.cleaned_data
    return forming.Plan(
        kind,
        data["name"].strip(),
        data.get("theme", ""),
        data.get("aim", ""),
        data.get("place", ""),
        form.topic(),
    )


def _say(form, refused: Refused) -> None:
    form.add_error(refused.field if refused.field in form.fields else None, str(refused))


def _page(request: Request, form: TeamForm, kind: TeamKind) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "teams/new.html", {"form": form, "kind": kind, "led": form.led}, status=status)


def _formed(request: Request, made: Proposal) -> HttpResponse:
    assert made.team is not None
    notify(request, _("大家都答应了，团队组成了。"))
    return redirect("teams:team", made.team.public_id)


@allow("teams")
@require_http_methods(["GET", "HEAD", "POST"])
def proposal(request: Request, proposal: str) -> HttpResponse:
    """One proposal, for whoever made it and whoever was asked: answer it, or take it back."""
    viewer = request.viewer
    one = _proposal(request, proposal)
    mine = one.by_id == viewer.person_id
    if request.method == "POST":
        answer = request.POST.get("answer", "")
        try:
            if answer == "withdraw" and mine:
                forming.withdraw(viewer, one)
                notify(request, _("邀请已经撤回。"))
            elif answer in ("yes", "no"):
                one = forming.answer(viewer, one, answer == "yes")
                if one.state == Proposal.State.FORMED:
                    return _formed(request, one)
                notify(request, _("答复好了，谢谢。"))
        except Refused as refused:
            notify(request, str(refused))
        return redirect("teams:proposal", one.public_id)
    rows = list(one.invited.select_related("person").order_by("pk"))
    titles = {seat.name: seat.title for seat in all_kinds()[one.kind].seats}
    context = {
        "one": one,
        "kind": all_kinds()[one.kind],
        "rows": [(titles.get(row.seat, ""), row) for row in rows],
        "own": next((row for row in rows if row.person_id == viewer.person_id and row.seat != LEADER), None),
        "mine": mine,
        "waiting": one.state == Proposal.State.WAITING,
        "leader_seat": LEADER,
    }
    return render(request, "teams/proposal.html", context)


def _proposal(request: Request, public_id: str) -> Proposal:
    viewer = request.viewer
    school = place.school_of(viewer)
    rows = Proposal.objects.filter(school=school, kind__in=all_kinds()).select_related("by", "topic", "team")
    asked = Invited.objects.filter(person_id=viewer.person_id).values("proposal")
    return get_object_or_404(rows.filter(Q(by_id=viewer.person_id) | Q(pk__in=asked)), public_id=public_id)


@allow("teams")
@require_http_methods(["GET", "HEAD", "POST"])
def instead(request: Request, proposal: str, pk: int) -> HttpResponse:
    """Ask somebody else for a seat."""
    viewer = request.viewer
    one = _proposal(request, proposal)
    row = one.invited.filter(pk=pk).exclude(answer=Invited.Answer.YES).select_related("person").first()
    seat = all_kinds()[one.kind].seat(row.seat) if row else None
    if row is None or seat is None or one.by_id != viewer.person_id or one.state != Proposal.State.WAITING:
        raise Http404
    form = InsteadForm(
        request.POST or None, viewer=viewer, school=one.school, kind=all_kinds()[one.kind], seat=seat
    )
    if request.method == "POST" and form.is_valid():
        try:
            for new in form.members().get(seat.name, [])[:1]:
                forming.ask_instead(viewer, one, seat.name, row.person_id, new)
        except Refused as refused:
            _say(form, refused)
        else:
            notify(request, _("邀请已经发出，对方在首页看到。"))
            return redirect("teams:proposal", one.public_id)
    context = {"form": form, "one": one, "row": row, "seat": seat}
    return render(request, "teams/instead.html", context, status=422 if form.errors else 200)
