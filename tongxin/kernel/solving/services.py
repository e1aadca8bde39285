"""Ask for a run, stop it, and what the worker does with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.base.models import Account, School

from .models import SolverRun

# What a solver returns: to be called in the transaction that ends the run.
Keep = Callable[[], None]
Solver = Callable[[SolverRun, "Ticker"], Keep]

LONGEST_S = 300
BEAT_S = 1.0
# A worker gives a sign of life every second; one silent for so long is gone.
SILENT = timedelta(seconds=30)
# A run that took down three workers would take down a fourth.
ATTEMPTS = 3

log = logging.getLogger(__name__)
_solvers: dict[str, Solver] = {}


class Refused(ValueError):
    """A run cannot be computed as it is; the sentence says what to mend."""


def add_solver(kind: str, solver: Solver) -> None:
    """Register how runs of a kind are computed. Equal input must give an equal result: a run may be begun again."""
    _solvers[kind] = solver


def ask(
    school: School, kind: str, about: str, *, seconds: int, by: Account | None, options: dict | None = None
) -> SolverRun:
    """Queue a run, in the transaction of whoever asks; the one that is under way for the same thing is returned instead.

    The caller writes the audit row of what the run is for. seconds: 1 … LONGEST_S. Raises KeyError for an unknown kind.
    """
    _solvers[kind]
    wanted = {"school": school, "kind": kind, "about": about}
    try:
        with transaction.atomic():
            run = SolverRun.objects.create(
                **wanted, seconds=min(max(1, seconds), LONGEST_S), options=options or {}, asked_by=by
            )
            _enqueue(run)
            return run
    except IntegrityError:
        known = SolverRun.objects.filter(**wanted, state__in=SolverRun.ACTIVE).first()
        if known is None:
            raise
        return known


def _enqueue(run: SolverRun) -> None:
    from .tasks import solve

    solve.enqueue(run.pk)


def latest(school: School, kind: str, about: str) -> SolverRun | None:
    """Return the newest run for a thing, whatever became of it."""
    return SolverRun.objects.filter(school=school, kind=kind, about=about).order_by("-pk").first()


def stop(run: SolverRun) -> None:
    """Ask a run to stop: one that waits ends now, one that computes gives the best it has within seconds."""
    now = timezone.now()
    waiting = SolverRun.objects.filter(pk=run.pk, state=SolverRun.State.QUEUED)
    if not waiting.update(state=SolverRun.State.STOPPED, stop_asked=True, ended_at=now):
        SolverRun.objects.filter(pk=run.pk, state=SolverRun.State.RUNNING).update(stop_asked=True)


class Ticker:
    """Passed to solvers: `ticker(bound, best)` notes how far it is and returns False when it is time to stop.

    A thread gives the signs of life, so a solver may be silent for long; inside a transaction, which another thread
    cannot see into, each tick gives them.
    """

    def __init__(self, run: SolverRun) -> None:
        self._run, self._attempt = run, run.attempt
        self._told: tuple[int | None, int | None] = (None, None)
        self._over, self.stop_asked, self.lost = threading.Event(), False, False
        self._thread: threading.Thread | None = None
        if not connection.in_atomic_block:
            self._thread = threading.Thread(target=self._beat_on, daemon=True)

    def __enter__(self) -> Ticker:
        if self._thread:
            self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        if self._thread:
            self._thread.join()

    def __call__(self, bound: int | None, best: int | None) -> bool:
        was = self._told
        self._told = (bound if bound is not None else was[0], best if best is not None else was[1])
        if self._thread is None:
            self._beat()
        return not (self.stop_asked or self.lost)

    def _beat_on(self) -> None:
        try:
            while not self._over.wait(BEAT_S):
                self._beat()
        finally:
            connection.close()

    def _beat(self) -> None:
        mine = SolverRun.objects.filter(pk=self._run.pk, attempt=self._attempt, state=SolverRun.State.RUNNING)
        try:
            alive = mine.update(beat_at=timezone.now(), bound=self._told[0], best=self._told[1])
            self.lost = not alive
            self.stop_asked = bool(mine.values_list("stop_asked", flat=True).first())
        except DatabaseError:  # one that is busy now is asked again in a second
            log.warning("solver run %s: a beat was missed", self._run.pk)


def work(run_id: int) -> bool:
    """Compute a run if nobody does; return whether this call did. What the worker calls; it may be called twice."""
    run = _begin(run_id)
    if run is None:
        return False
    with Ticker(run) as ticker:
        try:
            keep = _solvers[run.kind](run, ticker)
        except Refused as refused:
            return _end(run, ticker, None, str(refused))
        except Exception:
            log.exception("solver run %s (%s) failed", run.pk, run.kind)
            return _end(run, ticker, None, _("计算出错了，已记下来。请再试一次；还不行，请告诉管理员。"))
    try:
        return _end(run, ticker, keep, "")
    except Refused as refused:
        return _end(run, ticker, None, str(refused))


def _begin(run_id: int) -> SolverRun | None:
    now = timezone.now()
    free = SolverRun.objects.filter(
        Q(state=SolverRun.State.QUEUED) | Q(state=SolverRun.State.RUNNING, beat_at__lt=now - SILENT),
        pk=run_id,
    )
    taken = free.update(state=SolverRun.State.RUNNING, attempt=F("attempt") + 1, began_at=now, beat_at=now)
    if not taken:
        return None
    run = SolverRun.objects.select_related("school", "asked_by").get(pk=run_id)
    if run.attempt > ATTEMPTS:
        failure = _("计算三次都中断了，可能是机器内存不够。请少选一些人再试，或者告诉管理员。")
        SolverRun.objects.filter(pk=run_id).update(
            state=SolverRun.State.FAILED, ended_at=now, failure=failure
        )
        return None
    return run


def _end(run: SolverRun, ticker: Ticker, keep: Keep | None, failure: str) -> bool:
    """End the run together with its result; a run that somebody else has taken over keeps nothing of this one."""
    with transaction.atomic():
        mine = SolverRun.objects.select_for_update().filter(
            pk=run.pk, attempt=run.attempt, state=SolverRun.State.RUNNING
        )
        row = mine.first()
        if row is None:
            return False
        if keep is not None:
            keep()
        row.bound, row.best = ticker._told
        row.ended_at, row.failure = timezone.now(), failure
        row.state = SolverRun.State.FAILED if failure else SolverRun.State.DONE
        if row.stop_asked and not failure:
            row.state = SolverRun.State.STOPPED
        row.save()
    return True


def take_up() -> int:
    """Queue again what waits without a worker or whose worker went silent; return how many."""
    gone = timezone.now() - SILENT
    left = SolverRun.objects.filter(
        Q(state=SolverRun.State.QUEUED, asked_at__lt=gone)
        | Q(state=SolverRun.State.RUNNING, beat_at__lt=gone)
    )
    for run in left:
        _enqueue(run)
    return len(left)
