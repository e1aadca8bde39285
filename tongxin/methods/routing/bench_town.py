"""The town of `bench visits`: a school, families in clusters around it, two weeks of evenings and weekends."""

from __future__ import annotations

import numpy as np

from .model import SHORTEST, Family, Part, Plan, Problem, Session, Team

HOUR, DAY, WEEK = 3600, 86_400, 7 * 86_400
WIDTH_KM, HEIGHT_KM, SPREAD_KM, CLUSTERS = 10.0, 8.0, 0.6, 25
SPEED_KMH, DETOUR = 20.0, 1.3
EVENING, WEEKEND = (18 * HOUR, 20 * HOUR + HOUR // 2), (9 * HOUR, 17 * HOUR)
EVENINGS, WEEKENDS = (1, 2, 3), (5, 6)


def town(pairs: int, families: int, seed: int) -> Problem:
    """Ticks are seconds from Monday midnight. Each family offers, per week, one or two evenings and none to two weekend days,
    half of which are half days."""
    chance = np.random.default_rng(seed)
    centres = np.column_stack(
        [chance.uniform(1, WIDTH_KM - 1, CLUSTERS), chance.uniform(1, HEIGHT_KM - 1, CLUSTERS)]
    )
    homes = centres[chance.integers(0, CLUSTERS, families)] + chance.normal(0, SPREAD_KM, (families, 2))
    points = np.vstack([(WIDTH_KM / 2, HEIGHT_KM / 2), np.clip(homes, 0, (WIDTH_KM, HEIGHT_KM))])
    km = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))
    travel = np.ceil(km * DETOUR / SPEED_KMH * HOUR).astype(np.int64)
    lengths = chance.integers(20, 31, families) * 60
    sessions = tuple(
        Session(f"{week * 7 + day + 1}", (start + hours[0], start + hours[1]))
        for week in (0, 1)
        for days, hours in ((EVENINGS, EVENING), (WEEKENDS, WEEKEND))
        for day in days
        for start in (week * WEEK + day * DAY,)
    )
    times = {session.id: session.window for session in sessions}
    teams = tuple(
        Team(f"pair{number + 1}", (f"t{2 * number + 1}", f"t{2 * number + 2}"), times)
        for number in range(pairs)
    )
    made = tuple(
        Family(f"f{number + 1}", number + 1, (Part(int(length)),), _offered(chance))
        for number, length in enumerate(lengths)
    )
    return Problem(teams, sessions, made, travel, SHORTEST)


def _offered(chance: np.random.Generator) -> tuple[tuple[int, int], ...]:
    found = []
    for week in (0, 1):
        for day in chance.choice(EVENINGS, chance.integers(1, 3), replace=False):
            start = week * WEEK + int(day) * DAY
            found.append((start + EVENING[0], start + EVENING[1]))
        for day in chance.choice(WEEKENDS, chance.integers(0, 3), replace=False):
            start = week * WEEK + int(day) * DAY
            low, high, half = start + WEEKEND[0], start + WEEKEND[1], chance.integers(0, 4)
            middle = (low + high) // 2
            found.append((low if half != 1 else middle, high if half != 0 else middle))
    return tuple(sorted(found))


def hours_of_way(plan: Plan) -> float:
    return plan.travel / HOUR
