"""What waits for somebody on their first page: rooms say it here, the first page lists it, neither knows the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .viewer import Viewer


@dataclass(frozen=True)
class Waiting:
    """One line: what, what is known about it, and the button that leads there. quiet: only a way there, nothing is owed."""

    title: str
    url: str
    action: str
    facts: tuple[str, ...] = ()
    quiet: bool = False


_makers: list[Callable[[Viewer], list[Waiting]]] = []


def add_waiting(make: Callable[[Viewer], list[Waiting]]) -> None:
    if make not in _makers:
        _makers.append(make)


def waiting_for(viewer: Viewer) -> list[Waiting]:
    """Return what waits for a viewer, what is owed first."""
    found = [line for make in _makers for line in make(viewer)]
    return sorted(found, key=lambda line: line.quiet)
