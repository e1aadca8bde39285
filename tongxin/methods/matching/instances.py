"""Instance files of others: generalised assignment, and stable matching in its three textbook shapes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .problem import Ints
from .stable import Preferences, Topics


class InstanceProblem(Exception):
    """The file cannot be read; the message is a sentence that names file and line."""


@dataclass
class LoadInstance:
    """Costs to be minimised and loads, int64 (agents, jobs); capacity, int64 (agents)."""

    costs: Ints
    loads: Ints
    capacity: Ints


@dataclass
class PairInstance:
    """Two sides with preferences and places, by id; ids of the second side carry a letter so that the sides differ."""

    kind: str
    firsts: dict[str, list[str]]
    seconds: dict[str, list[str]]
    second_places: dict[str, int]


def _numbers(path: Path) -> list[list[int]]:
    """The numbers of each line that is not blank."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InstanceProblem(f"{path.name} 不是文本文件。") from error
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            cells = [int(cell) for cell in line.split()]
        except ValueError as error:
            raise InstanceProblem(f"{path.name} 第 {number} 行应当只有整数。") from error
        if cells:
            found.append(cells)
    return found


def read_loads(path: Path) -> LoadInstance:
    """agents jobs / cost matrix / load matrix / capacities, blanks and line ends anywhere."""
    numbers = [number for line in _numbers(path) for number in line]
    agents, jobs = numbers[:2] if len(numbers) >= 2 else (0, 0)
    cells = agents * jobs
    if agents < 1 or jobs < 1 or len(numbers) != 2 + 2 * cells + agents:
        raise InstanceProblem(
            f"{path.name} 应当有 2 + 2 × 人数 × 任务数 + 人数个整数，按开头写的 {agents} 和 {jobs}，"
            f"要 {2 + 2 * cells + agents} 个，现在是 {len(numbers)} 个。"
        )
    if min(numbers) < 0:
        raise InstanceProblem(f"{path.name} 里有负数。请改成不小于零的整数。")
    body = np.array(numbers[2:], np.int64)
    return LoadInstance(
        body[:cells].reshape(agents, jobs), body[cells : 2 * cells].reshape(agents, jobs), body[2 * cells :]
    )


def read_preferences(path: Path) -> PairInstance | Topics:
    """n m and lists (marriage or hospitals), or students topics teachers and lists (topics)."""
    lines = _numbers(path)
    if not lines or len(lines[0]) not in (2, 3):
        raise InstanceProblem(
            f"{path.name} 第一行应当是两边的人数（两个数），或学生、课题、教师的个数（三个数）。"
        )
    if len(lines) != 1 + sum(lines[0]):
        raise InstanceProblem(
            f"{path.name} 按第一行应当再有 {sum(lines[0])} 行，现在有 {len(lines) - 1} 行。"
        )
    return _topics(path, lines) if len(lines[0]) == 3 else _two_sides(path, lines)


def _two_sides(path: Path, lines: list[list[int]]) -> PairInstance:
    first, second = lines[0]
    firsts = {f"a{line[0]}": [f"b{one}" for one in line[1:]] for line in lines[1 : first + 1]}
    rest = lines[first + 1 :]
    # In a marriage both sides rank all of the other; a line of the second side that is longer begins with its places.
    marriage = first == second and all(len(line) == first + 1 for line in lines[1:])
    skip = 1 if marriage else 2
    seconds = {f"b{line[0]}": [f"a{one}" for one in line[skip:]] for line in rest}
    places = {f"b{line[0]}": 1 if marriage else line[1] for line in rest if marriage or len(line) > 1}
    _check(path, firsts, {f"b{one}" for one in range(1, second + 1)})
    _check(path, seconds, {f"a{one}" for one in range(1, first + 1)})
    if len(firsts) != first or len(seconds) != second or len(places) != second:
        raise InstanceProblem(f"{path.name} 有一行的编号重复，或缺少名额。")
    return PairInstance("marriage" if marriage else "hospital", firsts, seconds, places)


def _topics(path: Path, lines: list[list[int]]) -> Topics:
    students, topics, _ = lines[0]
    likes = {f"s{line[0]}": [f"p{one}" for one in line[1:]] for line in lines[1 : students + 1]}
    offered = lines[students + 1 : students + topics + 1]
    teachers = lines[students + topics + 1 :]
    if any(len(line) != 3 for line in offered) or any(len(line) < 2 for line in teachers):
        raise InstanceProblem(
            f"{path.name} 里课题一行应当是编号、名额、教师，教师一行应当是编号、名额、名单。"
        )
    found = Topics(
        likes,
        {f"p{line[0]}": line[1] for line in offered},
        {f"p{line[0]}": f"t{line[2]}" for line in offered},
        {f"t{line[0]}": line[1] for line in teachers},
        {f"t{line[0]}": [f"s{one}" for one in line[2:]] for line in teachers},
    )
    _check(path, likes, set(found.topic_places))
    _check(path, found.teachers, set(likes))
    if not set(found.teacher_of.values()) <= set(found.teachers):
        raise InstanceProblem(f"{path.name} 里有课题的教师不在名单上。")
    return found


def _check(path: Path, likes: Preferences, known: set[str]) -> None:
    for name, wanted in likes.items():
        strange = [one for one in wanted if one not in known]
        if strange or len(set(wanted)) < len(wanted):
            what = f"不存在的 {strange[0][1:]}" if strange else "重复的人"
            raise InstanceProblem(f"{path.name} 里 {name[1:]} 的名单上有{what}。请改正。")
