"""Somebody's own list as lines to draw: what, about whom, until when, and the form that settles it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.obligations.consequences import has_consequences
from tongxin.kernel.obligations.pairs import Activity, Named, Pair
from tongxin.kernel.obligations.queries import Due
from tongxin.methods.cadence.counting import Count, QualifierIs
from tongxin.methods.cadence.declarations import Kind
from tongxin.methods.cadence.periods import Between, By, MonthOfPlan, PhaseOfPlan
from tongxin.methods.cadence.tree import Obligation

from .closing import unit_of
from .following import follows
from .numbers import number_words

FORTNIGHT = 14


@dataclass(frozen=True)
class Person:
    """One of several a line is about, with the form prefilled for them."""

    name: str
    url: str


@dataclass(frozen=True)
class Line:
    """A line of the to-do list. people: when it is about several others, each with their own form. follows: what the programme lets follow for oneself."""

    title: str
    who: str
    until: date | None
    done: str
    due: str
    unit: str
    state: str
    url: str
    action_url: str
    action_label: str
    people: list[Person] = field(default_factory=list)
    bar: bool = False
    done_number: float = 0
    due_number: float = 0
    follows: str = ""


@dataclass(frozen=True)
class Todo:
    """now: due within a fortnight, and one-off things that are late; later: the rest of this term; rest: after.

    past: recurring windows that closed unmet. Nothing done today can close them; whoever did it then may still log it.
    """

    now: list[Line]
    later: list[Line]
    rest: list[Line]
    past: list[Line]

    @property
    def things(self) -> int:
        return len(self.now)


def todo_lines(viewer: Viewer, dues: Sequence[Due], kinds: dict[str, Kind], until: date) -> Todo:
    """Sort a person's duties by when they fall due. until: the last day of what counts as soon-to-come."""
    soon = viewer.day + timedelta(days=FORTNIGHT)
    todo = Todo([], [], [], [])
    lapsed: set[str] = set()
    for due in sorted(dues, key=lambda d: d.verdict.last, reverse=True):
        last = due.verdict.last
        if due.verdict.verdict == "missed" and not _can_be_late(due):
            # One line for each rule is enough: the latest window that was missed.
            if due.rule.id not in lapsed:
                todo.past.append(line(viewer, due, kinds))
            lapsed.add(due.rule.id)
        elif due.verdict.late_by is None:
            where = todo.now if last <= soon else todo.later if last <= until else todo.rest
            where.append(line(viewer, due, kinds))
    for lines in (todo.now, todo.later, todo.rest):
        lines.sort(key=lambda one: (one.state != "missed", one.until or date.max, one.title))
    return todo


def _can_be_late(due: Due) -> bool:
    """A thing asked for once is still worth doing after its day; the next window of a recurring one has begun."""
    return any(isinstance(period, Between | By | PhaseOfPlan | MonthOfPlan) for period in due.rule.periods)


def line(viewer: Viewer, due: Due, kinds: dict[str, Kind]) -> Line:
    rule, verdict = due.rule, due.verdict
    kind = next((kinds[name] for name in kind_names(rule) if name in kinds), None)
    others = [s for s in due.subjects if s.pk != viewer.person_id]
    alone = len(due.subjects) <= 1
    subject = due.subjects[0] if due.subjects else None
    people = [] if alone or kind is None else [Person(s.name, form_url(rule, kind, s)) for s in others]
    owed = max(float(verdict.owed), 1.0)
    mine = verdict.subject == str(viewer.person_id) and has_consequences(rule)
    return Line(
        title=rule.title,
        who=_who(others),
        until=verdict.due,
        done=number_words(verdict.done),
        due=number_words(verdict.owed),
        unit=unit_of(due.pack, rule),
        state=verdict.verdict,
        url=reverse("desk:why", args=[due.programme.public_id, rule.id, subject.public_id, verdict.first])
        if alone and subject
        else reverse("desk:duty", args=[due.programme.public_id, rule.id]),
        action_url=form_url(rule, kind, subject if alone else None) if kind else "",
        action_label=_("登记%(kind)s") % {"kind": kind.title} if kind else "",
        people=people,
        bar=alone and owed > 1,
        done_number=min(float(verdict.done), owed),
        due_number=owed,
        follows=follows(due.pack, rule, verdict) if mine else "",
    )


def _who(others: Sequence[Named]) -> str:
    if not others:
        return ""
    if len(others) <= 3:
        return "、".join(s.name for s in others)
    return _("%(first)s等%(n)d个") % {"first": "、".join(s.name for s in others[:2]), "n": len(others)}


def kind_names(rule: Obligation) -> list[str]:
    return list(dict.fromkeys(kind for item in rule.requirements() for kind in item.count.kinds))


def form_url(rule: Obligation, kind: Kind, subject: Named | None) -> str:
    """Return the log form prefilled with what the rule asks for: kind, the subject's part, the one way that counts.

    Empty where an activity itself should have been another: no new record mends that.
    """
    item = next((i for i in rule.requirements() if kind.name in i.count.kinds), None)
    if isinstance(subject, Activity) and not (item and item.count.about):
        return ""
    pairs: list[tuple[str, Any]] = []
    if item and isinstance(subject, Activity):
        pairs.append(("about", subject.public_id))
    elif item and subject:
        pairs += (
            _both(item.count, kind, subject) if isinstance(subject, Pair) else _one(item.count, kind, subject)
        )
    for only in item.count.only if item else ():
        if isinstance(only, QualifierIs) and len(only.values) == 1 and kind.qualifier(only.qualifier):
            pairs.append((only.qualifier, only.values[0]))
    address = reverse("desk:record_kind", args=[kind.name])
    return f"{address}?{urlencode(pairs)}" if pairs else address


def _one(count: Count, kind: Kind, subject: Named) -> list[tuple[str, str]]:
    part = next((p for p in count.parts if kind.part(p)), "")
    return [(part, subject.public_id)] if part else []


def _both(count: Count, kind: Kind, pair: Pair) -> list[tuple[str, str]]:
    """The two of a pair in the parts that the rule asks for, else in the first parts they may play."""
    asked = [*count.parts[:1], *([count.with_.part] if count.with_ else [])]
    parts = [part for name in asked if (part := kind.part(name))]
    parts += [part for part in kind.parts if part not in parts]
    found: list[tuple[str, str]] = []
    left = list(pair.ends)
    for part in parts:
        who = next((end for end in left if not part.of or end.type in part.of), None)
        if who is not None:
            found.append((part.name, who.public_id))
            left.remove(who)
    return found
