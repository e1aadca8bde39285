"""What signals are about, in words: each room says it for the signals it raises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer

from .models import Signal

# (viewer, opened signals of one origin) → (rank, sentence) of each, in their order.
Sentences = Callable[[Viewer, Sequence[Signal]], list[tuple[int, str]]]
_origins: dict[str, Sentences] = {}


def add_origin(origin: str, sentences: Sentences) -> None:
    """Let a room say what signals of its origin are about; the signals it is given are opened already."""
    _origins[origin] = sentences


def sentences(viewer: Viewer, signals: Iterable[Signal]) -> list[tuple[int, str]]:
    """Return (rank, what it is about) of opened signals, in their order."""
    signals = list(signals)
    by_origin: dict[str, list[Signal]] = defaultdict(list)
    for signal in signals:
        by_origin[signal.origin].append(signal)
    said: dict[int, tuple[int, str]] = {}
    for origin, own in by_origin.items():
        say = _origins.get(origin, _plainly)
        said |= dict(zip((signal.pk for signal in own), say(viewer, own), strict=True))
    return [said[signal.pk] for signal in signals]


def _plainly(_viewer: Viewer, signals: Sequence[Signal]) -> list[tuple[int, str]]:
    """A room that is no longer installed left its signals behind: they still say that somebody has to look."""
    return [(signal.what["rank"], _("有人觉得这名学生需要关心")) for signal in signals]
