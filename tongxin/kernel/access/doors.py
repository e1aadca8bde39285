"""The doors of pages. A view without a door is refused; a closed door looks like a page that is not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest


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


def public(view: Callable) -> Callable:
    """Open a view to everybody, signed in or not."""
    view.door = ("public",)  # type: ignore[attr-defined]
    return view
