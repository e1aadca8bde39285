"""A bureau's look at the cases of its schools: how many, how many late, who can be called. No child, no rank, small counts hidden."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tongxin.kernel.access import district
from tongxin.kernel.access import tabs as areas
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School
from tongxin.kernel.signals import chain
from tongxin.kernel.signals.models import Call, Signal

from ..models import Case

CLOSED_WITHIN = timedelta(days=365)


@allow("bureau")
@never_cache
@require_safe
def district_cases(request: Request) -> HttpResponse:
    viewer = request.viewer
    schools = district.schools_of(viewer)
    columns = _columns(schools)
    chains = {one.pk: _("还缺人") if chain.vacancies(one, viewer.day) else _("排满了") for one in schools}
    with transaction.atomic():
        audit.write(
            viewer, "cases.district_seen", school_id=viewer.school_id, schools=[one.pk for one in schools]
        )
    context = {
        "tabs": areas.tabs("district", viewer, "cases:district"),
        "least": district.LEAST,
        "table": district.table(schools, columns, {"chain": (_("应急联系人"), chains)}, _("各校个案")),
    }
    return render(request, "cases/district.html", context)


def _columns(schools: list[School]) -> list[district.Counts]:
    now = timezone.now()
    late = Q(due_at__lt=now) | Q(follow_due__lt=now)
    rows = Case.objects.filter(school__in=schools)
    running = rows.exclude(phase=Case.Phase.CLOSED)
    waiting = Signal.objects.filter(school__in=schools).exclude(calls__answer=Call.Answer.TAKEN)
    return [
        district.Counts("open", _("打开的个案"), _by_school(running)),
        district.Counts("late", _("其中过了期限"), _by_school(running.filter(late)), within="open"),
        district.Counts(
            "closed", _("一年里结案"), _by_school(rows.filter(closed_at__gt=now - CLOSED_WITHIN))
        ),
        district.Counts("waiting", _("还没有人看的学生"), _by_school(waiting, "student")),
    ]


def _by_school(rows, what: str = "pk") -> dict[int, int]:
    counted = rows.order_by().values("school").annotate(n=Count(what, distinct=True))
    return dict(counted.values_list("school", "n"))
