"""The page that is not there: the same for everybody and for every reason, and written once for each language."""

from __future__ import annotations

from functools import lru_cache

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.template.loader import render_to_string
from django.utils.translation import get_language


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer that there is no such page. It shows nothing of the request, so neither body nor time tells what exists."""
    return HttpResponseNotFound(_page(get_language() or ""))


@lru_cache(maxsize=8)
def _page(language: str) -> str:
    """The page in the language that is active now. Of the frame, `frame` and the nonce are left empty."""
    return render_to_string("404.html")
