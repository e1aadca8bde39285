"""Outings in the calendar that somebody subscribed to: when and how many families, no name and no address."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.exchange.notices.feed import Item
from tongxin.kernel.access.viewer import Viewer

from . import reach
from .models import Mode, Visit, VisitRound

PAST = timedelta(days=30)


def outings(viewer: Viewer) -> list[Item]:
    """Return the published routes somebody goes on."""
    if not viewer.may("visits") or viewer.person_id is None:
        return []
    routes = reach.routes(viewer).filter(
        members__person=viewer.person_id,
        round__state=VisitRound.State.PUBLISHED,
        back__gt=timezone.now() - PAST,
    )
    gone = [Visit.State.REFUSED, Visit.State.DROPPED]
    own = Count("visits", filter=~Q(visits__state__in=gone), distinct=True)
    joined = Count("joined_visits", filter=~Q(joined_visits__state__in=gone), distinct=True)
    items = []
    for route in routes.annotate(families=own + joined).order_by("leave", "pk"):
        if not route.families:
            continue
        n = {"n": route.families}
        online = route.round.mode == Mode.ONLINE
        title = ngettext("家访（%(n)d家）", "家访（%(n)d家）", route.families) % n
        if online:
            title = ngettext("线上家访（%(n)d家）", "线上家访（%(n)d家）", route.families) % n
        day = timezone.localtime(route.leave).date()
        items.append(
            Item(
                key=f"visit-route/{route.round.public_id}/{route.session}/{viewer.person_id}",
                title=title, first=day, last=day, stamp=timezone.localtime(route.round.made_at).date(),
                text=_("登录同心看路线。"), url=f"{settings.SITE_URL}{reverse('home_visits:route', args=[route.public_id])}",
                begin=route.leave, until=route.back,
            )
        )  # fmt: skip
    return items
