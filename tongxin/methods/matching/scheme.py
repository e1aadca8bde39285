"""A scheme of pairing or teaming as data: who sits where, what must hold, what counts how much, who decides.

Every score is a whole number: weights are, and what a term counts is rounded, so that equal input gives equal pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tongxin.methods.cadence.located import Place

# Who has the last word: the people themselves, the organiser, or the computer's proposal.
DECIDES = ("own_choice", "organiser", "computer")
RULES = ("same", "different", "at_least", "within")
TERMS = ("same", "complementary", "distance", "knows", "home", "wishes", "continuity", "balance", "cover")
# Terms that need an attribute of each of two seats.
OF_TWO = ("same", "complementary", "distance", "home")
LARGEST_WEIGHT = 100_000


@dataclass(frozen=True)
class Condition:
    """A tree over attributes. kind: all, any, not (parts) or is, at_least, at_most (attribute, values)."""

    kind: str
    attribute: str = ""
    values: tuple[str, ...] = ()
    parts: tuple[Condition, ...] = ()

    def attributes(self) -> set[str]:
        own = {self.attribute} if self.attribute else set()
        return own.union(*(part.attributes() for part in self.parts))


@dataclass(frozen=True)
class Seat:
    """A place that people sit on. low, high: partners per person unless people.csv says otherwise. count: in a team."""

    id: str
    title: str
    who: Condition | None = None
    low: int = 0
    high: int = 1
    count: int = 1
    place: Place = field(default_factory=lambda: Place("", 1), compare=False)


@dataclass(frozen=True)
class Requirement:
    """What must hold between two seats' attributes, else the two are never together.

    at_least: the first's value is at least the second's plus `by`. within: they differ by at most `by`.
    order: values from low to high where they are words; else they are numbers.
    """

    id: str
    title: str
    kind: str
    seats: tuple[str, str]
    attributes: tuple[str, str]
    by: float = 0
    order: tuple[str, ...] = ()
    place: Place = field(default_factory=lambda: Place("", 1), compare=False)


@dataclass(frozen=True)
class Term:
    """What counts for a pair (or a team) and how much.

    same: weight if the two share a value. complementary: weight per value of the second that the first has.
    distance: weight taken off per unit that the difference lies outside `between`. home: weight taken off per kilometre
    between coordinates. knows, continuity: weight if the two are in knows.csv, previous.csv. wishes: weight for a first
    wish, less for later ones, of `seats`. balance: weight per partner beyond four fifths of the mean, rising.
    cover: weight per value that somebody of the team has. most: what is counted at the most, in units.
    """

    id: str
    title: str
    kind: str
    weight: int
    seats: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    between: tuple[float, float] = (0.0, 0.0)
    most: float | None = None
    order: tuple[str, ...] = ()
    place: Place = field(default_factory=lambda: Place("", 1), compare=False)


@dataclass(frozen=True)
class Scheme:
    """change: what keeping a pair of current.csv counts; None: as few changes as possible. load: (seat, attribute) of
    how many places a person takes; empty: one each. stable: nobody may prefer each other; proposes: who gets the best."""

    id: str
    title: str
    seats: tuple[Seat, ...]
    requirements: tuple[Requirement, ...] = ()
    terms: tuple[Term, ...] = ()
    decides: str = "computer"
    stable: bool = False
    proposes: str = ""
    change: int | None = None
    load: tuple[str, str] = ("", "")
    teams: bool = False

    def seat(self, name: str) -> Seat:
        return next(seat for seat in self.seats if seat.id == name)

    def attributes_of(self, seat: str) -> set[str]:
        """Attributes that the scheme reads of a seat's people."""
        found: set[str] = set()
        rules: list[Requirement | Term] = [*self.requirements, *self.terms]
        for rule in rules:
            if len(rule.attributes) == len(rule.seats):
                found |= {
                    name for at, name in zip(rule.seats, rule.attributes, strict=True) if at == seat and name
                }
        who = self.seat(seat).who
        found |= who.attributes() if who else set()
        if self.load[0] == seat:
            found.add(self.load[1])
        return found
