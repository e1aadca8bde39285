"""One case: where it stands, the next step, the papers, who was asked to do what, and what happened."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from tongxin.kernel.access.doors import allow, school_of, step_up
from tongxin.kernel.access.reading import opened
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.methods.schemes.durations import said as said_minutes
from tongxin.methods.schemes.scheme import Scheme
from tongxin.ui.toasts import notify

from ..caseforms import TaskForm
from ..casework import answers, bearing, cases, clocks, handing, papers, ranks
from ..casework.people import is_one_of, keepers
from ..casework.refusal import Refused
from ..casework.scale import scale_words
from ..models import Case, CasePaper, CaseTask, Handover, Step
from . import place
from .case_common import case_of, due_words, form_named, is_late, level_of, note_seen, state_title


@allow("cases")
@never_cache
@require_safe
def one(request: Request, public_id: str) -> HttpResponse:
    return _one(request, case_of(request.viewer, public_id))


@step_up
def _one(
    request: Request, case: Case, *, task: TaskForm | None = None, refused: dict[str, str] | None = None
) -> HttpResponse:
    viewer, now = request.viewer, timezone.now()
    rank = ranks.read(viewer, [case]).get(case.pk)
    old = rank is not None and bool(ranks.run_out([case], {case.pk: rank}, now))
    items = papers.checklist(case)
    handover = (
        Handover.objects.filter(case=case, received_at=None)
        .select_related("to_person", "from_person")
        .first()
    )
    works = is_one_of(viewer, case, papers.WRITERS)
    closed = case.phase == Case.Phase.CLOSED
    plan, goals = _goals(viewer, case)
    step = _next_step(viewer, case, items, handover) if works else None
    context = {
        "case": case, "room": place.rooms_of([case.student_id], viewer).get(case.student_id, ""),
        "level": level_of(case, rank), "state": state_title(case), "due": due_words(case, now), "late": is_late(case, now),
        "old": old and case.phase != Case.Phase.CLOSED,
        "closed": closed, "works": works, "keeps": viewer.person_id == case.owner_id,
        "next": step,
        "wanted": [item for item in items if item.wanted], "also": [item for item in items if not item.wanted and (step is None or item.form.id != step["form"])],
        "moves": [{"to": one.to, "title": state_title(case, one.to)} for one in cases.moves_of(case, viewer)],
        "closing": _closing(viewer, case),
        "handover": handover, "to_me": handover is not None and handover.to_person_id == viewer.person_id,
        "keepers": _others(viewer, case) if _may_hand(viewer, case) else [],
        "tasks": _tasks(viewer, case), "task_form": task or (TaskForm(None, case=case, viewer=viewer) if works and not closed else None),
        "plan": plan, "goals": goals, "steps": _steps(case), "promise": _promise(clocks.scheme_for(case), case, rank),
        "meeting": _newest(case, "meeting"), "refused": refused or {},
    }  # fmt: skip
    return render(request, "cases/case_one.html", context)


def _next_step(
    viewer: Viewer, case: Case, items: list[papers.Item], handover: Handover | None
) -> dict[str, str] | None:
    """Return the one big button: what this viewer can do next about the case."""
    if handover is not None and handover.to_person_id == viewer.person_id:
        return None
    wanted = next((item.form for item in items if item.wanted and not item.done), None)
    follow = next((item.form for item in items if item.form.does == "follow_up"), None)
    form = wanted if wanted is not None and case.phase != Case.Phase.AWAY else follow or wanted
    if form is None:
        return None
    return {
        "form": form.id,
        "label": _("写%(form)s") % {"form": form.title},
        "url": reverse("cases:write", args=[case.public_id, form.id]),
    }


def _closing(viewer: Viewer, case: Case) -> dict[str, Any] | None:
    """Return what the second person is asked, and why this viewer cannot agree where they cannot."""
    if case.phase != Case.Phase.CLOSING:
        return None
    asked = _newest(case, "close")
    return {
        "why_not": cases.why_not_closed_by(case, viewer), "by": case.proposed_by, "paper": asked,
        "mine": viewer.person_id == case.proposed_by_id,
    }  # fmt: skip


def _may_hand(viewer: Viewer, case: Case) -> bool:
    return case.phase != Case.Phase.CLOSED and (viewer.may("case_lead") or viewer.person_id == case.owner_id)


def _others(viewer: Viewer, case: Case) -> list[dict[str, str]]:
    people = keepers(case.school_id, viewer.day).exclude(pk=case.owner_id)
    return [{"id": one.public_id, "name": one.name} for one in people]


def _tasks(viewer: Viewer, case: Case) -> list[dict[str, Any]]:
    rows = CaseTask.objects.filter(case=case, back_at=None).select_related("bearer").order_by("-pk")
    return [
        {"task": task, "late": task.done_at is None and task.until < viewer.day}
        for task in opened(viewer, rows, "crisis")
    ]


def _newest(case: Case, does: str) -> CasePaper | None:
    forms = [form.id for form in clocks.scheme_for(case).forms if form.does == does]
    rows = CasePaper.objects.filter(case=case, form__in=forms).newest_versions()
    return rows.defer("notes", "plan", "deep").last()


def _goals(viewer: Viewer, case: Case) -> tuple[CasePaper | None, list[dict[str, Any]]]:
    """Return the newest plan with its goals and how far each was when somebody last looked."""
    scheme = clocks.scheme_for(case)
    plan = answers.newest_plan(case)
    if plan is None:
        return None, []
    scored = {form.id: [one.id for one in form.of_type("goal_scores")] for form in scheme.forms}
    rows = CasePaper.objects.filter(case=case, form__in=[form for form, fields in scored.items() if fields])
    rows = rows.newest_versions().filter(first__gt=plan.first_pk)
    (plan, *later) = papers.read([plan, *rows], viewer, notes=False)
    latest: dict[str, int] = {}
    for paper in later:
        for field in scored[paper.form]:
            latest |= (paper.plan or {}).get(field, {})
    words = scale_words()
    goals = answers.goals_of(plan, scheme.form_by_id.get(plan.form))
    return plan, [{"text": one["text"], "score": words.get(latest.get(one["id"], 9), "")} for one in goals]


def _steps(case: Case) -> list[dict[str, Any]]:
    """Return what happened, the newest first: who did what when, and nothing that is sealed."""
    rows = (
        Step.objects.filter(case=case)
        .select_related("by", "paper", "to")
        .defer("paper__notes", "paper__plan", "paper__deep")
    )
    found = []
    for step in rows.order_by("-pk"):
        title = step.get_kind_display()
        if step.kind == Step.Kind.PAPER and step.paper:
            title = form_named(case, step.paper.form).title
        elif step.kind == Step.Kind.CORRECTED and step.paper:
            title = _("更正了%(form)s") % {"form": form_named(case, step.paper.form).title}
        elif step.kind in (Step.Kind.MOVED, Step.Kind.NOT_CLOSED):
            title = (
                f"{title} · {state_title(case, step.state)}"
                if step.kind != Step.Kind.MOVED
                else _("转到“%(state)s”") % {"state": state_title(case, step.state)}
            )
        text = step.by.name if step.by else _("程序")
        if step.to:
            text = _("%(by)s请%(to)s") % {"by": text, "to": step.to.name}
        url = reverse("cases:paper", args=[case.public_id, step.paper.public_id]) if step.paper else ""
        found.append({"when": step.at, "title": title, "text": text, "url": url})
    return found


def _promise(scheme: Scheme, case: Case, rank: int | None) -> list[str]:
    """Say what a case was promised when it was opened: how fast, how often."""
    if rank is None:
        return []
    found = [
        _("分级方案：%(title)s（建个案时的第 %(n)d 版）") % {"title": scheme.title, "n": case.scheme.number}
    ]
    follow = scheme.minutes(scheme.follow, rank)
    if follow:
        found.append(
            _("%(level)s：%(often)s跟进一次")
            % {"level": scheme.level(rank).label, "often": said_minutes(follow)}
        )
    return found


# ------------------------------------------------------------------ buttons


@allow("cases")
@require_POST
def move(request: Request, public_id: str) -> HttpResponse:
    case = case_of(request.viewer, public_id)
    try:
        moved = cases.move(case, request.POST.get("to", ""), request.viewer)
    except Refused as refused:
        notify(request, str(refused))
    else:
        notify(request, _("已经转到“%(state)s”。") % {"state": state_title(moved)})
    return redirect("cases:case", public_id)


@allow("cases")
@require_POST
def close(request: Request, public_id: str) -> HttpResponse:
    """Agree to close as the second person."""
    case = case_of(request.viewer, public_id)
    try:
        cases.agree_to_close(case, request.viewer)
    except Refused as refused:
        notify(request, str(refused))
    else:
        notify(request, _("已经结案。以后有新的情况，可以重新打开。"))
    return redirect("cases:case", public_id)


@allow("cases")
@require_POST
def send_back(request: Request, public_id: str) -> HttpResponse:
    case = case_of(request.viewer, public_id)
    return _with_why(request, case, cases.send_back, _("已经退回，接着跟进。"), "back")


@allow("cases")
@require_POST
def reopen(request: Request, public_id: str) -> HttpResponse:
    case = case_of(request.viewer, public_id)
    return _with_why(request, case, cases.reopen, _("已经重新打开。"), "reopen")


def _with_why(request: Request, case: Case, do, done: str, name: str) -> HttpResponse:
    try:
        do(case, request.viewer, request.POST.get("why", "")[:2000])
    except Refused as refused:
        return _one(request, case_of(request.viewer, case.public_id), refused={name: str(refused)})
    notify(request, done)
    return redirect("cases:case", case.public_id)


@allow("cases")
@require_POST
def task_new(request: Request, public_id: str) -> HttpResponse:
    """Ask somebody to do something."""
    viewer, case = request.viewer, case_of(request.viewer, public_id)
    form = TaskForm(request.POST, case=case, viewer=viewer)
    if form.is_valid():
        given = form.cleaned_data
        try:
            bearing.give(case, given["who"], given["what"], given["until"], viewer)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("已经告诉对方。对方看到要做的事，看不到原因。"))
            return redirect("cases:case", public_id)
    return _one(request, case, task=form)


@allow("cases")
@require_POST
def task_back(request: Request, public_id: str, task: str) -> HttpResponse:
    """Take a task back."""
    case = case_of(request.viewer, public_id)
    row = get_object_or_404(CaseTask.objects.filter(case=case).defer("words", "answer"), public_id=task)
    try:
        bearing.take_back(row, request.viewer)
    except Refused as refused:
        notify(request, str(refused))
    else:
        notify(request, _("已经收回，对方不再看到这件事。"))
    return redirect("cases:case", public_id)


# ------------------------------------------------------------------ handing over


@allow("cases")
@require_POST
def hand_over(request: Request, public_id: str) -> HttpResponse:
    """Ask somebody to keep this case from now on."""
    viewer, case = request.viewer, case_of(request.viewer, public_id)
    to = keepers(case.school_id, viewer.day).filter(public_id=request.POST.get("to", "")).first()
    if to is None:
        return _one(request, case, refused={"hand": _("请选接手的人。")})
    try:
        handing.ask(case, to, viewer)
    except Refused as refused:
        return _one(request, case, refused={"hand": str(refused)})
    notify(request, _("已经告诉%(name)s。对方点“我接手了”以前，仍由您负责。") % {"name": to.name})
    return redirect("cases:case", public_id)


@allow("cases")
@require_POST
def receive(request: Request, public_id: str) -> HttpResponse:
    """Say that one has this case now."""
    case = case_of(request.viewer, public_id)
    handover = Handover.objects.filter(case=case, received_at=None).first()
    try:
        if handover is None:
            raise Refused(_("这份个案已经有人接手了。"))
        handing.receive(handover, request.viewer)
    except Refused as refused:
        notify(request, str(refused))
    else:
        notify(request, _("您接手了。先看看记录，再看下一步。"))
    return redirect("cases:case", public_id)


@allow("cases")
@never_cache
@require_safe
def handovers(request: Request) -> HttpResponse:
    """The cases that wait for another keeper: those one is asked to take, those one gives, all for the leader."""
    return _handovers(request)


@step_up
def _handovers(request: Request) -> HttpResponse:
    viewer = request.viewer
    rows = list(handing.open_ones(school_of(viewer).pk))
    if not viewer.may("case_lead"):
        rows = [one for one in rows if viewer.person_id in (one.to_person_id, one.from_person_id)]
    note_seen(viewer, [one.case.student_id for one in rows])
    done = Handover.objects.filter(school_id=viewer.school_id, received_at__isnull=False)
    done = done.select_related("case", "from_person", "to_person").order_by("-received_at")[:20]
    people = [
        {"id": one.public_id, "name": one.name, "pk": one.pk}
        for one in keepers(viewer.school_id or 0, viewer.day)
    ]
    lines = [
        {
            "one": one,
            "mine": one.to_person_id == viewer.person_id,
            "people": [p for p in people if p["pk"] != one.case.owner_id],
        }
        for one in rows
    ]
    context = {
        "lines": lines,
        "done": done,
        "leads": viewer.may("case_lead"),
        "tabs": place.tabs(viewer, "mine"),
    }
    return render(request, "cases/case_handovers.html", context)
