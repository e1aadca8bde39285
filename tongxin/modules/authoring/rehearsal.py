"""What a rule that is not in force yet would have said of the school's last term: this would have left 41 people behind.

Those whom the author may name are counted exactly; the others apart from them and only about (see `telling`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import School
from tongxin.kernel.obligations import telling
from tongxin.kernel.obligations.changes import last_term
from tongxin.kernel.obligations.pairs import named
from tongxin.kernel.obligations.queries import Asked, Figured, Sight, sight
from tongxin.kernel.programmes.classes import guarded
from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import Obligation, Source

BEHIND = ("missed", "open")
EXPECTED = ("met", *BEHIND)


@dataclass(frozen=True)
class Beyond:
    """About how many people the author may not name owe something, and how many of them did not do it.

    None: nobody, or too few to say; behind also where those who did it are too few.
    """

    expected: int | None
    behind: int | None


@dataclass(frozen=True)
class Rehearsal:
    """The last finished term (or what there is of the running one) under one rule.

    expected, behind: verdicts on those the author may name; names: of those behind. beyond: on the others, None where
    there are no others or the policy shows nothing of them. refused: too many questions on them today.
    """

    first: date
    last: date
    name: str
    expected: int
    names: list[str]
    behind: int
    beyond: Beyond | None
    refused: bool


def rehearse(viewer: Viewer, school: School, pack: Pack, rule: Obligation, today: date) -> Rehearsal | None:
    """Judge the last term by a rule, as if it had been in force; None where the school has no term yet."""
    term = last_term(school, today)
    if term is None or not rule.evaluable:
        return None
    begun = replace(rule, since=min(rule.since, term.first), until=None, next_window=False)
    day = min(today, date.fromordinal(term.last.toordinal() + 1))
    pretended = Programme(
        school=school, pack=pack.slug, title=pack.title, first_day=term.first, last_day=term.last
    )
    asked = Asked(pretended, day)
    # A draft may call anything public; who reads names here follows what the school knows.
    asked.pack = replace(guarded(school, pack), obligations=(begun,))
    seen, figured = sight(viewer, asked.pack, begun), Figured(viewer)
    counting = [v for v in asked.verdicts([rule.id]) if v.verdict in EXPECTED and not seen.nothing]
    mine = [v for v in counting if seen.whole or figured.inside(seen.data_class, v.subject)]
    behind = [v for v in mine if v.verdict in BEHIND]
    subjects = named(v.subject for v in behind)
    beyond = not seen.whole and (seen.counts or bool(seen.counted))
    question = (
        telling.ask(viewer, "rehearsal", day, _meaning(begun), asked.pack.kinds, asked.pack.attributes)
        if beyond
        else None
    )
    return Rehearsal(
        term.first,
        min(term.last, today),
        term.name,
        len(mine),
        [one.name for one in sorted(subjects.values(), key=lambda one: (one.pinyin, str(one.pk)))],
        len(behind),
        _beyond(question, figured, seen, counting) if question else None,
        beyond and question is None,
    )


def _meaning(rule: Obligation) -> Obligation:
    """A rule without what its verdicts do not follow from: called otherwise it is the same question."""
    return replace(rule, id="", title="", heading="", source=Source(), remind_days=(), cases=())


def _beyond(question: telling.Question, figured: Figured, seen: Sight, counting: list[Verdict]) -> Beyond:
    others = [
        v for v in counting if not figured.inside(seen.data_class, v.subject) and figured(seen, v.subject)
    ]
    expected = {v.subject for v in others}
    behind = {v.subject for v in others if v.verdict in BEHIND}
    told, kept = question.about(behind, "behind"), question.about(expected - behind, "kept")
    return Beyond(question.about(expected, "expected"), told if kept is not None else None)
