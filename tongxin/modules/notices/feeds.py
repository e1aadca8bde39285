"""The calendar of one person, at an address that needs no session and ends with the post."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from tongxin.exchange.notices import feed as ics
from tongxin.exchange.notices import services
from tongxin.exchange.notices.wording import HIGHEST_PLAIN, may_leave
from tongxin.kernel.access.doors import public
from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.viewer import Viewer, viewer_for
from tongxin.kernel.obligations.classes import obligation_class
from tongxin.kernel.obligations.queries import Due, todo
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.queries import PhaseDays, PlannedItem, phases, plan_items, school_packs
from tongxin.methods.cadence.periods import Between, By, MonthOfPlan, PhaseOfPlan

MOST_UNKNOWN = 60
UNKNOWN_SECONDS = 900


@public
@require_safe
def calendar(request: HttpRequest, feed: str, secret: str) -> HttpResponse:
    """Answer a calendar program. A wrong address looks absent; too many of them are asked to wait."""
    now = timezone.now()
    try:
        found = services.open_feed(feed, secret, now)
    except services.TooManyTries:
        return _wait()
    except services.NoSuchFeed as error:
        if _too_many_unknown(request):
            return _wait()
        raise Http404 from error
    viewer = viewer_for(found.account, found.school, timezone.localdate())
    if not found.account.is_active or viewer.person_id != found.person_id or not viewer.may("todo"):
        raise Http404
    services.note_use(found, now)
    with translation.override(found.account.language):
        body = ics.calendar_bytes(_("同心待办"), items(viewer), found.school.public_id)
    return _answer(request, body)


def _answer(request: HttpRequest, body: bytes) -> HttpResponse:
    etag = ics.etag_of(body)
    asked = {one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")}
    if etag in asked:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type="text/calendar; charset=utf-8; method=PUBLISH")
        response["Content-Disposition"] = 'inline; filename="duties.ics"'
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    return response


def _wait() -> HttpResponse:
    response = HttpResponse(status=429)
    response["Retry-After"] = str(UNKNOWN_SECONDS)
    return response


def _too_many_unknown(request: HttpRequest) -> bool:
    """Count wrong addresses from one place. Right ones are answered all the same: a whole school shares a place."""
    where = hashlib.sha256(
        f"{settings.SECRET_KEY}|{request.META.get('REMOTE_ADDR', '')}".encode()
    ).hexdigest()
    key = f"unknown-feed:{where}"
    cache.add(key, 0, UNKNOWN_SECONDS)
    try:
        return cache.incr(key) > MOST_UNKNOWN
    except ValueError:
        return False


def items(viewer: Viewer) -> list[ics.Item]:
    """Return what this person still owes, with what the plan asks of their posts and its phases."""
    found = [_due_item(viewer, due) for due in todo(viewer) if due.due is not None and _worth_a_day(due)]
    for programme, pack in school_packs(viewer.school, viewer.day) if viewer.school else ():
        url = settings.SITE_URL + reverse("desk:schedule", args=[programme.public_id])
        for item in plan_items(programme, pack):
            if item.owner in viewer.posts and not (item.mark and item.mark.state == "done"):
                found.append(_plan_item(programme, item, url))
        found += [_phase_item(programme, phase, url) for phase in phases(programme, pack)]
    return found + ics.items_of_rooms(viewer)


def _worth_a_day(due: Due) -> bool:
    """A recurring window that closed unmet cannot be made good; a thing asked for once still can."""
    once = any(isinstance(period, Between | By | PhaseOfPlan | MonthOfPlan) for period in due.rule.periods)
    return due.verdict.verdict == "open" or once


def _due_item(viewer: Viewer, due: Due) -> ics.Item:
    verdict, rule = due.verdict, due.rule
    plain = CLASSES.index(obligation_class(due.pack, rule)) <= CLASSES.index(HIGHEST_PLAIN)
    title = _("您有1件事到期")
    if plain and may_leave(rule.title):
        others = [s for s in due.subjects if s.pk != viewer.person_id]
        title = rule.title
        if rule.subject.name == "student" and others:
            title = ngettext("%(title)s（%(n)d名学生）", "%(title)s（%(n)d名学生）", len(others)) % {
                "title": rule.title,
                "n": len(others),
            }
    return ics.Item(
        key=f"{due.programme.public_id}/{rule.id}/{verdict.window}/{verdict.first}/{viewer.person_id}",
        title=title,
        first=verdict.last,
        last=verdict.last,
        stamp=max(verdict.first, due.programme.first_day),
        text=_("登录同心查看和登记。做到以后，这一天会从日历上消失。"),
        url=f"{settings.SITE_URL}/",
        alarm_days=1,
    )


def _plan_item(programme: Programme, item: PlannedItem, url: str) -> ics.Item:
    title = item.title if may_leave(item.title) else _("方案安排的一件事")
    return ics.Item(
        key=f"{programme.public_id}/plan/{item.name}",
        title=title,
        first=min(item.first_day, item.due),
        last=item.due,
        stamp=programme.first_day,
        url=url,
    )


def _phase_item(programme: Programme, phase: PhaseDays, url: str) -> ics.Item:
    title = phase.title if may_leave(phase.title) else _("方案安排的一个阶段")
    return ics.Item(
        key=f"{programme.public_id}/phase/{phase.number}",
        title=title,
        first=phase.first_day,
        last=max(phase.last_day, phase.first_day),
        stamp=programme.first_day,
        url=url,
    )
