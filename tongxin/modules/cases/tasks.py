"""Work of the room for the background worker. It may run twice without harm."""

from functools import cache

from django.tasks import task
from django.utils import timezone

from tongxin.kernel.base.steady import SteadyClock

from . import watch
from .casework.watch import run as cases_run


@cache
def _clock() -> SteadyClock:
    """The clock of this process: it starts with the worker's first round."""
    return SteadyClock()


@task()
def watch_signals() -> int:
    """Call the next where nobody answered in time, and send what cannot wait."""
    return watch.run(_clock())


@task()
def watch_cases() -> int:
    """Say what is overdue, and raise a signal for each follow-up that was missed."""
    return cases_run(timezone.now())
