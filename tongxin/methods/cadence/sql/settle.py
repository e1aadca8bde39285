"""From who owes and what was done to a verdict: the one place where the set-based evaluator settles.

Meaning 3 in numbers: met before waived before not_expected before missed before open. Every amount is a numerator and a
denominator, so comparisons are exact; denominator 0 means "no such bound".
"""

from __future__ import annotations

from .plan import ALL_OF, OWN_WINDOWS, SINGLE
from .scope import IN, UNKNOWN

SUBJECTS = 4294967296  # more than there are subjects
WINDOWS = 65536  # more than one rule has windows
DAYS = 4194304  # more than there are days
MANIFOLD, PLAIN, PLAIN_BAND, PLAIN_LIST = range(4)  # how a slot settles; see tables.how_plain
MET, OPEN, MISSED, WAIVED, NOT_EXPECTED = 1, 2, 3, 4, 5
VERDICTS = ("", "met", "open", "missed", "waived", "not_expected")
REASONS = (
    "", "unknown", "out of scope", "present too short", "no item applies", "nothing owed", "no school day",
    "event retracted", "not set", "exempt", "unknown",
)  # fmt: skip
UNKNOWN_VALUE, LEFT, TOO_SHORT, NO_ITEM, NOTHING_OWED, NO_SCHOOL_DAY, VOID, NOT_SET = range(1, 9)
EXEMPT, EXEMPT_UNKNOWN = 9, 10

COLUMNS = (
    "slot", "win", "subject", "first", "last", "verdict", "owed_num", "owed_den", "most_num", "most_den", "done_num",
    "done_den", "over_num", "over_den", "reason", "judged", "scope_end",
)  # fmt: skip


def cells(plain: int, where: str = "") -> str:
    """Return the query of all cells (COLUMNS) of slots that are PLAIN, PLAIN_BAND, PLAIN_LIST or none of them (MANIFOLD).

    where: narrows them by c.slot, c.subject.
    """
    cell = _cell(f"sl.plain = {plain}" + (f" AND {where}" if where else ""), entries=plain == MANIFOLD)
    if plain in (PLAIN, PLAIN_BAND):
        whole = f"cell AS ({cell}), whole AS ({_plain(banded=plain == PLAIN_BAND)})"
    elif plain == PLAIN_LIST:
        whole = f"cell AS ({cell}), counted AS ({_plain_items()}), whole AS ({_plain_list()})"
    else:
        # Kept apart, for SQLite would work out each expression anew wherever it is used.
        whole = (
            f"cell AS MATERIALIZED ({cell}), item AS MATERIALIZED ({_item()}),"
            f" judged AS MATERIALIZED ({_judged()}), based AS MATERIALIZED ({_based()}),"
            f" whole AS MATERIALIZED ({_single()} UNION ALL {_checklist()})"
        )
    return (
        f"WITH {whole}, reasoned AS ({_reasoned(exemptions=plain == MANIFOLD)})"
        f" SELECT {', '.join(f'r.{name}' for name in COLUMNS if name != 'verdict')}, {_verdict()} AS verdict"
        " FROM reasoned AS r"
    )


def minima(where: str) -> str:
    """Return the query (slot, win, subject, last, numerator, denominator) of what is owed; 0/0 where it is not known."""
    return (
        f"WITH cell AS MATERIALIZED ({_cell(where, entries=True)}), item AS MATERIALIZED ({_item()}), judged AS ({_judged()})"
        " SELECT j.slot, j.win, j.subject, j.last, j.low_n, j.low_d FROM judged AS j"
    )


def swift_summary(reached: str) -> str:
    """Return (slot, win, first, last, verdict, n) of swift slots without looking at every cell.

    Subjects who were in scope on the same days share a verdict as long as they have done nothing, so they are counted
    together; then those who have reached their minimum move from that verdict to met. Rows add up; n may be negative.
    reached: query of (cell, span, n), see `Counting.reached`; they come as few numbers, for they are compared a hundred
    thousand times.
    """
    profile = (
        "SELECT g.line AS line, 0 AS subject, g.first AS first, g.last AS last, g.value AS value,"
        " g.next_first AS next_first, COUNT(*) AS n FROM tx_seg AS g"
        " WHERE g.line IN (SELECT sl.scope FROM tx_slot AS sl WHERE sl.swift = 1)"
        " GROUP BY g.line, g.first, g.last, g.value, g.next_first"
    )
    touched = (
        f"SELECT {whole('d.cell', WINDOWS)} AS slot, d.cell % {WINDOWS} AS win, {whole('d.span', DAYS)} AS first,"
        f" d.span % {DAYS} AS last, d.n AS n FROM reached AS d"
    )
    idle = _cell_of_calendar("profile", ", s.n AS n") + " WHERE sl.swift = 1"
    busy = (
        f"SELECT {_SLOT}, w.win AS win, 0 AS subject, sl.scope AS line, s.last AS scope_end,"
        f" CASE WHEN s.last >= w.judged THEN {IN} ELSE 0 END AS now, 1 AS ever, {_WINDOW}, s.n AS n"
        " FROM touched AS s JOIN tx_slot AS sl ON sl.slot = s.slot JOIN tx_window AS w ON w.grain = sl.grain AND w.win = s.win"
        " WHERE s.first <= w.judged AND s.last >= w.first"
    )
    counted = "SELECT r.slot AS slot, r.win AS win, r.first AS first, r.last AS last, {}r.n AS n, {} AS verdict FROM {} AS r"
    kept = ", c.n AS n"
    steps = {
        "idle_whole": _plain("0", kept, "idle"), "zero_whole": _plain("0", kept, "busy"),
        "done_whole": _plain("u.low_num", kept, "busy"),
    }  # fmt: skip
    wholes = ", ".join(f"{name} AS ({text})" for name, text in steps.items())
    whys = ", ".join(f"{name}_why AS ({_reasoned(name)})" for name in steps)
    return (
        f"WITH profile AS MATERIALIZED ({profile}), reached AS ({reached}), touched AS MATERIALIZED ({touched}),"
        f" idle AS ({idle}), busy AS ({busy}), {wholes}, {whys},"
        f" moved AS ({counted.format('', _verdict(), 'idle_whole_why')}"
        f" UNION ALL {counted.format('-', _verdict(), 'zero_whole_why')}"
        f" UNION ALL {counted.format('', _verdict(), 'done_whole_why')})"
        " SELECT slot, win, first, last, verdict, SUM(n) AS n FROM moved GROUP BY slot, win, first, last, verdict"
    )


def whole(number: str, by: int) -> str:
    """Return the quotient without its rest, the same on every engine."""
    return f"CAST(({number} - {number} % {by}) / {by} AS BIGINT)"


def _in_scope(first: str, last: str, judged: str) -> str:
    """Return the join that finds the one piece that speaks for a window: the last IN piece that touches it."""
    return (
        f"s.line = sl.scope AND s.value = {IN} AND s.first <= {judged} AND s.last >= {first}"
        f" AND s.next_first > {judged}"
    )


def _unknown_on(day: str, subject: str = "s.subject") -> str:
    return (
        f"EXISTS (SELECT 1 FROM tx_seg AS n WHERE n.line = sl.scope AND n.subject = {subject}"
        f" AND n.value = {UNKNOWN} AND n.first <= {day} AND n.last >= {day})"
    )


_SLOT = "sl.slot AS slot, sl.arrivals AS arrivals, sl.from_days AS from_days, sl.encouraged AS encouraged, sl.shape AS shape, sl.grace AS grace"
_WINDOW = (
    "w.first AS first, w.last AS last, w.judged AS judged, w.ended AS ended, w.share_num AS share_num,"
    " w.share_den AS share_den, w.school_days AS school_days, w.planned AS planned, 0 AS void"
)
_MINE = (
    "w.first AS first, w.last AS last, w.judged AS judged, w.ended AS ended, 1 AS share_num, 1 AS share_den,"
    " 0 AS school_days, 1 AS planned, w.void AS void"
)


def _cell_of_calendar(segments: str, more: str = "", before: str = "", on: str = "") -> str:
    """Return the cells of windows on the calendar whose subject was in scope on some day of theirs."""
    slots = f"{before} JOIN tx_slot AS sl ON {on}" if before else "tx_slot AS sl"
    return (
        f"SELECT {_SLOT}, w.win AS win, s.subject AS subject, s.line AS line, s.last AS scope_end,"
        f" CASE WHEN s.last >= w.judged THEN {IN} WHEN {_unknown_on('w.judged')} THEN {UNKNOWN} ELSE 0 END AS now,"
        f" 1 AS ever, {_WINDOW}{more} FROM {slots} JOIN tx_window AS w ON w.grain = sl.grain"
        f" JOIN {segments} AS s ON {_in_scope('w.first', 'w.last', 'w.judged')}"
    )


def _cell(where: str, entries: bool) -> str:
    """Return the query of cells. entries: of rules for activities too, each of which is MANIFOLD."""
    slot, window = _SLOT, _WINDOW
    entry_days = " JOIN entry AS e ON e.id = s.subject AND e.day BETWEEN w.first AND w.last"
    of_calendar = _cell_of_calendar("tx_seg")
    never_in = (
        f"SELECT {slot}, w.win AS win, s.subject AS subject, s.line AS line, 0 AS scope_end, {UNKNOWN} AS now,"
        f" 0 AS ever, {window} FROM tx_slot AS sl JOIN tx_window AS w ON w.grain = sl.grain"
        f" JOIN tx_seg AS s ON s.line = sl.scope AND s.value = {UNKNOWN} AND s.first <= w.judged"
        " AND s.last >= w.judged"
    )
    not_in_before = (
        f"NOT EXISTS (SELECT 1 FROM tx_seg AS i WHERE i.line = s.line AND i.subject = s.subject AND i.value = {IN}"
        " AND i.first <= w.judged AND i.last >= w.first)"
    )
    own = (
        f"SELECT {slot}, 0 AS win, s.subject AS subject, s.line AS line, s.last AS scope_end, s.value AS now,"
        f" CASE WHEN s.value = {IN} THEN 1 ELSE 0 END AS ever, e.start_day AS first, e.day AS last, e.day AS judged,"
        " CASE WHEN hole_as_of > e.day THEN 1 ELSE 0 END AS ended, 1 AS share_num, 1 AS share_den,"
        " 0 AS school_days, 1 AS planned, 0 AS void FROM tx_slot AS sl JOIN tx_seg AS s ON s.line = sl.scope"
        f" JOIN entry AS e ON e.id = s.subject WHERE sl.own = 1 AND {_in_force(0)} AND NOT {_in_force(1)}"
    )
    mine = (
        f"SELECT {slot}, w.win AS win, s.subject AS subject, s.line AS line, s.last AS scope_end,"
        f" CASE WHEN s.last >= w.judged THEN {IN} WHEN {_unknown_on('w.judged')} THEN {UNKNOWN} ELSE 0 END AS now,"
        f" 1 AS ever, {_MINE} FROM tx_slot AS sl JOIN tx_mine AS w ON w.slot = sl.slot"
        f" JOIN tx_seg AS s ON s.subject = w.subject AND {_in_scope('w.first', 'w.last', 'w.judged')}"
    )
    mine_unknown = (
        f"SELECT {slot}, w.win AS win, s.subject AS subject, s.line AS line, 0 AS scope_end, {UNKNOWN} AS now,"
        f" 0 AS ever, {_MINE} FROM tx_slot AS sl JOIN tx_mine AS w ON w.slot = sl.slot"
        f" JOIN tx_seg AS s ON s.subject = w.subject AND s.line = sl.scope AND s.value = {UNKNOWN}"
        " AND s.first <= w.judged AND s.last >= w.judged"
    )
    parts = [
        f"{of_calendar} WHERE sl.own = 0 AND sl.of_entries = 0",
        f"{never_in} WHERE sl.own = 0 AND sl.of_entries = 0 AND {not_in_before}",
        f"{mine} WHERE sl.own = {OWN_WINDOWS}",
        f"{mine_unknown} WHERE sl.own = {OWN_WINDOWS} AND {not_in_before}",
    ]
    if entries:
        parts += [
            f"{of_calendar}{entry_days} WHERE sl.own = 0 AND sl.of_entries = 1",
            f"{never_in}{entry_days} WHERE sl.own = 0 AND sl.of_entries = 1",
            own,
        ]
    if where:
        parts = [
            f"{part} AND {where.replace('c.slot', 'sl.slot').replace('c.subject', 's.subject')}"
            for part in parts
        ]
    return " UNION ALL ".join(parts)


def _in_force(newer: int) -> str:
    """Return whether a version (or a newer one) judges an entry's own days (Meaning 6)."""
    begins = "CASE WHEN f.by_first = 1 THEN e.start_day ELSE e.day END"
    return (
        f"EXISTS (SELECT 1 FROM tx_force AS f WHERE f.slot = sl.slot AND f.newer = {newer}"
        f" AND f.since <= {begins} AND e.day <= f.until)"
    )


def _there(what: str) -> str:
    """Return a sum over the pieces in scope of a cell's window, continued to its end where the subject still is."""
    end = "CASE WHEN v.last >= c.judged THEN c.last ELSE v.last END"
    begin = "MAX(v.first, c.first)"
    joins = ""
    if what == "school":
        joins = (
            f" JOIN tx_calendar AS before ON before.day = {begin} - 1"
            f" JOIN tx_calendar AS through ON through.day = MIN({end}, hole_high)"
        )
    summed = "through.upto - before.upto" if what == "school" else f"{end} - {begin} + 1"
    return (
        f"(SELECT COALESCE(SUM({summed}), 0) FROM tx_seg AS v{joins} WHERE v.line = c.line"
        f" AND v.subject = c.subject AND v.value = {IN} AND v.first <= c.judged AND v.last >= c.first)"
    )


def _item() -> str:
    """One row per cell and requirement: limits, what was done, and how much of the window is owed."""
    band = (
        " LEFT JOIN tx_seg AS {0}v ON u.{1}_line <> 0 AND {0}v.line = u.{1}_line AND {0}v.subject = c.subject"
        " AND {0}v.first <= c.judged AND {0}v.last >= c.judged"
    )
    number = " LEFT JOIN tx_band AS {0}b ON {0}b.line = u.{1}_line AND {0}b.value = {0}v.value"
    joins = "".join(
        text.format(letter, name) for letter, name in (("l", "low"), ("h", "high")) for text in (band, number)
    )
    short = f"CASE WHEN c.arrivals = 2 AND {_there('days')} < c.from_days THEN 1 ELSE 0 END AS too_short,"
    short += f" CASE WHEN c.grace > 0 AND {_there('days')} <= c.grace THEN 1 ELSE 0 END AS in_grace,"
    factor = (
        f" CASE WHEN c.arrivals <> 1 THEN 1 WHEN c.school_days > 0 THEN {_there('school')}"
        f" ELSE {_there('days')} END AS there,"
        " CASE WHEN c.arrivals <> 1 THEN 1 WHEN c.school_days > 0 THEN c.school_days"
        " ELSE c.last - c.first + 1 END AS whole,"
    )
    limits = "".join(
        f" CASE WHEN u.{name}_line <> 0 THEN {letter}b.num ELSE u.{name}_num END AS {name}_num,"
        f" CASE WHEN u.{name}_line <> 0 THEN COALESCE({letter}b.den, 0) ELSE u.{name}_den END AS {name}_den,"
        for letter, name in (("l", "low"), ("h", "high"))
    )
    unknown = (
        " CASE WHEN (u.low_line <> 0 AND lb.num IS NULL) OR (u.high_line <> 0 AND hb.num IS NULL) THEN 1 + u.asked ELSE 0 END"
        " AS limit_unknown,"
    )
    applies = (
        f" CASE WHEN u.where_line = 0 OR wv.value = {IN} THEN 1 ELSE 0 END AS applies,"
        f" CASE WHEN wv.value = {UNKNOWN} THEN 1 ELSE 0 END AS where_unknown,"
    )
    return (
        "SELECT c.slot AS slot, c.win AS win, c.subject AS subject, c.first AS first, c.last AS last,"
        " c.judged AS judged, c.ended AS ended, c.now AS now, c.ever AS ever, c.scope_end AS scope_end,"
        " c.school_days AS school_days, c.planned AS planned, c.void AS void, c.encouraged AS encouraged, c.shape AS shape,"
        f" c.share_num AS share_num, c.share_den AS share_den, {short}{factor}{limits}{unknown}{applies}"
        " u.grows AS grows, COALESCE(d.num, 0) AS done_num, COALESCE(d.den, 1) AS done_den,"
        " u.unit AS unit, u.one_of AS one_of, u.share AS share, COALESCE(bs.num, 0) AS base"
        " FROM cell AS c JOIN tx_unit AS u ON u.slot = c.slot"
        " LEFT JOIN tx_done AS d ON d.unit = u.unit AND d.subject = c.subject AND d.win = c.win"
        " LEFT JOIN tx_base AS bs ON bs.unit = u.unit AND bs.subject = c.subject AND bs.win = c.win"
        f"{joins}{band.format('w', 'where')}"
    )


def _judged() -> str:
    """Apply the owed part of the window: minima round up, maxima down; an unknown limit is no limit."""

    # A share is of a number of people: its part of them is rounded, and of nobody nothing is asked.
    whole_window = "i.share = 0 AND i.share_num * i.there = i.share_den * i.whole"
    of = "CASE WHEN i.share = 1 THEN i.base ELSE 1 END"

    def numerator(name: str) -> str:
        top, bottom = (
            f"(i.{name}_num * i.share_num * i.there * {of})",
            f"(i.{name}_den * i.share_den * i.whole)",
        )
        if name == "low":
            top = f"({top} + {bottom} - 1)"
        whole = f"CAST(({top} - ({top} % {bottom})) / {bottom} AS BIGINT)"
        return (
            "CASE WHEN i.limit_unknown > 0 OR (i.share = 1 AND i.base = 0) THEN 0"
            f" WHEN i.{name}_den = 0 THEN 0 WHEN {whole_window} THEN i.{name}_num ELSE {whole} END"
        )

    def denominator(name: str) -> str:
        return (
            f"CASE WHEN i.limit_unknown > 0 THEN 0 WHEN i.share = 1 AND i.base = 0 THEN {int(name == 'low')}"
            f" WHEN i.{name}_den = 0 THEN 0 WHEN {whole_window} THEN i.{name}_den ELSE 1 END"
        )

    limits = "".join(
        f", {numerator(name)} AS {name}_n, {denominator(name)} AS {name}_d" for name in ("low", "high")
    )
    kept = (
        "slot", "win", "subject", "first", "last", "judged", "ended", "now", "ever", "scope_end", "school_days", "planned", "void",
        "encouraged", "shape", "too_short", "in_grace", "applies", "where_unknown", "limit_unknown", "grows", "done_num", "done_den",
        "unit", "one_of",
    )  # fmt: skip
    return f"SELECT {', '.join(f'i.{name} AS {name}' for name in kept)}{limits} FROM item AS i"


def _based() -> str:
    """Meaning 3: met, open or missed by the numbers alone."""
    reached = "(j.low_d = 0 OR j.done_num * j.low_d >= j.low_n * j.done_den)"
    within = "(j.high_d = 0 OR j.done_num * j.high_d <= j.high_n * j.done_den)"
    allowed = (
        "(j.one_of = 0 OR EXISTS (SELECT 1 FROM tx_allowed AS al WHERE al.unit = j.unit"
        " AND al.num * j.done_den = j.done_num * al.den))"
    )
    return (
        f"SELECT j.*, CASE WHEN j.grows = 1 AND NOT {within} THEN {MISSED}"
        f" WHEN j.grows = 1 AND j.high_d = 0 AND {reached} THEN {MET} WHEN j.ended = 0 THEN {OPEN}"
        f" WHEN {reached} AND {within} AND {allowed} THEN {MET} WHEN j.in_grace = 1 THEN {OPEN} ELSE {MISSED} END AS base FROM judged AS j"
    )


_CELL = (
    "slot, win, subject, first, last, judged, now, ever, scope_end, school_days, planned, void, encouraged"
)


def _plain(done: str = "d.num", kept: str = "", cell: str = "cell", banded: bool = False) -> str:
    """A rule that asks for one minimum: there is nothing to round or to rise above.

    done: the numerator of what was done; with "d.num" it is looked up. banded: the minimum is that of the subject's line in
    a table, and may be unknown; otherwise a constant.
    """
    columns = ", ".join(f"c.{name.strip()} AS {name.strip()}" for name in _CELL.split(","))
    join, den, low, low_den = "", "u.low_den", "u.low_num", "u.low_den"
    unknown, vacuous = "0", "0"
    if done == "d.num":
        done, den = "COALESCE(d.num, 0)", "COALESCE(d.den, 1)"
        join = " LEFT JOIN tx_done AS d ON d.unit = u.unit AND d.subject = c.subject AND d.win = c.win"
    if banded:
        low, low_den = "COALESCE(lb.num, 0)", "COALESCE(lb.den, 1)"
        unknown, vacuous = (
            f"CASE WHEN lb.num {test} ELSE 0 END" for test in ("IS NULL THEN 1 + u.asked", "= 0 THEN 1")
        )
        join += (
            " LEFT JOIN tx_seg AS lv ON lv.line = u.low_line AND lv.subject = c.subject AND lv.first <= c.judged"
            " AND lv.last >= c.judged LEFT JOIN tx_band AS lb ON lb.line = u.low_line AND lb.value = lv.value"
        )
    over = f"({done} * {low_den} - {low} * {den})"
    return (
        f"SELECT {columns}, CASE WHEN u.grows = 0 AND c.ended = 0 THEN {OPEN}"
        f" WHEN {done} * {low_den} >= {low} * {den} THEN {MET} WHEN c.ended = 0 THEN {OPEN} ELSE {MISSED} END AS base, 1"
        f" AS items, {unknown} AS unknown, 0 AS too_short, {vacuous} AS vacuous,"
        f" {low} AS owed_num, {low_den} AS owed_den, 0 AS most_num, 0 AS most_den,"
        f" {done} AS done_num, {den} AS done_den, MAX({over}, 0) AS over_num, {den} * {low_den} AS over_den{kept}"
        f" FROM {cell} AS c JOIN tx_unit AS u ON u.slot = c.slot{join}"
    )


def _plain_items() -> str:
    """A checklist of constant minima: how many items there are, and how many have been reached."""
    columns = ", ".join(f"c.{name.strip()} AS {name.strip()}" for name in _CELL.split(","))
    keys = ", ".join(f"c.{name.strip()}" for name in _CELL.split(","))
    reached = (
        "COALESCE(d.num, 0) * u.low_den >= u.low_num * COALESCE(d.den, 1) AND (u.grows = 1 OR c.ended = 1)"
    )
    return (
        f"SELECT {columns}, c.ended AS ended, c.shape AS shape, COUNT(*) AS items,"
        f" SUM(CASE WHEN {reached} THEN 1 ELSE 0 END) AS met FROM cell AS c JOIN tx_unit AS u ON u.slot = c.slot"
        " LEFT JOIN tx_done AS d ON d.unit = u.unit AND d.subject = c.subject AND d.win = c.win"
        f" GROUP BY {keys}, c.ended, c.shape"
    )


def _plain_list() -> str:
    columns = ", ".join(f"b.{name.strip()} AS {name.strip()}" for name in _CELL.split(","))
    owed = f"CASE WHEN b.shape = {ALL_OF} THEN b.items ELSE 1 END"
    return (
        f"SELECT {columns}, CASE WHEN b.met >= {owed} THEN {MET} WHEN b.ended = 0 THEN {OPEN} ELSE {MISSED} END AS base,"
        f" b.items AS items, 0 AS unknown, 0 AS too_short, 0 AS vacuous, {owed} AS owed_num, 1 AS owed_den,"
        " 0 AS most_num, 0 AS most_den, b.met AS done_num, 1 AS done_den,"
        f" CASE WHEN b.shape = {ALL_OF} THEN 0 ELSE MAX(b.met - 1, 0) END AS over_num, 1 AS over_den FROM counted AS b"
    )


def _single() -> str:
    """A rule with one requirement: its numbers are the cell's."""
    bound_n = "CASE WHEN b.low_d > 0 THEN b.low_n WHEN b.high_d > 0 THEN b.high_n ELSE 0 END"
    bound_d = "CASE WHEN b.low_d > 0 THEN b.low_d WHEN b.high_d > 0 THEN b.high_d ELSE 1 END"
    over = f"(b.done_num * {bound_d} - {bound_n} * b.done_den)"
    return (
        f"SELECT {', '.join(f'b.{name.strip()} AS {name.strip()}' for name in _CELL.split(','))},"
        " b.base AS base, 1 AS items, b.limit_unknown AS unknown, b.too_short AS too_short,"
        " CASE WHEN b.low_d > 0 AND b.low_n = 0 AND b.high_d = 0 THEN 1 ELSE 0 END AS vacuous,"
        " CASE WHEN b.low_d > 0 THEN b.low_n ELSE 0 END AS owed_num, CASE WHEN b.low_d > 0 THEN b.low_d ELSE 1 END AS owed_den,"
        " b.high_n AS most_num, b.high_d AS most_den, b.done_num AS done_num, b.done_den AS done_den,"
        f" MAX({over}, 0) AS over_num, b.done_den * {bound_d} AS over_den FROM based AS b WHERE b.shape = {SINGLE}"
    )


def _checklist() -> str:
    """A checklist: done counts the items met; an item that does not apply drops out (Meaning 18)."""
    each = ", ".join(f"b.{name.strip()} AS {name.strip()}" for name in _CELL.split(","))
    met, missed = (
        f"SUM(CASE WHEN b.applies = 1 AND b.base = {base} THEN 1 ELSE 0 END)" for base in (MET, MISSED)
    )
    items = "SUM(b.applies)"
    every = f"CASE WHEN {missed} > 0 THEN {MISSED} WHEN {items} > 0 AND {met} = {items} THEN {MET} ELSE {OPEN} END"
    any_one = f"CASE WHEN {met} > 0 THEN {MET} WHEN {items} > 0 AND {missed} = {items} THEN {MISSED} ELSE {OPEN} END"
    owed = f"CASE WHEN b.shape = {ALL_OF} THEN {items} ELSE MIN({items}, 1) END"
    nothing = "SUM(CASE WHEN b.applies = 1 AND NOT (b.low_d > 0 AND b.low_n = 0 AND b.high_d = 0) THEN 1 ELSE 0 END)"
    unknown = "CASE WHEN b.where_unknown = 1 OR (b.applies = 1 AND b.limit_unknown = 1) THEN 1 WHEN b.applies = 1 THEN b.limit_unknown ELSE 0 END"
    return (
        f"SELECT {each}, CASE WHEN b.shape = {ALL_OF} THEN {every} ELSE {any_one} END AS base, {items} AS items,"
        f" MAX({unknown}) AS unknown, MAX(b.too_short) AS too_short, CASE WHEN {nothing} = 0 THEN 1 ELSE 0 END AS vacuous,"
        f" {owed} AS owed_num, 1 AS owed_den, 0 AS most_num, 0 AS most_den, {met} AS done_num, 1 AS done_den,"
        f" CASE WHEN b.shape = {ALL_OF} THEN 0 ELSE MAX({met} - {owed}, 0) END AS over_num, 1 AS over_den"
        f" FROM based AS b WHERE b.shape <> {SINGLE} GROUP BY {', '.join(f'b.{n.strip()}' for n in _CELL.split(','))}, b.shape"
    )


def _spared(value: int) -> str:
    """Say whether what the exemption of a rule asks has a value for the subject on the judging day."""
    return (
        "EXISTS (SELECT 1 FROM tx_slot AS xs JOIN tx_seg AS xg ON xg.line = xs.exempt AND xg.subject = h.subject"
        f" AND xg.value = {value} AND xg.first <= h.judged AND xg.last >= h.judged WHERE xs.slot = h.slot AND xs.exempt <> 0)"
    )


def _reasoned(whole: str = "whole", exemptions: bool = False) -> str:
    """Why nothing is expected, 0 when something is; and whether somebody waived it.

    exemptions: look for them; a plain slot has none.
    """
    spared = ""
    if exemptions:
        spared = f" WHEN {_spared(IN)} THEN {EXEMPT} WHEN {_spared(UNKNOWN)} THEN {EXEMPT_UNKNOWN}"
    reason = (
        f"CASE WHEN h.void > 0 THEN {VOID} - 1 + h.void WHEN h.unknown = 2 THEN {NOT_SET}"
        f" WHEN h.now = {UNKNOWN} OR h.unknown = 1 THEN {UNKNOWN_VALUE} WHEN h.now = 0 THEN {LEFT}"
        f" WHEN h.too_short = 1 THEN {TOO_SHORT} WHEN h.items = 0 THEN {NO_ITEM} WHEN h.vacuous = 1 THEN {NOTHING_OWED}"
        f" WHEN h.planned = 0 AND h.school_days = 0 THEN {NO_SCHOOL_DAY}{spared} ELSE 0 END"
    )
    waived = (
        "EXISTS (SELECT 1 FROM tx_waiver AS x WHERE x.slot = h.slot AND x.win = h.win AND x.subject = h.subject"
        " AND h.judged BETWEEN x.first AND x.last)"
    )
    return f"SELECT h.*, {reason} AS reason, CASE WHEN {waived} THEN 1 ELSE 0 END AS waived FROM {whole} AS h"


def _verdict() -> str:
    """met, then waived, then not_expected, then missed, then open; encouraged rules are never missed."""
    may_be_met = f"r.ever = 1 AND r.items > 0 AND r.void = 0 AND r.reason NOT IN ({UNKNOWN_VALUE}, {NOT_SET}, {NO_ITEM}, {NOTHING_OWED})"
    return (
        f"CASE WHEN r.base = {MET} AND {may_be_met} THEN {MET} WHEN r.waived = 1 THEN {WAIVED}"
        f" WHEN r.reason <> 0 THEN {NOT_EXPECTED} WHEN r.base = {MISSED} AND r.encouraged = 1 THEN {NOT_EXPECTED}"
        " ELSE r.base END"
    )
