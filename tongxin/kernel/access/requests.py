"""The request as views get it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from .viewer import Viewer


class Request(HttpRequest):
    """A request behind the access middleware: it knows who asks, and whether a part of a page is asked for."""

    viewer: Viewer
    htmx: HtmxDetails
