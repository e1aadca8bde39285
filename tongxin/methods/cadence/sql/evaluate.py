"""Set-based evaluation of a pack: `SetEvaluator` is made once per pack, calendar and dialect, and asked often.

    evaluator = SetEvaluator(pack, calendar, "sqlite")
    run = evaluator.run(raw_connection, as_of=today, school=school.pk, unique_rows=True)
    run.summary(), run.cells(), run.gaps(), run.verdicts()

A run fills temporary tables of its connection; the next run on the same connection takes them over.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

from ..bounds import Asked, PartOf
from ..calendar import SchoolCalendar
from ..counting import Number, simplest
from ..dependencies import asks_for
from ..occasions import OwnWindows, end_of
from ..pack import Pack
from ..periods import Window
from ..tree import GROUP_LINKS, Obligation
from . import exclusive, own_windows, pairs, settle, tables
from .builder import Tests, live
from .counts import ONCE, SEVERAL, Counting
from .days import day_statements
from .engine import NO_END_DAY, Engine, listed, quoted, rendered
from .plan import ENTRIES, ENTRY, FAST, HEADS, OWN_WINDOWS, SCHOOL, Slot, plan_of
from .schema import LINKED, to_microseconds
from .scope import UNKNOWN, line_statement
from .shares import judge_in_order, share_statements
from .standing import standing_statements
from .windows import Windows, windows_of

MET, OPEN, MISSED, WAIVED, NOT_EXPECTED = settle.VERDICTS[1:]
_NEVER_REASONED = (settle.MET, settle.OPEN, settle.MISSED)
# In the order of the pack, then window, then subject.
_IN_ORDER = itemgetter(*(settle.COLUMNS.index(name) for name in ("slot", "first", "subject")))


class Cell(NamedTuple):
    """One obligation version, subject and window. subject: number of the subject (or of the entry, for activity rules).

    owed, most, done, over: in the measure's unit; most None = no maximum. reason: a word of `settle.REASONS` or
    "encouraged", "waived"; the full sentence needs the one-by-one evaluator (`explain`).
    """

    slot: Slot
    window: Window
    subject: int
    verdict: str
    owed: Number
    done: Number
    over: Number
    most: Number | None
    reason: str
    judged: dt.date

    @property
    def obligation(self) -> Obligation:
        return self.slot.rule


@dataclass(frozen=True)
class Tally:
    """How many cells of one obligation version and window have each verdict; group: homeroom, branch …, None = all."""

    slot: Slot
    window: Window
    counts: dict[str, int]
    group: int | None = None

    @property
    def obligation(self) -> Obligation:
        return self.slot.rule

    @property
    def expected(self) -> int:
        """The denominator of coverage: met, missed and open."""
        return sum(self.counts.get(name, 0) for name in (MET, MISSED, OPEN))

    @property
    def coverage(self) -> Fraction | None:
        return Fraction(self.counts.get(MET, 0), self.expected) if self.expected else None


@dataclass(frozen=True)
class Script:
    """The statements of one variant (live or as known, of one school or of all); rendered when first needed."""

    tests: Tests
    lines: tuple[str, ...]
    fast: tuple[str, ...]
    reached: str
    entries: tuple[str, ...]
    heads: tuple[str, ...]
    hits: tuple[str, ...]
    wider: tuple[str, ...]


class SetEvaluator:
    """A pack on a school calendar, ready to be asked of any database of one dialect."""

    def __init__(self, pack: Pack, calendar: SchoolCalendar, dialect: str = "sqlite") -> None:
        self.pack, self.dialect = pack, dialect
        self.calendar = calendar.for_programme(pack.programme_year, pack.phases.values())
        self.plan = plan_of(pack)
        self._scripts: dict[tuple[bool, bool], Script] = {}
        self._windows: dict[dt.date, Windows] = {}

    def run(
        self,
        connection: Any,
        as_of: dt.date,
        known_at: dt.datetime | None = None,
        school: int | None = None,
        programme: int | None = None,
        unique_rows: bool = False,
        expanded: bool = False,
        now: dt.datetime | None = None,
    ) -> Run:
        """Evaluate and return the run, which answers questions until the next run on the same connection.

        now: the instant that deadlines in hours are judged at; by default the end of the day.

        school: only this school's rows (primary key); None = the whole database. programme: whose waivers count
        (Django's table); None = all. expanded: members of groups stand in rows of their own already, so groups need no
        second look. unique_rows: the database itself forbids that anybody stands twice in one part of
        an entry. Rows are read as they are; the caller's transaction decides what that is.
        """
        return Run(
            self,
            Engine(connection, self.dialect),
            as_of,
            known_at,
            school,
            programme,
            unique_rows,
            expanded,
            now or end_of(as_of),
        )

    def script(self, known: bool, school: bool) -> Script:
        """Return the statements of a variant, written at the first call."""
        key = (known, school)
        if key not in self._scripts:
            tests = Tests()
            counting = Counting(self.plan, tests, known, school)
            self._scripts[key] = Script(
                tests,
                tuple(line_statement(line, tests, known, school) for line in self.plan.lines),
                tuple(counting.fast()),
                counting.reached(),
                tuple(one for of in (SCHOOL, ENTRY) for one in counting.entries(of)),
                tuple(counting.heads()),
                tuple(counting.hits()),
                (
                    *day_statements(self.plan),
                    *standing_statements(self.plan, tests, known),
                    *share_statements(self.plan, tests, known),
                ),
            )
        return self._scripts[key]

    def windows(self, as_of: dt.date) -> Windows:
        if as_of not in self._windows:
            if len(self._windows) > 50:
                self._windows.clear()
            self._windows[as_of] = windows_of(self.plan, self.calendar, as_of)
        return self._windows[as_of]


class Run:
    """One evaluation. Making it fills the temporary tables; the questions below read them."""

    def __init__(
        self,
        evaluator: SetEvaluator,
        engine: Engine,
        as_of: dt.date,
        known_at: dt.datetime | None,
        school: int | None,
        programme: int | None,
        unique_rows: bool,
        expanded: bool,
        now: dt.datetime,
    ) -> None:
        self.evaluator, self.engine, self.plan = evaluator, engine, evaluator.plan
        self.as_of, self.known_at, self.school, self.programme = as_of, known_at, school, programme
        self.now = now
        self.windows = evaluator.windows(as_of)
        self.script = evaluator.script(known_at is not None, school is not None)
        self._counted_fast = False
        self.expanded = expanded
        self._prepare()
        own_windows.fill(self)
        self._reach_back()
        self._judge_values()
        for statement in self.script.lines:
            self.ask(statement)
        waivers = self._waivers()
        tables.put(engine, "tx_waiver", waivers)
        self.ways = self._choose(unique_rows, {slot for slot, *_ in waivers})
        tables.fill(engine, self.plan, self.windows, self._first_day(), self.ways)
        self._count()

    # filling

    @cached_property
    def holes(self) -> dict[str, int]:
        first = min(self.windows.first, self.as_of)
        known = 0 if self.known_at is None else to_microseconds(self.known_at)
        return {
            "as_of": self.as_of.toordinal(),
            "known": known,
            "school": self.school or 0,
            "now": to_microseconds(self.now),
            "low": first.toordinal(),
            "high": self.windows.horizon.toordinal(),
        }

    def mine(self, alias: str) -> str:
        """Return the rest of a WHERE that keeps to the school asked for."""
        return f" AND {alias}.school_id = hole_school" if self.school is not None else ""

    def put(self, table: str, rows: Any) -> None:
        tables.put(self.engine, table, rows)

    def _reach_back(self) -> None:
        """Follow conditions from the first day that is judged: of windows of single subjects, and of entries themselves."""
        earliest = []
        if any(slot.own == OWN_WINDOWS for slot in self.plan.slots):
            earliest += self.ask("SELECT MIN(n.first) FROM tx_mine AS n")
        kinds = {slot.rule.subject.kind for slot in self.plan.slots if slot.own_days}
        if kinds:
            earliest += self.ask(
                f"SELECT MIN(e.start_day) FROM entry AS e WHERE e.kind IN ({listed(sorted(kinds))})"
            )
        self.holes["low"] = min([self.holes["low"], *(day for (day,) in earliest if day)])

    def ask(self, statement: str, **more: int) -> list[tuple[Any, ...]]:
        """Run a statement of the default dialect with this run's holes, and perhaps more of them."""
        return self.engine.run(rendered(statement, self.engine.dialect), **self.holes, **more)

    def _prepare(self) -> None:
        tables.make(self.engine)
        for name in tables.TEMPORARY:
            self.engine.run(f"DELETE FROM {name}")

    def _first_day(self) -> int:
        """First day that the running count of school days must know."""
        kinds = {slot.rule.subject.kind for slot in self.plan.slots if slot.own_days}
        for slot in self.plan.slots:
            if slot.own == OWN_WINDOWS:
                kinds |= slot.rule.kinds()
        low = max(self.holes["low"], min(self.windows.first, self.as_of).toordinal())
        if not kinds:
            return low
        ((earliest,),) = self.ask(
            f"SELECT MIN(e.start_day) FROM entry AS e WHERE e.kind IN ({listed(sorted(kinds))})"
        )
        return min(low, earliest or low)

    def _judge_values(self) -> None:
        """Judge each distinct value of the attributes that rules read, once."""
        names = sorted(self.script.tests.attributes())
        values: dict[str, list[str]] = {name: [] for name in names}
        if names:
            for name, value in self.ask(
                f"SELECT DISTINCT a.name, a.value FROM attribute AS a WHERE a.name IN ({listed(names)})"
            ):
                values[name].append(value)
        tables.put(self.engine, "tx_accept", self.script.tests.codes(values))

    def _groups(self) -> tuple[set[tuple[str, str]], set[tuple[str, str, str]]]:
        """Find where groups stand in the ledger, and which of them share members with groups of another kind."""
        if self.expanded:
            return set(), set()
        known, of = self.known_at is not None, listed(GROUP_LINKS)
        school = " AND s.school_id = hole_school" if self.school is not None else ""
        standing = self.ask(
            "SELECT DISTINCT p.kind, p.part, p.subject_id FROM subject AS s CROSS JOIN participation AS p"
            f" WHERE s.type IN ({of}){school} AND p.subject_id = s.id AND {live('p', known)}"
        )
        if not standing:
            return set(), set()
        links = listed(GROUP_LINKS.values())
        shared = self.ask(
            "SELECT DISTINCT one.b_id, g.type FROM link AS one JOIN link AS two ON two.a_id = one.a_id"
            f" AND two.kind IN ({links}) AND two.b_id <> one.b_id JOIN subject AS g ON g.id = two.b_id"
            f" WHERE one.kind IN ({links})"
        )
        types: dict[int, set[str]] = {}
        for group, of_type in shared:
            types.setdefault(group, set()).add(of_type)
        pairs = {(kind, part) for kind, part, _ in standing}
        return pairs, {(kind, part, name) for kind, part, group in standing for name in types.get(group, ())}

    def _waivers(self) -> list[tuple[int, ...]]:
        """Waivers are few: spread each over the windows it may cover."""
        slots: dict[str, list[Slot]] = {}
        for slot in self.plan.slots:
            slots.setdefault(slot.rule.id, []).append(slot)
        window = '"window"' if self.programme is None else "''"
        mine = "" if self.programme is None else f" AND v.programme_id = {int(self.programme)}"
        rows = self.ask(
            f"SELECT v.obligation, COALESCE(v.link_id + {LINKED}, v.subject_id), v.valid_from, v.valid_to, {window} FROM waiver AS v"
            f" WHERE {live('v', self.known_at is not None)}{mine}"
        )
        return [
            (slot.number, at, abs(subject) % LINKED, first, min(last, _expiry(slot, first)))
            for name, subject, first, last, only in rows
            for slot in slots.get(name, ())
            if slot.rule.subject.is_activity == (subject < 0)
            and slot.rule.subject.is_pair == (subject > LINKED)
            for at, found in self._windows_waived(slot, abs(subject) % LINKED)
            if only in ("", _name(found))
        ]

    def _windows_waived(self, slot: Slot, subject: int) -> list[tuple[int, Window | None]]:
        """Every window of a slot, by number, that a waiver of a subject may cover."""
        if slot.own == OWN_WINDOWS:
            mine = self.ask(
                f"SELECT n.win, n.first, n.last FROM tx_mine AS n WHERE n.slot = {slot.number} AND n.subject = {int(subject)}"
            )
            return [(win, self._window(slot, win, first, last)) for win, first, last in mine]
        return list(enumerate(self.windows.of(slot) or ((None,) if slot.own_days else ())))

    def _choose(self, unique_rows: bool, waived: set[int]) -> tables.Ways:
        """Choose how to evaluate; see `tables.Ways`."""
        of, expand = tables.counting_ways(self.plan, *self._groups(), unique_rows)
        broken = self.ask(
            f"SELECT DISTINCT g.line FROM tx_seg AS g WHERE g.value = {UNKNOWN} OR g.next_first <= {NO_END_DAY}"
        )
        lines = {line for (line,) in broken}
        plain = {slot.number: tables.how_plain(slot, self.windows) for slot in self.plan.slots}
        swift = {
            slot.number
            for slot in self.plan.slots
            if plain[slot.number] == settle.PLAIN
            and slot.number not in waived
            and slot.scope not in lines
            and of.get(slot.units[0].number) == FAST
        }
        everybody = tables.who_need_everybody(self.plan) if self.expanded else set(of)
        return tables.Ways(of, expand, everybody, plain, swift)

    def _count(self) -> None:
        """Count what only cells can be made of now; swift slots are counted when cells are first asked for."""
        self._gather_statistics(
            "tx_mine", "tx_seg", "tx_window", "tx_unit", "tx_slot", "tx_match", "tx_day", "tx_need"
        )
        used = set(self.ways.of.values())
        for statement in self.script.entries if ENTRIES in used else ():
            self.ask(statement)
        for statement in self.script.fast if self._has_slow() else ():
            self.ask(statement, slow=0, swift=0)
        if HEADS in used:
            for statement in self.script.heads:
                self.ask(statement)
            self._gather_statistics("tx_head")
            if pairs.has_pairs(self.plan):
                self.engine.run(self._temporary(pairs.ON_ENTRY))
            for statement in self.script.hits:
                self.ask(statement)
            if self.engine.dialect != "sqlite":
                self.engine.run("DROP INDEX IF EXISTS tx_head_entry")
        self._measure_wider()
        self._gather_statistics("tx_done")

    def _measure_wider(self) -> None:
        """Numbers that are set, days in a row, what holds, and shares; see days.py, standing.py and shares.py."""
        for line in self.plan.lines:
            if isinstance(line.node, Asked | PartOf):
                self.ask(
                    f"INSERT INTO tx_band (line, value, num, den) SELECT DISTINCT {line.number}, g.value, g.value, 100"
                    f" FROM tx_seg AS g WHERE g.line = {line.number} AND g.value >= 0"
                )
        for statement in self.script.wider:
            self.ask(statement)
        exclusive.apply(self)
        if any(asks_for(slot.rule) for slot in self.plan.slots):
            self._count_fast()
            judge_in_order(self)

    def _temporary(self, index: str) -> str:
        return index.replace("EXISTS tx_", "EXISTS temp.tx_") if self.engine.dialect == "sqlite" else index

    def _has_slow(self) -> bool:
        """Is there a fast unit in a slot that is not swift."""
        left = (slot for slot in self.plan.slots if slot.number not in self.ways.swift)
        return any(self.ways.of[unit.number] == FAST for slot in left for unit in slot.counted())

    def _count_fast(self) -> None:
        if not self._counted_fast:
            self._counted_fast = True
            for statement in self.script.fast:
                self.ask(statement, slow=ONCE, swift=SEVERAL)
            self._gather_statistics("tx_done")

    def _hold_steady(self) -> None:
        """Find the one piece of each subject on the lines of swift slots by a single number."""
        self.engine.run("DELETE FROM tx_steady")
        self.ask(
            f"INSERT INTO tx_steady (mark, span) SELECT g.line * {settle.SUBJECTS} + g.subject, g.first * {settle.DAYS} + g.last"
            " FROM tx_seg AS g WHERE g.line IN (SELECT sl.scope FROM tx_slot AS sl WHERE sl.swift = 1)"
        )
        self._gather_statistics("tx_steady")

    def _gather_statistics(self, *names: str) -> None:
        """Without figures both engines take a temporary table for a big one and plan accordingly."""
        if self.engine.dialect == "sqlite":
            names = tables.outgrown(self.engine, names)
        if self.engine.dialect in ("sqlite", "postgres"):
            for name in names:
                self.engine.run(f"ANALYZE {name}")

    # questions

    def cells(
        self,
        subjects: Collection[int] | None = None,
        obligations: Collection[str] | None = None,
        verdicts: Collection[str] | None = None,
    ) -> list[Cell]:
        """Return cells in the order of the pack, then window, then subject; None = all."""
        outer = ""
        if verdicts is not None:
            codes = ", ".join(str(settle.VERDICTS.index(name)) for name in sorted(verdicts)) or "0"
            outer = f" WHERE q.verdict IN ({codes})"
        self._count_fast()
        columns = ", ".join(f"q.{name}" for name in settle.COLUMNS)
        narrowed = self._narrowed(subjects, obligations)
        rows = [
            row
            for plain in sorted(set(self.ways.plain.values()))
            for row in self.ask(f"SELECT {columns} FROM ({settle.cells(plain, narrowed)}) AS q{outer}")
        ]
        rows.sort(key=_IN_ORDER)
        return list(self._cells(rows))

    def gaps(
        self, subjects: Collection[int] | None = None, obligations: Collection[str] | None = None
    ) -> list[Cell]:
        """Return the cells that are not met and still matter: open and missed."""
        return self.cells(subjects, obligations, (OPEN, MISSED))

    def summary(self, by: str = "", obligations: Collection[str] | None = None) -> list[Tally]:
        """Count verdicts per obligation version and window; by: "homeroom", "branch", "department" or "" for all.

        By a group, each subject counts in the group it belonged to on the judging day; without one, in none.
        """
        found: dict[tuple[int, ...], Tally] = {}
        for slot, win, first, last, of, verdict, n in self._counts(by, obligations):
            key = (slot, first, win, of)
            if key not in found:
                window = self._window(self.plan.slots[slot - 1], win, first, last)
                found[key] = Tally(self.plan.slots[slot - 1], window, {}, of if by else None)
            counts, name = found[key].counts, settle.VERDICTS[verdict]
            counts[name] = counts.get(name, 0) + int(n)
            if not counts[name]:
                del counts[name]
        return [found[key] for key in sorted(found) if found[key].counts]

    def _counts(self, by: str, obligations: Collection[str] | None) -> list[tuple[int, ...]]:
        """Return rows (slot, win, first, last, group, verdict, n) that add up."""
        rows: list[tuple[int, ...]] = []
        narrowed = self._narrowed(None, obligations)
        swift = self.ways.swift if not by and obligations is None and not self._counted_fast else set()
        if swift:
            self._hold_steady()
            found = self.ask(settle.swift_summary(self.script.reached))
            rows = [(slot, win, first, last, 0, verdict, n) for slot, win, first, last, verdict, n in found]
            narrowed = "sl.swift = 0"
        else:
            self._count_fast()
        left = [slot for slot in self.plan.slots if slot.number not in swift]
        for plain in sorted({self.ways.plain[slot.number] for slot in left}):
            rows += self._counted(plain, narrowed, by)
        return rows

    def _counted(self, plain: int, narrowed: str, by: str) -> list[tuple[int, ...]]:
        group, join, more = "MIN(0)", "", ""
        if by:
            group, more = "g.b_id", ", g.b_id"
            mute = [slot for slot in self.plan.slots if slot.rule.subject.name in ("pair", "activity")]
            none = ", ".join(str(slot.number) for slot in mute) or "0"
            join = (
                f" JOIN link AS g ON q.slot NOT IN ({none}) AND g.kind = {quoted(GROUP_LINKS[by])} AND g.a_id = q.subject"
                " AND g.valid_from <= q.judged AND g.valid_to >= q.judged"
                f" AND {live('g', self.known_at is not None)}"
            )
        return self.ask(
            f"SELECT q.slot, q.win, q.first, q.last, {group}, q.verdict, COUNT(*) FROM"
            f" ({settle.cells(plain, narrowed)}) AS q{join} GROUP BY q.slot, q.win, q.first, q.last, q.verdict{more}"
        )

    # small pieces

    def _narrowed(self, subjects: Collection[int] | None, obligations: Collection[str] | None) -> str:
        parts = []
        if subjects is not None:
            listed_ = ", ".join(str(int(one)) for one in sorted(subjects)) or "NULL"
            parts.append(pairs.narrowed(self.plan, listed_))
        if obligations is not None:
            wanted = [str(slot.number) for slot in self.plan.slots if slot.rule.id in obligations]
            parts.append(f"c.slot IN ({', '.join(wanted) or 'NULL'})")
        return " AND ".join(parts)

    def _window(self, slot: Slot, win: int, first: int, last: int) -> Window:
        if isinstance(slot.period, OwnWindows):
            return slot.period.named(dt.date.fromordinal(first), dt.date.fromordinal(last))
        if slot.own_days:
            day = dt.date.fromordinal(last)
            return Window(dt.date.fromordinal(first), day, day.isoformat(), planned=True)
        return self.windows.of(slot)[win]

    def _cells(self, rows: list[tuple[Any, ...]]) -> Iterator[Cell]:
        """Rows (settle.COLUMNS) in their words. A page asks for thousands, so what neighbours share is looked up once, and
        whole numbers, as nearly all are, stay as they are."""
        slots, names = self.plan.slots, settle.VERDICTS
        before: tuple[int, ...] = ()
        for (number, win, subject, first, last, code, owed, owed_den, most, most_den, done, done_den, over, over_den,
             reason, judged, _scope_end) in rows:  # fmt: skip
            if (number, win, first, last, judged) != before:
                before = (number, win, first, last, judged)
                slot, day = slots[number - 1], dt.date.fromordinal(judged)
                window = self._window(slot, win, first, last)
            verdict = names[code]
            yield Cell(
                slot,
                window,
                subject,
                verdict,
                owed if owed_den == 1 else _fraction(owed, owed_den),
                done if done_den == 1 else _fraction(done, done_den),
                over if over_den == 1 else _fraction(over, over_den),
                None if not most_den else most if most_den == 1 else _fraction(most, most_den),
                "" if code in _NEVER_REASONED else _reason(verdict, reason),
                day,
            )


def _fraction(numerator: int, denominator: int) -> Number:
    return simplest(Fraction(numerator, denominator))


def _reason(verdict: str, code: int) -> str:
    if verdict == WAIVED:
        return "waived"
    if verdict != NOT_EXPECTED:
        return ""
    return settle.REASONS[code] or "encouraged"


def _name(window: Window | None) -> str:
    return window.name if window is not None else ""


def _expiry(slot: Slot, first: int) -> int:
    rule = slot.rule.waiver
    return first + rule.expires_days if rule and rule.expires_days and first > 1 else NO_END_DAY


__all__ = ["Cell", "Run", "SetEvaluator", "Tally"]
