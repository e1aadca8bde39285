"""Who is owed a visit by when, special families first and without saying why; how far each class has come."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.sheets import Column, Sheet, write_workbook
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.base.models import Subject
from tongxin.ui.formats import listed

from .. import homes, reach
from .. import needs as owed
from ..models import Mode
from . import place


def _wanted(request: Request) -> list[owed.Need]:
    """Return the needs as filtered by the address."""
    viewer, asked = request.viewer, request.GET
    room = reach.rooms(viewer).filter(public_id=asked.get("room", "")).first()
    mode = asked.get("mode", "") if asked.get("mode", "") in Mode.values else ""
    found = owed.needs(viewer, room=room.pk if room else None, mode=mode)
    if asked.get("planned") in ("yes", "no"):
        found = [one for one in found if (one.planned is not None) == (asked["planned"] == "yes")]
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
    filters = [
        place.search_filter(asked.get("q", "")),
        {"name": "mode", "label": _("方式"), "kind": "select", "value": asked.get("mode", ""), "choices": Mode.choices},
        {
            "name": "planned", "label": _("排上没有"), "kind": "select", "value": asked.get("planned", ""),
            "choices": [("no", _("还没排")), ("yes", _("排上了"))],
        },
    ]  # fmt: skip
    if len(rooms) > 1:
        filters.insert(0, place.room_filter(rooms, asked.get("room", "")))
    context = {
        "tabs": place.tabs(viewer, "needs"), "filters": filters, "pager": pager, "total": len(found),
        "rows": [(one, homes.located(known[one.student.pk].spot) if one.student.pk in known else False) for one in shown],
        "query": request.GET.urlencode(), "may_export": viewer.may("list_export"), "filtered": any(asked.get(one["name"]) for one in filters),
    }  # fmt: skip
    return render(request, "home_visits/needs.html", context)


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
    ]
    rows: list[list[str | date | None]] = [
        [
            one.room.name if one.room else "", one.student.name, one.mode_words, one.due,
            listed(names.get(bearer, "") for bearer in one.bearers), _("排上了") if one.planned else _("还没排"),
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
