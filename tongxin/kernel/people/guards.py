"""Who may say no to a post: rooms above name a guard here, and every way to a post asks them all first.

A guard is given the post with its days and today, for a post may be written down later than it began; it returns the
sentences for which the step is refused, none if it may be taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from tongxin.kernel.base.fields import NO_END
from tongxin.kernel.base.models import Subject


@dataclass(frozen=True)
class Obstacle:
    """Why a step is refused. programme, obligation: what stands in the way, for whoever may waive it."""

    sentence: str
    programme: str
    obligation: str


@dataclass(frozen=True)
class Step:
    """A post that somebody is to be given. kind: post; of: what it is held at; since, until: its days; today: when it
    is written down."""

    kind: str
    person: Subject
    of: Subject
    since: date
    until: date
    today: date


Guard = Callable[[Step], list[Obstacle]]
_guards: list[Guard] = []


class PostRefused(ValueError):
    """The post cannot be given yet; the message is the sentences that say why."""

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__(" ".join(obstacle.sentence for obstacle in obstacles))
        self.obstacles = obstacles


def guard(ask: Guard) -> None:
    """Name a guard (once, when the application starts)."""
    if ask not in _guards:
        _guards.append(ask)


def obstacles(kind: str, person: Subject, of: Subject, since: date, until: date = NO_END) -> list[Obstacle]:
    """Return what all guards have against a post that is given now."""
    step = Step(kind, person, of, since, until, timezone.localdate())
    return [obstacle for ask in _guards for obstacle in ask(step)]


def check(kind: str, person: Subject, of: Subject, since: date, until: date = NO_END) -> None:
    """Raise PostRefused when a guard has something against this post."""
    found = obstacles(kind, person, of, since, until)
    if found:
        raise PostRefused(found)
