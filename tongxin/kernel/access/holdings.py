"""What the rooms hold about one person. Each room registers its own; nobody knows the others' tables.

    holdings.register(Holding("screening.scores", _("测评得分"), "K4b", tell=…, erase=…, count=…))

`tell` makes the sections of a copy for the person, or of what a grant opens; `erase` removes for good; `count` says how
much there is. Sealed values are opened only through the reader that `tell` is given, which is the door of `reading`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from tongxin.kernel.base.models import Account, Subject

from .reading import opened
from .viewer import Viewer


@dataclass(frozen=True)
class Section:
    """A table with a title, in words for people: columns, then rows of as many texts."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True)
class Reader:
    """Who reads and what for; the only way for a holding to open what lies sealed."""

    viewer: Viewer
    purpose: str

    def open[Row: models.Model](self, rows: Iterable[Row], *columns: str) -> list[Row]:
        return opened(self.viewer, rows, self.purpose, *columns)


@dataclass(frozen=True)
class Erased:
    """What an eraser did. gone: rows and files removed or emptied; kept: sentences about what had to stay and why."""

    gone: int = 0
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class Holding:
    """One kind of thing that a room keeps about a person.

    name: "room.thing", unique. data_class: the highest class in it. types: the types of subject it is kept about.
    erase runs inside a transaction whose audit row is written already. count: {subject id: rows} of those that have any.
    erase None: it must be kept, `kept_because` says why. blocks: says in a sentence why nothing of this class may be erased
    now – a matter that is still open, a record that the law keeps – and "" otherwise; overdue: its time of keeping is over.
    keeps_key: says, without a word to anybody, that the person's own key of this class has to stay (overdue as above).
    The sentence must not tell whoever erases what they may not know.
    """

    name: str
    title: Any
    data_class: str
    tell: Callable[[Reader, Subject], list[Section]]
    count: Callable[[Sequence[int]], dict[int, int]]
    erase: Callable[[Subject, Account | None], Erased] | None = None
    kept_because: Any = ""
    blocks: Callable[[Subject, bool], str] | None = None
    keeps_key: Callable[[Subject, bool], bool] | None = None
    types: tuple[str, ...] = ("student",)
    order: int = field(default=100)


_holdings: dict[str, Holding] = {}


def register(holding: Holding) -> None:
    _holdings[holding.name] = holding


def of_type(type_: str, classes: Iterable[str] | None = None) -> list[Holding]:
    """Return what is kept about subjects of a type, optionally only of some classes."""
    wanted = None if classes is None else set(classes)
    found = [
        one
        for one in _holdings.values()
        if type_ in one.types and (wanted is None or one.data_class in wanted)
    ]
    return sorted(found, key=lambda one: (one.order, one.data_class, one.name))
