"""A full disk: reading goes on, what can wait is refused with a sentence, a call for a child is still written.

A file of random bytes, the ballast, lies beside the database. When the disk is full, what cannot wait gives its room away
and is written; as soon as there is room again, the ballast is laid down anew. Nothing needs a restart. On PostgreSQL the
database lies where its own keeper put it: there is no ballast, only the sentence.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import sqlite3
import threading
import time
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)

NAME = "ballast"
EVERY_S = 10.0
# How long a look at the disk holds: every page asks.
LOOK_S = 1.0
# As PostgreSQL says it.
DISK_FULL = "53100"
_CHUNK = 2**20

_looked: tuple[float, bool] = (0.0, False)


def is_full(error: BaseException | None) -> bool:
    """Say whether an error, or what it came from, is a full disk."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if isinstance(error, sqlite3.Error):
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            # Where SQLite cannot make its shared memory longer it only says that a file could not be written.
            if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _free() < _CHUNK):
                return True
        if getattr(error, "sqlstate", None) == DISK_FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def short() -> bool:
    """Say whether what can wait should wait: less than a quarter of what a start asks for is free."""
    global _looked
    now = time.monotonic()
    at, found = _looked
    if not at or now - at > LOOK_S:
        found = _free() < settings.LEAST_FREE_MIB * 2**20 // 4
        _looked = (now, found)
    return found


def forget() -> None:
    """Look at the disk anew when asked next."""
    global _looked
    _looked = (0.0, False)


def release() -> bool:
    """Give away the room of the ballast; say whether there was any. Without a ballast nothing can be done but wait."""
    try:
        _ballast().unlink()
    except FileNotFoundError:
        return False
    logger.error("the disk is full; the ballast was given away to write what cannot wait")
    return True


def keep() -> bool:
    """Lay the ballast down if it is missing and the disk has room for it and more; say whether it lies there."""
    if _ballast().exists():
        return True
    wanted = settings.BALLAST_MIB * 2**20
    if not wanted or not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return False
    if _free() < wanted + settings.LEAST_FREE_MIB * 2**20:
        return False
    half = _ballast().with_name(f"{NAME}.{os.getpid()}")
    try:
        with half.open("wb") as out:
            # Random, so that a file system that packs what it holds keeps the room all the same.
            for _part in range(settings.BALLAST_MIB):
                out.write(os.urandom(_CHUNK))
            out.flush()
            os.fsync(out.fileno())
        half.replace(_ballast())
    except OSError:
        half.unlink(missing_ok=True)
        logger.warning("the ballast could not be laid down", exc_info=True)
        return False
    return True


def start() -> threading.Thread:
    """Keep the ballast from now on. To be called after a fork, not before."""
    thread = threading.Thread(target=_keep_on, name="ballast", daemon=True)
    thread.start()
    return thread


def _keep_on() -> None:
    pause = threading.Event()
    while True:
        keep()
        pause.wait(EVERY_S)


def _ballast() -> Path:
    return Path(settings.DATA_DIR) / NAME


def _free() -> int:
    """Bytes free on the disk that holds the data folder, or will hold it."""
    folder = Path(settings.DATA_DIR).resolve()
    return shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.exists())).free
