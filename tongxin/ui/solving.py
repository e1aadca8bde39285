"""The part of a page that shows how far a computation in the background is."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def fragment(request: HttpRequest, run: Any, *, poll_url: str, stop_url: str = "") -> HttpResponse:
    """Answer a poll with `ui/components/solving.html`; once the run has ended the whole page is asked for anew.

    run: with state, active, elapsed, seconds, gap, stop_asked and failure (kernel.solving.models.SolverRun).
    """
    response = render(
        request, "ui/components/solving.html", {"run": run, "poll_url": poll_url, "stop_url": stop_url}
    )
    if not run.active:
        response["HX-Refresh"] = "true"
    return response
