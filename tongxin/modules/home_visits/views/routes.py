"""A route on the phone: stop by stop when, who, where; the way as a sketch; and as a sheet of paper."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.pdf import write_pdf
from tongxin.exchange.documents.word import write_word
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import visible_subjects
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.people.models import Contact
from tongxin.ui.formats import listed
from tongxin.ui.toasts import notify

from .. import answers, homes, mapping, papers, reach, together
from ..models import HomePlace, Mode, Visit, VisitRoute
from . import place

WRITERS = {"docx": (write_word, outgoing.DOCX), "pdf": (write_pdf, outgoing.PDF)}


def route_of(request: Request, public_id: str) -> VisitRoute:
    place.school_of(request.viewer)
    return get_object_or_404(reach.routes(request.viewer), public_id=public_id)


def _stops(request: Request, row: VisitRoute) -> list[Visit]:
    gone = [Visit.State.REFUSED, Visit.State.DROPPED]
    found = (
        reach.stops(row).exclude(state__in=gone).filter(reach.still_here(request.viewer), begin__isnull=False)
    )
    return list(found.select_related("student", "route", "joined").order_by("begin", "pk"))


@allow("visits")
@never_cache
@require_safe
def route(request: Request, route: str) -> HttpResponse:
    viewer = request.viewer
    row = route_of(request, route)
    visits = _stops(request, row)
    students = [one.student_id for one in visits]
    known, rooms, phones = homes.homes(students), reach.rooms_of(students, viewer), _phones(request, students)
    names = together.names_of(visits, row.people)
    centres = homes.centres(row.school_id)
    stops = [
        {
            "number": number, "visit": one, "room": rooms.get(one.student_id), "spot": _spot(known.get(one.student_id)),
            "phones": phones.get(one.student_id, []), "minutes": round((one.end - one.begin).total_seconds() / 60),
            "with": papers.with_whom(one, row, names),
        }
        for number, one in enumerate(visits, 1) if one.begin and one.end
    ]  # fmt: skip
    context = {
        "route": row, "round": row.round, "stops": stops, "names": listed(names.get(one, "") for one in row.people), "online": row.round.mode == Mode.ONLINE,
        "sketch": _sketch(stops, centres), "may_work": viewer.person_id in row.people or viewer.may("visits_plan"),
        "next": next((one for one in stops if one["visit"].state != Visit.State.DONE), None),
        "formats": [("docx", _("下载 Word")), ("pdf", _("下载 PDF"))],
    }  # fmt: skip
    return render(request, "home_visits/route.html", context)


def _spot(home: HomePlace | None) -> dict[str, Any]:
    return (home.spot if home else None) or {}


def _phones(request: Request, students: list[int]) -> dict[int, list[tuple[str, str]]]:
    """Return {student: (guardian, phone)} where the viewer may know how to reach the family."""
    viewer = request.viewer
    seen = set(visible_subjects(viewer, "K2").filter(pk__in=students).values_list("pk", flat=True))
    links = Link.objects.filter(
        kind="guardian_of",
        b__in=seen,
        superseded_at=FOREVER,
        valid_from__lte=viewer.day,
        valid_to__gte=viewer.day,
    )
    guardians: dict[int, list[int]] = {}
    for guardian, child in links.values_list("a_id", "b_id"):
        guardians.setdefault(guardian, []).append(child)
    rows = Contact.objects.filter(person__in=guardians, kind=Contact.Kind.PHONE).select_related(
        "person__subject"
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for row in rows.order_by("pk"):
        for child in guardians[row.person_id]:
            found.setdefault(child, []).append((row.person.name, row.value))
    return found


def _sketch(stops: list[dict[str, Any]], centres: dict[str, tuple[int, int]]) -> mapping.Sketch | None:
    """Draw the way from the school and back; None where hardly any of the stops can be drawn."""
    spots, way = [mapping.Spot(0, 0, _("学校"), mapping.SCHOOL)], [(0, 0)]
    for stop in stops:
        spot = stop["spot"]
        at = (spot["x"], spot["y"]) if "x" in spot else centres.get(spot.get("code", ""))
        if at is not None:
            spots.append(mapping.Spot(at[0], at[1], stop["visit"].student.name, mapping.STOP, stop["number"]))
            way.append(at)
    return mapping.sketch(spots, [*way, (0, 0)]) if len(way) > 1 else None


@allow("visits")
@require_POST
def arrived(request: Request, visit: str) -> HttpResponse:
    """At the door. A second tap changes nothing."""
    place.school_of(request.viewer)
    row = get_object_or_404(reach.workable(request.viewer), public_id=visit)
    route = reach.route_of(request.viewer, row)
    if route is None:
        raise Http404
    try:
        answers.arrive(request.viewer, row)
    except answers.Refused as refused:
        notify(request, str(refused))
    else:
        notify(request, _("记下了：到了。访完点“访完，登记”。"))
    return redirect("home_visits:route", route.public_id)


@allow("visits")
@never_cache
@require_safe
def sheet(request: Request, route: str, format: str) -> HttpResponse:
    """The route as Word or PDF: who, where, when. It has a number and a row in the audit record."""
    viewer = request.viewer
    if format not in WRITERS:
        raise Http404
    row = route_of(request, route)
    visits = _stops(request, row)
    students = [one.student_id for one in visits]
    number = outgoing.note(viewer, "home_visits.sheet_exported", row, format=format, visits=len(visits))
    names = list(Subject.objects.filter(pk__in=row.people).values_list("name", flat=True))
    made = papers.route_document(
        row, visits, homes.homes(students), reach.rooms_of(students, viewer), names, number
    )
    writer, type_ = WRITERS[format]
    return outgoing.attachment(writer(made), f"{_('家访路线单')}.{format}", type_)
