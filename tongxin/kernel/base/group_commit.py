"""Group commit: on SQLite one thread of a process writes for all, and many pieces of work share one wait for the disk.

    paper = group_commit.write(papers.finish, paper)             # comes back when the row is on the disk
    paper = group_commit.together(hand_in_each, paper)           # one call for all that wait for the same

Each piece of work runs in a savepoint of its own inside one transaction of the writer's connection. Its error takes back
its own rows only and is raised in its caller; a commit that fails is an error for everybody whose work was in it. Nobody
is told that something was written before it is committed. What was put down with `on_commit` runs in the caller.

Work runs at once, in the caller's own transaction, where there is one already, and on PostgreSQL, which does this itself.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from functools import wraps
from queue import Empty, SimpleQueue
from typing import Any

from django.db import Error, OperationalError, connection, transaction
from django.utils import translation

MOST_JOBS = 64
MOST_SECONDS = 0.005
LOOK_SECONDS = 1.0  # how often a caller looks whether the writer is still there
STOP_SECONDS = 10.0

logger = logging.getLogger(__name__)


class NotWritten(OperationalError):
    """The transaction that held this piece of work was not committed: nothing of it was written, or nobody can say."""


def write[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do a piece of work that writes and return what it returns, once it is committed. Raises what it raises.

    It runs in another thread: in the caller's language, on the writer's connection. It may do nothing outside the database.
    """
    if _runs_here():
        with transaction.atomic():
            return work(*args, **kwargs)
    job = _Job(lambda: work(*args, **kwargs))
    _writer().take(job)
    return job.told()


def grouped[**P, T](work: Callable[P, T]) -> Callable[P, T]:
    """Let a function that writes always do so through `write`."""

    @wraps(work)
    def written(*args: P.args, **kwargs: P.kwargs) -> T:
        return write(work, *args, **kwargs)

    return written


def together[I, T](work: Callable[[Sequence[I]], Sequence[T | Exception]], item: I) -> T:
    """As `write`, for work that takes many items at once: whatever waits for the same work is given to it in one call.

    work: returns for each item its result, or the error to be raised in its caller; nothing may be written for that one.
    When a call raises, each of its items is tried again by itself. It speaks the language of all of them.
    """
    if _runs_here():
        with transaction.atomic():
            return _told(work([item])[0])
    job = _Job(lambda: _told(work([item])[0]), work, item)
    _writer().take(job)
    return job.told()


def _told[T](outcome: T | Exception) -> T:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def aside[T](do: Callable[[list[T]], None], item: T) -> bool:
    """Put something aside inside work of a group: `do` gets all items of the group at once, just before its commit.

    What belongs to rows that were taken back is left out. Returns False, and does nothing, where there is no group.
    """
    if threading.get_ident() not in _writing:
        return False
    transaction.on_commit(_Aside(do, item))
    return True


_writing: set[int] = set()  # threads in the middle of a group


class _Aside:
    """Lies among what waits for the commit, because Django takes that back together with the rows beside it."""

    def __init__(self, do: Callable[[list[Any]], None], item: Any) -> None:
        self.do, self.item = do, item

    def __call__(self) -> None:
        raise AssertionError("taken out before the commit")


def _runs_here() -> bool:
    if connection.vendor != "sqlite" or connection.in_atomic_block or not connection.get_autocommit():
        return True
    return connection.is_in_memory_db()  # type: ignore[attr-defined]  # another thread would see another database


class _Job:
    """A piece of work, and what became of it. many, item: where it may be done together with others like it."""

    def __init__(
        self,
        work: Callable[[], Any],
        many: Callable[[Sequence[Any]], Sequence[Any]] | None = None,
        item: Any = None,
    ) -> None:
        self.work, self.many, self.item = work, many, item
        self.language = translation.get_language()
        self.result: Any = None
        self.error: BaseException | None = None
        self.hooks: list[Callable[[], None]] = []
        self.aside: list[_Aside] = []
        self.writer: Writer | None = None
        self._open = threading.Lock()
        self._open.acquire()

    def is_like(self, other: _Job) -> bool:
        return self.many is not None and self.many is other.many and self.language == other.language

    def do(self) -> None:
        """Run inside the group's transaction. Raises NotWritten when the whole group is lost with it."""
        try:
            self.result = self._inside(self.work)
        except NotWritten:
            raise
        except Exception as error:  # noqa: BLE001  it is raised again in the caller
            self.error = error

    def do_with(self, like: Sequence[_Job]) -> None:
        """Do this and others like it in one call; each by itself where that fails. Raises NotWritten as `do`."""
        jobs, many = [self, *like], self.many
        assert many is not None
        try:
            outcomes = self._inside(lambda: many([job.item for job in jobs]))
        except NotWritten:
            raise
        except Exception:  # noqa: BLE001  it comes again, in the caller of whoever brought it
            for job in jobs:
                job.do()
            return
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, Exception):
                job.error = outcome
            else:
                job.result = outcome

    def _inside(self, work: Callable[[], Any]) -> Any:
        """Return what work in a savepoint returns, and keep what it put down for the commit."""
        result, failed = None, None
        try:
            with transaction.atomic():
                if self.language is not None and self.language != translation.get_language():
                    translation.activate(self.language)
                result = work()
                if connection.needs_rollback:
                    raise transaction.TransactionManagementError("an error inside this work was passed over")
        except Exception as error:  # noqa: BLE001  raised again below
            failed = error
        # SQLite gives a transaction up by itself when the disk is full or fails; then nothing before it holds either.
        if connection.needs_rollback:
            raise NotWritten(str(failed)) from failed
        for _sids, function, robust in connection.run_on_commit:
            if isinstance(function, _Aside):
                self.aside.append(function)
            else:
                self.hooks.append(_hook(function, robust))
        connection.run_on_commit = []
        if failed is not None:
            raise failed
        return result

    def settle(self, error: BaseException | None = None) -> None:
        """Let the caller go on: the group is committed, or lost by an error."""
        if error is not None:
            self.error, self.hooks = NotWritten(str(error)), []
            self.error.__cause__ = error
        self._open.release()

    def told(self) -> Any:
        """Wait until it is known what became of it, and return or raise that."""
        while not self._open.acquire(timeout=LOOK_SECONDS):
            if self.writer is not None and not self.writer.is_alive():
                if self._open.acquire(timeout=0):
                    break
                raise NotWritten("the writer has ended")
        if self.error is not None:
            try:
                raise self.error
            finally:
                self.error = None  # a traceback would keep this frame, and this frame it
        for hook in self.hooks:
            hook()
        return self.result


def _hook(function: Callable[[], None], robust: bool) -> Callable[[], None]:
    """Return what `on_commit` was given, to be run as Django runs it."""

    def robustly() -> None:
        try:
            function()
        except Exception:  # as Django does: one that asked for it must not keep the others from running
            logger.exception("error in on_commit of group commit")

    return robustly if robust else function


def _do_aside(group: list[_Job]) -> None:
    kinds: dict[Callable[[list[Any]], None], list[Any]] = {}
    for job in group:
        for one in job.aside:
            kinds.setdefault(one.do, []).append(one.item)
    for do, items in kinds.items():
        do(items)


class Writer:
    """The thread that writes for a process, on a connection of its own."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._ahead: _Job | None = None  # taken out of the queue, for the next turn
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def take(self, job: _Job) -> None:
        job.writer = self
        self._jobs.put(job)

    def stop(self) -> None:
        """Write what is waiting and end."""
        self._jobs.put(None)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        ended: BaseException = NotWritten("the writer has ended")
        try:
            while (job := self._ahead or self._jobs.get()) is not None:
                self._ahead = None
                self._write_group(job)
        except BaseException as error:
            ended = error
            raise
        finally:
            connection.close()
            for left in self._left():
                left.settle(ended)

    def _left(self) -> list[_Job]:
        found = [self._ahead] if self._ahead is not None else []
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return found
            if job is not None:
                found.append(job)

    def _write_group(self, first: _Job) -> None:
        """Run a job and those waiting behind it in one transaction, commit, and only then tell their callers."""
        group = [first]
        _writing.add(threading.get_ident())
        try:
            with transaction.atomic():
                until = time.monotonic() + MOST_SECONDS
                self._do(first, group)
                while time.monotonic() < until and (job := self._next(group)) is not None:
                    self._do(job, group)
                _do_aside(group)
        except BaseException as error:
            self._forget_connection()
            for job in group:
                job.settle(error)
            if not isinstance(error, Exception):
                raise
            return
        finally:
            _writing.discard(threading.get_ident())
        for job in group:
            job.settle()

    def _do(self, job: _Job, group: list[_Job]) -> None:
        """Do a job; where it is of a kind that is done together, with those right behind it of the same kind."""
        like: list[_Job] = []
        while job.many is not None and (other := self._next(group, like=job)) is not None:
            like.append(other)
        if like:
            job.do_with(like)
        else:
            job.do()

    def _next(self, group: list[_Job], *, like: _Job | None = None) -> _Job | None:
        """Take the next waiting job into the group, if there is one (and it is like another)."""
        if len(group) >= MOST_JOBS:
            return None
        job, self._ahead = self._ahead, None
        if job is None:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return None
            if job is None:
                self._jobs.put(None)  # this group is still written
                return None
        if like is not None and not job.is_like(like):
            self._ahead = job
            return None
        group.append(job)
        return job

    @staticmethod
    def _forget_connection() -> None:
        """Begin the next group on a fresh connection: whatever went wrong is not carried on."""
        try:
            connection.close()
        except Error:
            connection.connection = None


_kept: Writer | None = None
_lock = threading.Lock()


def _writer() -> Writer:
    """Return this process's writer; it begins with the first job, so a server's workers each have their own."""
    global _kept
    writer = _kept
    if writer is not None and writer.is_alive():
        return writer
    with _lock:
        if _kept is None or not _kept.is_alive():
            _kept = Writer()
        return _kept


def stop() -> None:
    """Write what is waiting and end the writer; the next job starts another."""
    global _kept
    with _lock:
        writer, _kept = _kept, None
    if writer is not None and writer.is_alive():
        writer.stop()


def _after_fork() -> None:
    """A child has its parent's memory and none of its threads."""
    global _kept, _lock
    _kept, _lock = None, threading.Lock()


atexit.register(stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
