"""Contests: the register, who enters, results, who goes on, and who has entered none yet."""

from __future__ import annotations

from datetime import date

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.people import teams
from tongxin.ui.toasts import notify

from .. import contests as rules
from .. import looking, people
from ..forms import ContestForm, ReasonForm, SendOnForm
from ..kinds import choices
from ..models import Contest
from ..rules import Refused
from . import place

SIZE = 50  # entrants on a page


def activity_or_404(request: Request):
    found = rules.activity_of(place.school_of(request.viewer), request.viewer.day)
    if found is None:
        raise Http404
    return found


@allow("teams")
@require_safe
def contests(request: Request) -> HttpResponse:
    viewer = request.viewer
    activity = activity_or_404(request)
    levels, themes = choices(activity, "level"), choices(activity, "theme")
    rows = rules.contests(viewer)[:100]
    context = {
        "tabs": place.tabs(viewer, "contests"),
        "rows": [(one, levels.get(one.level, ""), themes.get(one.theme, "")) for one in rows],
        "manages": viewer.may(rules.MANAGE),
        "covers": viewer.may(rules.MANAGE) or bool(viewer.posts.get("homeroom_teacher")),
        "today": viewer.day,
    }
    return render(request, "teams/contests.html", context)


@allow(rules.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    form = ContestForm(request.POST or None, activity=activity_or_404(request))
    if request.method == "POST" and form.is_valid():
        made = rules.add(request.viewer, form.cleaned_data, token=place.token_of(request))
        notify(request, _("比赛登记好了，可以报名了。"))
        return redirect("teams:contest", made.public_id)
    return render(request, "teams/contest_new.html", {"form": form}, status=422 if form.errors else 200)


def _contest(request: Request, public_id: str) -> Contest:
    activity_or_404(request)
    return get_object_or_404(rules.contests(request.viewer), public_id=public_id)


@allow("teams")
@require_safe
def contest(request: Request, contest: str) -> HttpResponse:
    """One contest: its entrants as far as the viewer may know them, the results, and what can be done now."""
    viewer = request.viewer
    one, activity = _contest(request, contest), activity_or_404(request)
    awards = choices(activity, "award")
    entrants = rules.visible_entrants(viewer, one)
    mine = entrants.filter(student=viewer.person_id).first()
    page = Paginator(entrants, SIZE).get_page(request.GET.get("page"))
    open_ = one.results_on is None and viewer.day <= one.last_day
    context = {
        "one": one,
        "level": choices(activity, "level").get(one.level, ""),
        "theme": choices(activity, "theme").get(one.theme, ""),
        "rows": [(row, awards.get(row.award, "")) for row in page],
        "page": page,
        "counts": _counts(one, awards),
        "student": "student" in viewer.roles,
        "mine": mine,
        "open": open_,
        "enters": open_ and rules.enterable(viewer).exists() and "staff" in viewer.roles,
        "manages": viewer.may(rules.MANAGE),
        "goes_on": entrants.filter(goes_on=True).count(),
        "reason_form": ReasonForm(),
    }
    return render(request, "teams/contest.html", context)


def _counts(contest: Contest, awards: dict[str, str]) -> list[tuple[str, int]]:
    if contest.results_on is None:
        return []
    rows = list(contest.entrants.values_list("award", flat=True))
    return [(title, rows.count(code)) for code, title in awards.items() if rows.count(code)]


@allow("teams")
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: Request, contest: str) -> HttpResponse:
    """Enter students: a class by its boxes, one's own team as a whole, oneself with one tap."""
    viewer = request.viewer
    one = _contest(request, contest)
    allowed = rules.enterable(viewer)
    if not allowed.exists():
        raise Http404
    rooms = list(people.rooms(place.school_of(viewer), viewer.day).filter(pk__in=_rooms(allowed, viewer.day)))
    room = next(
        (found for found in rooms if found.public_id == request.GET.get("room", "")),
        rooms[0] if rooms else None,
    )
    if request.method == "POST":
        return _enter(request, one)
    inside = set(one.entrants.values_list("student_id", flat=True))
    students = allowed.filter(pk__in=_pupils(room, viewer.day)).order_by("pinyin", "pk") if room else []
    own = looking.visible_teams(viewer).filter(
        pk__in=viewer.posts.get("team_leader", ()), present_to__gte=viewer.day
    )
    context = {
        "one": one,
        "rooms": rooms,
        "room": room,
        "students": [(student, student.pk in inside) for student in students],
        "teams": [
            card for card in looking.cards(own, viewer.day) if any(o.type == "student" for o in card.others)
        ],
        "coaches": people.staff(place.school_of(viewer), viewer.day, member=True),
        "open": one.results_on is None and viewer.day <= one.last_day,
    }
    return render(request, "teams/contest_enter.html", context)


def _rooms(students, day: date):
    return Link.objects.current().filter(
        kind="enrolled_in", a__in=students.values("pk"), valid_from__lte=day, valid_to__gte=day
    ).values("b")  # fmt: skip


def _pupils(room: Subject, day: date):
    return Link.objects.current().filter(
        kind="enrolled_in", b=room, valid_from__lte=day, valid_to__gte=day
    ).values("a")  # fmt: skip


def _enter(request: Request, one: Contest) -> HttpResponse:
    viewer, given = request.viewer, request.POST
    allowed = rules.enterable(viewer)
    back = redirect("teams:contest", one.public_id)
    try:
        if given.get("out"):
            entrant = rules.visible_entrants(viewer, one).filter(student__public_id=given["out"]).first()
            if entrant is not None:
                rules.take_out(viewer, one, entrant)
                notify(request, _("已经去掉。"))
            return back
        team = looking.visible_teams(viewer).filter(public_id=given.get("team", "")).first()
        if team is not None and team.pk in viewer.posts.get("team_leader", ()):
            seats = teams.seats_of([team.pk], viewer.day)
            students = [link.a for link in seats if link.a.type == "student"]
            n = rules.enter(viewer, one, students, team=team, coach=viewer.person_id)
        else:
            chosen = (
                [viewer.person.subject.public_id]
                if "student" in viewer.roles and viewer.person
                else given.getlist("students")
            )
            school = place.school_of(viewer)
            coach = next(
                (c.pk for c in people.staff(school, viewer.day) if c.public_id == given.get("coach", "")),
                None,
            )
            n = rules.enter(viewer, one, allowed.filter(public_id__in=chosen), coach=coach)
    except Refused as refused:
        notify(request, str(refused))
        return back
    notify(
        request,
        ngettext("报上了%(n)d名学生。", "报上了%(n)d名学生。", n) % {"n": n}
        if n
        else _("选的学生都已经报过名了。"),
    )
    return back


@allow(rules.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def results(request: Request, contest: str) -> HttpResponse:
    """Give out the awards, or take the results back for a reason to mend them."""
    viewer = request.viewer
    one, activity = _contest(request, contest), activity_or_404(request)
    if request.method == "POST":
        try:
            if "reason" in request.POST:
                rules.take_back(viewer, one, request.POST["reason"])
                notify(request, _("成绩已经收回，改好后重新公布。"))
                return redirect("teams:contest_results", contest)
            ids = set(one.entrants.values_list("pk", flat=True))
            awards = {pk: request.POST.get(f"award_{pk}", "") for pk in ids}
            going = frozenset(pk for pk in ids if request.POST.get(f"on_{pk}"))
            rules.publish(viewer, one, awards, going)
            notify(request, _("成绩公布了，台账也登记好了。"))
        except Refused as refused:
            notify(request, str(refused))
        return redirect("teams:contest", contest)
    if one.results_on is not None:
        return redirect("teams:contest", contest)
    context = {
        "one": one,
        "rows": list(rules.visible_entrants(viewer, one)),
        "awards": list(choices(activity, "award").items()),
    }
    return render(request, "teams/contest_results.html", context)


@allow(rules.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def send_on(request: Request, contest: str) -> HttpResponse:
    viewer = request.viewer
    one = _contest(request, contest)
    form = SendOnForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = rules.send_on(viewer, one, **form.cleaned_data, token=place.token_of(request))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("上一级比赛登记好了，晋级的学生已经在名单里。"))
            return redirect("teams:contest", made.public_id)
    return render(
        request, "teams/contest_on.html", {"form": form, "one": one}, status=422 if form.errors else 200
    )
