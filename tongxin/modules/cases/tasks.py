"""Work of the room for the background worker. It may run twice without harm."""

from functools import cache

from django.tasks import task

from tongxin.kernel.base.steady import SteadyClock

from . import watch


@cache
def _clock() -> SteadyClock:
    """The clock of this process: it starts with the worker's first round."""
    return SteadyClock()


@task()
def watch_signals() -> int:
    """Call the next where nobody answered in time, and send what cannot wait."""
    return watch.run(_clock())
