"""What a pack declares besides its obligations: vocabulary, outline, plan, figures and reports."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .counting import Count, Measure

DATA_CLASSES = ("K0", "K1", "K2", "K3", "K4", "K5")
VALUE_TYPES = ("boolean", "integer", "decimal", "choice", "state", "date", "text")
# Relations every school has; a pack need not declare them again.
STRUCTURE_LINKS = (
    "enrolled_in", "branch_member", "in_department", "guardian_of", "teaches", "homeroom_liaison",
    "mentor_of", "master_of", "in_team", "of_family",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A role in an activity. of: subject types that may play it; at_least: how many an entry needs."""

    name: str
    title: str
    of: tuple[str, ...] = ()
    at_least: int = 0
    title_en: str = ""


@dataclass(frozen=True)
class Amount:
    """A number on an entry. per: entry | person; stored in hundredths of `unit`.

    daily: of a span of days, each day has its share and counts where it falls.
    """

    name: str
    title: str
    unit: str = ""
    per: str = "person"
    title_en: str = ""
    daily: bool = False


@dataclass(frozen=True)
class Qualifier:
    """A word on an entry; values {code: title}, empty = free text."""

    name: str
    title: str
    values: dict[str, str] = field(default_factory=dict, hash=False)
    required: bool = False


@dataclass(frozen=True)
class EvidenceType:
    name: str
    title: str


@dataclass(frozen=True)
class Kind:
    """A kind of activity. data_class: K0 … K5; effort_min: usual minutes by part."""

    name: str
    title: str
    data_class: str = ""
    heading: str = ""
    parts: tuple[Part, ...] = ()
    amounts: tuple[Amount, ...] = ()
    qualifiers: tuple[Qualifier, ...] = ()
    evidence: tuple[EvidenceType, ...] = ()
    effort_min: dict[str, int] = field(default_factory=dict, hash=False)
    title_en: str = ""
    file: str = field(default="", compare=False)
    line: int = field(default=1, compare=False)

    def part(self, name: str) -> Part | None:
        return next((part for part in self.parts if part.name == name), None)

    def amount(self, name: str) -> Amount | None:
        return next((amount for amount in self.amounts if amount.name == name), None)

    def qualifier(self, name: str) -> Qualifier | None:
        return next((qualifier for qualifier in self.qualifiers if qualifier.name == name), None)


@dataclass(frozen=True)
class Post:
    """of: the type of what it is held for; superior: the post that takes over when it is vacant."""

    name: str
    title: str
    of: str = "school"
    superior: str = ""
    title_en: str = ""


@dataclass(frozen=True)
class AttributeDeclaration:
    """type: one of VALUE_TYPES; values {code: title} of a choice or of the states of a machine."""

    name: str
    title: str
    of: tuple[str, ...] = ()
    type: str = "text"
    values: dict[str, str] = field(default_factory=dict, hash=False)
    data_class: str = ""
    title_en: str = ""


@dataclass(frozen=True)
class LinkDeclaration:
    name: str
    title: str
    a: str = ""
    b: str = ""
    data_class: str = ""
    title_en: str = ""


@dataclass(frozen=True)
class AnnouncedDeclaration:
    """What a number or day that the school announces is called in sentences."""

    name: str
    title: str
    title_en: str = ""


@dataclass(frozen=True)
class EventDeclaration:
    """Something that may happen to subjects of the types `of`, and that deadlines run from."""

    name: str
    title: str
    of: tuple[str, ...] = ()
    data_class: str = ""
    title_en: str = ""


# The number a heading carries in its own words: 四、 （一） 1.
_OWN_NUMBER = re.compile(
    r"^(?:[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)]|\d+\s*[.．、])\s*"
)


@dataclass(frozen=True)
class Heading:
    """A line of the plan's own outline; number as printed ("4.2.3")."""

    number: str
    title: str
    children: tuple[Heading, ...] = ()

    @property
    def plain_title(self) -> str:
        """The title without the number that stands in its own words."""
        return _OWN_NUMBER.sub("", self.title)

    @property
    def words(self) -> str:
        """The heading with its outline number once: 4.1.1 心理健康驿站."""
        return f"{self.number} {self.plain_title}"

    def within(self) -> Iterator[Heading]:
        """This heading and all below it, in order."""
        yield self
        for child in self.children:
            yield from child.within()


@dataclass(frozen=True)
class Phase:
    """A phase of every programme year; days are "MM-DD", with "+1 " before them for the year after."""

    number: int
    title: str
    first: str
    last: str
    deliverables: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlanItem:
    """A thing to do in a month of the plan; days as in Phase."""

    name: str
    title: str
    month: int
    owner: str = ""
    phase: int = 0
    first: str = ""
    due: str = ""
    heading: str = ""
    kinds: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    at: str = ""
    later: str = ""


# How many have which verdict; what was done itself.
VERDICTS_SHOWN = ("coverage", "met", "missed", "open", "expected", "waived", "not_expected")
MEASURE_SHOWN = ("done", "average", "latest", "latest_day")
SHOWS = (*VERDICTS_SHOWN, *MEASURE_SHOWN)


@dataclass(frozen=True)
class Figure:
    """A number of the report bound to a query: entries counted (count, measure) or an obligation's verdicts.

    show: one of SHOWS (with `obligation`); `later`: its query is not in the language yet.
    """

    name: str
    title: str
    count: Count | None = None
    measure: Measure | None = None
    obligation: str = ""
    show: str = ""
    later: str = ""


@dataclass(frozen=True)
class Report:
    """A report template: the title with {school} and {year}, and its outline blocks as written."""

    name: str
    title: str
    outline: tuple[dict[str, Any], ...] = field(default=(), hash=False)


@dataclass(frozen=True)
class PackSource:
    document: str = ""
    published: dt.date | None = None


@dataclass
class Vocabulary:
    """Names an obligation may use, by name."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    attributes: dict[str, AttributeDeclaration] = field(default_factory=dict)
    links: dict[str, LinkDeclaration] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    events: dict[str, EventDeclaration] = field(default_factory=dict)
    headings: dict[str, Heading] = field(default_factory=dict)
    phases: dict[int, Phase] = field(default_factory=dict)
    months: set[int] = field(default_factory=set)
    published: dt.date | None = None

    def is_link(self, name: str) -> bool:
        return name in self.links or name in self.posts or name in STRUCTURE_LINKS
