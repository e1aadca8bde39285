"""Who is owed a visit by when, special families first and without saying why; how far each class has come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.sheets import Column, Sheet, write_workbook
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.base.models import Subject
from tongxin.ui.formats import listed
from tongxin.ui.toasts import notify

from .. import answers, homes, reach
from .. import needs as owed
from .. import together as joined
from ..forms import TogetherForm
from ..models import Mode, Visit
from . import place

# Of each choice of the filter: which needs it leaves.
PLANNED: dict[str, Callable[[owed.Need], bool]] = {
    "no": lambda need: need.planned is None and not need.waits,
    "yes": lambda need: need.planned is not None,
    "other": lambda need: need.other is not None,
    "joined": lambda need: bool(need.joined),
}


def _wanted(request: Request) -> list[owed.Need]:
    """Return the needs as filtered by the address."""
    viewer, asked = request.viewer, request.GET
    room = reach.rooms(viewer).filter(public_id=asked.get("room", "")).first()
    mode = asked.get("mode", "") if asked.get("mode", "") in Mode.values else ""
    found = owed.needs(viewer, room=room.pk if room else None, mode=mode)
    if asked.get("planned") in PLANNED:
        found = [one for one in found if PLANNED[asked["planned"]](one)]
    return [one for one in found if place.fits(one.student, asked.get("q", ""))]


@allow("visits_plan")
@never_cache
@require_safe
def needs(request: Request) -> HttpResponse:
    viewer, asked = request.viewer, request.GET
    place.school_of(viewer)
    rooms = list(reach.rooms(viewer))
    found = _wanted(request)
    shown, pager = place.paged(request, found)
    known = homes.homes(one.student.pk for one in shown)
    mine = _open_rounds(request, shown)
    filters = [
        place.search_filter(asked.get("q", "")),
        {"name": "mode", "label": _("方式"), "kind": "select", "value": asked.get("mode", ""), "choices": Mode.choices},
        {
            "name": "planned", "label": _("排上没有"), "kind": "select", "value": asked.get("planned", ""),
            "choices": [("no", _("还没排")), ("yes", _("排上了")), ("other", _("换了办法的")), ("joined", _("有人一起去的"))],
        },
    ]  # fmt: skip
    if len(rooms) > 1:
        filters.insert(0, place.room_filter(rooms, asked.get("room", "")))
    context = {
        "tabs": place.tabs(viewer, "needs"), "filters": filters, "pager": pager, "total": len(found),
        "rows": [
            {
                "need": one, "located": one.student.pk in known and homes.located(known[one.student.pk].spot),
                "planned": one.planned if one.planned and one.planned.round_id in mine else None,
                "declined": one.other.visit if one.other and one.other.visit and not one.other.record and one.other.visit.round_id in mine else None,
            }
            for one in shown
        ],
        "query": request.GET.urlencode(), "may_export": viewer.may("list_export"), "filtered": any(asked.get(one["name"]) for one in filters),
    }  # fmt: skip
    return render(request, "home_visits/needs.html", context)


def _open_rounds(request: Request, needs: list[owed.Need]) -> set[int]:
    """Return which of the rounds that needs name the viewer works on; of others the page says when, without a link."""
    visits = [
        visit for one in needs for visit in (one.planned, one.other.visit if one.other else None) if visit
    ]
    mine = reach.rounds(request.viewer).filter(pk__in={visit.round_id for visit in visits})
    return set(mine.order_by().values_list("pk", flat=True))


@allow("visits_plan")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def together(request: Request, student: str) -> HttpResponse:
    """Who comes along on the next visit to a family: a colleague, or somebody who can do something."""
    viewer = request.viewer
    place.school_of(viewer)
    one = get_object_or_404(reach.planned_for(viewer), public_id=student)
    home = homes.homes([one.pk]).get(one.pk)
    wish = joined.wish_of(home)
    visit = reach.planned_visits(viewer).filter(student=one, public_id=request.GET.get("visit", "")).first()
    staff = list(reach.staff(viewer))
    looking = "find" in request.POST
    form = TogetherForm(request.POST or None, wish=wish, staff=staff)
    if request.method == "POST" and not looking and form.is_valid():
        try:
            joined.save(viewer, one, person=form.who, skills=form.can)
        except homes.Refused as refused:
            form.refused(refused)
        else:
            return _kept(request, visit, bool(form.who or form.can))
    person = request.POST.get("person", "") if request.method == "POST" else form.chosen
    looked = request.POST.get("person_q", "") if looking else ""
    people = place.picked(staff, [person], looked, viewer)
    context = {
        "form": form, "student": one, "visit": visit, "wished": bool(wish), "searched": request.POST.get("person_q", ""),
        "people": people, "groups": place.groups(people), "room": reach.rooms_of([one.pk], viewer).get(one.pk),
        "skills": sorted(homes.skills_known(viewer.school_id or 0)),
    }  # fmt: skip
    refused = form.errors and not looking
    return render(request, "home_visits/together.html", context, status=422 if refused else 200)


def _kept(request: Request, visit: Visit | None, wished: bool) -> HttpResponse:
    if visit is None:
        notify(request, _("记下了，下一次排家访时一起排。") if wished else _("好的，不用一起去了。"))
        return redirect("home_visits:needs")
    notify(request, _("改好了。已经排过的，请点“尽量少改地再排”。"))
    return redirect("home_visits:visit", visit.public_id)


@allow("visits_plan")
@require_POST
def again(request: Request, visit: str) -> HttpResponse:
    """Ask a family once more that would rather have it another way."""
    place.school_of(request.viewer)
    row = get_object_or_404(reach.of_own_children(request.viewer), public_id=visit)
    try:
        row = answers.ask_again(request.viewer, row)
    except answers.Refused as refused:
        notify(request, str(refused))
    else:
        here = row.state == Visit.State.OPEN
        notify(
            request,
            _("好的。在“%(round)s”里点“尽量少改地再排”，就会排上。") % {"round": row.round.title} if here
            else _("好的，下一次排家访会排上这一家。"),
        )  # fmt: skip
    return redirect("home_visits:needs")


@allow("list_export")
@never_cache
@require_safe
def export(request: Request) -> HttpResponse:
    """The same list as a workbook; it has a number and a row in the audit record."""
    viewer = request.viewer
    school = place.school_of(viewer)
    if not viewer.may("visits_plan"):
        raise Http404
    found = _wanted(request)
    names = dict(
        Subject.objects.filter(pk__in={one for need in found for one in need.bearers}).values_list(
            "pk", "name"
        )
    )
    number = outgoing.note(viewer, "home_visits.needs_exported", rows=len(found))
    columns = [
        Column(_("班级")),
        Column(_("学生")),
        Column(_("方式")),
        Column(_("最晚")),
        Column(_("谁来访")),
        Column(_("排上没有")),
        Column(_("和谁一起")),
        Column(_("换了办法")),
    ]
    rows: list[list[str | date | None]] = [
        [
            one.room.name if one.room else "", one.student.name, one.mode_words, one.due,
            listed(names.get(bearer, "") for bearer in one.bearers), _("排上了") if one.planned else _("还没排"), one.joined,
            _("%(how)s（%(day)s）") % {"how": one.other.words, "day": one.other.day.isoformat()} if one.other else "",
        ]
        for one in found
    ]  # fmt: skip
    sheet = Sheet(_("该访谁"), columns, rows, title=_("%(school)s 该走访的家庭") % {"school": school.name})
    return outgoing.attachment(
        write_workbook([sheet], export_id=number), f"{_('该访谁')}.xlsx", outgoing.XLSX
    )


@allow("visits_figures")
@require_safe
def coverage(request: Request) -> HttpResponse:
    """How many families of each class were visited; figures that would point at few people are hidden."""
    place.school_of(request.viewer)
    context = {"tabs": place.tabs(request.viewer, "coverage"), "rules": owed.coverage(request.viewer)}
    return render(request, "home_visits/coverage.html", context)
