"""A made-up school or district for `bench match`, always the same for a seed, and the ways it is measured against."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from .problem import BLOCK, NEVER, DenseScores, Ints, Problem
from .stable import deferred_acceptance

FEATURES, DEPARTMENTS = 12, 12
CLOSED = np.iinfo(np.int16).min


@dataclass
class District:
    """Mentors (columns) and students (rows) by twelve features, department and last year's mentor (-1: none)."""

    mentors: np.ndarray
    students: np.ndarray
    liked: np.ndarray
    mentor_department: Ints
    student_department: Ints
    last: Ints
    places: Ints

    def scores(self) -> Ints:
        """1000 + 400 × likeness + 800 × liking + 200 for the department + 400 for last year's, int16; 5 % are closed."""
        found = np.empty((len(self.students), len(self.mentors)), np.int16)
        base = (1000 + 800 * self.liked).astype(np.float32)
        for first in range(0, len(found), BLOCK):
            part = self.students[first : first + BLOCK] @ (400 * self.mentors).T
            part += base
            np.rint(part, out=part)
            block = part.astype(np.int16)
            same = self.student_department[first : first + BLOCK, None] == self.mentor_department[None, :]
            block += same.astype(np.int16) * np.int16(200)
            last = self.last[first : first + BLOCK]
            row = np.nonzero(last >= 0)[0]
            block[row, last[row]] += np.int16(400)
            block[_closed(first, len(block), len(self.mentors))] = CLOSED
            found[first : first + BLOCK] = block
        return found

    def problem(self, scores: Ints) -> Problem:
        ones = np.ones(len(self.students), np.int64)
        return Problem(DenseScores(scores), ones, ones, np.zeros(len(self.mentors), np.int64), self.places)

    def digest(self) -> str:
        parts = (self.mentors, self.students, self.liked, self.last, self.places)
        return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()[
            :12
        ]


def made(mentors: int, students: int, seed: int) -> District:
    """places: uniform ± 5 about a tenth more than a fair share, in sum a tenth more than there are students."""
    random = np.random.default_rng(seed)

    def unit(n: int) -> np.ndarray:
        drawn = random.normal(size=(n, FEATURES)).astype(np.float32)
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    first, second = unit(mentors), unit(students)
    liked = np.minimum(random.gamma(1.0, 0.25, mentors), 1.0).astype(np.float32)
    departments = random.integers(0, DEPARTMENTS, mentors), random.integers(0, DEPARTMENTS, students)
    last = np.where(random.random(students) < 0.6, random.integers(0, mentors, students), -1)
    fair = round(students / mentors * 1.1)
    places = np.maximum(1, fair + random.integers(-5, 6, mentors)).astype(np.int64)
    lacking = max(0, -(-11 * students // 10) - int(places.sum()))
    np.add.at(places, random.integers(0, mentors, lacking), 1)
    return District(first, second, liked, *departments, last, places)


def _closed(first: int, rows: int, columns: int) -> np.ndarray:
    """One pair in twenty by a hash of both."""
    mixed = np.arange(first, first + rows, dtype=np.uint32)[:, None] * np.uint32(2654435761)
    mixed = mixed ^ (np.arange(columns, dtype=np.uint32)[None, :] * np.uint32(40503))
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0x5BD1E995)
    mixed ^= mixed >> np.uint32(15)
    return mixed % np.uint32(20) == 0


def by_scipy(scores: Ints, places: Ints) -> int:
    """Value of scipy's assignment on a column per place."""
    wide = np.repeat(scores, places, axis=1)
    rows, columns = linear_sum_assignment(wide, maximize=True)
    return int(wide[rows, columns].astype(np.int64).sum())


def greedy(scores: Ints, places: Ints, candidates: int) -> tuple[int, int]:
    """(value, students left over): the best pair first, among each student's best candidates."""
    rows, columns, worth = _candidates(scores, candidates)
    free, waiting, value = places.tolist(), [True] * len(scores), 0
    order = np.argsort(-worth.astype(np.int32), kind="stable")
    for row, column, score in zip(
        rows[order].tolist(), columns[order].tolist(), worth[order].tolist(), strict=True
    ):
        if waiting[row] and free[column]:
            waiting[row] = False
            free[column] -= 1
            value += score
    return value, sum(waiting)


def stable(scores: Ints, places: Ints, candidates: int) -> tuple[int, int]:
    """(value, students left over) of the stable matching best for the students; both sides rank by score."""
    rows, columns, worth = _candidates(scores, candidates)
    likes: dict[str, list[str]] = {f"s{row}": [] for row in range(len(scores))}
    liked: dict[str, list[str]] = {f"m{column}": [] for column in range(scores.shape[1])}
    for at in np.lexsort((-worth.astype(np.int32), rows)).tolist():
        likes[f"s{rows[at]}"].append(f"m{columns[at]}")
    for at in np.lexsort((rows, -worth.astype(np.int32), columns)).tolist():
        liked[f"m{columns[at]}"].append(f"s{rows[at]}")
    seats = {f"m{column}": int(many) for column, many in enumerate(places.tolist())}
    pairs = deferred_acceptance(likes, liked, None, seats)
    value = sum(int(scores[int(student[1:]), int(mentor[1:])]) for student, mentor in pairs)
    return value, len(scores) - len(pairs)


def _candidates(scores: Ints, most: int) -> tuple[Ints, Ints, Ints]:
    """(rows, columns, scores) of each row's best open pairs."""
    take = min(most, scores.shape[1])
    places = np.argpartition(-scores.astype(np.int32), take - 1, axis=1)[:, :take] if len(scores) else scores
    rows, columns = np.repeat(np.arange(len(scores)), take), places.ravel()
    worth = scores[rows, columns]
    kept = (worth > CLOSED) & (worth > NEVER)
    return rows[kept], columns[kept], worth[kept]
