"""Put the viewer on each request, end idle sessions, and refuse views that have no door."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import cast

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from tongxin.kernel.base import space
from tongxin.kernel.base.models import Account, School

from .doors import asked
from .reading import StepUpNeeded
from .viewer import Viewer, first_person, nobody, person_at, viewer_for, viewer_of

SEEN, SCHOOL, DEVICE, PROVED = "seen", "school", "device", "proved"
PROOF_SECONDS = 10 * 60


class ViewerMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self._end_if_idle(request)
        request.viewer = SimpleLazyObject(lambda: current_viewer(request))  # type: ignore[attr-defined]
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response

    def process_view(self, request, view, args, kwargs):
        if getattr(view, "door", None) is None and not view.__module__.startswith("django."):
            raise Http404(f"{view.__module__}.{view.__name__} has no door")
        return None

    def process_exception(self, request, exception):
        """A page that opened sealed data without a fresh second factor asks for it, whatever its door forgot."""
        if not isinstance(exception, StepUpNeeded):
            return None
        match = request.resolver_match
        return asked(request) or match.func(request, *match.args, **match.kwargs)

    @staticmethod
    def _end_if_idle(request: HttpRequest) -> None:
        """End a session nobody used for IDLE_MINUTES; the stamp is written at most once a minute."""
        seen = request.session.get(SEEN)
        if seen is None:
            return
        now = int(time.time())
        if now - seen > settings.IDLE_MINUTES * 60:
            logout(request)
        elif now - seen >= 60 and not space.short():  # a reader of a full disk writes nothing
            request.session[SEEN] = now


def start_session(request: HttpRequest, school: School | None) -> None:
    request.session[SEEN] = int(time.time())
    request.session[SCHOOL] = school.pk if school else None
    request.session.pop(PROVED, None)


def note_proof(request: HttpRequest) -> None:
    """Remember in the session that this account's second factor was just given, under a new session id."""
    request.session.cycle_key()
    request.session[PROVED] = [request.user.pk, int(timezone.now().timestamp())]
    request.viewer = SimpleLazyObject(lambda: current_viewer(request))  # type: ignore[attr-defined]


def proved(request: HttpRequest) -> bool:
    account, at = request.session.get(PROVED) or (None, 0)
    return account == request.user.pk and 0 <= timezone.now().timestamp() - at < PROOF_SECONDS


def current_viewer(request: HttpRequest) -> Viewer:
    viewer = _viewer(request)
    return replace(viewer, proved=True) if viewer.needs_second_factor and proved(request) else viewer


def _viewer(request: HttpRequest) -> Viewer:
    today = timezone.localdate()
    account = request.user
    if not account.is_authenticated:
        return nobody(today)
    school_id = request.session.get(SCHOOL)
    person = person_at(account.pk, school_id) if school_id else None
    if person is not None:
        return viewer_of(cast(Account, account), person, today)
    school = School.objects.filter(pk=school_id).first() if school_id else None
    if school is None:
        return viewer_of(cast(Account, account), first_person(account.pk), today)
    return viewer_for(cast(Account, account), school, today)


def first_school(account) -> School | None:
    person = first_person(account.pk)
    return person.school if person else None
