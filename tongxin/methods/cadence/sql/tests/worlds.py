"""Random worlds to judge a random programme in, and databases that judge one world after another.

A database keeps its tables: a world is loaded in a transaction that is rolled back, so that PostgreSQL takes about as
long for a world as SQLite and thousands can be compared.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from tongxin.methods.cadence import reference
from tongxin.methods.cadence.calendar import SchoolCalendar
from tongxin.methods.cadence.facts import Entry, Facts, Participation, View
from tongxin.methods.cadence.occasions import ENTRY_KIND, Happening
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reads import nodes_of
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.sql.engine import Engine
from tongxin.methods.cadence.sql.evaluate import SetEvaluator
from tongxin.methods.cadence.sql.schema import TABLES, Names, create_indexes, create_tables, fill_tables
from tongxin.methods.cadence.sql.tables import TEMPORARY, definitions
from tongxin.methods.cadence.tests import strategies
from tongxin.methods.cadence.tree import GROUP_LINKS, Obligation

WORLDS_BEFORE_CLEARING = 200
MOST_EXPLAINED = 8  # cells of a world whose entries are tried alone


@dataclass(frozen=True)
class World:
    """Facts, the day they are judged on, and the instant by which they must have been known (None = live)."""

    facts: Facts
    as_of: dt.date
    known_at: dt.datetime | None
    expanded: bool = False

    def as_written(self) -> World:
        """The world as the product writes its ledger: members of groups in rows of their own, one of each in a part, and
        the same said of all of them."""
        view = View(self.facts)
        entries = [replace(one, rows=tuple(_written(view, one))) for one in self.facts.entries]
        return World(replace(self.facts, entries=entries), self.as_of, None, expanded=True)

    @property
    def nobody_twice(self) -> bool:
        """Does nobody stand twice in one part of an entry."""
        return all(
            len({(row.part, row.subject) for row in entry.rows}) == len(entry.rows)
            for entry in self.facts.entries
        )


def _written(view: View, entry: Entry) -> Iterator[Participation]:
    said: dict[str, Participation] = {}
    absent = {(row.part, row.subject) for row in entry.rows if row.absent}
    found: dict[tuple[str, str], str] = {(row.part, row.subject): "" for row in entry.rows}
    for row in entry.rows:
        said.setdefault(row.part, row)
        if view.type_of(row.subject) in GROUP_LINKS:
            absent.discard((row.part, row.subject))
            for member in sorted(view.members(row.subject, entry.day)):
                found.setdefault((row.part, member), row.subject)
    for (part, subject), via in found.items():
        yield replace(
            said[part], subject=subject, absent=(part, subject) in absent, counterpart="", via=via,
            recorded_at=entry.recorded_at, superseded_at=entry.superseded_at,
        )  # fmt: skip


worlds = st.builds(World, strategies.facts(), strategies.days, strategies.instants)


def side_by_side(parts: Sequence[Facts]) -> Facts:
    """Return the facts of all, which do not touch each other; each one's ids are led by its place ("0-s1")."""
    found = Facts([], [], [], [], [], [])
    for place, part in enumerate(parts):
        moved = _moved(part, f"{place}-")
        for name in ("subjects", "attributes", "links", "entries", "waivers", "events"):
            getattr(found, name).extend(getattr(moved, name))
    return found


def _moved(facts: Facts, before: str) -> Facts:
    def named(row: Any, *fields: str) -> Any:
        return replace(row, **{one: before + getattr(row, one) for one in fields if getattr(row, one)})

    return Facts(
        [named(row, "id", "school") for row in facts.subjects],
        [named(row, "subject") for row in facts.attributes],
        [named(row, "id", "a", "b") for row in facts.links],
        [
            replace(
                named(entry, "id", "school", "about"),
                rows=tuple(named(row, "subject", "counterpart", "via") for row in entry.rows),
            )
            for entry in facts.entries
        ],
        [named(row, "subject") for row in facts.waivers],
        [named(row, "id", "subject") for row in facts.events],
    )


Key = tuple[Any, ...]  # obligation, version, subject, window, first day
Said = tuple[Any, ...]  # verdict, owed, done, over, most


def said(verdict: Any) -> Said:
    return (verdict.verdict, verdict.owed, verdict.done, verdict.over, verdict.most)


@dataclass(frozen=True)
class Judged:
    """cells: each (key, what is said of it), with how often; summed: {(obligation, verdict): cells}."""

    cells: Counter[tuple[Key, Said]]
    summed: Counter[tuple[str, str]]


def one_by_one(pack: Pack, calendar: SchoolCalendar, world: World) -> tuple[Judged, list[Verdict]]:
    """What the reference says."""
    verdicts = reference.evaluate(pack, world.facts, calendar, world.as_of, world.known_at)
    cells = Counter((verdict.key(), said(verdict)) for verdict in verdicts)
    return Judged(cells, Counter((v.obligation, v.verdict) for v in verdicts)), verdicts


class Database:
    """One engine with the fact tables and temporary tables made once."""

    def __init__(self, connection: Any, dialect: str) -> None:
        self.connection, self.dialect, self._judged = connection, dialect, 0
        engine = Engine(connection, dialect)
        create_tables(engine)
        create_indexes(engine)
        for text in definitions(dialect):
            engine.run(text)
        connection.commit()

    def judge(self, evaluator: SetEvaluator, world: World) -> Judged:
        """Every cell as the database judges it, and what its summary adds up to."""
        try:
            names = Names(fill_tables(Engine(self.connection, self.dialect), world.facts))
            run = evaluator.run(
                self.connection,
                world.as_of,
                world.known_at,
                unique_rows=world.nobody_twice,
                expanded=world.expanded,
            )
            summed: Counter[tuple[str, str]] = Counter()
            for tally in run.summary():
                summed.update({(tally.obligation.id, name): n for name, n in tally.counts.items()})
            cells: Counter[tuple[Key, Said]] = Counter()
            for cell in run.cells():
                rule = cell.obligation
                subject = names.of(rule.subject, cell.subject)
                cells[(rule.id, rule.version, subject, cell.window.name, cell.window.first), said(cell)] += 1
        finally:
            self.connection.rollback()
        self._clear_now_and_then()
        return Judged(cells, summed)

    def _clear_now_and_then(self) -> None:
        """PostgreSQL keeps the rows of what was rolled back until somebody clears them away."""
        self._judged += 1
        if self.dialect == "postgres" and self._judged % WORLDS_BEFORE_CLEARING == 0:
            Engine(self.connection, self.dialect).run(f"TRUNCATE {', '.join([*TABLES, *TEMPORARY])}")
            self.connection.commit()


# explanations


def reads_other_entries(rule: Obligation) -> bool:
    """Do other entries than those it counts decide what a rule says: windows and conditions that run from them,
    obligations it shares entries with, or verdicts of other rules."""
    happenings = (one for one in nodes_of(rule) if isinstance(one, Happening))
    return bool(
        rule.rivals
        or any(one.source == ENTRY_KIND for one in happenings)
        or any(getattr(item.measure, "obligation", "") for item in rule.requirements())
    )


def spread(verdicts: list[Verdict], most: int) -> list[Verdict]:
    """At most so many of them, from all over the list."""
    return verdicts[:: max(len(verdicts) // most, 1)][:most]


def to_try_alone(pack: Pack, verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Some verdicts that list entries, spread over the world."""
    able = {
        (rule.id, rule.version)
        for rule in pack.obligations
        if rule.evaluable and not reads_other_entries(rule)
    }
    listed = [v for v in verdicts if (v.counted or v.rejected) and (v.obligation, v.version) in able]
    return spread(listed, MOST_EXPLAINED)


def only_counted(pack: Pack, world: World, verdict: Verdict) -> Facts:
    """The world with no other entries than those a verdict lists as counted, and the one it is about."""
    rules = [rule for rule in pack.versions(verdict.obligation) if rule.subject.is_activity]
    kept = {*verdict.counted, *([verdict.subject] if rules else [])}
    return replace(world.facts, entries=[one for one in world.facts.entries if one.id in kept])
