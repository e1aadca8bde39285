"""我的信息: who looked, what is kept about me or my child, and how to ask for it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.ui import keyset

from .. import record
from ..models import RightsRequest

SIZE = 30


def own_people(viewer: Viewer) -> list[Subject]:
    """Return the people whose data somebody may ask about as their own: themselves, then their children."""
    if viewer.person is None:
        return []
    children = Subject.objects.filter(pk__in=viewer.children, school_id=viewer.school_id)
    return [*children.order_by("pinyin", "pk"), viewer.person.subject]


def own_person(viewer: Viewer, public_id: str) -> Subject:
    found = next((one for one in own_people(viewer) if one.public_id == public_id), None)
    if found is None:
        raise Http404
    return found


@allow()
@never_cache
@require_safe
def mine(request: Request) -> HttpResponse:
    """Oneself and one's children: who looked, one's requests. A guardian sees a child first."""
    viewer = request.viewer
    people = own_people(viewer)
    wanted = request.GET.get("who", "")
    if wanted and all(one.public_id != wanted for one in people):
        raise Http404
    chosen = next((one for one in people if one.public_id == wanted), people[0] if people else None)
    page, looks, asked = keyset.Page([]), [], []
    if chosen is not None and viewer.school is not None:
        found = record.looks_at(chosen, by_guardian=chosen.pk in viewer.children)
        page = keyset.page(found, record.FIELDS, ["-seq"], request.GET, size=SIZE)
        looks = record.in_words(viewer.school, page.rows)
        asked = list(RightsRequest.objects.filter(subject=chosen).order_by("-received_on", "-pk")[:20])
        if chosen.pk in viewer.children or chosen.pk == viewer.person_id:
            asked = [one for one in asked if one.asked_by_id == viewer.person_id]
    context = {
        "people": people, "chosen": chosen, "looks": looks, "page": page, "asked": asked,
        "is_child": chosen is not None and chosen.pk in viewer.children,
    }  # fmt: skip
    return render(request, "privacy/mine.html", context)
