"""What is kept of earlier answers is what a fresh evaluation says, whatever was written in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.methods.cadence.dependencies import with_needed
from tongxin.methods.cadence.pack import pack_from_text
from tongxin.methods.cadence.sql.engine import Engine
from tongxin.methods.cadence.sql.evaluate import SetEvaluator
from tongxin.methods.cadence.sql.kept import Kept, read_state
from tongxin.methods.cadence.sql.schema import load_facts
from tongxin.methods.cadence.tests import strategies

CALENDAR = strategies.school_calendar()
LEDGER = {"entry": "id", "participation": "entry_id", "evidence": "entry_id"}
OTHERS = ("attribute", "link", "event", "waiver")


class School:
    """A database of facts, a pack, and what is kept of its answers."""

    def __init__(self, pack, facts, as_of) -> None:
        self.pack, self.as_of = pack, as_of
        self.connection = sqlite3.connect(":memory:")
        load_facts(self.connection, facts, "sqlite")
        self.kept = Kept()
        self.asked: list[Collection[str] | None] = []

    def fresh(self, names: Collection[str] | None = None):
        """Work out the cells of some rules; a reasonless number tells evaluations apart."""
        rules = self.pack.obligations
        needed = {rule.id for rule in rules} if names is None else with_needed(rules, names)
        part = replace(self.pack, obligations=tuple(rule for rule in rules if rule.id in needed))
        run = SetEvaluator(part, CALENDAR).run(self.connection, self.as_of)
        for cell in run.cells(obligations=names):
            told = (
                cell.window.name,
                cell.window.first,
                cell.subject,
                cell.verdict,
                cell.owed,
                cell.done,
                cell.most,
                cell.over,
            )
            yield cell.obligation.id, (cell.obligation.id, cell.obligation.version, *told)

    def _noted(self, names):
        self.asked.append(names)
        return self.fresh(names)

    def answer(self):
        before = self.kept.state_of("all", self.pack)
        state = read_state(Engine(self.connection, "sqlite"), None, before)
        return self.kept.get("all", self.pack, state, self._noted)

    def take(self, table: str, column: str, number: int) -> list[tuple]:
        """Take rows away and return them."""
        rows = self.connection.execute(f"SELECT * FROM {table} WHERE {column} = ?", (number,)).fetchall()
        self.connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (number,))
        return rows

    def give(self, table: str, rows: list[tuple]) -> None:
        for row in rows:
            self.connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(strategies.packs(), strategies.facts(), strategies.days, st.data())
def test_after_any_change_the_kept_answer_is_the_fresh_one(pack, facts, as_of, data):
    school = School(pack, facts, as_of)
    entries = [number for (number,) in school.connection.execute("SELECT id FROM entry")]
    others = [(table, n) for table in OTHERS for (n,) in school.connection.execute(f"SELECT id FROM {table}")]
    changes = [("ledger", n) for n in entries] + [("evidence", n) for n in entries] + others
    assert sorted(school.answer()) == sorted(item for _name, item in school.fresh())
    for what, number in data.draw(st.lists(st.sampled_from(changes), max_size=4)) if changes else []:
        columns = LEDGER if what == "ledger" else {what: LEDGER.get(what, "id")}
        gone = {table: school.take(table, column, number) for table, column in columns.items()}
        assert sorted(school.answer()) == sorted(item for _name, item in school.fresh())
        if data.draw(st.booleans()):
            for table, rows in gone.items():
                school.give(table, rows)
            assert sorted(school.answer()) == sorted(item for _name, item in school.fresh())


PACK = """
pack: two
version: 1
title: 两条
source: {document: 方案, published: 2026-01-10}
programme_year: calendar
posts: [{post: secretary, title: 书记, of: school, superior: null}]
kinds:
  - {kind: visit, title: 家访, class: K1, parts: [{part: visited, title: 受访, of: [student], at_least: 1}]}
  - {kind: talk, title: 谈话, class: K1, parts: [{part: visited, title: 受访, of: [student], at_least: 1}]}
  - {kind: third, title: 其他, class: K1, parts: [{part: visited, title: 受访, of: [student], at_least: 1}]}
obligations:
""" + "".join(
    f"""
  - id: {kind}-once
    title: 每人一次
    source: {{document: 方案, at: 一, level: school, modality: must}}
    since: 2026-01-10
    subject: student
    bearer: secretary
    count: {{kind: {kind}, part: visited}}
    measure: times
    at_least: 1
    window: year
"""
    for kind in ("visit", "talk", "third")
)


@given(strategies.facts())
@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_new_entry_asks_only_the_rules_that_read_its_kind(facts):
    pack = pack_from_text(PACK)
    assert not [finding for finding in pack.findings if finding.level == "error"]
    school = School(pack, replace(facts, entries=[], events=[], waivers=[]), strategies.FIRST)
    forever = 253402300799999999
    add = "INSERT INTO entry (id, public_id, school_id, kind, start_day, day, recorded_at, superseded_at) VALUES (?, ?, 0, ?, 1, 1, 0, ?)"
    school.answer()
    school.answer()
    assert school.asked == [None]
    school.connection.execute(add, (1, "a", "visit", forever))
    school.answer()
    assert school.asked[1:] == [{"visit-once"}]
    school.connection.execute(add, (2, "b", "unknown", forever))
    school.answer()
    assert school.asked[2:] == []
    school.connection.execute("UPDATE entry SET superseded_at = 1 WHERE id = 1")
    school.connection.execute("INSERT INTO evidence VALUES (1, 2, 0, 'photo', 0, ?)", (forever,))
    school.answer()
    assert school.asked[2:] == [{"visit-once"}]
    school.connection.execute("UPDATE subject SET present_to = present_to - 1 WHERE id = 1")
    school.answer()
    assert school.asked[3:] == [None]


def test_the_oldest_answers_are_forgotten_first():
    pack, kept = pack_from_text(PACK), Kept(most=5)
    state = read_state(Engine(_empty(), "sqlite"), None)
    for question in range(4):
        kept.get(question, pack, state, lambda _names: [("visit-once", None), ("talk-once", None)])
    assert [kept.state_of(question, pack) is None for question in range(4)] == [True, True, True, False]


def _empty():
    connection = sqlite3.connect(":memory:")
    load_facts(connection, strategies.Facts(), "sqlite")
    return connection
