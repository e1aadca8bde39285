"""Who stands where in the network, what is missing since when, and the posts of its lower and upper ends."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.kernel.access.context import ROLE_NAMES
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import visible_subjects
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject
from tongxin.ui.toasts import notify

from .. import durations as lasting
from .. import entered, harm, moods, posts
from ..forms import DurationForm
from . import place


@allow("network")
@require_safe
def home(request: Request) -> HttpResponse:
    viewer = request.viewer
    school = place.school_of(viewer)
    found = posts.places(school, viewer.day, moods.last_weeks(school, viewer.day))
    shown = [link.a_id for one in found for link in one.supporters]
    named = set(visible_subjects(viewer, "K2").filter(pk__in=shown).values_list("pk", flat=True))
    mine = set(posts.rooms_to_set(viewer).values_list("pk", flat=True))
    context = {
        "tabs": place.tabs(viewer, "home"),
        "levels": [
            {"title": ROLE_NAMES[post], "people": posts.holders(school, post, viewer.day)}
            for post in posts.UP
        ],
        "places": found,
        "named": named,
        "mine": mine,
        "sets_school": posts.sets_school(viewer),
        "without_teacher": sum(one.missing_teacher for one in found),
        "without_supporter": sum(one.missing_supporter for one in found),
        "may_durations": posts.sets_school(viewer),
    }
    return render(request, "network/home.html", context)


@allow("network_edit")
@require_POST
def roster(request: Request) -> HttpResponse:
    """Enter today's list of the network in the ledger, where the school's programme asks for one; once a day."""
    viewer = request.viewer
    school = place.school_of(viewer)
    if not posts.sets_school(viewer):
        raise Http404
    entry = entered.enter(
        school, entered.ROSTER, viewer.day, posts.roster(school, viewer.day),
        f"roster:{school.pk}:{viewer.day.isoformat()}", by=viewer.account,
    )  # fmt: skip
    if entry is None:
        notify(request, _("没有记：学校的方案里没有“四级网络名单”，或有一级还没有人。"))
    else:
        notify(request, _("今天的名单记进台账了。"))
    return redirect("network:home")


def _room(request: Request, public_id: str) -> Subject:
    place.school_of(request.viewer)
    return get_object_or_404(posts.rooms_to_set(request.viewer), public_id=public_id)


@allow("network_edit")
@require_safe
def room(request: Request, room: str) -> HttpResponse:
    """The peer supporters of a class: who it is, who it was, and whom one may choose."""
    one = _room(request, room)
    day = request.viewer.day
    past = posts.history(one, day)
    present = [link for link in past if link.holds_on(day)]
    context = {
        "room": one,
        "present": present,
        "past": [link for link in past if not link.holds_on(day)],
        "students": posts.members(one, day).exclude(pk__in=[link.a_id for link in present]),
        "teachers": posts.holders(one.school_id, posts.HOMEROOM, day, one.pk),
        "full": sum(link.valid_to > day for link in present) >= posts.MOST,
    }
    return render(request, "network/room.html", context)


@allow("network_edit")
@require_POST
def appoint(request: Request, room: str) -> HttpResponse:
    one = _room(request, room)
    student = posts.members(one, request.viewer.day).filter(public_id=request.POST.get("student", "")).first()
    if student is None:
        notify(request, _("请从本班名单里选一名学生。"))
        return redirect("network:room", room)
    try:
        posts.appoint_supporter(one, student, by=request.viewer)
    except posts.Refused as refused:
        notify(request, str(refused))
    else:
        notify(request, _("已经任命%(name)s，今天起可以在手机上报班级心情。") % {"name": student.name})
    return redirect("network:room", room)


@allow("network_edit")
@require_POST
def end(request: Request, link: str) -> HttpResponse:
    """Let somebody's post end with today: a peer supporter of one's classes, or, for the school's setters, the upper posts."""
    viewer = request.viewer
    place.school_of(viewer)
    found = get_object_or_404(
        Link.objects.filter(
            school_id=viewer.school_id, superseded_at=FOREVER, valid_to__gt=viewer.day,
            kind__in=(posts.PEER, posts.LEADER, posts.COMMITTEE),
        ).select_related("a", "b"),
        public_id=link,
    )  # fmt: skip
    if found.kind == posts.PEER:
        if not posts.rooms_to_set(viewer).filter(pk=found.b_id).exists():
            raise Http404
    elif not posts.sets_school(viewer):
        raise Http404
    posts.end(found, by=viewer)
    notify(request, _("%(name)s的职务到今天为止。") % {"name": found.a.name})
    return (
        redirect("network:room", found.b.public_id)
        if found.kind == posts.PEER
        else redirect("network:committee")
    )


@allow("network_edit")
@require_http_methods(["GET", "HEAD", "POST"])
def committee(request: Request) -> HttpResponse:
    """The leader in charge and the committee."""
    viewer = request.viewer
    school = place.school_of(viewer)
    if not posts.sets_school(viewer):
        raise Http404
    if request.method == "POST":
        person = harm.staff(school, viewer.day).filter(public_id=request.POST.get("person", "")).first()
        if person is None:
            notify(request, _("请选一位教职工。"))
        else:
            try:
                posts.appoint_up(person, request.POST.get("post", ""), by=viewer)
            except posts.Refused as refused:
                notify(request, str(refused))
            else:
                notify(request, _("已经任命%(name)s。") % {"name": person.name})
        return redirect("network:committee")
    held = posts.held(school, (posts.LEADER, posts.COMMITTEE), viewer.day).select_related("a")
    context = {
        "links": [(ROLE_NAMES[link.kind], link) for link in held.order_by("kind", "valid_from", "pk")],
        "staff": harm.staff(school, viewer.day),
        "posts": [(post, ROLE_NAMES[post]) for post in (posts.COMMITTEE, posts.LEADER)],
    }
    return render(request, "network/committee.html", context)


@allow("network_edit")
@require_http_methods(["GET", "HEAD", "POST"])
def durations(request: Request) -> HttpResponse:
    """How long something may last before somebody is asked; the school's own numbers."""
    viewer = request.viewer
    school = place.school_of(viewer)
    if not posts.sets_school(viewer):
        raise Http404
    rules = lasting.rules(school)
    chosen = request.POST.get("rule", "")
    forms = {}
    for name, rule in rules.items():
        posted = request.POST if request.method == "POST" and name == chosen else None
        forms[name] = DurationForm(
            posted, prefix=name, initial={"weeks": rule.weeks, "times": rule.times, "active": rule.active}
        )
        if not rule.times:
            del forms[name].fields["times"]
    form = forms.get(chosen)
    if request.method == "POST" and form is not None and form.is_valid():
        data = form.cleaned_data
        lasting.change(
            school,
            chosen,
            weeks=data["weeks"],
            times=data.get("times") or 0,
            active=data["active"],
            by=viewer,
        )
        notify(request, _("已保存。"))
        return redirect("network:durations")
    context = {"rules": [(rule, forms[name]) for name, rule in rules.items()]}
    return render(request, "network/durations.html", context, status=422 if form is not None else 200)
