"""The pool: what teams may take up."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.programmes import queries as programmes
from tongxin.ui.toasts import notify

from .. import looking
from .. import pool as topics
from ..forms import TopicForm
from ..kinds import all_kinds, choices, kinds_of
from ..models import Topic
from ..rules import Refused
from . import place

SIZE = 30


@allow("record")
@require_safe
def pool(request: Request) -> HttpResponse:
    viewer, given = request.viewer, request.GET
    school = place.school_of(viewer)
    kinds = kinds_of(school, viewer.day)
    rows = topics.topics(
        viewer,
        kind=given.get("kind", "") if given.get("kind", "") in kinds else "",
        state=given.get("state", ""),
        words=given.get("q", ""),
    )
    page = Paginator(rows, SIZE).get_page(given.get("page"))
    states = [(state, label) for state, label in Topic.State.choices if state != Topic.State.WITHDRAWN]
    filters = [
        {"name": "q", "label": _("名称、行业或企业"), "kind": "search", "value": given.get("q", "")},
        {"name": "kind", "label": _("类别"), "kind": "select", "value": given.get("kind", ""),
         "choices": [(kind.name, kind.pool) for kind in kinds.values()]},
        {"name": "state", "label": _("状态"), "kind": "select", "value": given.get("state", ""), "choices": states},
    ]  # fmt: skip
    kept = given.copy()
    kept.pop("page", None)
    context = {
        "tabs": place.tabs(viewer, "pool"),
        "filters": filters,
        "rows": [(one, all_kinds()[one.kind].pool if one.kind in all_kinds() else "") for one in page],
        "page": page,
        "kept": kept.urlencode(),
        "kinds": kinds.values(),
        "narrowed": any(given.get(name) for name in ("q", "kind", "state")),
    }
    return render(request, "teams/pool.html", context)


@allow("record")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, kind: str) -> HttpResponse:
    """Every member of staff may add what teams could take up."""
    viewer = request.viewer
    school = place.school_of(viewer)
    found = place.kind_of(school, kind, viewer.day)
    form = TopicForm(request.POST or None, viewer=viewer, school=school, kind=found)
    if request.method == "POST" and form.is_valid():
        try:
            made = topics.add(viewer, found, form.given(), token=place.token_of(request))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("登记好了，团队可以来认领。"))
            return redirect("teams:topic", made.public_id)
    status = 422 if form.errors else 200
    return render(request, "teams/topic_new.html", {"form": form, "kind": found}, status=status)


@allow("record")
@require_http_methods(["GET", "HEAD", "POST"])
def topic(request: Request, topic: str) -> HttpResponse:
    """One topic; who added it may take it out, its team may say it is solved or give it back, another may take it."""
    viewer = request.viewer
    school = place.school_of(viewer)
    one = get_object_or_404(topics.topics(viewer).select_related("visit"), public_id=topic)
    kind = all_kinds().get(one.kind)
    own = looking.visible_teams(viewer).filter(
        pk__in=viewer.posts.get("team_leader", ()), present_to__gte=viewer.day
    )
    takers = [card.team for card in looking.cards(own, viewer.day) if card.kind == kind]
    may_state = one.team is not None and looking.may_edit(viewer, one.team)
    may_remove = one.by_id == viewer.person_id or viewer.may(looking.FORM)
    if request.method == "POST":
        _do(request, one, {team.public_id: team for team in takers}, may_state, may_remove)
        return redirect(
            "teams:pool" if _gone(one) else "teams:topic", *([] if _gone(one) else [one.public_id])
        )
    activity = programmes.kinds(school, viewer.day).get((kind.pooled or kind.formed) if kind else "")
    sees_team = one.team is not None and looking.visible_teams(viewer).filter(pk=one.team_id).exists()
    context = {
        "one": one,
        "kind": kind,
        "theme": choices(activity, "theme").get(one.theme, ""),
        "takers": takers if one.state == Topic.State.OPEN else [],
        "may_propose": one.state == Topic.State.OPEN
        and looking.may_lead(viewer)
        and one.kind in kinds_of(school, viewer.day),
        "may_state": may_state and one.state == Topic.State.TAKEN,
        "may_remove": may_remove and one.state == Topic.State.OPEN,
        "sees_team": sees_team,
    }
    return render(request, "teams/topic.html", context)


def _gone(topic: Topic) -> bool:
    return Topic.objects.filter(pk=topic.pk, state=Topic.State.WITHDRAWN).exists()


def _do(request: Request, one: Topic, takers: dict, may_state: bool, may_remove: bool) -> None:
    viewer, what = request.viewer, request.POST.get("what", "")
    allowed = {"solved": may_state, "open": may_state, "withdrawn": may_remove, "take": bool(takers)}
    if not allowed.get(what):
        raise Http404
    try:
        if what == "take":
            team = takers.get(request.POST.get("team", ""))
            if team is None:
                raise Http404
            topics.take(viewer, one, team)
            notify(request, _("认领好了。"))
        else:
            topics.set_state(viewer, one, what)
            notify(request, _("改好了。"))
    except Refused as refused:
        notify(request, str(refused))
