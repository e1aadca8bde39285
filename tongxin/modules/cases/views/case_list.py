"""The cases: own ones and all, what is late first; figures alone for who may not see children; whom to take on."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.kernel.access.doors import allow, school_of, step_up
from tongxin.kernel.access.reading import opened
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.signals import origins
from tongxin.kernel.signals.models import Call, Signal
from tongxin.ui import keyset
from tongxin.ui.toasts import notify

from .. import schemes
from ..caseforms import OpenForm
from ..casework import cases, handing, ranks, signals
from ..casework.people import keepers
from ..casework.refusal import Refused
from ..models import Case
from . import place
from .case_common import due_of, due_words, is_late, level_of, note_seen, reachable, state_title, student_of

SIZE = 30
MOST = 300
SHOWS = ("", "mine", "late", "renew", "closing", "closed")


@allow("cases", "case_figures")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: Request) -> HttpResponse:
    """The list; a posted `q` searches names. Who sees no child gets the figures."""
    school_of(request.viewer)
    if not request.viewer.may("cases"):
        return redirect("cases:figures")
    return _listed(request)


@step_up
def _listed(request: Request) -> HttpResponse:
    viewer, now = request.viewer, timezone.now()
    q = request.POST.get("q", "").strip()[:40] if request.method == "POST" else ""
    show = request.GET.get("show", "mine")
    show = show if show in SHOWS else "mine"
    if show == "closed" and not q:
        return _closed(request)
    rows = reachable(viewer)
    if q:
        rows = rows.filter(
            Q(student__name__contains=q)
            | Q(student__pinyin__startswith=q.lower())
            | Q(student__initials__startswith=q.lower())
        )
    else:
        rows = rows.exclude(phase=Case.Phase.CLOSED)
    if show == "mine" and not q:
        rows = rows.filter(owner_id=viewer.person_id)
    elif show == "closing" and not q:
        rows = rows.filter(phase=Case.Phase.CLOSING)
    found = list(rows.order_by("-pk")[:MOST])
    if show == "late" and not q:
        found = [case for case in found if is_late(case, now)]
    said = ranks.read(viewer, found)
    old = ranks.run_out(found, said, now)
    if show == "renew" and not q:
        found = [case for case in found if case.pk in old]
    lines = [_line(case, said.get(case.pk), now) | {"old": case.pk in old} for case in found]
    lines.sort(
        key=lambda line: (not line["late"], -line["rank"], due_of(line["case"]) or now, line["case"].pk)
    )
    levels, states = _choices(lines)
    level, state = request.GET.get("level", ""), request.GET.get("state", "")
    shown = [
        line
        for line in lines
        if (not level or line["level"].label == level) and (not state or line["state"] == state)
    ]
    _with_rooms(viewer, shown)
    context = _frame(viewer, show) | {
        "lines": shown, "q": q, "levels": levels, "states": states, "level": level, "state": state,
        "late": sum(line["late"] for line in lines),
    }  # fmt: skip
    return render(request, "cases/case_list.html", context)


def _frame(viewer: Viewer, show: str) -> dict[str, Any]:
    address = reverse("cases:mine")
    waiting = signals.waiting(viewer.school_id or 0, viewer).order_by().values("student").distinct().count()
    shows = [
        ("mine", _("我负责的")), ("", _("全部")), ("late", _("过了期限的")), ("renew", _("要重新定级的")), ("closing", _("等同意结案的")),
        ("closed", _("已结案的")),
    ]  # fmt: skip
    return {
        "tabs": place.tabs(viewer, "mine"),
        "shows": [
            {"label": label, "url": f"{address}?show={name}", "current": name == show}
            for name, label in shows
        ],
        "show": show,
        "waiting": waiting,
        "handovers": handing.open_ones(viewer.school_id or 0).count(),
        "may_scheme": viewer.may("case_scheme"),
    }


def _line(case: Case, rank: int | None, now) -> dict[str, Any]:
    return {
        "case": case, "rank": rank or 0, "level": level_of(case, rank or 5), "state": state_title(case),
        "due": due_words(case, now), "late": is_late(case, now), "old": False, "room": "",
    }  # fmt: skip


def _with_rooms(viewer: Viewer, lines: list[dict[str, Any]]) -> None:
    rooms = place.rooms_of([line["case"].student_id for line in lines], viewer)
    for line in lines:
        line["room"] = rooms.get(line["case"].student_id, "")


def _choices(lines: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    levels = {line["level"].label: -line["level"].rank for line in lines}
    return sorted(levels, key=lambda label: levels[label]), sorted({line["state"] for line in lines})


def _closed(request: Request) -> HttpResponse:
    """Closed cases, newest first, without their rank."""
    viewer, now = request.viewer, timezone.now()
    rows = reachable(viewer).filter(phase=Case.Phase.CLOSED)
    page = keyset.page(rows, ("pk",), ("-pk",), request.GET, SIZE)
    found = reachable(viewer).in_bulk([pk for (pk,) in page.rows])
    lines = [_line(found[pk], None, now) | {"level": None} for (pk,) in page.rows]
    _with_rooms(viewer, lines)
    note_seen(viewer, [line["case"].student_id for line in lines])
    context = _frame(viewer, "closed") | {
        "lines": lines, "q": "",
        "next_url": f"?show=closed&after={page.next_cursor}" if page.next_cursor else "",
        "previous_url": f"?show=closed&before={page.previous_cursor}" if page.previous_cursor else "",
    }  # fmt: skip
    return render(request, "cases/case_list.html", context)


@allow("case_figures")
@never_cache
@require_safe
def figures(request: Request) -> HttpResponse:
    """Who keeps how many cases in which state and what is late: no child, no rank but how many stand highest."""
    viewer, now = request.viewer, timezone.now()
    school = school_of(viewer)
    rows = list(
        Case.objects.filter(school=school)
        .exclude(phase=Case.Phase.CLOSED)
        .select_related("scheme", "owner")
        .order_by("pk")
    )
    owners: dict[str, Counter] = defaultdict(Counter)
    for case in rows:
        owners[case.owner.name]["all"] += 1
        owners[case.owner.name]["late"] += is_late(case, now)
    said = ranks.known_to_program(rows)
    top = sum(
        level_of(case, said[case.pk]) == schemes.scheme_in_words(case.scheme).levels[-1] for case in rows
    )
    handed = list(handing.open_ones(school.pk))
    context = {
        "tabs": place.tabs(viewer, "mine"),
        "count": len(rows), "late": sum(is_late(case, now) for case in rows), "top": top,
        "closed": Case.objects.filter(school=school, phase=Case.Phase.CLOSED).count(),
        "owners": [{"name": name, **counts} for name, counts in sorted(owners.items())],
        "lines": [
            {"number": case.number, "owner": case.owner.name, "state": state_title(case), "since": case.state_since,
             "due": due_words(case, now), "late": is_late(case, now)}
            for case in rows
        ],
        "without": [{"number": one.case.number, "owner": one.from_person.name, "at": one.at} for one in handed],
    }  # fmt: skip
    return render(request, "cases/case_figures.html", context)


# ------------------------------------------------------------------ taking a child on


@allow("cases")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Whom to take on: a posted `q` searches the students of the school."""
    viewer = request.viewer
    school_of(viewer)
    q = request.POST.get("q", "").strip()[:40] if request.method == "POST" else ""
    found: list[Subject] = []
    if q:
        students = Subject.objects.filter(
            school_id=viewer.school_id,
            type="student",
            present_from__lte=viewer.day,
            present_to__gte=viewer.day,
        )
        found = list(
            students.filter(Q(name__contains=q) | Q(pinyin__startswith=q.lower()) | Q(initials__startswith=q.lower()))
            .order_by("pinyin", "pk")[:SIZE]
        )  # fmt: skip
    rooms = place.rooms_of([one.pk for one in found], viewer)
    rows = [{"student": one, "room": rooms.get(one.pk, "")} for one in found]
    return render(request, "cases/case_new.html", {"q": q, "rows": rows})


@allow("cases")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def open_(request: Request, public_id: str) -> HttpResponse:
    """Take a child on."""
    student = student_of(request.viewer, public_id)
    known = Case.objects.filter(student=student).exclude(phase=Case.Phase.CLOSED).first()
    if known is not None:
        return redirect("cases:case", known.public_id)
    return _open(request, student)


@step_up
def _open(request: Request, student: Subject) -> HttpResponse:
    viewer = request.viewer
    found = signals.without_outcome(student.pk, viewer.person_id)
    said = _sentences(viewer, found)
    with transaction.atomic():
        text = schemes.in_force(school_of(viewer), viewer.day, by=viewer)
    people = [(one.pk, one.name) for one in keepers(student.school_id, viewer.day)]
    form = OpenForm(
        request.POST or None, scheme=schemes.scheme_in_words(text), keepers=people, me=viewer.person_id,
        rank=max((rank for rank, _sentence in said), default=None),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        keeper = Subject.objects.filter(pk=given["owner"]).first()
        try:
            case = cases.open_case(
                student, viewer, rank=given["rank"], why=given["why"], trigger=given["trigger"], owner=keeper
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("个案建好了。下一步：访谈。"))
            return redirect("cases:case", case.public_id)
    context = {"form": form, "student": student, "said": said, "rooms": place.rooms_of([student.pk], viewer)}
    return render(request, "cases/case_open.html", context)


def _sentences(viewer: Viewer, found: list[Signal]) -> list[tuple[int, str]]:
    rows = opened(viewer, Signal.objects.filter(pk__in=[one.pk for one in found]).order_by("pk"), "crisis")
    return sorted(origins.sentences(viewer, rows), key=lambda said: -said[0])


# ------------------------------------------------------------------ what became of what somebody took


@allow("cases")
@never_cache
@require_safe
def taken(request: Request) -> HttpResponse:
    """The children somebody went to see and wrote nothing about yet."""
    school_of(request.viewer)
    return _taken(request)


@step_up
def _taken(request: Request, refused: str = "", student: str = "", why: str = "") -> HttpResponse:
    viewer = request.viewer
    rows = list(signals.waiting(viewer.school_id or 0, viewer).select_related("student"))
    opened_rows = opened(
        viewer, Signal.objects.filter(pk__in=[one.pk for one in rows]).order_by("pk"), "crisis"
    )
    said = dict(zip((one.pk for one in opened_rows), origins.sentences(viewer, opened_rows), strict=True))
    calls = Call.objects.filter(signal__in=rows, answer=Call.Answer.TAKEN).select_related("person")
    by = {call.signal_id: call for call in calls}
    children: dict[int, dict[str, Any]] = {}
    for signal in rows:
        line = children.setdefault(
            signal.student_id, {"student": signal.student, "call": by[signal.pk], "reasons": [], "room": ""}
        )
        line["reasons"].append(said[signal.pk])
    rooms = place.rooms_of(children, viewer)
    for pk, line in children.items():
        line["room"], line["reasons"] = rooms.get(pk, ""), sorted(line["reasons"], key=lambda one: -one[0])
        line["refused"] = refused if line["student"].public_id == student else ""
        line["why"] = why if line["refused"] else ""
    return render(request, "cases/case_taken.html", {"lines": list(children.values())})


@allow("cases")
@require_POST
def no_case(request: Request, public_id: str) -> HttpResponse:
    """Note that somebody looked and that no case is needed."""
    student = student_of(request.viewer, public_id)
    rows = list(signals.waiting(request.viewer.school_id or 0, request.viewer).filter(student=student))
    if not rows:
        raise Http404
    why = request.POST.get("why", "")[:2000]
    try:
        signals.no_case_needed(rows, request.viewer, why)
    except Refused as refused:
        return _taken(request, str(refused), public_id, why)
    notify(request, _("记下了。以后有新的情况还会提示。"))
    return redirect("cases:taken")
