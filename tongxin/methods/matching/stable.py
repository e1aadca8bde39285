"""Matchings in which no two would rather have each other: deferred acceptance with capacities, and the check.

Preferences are lists of ids, best first; who is not on a list may not be a partner. The side that proposes gets the
best partners it can have in any stable matching.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Preferences = Mapping[str, Sequence[str]]
Pairs = set[tuple[str, str]]


def deferred_acceptance(
    proposers: Preferences,
    reviewers: Preferences,
    proposer_places: Mapping[str, int] | None = None,
    reviewer_places: Mapping[str, int] | None = None,
) -> Pairs:
    """(proposer, reviewer) pairs of the stable matching that is best for the proposers; places default to one each."""
    ranks = {name: {other: rank for rank, other in enumerate(likes)} for name, likes in reviewers.items()}
    held: dict[str, set[str]] = {name: set() for name in reviewers}
    free = {name: (proposer_places or {}).get(name, 1) for name in proposers}
    asked = dict.fromkeys(proposers, 0)
    waiting = deque(proposers)
    while waiting:
        one = waiting.popleft()
        while free[one] > 0 and asked[one] < len(proposers[one]):
            other = proposers[one][asked[one]]
            asked[one] += 1
            if one not in ranks.get(other, {}):
                continue
            held[other].add(one)
            free[one] -= 1
            if len(held[other]) > (reviewer_places or {}).get(other, 1):
                worst = max(held[other], key=ranks[other].__getitem__)
                held[other].remove(worst)
                free[worst] += 1
                if worst != one:
                    waiting.append(worst)
    return {(one, other) for other, held_by in held.items() for one in held_by}


def blocking_pairs(
    pairs: Pairs,
    lefts: Preferences,
    rights: Preferences,
    left_places: Mapping[str, int] | None = None,
    right_places: Mapping[str, int] | None = None,
) -> list[tuple[str, str]]:
    """Pairs, in order, that would both gain by leaving a partner (or an empty place) for each other."""
    mine: dict[str, list[str]] = {}
    theirs: dict[str, list[str]] = {}
    for left, right in pairs:
        mine.setdefault(left, []).append(right)
        theirs.setdefault(right, []).append(left)
    ranks = {
        name: {other: rank for rank, other in enumerate(likes)}
        for likes_of in (lefts, rights)
        for name, likes in likes_of.items()
    }

    def gains(one: str, other: str, partners: list[str], places: int) -> bool:
        if len(partners) < places:
            return True
        return any(ranks[one].get(held, len(ranks[one])) > ranks[one][other] for held in partners)

    return [
        (left, right)
        for left in lefts
        for right in lefts[left]
        if (left, right) not in pairs
        and left in ranks.get(right, {})
        and gains(left, right, mine.get(left, []), (left_places or {}).get(left, 1))
        and gains(right, left, theirs.get(right, []), (right_places or {}).get(right, 1))
    ]


@dataclass
class Topics:
    """Students choose topics, teachers offer them and rank students; topics and teachers have places."""

    students: Preferences
    topic_places: Mapping[str, int]
    teacher_of: Mapping[str, str]
    teacher_places: Mapping[str, int]
    teachers: Preferences
    ranks: dict[str, dict[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.ranks = {
            name: {one: at for at, one in enumerate(likes)} for name, likes in self.teachers.items()
        }

    def wants(self, topic: str, student: str) -> bool:
        return student in self.ranks.get(self.teacher_of[topic], {})


def choose_topics(problem: Topics) -> dict[str, str]:
    """student → topic, stable and best for the students (Abraham, Irving and Manlove 2007, SPA-student)."""
    lists = {
        student: [topic for topic in likes if topic in problem.teacher_of and problem.wants(topic, student)]
        for student, likes in problem.students.items()
    }
    chosen: dict[str, str] = {}
    waiting = deque(lists)
    while waiting:
        student = waiting.popleft()
        if student in chosen or not lists[student]:
            continue
        topic = lists[student][0]
        teacher = problem.teacher_of[topic]
        rank = problem.ranks[teacher]
        chosen[student] = topic
        on_topic = [one for one, held in chosen.items() if held == topic]
        of_teacher = [one for one, held in chosen.items() if problem.teacher_of[held] == teacher]
        if len(on_topic) > problem.topic_places[topic]:
            _dismiss(max(on_topic, key=rank.__getitem__), chosen, waiting)
        elif len(of_teacher) > problem.teacher_places[teacher]:
            _dismiss(max(of_teacher, key=rank.__getitem__), chosen, waiting)
        _strike(problem, lists, chosen, topic)
    return chosen


def _dismiss(student: str, chosen: dict[str, str], waiting: deque[str]) -> None:
    del chosen[student]
    waiting.append(student)


def _strike(problem: Topics, lists: dict[str, list[str]], chosen: dict[str, str], topic: str) -> None:
    """Take a full topic, and all topics of a full teacher, off the lists of students liked less than the last one held."""
    teacher = problem.teacher_of[topic]
    rank = problem.ranks[teacher]
    for full, places, topics in (
        ([s for s, t in chosen.items() if t == topic], problem.topic_places[topic], {topic}),
        (
            [s for s, t in chosen.items() if problem.teacher_of[t] == teacher],
            problem.teacher_places[teacher],
            {t for t, who in problem.teacher_of.items() if who == teacher},
        ),
    ):
        if full and len(full) == places:
            worst = max(rank[one] for one in full)
            for student, topics_left in lists.items():
                if rank.get(student, -1) > worst:
                    lists[student] = [one for one in topics_left if one not in topics]


def blocking_topics(problem: Topics, chosen: Mapping[str, str]) -> list[tuple[str, str]]:
    """(student, topic) pairs that break stability, by the definition."""
    found = []
    for student, likes in problem.students.items():
        held = chosen.get(student)
        for topic in likes:
            if topic == held:
                break
            if (
                topic in problem.teacher_of
                and problem.wants(topic, student)
                and _would_take(problem, chosen, student, topic)
            ):
                found.append((student, topic))
    return found


def _would_take(problem: Topics, chosen: Mapping[str, str], student: str, topic: str) -> bool:
    teacher = problem.teacher_of[topic]
    rank = problem.ranks[teacher]
    on_topic = [one for one, held in chosen.items() if held == topic]
    of_teacher = [one for one, held in chosen.items() if problem.teacher_of[held] == teacher]
    if len(on_topic) == problem.topic_places[topic]:
        return any(rank[one] > rank[student] for one in on_topic)
    if len(of_teacher) < problem.teacher_places[teacher] or student in of_teacher:
        return True
    return any(rank[one] > rank[student] for one in of_teacher)
