"""A pack worked out for set-based evaluation: rules, lines (what holds on which days), filters and units (what is counted).

A plan depends on the pack only; windows and facts come later. A *line* is a condition or a table by attribute followed
through time for every subject of a kind. A *unit* is one requirement of one rule in one of its periods.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..bounds import Asked, Constant, PartOf, Quantity, Table
from ..conditions import Always, AnyOf, Condition
from ..counting import Average, Count, Distinct, Max, Measure, People, PersonTimes, Sum, Times
from ..measures_days import Gap, Run
from ..measures_shares import Share, VerdictShare, once
from ..measures_standing import DaysIn, Links, Reached
from ..occasions import OwnWindows
from ..pack import Pack
from ..periods import OwnDays, Period, Standing
from ..tree import GROUP_LINKS, Checklist, EvidenceNeed, Obligation, Requirement, SubjectKind
from .builder import pair

PERSON, GROUP, SCHOOL, ENTRY, PAIR = range(5)  # how a head of an entry reaches a subject
FAST, HEADS, ENTRIES = range(3)  # ways to count, see counts.py
(
    TIMES,
    PEOPLE,
    PERSON_TIMES,
    SUM,
    MAX,
    AVERAGE,
    DISTINCT,
    RUN,
    RUN_SCHOOL,
    GAP,
    GAP_SCHOOL,
    STANDING,
    SHARE,
) = range(13)
MEASURES: dict[type[Measure], int] = {
    Times: TIMES, People: PEOPLE, PersonTimes: PERSON_TIMES, Sum: SUM, Max: MAX, Average: AVERAGE, Distinct: DISTINCT,
    Run: RUN, Gap: GAP, Links: STANDING, Reached: STANDING, DaysIn: STANDING, Share: SHARE, VerdictShare: SHARE,
}  # fmt: skip
SINGLE, ALL_OF, ANY_OF = range(3)
CALENDAR, OWN_DAYS, OWN_WINDOWS = range(3)
ARRIVALS = {"full": 0, "prorate": 1, "from": 2}
TOKENS = ("counterpart", "kind", "theme", "place", "day")
SCOPE, HOLDS, BAND = "scope", "holds", "band"
NOBODY = SubjectKind("")


@dataclass(frozen=True)
class Line:
    """What is followed: `scope` (presence, membership, where), `holds` (a condition) or `band` (a table)."""

    number: int
    kind: str
    universe: SubjectKind
    node: Condition | Table | Asked | PartOf


@dataclass(frozen=True)
class Filter:
    """What an entry must pass besides kind, part and day. number 0 is the filter that lets everything pass."""

    number: int
    count: Count
    evidence: EvidenceNeed
    universe: SubjectKind


@dataclass(frozen=True)
class Unit:
    """One requirement in one period of one rule; `slot` numbers the (rule, period).

    inner: what is counted of each member where this one is a share of a set; it has the negative number. state_line: the
    line that follows a state. shared: each entry serves it or one of its rivals.
    """

    number: int
    slot: int
    requirement: Requirement
    universe: int
    filter: int
    amount: str
    where: int
    low_line: int
    high_line: int
    own_windows: bool = False
    subject: SubjectKind = NOBODY
    state_line: int = 0
    inner: Unit | None = None
    shared: bool = False

    @property
    def measure(self) -> int:
        measure = self.requirement.measure
        return MEASURES[type(measure)] + int(getattr(measure, "unit", "") == "school_day")

    @property
    def set_part(self) -> str:
        """The part of an activity that a share is of."""
        measure = self.requirement.measure
        return measure.members.part if isinstance(measure, Share) else ""

    @property
    def per_entry(self) -> bool:
        return getattr(self.requirement.measure, "per", "") == "entry"

    @property
    def daily(self) -> bool:
        """Is its amount split over the days of a span."""
        return getattr(self.requirement.measure, "daily", False)

    @property
    def token(self) -> str:
        if self.daily:
            return "day"
        return getattr(self.requirement.measure, "of", "")

    @property
    def path(self) -> int:
        """The cheapest way that is right whatever the ledger holds; FAST asks for more, see `counts.ways`."""
        count = self.requirement.count
        if self.own_windows or self.shared or count.about or count.makes_up or self.daily:
            return HEADS
        if self.universe in (SCHOOL, ENTRY) and self.measure == TIMES:
            return ENTRIES
        if self.universe == PERSON and len(count.parts) == 1 and self._by_row:
            return FAST
        return HEADS

    @property
    def _by_row(self) -> bool:
        """Can it be counted from the rows of one part alone, each by itself."""
        return self.measure in (TIMES, SUM) or (
            self.measure == DISTINCT and not self.requirement.measure.per_day
        )


@dataclass(frozen=True)
class Slot:
    """One rule in one of its periods: every window of it gives one verdict per subject in scope.

    exempt: number of the line that says whom the rule spares, 0 = nobody.
    """

    number: int
    rule: Obligation
    later: tuple[Obligation, ...]
    period: Period
    scope: int
    units: tuple[Unit, ...]
    exempt: int = 0

    def counted(self) -> Iterator[Unit]:
        """What is looked for in the ledger, see `Plan.counted`."""
        for unit in self.units:
            yield unit.inner or unit

    @property
    def own_days(self) -> bool:
        return isinstance(self.period, OwnDays)

    @property
    def own(self) -> int:
        """CALENDAR: windows of the calendar; OWN_DAYS: the entry's own days; OWN_WINDOWS: each subject's own (tx_mine)."""
        if isinstance(self.period, OwnWindows):
            return OWN_WINDOWS
        return OWN_DAYS if self.own_days else CALENDAR

    @property
    def grace(self) -> int:
        return self.period.grace if isinstance(self.period, Standing) else 0

    @property
    def shape(self) -> int:
        demand = self.rule.demand
        return SINGLE if not isinstance(demand, Checklist) else ALL_OF if demand.every else ANY_OF


@dataclass
class Plan:
    """Everything about a pack that no fact changes. Numbers start at 1; 0 stands for none."""

    pack: Pack
    slots: list[Slot] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    amounts: list[str] = field(default_factory=list)

    def units(self) -> Iterator[Unit]:
        for slot in self.slots:
            yield from slot.units

    def counted(self) -> Iterator[Unit]:
        """What is looked for in the ledger: the unit itself, or what a share asks of each member."""
        for slot in self.slots:
            yield from slot.counted()

    # building

    def line(self, kind: str, universe: SubjectKind, node: Condition | Table | Asked | PartOf) -> int:
        """Return the number of a line, the same for the same question."""
        for known in self.lines:
            if (known.kind, known.universe, known.node) == (kind, universe, node):
                return known.number
        self.lines.append(Line(len(self.lines) + 1, kind, universe, node))
        return len(self.lines)

    def filter(self, item: Requirement, universe: SubjectKind) -> int:
        """Return the number of an item's filter, 0 when everything of its kinds and parts passes."""
        count = item.count
        if not (count.only or count.by or count.with_ or item.evidence.types):
            return 0
        bare = Count((), (), count.only, count.by, count.with_)
        # Companions read the subject, so that their filter is of one kind of subject.
        of = universe if count.by or count.with_ else SubjectKind("")
        for known in self.filters:
            if (known.count, known.evidence, known.universe) == (bare, item.evidence, of):
                return known.number
        self.filters.append(Filter(len(self.filters) + 1, bare, item.evidence, of))
        return len(self.filters)

    def amount(self, measure: Measure) -> str:
        name = getattr(measure, "amount", "")
        if name and name not in self.amounts:
            self.amounts.append(name)
        return name


def plan_of(pack: Pack) -> Plan:
    """Work out a pack once; obligations marked `later` are left out."""
    plan = Plan(pack)
    for name in pack.obligation_ids():
        versions = pack.versions(name)
        for at, rule in enumerate(versions):
            if rule.evaluable:
                for period in rule.periods:
                    _add(plan, rule, tuple(versions[at + 1 :]), period)
    return plan


def _add(plan: Plan, rule: Obligation, later: tuple[Obligation, ...], period: Period) -> None:
    number = len(plan.slots) + 1
    first = sum(len(slot.units) for slot in plan.slots) + 1
    own = isinstance(period, OwnWindows)
    units = tuple(
        _unit(plan, first + at, number, rule, item, own) for at, item in enumerate(rule.requirements())
    )
    scope = plan.line(SCOPE, rule.subject, rule.where)
    spared = tuple(one.where for one in rule.exempt)
    exempt = plan.line(HOLDS, rule.subject, AnyOf(spared)) if spared else 0
    plan.slots.append(Slot(number, rule, later, period, scope, units, exempt))


def _unit(plan: Plan, number: int, slot: int, rule: Obligation, item: Requirement, own: bool) -> Unit:
    subject, measure = rule.subject, item.measure
    return Unit(
        number,
        slot,
        item,
        universe_of(subject),
        plan.filter(item, subject),
        plan.amount(measure),
        0 if isinstance(item.where, Always) else plan.line(HOLDS, subject, item.where),
        _band_line(plan, subject, item.bound.low),
        _band_line(plan, subject, item.bound.high),
        own,
        subject,
        plan.line(HOLDS, subject, measure.test) if isinstance(measure, DaysIn) else 0,
        _inner(plan, number, slot, rule, item),
        bool(rule.rivals),
    )


def _inner(plan: Plan, number: int, slot: int, rule: Obligation, item: Requirement) -> Unit | None:
    """What a share of people asks of each: at least one entry that counts. Of an activity, its own heads are looked at."""
    measure = item.measure
    if not isinstance(measure, Share) or measure.holding is not None or rule.subject.is_activity:
        return None
    each, kind = once(item), SubjectKind(measure.members.type)
    return Unit(-number, slot, each, universe_of(kind), plan.filter(each, kind), "", 0, 0, 0, False, kind)


def universe_of(subject: SubjectKind) -> int:
    """How heads of entries reach subjects of a kind."""
    if subject.is_activity:
        return ENTRY
    if subject.is_pair:
        return PAIR
    if subject.name == "school":
        return SCHOOL
    return GROUP if subject.name in GROUP_LINKS else PERSON


def _band_line(plan: Plan, universe: SubjectKind, quantity: Quantity | None) -> int:
    return plan.line(BAND, universe, quantity) if isinstance(quantity, Table | Asked | PartOf) else 0


def constant(quantity: Quantity | None) -> tuple[int, int]:
    """Return a constant bound as numerator and denominator; (0, 0) for none or a table."""
    return pair(quantity.number) if isinstance(quantity, Constant) else (0, 0)


def band_numbers(table: Table) -> list[tuple[int, int, int]]:
    """Return (band, numerator, denominator) of each line of a table; the last is what other values give."""
    if table.combine != "first":
        return _of_posts(table)
    numbers: list[Any] = [band.number for band in table.bands]
    if table.otherwise is not None:
        numbers.append(table.otherwise)
    return [(at, *pair(number)) for at, number in enumerate(numbers)]


def _of_posts(table: Table) -> list[tuple[int, int, int]]:
    """Return a line for every set of posts that somebody may hold, each post one bit; 0 is none of them."""
    found = [(0, *pair(table.otherwise))] if table.otherwise is not None else []
    for held in range(1, 1 << len(table.bands)):
        numbers = [band.number for at, band in enumerate(table.bands) if held >> at & 1]
        found.append((held, *pair(table.of_posts(numbers))))
    return found
