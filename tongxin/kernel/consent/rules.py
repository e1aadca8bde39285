"""Whether a child's sensitive data may be processed for a purpose: plain rules over what was said, by whom, when.

Source: 个人信息保护法 arts. 15–16, 29, 31 – a separate consent for each purpose; under fourteen the guardian's; it may be
withdrawn at any time; refusing closes nothing else. A year of age is full on the day after the birthday.

    under fourteen (or birth date unknown)   a present guardian said yes to the present text, no present guardian's last
                                             word is no, and the child's own last word is not no
    fourteen and over                        the child's own last word is yes to the present text, said at that age
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

GIVEN, REFUSED, WITHDRAWN = "given", "refused", "withdrawn"
ACTS = (GIVEN, REFUSED, WITHDRAWN)
OWN_AGE = 14

# Why the answer is what it is.
NOT_HERE, NO_TEXT, NO_ANSWER, OUTDATED, OWN_NEEDED = (
    "not_here",
    "no_text",
    "no_answer",
    "outdated",
    "own_needed",
)


@dataclass(frozen=True)
class Span:
    """Days, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Child:
    """id; birth: None where nobody wrote it down; here: the days at the school."""

    id: int
    birth: date | None
    here: Span

    def decides_alone(self, day: date) -> bool:
        return self.birth is not None and day > birthday(self.birth, OWN_AGE)


@dataclass(frozen=True)
class Guardianship:
    guardian: int
    days: Span


@dataclass(frozen=True)
class Act:
    """What somebody said. at: the moment from which it holds; day: the same as a local day; number: order of entry."""

    who: int
    what: str
    version: int
    at: datetime
    day: date
    number: int


@dataclass(frozen=True)
class Text:
    """A version of the explanation people consent to. renews: earlier consents end with it."""

    version: int
    renews: bool
    since: datetime


@dataclass(frozen=True)
class Answer:
    """True or false, and why: given, refused, withdrawn, not_here, no_text, no_answer, outdated, own_needed."""

    allowed: bool
    why: str

    def __bool__(self) -> bool:
        return self.allowed


def birthday(birth: date, age: int) -> date:
    """Return the day on which somebody has this birthday; born on 29 February, it is 28 February in other years."""
    try:
        return birth.replace(year=birth.year + age)
    except ValueError:
        return date(birth.year + age, 2, 28)


def decide(
    child: Child,
    guardianships: Sequence[Guardianship],
    acts: Sequence[Act],
    texts: Sequence[Text],
    at: datetime,
    day: date,
) -> Answer:
    """Answer for one child, purpose and moment. acts: all of this child and purpose; day: the moment's local day."""
    if day not in child.here:
        return Answer(False, NOT_HERE)
    in_force = [text for text in texts if text.since <= at]
    if not in_force:
        return Answer(False, NO_TEXT)
    least = max((text.version for text in in_force if text.renews), default=0)
    last = _last_words(child, guardianships, acts, at, day)
    own = last.pop(child.id, None)
    if own is not None and own.what != GIVEN:
        return Answer(False, own.what)
    if child.decides_alone(day):
        if own is None or not child.decides_alone(own.day):
            return Answer(False, OWN_NEEDED if last or own else NO_ANSWER)
        return Answer(True, GIVEN) if own.version >= least else Answer(False, OUTDATED)
    against = [act for act in last.values() if act.what != GIVEN]
    if against:
        return Answer(False, max(against, key=_order).what)
    if any(act.version >= least for act in last.values()):
        return Answer(True, GIVEN)
    return Answer(False, OUTDATED if last else NO_ANSWER)


def _last_words(
    child: Child, guardianships: Sequence[Guardianship], acts: Sequence[Act], at: datetime, day: date
) -> dict[int, Act]:
    """Return each person's last word that counts: said while the child was here, by itself or a guardian then and now."""
    found: dict[int, Act] = {}
    for act in sorted(acts, key=_order):
        if act.at > at or act.day not in child.here:
            continue
        spans = [g.days for g in guardianships if g.guardian == act.who]
        then = any(act.day in days for days in spans)
        now = any(day in days for days in spans)
        if act.who == child.id or (then and now):
            found[act.who] = act
    return found


def _order(act: Act) -> tuple[datetime, int]:
    return (act.at, act.number)
