"""How long a search may go on: processor seconds, so that a busy machine gives the same plan as a quiet one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

# A machine so busy that processor time hardly passes must still answer.
PATIENCE = 6.0


@dataclass
class Budget:
    """`seconds` of processor time of this thread; over as well after `PATIENCE` times that by the clock, or when cancelled."""

    seconds: float
    cancelled: Callable[[], bool] = lambda: False
    spent_elsewhere: float = 0.0
    _cpu: float = field(default_factory=time.thread_time)
    _wall: float = field(default_factory=time.monotonic)

    def used(self) -> float:
        return time.thread_time() - self._cpu + self.spent_elsewhere

    def left(self) -> float:
        wall = self.seconds * PATIENCE - (time.monotonic() - self._wall)
        return max(0.0, min(self.seconds - self.used(), wall))

    def over(self) -> bool:
        return self.cancelled() or self.left() <= 0.0

    def going(self) -> bool:
        return not self.over()

    def share(self, seconds: float) -> Budget:
        """A part of what is left, at most `seconds`; it ends with the whole."""
        return Budget(min(seconds, self.left()), self.over)


def stretch(probe_s: float = 0.06) -> float:
    """How many seconds by the clock a processor second takes on this machine now, from 1 to PATIENCE.

    For solvers that only know the clock.
    """
    wall, cpu = time.perf_counter(), time.thread_time()
    while time.thread_time() - cpu < probe_s:
        pass
    return min(PATIENCE, max(1.0, (time.perf_counter() - wall) / probe_s))
