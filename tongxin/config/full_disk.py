"""What a page does when the disk is full: refuse what can wait before it is begun, write what cannot with the ballast."""

from __future__ import annotations

import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tongxin.kernel.base import space

logger = logging.getLogger(__name__)

INSUFFICIENT_STORAGE = 507
# What cannot wait: a child's answers and words, whoever is worried about a child, who answers a call; and the way in.
URGENT = frozenset(
    {
        *("screening:sit_enter", "screening:sit_class", "screening:sit_own_way", "screening:sit_own"),
        *("screening:sit_consent", "screening:sit_agree", "screening:sit_page", "screening:sit_keep"),
        *("screening:sit_finish", "screening:sit_leave"),
        *(
            "network:talk",
            "network:talk_answer",
            "network:concern",
            "network:concern_read",
            "network:observe",
        ),
        *("network:mood_worry", "network:family_worry", "network:own_thread", "network:thread"),
        *("network:harm_new", "network:harm_add", "network:harm_tell", "network:harm_word"),
        *("cases:new", "cases:signal", "cases:signal_take", "cases:signal_pass", "cases:write", "cases:move"),
        *("cases:task_new", "cases:task_done", "cases:open"),
        *("home_visits:record_new", "home_visits:record_visit"),
        *("setup:sign_in", "setup:demo_sign_in", "setup:sign_out", "setup:choose_school", "setup:activate"),
        *("setup:second_factor_give", "setup:second_factor_recovery"),
    }
)
READING = ("GET", "HEAD", "OPTIONS")


class FullDiskMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        if request.method in READING or _urgent(request) or not space.short():
            return None
        return _full(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not space.is_full(exception):
            return None
        space.forget()
        if _urgent(request) and space.release():
            again = _again(request)
            if again is not None:
                return again
        logger.error("the disk is full", exc_info=exception)
        return _full(request)


def _urgent(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.view_name in URGENT


def _again(request: HttpRequest) -> HttpResponse | None:
    """Answer a request once more, of which nothing was written; None where the disk is still full."""
    for _name, files in request.FILES.lists():
        for file in files:
            file.seek(0)
    match = request.resolver_match
    assert match is not None
    try:
        return match.func(request, *match.args, **match.kwargs)
    except Http404:
        raise
    except Exception as error:
        if space.is_full(error):
            return None
        raise


def _full(request: HttpRequest) -> HttpResponse:
    return render(request, "507.html", status=INSUFFICIENT_STORAGE)
