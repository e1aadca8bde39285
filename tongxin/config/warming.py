"""Get a fresh server process ready: read the packs and ask today's verdicts once, so that nobody waits for the first."""

from __future__ import annotations

import logging
import threading
import time

from django.db import DatabaseError, connection
from django.utils import timezone

logger = logging.getLogger(__name__)


def warm() -> int:
    """Ask every programme in force for today's verdicts; return how many were asked."""
    from tongxin.kernel.obligations.outbox import schools
    from tongxin.kernel.obligations.queries import ask
    from tongxin.kernel.programmes.queries import active_programmes

    today = timezone.localdate()
    asked = 0
    for school in schools():
        for programme in active_programmes(school, today).select_related("school"):
            ask(programme, today).verdicts()
            asked += 1
    return asked


def start() -> threading.Thread:
    """Warm up beside the first requests; a database that is not ready yet is left to them."""
    thread = threading.Thread(target=_quietly, name="warming", daemon=True)
    thread.start()
    return thread


def _quietly() -> None:
    began = time.monotonic()
    try:
        logger.debug("warmed programmes=%s seconds=%.1f", warm(), time.monotonic() - began)
    except DatabaseError:
        logger.warning("warming stopped: the database did not answer")
    finally:
        connection.close()
