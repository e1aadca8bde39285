"""跟进: what is late, who was told by which way, who knows; tell again, or say 知道了."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.obligations import outbox, services
from tongxin.kernel.obligations.models import Matter
from tongxin.kernel.obligations.queries import in_force
from tongxin.kernel.programmes.queries import school_packs
from tongxin.ui import keyset
from tongxin.ui.toasts import notify

from . import queries
from .inbox import _beside

SIZE = 20
ORDER = ("-due_day", "-pk")


@allow("todo")
@require_safe
def matters(request: Request) -> HttpResponse:
    viewer = request.viewer
    state = request.GET.get("state", queries.LATE)
    visible = queries.visible_matters(viewer)
    rows = queries.in_state(visible, state, viewer.day)
    rule, who, since = (request.GET.get(name, "") for name in ("rule", "who", "from"))
    if rule:
        rows = rows.filter(obligation=rule)
    if who:
        rows = rows.filter(bearer__public_id=who, bearer__type="staff")
    if first := _day(since):
        rows = rows.filter(due_day__gte=first)
    page = keyset.page(rows, ("due_day", "pk"), ORDER, request.GET, SIZE)
    ids = [pk for _day_, pk in page.rows]
    found = Matter.objects.select_related("bearer", "programme").in_bulk(ids)
    late = queries.in_state(visible, queries.LATE, viewer.day).exists()
    narrowed = bool(rule or who or since or state != queries.LATE)
    return render(
        request,
        "notices/matters.html",
        {
            "title": _("要跟进的事") if late else _("没有要跟进的事"),
            "lines": queries.followed(viewer, [found[pk] for pk in ids]),
            # Nothing to narrow: the answer alone is on the page.
            "filters": _filters(viewer, visible, state, rule, who, since) if visible.exists() else [],
            "narrowed": narrowed,
            "clear_url": reverse("notices:matters") if narrowed else "",
            "here": request.get_full_path(),
            "silent": outbox.silent_since() if viewer.may("settings") else None,
            "next_url": _beside(request, "after", page.next_cursor),
            "previous_url": _beside(request, "before", page.previous_cursor),
        },
    )


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _filters(viewer: Viewer, visible, state: str, rule: str, who: str, since: str) -> list[dict]:
    known = set(visible.values_list("obligation", flat=True).distinct())
    rules = {
        r.id: r.title
        for _programme, pack in (school_packs(viewer.school, viewer.day) if viewer.school else ())
        for r in in_force(pack, viewer.day)
        if r.id in known
    }
    states = [
        (queries.LATE, _("要跟进")),
        (queries.COMING, _("还没到期")),
        (queries.KNOWN, _("已知悉")),
        (queries.OVER, _("已结束")),
    ]
    people = [(s.public_id, s.name) for s in queries.bearers_of(visible) if s.type == "staff"]
    return [
        {"name": "state", "label": _("情况"), "kind": "select", "value": state, "choices": states},
        {
            "name": "rule",
            "label": _("要求"),
            "kind": "select",
            "value": rule,
            "choices": sorted(rules.items(), key=lambda pair: pair[1]),
        },
        {"name": "who", "label": _("谁负责"), "kind": "select", "value": who, "choices": people},
        {"name": "from", "label": _("到期不早于"), "kind": "date", "value": since},
    ]


def _matter(request: Request, matter: str) -> Matter:
    """Return an open matter of somebody else that this viewer answers for; anything else looks absent."""
    return get_object_or_404(
        queries.answerable(request.viewer, queries.visible_matters(request.viewer))
        .filter(closed_at=None)
        .select_related("bearer"),
        public_id=matter,
    )


@allow("todo")
@require_POST
def known(request: Request, matter: str) -> HttpResponse:
    if services.acknowledge(_matter(request, matter), by=request.viewer):
        notify(request, _("知道了。这件事不再往上报，做到以前仍在“已知悉”里。"))
    return _back(request)


@allow("todo")
@require_POST
def again(request: Request, matter: str) -> HttpResponse:
    one = _matter(request, matter)
    try:
        services.tell_again(one, by=request.viewer, today=request.viewer.day)
    except services.AlreadyToldToday:
        notify(request, _("今天已经再提醒过一次，明天可以再提醒。"))
    except services.NobodyToTell:
        notify(request, _("负责的人已经不在岗，没有人可以提醒。请先换人。"))
    else:
        notify(request, _("已经再提醒%(name)s。") % {"name": one.bearer.name})
    return _back(request)


def _back(request: Request) -> HttpResponse:
    """Return to the list as it was narrowed; only ever to this site."""
    to = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(to, allowed_hosts=None) and to.startswith(
        reverse("notices:matters")
    )
    return redirect(to if safe else reverse("notices:matters"))
