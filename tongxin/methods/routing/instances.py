"""Published instances as problems: Solomon's vehicle routing with time windows, and home care with skills and joint visits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .model import FEWEST, SHORTEST, Family, Part, Problem, Session, Team

# One unit of a Solomon instance is so many ticks: distances are real numbers there.
SOLOMON_TICKS = 1000
SOLOMON, HOME_CARE = "vrptw-solomon", "home-visit-routing"
FORMATS = (SOLOMON, HOME_CARE)


class InstanceUnreadable(Exception):
    """A file is not an instance of its format; the message is a sentence that names the file."""


def files_of(path: Path, format_: str) -> list[Path]:
    """The instances of a folder, or the one file. Raises InstanceUnreadable when there is none."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InstanceUnreadable(f"没有这个文件夹或文件：{path.name}。请检查路径。")
    names = "*.txt" if format_ == SOLOMON else "*.json"
    found = sorted(file for file in path.glob(names) if file.name != "expected.json")
    if not found:
        raise InstanceUnreadable(f"{path.name} 里没有“{format_}”格式的文件（{names}）。")
    return found


def read_instance(file: Path, format_: str, objective: str | None = None) -> tuple[Problem, int]:
    """(problem, ticks in a unit of the file). Raises InstanceUnreadable with a sentence."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        if format_ == SOLOMON:
            return _solomon(text, objective or FEWEST), SOLOMON_TICKS
        return _home_care(json.loads(text), objective or SHORTEST), 1
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as problem:
        raise InstanceUnreadable(f"{file.name} 不是“{format_}”格式，或者不完整。请检查文件。") from problem


def _solomon(text: str, objective: str) -> Problem:
    rows = list(_numbers(text))
    vehicles, capacity = (int(cell) for cell in rows[0])
    table = np.array(rows[1:], dtype=float)
    if table.shape[1] != 7 or len(table) < 2:
        raise ValueError("seven columns and a customer are needed")
    ticks = (table * SOLOMON_TICKS).astype(np.int64)
    exact = _distances(table) * SOLOMON_TICKS
    session = Session("1", (0, int(ticks[0, 5])), capacity)
    teams = tuple(
        Team(f"{number + 1}", (), {"1": session.window}) for number in range(min(vehicles, len(table) - 1))
    )
    families = tuple(
        Family(
            f"{int(row[0])}",
            number,
            (Part(int(row[6] * SOLOMON_TICKS)),),
            ((int(row[4] * SOLOMON_TICKS), int(row[5] * SOLOMON_TICKS)),),
            begins_inside=True,
            load=int(row[3]),
        )
        for number, row in enumerate(table)
        if number
    )
    # Rounded up, so that a plan in ticks can be driven on the exact distances too.
    return Problem(teams, (session,), families, np.ceil(exact - 1e-6).astype(np.int64), objective)


def exact_distances(file: Path) -> np.ndarray:
    """Unrounded distances between the places of a Solomon instance."""
    return _distances(np.array(list(_numbers(file.read_text(encoding="utf-8-sig")))[1:], dtype=float))


def _distances(table: np.ndarray) -> np.ndarray:
    points = table[:, 1:3]
    return np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))


def _numbers(text: str) -> Iterator[list[float]]:
    for line in text.splitlines():
        cells = line.split()
        if cells and all(cell.lstrip("-").replace(".", "", 1).isdecimal() for cell in cells):
            yield [float(cell) for cell in cells]


def _home_care(said: dict[str, Any], objective: str) -> Problem:
    places = {point["id"]: int(point["distance_matrix_index"]) for point in said["terminal_points"]}
    shifts = [caregiver["working_shift"] for caregiver in said["caregivers"]]
    session = Session(
        "1", (min(int(shift["start"]) for shift in shifts), max(int(shift["end"]) for shift in shifts))
    )
    teams = tuple(
        Team(
            one["id"],
            (),
            {"1": (int(one["working_shift"]["start"]), int(one["working_shift"]["end"]))},
            frozenset(one["abilities"]),
            places[one["departing_point"]],
            places[one["arrival_point"]],
        )
        for one in said["caregivers"]
    )
    families = tuple(
        Family(
            one["id"],
            int(one["distance_matrix_index"]),
            tuple(
                Part(int(service["duration"]), frozenset([service["service"]]))
                for service in one["required_services"]
            ),
            tuple((int(window["start"]), int(window["end"])) for window in one["time_windows"]),
            together=(one.get("synchronization") or {}).get("type") == "simultaneous",
            begins_inside=said["metadata"]["time_window_met"] != "at_service_end",
        )
        for one in said["patients"]
    )
    travel = np.array(said["distances"], dtype=np.int64)
    if travel.ndim != 2 or travel.shape[0] != travel.shape[1]:
        raise ValueError("the distances are not a square table")
    return Problem(teams, (session,), families, travel, objective)
