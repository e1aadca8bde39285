"""One planned visit, for whoever plans it: moved, kept in place, and what the family said by phone."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.base.models import Subject
from tongxin.ui.formats import listed
from tongxin.ui.toasts import notify

from .. import answers, homes, leftover, needs, papers, planning, problems, reach, sessions, together
from ..forms import MoveForm, ProposeForm, RefuseForm
from ..models import Visit
from . import place


def visit_of(request: Request, public_id: str) -> Visit:
    place.school_of(request.viewer)
    return get_object_or_404(reach.planned_visits(request.viewer), public_id=public_id)


@allow("visits_plan")
@never_cache
@require_safe
def one(request: Request, visit: str) -> HttpResponse:
    return _page(request, visit_of(request, visit), {})


def _page(request: Request, row: Visit, forms: dict, status: int = 200) -> HttpResponse:
    viewer = request.viewer
    names = together.names_of([row], row.round.people)
    home = homes.homes([row.student_id]).get(row.student_id)
    takes = needs.takes(viewer, row.round, {row.student_id: row.instead} if row.instead else {})
    context = {
        "visit": row, "round": row.round, "room": reach.rooms_of([row.student_id], viewer).get(row.student_id),
        "team": listed(names.get(pk, "") for pk in row.route.people) if row.route else "",
        "joined": papers.with_whom(row, row.route, names) if row.route else "",
        "wished": together.said([row.student_id]).get(row.student_id, ""), "accepted": takes.get(row.student_id),
        "spot": (home.spot if home else None) or {}, "times": homes.words_of(homes.wants_of(home)["times"]),
        "why": leftover.reason(row.left_out), "way": leftover.way_out(row.left_out, row.round, names, viewer.day),
        "over": row.state in answers.OVER, "move": _move_form(request, row, names), "propose": ProposeForm(), "refuse": RefuseForm(),
        **forms,
    }  # fmt: skip
    return render(request, "home_visits/visit.html", context, status=status)


def _move_form(request: Request, row: Visit, names: dict[int, str], data=None) -> MoveForm | None:
    """Return the form that moves a visit; None where nobody can go any more."""
    asked = problems.build(row.round, request.viewer.day, moved=row)
    if not asked.pairs(row):
        return None
    teams = [(name, listed(names.get(pk, "") for pk in asked.members[name])) for name in asked.pairs(row)]
    days = [
        (one["id"], sessions.title(one, request.viewer.day))
        for one in row.round.sessions
        if date.fromisoformat(one["day"]) >= request.viewer.day
    ]
    initial = (
        {"session": row.route.session, "team": "-".join(map(str, row.route.people))} if row.route else {}
    )
    return MoveForm(data, teams=teams, sessions=days, initial=initial)


@allow("visits_plan")
@require_POST
def move(request: Request, visit: str) -> HttpResponse:
    """Put a visit elsewhere; the rest moves as little as can be."""
    row = visit_of(request, visit)
    names = dict(Subject.objects.filter(pk__in=row.round.people).values_list("pk", "name"))
    form = _move_form(request, row, names, request.POST)
    if form is None or row.state in answers.OVER:
        raise Http404
    if not form.is_valid():
        return _page(request, row, {"move": form}, 422)
    data = form.cleaned_data
    begin = None
    if data["time"] is not None:
        session = next(one for one in row.round.sessions if one["id"] == data["session"])
        day = date.fromisoformat(session["day"])
        begin = (
            (day - row.round.first_day).days * sessions.DAY_S
            + data["time"].hour * 3600
            + data["time"].minute * 60
        )
    people = [int(pk) for pk in data["team"].split("-")]
    options = {"move": row.pk, "people": people, "session": data["session"], "begin": begin}
    try:
        planning.ask(request.viewer, row.round, options)
    except planning.Refused as refused:
        for sentence in refused.said:
            form.add_error(None, sentence)
        return _page(request, row, {"move": form}, 422)
    return redirect("home_visits:round", row.round.public_id)


@allow("visits_plan")
@require_POST
def lock(request: Request, visit: str) -> HttpResponse:
    row = visit_of(request, visit)
    on = request.POST.get("on") == "1"
    try:
        answers.lock(request.viewer, row, on=on)
    except answers.Refused as refused:
        notify(request, str(refused))
    else:
        notify(request, _("固定了，再排时不动它。") if on else _("不固定了，再排时可以动它。"))
    return redirect("home_visits:visit", row.public_id)


@allow("visits_plan")
@require_POST
def answer(request: Request, visit: str) -> HttpResponse:
    """What the family said on the telephone, or a guardian in person."""
    row = visit_of(request, visit)
    said, form = answered(request, row)
    if form is not None:
        return _page(request, row, {request.POST["what"]: form}, 422)
    notify(request, said)
    return redirect("home_visits:visit", row.public_id)


def answered(request: Request, row: Visit) -> tuple[str, ProposeForm | RefuseForm | None]:
    """Keep a family's answer; return (what to say, the form that has to be mended)."""
    viewer, what = request.viewer, request.POST.get("what", "")
    form: ProposeForm | RefuseForm | None = None
    try:
        if what == "confirm":
            answers.confirm(viewer, row)
            return _("好的，就这样定了。"), None
        if what == "propose":
            form = ProposeForm(request.POST)
            if form.is_valid():
                answers.propose(viewer, row, form.at(), form.cleaned_data["words"])
                return _("记下了，老师会照这个时间再排，排好了再告诉家长。"), None
        elif what == "refuse":
            form = RefuseForm(request.POST)
            if form.is_valid():
                answers.refuse(viewer, row, form.cleaned_data["instead"], form.cleaned_data["words"])
                return _("记下了，不上门，改用另外的办法。"), None
        else:
            raise Http404
    except answers.Refused as refused:
        if form is None:
            return str(refused), None
        form.add_error(None, str(refused))
    return "", form
