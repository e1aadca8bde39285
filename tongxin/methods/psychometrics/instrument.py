"""The definition of an instrument (量表): frozen data, read from a file and never changed.

Two numbers of an answer are kept apart: its code, as a file or a form writes it (there may be several codings), and
its value, which counts in the scores. Reversal is on values: low + high − value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from .conditions import Condition

Number = int | Fraction

CHOICE = "choice"
KINDS = (
    CHOICE, "open_choice", "text", "long_text", "integer", "decimal", "date", "datetime", "time",
    "slider", "file", "display", "computed",
)  # fmt: skip
METHODS = ("sum", "mean", "count", "max", "min")
MISSING = ("refuse", "prorate", "count")
FORMS = ("student", "parent", "teacher")
SEXES = ("male", "female")
LANGUAGE = "zh-CN"
# The coding that every instrument has: the codes of its own options.
OWN = "own"


@dataclass(frozen=True)
class Text:
    """Words in one or more languages; the first is the one that is shown. said: (language, words) pairs."""

    said: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return self.said[0][1] if self.said else ""

    def __bool__(self) -> bool:
        return bool(str(self))

    def say(self, language: str) -> str:
        """The words in a language, or in the first one where that is not there."""
        return dict(self.said).get(language, str(self))


@dataclass(frozen=True)
class Option:
    """One answer. code: as files write it. value: what it scores; None = it is not scored."""

    code: str
    text: Text = Text()
    value: int | None = None
    system: str = ""


@dataclass(frozen=True)
class Coding:
    """Another way of writing the same answers: codes in the order of the options. blank: codes that mean no answer."""

    id: str
    codes: tuple[str, ...]
    blank: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnswerSet:
    """The answers that items share, least first as they are printed."""

    id: str
    options: tuple[Option, ...]
    codings: tuple[Coding, ...] = ()
    blank: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[int, ...]:
        return tuple(option.value for option in self.options if option.value is not None)

    def codes(self, coding: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(codes in the order of the options, codes that mean blank); a set without that coding keeps its own."""
        for known in self.codings:
            if known.id == coding:
                return known.codes, known.blank
        return tuple(option.code for option in self.options), self.blank


@dataclass(frozen=True)
class Item:
    """One question. kind: one of KINDS; only a choice whose options have values is scored.

    show_if: when it is asked (None = always). flag: whatever is written here is read by a person. many: several
    answers. formula: (language, expression) of a computed item that is kept as it came. labels: words along a slider.
    codes: (system, code) pairs of terminologies.
    """

    id: str
    text: Text = Text()
    kind: str = CHOICE
    answers: str = ""
    required: bool = False
    section: str = ""
    show_if: Condition | None = None
    note: Text = Text()
    many: bool = False
    flag: bool = False
    format: str = ""
    low: str = ""
    high: str = ""
    labels: tuple[str, ...] = ()
    formula: tuple[str, str] | None = None
    codes: tuple[tuple[str, str], ...] = ()
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Section:
    """A heading over some items; parent: the section it lies in."""

    id: str
    text: Text = Text()
    parent: str = ""
    note: Text = Text()
    many: bool = False


@dataclass(frozen=True)
class Group:
    """Whom a band table or a norm is for. forms, sexes: empty = all; ages, grades: (first, last), None = open."""

    forms: tuple[str, ...] = ()
    sexes: tuple[str, ...] = ()
    ages: tuple[int | None, int | None] = (None, None)
    grades: tuple[int | None, int | None] = (None, None)

    @cached_property
    def everyone(self) -> bool:
        return self == Group()

    def holds(self, person: Person) -> bool | None:
        """Is the person in it; None when something needed is not known."""
        found: list[bool | None] = []
        for wanted, has in ((self.forms, person.form), (self.sexes, person.sex)):
            if wanted:
                found.append(None if not has else has in wanted)
        for (low, high), number in ((self.ages, person.age), (self.grades, person.grade)):
            if (low, high) != (None, None):
                inside = (
                    number is not None and (low is None or number >= low) and (high is None or number <= high)
                )
                found.append(None if number is None else inside)
        if False in found:
            return False
        return None if None in found else True

    def meets(self, other: Group) -> bool:
        """Can somebody be in both."""
        for mine, theirs in ((self.forms, other.forms), (self.sexes, other.sexes)):
            if mine and theirs and not set(mine) & set(theirs):
                return False
        for (low, high), (lower, higher) in ((self.ages, other.ages), (self.grades, other.grades)):
            if (low is not None and higher is not None and higher < low) or (
                high is not None and lower is not None and lower > high
            ):
                return False
        return True


@dataclass(frozen=True)
class Person:
    """What bands and norms may ask about who answered. form: whose view it is; grade: 1–12, 13 and more in college."""

    sex: str = ""
    age: int | None = None
    grade: int | None = None
    form: str = ""


@dataclass(frozen=True)
class Band:
    """A range of scores. low: inclusive; high: inclusive, or exclusive if `below`; None = open. rank: 0 = nothing to do,
    more = more severe. signal: reaching it is a signal for the counsellor."""

    id: str
    title: Text
    rank: int
    low: Number | None = None
    high: Number | None = None
    below: bool = False
    signal: bool = False

    def holds(self, score: float | Fraction) -> bool:
        # A told score is a float, and 2/3 told is not 2/3: then both sides are floats.
        low, high = self.low, self.high
        if not isinstance(score, Fraction):
            low, high = (None if edge is None else float(edge) for edge in (low, high))  # type: ignore[assignment]
        if low is not None and score < low:
            return False
        return high is None or (score < high if self.below else score <= high)


@dataclass(frozen=True)
class BandTable:
    bands: tuple[Band, ...]
    group: Group = Group()
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class MissingRule:
    """What blanks do to a scale. refuse: no score. prorate: they take the mean of the answered. count: the sum of the
    answered alone, with how many are blank told beside it. at_most: how many blanks are borne."""

    rule: str = "refuse"
    at_most: int = 0


@dataclass(frozen=True)
class Component:
    """What counts once in a scale: one item, or the max or min of a group of items. how: item | max | min."""

    items: tuple[str, ...]
    how: str = "item"


@dataclass(frozen=True)
class Scale:
    """A score over components (items), or `of` other scales.

    method: one of METHODS; count = how many components reach `counted_from`. The result is multiplied, then `plus` is
    added, then rounded half up to `digits` (None = not rounded).
    """

    id: str
    title: Text = Text()
    components: tuple[Component, ...] = ()
    of: tuple[str, ...] = ()
    method: str = "sum"
    counted_from: int = 1
    multiply: Fraction = Fraction(1)
    plus: Fraction = Fraction(0)
    digits: int | None = None
    missing: MissingRule = MissingRule()
    tables: tuple[BandTable, ...] = ()
    line: int = field(default=1, compare=False)

    @cached_property
    def items(self) -> tuple[str, ...]:
        return tuple(item for component in self.components for item in component.items)


@dataclass(frozen=True)
class Rule:
    """A named condition. As validity: level is invalid or doubt. As critical or pattern: rank says how severe."""

    id: str
    when: Condition
    title: Text = Text()
    level: str = ""
    rank: int = 0
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class NormRow:
    """The norm of one scale: mean and sd, or (score, percentile) points in rising order."""

    scale: str
    mean: Fraction | None = None
    sd: Fraction | None = None
    points: tuple[tuple[Fraction, Fraction], ...] = ()


@dataclass(frozen=True)
class Norm:
    id: str
    source: str
    year: int
    rows: tuple[NormRow, ...]
    title: Text = Text()
    n: int | None = None
    group: Group = Group()
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class BankItem:
    """Published parameters of one item: discrimination and rising thresholds, one less than it has answers; answers are
    counted from the one that scores least, reversal done."""

    item: str
    discrimination: Fraction
    thresholds: tuple[Fraction, ...]


@dataclass(frozen=True)
class ItemBank:
    """Items with parameters of an item response model: they are asked one by one, each chosen by the answers before it.

    id: of the score, mean + sd × θ, rounded to `digits`. always: items that are asked whatever the estimate, besides
    those of critical rules. error: exact enough when θ's standard error is this or less, not before `least` items; most:
    items at the most. tables: bands of the score.
    """

    id: str
    model: str
    source: str
    year: int | None
    items: tuple[BankItem, ...]
    title: Text = Text()
    mean: Fraction = Fraction(50)
    sd: Fraction = Fraction(10)
    digits: int = 1
    always: tuple[str, ...] = ()
    error: Fraction = Fraction(2, 5)
    least: int = 4
    most: int = 20
    tables: tuple[BandTable, ...] = ()
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Golden:
    """A worked paper. answers: codes by item (blank = ""). What is None or absent is not compared."""

    name: str
    answers: tuple[tuple[str, str], ...]
    coding: str = OWN
    person: Person = Person()
    scores: tuple[tuple[str, Fraction | None], ...] = ()
    bands: tuple[tuple[str, str], ...] = ()
    critical: tuple[str, ...] | None = None
    patterns: tuple[str, ...] | None = None
    valid: str = ""
    source: str = ""
    line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Licence:
    """wording: shipped = the words of the items come with the file; school = the school enters its own licensed ones.
    granted: from whom and when the school has the right to the words it entered."""

    name: str = ""
    wording: str = ""
    holder: str = ""
    notice: str = ""
    url: str = ""
    granted: str = ""


@dataclass(frozen=True)
class Source:
    what: str = ""
    document: str = ""
    year: int | None = None
    url: str = ""


@dataclass(frozen=True)
class Instrument:
    """One version of an instrument. partition: scales that together hold every scored item exactly once.
    unscored: choice items that are in no scale on purpose. reverse: items whose value is turned over in the scores."""

    id: str
    title: Text
    version: str = "1"
    language: str = LANGUAGE
    short: str = ""
    about: Text = Text()
    instructions: Text = Text()
    minutes: int | None = None
    forms: tuple[str, ...] = ()
    ages: tuple[int | None, int | None] = (None, None)
    grades: tuple[int | None, int | None] = (None, None)
    licence: Licence = Licence()
    citation: str = ""
    sources: tuple[Source, ...] = ()
    sections: tuple[Section, ...] = ()
    answers: tuple[AnswerSet, ...] = ()
    items: tuple[Item, ...] = ()
    reverse: tuple[str, ...] = ()
    unscored: tuple[str, ...] = ()
    partition: tuple[str, ...] = ()
    scales: tuple[Scale, ...] = ()
    validity: tuple[Rule, ...] = ()
    critical: tuple[Rule, ...] = ()
    patterns: tuple[Rule, ...] = ()
    norms: tuple[Norm, ...] = ()
    bank: ItemBank | None = None
    golden: tuple[Golden, ...] = ()
    file: str = field(default="", compare=False)
    raw: Any = field(default=None, compare=False, hash=False, repr=False)

    @cached_property
    def item_by_id(self) -> dict[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def scale_by_id(self) -> dict[str, Scale]:
        return {scale.id: scale for scale in self.scales}

    @cached_property
    def told_scales(self) -> tuple[Scale, ...]:
        """All that a paper has a score of: the scales, and the bank as one more."""
        bank = self.bank
        if bank is None:
            return self.scales
        return (
            *self.scales,
            Scale(bank.id, bank.title, digits=bank.digits, tables=bank.tables, line=bank.line),
        )

    def told_scale(self, name: str) -> Scale:
        """Raises KeyError for what there is no score of."""
        found = self.scale_by_id.get(name)
        if found is None and self.bank is not None and name == self.bank.id:
            return self.told_scales[-1]
        return found or self.scale_by_id[name]

    @cached_property
    def answers_by_id(self) -> dict[str, AnswerSet]:
        return {known.id: known for known in self.answers}

    @cached_property
    def scored_items(self) -> tuple[Item, ...]:
        """The choice items with values, in their order: the columns of a matrix of answers."""
        return tuple(item for item in self.items if self.is_scored(item))

    def is_scored(self, item: Item) -> bool:
        known = self.answers_by_id.get(item.answers)
        return (
            item.kind == CHOICE
            and not item.many
            and known is not None
            and bool(known.options)
            and len(known.values) == len(known.options)
        )

    @cached_property
    def codings(self) -> tuple[str, ...]:
        """Names of all codings, the instrument's own first."""
        found = {coding.id: None for known in self.answers for coding in known.codings}
        return (OWN, *found)

    @property
    def has_wording(self) -> bool:
        """Has every item that is asked its words."""
        return all(item.text for item in self.items)

    def scales_in_order(self) -> Iterator[Scale]:
        """Every scale after those it is made of; scales in a circle are left out (the linter names them)."""
        done: set[str] = set()
        waiting = list(self.scales)
        while waiting:
            ready = [scale for scale in waiting if set(scale.of) <= done]
            if not ready:
                return
            for scale in ready:
                yield scale
                done.add(scale.id)
            waiting = [scale for scale in waiting if scale.id not in done]
