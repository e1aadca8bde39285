"""A clock that cannot be set back: the wall clock at the start, and from then on the ticks since."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

# How far the wall clock may be from the ticks before somebody has to look at it.
MOST_DRIFT = timedelta(seconds=60)


def _ticks() -> float:
    """Return seconds that go on while the machine sleeps, where the system counts them."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class SteadyClock:
    """wall and ticks: given by tests; otherwise the server's."""

    def __init__(
        self, wall: Callable[[], datetime] = lambda: timezone.now(), ticks: Callable[[], float] = _ticks
    ):
        self._wall, self._ticks = wall, ticks
        self._start, self._at = wall(), ticks()

    def steady(self) -> datetime:
        return self._start + timedelta(seconds=self._ticks() - self._at)

    def drift(self) -> timedelta:
        """Return how far the wall clock is ahead of the ticks; negative when it was set back."""
        return self._wall() - self.steady()

    def is_off(self) -> bool:
        return abs(self.drift()) > MOST_DRIFT

    def latest(self) -> datetime:
        """Return the later of both: what is due by either is due. Too early does less harm here than too late."""
        return max(self.steady(), self._wall())
