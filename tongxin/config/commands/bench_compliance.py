"""`bench compliance`: verdicts of whole schools and provinces, against SQL by hand, a query per subject, and numpy.

Ledgers: (a) 2,000,000 cells over 1,500,000 entries, (b) a school of 1,300 people under a whole pack, (c) a province
with six rules; and, when asked for, (d) a whole pack for 3,000 students and 300 staff. Everything is counted several ways in one run, and the counts must agree.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tongxin.config.refusal import Refused
from tongxin.methods.cadence import bench_data, bench_peers, bench_rules
from tongxin.methods.cadence.bench_school import LARGE, ORDINARY, BenchSchool, Size
from tongxin.methods.cadence.calendar import SchoolCalendar, calendar_from_dict
from tongxin.methods.cadence.dependencies import with_needed
from tongxin.methods.cadence.pack import Pack, load_pack
from tongxin.methods.cadence.reads import entry_kinds_read
from tongxin.methods.cadence.sql.engine import Engine
from tongxin.methods.cadence.sql.evaluate import SetEvaluator
from tongxin.methods.cadence.sql.kept import Kept, read_state
from tongxin.methods.cadence.sql.schema import TABLES, load_facts
from tongxin.testing import postgres

PACK = Path(__file__).parents[3] / "packs" / "programmes" / "three-platforms-five-integrations"
# The figures that performance.md, section 1 gives for its generator at full scale.
PUBLISHED = [683585, 216849, 26800, 253170, 987, 12467]
SLACK = 1.5  # a shared two-core machine may be busy
TARGET_HAND = 2.0
# (size, participations by scale, seconds wanted): a school kept live, and a large one's whole year
SCHOOLS: dict[str, tuple[Size, dict[str, int], float]] = {
    "school": (ORDINARY, {"ci": 20_000, "full": 60_000}, 0.050),
    "programme": (LARGE, {"ci": 50_000, "full": 150_000}, 0.300),
}
# (students, teachers, rows) by scale
CELLS = {"ci": (7_000, 100, 75_000), "full": (140_000, 2_000, 1_500_000)}
PROVINCE = {"ci": (50_000, 3_000, 500_000), "full": (1_000_000, 60_000, 10_000_000)}
SAMPLE = 200  # subjects asked one by one

Row = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--engines", default="sqlite,postgres", help="sqlite、postgres，用逗号分开")
    parser.add_argument(
        "--only",
        default="cells,school,province",
        help="cells、school、programme（3000 名学生的学校）、province，用逗号分开",
    )
    parser.add_argument("--runs", type=int, default=0, help="每项重复几次，取中位数；默认 3 或 7")


def run(args: argparse.Namespace) -> list[Row]:
    """Measure and return a row per result. Raises Refused when two ways of counting disagree."""
    runs = args.runs or (3 if args.scale == "ci" else 7)
    measured: dict[str, Callable[[str, str, int], list[Row]]] = {
        "cells": _cells, "school": _school, "programme": _programme, "province": _province,
    }  # fmt: skip
    rows: list[Row] = []
    for name in args.only.split(","):
        if name not in measured:
            raise Refused(f"没有“{name}”这一项。可用的有：{'、'.join(measured)}。")
        for engine in args.engines.split(","):
            rows += measured[name](engine, args.scale, runs)
    return rows


# the ledgers


def _cells(engine: str, scale: str, runs: int) -> list[Row]:
    made = bench_data.cells(*CELLS[scale])
    with _database(engine) as connection:
        bench_rules.load_cells(Engine(connection, engine), made)
        evaluator = SetEvaluator(bench_rules.cells_pack(made), bench_rules.calendar(), engine)
        cursor = connection.cursor()
        ways: dict[str, Callable[[], list[int]]] = {
            "hand": lambda: bench_peers.cells_by_hand(cursor, made),
            "ours": lambda: _by_rule(evaluator, connection, bench_rules.AS_OF, 1),
            "numpy": lambda: bench_peers.cells_by_numpy(made),
        }
        taken = _in_turn(ways, runs)
        loop_s = _one_by_one(cursor, made)
    more = {"digest": made.rows.digest(), "entries": len(made.rows)}
    return _rows(f"cells-{engine}", made.n_cells, taken, TARGET_HAND, loop_s, **more)


def _province(engine: str, scale: str, runs: int) -> list[Row]:
    made = bench_data.province(*PROVINCE[scale])
    with _database(engine) as connection:
        bench_rules.load_province(Engine(connection, engine), made)
        evaluator = SetEvaluator(bench_rules.province_pack(made), bench_rules.calendar(), engine)
        cursor = connection.cursor()
        ways: dict[str, Callable[[], list[int]]] = {
            "hand": lambda: bench_peers.province_by_hand(cursor, made),
            "ours": lambda: _by_rule(evaluator, connection, bench_rules.AS_OF, 1),
            "numpy": lambda: bench_peers.province_by_numpy(made),
        }
        taken = _in_turn(ways, min(runs, 3))
    more: Row = {"digest": made.rows.digest()}
    if scale == "full":
        more |= {"published": PUBLISHED, "same_as_published": taken["ours"][2] == PUBLISHED}
    return _rows(f"province-{engine}", len(made.rows), taken, None, None, **more)


def _school(engine: str, scale: str, runs: int) -> list[Row]:
    return _whole_pack("school", engine, scale, runs)


def _programme(engine: str, scale: str, runs: int) -> list[Row]:
    return _whole_pack("programme", engine, scale, runs)


def _whole_pack(name: str, engine: str, scale: str, runs: int) -> list[Row]:
    size, rows, wanted = SCHOOLS[name]
    pack = load_pack(PACK)
    calendar = calendar_from_dict(pack.test_calendar)
    as_of = dt.date(2023, 12, 31)
    facts = BenchSchool(pack, calendar, as_of, rows[scale], size).facts()
    with _database(engine) as connection:
        numbers = load_facts(connection, facts, engine)
        connection.commit()
        school, evaluator = numbers["school"], SetEvaluator(pack, calendar, engine)

        def summed() -> list[int]:
            found = evaluator.run(connection, as_of, school=school, unique_rows=True).summary()
            return _totals(tally.counts for tally in found)

        def listed() -> list[int]:
            cells = evaluator.run(connection, as_of, school=school, unique_rows=True).cells()
            return _totals({cell.verdict: 1} for cell in cells)

        live = _Live(connection, engine, pack, calendar, as_of, school)
        taken = _in_turn({"cells": listed, "ours": summed, "live": live.after_an_entry}, runs, live.write)
    rules = {"rules": len({slot.rule.id for slot in evaluator.plan.slots}), "participations": rows[scale]}
    wall, cpu, answer = taken["ours"]
    row = _row(f"{name}-{engine}", sum(answer), wall, cpu, f"{wanted} s, nothing kept", wall / wanted, 1.0)
    row |= rules | {"cells_s": round(taken["cells"][0], 4), "checksum": answer}
    wall, cpu, answer = taken["live"]
    kept = _row(
        f"{name}-live-{engine}",
        sum(answer),
        wall,
        cpu,
        f"{wanted} s, after one more entry",
        wall / wanted,
        1.0,
    )
    return [row, kept | rules | {"checksum": answer}]


class _Live:
    """The figures of all rules as a running server keeps them, asked after each new entry; kinds take turns."""

    def __init__(
        self, connection: Any, engine: str, pack: Pack, calendar: SchoolCalendar, as_of: dt.date, school: int
    ) -> None:
        self.connection, self.dialect, self.pack, self.calendar = connection, engine, pack, calendar
        self.as_of, self.school = as_of, school
        self.kept = Kept()
        self.evaluators: dict[frozenset[str] | None, SetEvaluator] = {}
        kinds = {kind for rule in pack.obligations for kind in entry_kinds_read(rule)}
        newest: dict[str, tuple[int, int]] = {}
        query = "SELECT kind, MAX(id), COUNT(*) FROM entry GROUP BY kind"
        for kind, number, count in Engine(connection, engine).run(query):
            newest[kind] = (number, count)
        # The commonest kinds first: what a school writes down most.
        self.kinds = sorted(kinds & set(newest), key=lambda kind: -newest[kind][1])
        self.models = {kind: newest[kind][0] for kind in self.kinds}
        self.written = 0
        for _ in self.kinds:  # a server that has run for a while has met every kind
            self.write()
            self.after_an_entry()

    def write(self) -> None:
        """Write down once more the newest entry of the next kind, with whom it had and its evidence."""
        kind = self.kinds[self.written % len(self.kinds)]
        self.written += 1
        engine, model, number = (
            Engine(self.connection, self.dialect),
            self.models[kind],
            10_000_000 + self.written,
        )
        for table, key in (("entry", "id"), ("participation", "entry_id"), ("evidence", "entry_id")):
            self._copy(engine, table, key, model, number)
        self.connection.commit()

    def _copy(self, engine: Engine, table: str, key: str, model: int, number: int) -> None:
        columns = [text.split()[0] for text in TABLES[table].split(", ")]
        changed = {"public_id": f"'more-{number}'", key: str(number)}
        if table != "entry":
            changed["id"] = f"id + {number * 1_000_000}"
        values = ", ".join(changed.get(name, name) for name in columns)
        engine.run(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {key} = {model}"
        )

    def after_an_entry(self) -> list[int]:
        engine = Engine(self.connection, self.dialect)
        state = read_state(engine, None, self.kept.state_of("all", self.pack))
        return _totals(counts for counts in self.kept.get("all", self.pack, state, self._work_out))

    def _work_out(self, names: Collection[str] | None) -> Iterator[tuple[str, dict[str, int]]]:
        which = None if names is None else frozenset(names)
        if which not in self.evaluators:
            rules = self.pack.obligations
            needed = {rule.id for rule in rules} if names is None else with_needed(rules, names)
            part = replace(self.pack, obligations=tuple(rule for rule in rules if rule.id in needed))
            self.evaluators[which] = SetEvaluator(part, self.calendar, self.dialect)
        run = self.evaluators[which].run(self.connection, self.as_of, school=self.school, unique_rows=True)
        for tally in run.summary():
            if names is None or tally.obligation.id in names:
                yield tally.obligation.id, tally.counts


# measuring


def _by_rule(evaluator: SetEvaluator, connection: Any, as_of: dt.date, school: int) -> list[int]:
    """Return how many cells of each rule were missed, in the order of the pack."""
    found = dict.fromkeys(evaluator.pack.obligation_ids(), 0)
    for tally in evaluator.run(connection, as_of, school=school, unique_rows=True).summary():
        found[tally.obligation.id] += tally.counts.get("missed", 0)
    return list(found.values())


def _totals(counts: Any) -> list[int]:
    names = ("met", "open", "missed", "waived", "not_expected")
    totals = dict.fromkeys(names, 0)
    for found in counts:
        for name, n in found.items():
            totals[name] += n
    return list(totals.values())


Taken = tuple[float, float, list[int]]


def _in_turn(
    ways: dict[str, Callable[[], list[int]]], runs: int, before: Callable[[], object] = list
) -> dict[str, Taken]:
    """Run the ways in turn, so that a busy moment of the machine hits all; return (median s, median CPU s, answer).

    before: done before each pass, not timed. The first pass warms caches and is not counted. Raises Refused when the
    answers differ.
    """
    walls: dict[str, list[float]] = {name: [] for name in ways}
    cpus: dict[str, list[float]] = {name: [] for name in ways}
    answers = {name: way() for name, way in ways.items()}
    for _ in range(runs):
        before()
        for name, way in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            answers[name] = way()
            walls[name].append(time.perf_counter() - wall)
            cpus[name].append(time.process_time() - cpu)
    if len({tuple(answer) for answer in answers.values()}) > 1:
        told = "；".join(f"{name}：{answer}" for name, answer in answers.items())
        raise Refused(f"几种算法的结果不一致，这次测速无效。{told}。")
    return {
        name: (statistics.median(walls[name]), statistics.median(cpus[name]), answers[name]) for name in ways
    }


def _one_by_one(cursor: Any, made: bench_data.Cells) -> float:
    """Return the seconds that a query per subject and window would take for all cells; a sample is timed."""
    last = bench_data.FIRST_DAY + bench_data.DAYS - 1
    middle = bench_data.FIRST_DAY + bench_data.DAYS_PER_TERM
    windows = [(bench_data.FIRST_DAY, middle - 1), (middle, last)]
    subjects = list(range(1, SAMPLE + 1))
    begun = time.perf_counter()
    bench_peers.cells_one_by_one(cursor, subjects, "online_visit", windows)
    return (time.perf_counter() - begun) / (SAMPLE * len(windows)) * made.n_cells


def _rows(
    name: str, n: int, taken: dict[str, Taken], target: float | None, loop_s: float | None, **more: Any
) -> list[Row]:
    """Return ours against SQL by hand, then ours against each other way for the record."""
    wall, cpu, answer = taken["ours"]
    hand = taken["hand"][0]
    first = _row(name, n, wall, cpu, "hand-written SQL", wall / hand, target) | {
        "reference_s": round(hand, 4), "numpy_s": round(taken["numpy"][0], 4), "checksum": answer, **more,
    }  # fmt: skip
    rows = [first, _row(f"{name}-numpy", n, wall, cpu, "numpy in memory", wall / taken["numpy"][0], None)]
    if loop_s is not None:
        loop = _row(
            f"{name}-loop",
            n,
            wall,
            cpu,
            f"a query per cell, {SAMPLE} subjects extrapolated",
            wall / loop_s,
            None,
        )
        rows.append(loop | {"reference_s": round(loop_s, 1)})
    return rows


def _row(
    name: str, n: int, wall: float, cpu: float, reference: str, ratio: float, target: float | None
) -> Row:
    """A gate has slack; without a target a row is only for the record."""
    return {
        "name": name, "n": n, "median_s": round(wall, 4), "cpu_s": round(cpu, 4),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1), "reference": reference,
        "ratio": round(ratio, 3), "target": target, "ok": True if target is None else ratio <= target * SLACK,
    }  # fmt: skip


# databases


@contextmanager
def _database(engine: str) -> Iterator[Any]:
    """An empty database that is gone afterwards, with the settings a school's own has."""
    if engine == "sqlite":
        with tempfile.TemporaryDirectory(prefix="tongxin-bench-") as folder:
            connection = sqlite3.connect(Path(folder) / "bench.sqlite3", cached_statements=600)
            for setting in (
                "journal_mode=WAL",
                "synchronous=OFF",
                "temp_store=MEMORY",
                "cache_size=-65536",
            ):
                connection.execute(f"PRAGMA {setting}")
            yield connection
            connection.close()
        return
    if engine != "postgres":
        raise Refused(f"没有“{engine}”这种数据库。可用的有：sqlite、postgres。")
    try:
        server = postgres.start()
    except postgres.PostgresUnavailable as error:
        raise Refused(str(error)) from error
    try:
        with server.connect() as opened:
            yield opened
    finally:
        server.stop()
