"""How much is owed: a constant range or a table by an attribute or post. Bounds have `limits`, `words` and `sql`."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .conditions import as_number

if TYPE_CHECKING:
    from .facts import View
    from .words import Speaker

Number = int | Fraction


@dataclass(frozen=True)
class Limits:
    """Inclusive ends; None = open. unknown: the attribute that leaves them unknown, else ""; unset: somebody is to set it."""

    low: Number | None = None
    high: Number | None = None
    unknown: str = ""
    unset: bool = False

    def scaled(self, factor: Fraction | int) -> Limits:
        """A part of them: minima round up, maxima down (Meaning 9)."""
        low = None if self.low is None else math.ceil(self.low * factor)
        high = None if self.high is None else math.floor(self.high * factor)
        return replace(self, low=low, high=high)


@dataclass(frozen=True)
class Constant:
    """A number that is the same for everybody."""

    number: Number

    def amount(self, view: View, subject: str, day: dt.date) -> Number | str:
        return self.number

    def numbers(self) -> Iterator[Number]:
        yield self.number

    def words(self, say: Speaker) -> str:
        return say.number(self.number)

    def sql(self, builder: Any) -> Any:
        return builder.constant(self)


@dataclass(frozen=True)
class Band:
    """One line of a table: stored texts, or an inclusive numeric range (None = open); and what it gives."""

    number: Number
    values: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None

    def holds(self, text: str) -> bool:
        if self.values:
            return text in self.values
        number = as_number(text)
        if number is None:
            return False
        return (self.low is None or self.low <= number) and (self.high is None or number <= self.high)


@dataclass(frozen=True)
class Table:
    """A number by an attribute's value, or by the post held (by == "post": the first band whose post is held).

    combine: of somebody who holds several of the posts: first | max | min | sum of their numbers (Meaning 19).

    otherwise: for a known value that no band names; None = such a subject owes an unknown number.
    of, value_type: as declared for the attribute.
    """

    by: str
    bands: tuple[Band, ...]
    otherwise: Number | None = None
    of: tuple[str, ...] = ()
    value_type: str = "text"
    combine: str = "first"

    def amount(self, view: View, subject: str, day: dt.date) -> Number | str:
        """The number, or the name of what is unknown."""
        if self.by == "post":
            held = [b.number for b in self.bands if view.has_link(b.values[0], subject, day, "a")]
            found = self.of_posts(held) if held else self.otherwise
            return self.by if found is None else found
        text = view.attribute(subject, self.by, day, self.of)
        if text is None:
            return self.by
        found = next((band.number for band in self.bands if band.holds(text)), self.otherwise)
        return self.by if found is None else found

    def of_posts(self, numbers: list[Number]) -> Number:
        """What the numbers of the posts that somebody holds come to."""
        if self.combine == "sum":
            return sum(numbers)
        return {"max": max, "min": min}[self.combine](numbers) if self.combine != "first" else numbers[0]

    def numbers(self) -> Iterator[Number]:
        yield from (band.number for band in self.bands)
        if self.otherwise is not None:
            yield self.otherwise

    def reads(self) -> Iterator[tuple[str, str]]:
        if self.by != "post":
            yield "attribute", self.by

    def words(self, say: Speaker) -> str:
        return say.table(self)

    def sql(self, builder: Any) -> Any:
        return builder.table(self)


@dataclass(frozen=True)
class Asked:
    """A number that somebody sets: a dated attribute of the subject or of its nearest container that has it.

    attribute: "ask:" and the obligation's id, or "announced:" and a name (of the school). post: who is asked.
    """

    attribute: str
    post: str = ""
    of: tuple[str, ...] = ()

    def amount(self, view: View, subject: str, day: dt.date) -> Number | str:
        """The number, or the name of what is not set."""
        found = asked_number(view.attribute(subject, self.attribute, day, self.of))
        return self.attribute if found is None else found

    def numbers(self) -> Iterator[Number]:
        return iter(())

    def reads(self) -> Iterator[tuple[str, str]]:
        return iter(())  # a number that everybody is told

    def words(self, say: Speaker) -> str:
        return say.asked(self)

    def sql(self, builder: Any) -> Any:
        return builder.asked(self)


@dataclass(frozen=True)
class PartOf:
    """A part of a numeric attribute of the subject or of its nearest container: one counsellor per 4000 students.

    up: rounded up (minima) or down (maxima).
    """

    attribute: str
    part: Number
    up: bool = True
    of: tuple[str, ...] = ()

    def amount(self, view: View, subject: str, day: dt.date) -> Number | str:
        """The number, or the name of what is unknown."""
        found = self.number(view.attribute(subject, self.attribute, day, self.of))
        return self.attribute if found is None else found

    def number(self, text: str | None) -> int | None:
        whole = as_number(text)
        if whole is None or whole < 0:
            return None
        exact = Fraction(whole) * self.part
        return math.ceil(exact) if self.up else math.floor(exact)

    def numbers(self) -> Iterator[Number]:
        return iter(())

    def reads(self) -> Iterator[tuple[str, str]]:
        yield "attribute", self.attribute

    def words(self, say: Speaker) -> str:
        return say.part_of(self)

    def sql(self, builder: Any) -> Any:
        return builder.part_of(self)


def asked_number(text: str | None) -> Number | None:
    """A number as it may be set: not negative, at most two decimals."""
    number = as_number(text)
    if number is None or number < 0 or (number * 100) % 1:
        return None
    exact = Fraction(number)
    return exact.numerator if exact.denominator == 1 else exact


Quantity = Constant | Table | Asked | PartOf


@dataclass(frozen=True)
class Bound:
    """At least `low`, at most `high`; `exactly` is both the same. one_of: only these, low and high being their ends."""

    low: Quantity | None = None
    high: Quantity | None = None
    one_of: tuple[Number, ...] = ()

    def limits(self, view: View, subject: str, day: dt.date) -> Limits:
        low = self.low.amount(view, subject, day) if self.low is not None else None
        high = self.high.amount(view, subject, day) if self.high is not None else None
        unknown = next((end for end in (low, high) if isinstance(end, str)), "")
        if isinstance(low, str) or isinstance(high, str):
            return Limits(unknown=unknown, unset=any(isinstance(end, Asked) for end in self.ends()))
        return Limits(low, high)

    def with_two_posts(self, how: str) -> Bound:
        """The same for people with two posts: the union judges each post alone, the larger takes the greater number,
        both adds them (Meaning 19)."""
        ways = {"union": ("max", "min"), "larger": ("max", "max"), "both": ("sum", "sum")}[how]
        low, high = (
            replace(end, combine=way) if isinstance(end, Table) and end.by == "post" else end
            for end, way in zip((self.low, self.high), ways, strict=True)
        )
        return replace(self, low=low, high=high)

    def ends(self) -> tuple[Quantity, ...]:
        return tuple(end for end in (self.low, self.high) if end is not None)

    def allows(self, done: Number) -> bool:
        """Is it one of the numbers that alone are right."""
        return not self.one_of or done in self.one_of

    def words(self, say: Speaker) -> str:
        return say.bound(self)

    def sql(self, builder: Any) -> Any:
        return builder.bound(self)
