"""What a guardian sees: visits to the own child, an answer, and the times that suit."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.base.models import Subject
from tongxin.ui.formats import listed
from tongxin.ui.toasts import notify

from .. import answers, homes, reach, together
from ..forms import ProposeForm, RefuseForm, TimesForm
from ..models import Mode, Visit
from . import place
from .visits import answered

ANSWERS = {"propose": ProposeForm, "refuse": RefuseForm}


def _children(request: Request) -> list[Subject]:
    return list(Subject.objects.filter(pk__in=request.viewer.children).order_by("pinyin", "pk"))


@allow("visit_answer")
@never_cache
@require_safe
def family(request: Request) -> HttpResponse:
    place.school_of(request.viewer)
    visits = list(reach.of_family(request.viewer).order_by("-begin", "-pk")[:20])
    known = homes.homes(request.viewer.children)
    children = [
        (one, homes.words_of(homes.wants_of(known.get(one.pk))["times"])) for one in _children(request)
    ]
    return render(request, "home_visits/family.html", {"visits": visits, "children": children})


@allow("visit_answer")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def visit(request: Request, visit: str) -> HttpResponse:
    """A visit to the own child: who comes when; it suits, another time would, or better not at home."""
    place.school_of(request.viewer)
    row = get_object_or_404(reach.of_family(request.viewer), public_id=visit)
    forms: dict = {}
    if request.method == "POST":
        said, form = answered(request, row)
        if form is None:
            notify(request, said)
            return redirect("home_visits:family_visit", row.public_id)
        forms = {request.POST["what"]: form}
    names = together.names_of([row])
    context = {
        "visit": row, "names": listed(names.get(one, "") for one in together.people(row)), "over": row.state in answers.OVER, "online": row.round.mode == Mode.ONLINE,
        "propose": ProposeForm(), "refuse": RefuseForm(), "confirmed": row.state == Visit.State.CONFIRMED, **forms,
    }  # fmt: skip
    return render(request, "home_visits/family_visit.html", context, status=422 if forms else 200)


@allow("visit_answer")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def times(request: Request, student: str) -> HttpResponse:
    """When it suits the family, for the next round of planning."""
    viewer = request.viewer
    place.school_of(viewer)
    child = get_object_or_404(Subject.objects.filter(pk__in=viewer.children), public_id=student)
    wants = homes.wants_of(homes.homes([child.pk]).get(child.pk))
    form = TimesForm(request.POST or None, times=wants["times"])
    if request.method == "POST" and form.is_valid():
        homes.save_home(child, spot=None, wants={**wants, "times": form.times}, by=viewer)
        notify(request, _("记下了，老师排家访时会照着排。"))
        return redirect("home_visits:family")
    return render(
        request,
        "home_visits/family_times.html",
        {"form": form, "child": child},
        status=422 if form.errors else 200,
    )
