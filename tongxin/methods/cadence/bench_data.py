"""Invented ledgers for `bench compliance`: the same seed gives the same rows on every machine.

`Rows` is the participation table as numpy columns, so that the numpy peer, SQLite and PostgreSQL all
start from the very same facts. Days are proleptic ordinals, hours are hundredths (1.5 h = 150).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# The year of the bench: a Monday, then two terms of twenty whole weeks with no gap between them.
FIRST_DAY = dt.date(2022, 8, 29).toordinal()
DAYS = 280
DAYS_PER_TERM = 140
DAYS_PER_FORTNIGHT = 14
FORTNIGHTS = DAYS // DAYS_PER_FORTNIGHT


@dataclass(frozen=True)
class Rows:
    """One participation a row. `kind` indexes `kinds`; `parts` gives the part that each kind counts.

    subject: row number in the people table; day: ordinal; hours: hundredths; entry: id of the activity.
    """

    kinds: tuple[str, ...]
    parts: tuple[str, ...]
    kind: NDArray[np.int8]
    subject: Ints
    day: Ints
    hours: Ints
    entry: Ints

    def __len__(self) -> int:
        return len(self.kind)

    def digest(self) -> str:
        """Return the hash of all columns: two runs with one digest measured the same facts."""
        hasher = hashlib.sha256()
        for column in (self.kind, self.subject, self.day, self.hours, self.entry):
            hasher.update(np.ascontiguousarray(column, dtype="<i8").tobytes())
        return hasher.hexdigest()[:16]


@dataclass(frozen=True)
class Province:
    """The generator of performance.md, section 1: many schools, six rules.

    Students are subjects 0 … n_students - 1 in order of their school, teachers follow.
    """

    n_students: int
    n_teachers: int
    school_of_student: Ints
    special: Flags
    party: Flags
    new: Flags
    n_lessons: int
    rows: Rows


PROVINCE_KINDS = (
    "online_visit",
    "home_visit",
    "psych_lesson",
    "training",
    "open_lesson",
    "counselling",
    "other",
)
PROVINCE_PARTS = ("visited", "visited", "lecturer", "attendee", "observer", "client", "attendee")
PROVINCE_SHARES = (0.22, 0.16, 0.06, 0.05, 0.04, 0.12, 0.35)
TEACHER_KINDS = (2, 3, 4)


def province(students: int, teachers: int, rows: int, seed: int = 20230220) -> Province:
    """Return an invented province: `students` and `teachers` are head counts, `rows` participations."""
    random = np.random.default_rng(seed)
    n_schools = max(students // 1000, 1)
    weight = random.lognormal(0, 0.6, n_schools)
    weight /= weight.sum()
    school = np.sort(random.choice(n_schools, students, p=weight))
    special = random.random(students) < 0.08
    random.choice(n_schools, teachers, p=weight)  # the teachers' schools; no rule of the bench reads them
    party = random.random(teachers) < 0.35
    new = random.random(teachers) < 0.06
    touched = np.flatnonzero(random.random(students) >= 0.03)
    kind = random.choice(len(PROVINCE_KINDS), rows, p=PROVINCE_SHARES).astype(np.int8)
    of_teacher = np.isin(kind, TEACHER_KINDS)
    student = touched[random.integers(0, len(touched), rows)]
    teacher = students + random.integers(0, teachers, rows)
    day = FIRST_DAY + random.integers(0, DAYS, rows)
    hours = 50 * random.integers(1, 5, rows)
    lesson = random.integers(0, teachers, rows)
    entry = np.where(kind == PROVINCE_KINDS.index("open_lesson"), lesson, teachers + np.arange(rows))
    subject = np.where(of_teacher, teacher, student)
    ledger = Rows(PROVINCE_KINDS, PROVINCE_PARTS, kind, subject, day, hours, entry)
    return Province(students, teachers, school, special, party, new, teachers, ledger)


@dataclass(frozen=True)
class Cells:
    """Many cells over few rules: students by term, year and month, teachers by fortnight."""

    n_students: int
    n_teachers: int
    rows: Rows

    @property
    def n_cells(self) -> int:
        return self.n_students * (2 + 1 + MONTHS) + self.n_teachers * FORTNIGHTS


CELL_KINDS = ("online_visit", "home_visit", "counselling", "psych_lesson")
CELL_PARTS = ("visited", "visited", "client", "lecturer")
CELL_SHARES = (0.30, 0.20, 0.47, 0.03)
MONTHS = 11


def cells(students: int = 140_000, teachers: int = 2_000, rows: int = 1_500_000, seed: int = 7) -> Cells:
    """Return students × (2 terms + 1 year + 11 months) + teachers × 20 fortnights; 2,000,000 by default."""
    random = np.random.default_rng(seed)
    kind = random.choice(len(CELL_KINDS), rows, p=CELL_SHARES).astype(np.int8)
    student = random.integers(0, students, rows)
    teacher = students + random.integers(0, teachers, rows)
    subject = np.where(kind == CELL_KINDS.index("psych_lesson"), teacher, student)
    day = FIRST_DAY + random.integers(0, DAYS, rows)
    hours = 50 * random.integers(1, 5, rows)
    return Cells(students, teachers, Rows(CELL_KINDS, CELL_PARTS, kind, subject, day, hours, np.arange(rows)))


def month_of_day() -> Ints:
    """Return the calendar month (0 … 10) of each of the 280 days; 29 August 2022 to 4 June 2023 touch eleven."""
    first = dt.date.fromordinal(FIRST_DAY)
    days = [first + dt.timedelta(days=number) for number in range(DAYS)]
    return np.array([(day.year - first.year) * 12 + day.month - first.month for day in days])
