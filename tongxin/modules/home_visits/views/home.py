"""One's own visits: what comes next, and when one can go."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import homes, reach
from ..forms import CardForm
from ..models import FamilyRequest, Visit, VisitRound, VisitRoute
from . import place

PAST_SHOWN = 10


@allow("visits")
@never_cache
@require_safe
def home(request: Request) -> HttpResponse:
    viewer = request.viewer
    place.school_of(viewer)
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    mine = reach.routes(viewer).filter(
        members__person=viewer.person_id,
        round__state__in=[VisitRound.State.PUBLISHED, VisitRound.State.CLOSED],
    )
    open_requests = FamilyRequest.objects.filter(
        school_id=viewer.school_id, owner_id=viewer.person_id, done_at=None
    )
    context = {
        "tabs": place.tabs(viewer, "home"),
        "coming": [_row(one) for one in mine.filter(leave__gte=today).order_by("leave", "pk")],
        "past": [_row(one) for one in mine.filter(leave__lt=today).order_by("-leave", "-pk")[:PAST_SHOWN]],
        "requests": open_requests.select_related("student").order_by("due", "pk")[:5],
        "today": viewer.day,
        "plans": viewer.may("visits_plan"),
        "feed_url": reverse("notices:feed_page") if viewer.may("todo") else "",
    }
    return render(request, "home_visits/home.html", context)


def _row(route: VisitRoute) -> dict:
    visits = list(reach.stops(route).exclude(state=Visit.State.DROPPED))
    done = sum(one.state == Visit.State.DONE for one in visits)
    return {"route": route, "n": len(visits), "done": done}


@allow("visits")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def card(request: Request) -> HttpResponse:
    """When the viewer can go, what they can do, with whom."""
    viewer = request.viewer
    school = place.school_of(viewer)
    assert viewer.person_id is not None
    kept = homes.card_of(viewer.person_id, school.pk)
    staff = list(reach.staff(viewer).exclude(pk=viewer.person_id))
    form = CardForm(request.POST or None, card=kept, staff=staff)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            homes.save_card(
                viewer,
                times=form.times,
                skills=homes.skills_of(data["skills"]),
                most=data["most"],
                partner=form.with_whom(),
            )
        except homes.Refused as refused:
            form.refused(refused)
        else:
            notify(request, _("记下了，排家访时会照着排。"))
            return redirect("home_visits:home")
    return render(request, "home_visits/card.html", {"form": form}, status=422 if form.errors else 200)
