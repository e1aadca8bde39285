"""Coverage: for each kind of pair who has somebody and who has not, by name or as figures; and the same as Excel."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.sheets import write_workbook
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer

from .. import coverage as covering
from ..kinds import PairKind, pair_kinds
from ..pairs import LEAD, A, B, led
from . import place


@allow(LEAD)
@require_safe
def kinds(request: Request) -> HttpResponse:
    viewer = request.viewer
    found = pair_kinds(place.school_of(viewer), viewer.day)
    shown = [kind for kind in found.values() if covering.may_see(viewer, kind)]
    context = {
        "tabs": place.tabs(viewer, "kinds"),
        "kinds": [
            {
                "kind": kind,
                "figures": [covering.figures(viewer, kind, side) for side in (A, B)],
                "names": led(viewer, kind) is not None,
            }
            for kind in shown
        ],
        "round_url": covering.new_round_url(viewer),
    }
    return render(request, "mentoring/kinds.html", context)


def _kind(viewer: Viewer, name: str) -> PairKind:
    """Return a kind the viewer leads pairs of; figures alone have no list."""
    kind = pair_kinds(place.school_of(viewer), viewer.day).get(name)
    if kind is None or led(viewer, kind) is None:
        raise Http404
    return kind


def _side(request: Request, kind: PairKind) -> str:
    wanted = request.GET.get("side", "")
    if wanted in (A, B):
        return wanted
    return B if kind.everyone(B) else A


@allow(LEAD)
@require_safe
def coverage(request: Request, kind: str) -> HttpResponse:
    viewer = request.viewer
    one = _kind(viewer, kind)
    side = _side(request, one)
    words, only = request.GET.get("q", "").strip(), request.GET.get("only", "")
    number = request.GET.get("page", "1")
    page = max(int(number), 1) if number.isdecimal() and len(number) < 6 else 1
    rows = covering.listed(viewer, one, side, words=words, only=only)
    first = (page - 1) * covering.PAGE
    people = list(rows[first : first + covering.PAGE + 1])
    kept = {"side": side, "q": words, "only": only}
    context = {
        "kind": one,
        "side": side,
        "sides": [
            {"label": title, "url": f"?{urlencode({'side': of})}", "current": of == side}
            for of, title in ((B, one.b_title), (A, one.a_title))
        ],
        "figures": [covering.figures(viewer, one, of) for of in (A, B)],
        "rows": covering.with_others(viewer, one, side, people[: covering.PAGE]),
        "filters": _filters(words, only),
        "keep": [("side", side)],
        "clear_url": f"?{urlencode({'side': side})}" if words or only else "",
        "previous_url": f"?{urlencode(kept | {'page': page - 1})}" if page > 1 else "",
        "next_url": f"?{urlencode(kept | {'page': page + 1})}" if len(people) > covering.PAGE else "",
        "searched": bool(words or only),
        "may_export": viewer.may("list_export"),
        "round_url": covering.new_round_url(viewer),
    }
    return render(request, "mentoring/coverage.html", context)


def _filters(words: str, only: str) -> list[dict]:
    choices = [("without", _("还没有的")), ("many", _("两对以上的"))]
    return [
        {"name": "q", "label": _("找姓名"), "kind": "search", "value": words},
        {"name": "only", "label": _("只看"), "kind": "select", "value": only, "choices": choices},
    ]


@allow("list_export")
@require_safe
def export(request: Request, kind: str) -> HttpResponse:
    """Both sides as a workbook; what leaves is on record."""
    viewer = request.viewer
    one = _kind(viewer, kind)
    number = outgoing.note(viewer, "pairs.coverage_exported", kind=one.link)
    sheets = [covering.sheet(viewer, one, side) for side in (B, A)]
    content = write_workbook(sheets, export_id=number, author=place.school_of(viewer).name)
    return outgoing.attachment(content, f"{one.title}.xlsx", outgoing.XLSX)
