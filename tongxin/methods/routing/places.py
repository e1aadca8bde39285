"""How long it takes from place to place: from a table, from coordinates with a stated speed, or from codes alone."""

from __future__ import annotations

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
    """Seconds from place to place, int array (n, n). `known_min`: minutes between codes; they come before everything else,
    count for both directions unless the other is said too, then coordinates, then codes."""
    codes = sorted({place.code for place in places})
    at = np.array([codes.index(place.code) for place in places])
    seconds = 60 * _by_code(codes, assumed)[np.ix_(at, at)]
    mapped = np.array([number for number, place in enumerate(places) if place.point], dtype=int)
    if len(mapped):
        points = np.array([places[number].point for number in mapped], dtype=float)
        seconds[np.ix_(mapped, mapped)] = fast_table(points, assumed, degrees=places[mapped[0]].degrees)
    said = np.full((len(codes), len(codes)), np.nan)
    for (start, end), minutes in (known_min or {}).items():
        if start in codes and end in codes:
            a, b = codes.index(start), codes.index(end)
            said[a, b] = minutes
            if (end, start) not in (known_min or {}):
                said[b, a] = minutes
    table = np.where(np.isnan(said[np.ix_(at, at)]), seconds, 60 * said[np.ix_(at, at)])
    np.fill_diagonal(table, 0)
    return np.ceil(table).astype(np.int64)


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


def _by_code(codes: list[str], assumed: Assumed) -> np.ndarray:
    """Minutes between codes: the same, near (the same first part, "东街/二社区"), other."""
    table = np.full((len(codes), len(codes)), assumed.other_code_min)
    for a, one in enumerate(codes):
        for b, other in enumerate(codes):
            if one.split("/")[0] == other.split("/")[0]:
                table[a, b] = assumed.same_code_min if a == b else assumed.near_code_min
    return table
