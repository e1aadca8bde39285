"""Where families live: a list, one family, a table read in, the school's own map."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.sheets import Column, Sheet, write_workbook
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import homes, importing, mapping, reach
from ..forms import CentreForm, HomeForm, ImportForm
from ..models import DistrictPlace
from . import place as shared

MOST_BYTES = 8 * 1024 * 1024


@allow("visits_plan")
@never_cache
@require_safe
def places(request: Request) -> HttpResponse:
    viewer, asked = request.viewer, request.GET
    shared.school_of(viewer)
    rooms = list(reach.rooms(viewer))
    students = list(reach.planned_for(viewer).order_by("pinyin", "pk"))
    in_room = reach.rooms_of([one.pk for one in students], viewer)
    known = homes.homes(one.pk for one in students)
    rows = []
    for one in students:
        home = known.get(one.pk)
        spot = (home.spot if home else None) or {}
        if asked.get("room") and getattr(in_room.get(one.pk), "public_id", "") != asked["room"]:
            continue
        if asked.get("known") == "no" and homes.located(spot):
            continue
        if shared.fits(one, asked.get("q", "")):
            times = homes.words_of(homes.wants_of(home)["times"])
            rows.append(
                {
                    "student": one,
                    "room": in_room.get(one.pk),
                    "spot": spot,
                    "located": homes.located(spot),
                    "times": times,
                }
            )
    shown, pager = shared.paged(request, rows)
    filters = [
        shared.search_filter(asked.get("q", "")),
        {
            "name": "known",
            "label": _("住址"),
            "kind": "select",
            "value": asked.get("known", ""),
            "choices": [("no", _("还没有的"))],
        },
    ]
    if len(rooms) > 1:
        filters.insert(0, shared.room_filter(rooms, asked.get("room", "")))
    missing = sum(not homes.located(known[one.pk].spot if one.pk in known else None) for one in students)
    context = {
        "tabs": shared.tabs(viewer, "places"), "rows": shown, "pager": pager, "filters": filters, "missing": missing,
        "total": len(students), "filtered": any(asked.get(one["name"]) for one in filters),
    }  # fmt: skip
    return render(request, "home_visits/places.html", context)


@allow("visits_plan")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def place(request: Request, student: str) -> HttpResponse:
    """Where one family lives and when it suits them."""
    viewer = request.viewer
    school = shared.school_of(viewer)
    one = get_object_or_404(reach.planned_for(viewer), public_id=student)
    home = homes.homes([one.pk]).get(one.pk)
    form = HomeForm(request.POST or None, home=home, school=school.pk)
    if request.method == "POST" and form.is_valid():
        homes.save_home(one, spot=form.spot, wants=form.wants(), by=viewer)
        notify(request, _("%(name)s家的住址和时间存好了。") % {"name": one.name})
        return redirect("home_visits:places")
    spots = mapping.district(homes.centres(school), _("学校"))
    spot = (home.spot if home else None) or {}
    here = [mapping.Spot(spot["x"], spot["y"], one.name, mapping.HOME)] if "x" in spot else []
    context = {"form": form, "student": one, "sketch": mapping.sketch([*spots, *here])}
    return render(request, "home_visits/place.html", context, status=422 if form.errors else 200)


@allow("visits_plan")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def district(request: Request) -> HttpResponse:
    """The school's map: villages and streets with their centre."""
    viewer = request.viewer
    school = shared.school_of(viewer)
    form = CentreForm(request.POST or None, initial={"code": request.GET.get("code", "")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            homes.set_centre(viewer, data["code"], data["x"], data["y"])
        except homes.Refused as refused:
            form.refused(refused)
        else:
            notify(request, _("“%(code)s”标在地图上了。") % {"code": data["code"]})
            return redirect("home_visits:district")
    rows = DistrictPlace.objects.filter(school=school).order_by("code")
    sketch = mapping.sketch(mapping.district(homes.centres(school), _("学校")))
    context = {"form": form, "rows": rows, "sketch": sketch}
    return render(request, "home_visits/district.html", context, status=422 if form.errors else 200)


@allow("visits_plan")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: Request) -> HttpResponse:
    """Read a table of addresses; nothing is saved while a single row is wrong."""
    viewer = request.viewer
    shared.school_of(viewer)
    form = ImportForm(request.POST or None, request.FILES or None)
    wrong: list[str] = []
    if request.method == "POST" and form.is_valid():
        wrong, saved = _read(request, form)
        if not wrong:
            notify(request, ngettext("读进了%(n)d家的住址。", "读进了%(n)d家的住址。", saved) % {"n": saved})
            return redirect("home_visits:places")
    context = {
        "form": form,
        "wrong": wrong[: importing.MOST_TOLD],
        "more": max(0, len(wrong) - importing.MOST_TOLD),
    }
    return render(
        request, "home_visits/places_import.html", context, status=422 if form.errors or wrong else 200
    )


def _read(request: Request, form: ImportForm) -> tuple[list[str], int]:
    file, data = form.cleaned_data["file"], form.cleaned_data
    if file.size > MOST_BYTES:
        return [_("文件超过8MB，请分成几个文件。")], 0
    school = (data["lat"], data["lon"]) if data["lat"] is not None else None
    with tempfile.TemporaryDirectory(prefix="tongxin-places-") as folder:
        path = Path(folder) / f"file{Path(file.name).suffix.lower()[:6]}"
        path.write_bytes(file.read())
        found = importing.read(path, request.viewer, school)
    return found.wrong, 0 if found.wrong else importing.save(found, request.viewer)


@allow("visits_plan")
@never_cache
@require_safe
def template(request: Request) -> HttpResponse:
    """An empty table with the names of the students somebody plans for."""
    viewer = request.viewer
    shared.school_of(viewer)
    students = list(reach.planned_for(viewer).order_by("pinyin", "pk"))
    rooms = reach.rooms_of([one.pk for one in students], viewer)
    heads = ("姓名", "班级", "住址", "村或街道", "向东米", "向北米", "可以的时间", "坐几分钟", "需要")
    rows = (
        [one.name, rooms[one.pk].name if one.pk in rooms else "", *[""] * (len(heads) - 2)]
        for one in students
    )
    number = outgoing.note(viewer, "home_visits.template_exported", rows=len(students))
    note = "可以的时间写成：周二、周四 18:00-20:30；向东米、向北米是离学校的距离，西边和南边写负数。"
    sheet = Sheet("住址", [Column(name) for name in heads], rows, note=note)
    return outgoing.attachment(write_workbook([sheet], export_id=number), "家访住址模板.xlsx", outgoing.XLSX)
