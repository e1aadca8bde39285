"""Small invented problems."""

from __future__ import annotations

import random

import numpy as np

from tongxin.methods.routing.model import SHORTEST, Family, Part, Problem, Session, Team

MINUTE, HOUR = 60, 3600


def line(
    families: list[Family], teams: list[Team], sessions: list[Session], objective: str = SHORTEST, agreed=()
) -> Problem:
    """Places on a line, ten minutes apart; place 0 is the school."""
    size = max(family.place for family in families) + 1
    at = np.arange(size)
    return Problem(
        tuple(teams),
        tuple(sessions),
        tuple(families),
        np.abs(at[:, None] - at) * 10 * MINUTE,
        objective,
        tuple(agreed),
    )


def session(name: str, day: int, start: float, end: float, max_load: int | None = None) -> Session:
    return Session(name, (int((day * 24 + start) * HOUR), int((day * 24 + end) * HOUR)), max_load)


def team(name: str, sessions: list[Session], *skills: str) -> Team:
    return Team(name, (f"{name}1", f"{name}2"), {one.id: one.window for one in sessions}, frozenset(skills))


def family(name: str, place: int, windows, minutes: int = 30, skills=(), **more) -> Family:
    parts = more.pop("parts", None) or (Part(minutes * MINUTE, frozenset(skills)),)
    return Family(
        name, place, parts, tuple(one.window if isinstance(one, Session) else one for one in windows), **more
    )


def small(seed: int, objective: str = SHORTEST) -> Problem:
    """Two pairs, two sessions, up to five families with windows, skills and priorities by chance."""
    chance = random.Random(seed)
    sessions = [
        session("s1", 0, 18, 18 + chance.choice([1.5, 2, 2.5])),
        session("s2", 1, 9, 11, chance.choice([None, 2])),
    ]
    teams = [team("p", sessions, "talk"), team("q", sessions[: chance.randint(1, 2)])]
    points = np.array([(5.0, 5.0)] + [(chance.uniform(0, 10), chance.uniform(0, 10)) for _ in range(5)])
    travel = np.ceil(np.sqrt(((points[:, None] - points) ** 2).sum(-1)) * 150).astype(np.int64)
    families = []
    for number in range(chance.randint(3, 5)):
        windows = [one.window for one in sessions if chance.random() < 0.8]
        if windows and chance.random() < 0.4:
            low, high = windows[0]
            windows[0] = (low + (high - low) // 3, high)
        families.append(
            family(
                f"f{number}",
                number + 1,
                windows,
                chance.choice([20, 30, 40]),
                ["talk"] if chance.random() < 0.3 else [],
                priority=chance.choice([0, 0, 5]),
            )
        )
    return Problem(tuple(teams), tuple(sessions), tuple(families), travel, objective)
