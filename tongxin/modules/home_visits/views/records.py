"""Records of visits: written in a minute, read by whoever needs to know."""

from __future__ import annotations

import base64
from datetime import date, timedelta

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.exchange import outgoing
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.ledger import evidence
from tongxin.kernel.ledger.queries import visible_evidence
from tongxin.ui.formats import listed
from tongxin.ui.toasts import notify

from .. import entered, papers, reach, reasons, recording, together
from ..forms import RecordForm
from ..models import Mode, Visit, VisitRecord
from . import place

MONTH = timedelta(days=30)
MOST_PHOTOS = 6


@allow("visits")
@never_cache
@require_safe
def records(request: Request) -> HttpResponse:
    viewer, asked = request.viewer, request.GET
    place.school_of(viewer)
    rows = reach.records(viewer).order_by("-day", "-pk")
    modes = dict(VisitRecord._meta.get_field("mode").choices or [])
    if asked.get("mode") in modes:
        rows = rows.filter(mode=asked["mode"])
    for name, lookup in (("from", "day__gte"), ("to", "day__lte")):
        day = _day(asked.get(name, ""))
        if day is not None:
            rows = rows.filter(**{lookup: day})
    found = [one for one in rows.defer("said", "signature") if place.fits(one.student, asked.get("q", ""))]
    shown, pager = place.paged(request, found)
    rooms = reach.rooms_of([one.student_id for one in shown], viewer)
    filters = [
        place.search_filter(asked.get("q", "")),
        {
            "name": "mode",
            "label": _("方式"),
            "kind": "select",
            "value": asked.get("mode", ""),
            "choices": list(modes.items()),
        },
        {"name": "from", "label": _("从"), "kind": "date", "value": asked.get("from", "")},
        {"name": "to", "label": _("到"), "kind": "date", "value": asked.get("to", "")},
    ]
    context = {
        "tabs": place.tabs(viewer, "records"), "rows": [(one, rooms.get(one.student_id)) for one in shown], "pager": pager,
        "filters": filters, "filtered": any(asked.get(one["name"]) for one in filters),
    }  # fmt: skip
    return render(request, "home_visits/records.html", context)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@allow("visits")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, student: str) -> HttpResponse:
    """A visit nobody had planned, by the homeroom teacher, a mentor or a counsellor."""
    viewer = request.viewer
    place.school_of(viewer)
    one = get_object_or_404(
        Subject.objects.filter(school_id=viewer.school_id, type="student"), public_id=student
    )
    if not reach.may_record(viewer, one):
        raise Http404
    return _form(request, one, None)


@allow("visits")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def of_visit(request: Request, visit: str) -> HttpResponse:
    """A planned visit that was made."""
    place.school_of(request.viewer)
    row = get_object_or_404(reach.workable(request.viewer), public_id=visit)
    if row.state == Visit.State.DONE:
        written = reach.records(request.viewer).filter(visit=row).first()
        notify(request, _("这次家访已经登记过了，不用重复登记。"))
        if written is not None:
            return redirect("home_visits:record", written.public_id)
        return redirect("home_visits:home")
    return _form(request, row.student, row)


def _form(request: Request, student: Subject, visit: Visit | None) -> HttpResponse:
    viewer = request.viewer
    school = place.school_of(viewer)
    templates = papers.reasons_of(school, viewer.day)
    chosen = request.POST.get("reason") or request.GET.get("reason") or next(iter(templates))
    reason = templates.get(chosen) or next(iter(templates.values()))
    people = together.people(visit) if visit is not None else []
    known = together.names_of([visit] if visit is not None else [])
    own = viewer.person.subject.public_id if viewer.person else ""
    form = RecordForm(
        request.POST or None, reason=reason, visit=visit, staff=list(reach.staff(viewer)),
        going=[(pk, known.get(pk, "")) for pk in people],
        initial={"day": viewer.day, "mode": recording.first_mode(visit), "owner": own, "due": viewer.day + MONTH},
    )  # fmt: skip
    route = reach.route_of(viewer, visit) if visit is not None else None
    photos = [(file.name or "", file.read()) for file in request.FILES.getlist("photos")[:MOST_PHOTOS]]
    if request.method == "POST" and form.is_valid():
        try:
            made = recording.record(viewer, student, visit, form.told_to(place.token_of(request), photos))
        except recording.Refused as refused:
            form.refused(refused)
        except evidence.BadFile as bad:
            form.add_error(None, str(bad))
        else:
            notify(request, _done(school, made))
            if route is not None:
                return redirect("home_visits:route", route.public_id)
            return redirect("home_visits:record", made.public_id)
    back = route and reverse("home_visits:route", args=[route.public_id])
    here = (
        reverse("home_visits:record_visit", args=[visit.public_id])
        if visit
        else reverse("home_visits:record_new", args=[student.public_id])
    )
    context = {
        "form": form, "student": student, "visit": visit, "reason": reason, "here": here, "back": back,
        "reasons": [(one.name, one.title) for one in templates.values()],
        "room": reach.rooms_of([student.pk], viewer).get(student.pk),
        "photos": entered.visit_kind(school, viewer.day) is not None, "in_person": Mode.IN_PERSON,
    }  # fmt: skip
    return render(request, "home_visits/record_new.html", context, status=422 if form.errors else 200)


def _done(school: School, made: VisitRecord) -> str:
    """Return what to say of a record, and where it leaves the visit owed."""
    if entered.counts_as_visit(school, made.mode, made.day) or entered.visit_kind(school, made.day) is None:
        return _("登记好了，谢谢。")
    return _("登记好了，谢谢。%(how)s不算家访，这一家仍在“该访谁”里。") % {"how": made.get_mode_display()}


@allow("visits")
@never_cache
@require_safe
def one(request: Request, record: str) -> HttpResponse:
    """What was seen and said, for whoever plans for this child, mentors it, or was there."""
    viewer = request.viewer
    school = place.school_of(viewer)
    row = get_object_or_404(reach.records(viewer), public_id=record)
    said = row.said or {}
    template = papers.reasons_of(school, row.day).get(said.get("reason", ""))
    entry = entered.entry_of(row.token, school.pk)
    names = Subject.objects.filter(pk__in=row.people).values_list("name", flat=True)
    with transaction.atomic():
        audit.write(viewer, "home_visits.record_read", row, student=row.student_id)
    context = {
        "record": row, "reason": template, "lines": reasons.said(template, said.get("taps", {})), "said": said,
        "names": listed(names), "room": reach.rooms_of([row.student_id], viewer).get(row.student_id), "entry": entry,
        "files": list(visible_evidence(viewer).filter(entry=entry)) if entry else [],
        "requests": reach.requests(viewer).filter(record=row), "erased": row.said is None,
        "counts": entered.counts_as_visit(school, row.mode, row.day) or entered.visit_kind(school, row.day) is None,
    }  # fmt: skip
    return render(request, "home_visits/record.html", context)


@allow("visits")
@never_cache
@require_safe
def signature(request: Request, record: str) -> HttpResponse:
    """The parent's drawn signature as a picture."""
    place.school_of(request.viewer)
    row = get_object_or_404(reach.records(request.viewer), public_id=record)
    if not row.signature:
        raise Http404
    return outgoing.attachment(base64.b64decode(row.signature), f"{_('签名')}.png", "image/png")
