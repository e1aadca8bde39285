"""The rule tree: one Obligation per dated version, built of condition, count, measure, bound and period nodes.

A node is a frozen dataclass with three methods: its meaning in plain Python (`holds`, `value`, `limits` or
`windows`), its `words`, and its `sql(builder)`. The `sql` methods stand last in each class and only name a
primitive of the builder in the `sql` folder; whoever keeps the set-based evaluator may widen their bodies here.
A new operator is one new node class and one spelling in the parser; nothing else looks inside a node.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .bounds import Band, Bound, Constant, Limits, Table
from .conditions import (
    All,
    Always,
    AnyOf,
    AttributeCompare,
    AttributeTest,
    Condition,
    HasLink,
    HoldsPost,
    Not,
    OfEnd,
)
from .counting import (
    AmountWithin,
    Average,
    Companion,
    Count,
    Distinct,
    Max,
    Measure,
    People,
    PersonTimes,
    QualifierIs,
    Sum,
    Times,
)
from .effects import Consequence, Exemption, Gate, Override, RuleName
from .periods import Between, By, Every, MonthOfPlan, Once, OwnDays, PartOf, Period, PhaseOfPlan, Window

PERSON_TYPES = ("student", "staff", "guardian", "outsider", "person", "expert", "volunteer")
GROUP_LINKS = {
    "homeroom": "enrolled_in", "branch": "branch_member", "department": "in_department", "team": "in_team",
    "family": "of_family",
}  # fmt: skip
SUBJECTS = (
    "student", "staff", "guardian", "member", "homeroom", "branch", "department", "school",
    "family", "base", "enterprise", "team", "case", "facility",
)  # fmt: skip
MODALITIES = ("must", "in_principle", "encouraged")


@dataclass(frozen=True)
class SubjectKind:
    """For whom it is counted: a subject type, "member" (who has a branch_member link), each entry of a kind of activity
    ("activity"), or each link of a kind ("pair")."""

    name: str
    kind: str = ""

    @property
    def is_activity(self) -> bool:
        return self.name == "activity"

    @property
    def is_pair(self) -> bool:
        return self.name == "pair"

    def spelled(self) -> str:
        return f"{self.name}:{self.kind}" if self.is_activity or self.is_pair else self.name

    def reads(self) -> Iterator[tuple[str, str]]:
        if self.is_pair:
            yield "link", self.kind

    def sql(self, builder: Any) -> Any:
        return builder.subject(self)


@dataclass(frozen=True)
class Source:
    """Where the rule is written. modality: must | in_principle | encouraged."""

    document: str = ""
    at: str = ""
    level: str = ""
    modality: str = "must"
    published: str = ""


@dataclass(frozen=True)
class EvidenceNeed:
    """Types an entry must carry to count: all of them, or any one of them. No types: nothing is needed."""

    types: tuple[str, ...] = ()
    any_one: bool = False

    def missing(self, present: set[str]) -> tuple[str, ...]:
        """The types still missing, in the order of the rule."""
        lacking = tuple(name for name in self.types if name not in present)
        return () if self.any_one and len(lacking) < len(self.types) else lacking


@dataclass(frozen=True)
class Requirement:
    """One thing to count and how much of it. where: when it applies to the subject (an item of a checklist)."""

    count: Count
    measure: Measure = field(default_factory=Times)
    bound: Bound = field(default_factory=Bound)
    evidence: EvidenceNeed = field(default_factory=EvidenceNeed)
    where: Condition = field(default_factory=Always)
    title: str = ""


@dataclass(frozen=True)
class Checklist:
    """Different items, all of which (every=True) or any one of which (every=False) must be done in the window."""

    items: tuple[Requirement, ...]
    every: bool = True


Demand = Requirement | Checklist


@dataclass(frozen=True)
class Bearer:
    """On whose list a gap lands: "self", posts, or (for an activity) parts of its kind; several share it."""

    names: tuple[str, ...] = ("self",)
    jointly: bool = False


@dataclass(frozen=True)
class Arrivals:
    """How arriving or leaving within a window cuts what is owed. how: full | prorate | from (present `days` days)."""

    how: str = "full"
    days: int = 0


@dataclass(frozen=True)
class WaiverRule:
    """by: the post that may waive; expires_days: 0 = until its own last day."""

    by: str = ""
    expires_days: int = 0


@dataclass(frozen=True)
class Escalation:
    """Who is told when a gap is still open. days: before the due day if negative, on it 0, after it positive.

    to: "bearer" or a post of the pack.
    """

    days: int
    to: str


@dataclass(frozen=True)
class Obligation:
    """One dated version of one rule. `later`: kept and listed, but its operators are not in the language yet.

    since, until: first and last day in force (until None = still in force).
    counts_once, not_with: an entry serves this one or one of its rivals, see sharing.py. makes_up: work for a window
    that is over may name it.
    demand None only with `later`. cases: golden cases as written. remind_days: days before due, largest first.
    escalate: in order of days. exempt: whom it spares, those included for whom another rule stands in. overrides: what it
    stands in for, its condition already part of `where`. rows: where the mission's table asks for it.
    """

    id: str
    title: str
    since: dt.date
    subject: SubjectKind
    demand: Demand | None
    periods: tuple[Period, ...]
    where: Condition = field(default_factory=Always)
    bearer: Bearer = field(default_factory=Bearer)
    arrivals: Arrivals = field(default_factory=Arrivals)
    source: Source = field(default_factory=Source)
    until: dt.date | None = None
    next_window: bool = False
    remind_days: tuple[int, ...] = ()
    escalate: tuple[Escalation, ...] = ()
    waiver: WaiverRule | None = None
    exempt: tuple[Exemption, ...] = ()
    blocks: tuple[Gate, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    tightens: tuple[RuleName, ...] = ()
    overrides: tuple[Override, ...] = ()
    rows: tuple[str, ...] = ()
    heading: str = ""
    counts_once: bool = False
    not_with: tuple[str, ...] = ()
    makes_up: bool = False
    rivals: tuple[str, ...] = ()
    later: str = ""
    cases: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    title_en: str = ""
    file: str = field(default="", compare=False)
    line: int = field(default=1, compare=False)

    @cached_property
    def version(self) -> str:
        return self.since.isoformat()

    @property
    def evaluable(self) -> bool:
        return not self.later and self.demand is not None

    @property
    def adds_up(self) -> bool:
        """May what was done be added over windows and subjects: of a checklist, the items done."""
        return isinstance(self.demand, Checklist) or all(item.measure.adds_up for item in self.requirements())

    def requirements(self) -> tuple[Requirement, ...]:
        if self.demand is None:
            return ()
        return self.demand.items if isinstance(self.demand, Checklist) else (self.demand,)

    def kinds(self) -> set[str]:
        """Kinds of entries this rule looks at."""
        return {kind for item in self.requirements() for kind in item.count.kinds}

    def conditions(self) -> Iterator[Condition]:
        """Every condition node of the rule."""
        yield from self.where.parts_within()
        for exemption in self.exempt:
            yield from exemption.where.parts_within()
        for item in self.requirements():
            yield from item.where.parts_within()
            for _, companion in item.count.companions():
                yield from companion.where.parts_within()


__all__ = [
    "GROUP_LINKS",
    "MODALITIES",
    "PERSON_TYPES",
    "SUBJECTS",
    "All",
    "Always",
    "AmountWithin",
    "AnyOf",
    "Arrivals",
    "AttributeCompare",
    "AttributeTest",
    "Average",
    "Band",
    "Bearer",
    "Between",
    "Bound",
    "By",
    "Checklist",
    "Companion",
    "Condition",
    "Consequence",
    "Constant",
    "Count",
    "Demand",
    "Distinct",
    "Escalation",
    "Every",
    "EvidenceNeed",
    "Exemption",
    "Gate",
    "HasLink",
    "HoldsPost",
    "Limits",
    "Max",
    "Measure",
    "MonthOfPlan",
    "Not",
    "Obligation",
    "OfEnd",
    "Once",
    "Override",
    "OwnDays",
    "PartOf",
    "People",
    "Period",
    "PersonTimes",
    "PhaseOfPlan",
    "QualifierIs",
    "Requirement",
    "RuleName",
    "Source",
    "SubjectKind",
    "Sum",
    "Table",
    "Times",
    "WaiverRule",
    "Window",
]  # fmt: skip
