"""Windows that each subject has for itself, as rows of tx_mine: from events, entries, links that begin, announced days.

What happened is found by one query per slot; how long a window lasts is worked out in Python once per distinct day (the
school calendar lives there) and joined, so the SQL has no date arithmetic. Hours are integers of microseconds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..occasions import (
    ARRIVED,
    BEGINS,
    ENTRY_KIND,
    EVENT,
    ITSELF,
    Before,
    BetweenEvents,
    ByAnnounced,
    Happening,
    Within,
    due_day,
)
from ..reading import day_of
from ..tree import Obligation
from . import pairs
from .builder import live
from .engine import NO_END_DAY, quoted
from .plan import ENTRY, SCHOOL, Slot, universe_of

if TYPE_CHECKING:
    from .evaluate import Run

HOUR = 3_600_000_000
DAY = 24 * HOUR
EPOCH = 719_163  # ordinal of 1970-01-01
ZONE = 8 * HOUR
RETRACTED, NOT_SET = 1, 2


def end_of_day(day: str) -> str:
    """Return the instant of a day's last microsecond in Shanghai."""
    return f"(({day} - {EPOCH - 1}) * {DAY} - {ZONE} - 1)"


def fill(run: Run) -> None:
    """Fill tx_mine for every slot with windows of its own."""
    for slot in run.plan.slots:
        if isinstance(slot.period, ByAnnounced):
            _announced(run, slot, slot.period)
        elif slot.own == 2:
            _from_occasions(run, slot)


def _from_occasions(run: Run, slot: Slot) -> None:
    period = slot.period
    if isinstance(period, BetweenEvents):
        _between(run, slot, period)
        return
    assert isinstance(period, Within | Before)
    found = occasions(run, slot, period.happening)
    if isinstance(period, Within) and period.unit == "hour":
        instant = f"COALESCE(o.at, {end_of_day('o.day')})"
        due = f"({instant} + {period.n * HOUR})"
        last = f"(({due} + {ZONE}) / {DAY} + {EPOCH})"
        _insert(run, slot, found, "o.day", last, instant, due)
        return
    days = [dt.date.fromordinal(day) for (day,) in run.ask(f"SELECT DISTINCT o.day FROM ({found}) AS o")]
    run.put("tx_due", _due(run, slot, period, days))
    joined = f"{found}) AS o JOIN tx_due AS u ON u.slot = {slot.number} AND u.day = o.day"
    _insert(run, slot, joined, "u.first", "u.last", "0", "0", closed=True)


def _due(run: Run, slot: Slot, period: Within | Before, days: list[dt.date]) -> Iterator[tuple[int, ...]]:
    for day in days:
        if isinstance(period, Before):
            first, last = period.first_day(day), day
        else:
            first, last = day, due_day(run.evaluator.calendar, day, period.n, period.unit)
        yield slot.number, day.toordinal(), first.toordinal(), last.toordinal()


def _between(run: Run, slot: Slot, period: BetweenEvents) -> None:
    ends = occasions(run, slot, period.end)
    last = (
        f"COALESCE((SELECT MIN(n.day) FROM ({ends}) AS n WHERE n.subject = o.subject AND n.day >= o.day"
        f" AND n.retracted = 0), {NO_END_DAY})"
    )
    _insert(run, slot, occasions(run, slot, period.start), "o.day", last, "0", "0")


def _insert(
    run: Run, slot: Slot, found: str, first: str, last: str, first_at: str, last_at: str, closed: bool = False
) -> None:
    """found: query of occasions (or, `closed`, the inside of a FROM that calls them o)."""
    source = f"({found}" if closed else f"({found}) AS o"
    ended = "CASE WHEN b.last_at > 0 THEN hole_now > b.last_at ELSE hole_as_of > b.last END"
    run.ask(
        "INSERT INTO tx_mine (slot, subject, win, first, last, judged, ended, first_at, last_at, void, about_entry, about_event)"
        f" SELECT {slot.number}, b.subject, b.win, b.first, b.last, MIN(b.last, hole_as_of),"
        f" CASE WHEN {ended} THEN 1 ELSE 0 END, b.first_at, b.last_at,"
        f" CASE WHEN b.retracted <> 0 THEN {RETRACTED} ELSE 0 END, b.about_entry, b.about_event"
        f" FROM (SELECT o.subject AS subject, ROW_NUMBER() OVER (PARTITION BY o.subject ORDER BY o.day, o.at,"
        f" o.about_entry, o.about_event) AS win, {first} AS first, {last} AS last, {first_at} AS first_at,"
        f" {last_at} AS last_at, o.retracted AS retracted, o.about_entry AS about_entry, o.about_event AS about_event"
        f" FROM {source}) AS b WHERE {in_force(slot.rule, slot.later)}"
    )


def in_force(rule: Obligation, later: tuple[Obligation, ...]) -> str:
    """Return whether this version and no later one judges a window b (Meaning 6)."""

    def applies(version: Obligation) -> str:
        begins = "b.first" if version.next_window else "b.last"
        until = f" AND b.last <= {version.until.toordinal()}" if version.until else ""
        return f"({version.since.toordinal()} <= {begins}{until})"

    return " AND ".join([applies(rule), *(f"NOT {applies(newer)}" for newer in later)])


def occasions(run: Run, slot: Slot, happening: Happening) -> str:
    """Return the query (subject, day, at, retracted, about_entry, about_event) of what happened up to the day asked for."""
    found = _occasions(run, slot, happening)
    if not slot.rule.subject.is_pair:
        return found
    return pairs.occasions(found, slot, happening, run.known_at is not None, run.school is not None)


def _occasions(run: Run, slot: Slot, happening: Happening) -> str:
    known, school = run.known_at is not None, run.school is not None
    mine = " AND {}.school_id = hole_school" if school else ""
    columns = "{} AS subject, {} AS day, {} AS at, {} AS retracted, {} AS about_entry, {} AS about_event"
    none = "CAST(NULL AS BIGINT)"
    if happening.source == EVENT:
        retracted = "CASE WHEN v.retracted THEN 1 ELSE 0 END"
        return (
            f"SELECT {columns.format('v.subject_id', 'v.day', 'v.at', retracted, 0, 'v.id')} FROM event AS v"
            f" WHERE v.kind = {quoted(happening.event)} AND {live('v', known)} AND v.day <= hole_as_of{mine.format('v')}"
        )
    if happening.source in (ENTRY_KIND, ITSELF):
        return _entries(slot, happening, known, mine, columns)
    if happening.source == BEGINS:
        return (
            f"SELECT {columns.format('l.a_id', 'l.valid_from', none, 0, 0, 0)} FROM link AS l"
            f" WHERE l.kind = {quoted(happening.event)} AND {live('l', known)} AND l.valid_from > 1"
            f" AND l.valid_from <= hole_as_of{mine.format('l')}"
        )
    day = "s.present_from" if happening.source == ARRIVED else "s.present_to"
    return (
        f"SELECT {columns.format('s.id', day, none, 0, 0, 0)} FROM subject AS s"
        f" WHERE {day} > 1 AND {day} < {NO_END_DAY} AND {day} <= hole_as_of{mine.format('s')}"
    )


def _entries(slot: Slot, happening: Happening, known: bool, mine: str, columns: str) -> str:
    """Entries as events: of the entry itself, of its school, or of those who stand in it themselves and are there."""
    universe = universe_of(slot.rule.subject)
    kind = slot.rule.subject.kind if happening.source == ITSELF else happening.event
    subject, join = {ENTRY: ("e.id", ""), SCHOOL: ("sc.id", _AT_SCHOOL)}.get(universe, ("p.subject_id", ""))
    if not join and subject == "p.subject_id":
        part = f" AND p.part = {quoted(happening.part)}" if happening.part else ""
        join = f" JOIN participation AS p ON p.entry_id = e.id AND {live('p', known)} AND NOT p.absent{part}"
    return (
        f"SELECT DISTINCT {columns.format(subject, 'e.day', 'e.at', 0, 'e.id', 0)} FROM entry AS e{join}"
        f" WHERE e.kind = {quoted(kind)} AND {live('e', known)} AND e.day <= hole_as_of{mine.format('e')}"
    )


_AT_SCHOOL = " JOIN subject AS sc ON sc.type = 'school' AND sc.school_id = e.school_id"


def _announced(run: Run, slot: Slot, period: ByAnnounced) -> None:
    """One window per day that a school has announced; none in this programme year yet: one that asks for nothing."""
    calendar, as_of = run.evaluator.calendar, run.as_of
    said: dict[int, set[dt.date]] = {}
    schools = run.ask(f"SELECT s.school_id, s.id FROM subject AS s WHERE s.type = 'school'{run.mine('s')}")
    for school, subject in schools:
        rows = run.ask(
            f"SELECT DISTINCT a.value FROM attribute AS a WHERE a.name = {quoted(period.attribute)}"
            f" AND a.subject_id = {int(subject)} AND {live('a', run.known_at is not None)}"
        )
        said[school] = {day for (value,) in rows if (day := day_of(value)) is not None}
    start = calendar.programme_year_start(as_of)
    rows = []
    for school, days in said.items():
        windows = [(min(calendar.programme_year_start(day), day), day, 0) for day in sorted(days)]
        if not any(day >= start for day in days):
            windows.append((start, dt.date.max, NOT_SET))
        rows += [
            (slot.number, school, win, first.toordinal(), last.toordinal(), void)
            for win, (first, last, void) in enumerate(windows, start=1)
            if first <= as_of
        ]
    run.put("tx_announced", rows)
    # Members are of several types; who is none has no scope and so no cell.
    name = slot.rule.subject.name
    of_type = "" if name == "member" else f" AND s.type = {quoted(name)}"
    subject, link = "s.id", ""
    if slot.rule.subject.is_pair:
        subject, of_type = "lp.id", ""
        link = f" JOIN link AS lp ON lp.a_id = s.id AND lp.kind = {quoted(slot.rule.subject.kind)}"
        link += f" AND {live('lp', run.known_at is not None)}"
    run.ask(
        "INSERT INTO tx_mine (slot, subject, win, first, last, judged, ended, first_at, last_at, void, about_entry, about_event)"
        f" SELECT {slot.number}, {subject}, b.win, b.first, b.last, MIN(b.last, hole_as_of),"
        " CASE WHEN hole_as_of > b.last THEN 1 ELSE 0 END, 0, 0, b.void, 0, 0"
        f" FROM tx_announced AS b JOIN subject AS s ON s.school_id = b.school{of_type}{link}"
        f" WHERE b.slot = {slot.number} AND {in_force(slot.rule, slot.later)}"
    )
