"""What a scheme says. Ranks order levels inside the program (1 lightest, 5 gravest); label and colour are the place's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RANKS = (1, 2, 3, 4, 5)
COLOURS = ("red", "orange", "yellow", "blue", "green", "grey")
TRIGGERS = ("score", "item", "event", "judgement", "duration")
# What a form does besides being on file. note: nothing more.
DOES = (
    "note", "interview", "meeting", "finding", "plan", "follow_up", "referral", "receipt", "leave", "return", "step_down",
    "close",
)  # fmt: skip
GIVES_RANK = ("finding", "step_down")
TYPES = (
    "text",
    "long",
    "choice",
    "date",
    "number",
    "people",
    "yes_no",
    "goals",
    "goal_scores",
    "tasks",
    "watches",
    "file",
    "rank",
)
CLASSES = ("K4d", "K4e", "K5")
PHASES = ("open", "away", "closing", "closed")
WHO = ("owner", "counsellor", "leader")
CONSENTS = ("screening", "counselling", "sharing")
FASTEST, SLOWEST = 10, 24 * 60  # minutes: answering a signal lies between them everywhere

Minutes = Mapping[int, int]


@dataclass(frozen=True)
class Level:
    """A level of the place: its rank inside the program, what people call it, and what it means to do."""

    rank: int
    label: str
    name: str = ""
    colour: str = "grey"
    means: str = ""
    line: int = field(default=1, compare=False)

    @property
    def words(self) -> str:
        return f"{self.label}（{self.name}）" if self.name else self.label


@dataclass(frozen=True)
class Trigger:
    """Something that makes people look at a child; rank: how grave it is until a person has said."""

    id: str
    title: str
    kind: str
    rank: int
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Field:
    """A question of a form. options: (code, words) of a choice; data_class: K4d notes, K4e plan and tasks, K5 exceptional."""

    id: str
    title: str
    type: str = "text"
    data_class: str = "K4d"
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    help: str = ""
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Form:
    """A paper of a case. consent: what guardians must have agreed to before it is written. leads: where the case goes
    once it is written, from states that may go there."""

    id: str
    title: str
    does: str = "note"
    fields: tuple[Field, ...] = ()
    consent: str = ""
    leads: str = ""
    line: int = field(default=1, compare=False)

    @property
    def field_by_id(self) -> dict[str, Field]:
        return {one.id: one for one in self.fields}

    def of_type(self, type_: str) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if one.type == type_)


@dataclass(frozen=True)
class Move:
    """A way from one state to another, and who may go it."""

    to: str
    who: tuple[str, ...] = WHO
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class State:
    """Where a case stands.

    within: minutes it may stay here, by rank (none: no deadline). papers: forms that have to be on file, written in this
    state, before it goes on. then: where it goes by itself when they are. follow: the clock of follow-ups runs here.
    """

    id: str
    title: str
    phase: str = "open"
    within: Minutes = field(default_factory=dict)
    papers: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    then: str = ""
    moves: tuple[Move, ...] = ()
    follow: bool = False
    line: int = field(default=1, compare=False)

    @property
    def ways(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*([self.then] if self.then else []), *(move.to for move in self.moves)]))


HALF_A_YEAR = 180 * 24 * 60


@dataclass(frozen=True)
class Closing:
    """How a case is closed: one proposes, a second person (of these) agrees."""

    who: tuple[str, ...] = ("leader", "counsellor")
    second_person: bool = True
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Scheme:
    """A school's scheme. levels: lightest first. respond, follow, renew: minutes by rank. raw: as it was written.

    renew: how long a rank stands before a person has to say it again; half a year where the scheme says nothing.
    """

    id: str
    title: str
    version: str = "1"
    about: str = ""
    source: str = ""
    levels: tuple[Level, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    respond: Minutes = field(default_factory=dict)
    follow: Minutes = field(default_factory=dict)
    renew: Minutes = field(default_factory=dict)
    states: tuple[State, ...] = ()
    forms: tuple[Form, ...] = ()
    closing: Closing = field(default_factory=Closing)
    file: str = field(default="", compare=False)
    raw: Any = field(default=None, compare=False, repr=False)

    @property
    def state_by_id(self) -> dict[str, State]:
        return {one.id: one for one in self.states}

    @property
    def form_by_id(self) -> dict[str, Form]:
        return {one.id: one for one in self.forms}

    @property
    def first(self) -> State:
        return self.states[0]

    def phase(self, name: str) -> State:
        """Return the state of a phase that there is one of (closing, closed)."""
        return next(state for state in self.states if state.phase == name)

    def level(self, rank: int) -> Level:
        """Return the level a rank is shown as: the lightest that is at least as grave, so that nothing looks milder."""
        return next((level for level in self.levels if level.rank >= rank), self.levels[-1])

    def minutes(self, by_rank: Minutes, rank: int) -> int | None:
        """Return the minutes of a rank in a table by level; None where it has no deadline."""
        return by_rank.get(self.level(rank).rank)

    def stands_for(self, rank: int) -> int:
        """Return the minutes a rank stands before a person has to say it again."""
        return self.renew.get(self.level(rank).rank, HALF_A_YEAR)
