"""How long it takes from place to place: from a table, from coordinates with a stated speed, or from codes alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

EARTH_KM = 6371.0


@dataclass(frozen=True)
class Assumed:
    """What is assumed where nothing was measured; all of it is printed with the plan.

    speed_kmh on a way `detour` times the straight line; minutes between two homes with the same code, with codes that
    share their first part ("东街/二社区" and "东街/三社区"), and with different codes.
    """

    speed_kmh: float = 20.0
    detour: float = 1.3
    same_code_min: float = 5.0
    near_code_min: float = 12.0
    other_code_min: float = 25.0


@dataclass(frozen=True)
class Place:
    """A home or the school. point: km in a plane, or (latitude, longitude) in degrees; code: of a village or street."""

    point: tuple[float, float] | None
    code: str = ""
    degrees: bool = False


def travel_table(
    places: list[Place], assumed: Assumed, known_min: dict[tuple[str, str], float] | None = None
) -> np.ndarray:
    """Seconds from place to place, int array (n, n). `known_min`: minutes between codes, which come before everything else."""
    known = known_min or {}
    size = len(places)
    table = np.zeros((size, size), dtype=np.int64)
    for a in range(size):
        for b in range(size):
            if a != b:
                table[a, b] = math.ceil(60 * _minutes(places[a], places[b], assumed, known))
    return table


def fast_table(points: np.ndarray, assumed: Assumed, *, degrees: bool) -> np.ndarray:
    """Seconds between points (n, 2), all at once."""
    if degrees:
        lat, lon = np.radians(points[:, 0]), np.radians(points[:, 1])
        half = (
            np.sin((lat[:, None] - lat) / 2) ** 2
            + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
        )
        km = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    else:
        km = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))
    return np.ceil(km * assumed.detour / assumed.speed_kmh * 3600).astype(np.int64)


def _minutes(a: Place, b: Place, assumed: Assumed, known: dict[tuple[str, str], float]) -> float:
    for pair in ((a.code, b.code), (b.code, a.code)):
        if a.code and b.code and pair in known:
            return known[pair]
    if a.point and b.point:
        points = np.array([a.point, b.point])
        return float(fast_table(points, assumed, degrees=a.degrees)[0, 1]) / 60
    if a.code == b.code:
        return assumed.same_code_min
    if a.code.split("/")[0] == b.code.split("/")[0]:
        return assumed.near_code_min
    return assumed.other_code_min
