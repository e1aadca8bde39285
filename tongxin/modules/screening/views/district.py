"""A bureau's look at the newest sitting of each of its schools: who was asked, who handed in, how many need a look. No child."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tongxin.kernel.access import district
from tongxin.kernel.access import tabs as areas
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School

from .. import progress, signals
from ..models import Sitting


@allow("bureau")
@never_cache
@require_safe
def district_sittings(request: Request) -> HttpResponse:
    viewer = request.viewer
    schools = district.schools_of(viewer)
    newest = _newest(schools)
    titles = {pk: f"{sitting.title}（{sitting.get_state_display()}）" for pk, sitting in newest.items()}
    with transaction.atomic():
        audit.write(
            viewer, "screening.district_seen", school_id=viewer.school_id, schools=[one.pk for one in schools]
        )
    words = {"sitting": (_("最近一次测评"), {one.pk: titles.get(one.pk, _("还没有")) for one in schools})}
    context = {
        "tabs": areas.tabs("district", viewer, "screening:district"),
        "least": district.LEAST,
        "table": district.table(schools, _columns(newest, viewer.day), words, _("各校测评")),
    }
    return render(request, "screening/district.html", context)


def _newest(schools: list[School]) -> dict[int, Sitting]:
    """Return each school's newest sitting that was opened."""
    rows = Sitting.objects.filter(school__in=schools, state__in=(Sitting.State.OPEN, Sitting.State.CLOSED))
    return {
        sitting.school_id: sitting for sitting in rows.select_related("school").order_by("first_day", "pk")
    }


def _columns(newest: dict[int, Sitting], day) -> list[district.Counts]:
    asked, done, looked = {}, {}, {}
    for school, sitting in newest.items():
        rooms = progress.by_room(sitting, day)
        asked[school] = sum(room.expected for room in rooms)
        done[school] = sum(len(room.done) for room in rooms)
        looked[school] = signals.of_sitting(sitting).order_by().values("student").distinct().count()
    return [
        district.Counts("asked", _("可以参加的学生"), asked),
        district.Counts("done", _("做完的"), done),
        district.Counts("looked", _("要看看的"), looked, within="done"),
    ]
