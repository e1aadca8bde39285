"""Answers that stay right until something they read changes: after a write only the rules that read it are asked anew.

Nothing is stored beside the facts. An answer is kept with the `State` it was worked out of: how many rows each table has,
the newest, how many are live, and for entries and their evidence the same of every kind. Whatever is written changes a
number, whoever writes it; a rule is asked again when a kind it reads, or anything about people, is no longer what it was.

    kept = Kept()
    found = kept.get("a question", pack, read_state(engine, school), work_out)
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any

from ..dependencies import with_needed
from ..occasions import at_once
from ..pack import Pack
from ..reads import entry_kinds_read
from .engine import NO_END_INSTANT, Engine

MOST_ITEMS = 300_000
MOST_FAMILIES = 3  # more changed at once than this many kinds: the whole pack in one pass is as cheap
_PEOPLE = ("link", "attribute", "waiver", "event")
_ROWS = "COUNT(*), COALESCE(MAX({0}.id), 0), COALESCE(SUM(CASE WHEN {0}.superseded_at = {1} THEN 1 ELSE 0 END), 0)"
BY_THE_HOUR = ""  # stands for the kinds among those a rule reads: it reads the clock

Numbers = tuple[int, ...]


@dataclass(frozen=True)
class State:
    """What the records were. people: of everything but the ledger; entries, evidence: {kind: its rows}.

    minute: the instant that deadlines in hours are judged at, where that matters.
    """

    people: tuple[Numbers, ...]
    ledger: tuple[Numbers, ...]
    entries: dict[str, Numbers] = field(compare=False)
    evidence: dict[str, Numbers] = field(compare=False)
    minute: Hashable = None

    def changed(self, before: State) -> set[str] | None:
        """Return the kinds that are not what they were, or None when anything else is not."""
        if self.people != before.people:
            return None
        kinds = {BY_THE_HOUR} if self.minute != before.minute else set()
        for now, then in ((self.entries, before.entries), (self.evidence, before.evidence)):
            if now is not then:
                kinds |= {kind for kind in {*now, *then} if now.get(kind) != then.get(kind)}
        return kinds


def read_state(
    engine: Engine, school: int | None, before: State | None = None, minute: Hashable = None
) -> State:
    """Return what the records of a school (primary key; None = all of the database) are now.

    before: a state read earlier, which spares counting kinds where the ledger is what it was.
    """
    mine = "" if school is None else f" WHERE {{0}}.school_id = {int(school)}"

    def rows(name: str) -> str:
        return f"SELECT {_ROWS.format('t', NO_END_INSTANT)} FROM {name} AS t{mine.format('t')}"

    people = "SELECT COUNT(*), COALESCE(MAX(s.id), 0), COALESCE(SUM(s.present_to - s.present_from), 0) FROM subject AS s"
    found = engine.run(
        " UNION ALL ".join([*map(rows, ("entry", "evidence", *_PEOPLE)), people + mine.format("s")])
    )
    numbers = tuple(tuple(int(n) for n in row) for row in found)
    ledger, rest = numbers[:2], numbers[2:]

    def kinds(at: int, source: str) -> dict[str, Numbers]:
        if before is not None and before.ledger[at] == ledger[at]:
            return before.entries if at == 0 else before.evidence
        alias = "e" if at == 0 else "v"
        grouped = f"SELECT e.kind, {_ROWS.format(alias, NO_END_INSTANT)} FROM {source}{mine.format(alias)} GROUP BY e.kind"
        return {kind: tuple(int(n) for n in row) for kind, *row in engine.run(grouped)}

    entries = kinds(0, "entry AS e")
    evidence = kinds(1, "evidence AS v JOIN entry AS e ON e.id = v.entry_id")
    return State(rest, ledger, entries, evidence, minute)


class Same:
    """A key by identity: packs and calendars are parsed once and kept, so the evaluator made for them is too."""

    def __init__(self, thing: Any) -> None:
        self.thing = thing

    def __hash__(self) -> int:
        return id(self.thing)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.thing is self.thing


@lru_cache(maxsize=256)
def _readers(pack: Same) -> dict[str, frozenset[str]]:
    """{kind: ids of the rules that read it, themselves or through a rule they need}."""
    rules = pack.thing.obligations
    own: dict[str, set[str]] = {}
    for rule in rules:
        hours = {BY_THE_HOUR} if any(at_once(period) for period in rule.periods) else set()
        own.setdefault(rule.id, set()).update(entry_kinds_read(rule), hours)
    found: dict[str, set[str]] = {}
    for name in own:
        for needed in with_needed(rules, [name]):
            for kind in own.get(needed, ()):
                found.setdefault(kind, set()).add(name)
    return {kind: frozenset(names) for kind, names in found.items()}


@dataclass
class _Answer:
    state: State
    of_rule: dict[str, list[Any]]
    items: list[Any]


WorkOut = Callable[[Collection[str] | None], Iterable[tuple[str, Any]]]


class Kept:
    """The answers to the newest questions, up to `most` items in all. Safe to use from several threads."""

    def __init__(self, most: int = MOST_ITEMS) -> None:
        self.most, self.size = most, 0
        self.answers: OrderedDict[Hashable, _Answer] = OrderedDict()
        self.lock = Lock()

    def state_of(self, question: Hashable, pack: Pack) -> State | None:
        """Return the state that the kept answer to a question comes from."""
        with self.lock:
            answer = self.answers.get((question, Same(pack)))
        return answer.state if answer else None

    def get(self, question: Hashable, pack: Pack, state: State, work_out: WorkOut) -> list[Any]:
        """Return the items of the answer in the order of the pack's rules.

        question: whatever the answer depends on besides the records; the pack is part of it. work_out: given ids of
        rules (None = all), gives (id, item) of each, in their order; it must see exactly the records of `state`.
        """
        question = (question, Same(pack))
        with self.lock:
            before = self.answers.get(question)
            if before is not None:
                self.answers.move_to_end(question)
        if before is not None and before.state == state:
            return before.items
        families = [None] if before is None else _families(pack, before.state, state)
        of_rule = dict(before.of_rule) if before is not None and families != [None] else {}
        for names in families:
            found: dict[str, list[Any]] = {name: [] for name in names or ()}
            for name, item in work_out(names):
                found.setdefault(name, []).append(item)
            of_rule |= found
        order = dict.fromkeys(rule.id for rule in pack.obligations)
        items = [item for name in order for item in of_rule.get(name, ())] if families else before.items  # type: ignore[union-attr]
        self._put(question, _Answer(state, of_rule, items))
        return items

    def _put(self, question: Hashable, answer: _Answer) -> None:
        with self.lock:
            gone = self.answers.pop(question, None)
            self.size += len(answer.items) + 1 - (len(gone.items) + 1 if gone else 0)
            self.answers[question] = answer
            while self.size > self.most and len(self.answers) > 1:
                _question, gone = self.answers.popitem(last=False)
                self.size -= len(gone.items) + 1


def _families(pack: Pack, before: State, now: State) -> list[frozenset[str] | None]:
    """Return the sets of rules to be asked anew, one a changed kind so that few different sets are ever asked; [None]: all."""
    kinds = now.changed(before)
    if kinds is None:
        return [None]
    readers = _readers(Same(pack))
    families = [readers[kind] for kind in sorted(kinds) if kind in readers]
    rules = {rule.id for rule in pack.obligations}
    if len(families) > MOST_FAMILIES or sum(map(len, families)) * 2 > len(rules):
        return [None]
    return list(families)
