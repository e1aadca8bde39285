"""Two-way feedback: a few taps on stated questions for each side, words sealed, and whether both go on together.

Of a child and its teacher nobody of the pair sees the other's answer, and neither sees what the child's family said where
it is asked. Of two adults each sees the other's mean once both
have answered, and then neither answer changes any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.people import together

from . import entered
from .kinds import FAMILY, PairKind
from .models import Feedback
from .pairs import GUARDIAN, A, B, Pair, of_pair, side_of

AGAIN, EITHER, RATHER_NOT = together.AGAIN, "either", together.RATHER_NOT
ON = {
    AGAIN: gettext_lazy("愿意继续"),
    EITHER: gettext_lazy("都可以"),
    RATHER_NOT: gettext_lazy("换一位更好"),
}
STEPS = {
    1: gettext_lazy("1 完全不是"),
    2: gettext_lazy("2 不太是"),
    3: gettext_lazy("3 一般"),
    4: gettext_lazy("4 基本是"),
    5: gettext_lazy("5 完全是"),
}
# Fewer answers than this are not made into a mean that others read.
FEWEST = 5
# So long before a term ends both are reminded; so long an answer still tells a new round something.
REMINDED, REMEMBERED = timedelta(days=21), timedelta(days=400)


class Refused(ValueError):
    """It cannot be saved; the sentence says what to do."""


@dataclass(frozen=True)
class Period:
    """The term that is judged, or between terms the last one."""

    name: str
    first: date
    last: date

    def asks_now(self, day: date) -> bool:
        """Whether the term is so near its end that both sides are reminded."""
        return self.last - REMINDED <= day <= self.last


def period(school: School, day: date) -> Period:
    """Return the term of a day; between terms the last one, without a calendar the calendar year."""
    begun = [term for term in school_calendar(school).terms if term.first <= day]
    if not begun:
        return Period(str(day.year), date(day.year, 1, 1), date(day.year, 12, 31))
    term = max(begun, key=lambda one: one.first)
    return Period(term.name, term.first, term.last)


@dataclass(frozen=True)
class Answer:
    """What somebody ticks. scores: 1 … 5 in the order of the questions; again: a key of ON."""

    scores: list[int]
    again: str
    words: str


def speaks(viewer: Viewer, pair: Pair) -> str:
    """Return the side a viewer answers for; a guardian for the family where it is asked, never for the child."""
    side = side_of(viewer, pair)
    if side == GUARDIAN:
        return FAMILY if pair.kind.asks_family else ""
    return side if side in (A, B) else ""


def of(pair: Pair, when: Period) -> dict[str, Feedback]:
    """Return what both sides said in a period, by side."""
    rows = Feedback.objects.filter(**of_pair(pair), since=when.first).select_related("said_by")
    return {row.side: row for row in rows}


def locked(pair: Pair, said: dict[str, Feedback]) -> bool:
    """Whether both have seen each other's mean, so that nothing changes any more."""
    return pair.kind.both_first and {A, B} <= set(said)


@transaction.atomic
def answer(viewer: Viewer, pair: Pair, given: Answer) -> Feedback:
    """Save one side's answer; until it is locked a later one of the same term takes its place. Raises Refused."""
    side = speaks(viewer, pair)
    if not side or viewer.school is None:
        raise Refused(_("只有结对的双方可以填。"))
    questions = pair.kind.questions(side)
    if len(given.scores) != len(questions) or not all(score in STEPS for score in given.scores):
        raise Refused(_("请把每一题都选上。"))
    when = period(viewer.school, viewer.day)
    said = {
        row.side: row
        for row in Feedback.objects.select_for_update().filter(**of_pair(pair), since=when.first)
    }
    if side != FAMILY and locked(pair, said):
        raise Refused(_("双方都填过了，也看到了结果，不能再改。"))
    row, _made = Feedback.objects.update_or_create(
        **of_pair(pair), since=when.first, side=side,
        defaults={
            "until": when.last, "said_by_id": viewer.person_id, "said_at": timezone.now(), "words": given.words,
            "answers": {"scores": given.scores, "again": given.again},
        },
    )  # fmt: skip
    audit.write(viewer, "pairs.feedback_given", row, side=side)
    _enter(viewer, pair, row)
    return row


def _enter(viewer: Viewer, pair: Pair, row: Feedback) -> None:
    """Enter that it was given, and no word of it, where a programme counts it."""
    log = pair.kind.feedback_log
    if log and row.side != FAMILY:
        by, about = (pair.a, pair.b) if row.side == A else (pair.b, pair.a)
        entered.enter(
            viewer,
            log["kind"],
            viewer.day,
            {log["by"]: [by.pk], log["about"]: [about.pk]},
            f"feedback:{row.pk}",
        )


def mean(scores: Sequence[float]) -> float:
    """Return a mean to one digit."""
    return round(sum(scores) / len(scores), 1)


def seen_by(viewer: Viewer, pair: Pair, said: dict[str, Feedback]) -> float | None:
    """Return the mean the other side gave this viewer; None where it may not be seen (yet)."""
    side = speaks(viewer, pair)
    if side not in (A, B) or not locked(pair, said):
        return None
    return mean(said[B if side == A else A].answers["scores"])


# ------------------------------------------------------------------ for the organiser


@dataclass
class Question:
    """A question with how many answered it and their mean; None: too few to say."""

    text: str
    scores: list[int] = field(default_factory=list)

    @property
    def mean(self) -> float | None:
        return mean(self.scores) if len(self.scores) >= FEWEST else None


@dataclass
class Direction:
    """What one side of all pairs of a kind said. answered, of: how many; again: {word: how many}, None: too few."""

    side: str
    title: str
    answered: int
    of: int
    questions: list[Question]
    again: dict[str, int] | None

    @property
    def enough(self) -> bool:
        return self.answered >= FEWEST


def summary(kind: PairKind, rows: Iterable[Feedback], pairs: int) -> list[Direction]:
    """Return what both directions of a kind say together, never person by person. pairs: how many could answer."""
    found = []
    by_side: dict[str, list[Feedback]] = {A: [], B: []}
    if kind.asks_family:
        by_side[FAMILY] = []
    for row in rows:
        by_side.setdefault(row.side, []).append(row)
    titles = {
        FAMILY: _("家长怎么看"),
        A: _("%(a)s怎么看") % {"a": kind.a_title},
        B: _("%(b)s怎么看") % {"b": kind.b_title},
    }
    for side, said in by_side.items():
        questions = [Question(text) for text in kind.questions(side)]
        for row in said:
            # The questions may have changed since; what was asked in another number is left out.
            if len(row.answers["scores"]) == len(questions):
                for question, score in zip(questions, row.answers["scores"], strict=True):
                    question.scores.append(score)
        again = {word: sum(row.answers["again"] == word for row in said) for word in ON}
        few = len(said) < FEWEST
        found.append(Direction(side, titles[side], len(said), pairs, questions, None if few else again))
    return found


def told(school: School, link_kind: str, day: date) -> dict[tuple[int, int], str]:
    """Tell a new round what both sides said last about going on: see kernel.people.together."""
    rows = Feedback.objects.filter(
        school=school, kind=link_kind, since__gte=day - REMEMBERED, since__lte=day
    ).order_by("since", "pk")
    newest: dict[tuple[int, int], dict[str, str]] = {}
    for row in rows.defer("words"):
        newest.setdefault((row.a_id, row.b_id), {})[row.side] = row.answers["again"]
    found = {}
    for pair, words in newest.items():
        if RATHER_NOT in words.values():
            found[pair] = RATHER_NOT
        elif AGAIN in words.values():
            found[pair] = AGAIN
    return found
