"""The reference evaluator: one obligation, one subject, one window at a time, by the letter of the language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

from .bounds import Limits, Number
from .calendar import SchoolCalendar
from .counting import Tally
from .facts import ENTRY, PAIR, Entry, Facts, View, WaiverRow, bare_id
from .gathering import Case
from .occasions import NOT_SET, ByAnnounced, OwnWindows, end_of
from .pack import Pack
from .periods import NO_END, OwnDays, Period, Standing, Window
from .scope import Scope, scope_of
from .sharing import Taker, minimum, narrowed, offers_of, rivals_of, share_out
from .tree import Checklist, Obligation, Requirement

MET, OPEN, MISSED, WAIVED, NOT_EXPECTED = "met", "open", "missed", "waived", "not_expected"
VERDICTS = (MET, OPEN, MISSED, WAIVED, NOT_EXPECTED)


class Verdict(NamedTuple):
    """What one version of one obligation says of one subject in one window. (A tuple, for a page asks for thousands.)

    owed: the minimum (0 when there is only a maximum); most: the maximum, None = none; done, over: in the measure's
    unit. due: the last day, None = no end. late_by: days after due on which it was reached, None = not at all.
    bearer: ids of those on whose list it is. counted, rejected: entries by day; reasons as in `words.reason`.
    """

    obligation: str
    version: str
    subject: str
    window: str
    first: dt.date
    last: dt.date
    owed: Number
    done: Number
    verdict: str
    over: Number = 0
    most: Number | None = None
    late_by: int | None = None
    bearer: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    rejected: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    modality: str = "must"

    @property
    def due(self) -> dt.date | None:
        return None if self.last == NO_END else self.last

    def key(self) -> tuple[str, str, str, str, dt.date]:
        return (self.obligation, self.version, self.subject, self.window, self.first)

    def as_dict(self) -> dict[str, object]:
        """One line of `evaluate --json`."""
        line: dict[str, object] = {
            "obligation": self.obligation,
            "version": self.version,
            "subject": self.subject,
            "window": self.window,
            "from": self.first.isoformat(),
            "to": self.due.isoformat() if self.due else None,
            "due": self.due.isoformat() if self.due else None,
            "owed": plain_number(self.owed),
            "done": plain_number(self.done),
            "verdict": self.verdict,
            "over": plain_number(self.over),
            "most": None if self.most is None else plain_number(self.most),
            "late_by": self.late_by,
            "bearer": list(self.bearer),
            "counted": list(self.counted),
            "rejected": [{"entry": entry, "reason": reason} for entry, reason in self.rejected],
            "reason": self.reason,
            "modality": self.modality,
        }
        return line


def plain_number(number: Number) -> int | float:
    """An int when whole, else the nearest float, for JSON."""
    return number if isinstance(number, int) else float(number)


def evaluate(
    pack: Pack,
    facts: Facts,
    calendar: SchoolCalendar,
    as_of: dt.date,
    known_at: dt.datetime | None = None,
    obligations: Collection[str] | None = None,
    subjects: Collection[str] | None = None,
    now: dt.datetime | None = None,
) -> list[Verdict]:
    """All verdicts as of a day, as known at an instant (None = all that is live), in a fixed order.

    obligations, subjects: only these ids (None = all). Obligations marked `later` give no verdicts. now: the instant
    that deadlines in hours are judged at, by default the end of the day.
    """
    run = _Run(
        pack,
        View(facts, known_at),
        calendar.for_programme(pack.programme_year, pack.phases.values()),
        as_of,
        now or end_of(as_of),
    )
    found = [
        verdict
        for name in pack.obligation_ids()
        if obligations is None or name in obligations
        for verdict in run.verdicts(name, subjects)
    ]
    return sorted(found, key=lambda v: (v.obligation, v.subject, v.first, v.last, v.version, v.window))


@dataclass(frozen=True)
class Bearers:
    """On whose list a gap lands (Meaning 19). view: needs subjects and links; entries only for activity rules."""

    pack: Pack
    view: View

    def of(self, rule: Obligation, subject: str, day: dt.date) -> tuple[str, ...]:
        """Return ids: today's bearer until due, then that of the due day, as `day` says."""
        found: dict[str, None] = {}
        for name in rule.bearer.names:
            found.update(dict.fromkeys(self._named(name, rule, subject, day)))
        return tuple(found)

    def _named(self, name: str, rule: Obligation, subject: str, day: dt.date) -> list[str]:
        entry = self.view.entries[subject.removeprefix(ENTRY)] if subject.startswith(ENTRY) else None
        if entry is not None:
            day = min(day, entry.day)
            kind = self.pack.kinds.get(entry.kind)
            if kind is not None and kind.part(name) is not None and name not in self.pack.posts:
                return sorted({head.unit for head in self.view.heads(entry, (name,), ()) if head.is_person})
        elif name in ("a", "b") and subject.startswith(PAIR):
            return [self.view.end_of(subject, name)]
        elif name == "self":
            return list(self.view.ends(subject)[::-1]) or [subject]
        return self._holders(name, subject, day)

    def held_for(self, post: str, subject: str, day: dt.date) -> tuple[str, ...]:
        """Return who holds a post for the subject or its nearest container that has it; nobody when it is vacant."""
        for place in self.view.chain(subject, day):
            found = self.view.holders(post, place, day)
            if found:
                return tuple(found)
        return ()

    def holders_of(self, post: str, subject: str, day: dt.date) -> tuple[str, ...]:
        """Return who holds a post for the subject; a vacant post passes to its superior, at last the secretary."""
        return tuple(self._holders(post, subject, day))

    def _holders(self, post: str, subject: str, day: dt.date) -> list[str]:
        """Holders for the subject or its nearest container; a vacant post passes to its superior, at last the secretary."""
        tried: set[str] = set()
        while post and post not in tried:
            tried.add(post)
            for place in self.view.chain(subject, day):
                found = self.view.holders(post, place, day)
                if found:
                    return found
            declared = self.pack.posts.get(post)
            post = declared.superior if declared and declared.superior else "secretary"
        return []


@dataclass
class _Judged:
    """One requirement in one window before scope and waivers: base is met | open | missed."""

    tally: Tally
    limits: Limits
    base: str
    overrun: bool = False


@dataclass
class _Run:
    pack: Pack
    view: View
    calendar: SchoolCalendar
    as_of: dt.date
    now: dt.datetime
    _candidates: dict[str, list[str]] = field(default_factory=dict)
    _shares: dict[str, tuple[dict[Hashable, set[str]], dict[str, set[str]]]] = field(default_factory=dict)
    _under: dict[str, list[tuple[str, Verdict]]] = field(default_factory=dict)

    # what to judge

    def verdicts(self, name: str, only: Collection[str] | None) -> Iterator[Verdict]:
        return (verdict for _, verdict in self._all_verdicts(name, only))

    def _all_verdicts(self, name: str, only: Collection[str] | None = None) -> Iterator[tuple[str, Verdict]]:
        versions = self.pack.versions(name)
        for at, rule in enumerate(versions):
            if not rule.evaluable:
                continue
            for subject in self.subjects(rule):
                if only is not None and subject not in only and bare_id(subject) not in only:
                    continue
                for period, window in self.windows(rule, versions[at + 1 :], subject):
                    verdict = self.judge(rule, subject, period, window)
                    if verdict is not None:
                        yield subject, verdict

    def subjects(self, rule: Obligation) -> list[str]:
        """Ids that may come into scope of a rule at any time, in order."""
        key = rule.subject.spelled()
        if key not in self._candidates:
            self._candidates[key] = sorted(self._find(rule))
        return self._candidates[key]

    def _find(self, rule: Obligation) -> Iterator[str]:
        if rule.subject.is_activity:
            entries = self.view.entries.values()
            return (ENTRY + entry.id for entry in entries if entry.kind == rule.subject.kind)
        if rule.subject.is_pair:
            return (name for name, link in self.view.pairs.items() if link.kind == rule.subject.kind)
        if rule.subject.name == "member":
            return (subject for subject in self.view.subjects if self.view.is_ever_member(subject))
        return (s.id for s in self.view.subjects.values() if s.type == rule.subject.name)

    def windows(
        self, rule: Obligation, later: list[Obligation], subject: str
    ) -> Iterator[tuple[Period, Window]]:
        """The windows of a rule that have begun, that it and no later version judges (Meaning 6)."""
        entry = self.view.entries[subject.removeprefix(ENTRY)] if subject.startswith(ENTRY) else None
        if entry is not None and entry.day > self.as_of:
            return
        for period in rule.periods:
            for window in self._real(period, rule, entry, subject):
                if _in_force(rule, window) and not any(_in_force(newer, window) for newer in later):
                    yield period, window

    def _real(self, period: Period, rule: Obligation, entry: Entry | None, subject: str) -> Iterator[Window]:
        if isinstance(period, OwnWindows):
            yield from period.windows_of(self.view, self.calendar, subject, self.as_of)
            return
        if isinstance(period, OwnDays):
            if entry is not None:
                yield Window(entry.start_day, entry.day, entry.day.isoformat(), planned=True)
            return
        for window in period.windows(self.calendar, rule.since, self.as_of):
            if entry is None or entry.day in window:
                yield window

    # judging

    def judge(self, rule: Obligation, subject: str, period: Period, window: Window) -> Verdict | None:
        """The verdict, or None when the subject never came into scope of this window."""
        judged_on = min(window.last, self.as_of)
        scope = scope_of(self.view, rule, subject, window, judged_on)
        if not scope.ever and scope.now is False:
            return None
        factor = self._factor(rule, scope, window)
        grace = period.grace if isinstance(period, Standing) else 0
        judged = [
            self._judged(item, subject, window, judged_on, factor, grace)
            for item in self._applying(rule, subject, judged_on)
        ]
        if rule.rivals:
            judged = [self._shared(rule, subject, window, item) for item in judged]
        unknown = [*scope.unknown, *(item.limits.unknown for item in judged if item.limits.unknown)]
        unknown += self._unknown_items(rule, subject, judged_on)
        if isinstance(period, Standing) and self._days_in(scope) <= period.grace:
            judged = [
                replace(item, base=OPEN) if item.base == MISSED and not item.overrun else item
                for item in judged
            ]
        verdict = self._assembled(rule, subject, window, judged)
        waiver = self._waiver(rule, subject, window, judged_on)
        reason = self._not_expected(rule, scope, window, judged, unknown)
        reason = reason or self._exempted(rule, subject, judged_on)
        may_be_met = (
            scope.ever and not unknown and bool(judged) and reason != "nothing owed" and not window.void
        )
        final, why = _settled(verdict.verdict if may_be_met else OPEN, verdict.verdict, waiver, reason, rule)
        late_by = self._late_by(rule, subject, period, window, factor) if final == MISSED else None
        return verdict._replace(
            verdict=final,
            reason=why,
            late_by=late_by,
            bearer=Bearers(self.pack, self.view).of(rule, subject, judged_on),
            subject=bare_id(subject),
        )

    def _days_in(self, scope: Scope) -> int:
        return sum((last - first).days + 1 for first, last in scope.spans)

    def _applying(self, rule: Obligation, subject: str, day: dt.date) -> list[Requirement]:
        """The items that apply to the subject (Meaning 18)."""
        return [item for item in rule.requirements() if item.where.holds(self.view, subject, day)]

    def _unknown_items(self, rule: Obligation, subject: str, day: dt.date) -> list[str]:
        return [
            name
            for item in rule.requirements()
            if item.where.holds(self.view, subject, day) is None
            for name in item.where.unknowns(self.view, subject, day)
        ]

    def _factor(self, rule: Obligation, scope: Scope, window: Window) -> Fraction:
        """What part of the full number is owed: a cut window's share, and days in scope under `prorate`."""
        if rule.arrivals.how != "prorate":
            return window.share
        days = self.calendar.school_days(window.first, window.last)
        if days:
            there = sum(self.calendar.school_days(first, last) for first, last in scope.spans)
            return window.share * Fraction(there, days)
        there = sum((last - first).days + 1 for first, last in scope.spans)
        return window.share * Fraction(there, (window.last - window.first).days + 1)

    def _judged(
        self,
        item: Requirement,
        subject: str,
        window: Window,
        judged_on: dt.date,
        factor: Fraction,
        grace: int = 0,
    ) -> _Judged:
        limits = item.bound.limits(self.view, subject, judged_on)
        found = item.measure.tally(self._case(item, subject, window, judged_on, grace))
        if found.of is not None:
            factor = factor * found.of
        if (factor != 1 or found.of is not None) and not limits.unknown:
            # Of nobody, nothing is asked: an empty set owes 0 (Meaning 9).
            limits = Limits(low=0) if found.of == 0 else limits.scaled(factor)
        overrun = item.measure.grows and limits.high is not None and found.done > limits.high
        return _Judged(found, limits, self._base(item, found.done, limits, window), overrun)

    def _shared(self, rule: Obligation, subject: str, window: Window, judged: _Judged) -> _Judged:
        """The same with only the entries that were given to this obligation (Meaning 17)."""
        given, users = self._given(subject)
        mine = given.get((rule.id, rule.version, window), set())
        item = rule.requirements()[0]
        case = self._case(item, subject, window, min(window.last, self.as_of))
        others = {e: name for e, names in users.items() for name in rule.rivals if name in names}
        found = narrowed(case, mine, others)
        return replace(
            judged, tally=found, base=self._base(item, found.done, judged.limits, window), overrun=False
        )

    def _given(self, subject: str) -> tuple[dict[Hashable, set[str]], dict[str, set[str]]]:
        """What each obligation of a subject was given, and which obligations use an entry."""
        if subject not in self._shares:
            takers = list(self._takers(subject))
            given = share_out(takers, rivals_of(self.pack.obligations))
            users: dict[str, set[str]] = {}
            for taker in takers:
                for entry in given[taker.key]:
                    users.setdefault(entry, set()).add(taker.obligation)
            self._shares[subject] = given, users
        return self._shares[subject]

    def _takers(self, subject: str) -> Iterator[Taker]:
        for name in self.pack.obligation_ids():
            versions = self.pack.versions(name)
            for at, rule in enumerate(versions):
                if not rule.evaluable or not rule.rivals or subject not in self.subjects(rule):
                    continue
                for _, window in self.windows(rule, versions[at + 1 :], subject):
                    judged_on = min(window.last, self.as_of)
                    scope = scope_of(self.view, rule, subject, window, judged_on)
                    if not scope.ever and scope.now is False:
                        continue
                    item = rule.requirements()[0]
                    limits = self._judged(
                        item, subject, window, judged_on, self._factor(rule, scope, window)
                    ).limits
                    offers = offers_of(self._case(item, subject, window, judged_on))
                    key = (rule.id, rule.version, window)
                    yield Taker(key, rule.id, window.last.toordinal(), minimum(limits.low), offers)

    def _case(
        self, item: Requirement, subject: str, window: Window, judged_on: dt.date, grace: int = 0
    ) -> Case:
        since = judged_on - grace * dt.timedelta(days=1)
        return Case(self.view, self.calendar, item, subject, window, self.as_of, since, self._verdicts_under)

    def _verdicts_under(self, obligation: str) -> list[tuple[str, Verdict]]:
        """(subject, verdict) of everybody under another rule; nothing while it is being worked out itself."""
        if obligation not in self._under:
            self._under[obligation] = []
            self._under[obligation] = list(self._all_verdicts(obligation))
        return self._under[obligation]

    def _base(self, item: Requirement, done: Number, limits: Limits, window: Window) -> str:
        """met, open or missed by the numbers alone (Meaning 3)."""
        reached = limits.low is None or done >= limits.low
        within = limits.high is None or done <= limits.high
        ended = self._over(window)
        if item.measure.grows and not within:
            return MISSED
        if item.measure.grows and limits.high is None and reached:
            return MET
        return OPEN if not ended else MET if reached and within and item.bound.allows(done) else MISSED

    def _over(self, window: Window) -> bool:
        if window.last_at is not None:
            return self.now > window.last_at
        return window.settled or self.as_of > window.last

    def _assembled(self, rule: Obligation, subject: str, window: Window, judged: list[_Judged]) -> Verdict:
        blank = Verdict(
            rule.id,
            rule.version,
            subject,
            window.name,
            window.first,
            window.last,
            0,
            0,
            OPEN,
            modality=rule.source.modality,
        )
        if isinstance(rule.demand, Checklist):
            return _checklist(blank, judged, rule.demand.every)
        if not judged:
            return blank
        one = judged[0]
        owed, most = one.limits.low or 0, one.limits.high
        over = max(one.tally.done - (owed if one.limits.low is not None else most or 0), 0)
        return blank._replace(
            owed=owed,
            most=most,
            done=one.tally.done,
            over=over,
            verdict=one.base,
            counted=tuple(one.tally.counted),
            rejected=tuple(one.tally.rejected),
        )

    def _not_expected(
        self, rule: Obligation, scope: Scope, window: Window, judged: list[_Judged], unknown: list[str]
    ) -> str:
        """Why nothing is expected, or ""."""
        if window.void:
            return f"{window.void}: {_announced(rule)}" if window.void == NOT_SET else window.void
        unset = [item.limits.unknown for item in judged if item.limits.unset]
        if unset:
            return f"{NOT_SET}: {', '.join(dict.fromkeys(unset))}"
        if unknown:
            return f"unknown: {', '.join(dict.fromkeys(unknown))}"
        if not scope.now and scope.since:
            return f"out of scope since {scope.since.isoformat()}: {scope.left_by}"
        days = self._days_in(scope)
        if rule.arrivals.how == "from" and days < rule.arrivals.days:
            return f"present {days} of {rule.arrivals.days} days"
        if not judged:
            return "no item applies"
        if all(item.limits.low == 0 and item.limits.high is None for item in judged):
            return "nothing owed"
        if not window.planned and not self.calendar.school_days(window.first, window.last):
            return "no school day"
        return ""

    def _exempted(self, rule: Obligation, subject: str, day: dt.date) -> str:
        """Why the rule spares the subject, or "". An exemption over an unknown value says so, and bars nobody from being met."""
        answers = [(one, one.where.holds(self.view, subject, day)) for one in rule.exempt]
        holding = next((one for one, answer in answers if answer), None)
        if holding is not None:
            return holding.reason
        lacking = [
            name
            for one, answer in answers
            if answer is None
            for name in one.where.unknowns(self.view, subject, day)
        ]
        return f"unknown: {', '.join(dict.fromkeys(lacking))}" if lacking else ""

    def _waiver(self, rule: Obligation, subject: str, window: Window, day: dt.date) -> WaiverRow | None:
        for waiver in self.view.waivers.get((rule.id, bare_id(subject)), ()):
            last = waiver.valid_to
            if rule.waiver and rule.waiver.expires_days and waiver.valid_from > dt.date.min:
                last = min(last, waiver.valid_from + dt.timedelta(days=rule.waiver.expires_days))
            if waiver.valid_from <= day <= last and waiver.window in ("", window.name):
                return waiver
        return None

    def _late_by(
        self, rule: Obligation, subject: str, period: Period, window: Window, factor: Fraction
    ) -> int | None:
        """Days after due on which a missed minimum was reached, before the next such window (Meaning 12)."""
        items = rule.requirements()
        if (
            rule.rivals
            or not window.one_off
            or len(items) != 1
            or not items[0].measure.grows
            or subject.startswith(ENTRY)
        ):
            return None
        after = window.last + dt.timedelta(days=1)
        following = [w.first for w in period.windows(self.calendar, after, NO_END) if w.first > window.last]
        end = min([self.as_of, *(day - dt.timedelta(days=1) for day in following)])
        longer = replace(window, last=end)
        found = items[0].measure.tally(self._case(items[0], subject, longer, min(end, self.as_of)))
        days = sorted({self.view.entries[entry].day for entry in found.counted} - {window.last})
        for day in (day for day in days if day > window.last):
            judged = self._judged(items[0], subject, replace(window, last=day), window.last, factor)
            if (
                judged.limits.low is not None
                and judged.limits.high is None
                and judged.tally.done >= judged.limits.low
            ):
                return (day - window.last).days
        return None


def _announced(rule: Obligation) -> str:
    """What is still to be announced."""
    return "、".join(period.announced for period in rule.periods if isinstance(period, ByAnnounced))


def _in_force(rule: Obligation, window: Window) -> bool:
    """Does the version apply to the window: by its last day, or its first under `applies: next_window`."""
    begins = window.first if rule.next_window else window.last
    return rule.since <= begins and (rule.until is None or window.last <= rule.until)


def _checklist(blank: Verdict, judged: list[_Judged], every: bool) -> Verdict:
    met = sum(item.base == MET for item in judged)
    bases = {item.base for item in judged}
    owed = len(judged) if every else min(len(judged), 1)
    if every:
        base = MISSED if MISSED in bases else MET if bases == {MET} else OPEN
    else:
        base = MET if MET in bases else MISSED if bases == {MISSED} else OPEN
    counted = dict.fromkeys(entry for item in judged for entry in item.tally.counted)
    rejected = {
        entry: reason for item in judged for entry, reason in item.tally.rejected if entry not in counted
    }
    over = 0 if every else max(met - owed, 0)
    return blank._replace(
        owed=owed,
        done=met,
        over=over,
        verdict=base,
        counted=tuple(counted),
        rejected=tuple(rejected.items()),
    )


def _settled(
    base: str, by_numbers: str, waiver: WaiverRow | None, reason: str, rule: Obligation
) -> tuple[str, str]:
    """The order of verdicts: met, waived, not_expected, missed, open; and the reason."""
    if base == MET:
        return MET, ""
    if waiver is not None:
        return WAIVED, f"waived: {waiver.reason}" if waiver.reason else "waived"
    if reason:
        return NOT_EXPECTED, reason
    if by_numbers == MISSED and rule.source.modality == "encouraged":
        return NOT_EXPECTED, "encouraged"
    return by_numbers, ""
