"""Lists of teams, who has none yet, the export, and the page of results."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.sheets import Column, Sheet, write_workbook
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.programmes import queries as programmes
from tongxin.ui import keyset, tables
from tongxin.ui.formats import listed

from .. import forming, looking, measuring, showing
from ..kinds import TeamKind, choices, kinds_of
from ..logs import by_level
from ..models import Proposal
from . import place

FIELDS = ("pinyin", "id")
KEYS = ("name", "kind", "leader", "others", "since", "state", "public_id")
MOST_EXPORTED = 5000


@allow("teams")
@require_safe
def home(request: Request) -> HttpResponse:
    """The teams one sits in, invitations, and with a duty for it all teams of the branch or the school."""
    viewer = request.viewer
    school = place.school_of(viewer)
    kinds = kinds_of(school, viewer.day)
    mine = looking.visible_teams(viewer).filter(
        pk__in=viewer.posts.get("in_team", ()), present_to__gte=viewer.day
    )
    watching = viewer.may(looking.WATCH)
    asked = Proposal.objects.filter(school=school, by_id=viewer.person_id, state=Proposal.State.WAITING)
    context: dict[str, Any] = {
        "tabs": place.tabs(viewer, "home"),
        "mine": looking.shown(viewer, looking.cards(mine.order_by("pinyin", "pk"), viewer.day)),
        "invited": forming.waiting_for(viewer),
        "asked": asked.order_by("-made_at")[:20],
        "kinds": kinds.values(),
        "may_lead": looking.may_lead(viewer),
        "may_form": viewer.may(looking.FORM),
        "watching": watching,
    }
    if watching:
        context |= _table(request, kinds)
        context["any_team"] = bool(kinds) or looking.visible_teams(viewer).exists()
    return render(request, "teams/home.html", context)


def _table(request: Request, kinds: dict[str, TeamKind]) -> dict[str, Any]:
    viewer, given = request.viewer, request.GET
    branches = {one.public_id: one for one in looking.branches(viewer)}
    rows = _narrowed(request, kinds)
    page = keyset.page(rows, FIELDS, FIELDS, given)
    found = Subject.objects.in_bulk([pk for _pinyin, pk in page.rows])
    cards = looking.shown(viewer, looking.cards([found[pk] for _pinyin, pk in page.rows], viewer.day))
    table = tables.from_request(
        request,
        [
            tables.Column(
                "name", _("团队"), link=reverse("teams:team", args=["KEY"]).replace("KEY", "{public_id}")
            ),
            tables.Column("kind", _("类别")),
            tables.Column("leader", _("负责人"), kind="list"),
            tables.Column("others", _("成员"), kind="list"),
            tables.Column("since", _("成立"), kind="day"),
            tables.Column("state", _("状态")),
        ],
        [_row(card) for card in cards],
        keys=KEYS,
        page=page,
        caption=_("团队"),
        empty_title=_("没有这样的团队"),
        empty_text=_("换一个条件试试。"),
        export_url=f"{reverse('teams:export')}?{given.urlencode()}" if viewer.may("list_export") else "",
    )
    states = [("now", _("进行中")), ("over", _("已结束"))]
    filters = [
        {"name": "q", "label": _("团队或姓名"), "kind": "search", "value": given.get("q", "")},
        _select("kind", _("类别"), given, [(kind.name, kind.title) for kind in kinds.values()]),
        _select("branch", _("支部"), given, [(key, one.name) for key, one in branches.items()]),
        _select("state", _("状态"), {"state": given.get("state", "now")}, states),
    ]
    return {"table": table, "filters": filters}


def _narrowed(request: Request, kinds: dict[str, TeamKind]) -> QuerySet[Subject]:
    """Return the teams a list shows: those in reach, narrowed as the address says."""
    viewer, given = request.viewer, request.GET
    branches = {one.public_id: one for one in looking.branches(viewer)}
    return looking.narrowed(
        looking.visible_teams(viewer),
        viewer.day,
        kind=kinds.get(given.get("kind", "")),
        branch=branches.get(given.get("branch", "")),
        state=given.get("state", "now"),
        words=given.get("q", ""),
    )


def _select(name: str, label: str, given, options: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "kind": "select",
        "value": given.get(name, ""),
        "choices": options,
    }


def _row(card: looking.Card) -> tuple:
    return (
        card.team.name,
        card.kind.title if card.kind else "",
        [one.name for one in card.leaders],
        [one.name for one in card.others],
        card.team.present_from,
        _("已结束") if card.ended else _("进行中"),
        card.team.public_id,
    )


@allow("list_export")
@require_safe
def export(request: Request) -> HttpResponseBase:
    """The list as Excel, with the filters of the page; who takes it away is on record."""
    viewer = request.viewer
    school = place.school_of(viewer)
    if not viewer.may(looking.WATCH):
        raise Http404
    kinds = kinds_of(school, viewer.day)
    rows = _narrowed(request, kinds).order_by("pinyin", "pk")[:MOST_EXPORTED]
    cards = looking.shown(viewer, looking.cards(rows, viewer.day))
    number = outgoing.note(viewer, "teams.exported", rows=len(cards))
    heads = [Column(title) for title in (_("团队"), _("类别"), _("负责人"), _("成员"), _("成立"), _("状态"))]
    lines = [
        (name, kind, listed(leaders), listed(others), since, state)
        for name, kind, leaders, others, since, state, _key in map(_row, cards)
    ]
    content = write_workbook([Sheet(_("团队"), heads, lines)], export_id=number, author=school.name)
    return outgoing.attachment(content, f"{_('团队名单')}.xlsx", outgoing.XLSX)


@allow(looking.WATCH)
@require_safe
def gaps(request: Request) -> HttpResponse:
    viewer = request.viewer
    school = place.school_of(viewer)
    context = {
        "tabs": place.tabs(viewer, "gaps"),
        "gaps": looking.gaps(viewer, school, kinds_of(school, viewer.day).values()),
    }
    return render(request, "teams/gaps.html", context)


@allow("teams")
@require_safe
def results(request: Request) -> HttpResponse:
    """The school's results of this school year, as everybody in the school may read them."""
    viewer = request.viewer
    school = place.school_of(viewer)
    first, last = place.year_of(school, viewer.day)
    shown = showing.results(school, first, last, viewer.day)
    names = _level_names(school, viewer)
    context = {
        "tabs": place.tabs(viewer, "results"),
        "shown": shown,
        "levels": [(names.get(level, level), n) for level, n in by_level([one.entry for one in shown])],
        "growth": measuring.growth(school) if viewer.may(looking.WATCH) else [],
        "watching": viewer.may(looking.WATCH),
        "smallest": measuring.SMALLEST,
    }
    return render(request, "teams/results.html", context)


def _level_names(school: School, viewer: Viewer) -> dict[str, str]:
    known = programmes.kinds(school, viewer.day)
    found: dict[str, str] = {}
    for name in ("outcome", "contest", "project_contest"):
        found |= choices(known.get(name), "level")
    return found
