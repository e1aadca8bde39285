"""How many hours a week a programme asks of each person, before anybody adopts it.

Windows × minimum × usual minutes per part (`effort_min` of a kind), per bearer. Plans that cannot be kept are the commonest
failure, so the person with the least room and the rule that takes most of their time are named. What depends on events yet
to come is not counted, and neither is what is only encouraged: the figure is a floor.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from .bounds import Constant, Number
from .calendar import SchoolCalendar
from .counting import Sum
from .declarations import Kind
from .periods import NO_END, Rolling, Standing
from .reference import Verdict, evaluate
from .tree import GROUP_LINKS, Checklist, Obligation, Requirement

if TYPE_CHECKING:
    from .facts import Facts
    from .pack import Pack

HOURS = ("hours", "小时", "课时", "学时")


@dataclass(frozen=True)
class Owed:
    """One duty in one window: how much of what, by when, on whose list. times: for how many it stands, one by itself."""

    rule: Obligation
    subject: str
    first: dt.date
    last: dt.date
    number: Number
    bearers: tuple[str, ...]
    times: Fraction = Fraction(1)


@dataclass(frozen=True)
class Load:
    """What one person owes. budget: hours a week they have for it, None = not stated. by_rule: hours a week of each rule.

    peak: the week (its Monday) with the most hours, and how many.
    """

    person: str
    hours_per_week: Fraction
    budget: Fraction | None
    by_rule: Mapping[str, Fraction] = field(default_factory=dict, hash=False)
    peak: tuple[dt.date, Fraction] | None = None

    @property
    def bottleneck(self) -> str:
        """The rule that takes most of the time."""
        return max(self.by_rule, key=lambda name: (self.by_rule[name], name), default="")

    @property
    def over(self) -> bool:
        return self.budget is not None and self.hours_per_week > self.budget

    @property
    def ratio(self) -> Fraction:
        """Hours against the budget; against one hour where none is stated."""
        return self.hours_per_week / self.budget if self.budget else self.hours_per_week

    def as_dict(self) -> dict[str, object]:
        """One line of `load --json`."""
        return {
            "person": self.person,
            "hours_per_week": _rounded(self.hours_per_week),
            "budget": None if self.budget is None else _rounded(self.budget),
            "bottleneck": self.bottleneck,
            "over": self.over,
            "peak_week": self.peak[0].isoformat() if self.peak else None,
            "peak_hours": _rounded(self.peak[1]) if self.peak else 0,
        }


def _rounded(hours: Fraction) -> float:
    return float(round(hours, 2))


Budget = Callable[[str], Fraction | None]


def loads(
    pack: Pack,
    duties: Iterable[Owed],
    calendar: SchoolCalendar,
    first: dt.date,
    last: dt.date,
    budget: Budget,
) -> list[Load]:
    """Return each person's load between two days, those with the least room first."""
    weeks = _teaching_weeks(calendar, first, last)
    minutes: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    by_week: dict[str, dict[dt.date, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for duty, each in _shared_out(pack, duties, first, last):
        for person in duty.bearers:
            minutes[person][duty.rule.id] += each
            mine = [week for week in weeks if week <= duty.last and duty.first <= week + dt.timedelta(days=6)]
            for week in mine:
                by_week[person][week] += each / len(mine)
    n = max(len(weeks), 1)
    found = []
    for person, rules in minutes.items():
        by_rule = {rule: total / 60 / n for rule, total in rules.items()}
        peaks = by_week[person]
        peak = max(peaks.items(), key=lambda item: (item[1], item[0]), default=None)
        found.append(
            Load(
                person,
                sum(by_rule.values(), Fraction()),
                budget(person),
                by_rule,
                (peak[0], peak[1] / 60) if peak else None,
            )
        )
    return sorted(found, key=lambda load: (-load.ratio, load.person))


def _teaching_weeks(calendar: SchoolCalendar, first: dt.date, last: dt.date) -> list[dt.date]:
    """The Mondays of the weeks with a school day in them."""
    mondays = {
        day - dt.timedelta(days=day.weekday()) for day in calendar.all_school_days() if first <= day <= last
    }
    return sorted(mondays)


def _shared_out(
    pack: Pack, duties: Iterable[Owed], first: dt.date, last: dt.date
) -> Iterable[tuple[Owed, Fraction]]:
    """Yield each duty that falls due between the days with the minutes it costs each of its bearers.

    Where a whole class can be written into one entry, the duties of its members are done together and cost once.
    """
    together: dict[tuple, tuple[Owed, Fraction]] = {}
    for duty in duties:
        if not _counts(duty, first, last):
            continue
        each = minutes_of(pack, duty.rule, duty.number) / len(duty.bearers)
        if not each:
            continue
        if not done_together(pack, duty.rule):
            yield duty, each * duty.times
            continue
        key = (duty.rule.id, duty.rule.since, duty.first, duty.last, duty.bearers)
        if key not in together or together[key][1] < each:
            together[key] = (duty, each)
    yield from together.values()


def _counts(duty: Owed, first: dt.date, last: dt.date) -> bool:
    if not duty.bearers or duty.rule.source.modality == "encouraged":
        return False
    if any(isinstance(period, Standing | Rolling) for period in duty.rule.periods):
        return False
    return first <= duty.last <= last or (duty.last == NO_END and first <= duty.first <= last)


def minutes_of(pack: Pack, rule: Obligation, owed: Number) -> Fraction:
    """Return how many minutes the bearers of a rule spend on what one subject owes in one window."""
    if not isinstance(rule.demand, Checklist):
        items = rule.requirements()
        return _minutes(pack, rule, items[0], owed) if items else Fraction()
    each = [_minutes(pack, rule, item, _least(item)) for item in rule.demand.items]
    return (
        (sum(each, Fraction()) if rule.demand.every else min(each, default=Fraction()))
        if owed
        else Fraction()
    )


def least_of(rule: Obligation) -> Number:
    """Return what anybody owes under a rule at least, as far as its text alone says it."""
    items = rule.requirements()
    return max((_least(item) for item in items), default=0)


def _least(item: Requirement) -> Number:
    return item.bound.low.number if isinstance(item.bound.low, Constant) else int(item.bound.low is not None)


def _minutes(pack: Pack, rule: Obligation, item: Requirement, number: Number) -> Fraction:
    if number <= 0:
        return Fraction()
    kinds = [pack.kinds[name] for name in item.count.kinds if name in pack.kinds]
    if isinstance(item.measure, Sum):
        amounts = [kind.amount(item.measure.amount) for kind in kinds]
        if item.measure.amount in HOURS or any(amount and amount.unit in HOURS for amount in amounts):
            return Fraction(number) * 60
    usual = [_usual(kind, rule, item) for kind in kinds]
    return Fraction(math.ceil(number)) * min(usual, default=0)


def _usual(kind: Kind, rule: Obligation, item: Requirement) -> int:
    """Usual minutes of the part that the bearer plays: their own where they owe it themselves, else that of those who act."""
    if rule.bearer.names == ("self",) and item.count.parts:
        return max((kind.effort_min.get(part, 0) for part in item.count.parts), default=0)
    by = item.count.by.part if item.count.by else ""
    if by in kind.effort_min:
        return kind.effort_min[by]
    acting = [
        minutes
        for name, minutes in kind.effort_min.items()
        if name not in item.count.parts and _may_be_staff(kind, name)
    ]
    return max(acting or kind.effort_min.values(), default=0)


def _may_be_staff(kind: Kind, name: str) -> bool:
    part = kind.part(name)
    return part is None or not part.of or "staff" in part.of or "member" in part.of


def done_together(pack: Pack, rule: Obligation) -> bool:
    """Can one entry stand for all members of a class, so that whoever owes it for each does it once."""
    if rule.bearer.names == ("self",) or rule.subject.name in GROUP_LINKS or rule.subject.is_activity:
        return False
    for item in rule.requirements():
        for name in item.count.kinds:
            kind = pack.kinds.get(name)
            parts = [part for part in (kind.parts if kind else ()) if part.name in item.count.parts]
            if any(set(part.of) & set(GROUP_LINKS) for part in parts):
                return True
    return False


def owed_in(pack: Pack, verdicts: Iterable[Verdict]) -> Iterable[Owed]:
    """Turn verdicts, which know what is owed and on whose list it is, into duties."""
    rules = {(rule.id, rule.version): rule for rule in pack.obligations}
    for verdict in verdicts:
        if verdict.verdict not in ("not_expected", "waived"):
            rule = rules[verdict.obligation, verdict.version]
            yield Owed(rule, verdict.subject, verdict.first, verdict.last, verdict.owed, verdict.bearer)


def loads_of_facts(
    pack: Pack,
    facts: Facts,
    calendar: SchoolCalendar,
    first: dt.date,
    last: dt.date,
    own_budget: Fraction | None = None,
) -> list[Load]:
    """Return the loads under a pack of the people in some facts. own_budget: hours a week instead of the pack's."""
    verdicts = evaluate(pack, facts, calendar, last)
    held: dict[str, set[str]] = defaultdict(set)
    for link in facts.links:
        if link.valid_from <= last and link.valid_to >= first:
            held[link.a].add(link.kind)

    def budget(person: str) -> Fraction | None:
        return own_budget if own_budget is not None else budget_for(pack, held[person])

    duties = owed_in(pack, verdicts)
    return loads(
        pack, duties, calendar.for_programme(pack.programme_year, pack.phases.values()), first, last, budget
    )


def budget_for(pack: Pack, posts: Iterable[str]) -> Fraction | None:
    """Return the hours a week that a pack states for somebody with these posts: the most of them, else its "else"."""
    stated = [Fraction(pack.budget[post]) for post in posts if post in pack.budget]
    if stated:
        return max(stated)
    return Fraction(pack.budget["else"]) if "else" in pack.budget else None
