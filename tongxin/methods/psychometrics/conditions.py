"""Conditions over the answers and scores of one paper: validity rules, critical items, patterns, and which item is asked.

An unanswered item and a scale without a score make a condition unknown (None), never false: `not` and `any` then do not
claim what nobody said. An item is compared by its value as answered, before any reversal.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "at_least": (">=", operator.ge),
    "at_most": ("<=", operator.le),
    "more_than": (">", operator.gt),
    "less_than": ("<", operator.lt),
    "is": ("=", operator.eq),
    "is_not": ("<>", operator.ne),
}
BY_SIGN = {sign: name for name, (sign, _) in COMPARISONS.items()}


@dataclass(frozen=True)
class Seen:
    """What a condition may look at. items: values by item, absent = not answered; scores: by scale, absent = none.
    codes: what was chosen or written in items that are not scored."""

    items: Mapping[str, int]
    scores: Mapping[str, float | int]
    blanks: int = 0
    codes: Mapping[str, str] | None = None


class Condition(ABC):
    @abstractmethod
    def holds(self, seen: Seen) -> bool | None: ...

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """As the file writes it."""

    def leaves(self) -> Iterator[Condition]:
        yield self


def _plain(value: Fraction | str) -> int | float | str:
    if isinstance(value, str):
        return value
    return value.numerator if value.denominator == 1 else float(value)


@dataclass(frozen=True)
class ItemIs(Condition):
    """value: a number for a scored item, a text (a code) for another."""

    item: str
    comparison: str
    value: Fraction | str

    def holds(self, seen: Seen) -> bool | None:
        answered: Any
        if isinstance(self.value, str):
            answered = (seen.codes or {}).get(self.item)
        else:
            answered = seen.items.get(self.item)
        return None if answered is None else COMPARISONS[self.comparison][1](answered, self._bare)

    @cached_property
    def _bare(self) -> Fraction | int | str:
        """The value as an int where it is one: comparing fractions costs fifteen times as much."""
        whole = isinstance(self.value, Fraction) and self.value.denominator == 1
        return self.value.numerator if whole else self.value  # type: ignore[union-attr]

    def as_dict(self) -> dict[str, Any]:
        return {"item": self.item, self.comparison: _plain(self.value)}


@dataclass(frozen=True)
class ScaleIs(Condition):
    scale: str
    comparison: str
    value: Fraction

    def holds(self, seen: Seen) -> bool | None:
        score = seen.scores.get(self.scale)
        return None if score is None else COMPARISONS[self.comparison][1](score, float(self.value))

    def as_dict(self) -> dict[str, Any]:
        return {"scale": self.scale, self.comparison: _plain(self.value)}


@dataclass(frozen=True)
class BlanksAre(Condition):
    """How many scored items are not answered."""

    comparison: str
    value: Fraction

    def holds(self, seen: Seen) -> bool | None:
        return COMPARISONS[self.comparison][1](seen.blanks, self.value)

    def as_dict(self) -> dict[str, Any]:
        return {"blanks": {self.comparison: _plain(self.value)}}


@dataclass(frozen=True)
class Several(Condition):
    """At least `least` of the parts hold: all of them (both of two), any one, or a number."""

    parts: tuple[Condition, ...]
    least: int
    word: str = "count"

    def holds(self, seen: Seen) -> bool | None:
        sure, may, left = 0, 0, len(self.parts)  # may: those that hold or are not known to
        for part in self.parts:
            if sure >= self.least or may + left < self.least:
                break  # what follows changes nothing
            found, left = part.holds(seen), left - 1
            sure += found is True
            may += found is not False
        if sure >= self.least:
            return True
        return None if may + left >= self.least else False

    def as_dict(self) -> dict[str, Any]:
        inner = [part.as_dict() for part in self.parts]
        return {self.word: inner} if self.word != "count" else {"count": inner, "at_least": self.least}

    def leaves(self) -> Iterator[Condition]:
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True)
class Not(Condition):
    part: Condition

    def holds(self, seen: Seen) -> bool | None:
        found = self.part.holds(seen)
        return None if found is None else not found

    def as_dict(self) -> dict[str, Any]:
        return {"not": self.part.as_dict()}

    def leaves(self) -> Iterator[Condition]:
        yield from self.part.leaves()


def all_of(*parts: Condition) -> Condition:
    return parts[0] if len(parts) == 1 else Several(parts, len(parts), "all")


def any_of(*parts: Condition) -> Condition:
    return parts[0] if len(parts) == 1 else Several(parts, 1, "any")


def items_in(condition: Condition | None) -> set[str]:
    """Items a condition looks at."""
    if condition is None:
        return set()
    return {leaf.item for leaf in condition.leaves() if isinstance(leaf, ItemIs)}
