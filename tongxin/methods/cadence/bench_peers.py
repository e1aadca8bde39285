"""What `bench compliance` measures against: numpy over columns in memory, SQL by hand, one query per subject.

Every peer returns how many cells (subject × window) of each rule were not done, so all must agree.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .bench_data import (
    CELL_KINDS,
    DAYS,
    DAYS_PER_FORTNIGHT,
    DAYS_PER_TERM,
    FIRST_DAY,
    FORTNIGHTS,
    PROVINCE_KINDS,
    Cells,
    Ints,
    Province,
    Rows,
    month_of_day,
)

NO_END_INSTANT = 253402300799999999
LAST_DAY = FIRST_DAY + DAYS - 1
LIVE = f"p.superseded_at = {NO_END_INSTANT} AND NOT p.absent"


def _counts(rows: Rows, kind: int, subjects: int, windows: int, window_of_day: Ints) -> Ints:
    """Return how often each subject did one kind in each window, shape (subjects, windows)."""
    chosen = np.flatnonzero(rows.kind == kind)
    key = rows.subject[chosen] * windows + window_of_day[rows.day[chosen] - FIRST_DAY]
    return np.bincount(key, minlength=subjects * windows).reshape(subjects, windows)


def _windows(length: int) -> Ints:
    return np.arange(DAYS) // length


def cells_by_numpy(made: Cells) -> list[int]:
    """Return the failures of the four rules over columns in memory."""
    everyone, rows = made.n_students + made.n_teachers, made.rows
    per_term = _counts(rows, 0, everyone, 2, _windows(DAYS_PER_TERM))[: made.n_students]
    per_year = _counts(rows, 1, everyone, 1, _windows(DAYS))[: made.n_students]
    months = month_of_day()
    per_month = _counts(rows, 2, everyone, int(months.max()) + 1, months)[: made.n_students]
    per_fortnight = _counts(rows, 3, everyone, FORTNIGHTS, _windows(DAYS_PER_FORTNIGHT))[made.n_students :]
    return [int((count == 0).sum()) for count in (per_term, per_year, per_month, per_fortnight)]


def province_by_numpy(made: Province) -> list[int]:
    """Return the failures of the six rules of performance.md over columns in memory."""
    students, rows = made.n_students, made.rows
    everyone = students + made.n_teachers
    online = _counts(rows, 0, everyone, 2, _windows(DAYS_PER_TERM))[:students]
    at_home = _counts(rows, 1, everyone, 2, _windows(DAYS_PER_TERM))[:students]
    lessons = _counts(rows, 2, everyone, FORTNIGHTS, _windows(DAYS_PER_FORTNIGHT))[students:]
    training = np.flatnonzero(rows.kind == 3)
    hours = np.bincount(rows.subject[training], weights=rows.hours[training], minlength=everyone)[students:]
    observers = np.flatnonzero(rows.kind == 4)
    pairs = np.unique(rows.entry[observers] * np.int64(everyone) + rows.subject[observers])
    seen = np.bincount(pairs // everyone, minlength=made.n_lessons)
    return [
        int((online == 0).sum()),
        int((at_home.sum(axis=1) == 0).sum()),
        int(((online + at_home)[made.special] == 0).sum()),
        int((lessons[made.party] == 0).sum()),
        int((hours[made.new] < 800).sum()),
        int((seen < 5).sum()),
    ]


def _failing(cursor: Any, of_type: str, kind: str, part: str, window: str, windows: int) -> int:
    """Return how many subjects of a type, there on the last day, lack an entry, over all windows.

    window: expression over p.day. The answer is what a dashboard shows: counts per window of those on the roll.
    """
    there = f"s.type = '{of_type}' AND s.school_id = 1 AND s.present_from <= {LAST_DAY} AND s.present_to >= {LAST_DAY}"
    cursor.execute(f"SELECT COUNT(*) FROM subject AS s WHERE {there}")
    everyone = cursor.fetchone()[0]
    cursor.execute(
        f"SELECT done.win, COUNT(*) FROM (SELECT DISTINCT p.subject_id AS subject, {window} AS win"
        f" FROM participation AS p WHERE p.school_id = 1 AND p.kind = '{kind}' AND p.part = '{part}' AND {LIVE}) AS done"
        f" JOIN subject AS s ON s.id = done.subject AND {there} GROUP BY done.win"
    )
    return everyone * windows - sum(n for _, n in cursor.fetchall())


def _month_of(day: str) -> str:
    """Return the month's number as SQL: a CASE over the last day of each month."""
    months = month_of_day()
    last = [int(np.flatnonzero(months == month).max()) + FIRST_DAY for month in range(int(months.max()))]
    cases = " ".join(f"WHEN {day} <= {end} THEN {number}" for number, end in enumerate(last))
    return f"CASE {cases} ELSE {len(last)} END"


def cells_by_hand(cursor: Any, made: Cells) -> list[int]:
    """Return the failures of the four rules by the plainest SQL that a good hand would write for them."""
    term, fortnight = (f"(p.day - {FIRST_DAY}) / {days}" for days in (DAYS_PER_TERM, DAYS_PER_FORTNIGHT))
    months = int(month_of_day().max()) + 1
    return [
        _failing(cursor, "student", CELL_KINDS[0], "visited", term, 2),
        _failing(cursor, "student", CELL_KINDS[1], "visited", "0", 1),
        _failing(cursor, "student", CELL_KINDS[2], "client", _month_of("p.day"), months),
        _failing(cursor, "staff", CELL_KINDS[3], "lecturer", fortnight, FORTNIGHTS),
    ]


def cells_one_by_one(cursor: Any, subjects: list[int], kind: str, windows: list[tuple[int, int]]) -> int:
    """Return the failures of one rule for some subjects, with a query for each subject and window."""
    failures = 0
    for subject in subjects:
        for first, last in windows:
            cursor.execute(
                f"SELECT COUNT(*) FROM participation AS p WHERE p.school_id = 1 AND p.kind = '{kind}'"
                f" AND p.subject_id = {subject} AND p.day BETWEEN {first} AND {last} AND {LIVE}"
            )
            failures += cursor.fetchone()[0] == 0
    return failures


def province_by_hand(cursor: Any, made: Province) -> list[int]:
    """Return the failures of the six rules by hand-written SQL over the same tables."""
    term, fortnight = (f"(p.day - {FIRST_DAY}) / {days}" for days in (DAYS_PER_TERM, DAYS_PER_FORTNIGHT))
    online, at_home, lesson, training, observed = PROVINCE_KINDS[:5]
    attribute = (
        "JOIN attribute AS a ON a.subject_id = p.subject_id AND a.school_id = 1"
        f" AND a.value = 'true' AND a.superseded_at = {NO_END_INSTANT} AND a.name"
    )

    def left(expected: int, query: str) -> int:
        cursor.execute(query)
        return expected - (cursor.fetchone()[0] or 0)

    def rows(kinds: str, join: str = "") -> str:
        return f"FROM participation AS p {join} WHERE p.school_id = 1 AND p.kind IN ({kinds}) AND {LIVE}"

    return [
        _failing(cursor, "student", online, "visited", term, 2),
        _failing(cursor, "student", at_home, "visited", "0", 1),
        left(
            int(made.special.sum()) * 2,
            f"SELECT COUNT(*) FROM (SELECT 1 {rows(f"'{online}', '{at_home}'", attribute + " = 'special'")}"
            f" AND p.part = 'visited' GROUP BY p.subject_id, {term}) AS done",
        ),
        left(
            int(made.party.sum()) * FORTNIGHTS,
            f"SELECT COUNT(*) FROM (SELECT 1 {rows(f"'{lesson}'", attribute + " = 'party'")}"
            f" GROUP BY p.subject_id, {fortnight}) AS done",
        ),
        left(
            int(made.new.sum()),
            f"SELECT COUNT(*) FROM (SELECT 1 {rows(f"'{training}'", attribute + " = 'new'")}"
            " GROUP BY p.subject_id HAVING SUM(p.hours) >= 800) AS done",
        ),
        left(
            made.n_lessons,
            f"SELECT COUNT(*) FROM (SELECT 1 {rows(f"'{observed}'")} AND p.part = 'observer'"
            " GROUP BY p.entry_id HAVING COUNT(DISTINCT p.subject_id) >= 5) AS done",
        ),
    ]
