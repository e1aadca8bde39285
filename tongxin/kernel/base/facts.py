"""Facts: what one room tells the others, inside the publishing transaction.

A fact is a small frozen dataclass. Rooms that care name a handler in their `apps.py` with `subscribe`;
slow or outside effects go through the outbox instead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_handlers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


@dataclass(frozen=True)
class ActivityRecorded:
    """An activity was entered in the ledger, or corrected (then `replaces` is the old entry's id)."""

    school_id: int
    entry_id: int
    kind: str
    replaces: int | None = None


@dataclass(frozen=True)
class ActivityWithdrawn:
    school_id: int
    entry_id: int
    reason: str


@dataclass(frozen=True)
class PostChanged:
    school_id: int
    person_id: int
    post: str


@dataclass(frozen=True)
class LinkReplaced:
    """A link's row was superseded by another of the same two, for it ends on another day."""

    school_id: int
    old_id: int
    new_id: int


@dataclass(frozen=True)
class ProgrammeChanged:
    school_id: int
    programme_id: int


@dataclass(frozen=True)
class ConsentChanged:
    """Somebody said yes or no for a child and purpose; whoever processes the child's data asks `may_process` anew."""

    school_id: int
    student_id: int
    purpose: str


@dataclass(frozen=True)
class SignalRaised:
    """Something about a child has to be looked at. rank: 1 the lightest to 5; kept sealed in the signal itself."""

    school_id: int
    signal_id: int
    student_id: int
    rank: int
    urgent: bool


@dataclass(frozen=True)
class SignalTaken:
    """A person said that they are on it."""

    school_id: int
    signal_id: int
    student_id: int
    person_id: int


def subscribe(fact: type, handler: Callable[[Any], None]) -> None:
    if handler not in _handlers[fact]:
        _handlers[fact].append(handler)


def publish(fact: object) -> None:
    """Hand a fact to its subscribers now; an error of a handler undoes the publishing transaction."""
    for handler in _handlers[type(fact)]:
        handler(fact)
