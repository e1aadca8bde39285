"""Condition nodes: who is in scope on a day. Each has `holds` (True, False or None for unknown), `words` and `sql`.

The unknown is neither true nor false (Meaning 2): `not` of it is unknown, `all` is false when one part is false
and unknown otherwise, `any` is true when one part is true.
To add a condition: one class here with these three methods, one spelling in `parse_conditions.py`.
The `sql` methods call primitives of the builder in the `sql` folder; the builder's docstring tells what they return.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .facts import View
    from .words import Speaker

NUMERIC = ("integer", "decimal", "number")


def as_number(text: str | None) -> Decimal | None:
    """The number a stored attribute value spells, or None when it is absent or no number."""
    try:
        number = Decimal(text) if text is not None else None
    except InvalidOperation:
        return None
    return number if number is None or number.is_finite() else None


@dataclass(frozen=True)
class Condition:
    """What can hold for a subject on a day."""

    def holds(self, view: View, subject: str, day: dt.date) -> bool | None:
        raise TypeError("a condition node says itself when it holds")

    def unknowns(self, view: View, subject: str, day: dt.date) -> Iterator[str]:
        """Names of the attributes whose missing value leaves the condition unknown."""
        return iter(())

    def words(self, say: Speaker) -> str:
        raise TypeError("a condition node says itself how it reads")

    def denied(self, say: Speaker) -> str:
        """How it reads that it does not hold."""
        return say(f"不满足（{self.words(say)}）", f"not ({self.words(say)})")

    def change_days(self, view: View, subject: str) -> Iterator[dt.date]:
        """Days besides those of attributes, links and presence on which it may begin or cease to hold."""
        return iter(())

    def parts_within(self) -> Iterator[Condition]:
        """This node and every node below it."""
        yield self

    def sql(self, builder: Any) -> Any:
        raise TypeError("a condition node says itself how it is queried")


@dataclass(frozen=True)
class Always(Condition):
    """No condition."""

    def holds(self, view: View, subject: str, day: dt.date) -> bool | None:
        return True

    def words(self, say: Speaker) -> str:
        return ""

    def sql(self, builder: Any) -> Any:
        return builder.always(self)


@dataclass(frozen=True)
class _Joined(Condition):
    parts: tuple[Condition, ...]

    def unknowns(self, view: View, subject: str, day: dt.date) -> Iterator[str]:
        for part in self.parts:
            if part.holds(view, subject, day) is None:
                yield from part.unknowns(view, subject, day)

    def parts_within(self) -> Iterator[Condition]:
        yield self
        for part in self.parts:
            yield from part.parts_within()

    def change_days(self, view: View, subject: str) -> Iterator[dt.date]:
        for part in self.parts:
            yield from part.change_days(view, subject)


@dataclass(frozen=True)
class All(_Joined):
    """Every part holds."""

    def holds(self, view: View, subject: str, day: dt.date) -> bool | None:
        answers = [part.holds(view, subject, day) for part in self.parts]
        return False if False in answers else None if None in answers else True

    def words(self, say: Speaker) -> str:
        return say.join([part.words(say) for part in self.parts], "且", "and")

    def sql(self, builder: Any) -> Any:
        return builder.all_of(self)


@dataclass(frozen=True)
class AnyOf(_Joined):
    """At least one part holds."""

    def holds(self, view: View, subject: str, day: dt.date) -> bool | None:
        answers = [part.holds(view, subject, day) for part in self.parts]
        return True if True in answers else None if None in answers else False

    def words(self, say: Speaker) -> str:
        return say.join([part.words(say) for part in self.parts], "或", "or")

    def sql(self, builder: Any) -> Any:
        return builder.any_of(self)


@dataclass(frozen=True)
class Not(Condition):
    """The part is known and does not hold."""

    part: Condition

    def holds(self, view: View, subject: str, day: dt.date) -> bool | None:
        answer = self.part.holds(view, subject, day)
        return None if answer is None else not answer

    def unknowns(self, view: View, subject: str, day: dt.date) -> Iterator[str]:
        return self.part.unknowns(view, subject, day)

    def parts_within(self) -> Iterator[Condition]:
        yield self
        yield from self.part.parts_within()

    def change_days(self, view: View, subject: str) -> Iterator[dt.date]:
        return self.part.change_days(view, subject)

    def words(self, say: Speaker) -> str:
        return self.part.denied(say)

    def sql(self, builder: Any) -> Any:
        return builder.negation(self)


@dataclass(frozen=True)
class AttributeTest(Condition):
    """A dated attribute of the subject, or of the nearest container that has it, is one of some values or in a range.

    of: subject types that may carry it; value_type: boolean | integer | decimal | choice | date | text.
    values: texts as stored ("true", "1", a choice's code); empty when the test is a range.
    low, high: inclusive ends of the range; numbers, or YYYY-MM-DD texts for dates; None = open.
    """

    attribute: str
    of: tuple[str, ...] = ()
    value_type: str = "text"
    values: tuple[str, ...] = ()
    low: Decimal | str | None = None
    high: Decimal | str | None = None

    def holds(self, view: View, subject: str, day: dt.date) -> bool | None:
        text = view.attribute(subject, self.attribute, day, self.of)
        if text is None:
            return None
        return self.accepts(text)

    def accepts(self, text: str) -> bool | None:
        """Does a known value pass; None when it is not of the declared type."""
        if self.value_type in NUMERIC:
            number = as_number(text)
            if number is None:
                return None
            if self.values:
                return number in {as_number(value) for value in self.values}
            return self._within(number)
        return text in self.values if self.values else self._within(text)

    def _within(self, value: Any) -> bool:
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)

    def unknowns(self, view: View, subject: str, day: dt.date) -> Iterator[str]:
        yield self.attribute

    def reads(self) -> Iterator[tuple[str, str]]:
        yield "attribute", self.attribute

    def words(self, say: Speaker) -> str:
        return say.attribute_test(self)

    def sql(self, builder: Any) -> Any:
        return builder.attribute(self)


@dataclass(frozen=True)
class AttributeCompare(Condition):
    """One numeric attribute stands in a relation (at_least | at_most | more_than | less_than | is) to another."""

    attribute: str
    relation: str
    other: str
    of: tuple[str, ...] = ()
    other_of: tuple[str, ...] = ()

    def holds(self, view: View, subject: str, day: dt.date) -> bool | None:
        mine = as_number(view.attribute(subject, self.attribute, day, self.of))
        theirs = as_number(view.attribute(subject, self.other, day, self.other_of))
        if mine is None or theirs is None:
            return None
        answers = {"at_least": mine >= theirs, "at_most": mine <= theirs, "is": mine == theirs}
        return {**answers, "more_than": mine > theirs, "less_than": mine < theirs}[self.relation]

    def unknowns(self, view: View, subject: str, day: dt.date) -> Iterator[str]:
        for name, of in ((self.attribute, self.of), (self.other, self.other_of)):
            if as_number(view.attribute(subject, name, day, of)) is None:
                yield name

    def reads(self) -> Iterator[tuple[str, str]]:
        yield "attribute", self.attribute
        yield "attribute", self.other

    def words(self, say: Speaker) -> str:
        return say.attribute_compare(self)

    def sql(self, builder: Any) -> Any:
        return builder.compare(self)


@dataclass(frozen=True)
class HasLink(Condition):
    """The subject stands at an end of a live link of this kind. end: a | b | either."""

    link: str
    end: str = "either"

    def holds(self, view: View, subject: str, day: dt.date) -> bool | None:
        return view.has_link(self.link, subject, day, self.end)

    def reads(self) -> Iterator[tuple[str, str]]:
        yield "link", self.link

    def words(self, say: Speaker) -> str:
        return say.has_link(self.link)

    def denied(self, say: Speaker) -> str:
        return say.has_no_link(self.link)

    def sql(self, builder: Any) -> Any:
        return builder.has_link(self)


@dataclass(frozen=True)
class HoldsPost(Condition):
    """The subject holds a post: it is the `a` end of a live link whose kind is the post's name."""

    post: str

    def holds(self, view: View, subject: str, day: dt.date) -> bool | None:
        return view.has_link(self.post, subject, day, "a")

    def words(self, say: Speaker) -> str:
        return say(f"担任{say.post(self.post)}", f"is {say.post(self.post)}")

    def denied(self, say: Speaker) -> str:
        return say(f"不担任{say.post(self.post)}", f"is not {say.post(self.post)}")

    def sql(self, builder: Any) -> Any:
        return builder.holds_post(self)


@dataclass(frozen=True)
class OfEnd(Condition):
    """A condition on one end (a | b) of the link that is the subject; a subject that is no pair has no ends."""

    end: str
    part: Condition

    def holds(self, view: View, subject: str, day: dt.date) -> bool | None:
        end = view.end_of(subject, self.end)
        return self.part.holds(view, end, day) if end else False

    def unknowns(self, view: View, subject: str, day: dt.date) -> Iterator[str]:
        end = view.end_of(subject, self.end)
        if end:
            yield from self.part.unknowns(view, end, day)

    def parts_within(self) -> Iterator[Condition]:
        yield self
        yield from self.part.parts_within()

    def change_days(self, view: View, subject: str) -> Iterator[dt.date]:
        end = view.end_of(subject, self.end)
        return self.part.change_days(view, end) if end else iter(())

    def words(self, say: Speaker) -> str:
        inside = self.part.words(say)
        return say(
            f"{'甲方' if self.end == 'a' else '乙方'}{inside}", f"on side {self.end.upper()}, {inside}"
        )

    def sql(self, builder: Any) -> Any:
        return builder.of_end(self)
