"""What of the room waits for somebody on their first page."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.access.waiting import Waiting
from tongxin.kernel.base.models import School
from tongxin.ui import formats

from . import reach
from .models import FamilyRequest, Visit, VisitRound

MOST = 3


def waiting(viewer: Viewer) -> list[Waiting]:
    """Return the lines of home visits for a viewer."""
    if viewer.school is None or viewer.person is None or viewer.school.kind != School.Kind.SCHOOL:
        return []
    made: list[Waiting] = []
    if viewer.may("visit_answer") and viewer.children:
        made += _family(viewer)
    if viewer.may("visits"):
        made += _outings(viewer)
        made += _difficulties(viewer)
    if viewer.may("visits_plan"):
        made += _moving(viewer)
    return made


def _family(viewer: Viewer) -> Iterator[Waiting]:
    for visit in (
        reach.of_family(viewer)
        .filter(state=Visit.State.PLANNED, begin__isnull=False)
        .order_by("begin")[:MOST]
    ):
        when = formats.when_words(visit.begin, timezone.now())
        words = _("家访的时间改了：%(name)s") if visit.before else _("老师想来家访：%(name)s")
        title = words % {"name": visit.student.name}
        yield Waiting(
            title, reverse("home_visits:family_visit", args=[visit.public_id]), _("看时间、答复"), (when,)
        )


def _outings(viewer: Viewer) -> Iterator[Waiting]:
    today = timezone.localdate()
    routes = reach.routes(viewer).filter(
        members__person=viewer.person_id, round__state=VisitRound.State.PUBLISHED,
        leave__gte=timezone.now().replace(hour=0, minute=0),
    ).order_by("leave")  # fmt: skip
    for route in routes[:MOST]:
        left = reach.stops(route).exclude(state__in=[Visit.State.DONE, Visit.State.DROPPED]).count()
        if left:
            when = formats.when_words(route.leave, timezone.now())
            n = ngettext("%(n)d家", "%(n)d家", left) % {"n": left}
            later = timezone.localtime(route.leave).date() > today
            url = reverse("home_visits:route", args=[route.public_id])
            yield Waiting(_("家访"), url, _("看路线"), (when, n), quiet=later)


def _difficulties(viewer: Viewer) -> Iterator[Waiting]:
    rows = FamilyRequest.objects.filter(school_id=viewer.school_id, owner_id=viewer.person_id, done_at=None)
    for row in rows.order_by("due", "pk")[:MOST]:
        late = row.due < viewer.day
        fact = (
            _("应在%(day)s前办好") % {"day": formats.plain_day(row.due, viewer.day)}
            if late
            else formats.until_words(row.due, viewer.day)
        )
        url = reverse("home_visits:request", args=[row.public_id])
        yield Waiting(_("一个家庭的困难请您帮忙"), url, _("打开"), (fact,))


def _moving(viewer: Viewer) -> Iterator[Waiting]:
    rows = Visit.objects.filter(
        round__in=reach.rounds(viewer).order_by().values("pk"), round__state=VisitRound.State.PUBLISHED,
        state=Visit.State.MOVING,
    )  # fmt: skip
    for row in rows.select_related("round")[:MOST]:
        url = reverse("home_visits:visit", args=[row.public_id])
        yield Waiting(_("有家长想换家访的时间"), url, _("安排"), (row.round.title,))
