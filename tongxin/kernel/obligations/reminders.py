"""Remind people of what is due and tell those above them what is not done: computed from verdicts every day.

A matter is what one bearer owes in one window, however many it is about; each of its steps is put in the outbox
once, under a key made of the matter (obligation, window, bearer), the step and the recipient. Everything is taken
back when the matter is met, waived, excused by a stated reason or no longer asked for, and goes no further up once somebody said 知道了.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction

from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.queries import active_programmes, with_text
from tongxin.methods.cadence.reference import Bearers, Verdict
from tongxin.methods.cadence.tree import Obligation

from . import engine, outbox, services
from .models import Matter
from .queries import Asked, ask
from .stated import gap_of, stated_gaps
from .steps import BEARER, Step, reached, steps_of
from .stricter import Stricter, levels_above

DUE, OVERDUE, ESCALATED = "obligation_due", "overdue", "escalated"
# After so many days a window that closed unmet is history, as on the to-do list.
LAPSED_DAYS = 60
Key = tuple[str, str, date, int]


@dataclass
class Owed:
    """What one bearer owes of one rule in one window. subjects: whom it is about; states: their verdicts."""

    rule: Obligation
    first: date
    due: date
    subjects: list[str] = field(default_factory=list)
    states: set[str] = field(default_factory=set)


def key_of(verdict: Verdict, bearer: int) -> Key:
    return verdict.obligation, verdict.window[:120], verdict.first, bearer


def key_of_matter(matter: Matter) -> Key:
    return matter.obligation, matter.window, matter.first_day, matter.bearer_id


def is_behind(verdict: Verdict) -> bool:
    """Open or missed, with an end, and not made good late."""
    return verdict.verdict in ("open", "missed") and verdict.due is not None and verdict.late_by is None


def owed_by_bearer(asked: Asked, rules: dict[str, Obligation]) -> dict[Key, Owed]:
    """Return what is behind in some rules, by (rule, window, first day, bearer), but for what a reason was stated for.

    All rules are asked, because that answer is kept and serves every page; a part of them would be worked out anew.
    """
    found: dict[Key, Owed] = {}
    verdicts = asked.verdicts() if rules else []
    excused = stated_gaps(asked.programme, rules, verdicts)
    for verdict in verdicts:
        if verdict.obligation not in rules or not is_behind(verdict) or verdict.due is None:
            continue
        if (gap_of(verdict), verdict.last) in excused:
            continue
        for bearer in verdict.bearer:
            if bearer.isdecimal():
                owed = found.setdefault(
                    key_of(verdict, int(bearer)), Owed(rules[verdict.obligation], verdict.first, verdict.due)
                )
                owed.due = min(owed.due, verdict.due)
                owed.subjects.append(verdict.subject)
                owed.states.add(verdict.verdict)
    return found


def remind(school: School, today: date) -> int:
    """Put today's messages of a school in the outbox and close what is over; return how many are new."""
    running = list(with_text(active_programmes(school, today)).select_related("school"))
    made = _tell_all([_read(programme, today) for programme in running], today)
    over = Matter.objects.filter(school=school, closed_at=None).exclude(programme__in=running)
    services.close(
        {matter.pk: _why_over(matter.programme, today) for matter in over.select_related("programme")}
    )
    return made


def _why_over(programme: Programme, today: date) -> str:
    """Say why nothing of a programme is asked for any more."""
    stopped = programme.retired_on is not None and programme.retired_on <= today
    return Matter.Closed.RETIRED if stopped else Matter.Closed.ENDED


@dataclass
class _Reading:
    """A programme on a day: what is behind in it, and the matters that are known."""

    programme: Programme
    asked: Asked
    steps: dict[str, list[Step]]
    owed: dict[Key, Owed]
    known: dict[Key, Matter]
    recipients: _Recipients


@transaction.atomic
def _read(programme: Programme, today: date) -> _Reading:
    """Return what is behind in a programme, and close what is over."""
    asked = ask(programme, today)
    steps = {rule.id: steps_of(rule) for rule in asked.rules}
    rules = {rule.id: rule for rule in asked.rules if steps[rule.id]}
    owed = owed_by_bearer(asked, rules)
    known = {key_of_matter(m): m for m in Matter.objects.filter(programme=programme)}
    _close_what_is_over(asked, owed, known, today)
    return _Reading(programme, asked, steps, owed, known, _Recipients(programme, asked, today))


@transaction.atomic
def _tell_all(readings: list[_Reading], today: date) -> int:
    """Tell of everything that is behind, the stricter rules first: nobody is told twice of the same duty."""
    known = [matter for reading in readings for matter in reading.known.values()]
    acknowledged, stricter = services.acknowledged(known), Stricter(known)
    # A rule that tightens another goes before it, however many stand above that.
    above = {(one.asked.pack.slug, rule.id): rule for one in readings for rule in one.asked.rules}
    items = [(reading, key, one) for reading in readings for key, one in reading.owed.items()]
    items.sort(key=lambda item: -levels_above(item[0].asked.pack.slug, item[2].rule, above))
    made = 0
    for reading, key, one in items:
        matter = reading.known.get(key)
        if _is_history(reading.programme, one, today):
            continue
        slug, bearer = reading.asked.pack.slug, key[3]
        if matter is None or matter.pk not in acknowledged:
            for step in reached(reading.steps[one.rule.id], one.due, today):
                for recipient in reading.recipients.of(step, bearer, one.subjects):
                    if stricter.told(slug, one.rule, bearer, one.subjects, recipient, step.days):
                        continue
                    matter = reading.known[key] = services.open_matter(
                        matter, reading.programme, key, one.due
                    )
                    made += _tell(matter, step, recipient)
                    stricter.note(matter, recipient, step.days)
        stricter.stands(slug, one.rule, bearer, one.subjects, matter)
    return made


def _is_history(programme: Programme, owed: Owed, today: date) -> bool:
    """A window that ended before the school took the programme on, or long ago, is nobody's business now."""
    return owed.due < programme.adopted_at.date() or (today - owed.due).days > LAPSED_DAYS


def _tell(matter: Matter, step: Step, recipient: int) -> bool:
    own = recipient == matter.bearer_id
    topic = ESCALATED if not own else DUE if step.days < 0 else OVERDUE
    _message, new = outbox.put(
        f"owed:{matter.pk}:{step.days}:{recipient}",
        school_id=matter.school_id,
        recipient_id=recipient,
        topic=topic,
        data={},
        due=matter.due_day,
        matter=matter,
        step=step.days,
    )
    return new


def _close_what_is_over(asked: Asked, owed: dict[Key, Owed], known: dict[Key, Matter], today: date) -> None:
    """Close matters nothing is behind in any more, and open again those in which something is."""
    over = {key: m for key, m in known.items() if m.closed_at is None and key not in owed}
    how = _how_they_ended(asked, over)
    lapsed = [
        m
        for key, m in known.items()
        if m.closed_at is None and key in owed and (today - m.due_day).days > LAPSED_DAYS
    ]
    services.close({m.pk: how[key] for key, m in over.items()} | {m.pk: Matter.Closed.LAPSED for m in lapsed})
    again = [
        m
        for key, m in known.items()
        if m.closed_at is not None and key in owed and (today - m.due_day).days <= LAPSED_DAYS
    ]
    services.open_again(again)


def close_stated(programme: Programme, rule: Obligation, verdict: Verdict, today: date) -> None:
    """Take back at once what is said of a gap that a reason was stated for, where its bearers owe nothing else there."""
    owed = owed_by_bearer(ask(programme, today), {rule.id: rule})
    keys = {key_of(verdict, int(bearer)) for bearer in verdict.bearer if bearer.isdecimal()} - owed.keys()
    rows = Matter.objects.filter(
        programme=programme, obligation=rule.id, first_day=verdict.first, closed_at=None
    )
    services.close({m.pk: Matter.Closed.STATED for m in rows if key_of_matter(m) in keys})


def _how_they_ended(asked: Asked, over: dict[Key, Matter]) -> dict[Key, str]:
    """Say of each matter that is over how: met if anything in its window was, waived if all that is left was, stated
    where a reason stands for what is left, dropped where the present text of the programme has no such rule or window, or reminds nobody of it."""
    windows: dict[tuple[str, str, date], set[str]] = defaultdict(set)
    names = {key[0] for key in over}
    reminded = {rule.id: steps_of(rule) for rule in asked.rules}
    verdicts = asked.verdicts(names) if names else []
    over_rules = {rule.id: rule for rule in asked.rules if rule.id in names}
    excused = stated_gaps(asked.programme, over_rules, verdicts)
    for verdict in verdicts:
        if is_behind(verdict) and (gap_of(verdict), verdict.last) in excused:
            windows[verdict.obligation, verdict.window[:120], verdict.first].add("stated")
        state = "met" if verdict.late_by is not None else verdict.verdict
        windows[verdict.obligation, verdict.window[:120], verdict.first].add(state)
    ended: dict[Key, str] = {}
    for key in over:
        states = windows.get(key[:3], set())
        if "met" in states:
            ended[key] = Matter.Closed.MET
        elif "waived" in states:
            ended[key] = Matter.Closed.WAIVED
        elif "stated" in states:
            ended[key] = Matter.Closed.STATED
        elif not states or not reminded.get(key[0]):
            ended[key] = Matter.Closed.DROPPED
        else:
            ended[key] = Matter.Closed.GONE
    return ended


class _Recipients:
    """Who a step's addressee is: the bearer, or whoever holds the post for what the matter is about, today."""

    def __init__(self, programme: Programme, asked: Asked, today: date) -> None:
        self.programme, self.asked, self.today = programme, asked, today
        self._bearers: Bearers | None = None
        self._staff: set[int] | None = None
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}

    def of(self, step: Step, bearer: int, subjects: Iterable[str]) -> list[int]:
        """Return persons of the staff, each once, in a fixed order."""
        if step.to == BEARER:
            found = {bearer}
        else:
            found = {int(p) for p in self._holders(step.to, str(bearer), subjects) if p.isdecimal()}
        return sorted(found & self._people())

    def _holders(self, post: str, bearer: str, subjects: Iterable[str]) -> set[str]:
        """A branch secretary is found by the bearer's own branch when a pupil has none."""
        if self._bearers is None:
            self._bearers = engine.posts_of(self.programme.school_id, self.asked.pack)
        places = [*dict.fromkeys(s for s in subjects if s.isdecimal()), bearer]
        found: set[str] = set()
        for place in places:
            if (post, place) not in self._known:
                self._known[post, place] = self._bearers.held_for(post, place, self.today)
            found |= set(self._known[post, place])
        if not found:
            found = set(self._bearers.holders_of(post, bearer, self.today))
        return found

    def _people(self) -> set[int]:
        if self._staff is None:
            rows = Subject.objects.filter(
                school_id=self.programme.school_id,
                type="staff",
                present_from__lte=self.today,
                present_to__gte=self.today,
            )
            self._staff = set(rows.values_list("pk", flat=True))
        return self._staff


__all__ = ["DUE", "ESCALATED", "OVERDUE", "owed_by_bearer", "remind"]
