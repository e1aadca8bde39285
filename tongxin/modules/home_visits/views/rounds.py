"""Rounds of planning: made, planned by the worker, looked at, changed by hand, published."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Attribute, Subject
from tongxin.kernel.solving import services as solving_runs
from tongxin.ui.formats import listed
from tongxin.ui.solving import fragment
from tongxin.ui.toasts import notify

from .. import answers, entered, leftover, needs, papers, planning, problems, reach, sessions, together
from ..forms import RoundForm, SessionsForm
from ..models import Mode, Visit, VisitRecord, VisitRound
from . import place

DAYS_AHEAD = 14


def round_of(request: Request, public_id: str) -> VisitRound:
    place.school_of(request.viewer)
    return get_object_or_404(reach.rounds(request.viewer), public_id=public_id)


@allow("visits_plan")
@never_cache
@require_safe
def rounds(request: Request) -> HttpResponse:
    viewer, asked = request.viewer, request.GET
    counted = entered.counted_modes(place.school_of(viewer), viewer.day)
    rows = reach.rounds(viewer).order_by("-made_at", "-pk")
    if asked.get("state") in VisitRound.State.values:
        rows = rows.filter(state=asked["state"])
    found = [one for one in rows if asked.get("q", "").strip() in one.title]
    shown, pager = place.paged(request, found, 20)
    filters = [
        {"name": "q", "label": _("名称"), "kind": "search", "value": asked.get("q", "")},
        {
            "name": "state",
            "label": _("状态"),
            "kind": "select",
            "value": asked.get("state", ""),
            "choices": VisitRound.State.choices,
        },
    ]
    context = {
        "tabs": place.tabs(viewer, "rounds"), "pager": pager, "filters": filters if len(rows) > 5 or asked else [],
        "rows": [{"round": one, **_counts(list(one.visits.select_related("record")), counted)} for one in shown],
    }  # fmt: skip
    return render(request, "home_visits/rounds.html", context)


def _counts(visits: list[Visit], counted: frozenset[str]) -> dict[str, int]:
    """Count visits. What was done in a way that no programme takes for a visit is none; it stands beside."""
    wanted = [one for one in visits if one.state != Visit.State.DROPPED]
    other = sum(_otherwise(one, counted) for one in wanted)
    done = sum(one.state == Visit.State.DONE for one in wanted if not _otherwise(one, counted))
    return {
        "n": len(wanted),
        "planned": sum(one.begin is not None for one in wanted),
        "done": done,
        "other": other,
        "confirmed": sum(one.state == Visit.State.CONFIRMED for one in wanted),
    }


def _record(visit: Visit) -> VisitRecord | None:
    return getattr(visit, "record", None)


def _otherwise(visit: Visit, counted: frozenset[str]) -> bool:
    """Say whether a family was, or is to be, reached in another way that is not its visit."""
    record = _record(visit)
    if visit.state == Visit.State.DONE:
        return record is not None and record.mode not in counted
    return visit.state == Visit.State.REFUSED


def _refused(request: Request, row: VisitRound, visits: list[Visit]) -> list[dict[str, Any]]:
    """Say how families are reached instead: how, since when, by whom, and whether the programme takes it."""
    told = []
    for visit in visits:
        record = _record(visit)
        if record is not None:
            way, how, day, by = record.mode, record.get_mode_display(), record.day, record.by.name  # type: ignore[attr-defined]
        else:
            way, how, day = visit.instead, visit.get_instead_display(), needs.declined_on(visit)  # type: ignore[attr-defined]
            by = visit.declined_by.name if visit.declined_by else ""
        told.append(
            {"visit": visit, "way": way, "how": how, "day": day, "by": by, "done": record is not None}
        )
    takes = needs.takes(request.viewer, row, {one["visit"].student_id: one["way"] for one in told})
    return [one | {"accepted": takes.get(one["visit"].student_id)} for one in told]


@allow("visits_plan")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Make a round: for whom, when, who may go."""
    viewer = request.viewer
    place.school_of(viewer)
    rooms, whole = list(reach.rooms(viewer)), reach.whole_school(viewer)
    form = RoundForm(
        request.POST or None, viewer=viewer, rooms=rooms, grades=_grades(request) if whole else [], whole=whole,
        initial=_initial(request, rooms),
    )  # fmt: skip
    chosen = request.POST.getlist("people") if request.method == "POST" else _usual_people(request, rooms)
    people = _choices(request, chosen)
    sent = request.method == "POST" and "find" not in request.POST
    wrong = "" if not sent or any(one["selected"] for one in people) else _("请选可以去的老师。")
    if sent and form.is_valid() and not wrong:
        made = _make(request, form, [one["pk"] for one in people if one["selected"]])
        return redirect("home_visits:round", made.public_id)
    context = {
        "form": form, "people": people, "people_error": wrong, "groups": place.groups(people),
        "searched": request.POST.get("people_q", ""),
    }  # fmt: skip
    refused = sent and (form.errors or wrong)
    return render(request, "home_visits/round_new.html", context, status=422 if refused else 200)


def _grades(request: Request) -> list[int]:
    viewer = request.viewer
    rows = Attribute.objects.current().filter(
        school_id=viewer.school_id, name="grade", subject__type="homeroom", valid_from__lte=viewer.day,
        valid_to__gte=viewer.day,
    )  # fmt: skip
    return sorted({int(value) for value in rows.values_list("value", flat=True) if value.isdecimal()})


def _initial(request: Request, rooms: list[Subject]) -> dict[str, Any]:
    day = request.viewer.day
    title = _("%(room)s家访") % {"room": rooms[0].name} if len(rooms) == 1 else _("家访")
    return {
        "title": f"{title} {day:%m-%d}", "first_day": day, "last_day": day + timedelta(days=DAYS_AHEAD),
        "evenings": ["1", "3"], "scope": rooms[0].public_id if rooms else "",
    }  # fmt: skip


def _usual_people(request: Request, rooms: list[Subject]) -> list[str]:
    """The planner and, for a single class, its teachers; anybody else is added by a tap."""
    viewer = request.viewer
    held = {viewer.person_id}
    if len(rooms) == 1:
        for post in ("homeroom_teacher", "homeroom_liaison"):
            held |= set(reach.holders(post, viewer).get(rooms[0].pk, []))
    return list(reach.staff(viewer).filter(pk__in=held).values_list("public_id", flat=True))


def _choices(request: Request, chosen: list[str]) -> list[dict[str, Any]]:
    """Return the staff, those chosen first; where a name was looked for, those and who fits it."""
    looked = request.POST.get("people_q", "") if "find" in request.POST else ""
    return place.picked(list(reach.staff(request.viewer)), chosen, looked, request.viewer)


def _make(request: Request, form: RoundForm, people: list[int]) -> VisitRound:
    viewer, data, token = request.viewer, form.cleaned_data, place.token_of(request)
    known = VisitRound.objects.filter(token=token).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            made = VisitRound.objects.create(
                school_id=viewer.school_id, title=data["title"], homeroom=form.homeroom(), grade=form.grade(), mode=data["mode"],
                aim=data["aim"], first_day=data["first_day"], last_day=data["last_day"], seconds=data["seconds"],
                team_size=data["team_size"], teacher_goes=data["teacher_goes"], sessions=form.sessions, people=people,
                made_by_id=viewer.person_id, token=token,
            )  # fmt: skip
            audit.write(viewer, "home_visits.round_made", made)
            planning.refresh(viewer, made)
    except IntegrityError:
        return VisitRound.objects.get(token=token)
    return made


@allow("visits_plan")
@never_cache
@require_safe
def one(request: Request, round: str) -> HttpResponse:
    """A round: how it is being planned, the routes by day, who is left out and what would help."""
    viewer = request.viewer
    row = round_of(request, round)
    visits = list(
        row.visits.filter(reach.still_here(viewer))
        .select_related("student", "route", "joined", "declined_by", "record__by")
        .order_by("begin", "pk")
    )
    counted = entered.counted_modes(row.school, viewer.day)
    rooms = reach.rooms_of([visit.student_id for visit in visits], viewer)
    names = together.names_of(visits, row.people)
    wished = together.said(visit.student_id for visit in visits if visit.state in problems.WANTED)
    run = solving_runs.latest(row.school, planning.KIND, row.public_id)
    wrong = (
        problems.sentences(row, viewer.day)
        if row.state in (VisitRound.State.DRAFT, VisitRound.State.PLANNED)
        else []
    )
    alone = problems.build(row, viewer.day).alone if not wrong and row.state == VisitRound.State.DRAFT else []
    context = {
        "round": row, "run": run, "counts": _counts(visits, counted), "wrong": wrong, "online": row.mode == Mode.ONLINE,
        "poll_url": reverse("home_visits:round_progress", args=[row.public_id]),
        "stop_url": reverse("home_visits:round_stop", args=[row.public_id]),
        "days": _days(row, visits, rooms, names), "people": listed(names.get(one, "") for one in row.people),
        "alone": listed(names[pk] for pk in alone if pk in names),
        "sessions": [sessions.title(session, viewer.day) for session in row.sessions],
        "left": [
            {
                "visit": visit, "room": rooms.get(visit.student_id), "why": leftover.reason(visit.left_out),
                "way": leftover.way_out(visit.left_out, row, names, viewer.day), "wished": wished.get(visit.student_id, ""),
            }
            for visit in visits if visit.begin is None and visit.state in (Visit.State.OPEN, Visit.State.MOVING)
        ],
        "moving": [visit for visit in visits if visit.state == Visit.State.MOVING],
        "refused": _refused(request, row, [visit for visit in visits if _otherwise(visit, counted)]),
        "first_state": row.state == VisitRound.State.DRAFT, "assumed": problems.ASSUMED,
    }  # fmt: skip
    return render(request, "home_visits/round.html", context)


def _days(
    row: VisitRound, visits: list[Visit], rooms: dict[int, Subject], names: dict[int, str]
) -> list[dict[str, Any]]:
    """Return the routes by day: who goes, when they are back, stop by stop."""
    by_route: dict[int, list[dict[str, Any]]] = {}
    for visit in visits:
        if visit.route_id and visit.begin:
            for route in filter(None, (visit.route, visit.joined)):
                with_whom = papers.with_whom(visit, route, names)
                by_route.setdefault(route.pk, []).append(
                    {"visit": visit, "room": rooms.get(visit.student_id), "with": with_whom}
                )
    days: dict[Any, list[dict[str, Any]]] = {}
    for route in row.routes.order_by("leave", "pk"):
        stops = by_route.get(route.pk, [])
        if stops:
            team = listed(names.get(person, "") for person in route.people)
            days.setdefault(timezone.localtime(route.leave).date(), []).append(
                {"route": route, "team": team, "stops": stops}
            )
    return [{"day": day, "routes": routes} for day, routes in days.items()]


@allow("visits_plan")
@require_POST
def plan(request: Request, round: str) -> HttpResponse:
    """Ask the worker to plan: from scratch, or with as few changes as can be."""
    row = round_of(request, round)
    options = {"repair": True} if request.POST.get("how") == "repair" else {}
    try:
        planning.ask(request.viewer, row, options)
    except planning.Refused as refused:
        for sentence in refused.said:
            notify(request, sentence)
    return redirect("home_visits:round", row.public_id)


@allow("visits_plan")
@never_cache
@require_safe
def progress(request: Request, round: str) -> HttpResponse:
    row = round_of(request, round)
    run = solving_runs.latest(row.school, planning.KIND, row.public_id)
    if run is None:
        return HttpResponse(status=204)
    urls = {name: reverse(f"home_visits:round_{name}", args=[row.public_id]) for name in ("progress", "stop")}
    return fragment(request, run, poll_url=urls["progress"], stop_url=urls["stop"])


@allow("visits_plan")
@require_POST
def stop(request: Request, round: str) -> HttpResponse:
    row = round_of(request, round)
    run = solving_runs.latest(row.school, planning.KIND, row.public_id)
    if run is not None and run.active:
        solving_runs.stop(run)
    return redirect("home_visits:round", row.public_id)


@allow("visits_plan")
@require_POST
def publish(request: Request, round: str) -> HttpResponse:
    row = round_of(request, round)
    try:
        answers.publish(request.viewer, row)
    except answers.Refused as refused:
        notify(request, str(refused))
    else:
        notify(request, _("发布了。去家访的老师看到路线，家长看到时间。"))
    return redirect("home_visits:round", row.public_id)


@allow("visits_plan")
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: Request, round: str) -> HttpResponse:
    """End a round, after the consequence was read."""
    row = round_of(request, round)
    if request.method == "POST":
        answers.close(request.viewer, row)
        notify(request, _("这次安排结束了。没有访到的，会回到“该访谁”。"))
        return redirect("home_visits:rounds")
    return render(request, "home_visits/round_close.html", {"round": row})


@allow("visits_plan")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: Request, round: str) -> HttpResponse:
    """Who may go: somebody falls out, somebody joins; the plan is then changed as little as can be."""
    row = round_of(request, round)
    ids = list(Subject.objects.filter(pk__in=row.people).values_list("public_id", flat=True))
    chosen = request.POST.getlist("people") if request.method == "POST" else ids
    found = _choices(request, chosen)
    picked = [one["pk"] for one in found if one["selected"]]
    sent = request.method == "POST" and "find" not in request.POST
    if sent and picked:
        try:
            answers.change_people(request.viewer, row, picked)
        except answers.Refused as refused:
            notify(request, str(refused))
        else:
            notify(request, _("改好了。已经排过的，请点“尽量少改地再排”。"))
        return redirect("home_visits:round", row.public_id)
    wrong = _("请选可以去的老师。") if sent else ""
    context = {
        "round": row, "people": found, "people_error": wrong, "groups": place.groups(found),
        "searched": request.POST.get("people_q", ""),
    }  # fmt: skip
    return render(request, "home_visits/round_people.html", context, status=422 if wrong else 200)


@allow("visits_plan")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change_sessions(request: Request, round: str) -> HttpResponse:
    """Sessions that fall out, one more that makes room; the plan is then changed as little as can be."""
    row = round_of(request, round)
    form = SessionsForm(request.POST or None, round=row, today=request.viewer.day)
    if request.method == "POST" and form.is_valid():
        try:
            answers.change_sessions(request.viewer, row, form.sessions)
        except answers.Refused as refused:
            notify(request, str(refused))
        else:
            notify(request, _("改好了。已经排过的，请点“尽量少改地再排”。"))
        return redirect("home_visits:round", row.public_id)
    context = {"round": row, "form": form}
    return render(request, "home_visits/round_sessions.html", context, status=422 if form.errors else 200)
