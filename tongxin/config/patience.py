"""A page that reads the database for too long is cut: who reads an old state for long lets the log grow for everybody.

Only SQLite, only while a page is made, and never inside a transaction: those write, and go through or are undone.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from typing import Any

from django.db import OperationalError
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

logger = logging.getLogger(__name__)

MOST_S = 30.0
# Steps of SQLite's machine between two looks at the clock; some twenty milliseconds.
STEPS = 1_000_000
TOO_LONG = 503

_here = threading.local()


def _look_at(connection: Any, **_more: Any) -> None:
    if connection.vendor == "sqlite":
        raw = connection.connection
        raw.set_progress_handler(lambda: _late(raw), STEPS)


def _late(raw: sqlite3.Connection) -> bool:
    """Say whether the statement that runs must end. Asked by SQLite in the thread that waits for it."""
    ends = getattr(_here, "ends", None)
    return ends is not None and time.monotonic() > ends and not raw.in_transaction


connection_created.connect(_look_at, dispatch_uid="patience")


class PatienceMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _here.ends = time.monotonic() + MOST_S
        try:
            return self.get_response(request)
        finally:
            _here.ends = None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        cause = exception.__cause__ or exception
        cut = (
            isinstance(exception, OperationalError | sqlite3.OperationalError)
            and getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT
        )
        if not cut:
            return None
        logger.error("a page read for more than %d s and was cut", MOST_S)
        # The page that says so may read a little.
        _here.ends = time.monotonic() + MOST_S
        return render(request, "503.html", status=TOO_LONG)
