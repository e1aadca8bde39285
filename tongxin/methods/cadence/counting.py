"""What is counted (Count, Companion) and how (measures). Measures have `value`, `words` and `sql`.

To add a measure: one class here with these three methods, one spelling in `parse_counts.py`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .conditions import Always, Condition

if TYPE_CHECKING:
    from .facts import Counted, Participation, View
    from .gathering import Case
    from .words import Speaker

Number = int | Fraction
HUNDREDTHS = 100


def simplest(value: Fraction | int) -> Number:
    """An int when the value is whole, else the Fraction."""
    fraction = Fraction(value)
    return fraction.numerator if fraction.denominator == 1 else fraction


@dataclass(frozen=True)
class QualifierIs:
    """The row's qualifier has one of these values (as stored text)."""

    qualifier: str
    values: tuple[str, ...]

    def passes(self, row: Participation) -> bool:
        return row.qualifier(self.qualifier) in self.values

    def words(self, say: Speaker) -> str:
        return say.qualifier_is(self)

    def sql(self, builder: Any) -> Any:
        return builder.qualifier_is(self)


@dataclass(frozen=True)
class AmountWithin:
    """The row's amount is recorded and lies within low and high (in the amount's unit; None = open)."""

    amount: str
    low: Fraction | None = None
    high: Fraction | None = None

    def passes(self, row: Participation) -> bool:
        hundredths = row.amount(self.amount)
        if hundredths is None:
            return False
        amount = Fraction(hundredths, HUNDREDTHS)
        return (self.low is None or self.low <= amount) and (self.high is None or amount <= self.high)

    def words(self, say: Speaker) -> str:
        return say.amount_within(self)

    def sql(self, builder: Any) -> Any:
        return builder.amount_within(self)


@dataclass(frozen=True)
class Companion:
    """Somebody present in the same entry: `by` (who did it) and `with` (the other end).

    part: the part they play; "counterpart" means the row's counterpart.
    post: they hold this post on that day, for the subject or its container of the post's own type; where the
    subject has no such container, for any. post_of: that type ("school", "homeroom" …).
    subject_type: student | staff | member …, "" for anyone. where: a condition on them on that day.
    link: they are linked with the subject or one of its containers by a link of this kind on that day.
    end: where `link` is said, the end (a | b) at which they stand, "" = either.
    same: the type of a group that they and the subject belong to on that day ("homeroom", "branch" …).
    themself: they must be the subject (a person who acts for their own list).
    """

    part: str = ""
    post: str = ""
    post_of: str = ""
    subject_type: str = ""
    where: Condition = field(default_factory=Always)
    link: str = ""
    themself: bool = False
    end: str = ""
    same: str = ""

    def accepts(self, view: View, candidate: str, subject: str, day: dt.date) -> bool:
        """Is `candidate` such a companion for `subject` on the entry's day; unknown is no."""
        if self.themself and candidate not in (view.ends(subject) or (subject,)):
            return False
        if self.subject_type and not view.is_a(candidate, self.subject_type, day):
            return False
        if self.post and not self._holds_post(view, candidate, subject, day):
            return False
        if self.link and not self._is_linked(view, candidate, subject, day):
            return False
        if self.same and not self._in_same(view, candidate, subject, day):
            return False
        return self.where.holds(view, candidate, day) is True

    def _is_linked(self, view: View, candidate: str, subject: str, day: dt.date) -> bool:
        places = view.chain(subject, day)
        if self.end == "a":
            return any(view.linked_to(self.link, candidate, place, day) for place in places)
        if self.end == "b":
            return any(view.linked_to(self.link, place, candidate, day) for place in places)
        return any(view.linked(self.link, candidate, place, day) for place in places)

    def _in_same(self, view: View, candidate: str, subject: str, day: dt.date) -> bool:
        mine = set(view.chain(subject, day))
        return any(view.type_of(place) == self.same and place in mine for place in view.chain(candidate, day))

    def _holds_post(self, view: View, candidate: str, subject: str, day: dt.date) -> bool:
        places = [place for place in view.chain(subject, day) if view.type_of(place) == self.post_of]
        if places:
            return any(view.linked_to(self.post, candidate, place, day) for place in places)
        return view.has_link(self.post, candidate, day, "a")

    def reads(self) -> Iterator[tuple[str, str]]:
        if self.link:
            yield "link", self.link

    def words(self, say: Speaker) -> str:
        return say.companion(self)

    def sql(self, builder: Any) -> Any:
        return builder.companion(self)


@dataclass(frozen=True)
class Count:
    """Which entries count: kinds, the parts the subject plays (none = any), filters on its row, companions.

    about: only those that answer the very event or entry the window belongs to; of an activity, those that answer it.
    """

    kinds: tuple[str, ...]
    parts: tuple[str, ...] = ()
    only: tuple[QualifierIs | AmountWithin, ...] = ()
    by: Companion | None = None
    with_: Companion | None = None
    about: bool = False
    makes_up: bool = False

    def companions(self) -> Iterator[tuple[str, Companion]]:
        if self.by is not None:
            yield "by", self.by
        if self.with_ is not None:
            yield "with", self.with_

    def words(self, say: Speaker) -> str:
        return say.count(self)

    def sql(self, builder: Any) -> Any:
        return builder.count(self)


@dataclass(frozen=True)
class Tally:
    """done: in the measure's unit; counted, rejected: entries by day, then id.

    of: how many a share is of, None where the bound is a number of its own.
    """

    done: Number
    counted: list[str] = field(default_factory=list)
    rejected: list[tuple[str, str]] = field(default_factory=list)
    of: int | None = None


@dataclass(frozen=True)
class Measure:
    """How counted rows become a number. grows: one more entry can only raise it and it settles early (Meaning 3)."""

    @property
    def grows(self) -> bool:
        return True

    @property
    def of_pairs(self) -> bool:
        """Does it say something of a pair, whose two ends are one head."""
        return False

    @property
    def per_day(self) -> bool:
        """Does each day of a span count where it falls (Meaning 13)."""
        return False

    @property
    def adds_up(self) -> bool:
        """May what was done in several windows, or by several subjects, be added for a figure."""
        return False

    @property
    def is_share(self) -> bool:
        """Is the bound a part (3/4, 60 %) of a set."""
        return False

    @property
    def needs_count(self) -> bool:
        """Does it look at entries; links and states are measured without any."""
        return True

    def tally(self, case: Case) -> Tally:
        """What one subject has done in one window: by default its entries, counted by `value`."""
        return case.counted()

    def value(self, counted: Sequence[Counted]) -> Number:
        raise TypeError("a measure node says itself what it counts")

    def words(self, say: Speaker) -> str:
        raise TypeError("a measure node says itself how it reads")

    def sql(self, builder: Any) -> Any:
        raise TypeError("a measure node says itself how it is queried")


@dataclass(frozen=True)
class Times(Measure):
    """次: entries."""

    @property
    def adds_up(self) -> bool:
        return True

    @property
    def of_pairs(self) -> bool:
        return True

    def value(self, counted: Sequence[Counted]) -> Number:
        return len({item.entry for item in counted})

    def words(self, say: Speaker) -> str:
        return say("次", "time(s)")

    def sql(self, builder: Any) -> Any:
        return builder.times(self)


@dataclass(frozen=True)
class People(Measure):
    """人: distinct persons."""

    def value(self, counted: Sequence[Counted]) -> Number:
        return len({item.unit for item in counted if item.is_person})

    def words(self, say: Speaker) -> str:
        return say("人", "people")

    def sql(self, builder: Any) -> Any:
        return builder.people(self)


@dataclass(frozen=True)
class PersonTimes(Measure):
    """人次: persons per entry, added up."""

    @property
    def adds_up(self) -> bool:
        return True

    def value(self, counted: Sequence[Counted]) -> Number:
        return len({(item.entry, item.unit) for item in counted if item.is_person})

    def words(self, say: Speaker) -> str:
        return say("人次", "person-times")

    def sql(self, builder: Any) -> Any:
        return builder.person_times(self)


@dataclass(frozen=True)
class _Amount(Measure):
    """amount: its name; per: "entry" (one value for the entry) or "person" (one value for each person in it)."""

    amount: str
    per: str = "person"

    @property
    def of_pairs(self) -> bool:
        return True

    def _values(self, counted: Iterable[Counted]) -> list[int]:
        """Hundredths, one per entry or per (entry, person); the largest where a person stands in two rows."""
        largest: dict[tuple[str, str], int] = {}
        for item in counted:
            hundredths = item.row.amount(self.amount) if item.row is not None else None
            if hundredths is None or (self.per == "person" and item.is_group):
                continue
            key = (item.entry, item.unit if self.per == "person" else "")
            largest[key] = max(hundredths, largest.get(key, hundredths))
        return list(largest.values())


@dataclass(frozen=True)
class Sum(_Amount):
    """The amount, added up. daily: each day of a span counts its share where it falls."""

    daily: bool = False

    @property
    def adds_up(self) -> bool:
        return True

    @property
    def per_day(self) -> bool:
        return self.daily

    def value(self, counted: Sequence[Counted]) -> Number:
        values = self._daily(counted) if self.daily else self._values(counted)
        return simplest(Fraction(sum(values), HUNDREDTHS))

    def _daily(self, counted: Sequence[Counted]) -> Iterator[int]:
        for day in {day for item in counted for day in item.days}:
            shares = [replace(item, row=item.share_on(day)) for item in counted if day in item.days]
            yield from self._values(shares)

    def words(self, say: Speaker) -> str:
        return say.amount_unit(self.amount)

    def sql(self, builder: Any) -> Any:
        return builder.sum(self)


@dataclass(frozen=True)
class Max(_Amount):
    """The largest single amount; 0 when none is recorded."""

    @property
    def grows(self) -> bool:
        return False

    def value(self, counted: Sequence[Counted]) -> Number:
        return simplest(Fraction(max(self._values(counted), default=0), HUNDREDTHS))

    def words(self, say: Speaker) -> str:
        return say.amount_unit(self.amount)

    def sql(self, builder: Any) -> Any:
        return builder.max(self)


@dataclass(frozen=True)
class Average(_Amount):
    """The mean of the recorded amounts, exact; 0 when none is recorded."""

    @property
    def grows(self) -> bool:
        return False

    def value(self, counted: Sequence[Counted]) -> Number:
        values = self._values(counted)
        return simplest(Fraction(sum(values), HUNDREDTHS * len(values))) if values else 0

    def words(self, say: Speaker) -> str:
        return say.amount_unit(self.amount)

    def sql(self, builder: Any) -> Any:
        return builder.average(self)


DISTINCT = ("counterpart", "kind", "theme", "place", "day")


@dataclass(frozen=True)
class Distinct(Measure):
    """Different counterparts, kinds, themes, places or days; rows that leave it blank add nothing."""

    of: str

    @property
    def of_pairs(self) -> bool:
        return True

    @property
    def per_day(self) -> bool:
        return self.of == "day"

    def value(self, counted: Sequence[Counted]) -> Number:
        if self.of == "day":
            return len({day for item in counted for day in item.days})
        if self.of == "kind":
            return len({item.kind for item in counted})
        rows = [item.row for item in counted if item.row is not None]
        return len({row.qualifier(self.of) for row in rows} - {""})

    def words(self, say: Speaker) -> str:
        return say.distinct(self.of)

    def sql(self, builder: Any) -> Any:
        return builder.distinct(self)
