"""The first page of the room, a scheme in slots, and the opening of a round."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import School
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.programmes.pairings import Pairing, shipped
from tongxin.ui.toasts import notify
from tongxin.ui.worded import in_words

from .. import saying, schemes, services, standing, taking_part
from ..forms import OpenForm, SchemeForm
from ..models import Member, Participant, Round
from ..waiting import to_say
from . import place

MOST_SHOWN = 100


def may_open(viewer: Viewer) -> list[Pairing]:
    """Return the schemes a viewer may begin a round of."""
    if viewer.school is None or not viewer.may("pairing"):
        return []
    return [one for one in schemes.all_of(viewer.school, viewer.day) if standing.may_open(viewer, one)]


@allow("pairing", "pair_up")
@require_safe
def home(request: Request) -> HttpResponse:
    """What waits for somebody here, where they take part, and the rounds they organise."""
    viewer = request.viewer
    place.school_of(viewer)
    places = list(standing.own_places(viewer)[:MOST_SHOWN]) if viewer.may("pair_up") else []
    groups = {row.person_id: row for row in saying.own_groups(viewer, places)}
    asked = {one.pk for one in to_say(viewer, places)}
    own = [
        {
            "place": one,
            "asked": one.pk in asked,
            "group": groups.get(one.pk),
            "told": _told(viewer, one, groups.get(one.pk)),
        }
        for one in places
        if one.pk in asked or one.pk in groups or one.said_at is not None
    ]
    rounds = list(
        standing.organised(viewer).annotate(
            people_count=Count("people", filter=Q(people__left_at=None), distinct=True),
            said_count=Count("people", filter=Q(people__said_at__isnull=False), distinct=True),
        )[:MOST_SHOWN]
    )
    context = {
        "own": own,
        "active": [one for one in rounds if one.state in Round.ACTIVE],
        "past": [one for one in rounds if one.state not in Round.ACTIVE],
        "may_open": bool(may_open(viewer)),
        "organises": viewer.may("pairing"),
    }
    return render(request, "rounds/home.html", context)


def _told(viewer: Viewer, one: Participant, member: Member | None) -> str:
    """Return where somebody's own part stands, in a few words."""
    if member is not None and member.group.round.state == Round.State.IN_FORCE:
        return _("已经生效")
    if member is not None:
        return str(Member.Answer(member.answer).label) if member.asked else _("已经公布")
    if one.round.state in (Round.State.PUBLISHED, Round.State.IN_FORCE):
        return _("没有配对的")
    return _("志愿交了") if one.said_at else _("请填志愿")


@allow("pairing")
@require_safe
def choose(request: Request) -> HttpResponse:
    """Which kind of pairs or teams a round is of."""
    place.school_of(request.viewer)
    return render(
        request, "rounds/choose.html", {"pairings": [in_words(one) for one in may_open(request.viewer)]}
    )


def _pairing(request: Request, name: str) -> tuple[School, Pairing]:
    school = place.school_of(request.viewer)
    found = next((one for one in may_open(request.viewer) if one.name == name), None)
    if found is None:
        raise Http404
    return school, found


@allow("pairing")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, scheme: str) -> HttpResponse:
    """Open a round: who will take part is shown before anybody is asked."""
    viewer = request.viewer
    school, pairing = _pairing(request, scheme)
    years = school_calendar(school).school_years
    until = next(
        (one.last for one in years if one.first <= viewer.day <= one.last),
        viewer.day.replace(month=12, day=31),
    )
    form = OpenForm(request.POST or None, viewer=viewer, pairing=pairing, until=until)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.open_round(viewer, pairing, form.plan(), token=place.token_of(request))
        except services.Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("开始了，填志愿的人在首页看得到。"))
            return redirect("rounds:round", made.public_id)
    plan = form.plan() if form.is_bound and form.is_valid() else None
    branch = plan.branch if plan else next(iter(form.branches.values()), None)
    shown = in_words(pairing)
    seats = taking_part.seated(school, shown, viewer.day, branch=branch, fill=bool(plan and plan.fill))
    context = {"form": form, "pairing": shown, "seats": seats, "short": short_of_places(shown, seats)}
    return render(request, "rounds/new.html", context, status=422 if form.errors else 200)


def short_of_places(pairing: Pairing, seats: list[taking_part.Seated]) -> str:
    """Say before the round begins that one side cannot have what it needs."""
    if pairing.teams or len(seats) != 2:
        return ""
    for one, other in (seats, seats[::-1]):
        if one.needed > other.places:
            return _("“%(needy)s”至少要%(need)d个，“%(giver)s”一共%(places)d个名额，还差%(short)d个。可以先在方案里把人数改大。") % {
                "needy": one.title, "need": one.needed, "giver": other.title, "places": other.places,
                "short": one.needed - other.places,
            }  # fmt: skip
    return ""


@allow("pairing")
@require_http_methods(["GET", "HEAD", "POST"])
def scheme(request: Request, scheme: str) -> HttpResponse:
    """A scheme in slots, and its versions."""
    school, pairing = _pairing(request, scheme)
    versions = schemes.versions(school, scheme)
    base = versions[0].number if versions else 0
    form = SchemeForm(request.POST or None, pairing=in_words(pairing))
    findings: tuple = ()
    if request.method == "POST" and request.POST.get("back"):
        return _back(request, school, pairing, request.POST["back"])
    if request.method == "POST" and form.is_valid():
        text = schemes.changed(pairing.text, form.change())
        try:
            schemes.take(
                school,
                pairing,
                text,
                note=form.cleaned_data["note"],
                base=place.version_of(request),
                by=request.viewer,
            )
        except schemes.Refused as refused:
            form.add_error(None, str(refused))
            findings = refused.findings
        else:
            notify(request, _("存好了，以后开始的每一轮都照新的。正在进行的不变。"))
            return redirect("rounds:scheme", scheme)
    context: dict[str, Any] = {
        "form": form, "pairing": in_words(pairing), "versions": versions, "base": base, "findings": findings,
    }  # fmt: skip
    return render(request, "rounds/scheme.html", context, status=422 if form.errors else 200)


def _back(request: Request, school: School, pairing: Pairing, which: str) -> HttpResponse:
    """Take an earlier version, or the one that comes with the programme, into use again: as a new version."""
    earlier = {str(row.number): row for row in schemes.versions(school, pairing.name)}
    if which != "0" and which not in earlier:
        raise Http404
    text = shipped()[pairing.name] if which == "0" else earlier[which].text
    try:
        schemes.take(
            school, pairing, text, note=_("换回第%(n)s版") % {"n": which} if which != "0" else _("换回随附的"),
            base=place.version_of(request), by=request.viewer,
        )  # fmt: skip
    except schemes.Refused as refused:
        place.refuse(request, str(refused))
    else:
        notify(request, _("换回来了。"))
    return redirect("rounds:scheme", pairing.name)
