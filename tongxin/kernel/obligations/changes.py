"""What a new text of a programme would change, by people, told before anybody approves it.

Both texts judge the school's own last term as if they had been in force then, so that a rule which begins tomorrow can
be looked at today. Whoever asks reads names within their reach, and beyond it only about how many (see `telling`): the
two are never added up, for the named could be taken off the sum.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import School
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.programmes.classes import guarded
from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence.calendar import Term
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import Obligation

from . import telling
from .pairs import Named, named
from .queries import Asked, Figured, Sight, sight

NOTHING = "not_expected"


@dataclass(frozen=True)
class Changed:
    """One verdict that would change. before, after: verdicts; NOTHING where a text asks nothing of the subject."""

    rule: Obligation
    subject: Named
    first: date
    last: date
    before: str
    after: str


@dataclass(frozen=True)
class Changes:
    """first, last: the days looked at. rows: within the viewer's reach.

    moves: how many verdicts of the rows go from what to what, most first. beyond: about how many people beyond reach have
    such a verdict, where there are enough to say. untold: whether there may be more of them, or of any; it follows from
    the two texts alone. refused: whether figures are missing because this viewer has asked for too many today.
    """

    first: date
    last: date
    rows: list[Changed]
    moves: list[tuple[str, str, int]]
    beyond: list[tuple[str, str, int]]
    untold: bool
    refused: bool


def last_term(school: School, today: date) -> Term | None:
    """The last term that is over, else the one that is running."""
    begun = [term for term in school_calendar(school).terms if term.first <= today]
    over = [term for term in begun if term.last < today]
    known = over or begun
    return known[-1] if known else None


def as_if_in_force(pack: Pack, first: date, today: date) -> Pack:
    """Return a pack whose newest rules were in force from a day on; those that have ended are gone."""
    rules = []
    for name in pack.obligation_ids():
        rule = pack.versions(name)[-1]
        if rule.until is None or rule.until > today:
            rules.append(replace(rule, since=min(rule.since, first), until=None, next_window=False))
    return replace(pack, obligations=tuple(rules))


def changes(viewer: Viewer, school: School, old: Pack, new: Pack, today: date) -> Changes | None:
    """Compare two texts on the school's last term; None where it has no term yet."""
    old, new = old.as_written, new.as_written
    term = last_term(school, today)
    if term is None:
        return None
    day = min(today, date.fromordinal(term.last.toordinal() + 1))
    packs = [as_if_in_force(pack, term.first, today) for pack in (old, new)]
    touched = _touched(*packs)
    before, after = (_judged(school, pack, touched, term, day) for pack in packs)
    seen = _sights(viewer, [guarded(school, pack) for pack in packs])
    # Of a rule whose verdicts the policy shows this viewer nothing of, not even a figure is told.
    open_rules = {name for name in touched if not any(one.nothing for one in seen[name])}
    differing = [
        key
        for key in dict.fromkeys((*before, *after))
        if key[0] in open_rules and _word(before.get(key)) != _word(after.get(key))
    ]
    rules = {rule.id: rule for pack in packs for rule in pack.obligations}
    figured = Figured(viewer)
    rows = _rows(figured, rules, seen, before, after, differing)
    moves = Counter((row.before, row.after) for row in rows)
    untold = any(not one.whole for name in open_rules for one in seen[name])
    words = [_worded(pack, touched) for pack in packs]
    question = telling.ask(viewer, "changes", day, words) if untold else None
    beyond: dict[Move, set[str]] = defaultdict(set)
    for key in differing if question else ():
        if not _readable(figured, seen, key) and all(figured(one, key[1]) for one in seen[key[0]]):
            beyond[_word(before.get(key)), _word(after.get(key))].add(key[1])
    return Changes(
        term.first,
        min(term.last, today),
        rows,
        [(*move, n) for move, n in moves.most_common()],
        _told(question, beyond) if question else [],
        untold,
        untold and question is None,
    )


Move = tuple[str, str]


def _told(question: telling.Question, beyond: dict[Move, set[str]]) -> list[tuple[str, str, int]]:
    told = [(*move, question.about(subjects, " ".join(move))) for move, subjects in beyond.items()]
    return sorted(
        ((before, after, n) for before, after, n in told if n is not None), key=lambda one: (-one[2], one)
    )


def _worded(pack: Pack, touched: set[str]) -> tuple:
    """What the judgement of some rules follows from, as a question to remember."""
    rules = tuple(rule for rule in pack.obligations if rule.id in touched)
    return rules, pack.phases, pack.kinds, pack.posts, pack.attributes


def _touched(old: Pack, new: Pack) -> set[str]:
    """The rules whose verdicts may differ; all of them where the plan's own phases, kinds or posts do."""
    ids = {*old.obligation_ids(), *new.obligation_ids()}
    if (old.phases, old.kinds, old.posts, old.attributes) != (
        new.phases,
        new.kinds,
        new.posts,
        new.attributes,
    ):
        return ids
    return {name for name in ids if old.versions(name) != new.versions(name)}


Key = tuple[str, str, date, date]


def _judged(school: School, pack: Pack, touched: set[str], term: Term, day: date) -> dict[Key, Verdict]:
    names = touched & set(pack.obligation_ids())
    if not names:
        return {}
    pretended = Programme(
        school=school, pack=pack.slug, title=pack.title, first_day=term.first, last_day=term.last
    )
    asked = Asked(pretended, day)
    asked.pack = pack
    return {(v.obligation, v.subject, v.first, v.last): v for v in asked.verdicts(names)}


def _word(verdict: Verdict | None) -> str:
    return verdict.verdict if verdict is not None else NOTHING


def _sights(viewer: Viewer, packs: list[Pack]) -> dict[str, list[Sight]]:
    """What a viewer may see of each rule, under each text that has it: a change tells what both say of a person."""
    seen: dict[str, list[Sight]] = defaultdict(list)
    for pack in packs:
        for rule in pack.obligations:
            seen[rule.id].append(sight(viewer, pack, rule))
    return seen


def _readable(figured: Figured, seen: dict[str, list[Sight]], key: Key) -> bool:
    """Whether both texts show the verdict of a subject with its name."""
    return all(one.whole or figured.inside(one.data_class, key[1]) for one in seen[key[0]])


def _rows(figured: Figured, rules, seen, before, after, differing: list[Key]) -> list[Changed]:
    mine = [key for key in differing if _readable(figured, seen, key)]
    subjects = named(key[1] for key in mine)
    rows = [
        Changed(
            rules[key[0]],
            subjects[key[1]],
            key[2],
            key[3],
            _word(before.get(key)),
            _word(after.get(key)),
        )
        for key in mine
        if key[1] in subjects
    ]
    return sorted(rows, key=lambda row: (row.subject.pinyin, str(row.subject.pk), row.rule.id, row.first))
