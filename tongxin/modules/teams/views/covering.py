"""Who has entered no school contest: the classes with the most first, the names, and both as a workbook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.sheets import Column, Sheet, write_workbook
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.base.models import School, Subject
from tongxin.ui import formats, keyset, tables

from .. import contests as rules
from .. import covering
from . import place
from .contests import activity_or_404

SIZE, MOST_WORDS = 30, 40
NAMES = "names"
# What a column of the table sorts by; the most lacking first unless asked otherwise.
BY_ROOM, BY_NAME = ("pinyin", "id"), ("room_pinyin", "pinyin", "id")


def _season(request: Request) -> tuple[School, list[rules.Season], rules.Season]:
    """Return the school, its seasons and the one asked for. Raises Http404 for whoever reads none of this."""
    viewer = request.viewer
    activity_or_404(request)
    if not (viewer.may(rules.MANAGE) or viewer.posts.get("homeroom_teacher")):
        raise Http404
    school = place.school_of(viewer)
    seasons = rules.seasons(school, viewer.day)
    asked = [one for one in seasons if one.first.isoformat() == request.GET.get("from")]
    return school, seasons, asked[0] if asked else rules.season_of(seasons, viewer.day)


@allow("teams")
@require_safe
def coverage(request: Request) -> HttpResponse:
    """Who has entered no school contest in the season the programme sets; homeroom teachers see their own classes."""
    viewer = request.viewer
    school, seasons, season = _season(request)
    rooms = covering.rooms(viewer, school, season)
    named = request.GET.get("list") == NAMES
    counts = list(rooms.values_list("whole", "entered"))
    context: dict[str, Any] = {
        "season": season, "whole": sum(whole for whole, _entered in counts), "entered": sum(entered for _whole, entered in counts),
        "seasons": [
            {"label": _days(one, viewer.day), "url": _address(one, named), "current": one == season}
            for one in seasons
        ],
        "lists": [
            {"label": _("按班看"), "url": _address(season, False), "current": not named},
            {"label": _("还没参加的人"), "url": _address(season, True), "current": named},
        ],
        "kept": [("from", season.first.isoformat()), *([("list", NAMES)] if named else [])],
    }  # fmt: skip
    context |= _names(request, school, season, rooms) if named else _rooms(request, season, rooms)
    return render(request, "teams/contest_coverage.html", context)


def _days(season: rules.Season, day) -> str:
    return f"{formats.plain_day(season.first, day)} — {formats.plain_day(season.last, day)}"


def _address(season: rules.Season, named: bool) -> str:
    return "?" + urlencode({"from": season.first.isoformat()} | ({"list": NAMES} if named else {}))


def _rooms(request: Request, season: rules.Season, rooms) -> dict[str, Any]:
    words, show = _words(request), request.GET.get("show", "")
    # The key stands in the link, and a key has nothing to encode.
    columns = [
        tables.Column("name", _("班级"), link=f"{_address(season, True)}&room={{public_id}}", sortable=True),
        tables.Column("lacking", _("还没参加的"), kind="number", sortable=True),
        tables.Column("done", _("参加的")),
    ]
    sort = tables.sort_of(request, columns, "-lacking")
    falling = "-" if sort.startswith("-") else ""
    order = (
        (f"{falling}lacking", *BY_ROOM) if sort.endswith("lacking") else (f"{falling}pinyin", f"{falling}id")
    )
    fields = ("name", "lacking", "entered", "whole", "public_id", "pinyin", "id")
    page = keyset.page(covering.narrowed(rooms, words, show), fields, order, request.GET, SIZE)
    lines = [(name, left, f"{entered}/{whole}", key) for name, left, entered, whole, key, *_ in page.rows]
    choices = [(covering.LACKING, _("还有没参加的")), (covering.ALL_IN, _("都参加了的"))]
    return {
        "table": _table(request, columns, lines, ("name", "lacking", "done", "public_id"), page, sort),
        "filters": [
            {"name": "q", "label": _("找班级"), "kind": "search", "value": words},
            {"name": "show", "label": _("只看"), "kind": "select", "value": show, "choices": choices},
        ],
        "clear_url": _address(season, False) if words or show else "",
    }


def _names(request: Request, school: School, season: rules.Season, rooms) -> dict[str, Any]:
    words = _words(request)
    offered = list(rooms.order_by("pinyin", "pk"))
    room = next((one for one in offered if one.public_id == request.GET.get("room", "")), None)
    found = covering.lacking(request.viewer, school, season, room=room, words=words)
    columns = [
        tables.Column("name", _("姓名"), sortable=True),
        tables.Column("room", _("班级"), sortable=True),
    ]
    sort = tables.sort_of(request, columns, "room")
    fields, falling = (
        ("name", "room_name", "pinyin", "room_pinyin", "id"),
        "-" if sort.startswith("-") else "",
    )
    order = BY_NAME if sort.endswith("room") else BY_ROOM
    page = keyset.page(found, fields, [f"{falling}{one}" for one in order], request.GET, SIZE)
    lines = [(name, class_) for name, class_, *_ in page.rows]
    choices = [(one.public_id, one.name) for one in offered]
    filters: list[dict[str, Any]] = [{"name": "q", "label": _("找姓名"), "kind": "search", "value": words}]
    if len(offered) > 1:
        value = room.public_id if room else ""
        filters.append(
            {"name": "room", "label": _("班级"), "kind": "select", "value": value, "choices": choices}
        )
    return {
        "table": _table(request, columns, lines, ("name", "room"), page, sort), "filters": filters,
        "clear_url": _address(season, True) if words or room else "",
    }  # fmt: skip


def _table(request: Request, columns, lines, keys, page: keyset.Page, sort: str) -> tables.Table:
    exported = (
        f"{reverse('teams:contest_coverage_export')}?{urlencode({'from': request.GET.get('from', '')})}"
    )
    return tables.Table(
        columns, lines, keys=keys, page=page, sort=sort, parameters=request.GET, choose_columns=False,
        caption=_("谁还没参加"), export_url=exported if request.viewer.may("list_export") else "",
        empty_title=_("没有符合的"), empty_text=_("换一个条件试试。"),
    )  # fmt: skip


def _words(request: Request) -> str:
    return request.GET.get("q", "").strip()[:MOST_WORDS]


@allow("list_export")
@require_safe
def export(request: Request) -> HttpResponseBase:
    """The classes and the names as a workbook; who takes it away is on record."""
    viewer = request.viewer
    school, _seasons, season = _season(request)
    rooms = covering.rooms(viewer, school, season).order_by("-lacking", "pinyin", "pk")
    names = covering.lacking(viewer, school, season).order_by("room_pinyin", "pinyin", "pk")
    number = outgoing.note(viewer, "teams.contest_coverage_exported", first=season.first.isoformat())
    title = f"{season.first.isoformat()} — {season.last.isoformat()}"
    sheets = [
        Sheet(_("按班看"), [Column(_("班级")), Column(_("学生")), Column(_("参加的")), Column(_("还没参加的"))],
              _cells(rooms, ("name", "whole", "entered", "lacking")), title=title),
        Sheet(_("还没参加的人"), [Column(_("班级")), Column(_("姓名"))], _cells(names, ("room_name", "name"))),
    ]  # fmt: skip
    content = write_workbook(sheets, export_id=number, author=school.name)
    return outgoing.attachment(content, f"{_('谁还没参加')}.xlsx", outgoing.XLSX)


def _cells(found: Iterable[Subject], fields: tuple[str, ...]) -> Iterable[list[Any]]:
    return ([getattr(one, name) for name in fields] for one in found)
