"""A thread that follows up the calls for a child, beside whatever else the process does.

Every server and worker process has one, so that neither a stopped worker nor one that hangs in a long task holds up a
call. They may follow up the same call at once: whoever is second finds it done.
"""

from __future__ import annotations

import logging
import threading

from django.db import connection

from tongxin.kernel.base import space
from tongxin.kernel.base.steady import SteadyClock
from tongxin.modules.cases import watch

logger = logging.getLogger(__name__)

EVERY_S = 2.0


def start() -> threading.Thread:
    """Begin to watch in this process; a forked child begins its own."""
    thread = threading.Thread(target=_keep_watching, name="watching", daemon=True)
    thread.start()
    return thread


def _keep_watching() -> None:
    clock, pause = SteadyClock(), threading.Event()
    while True:
        try:
            watch.follow_up(clock)
        except Exception as error:  # a database that does not answer now is asked again in two seconds
            logger.exception("the calls could not be followed up")
            connection.close()
            if space.is_full(error) and space.release():
                continue
        else:
            connection.close_if_unusable_or_obsolete()
        pause.wait(EVERY_S)
