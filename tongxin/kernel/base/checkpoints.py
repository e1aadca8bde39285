"""SQLite's write-ahead log is brought into the database file by one thread of a process, and only while nobody writes.

SQLite before 3.51.3 may take pages of the log for copied that are not, when a checkpoint runs beside a commit that begins the
log anew: then whole processes read a broken database until they are restarted. By itself every connection checkpoints
after its commits, beside those of the others. So none does (`wal_autocheckpoint=0` in the settings); `fold` copies the log
while it holds the write lock. Whoever closes the last connection copies what is left, alone by SQLite's own lock.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)

EVERY_S = 5.0
# As SQLite's own measure: a thousand pages.
LARGE_BYTES = 1000 * 4096
WAIT_S = 20.0
# After so long without a write the log is emptied: every night, and in most breaks.
QUIET_S = 300.0
EMPTY_WAIT_S = 0.5


def log_state(database: Path) -> tuple[int, int]:
    """Return (bytes, last change in ns) of a database file's log, zeros without one. Nothing is opened for that: closing
    a file drops all locks that its process has on it."""
    try:
        found = database.with_name(f"{database.name}-wal").stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def fold(database: Path) -> tuple[int, int]:
    """Copy the log into the database file while nobody writes; return (pages in the log, pages copied).

    Pages that somebody still reads the older form of are left for the next time. Raises sqlite3.OperationalError when
    somebody writes for longer than WAIT_S.
    """
    address = f"{database.resolve().as_uri()}?mode=rw"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=WAIT_S, isolation_level=None)) as holding,
        closing(sqlite3.connect(address, uri=True, timeout=WAIT_S, isolation_level=None)) as copying,
    ):
        for connection in (holding, copying):
            connection.execute("PRAGMA wal_autocheckpoint=0")
        holding.execute("BEGIN IMMEDIATE")
        try:
            _busy, pages, copied = copying.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        finally:
            holding.execute("ROLLBACK")
    return pages, copied


def empty(database: Path) -> bool:
    """Copy the log and make it empty, so that nothing older lies in it; say whether it could be done now.

    SQLite holds the write lock itself for that. Whoever reads an older state for longer than a moment puts it off.
    """
    address = f"{database.resolve().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=EMPTY_WAIT_S, isolation_level=None)) as copying:
        copying.execute("PRAGMA wal_autocheckpoint=0")
        busy, _pages, _copied = copying.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def start() -> threading.Thread | None:
    """Keep the log of this installation short from now on; None on PostgreSQL. To be called after a fork, not before."""
    database = settings.DATABASES["default"]
    if not database["ENGINE"].endswith("sqlite3"):
        return None
    thread = threading.Thread(
        target=_keep_short, args=(Path(database["NAME"]),), name="checkpoints", daemon=True
    )
    thread.start()
    return thread


def _keep_short(database: Path) -> None:
    pause, done = threading.Event(), (0, 0)
    while not pause.wait(EVERY_S):
        # Once copied, the log is written over from its beginning and keeps its size.
        found = log_state(database)
        quiet = found[0] > 0 and time.time() - found[1] / 1e9 > QUIET_S
        if not quiet and (found[0] < LARGE_BYTES or found == done):
            continue
        try:
            if quiet:
                empty(database)
                continue
            pages, copied = fold(database)
        except sqlite3.OperationalError as error:
            # Somebody writes for long, as an import does; the log waits.
            logger.debug("the log was not brought into the database file: %s", error)
        except sqlite3.Error:
            logger.exception("the log could not be brought into the database file")
        else:
            done = found if pages == copied else (0, 0)
