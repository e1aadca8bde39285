"""The doors of pages. A view without a door is refused; a closed door looks like a page that is not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse

from tongxin.kernel.base.fields import new_public_id
from tongxin.kernel.base.models import School

from .requests import Request
from .viewer import Viewer

_TOKEN = re.compile(r"[0-9a-zA-Z_-]{16,40}")


def allow(*verbs: str) -> Callable:
    """Open a view to signed-in viewers who may do any of the verbs; `allow()` to everybody signed in."""

    def decorate(view):
        @wraps(view)
        def guarded(request: HttpRequest, *args, **kwargs):
            viewer = request.viewer  # type: ignore[attr-defined]
            if not viewer.signed_in:
                return redirect_to_login(request.get_full_path())
            if verbs and not any(viewer.may(v) for v in verbs):
                raise Http404
            return view(request, *args, **kwargs)

        guarded.door = verbs or ("signed_in",)  # type: ignore[attr-defined]
        return guarded

    return decorate


def school_of(viewer: Viewer) -> School:
    """Return the viewer's school; a bureau looks like a page that is not there: it has no children of its own."""
    if viewer.school is None or viewer.school.kind != School.Kind.SCHOOL:
        raise Http404
    return viewer.school


def own_school(viewer: Viewer) -> School:
    """Return the school of somebody who belongs to one; whoever looks in from elsewhere finds no page."""
    if viewer.person_id is None:
        raise Http404
    return school_of(viewer)


def token_of(request: Request) -> str:
    """Return what makes a form sent twice, or again after the line was down, one thing: of this person and this form."""
    once = request.POST.get("once", "")
    return f"{request.viewer.person_id}:{once if _TOKEN.fullmatch(once) else new_public_id()}"


# The room that has the pages names here who asks for the second factor: it returns the page, or None once it was given.
_ask: list[Callable[[HttpRequest], HttpResponse | None]] = []


def ask_second_factor_by(page: Callable[[HttpRequest], HttpResponse | None]) -> None:
    _ask[:] = [page]


def asked(request: HttpRequest) -> HttpResponse | None:
    """Return the page that asks for the second factor, None when the request itself just brought it."""
    return _ask[0](request)


def step_up(view: Callable) -> Callable:
    """Ask for the second factor unless it was given within the last ten minutes. Stands below `allow`.

    What somebody had typed when the time ran out comes back with the code and is not lost.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs):
        if not request.viewer.proved:  # type: ignore[attr-defined]
            answer = asked(request)
            if answer is not None:
                return answer
        return view(request, *args, **kwargs)

    guarded.step_up = True  # type: ignore[attr-defined]
    return guarded


def public(view: Callable) -> Callable:
    """Open a view to everybody, signed in or not."""
    view.door = ("public",)  # type: ignore[attr-defined]
    return view
