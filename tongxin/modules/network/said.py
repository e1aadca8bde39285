"""What the signals of the network are about, in the words of the counsellor's queue."""

from __future__ import annotations

from collections.abc import Sequence

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.signals.models import Signal

from . import concerns, durations, talks


def sentences(_viewer: Viewer, signals: Sequence[Signal]) -> list[tuple[int, str]]:
    """Return (rank, sentence) of opened signals, in their order."""
    return [(signal.what["rank"], _sentence(signal)) for signal in signals]


def _sentence(signal: Signal) -> str:
    if signal.origin == talks.ORIGIN:
        return talks.sentence(signal.what)
    if signal.origin == "duration":
        return durations.sentence(signal.what)
    return concerns.sentence(signal.what, signal.origin)
