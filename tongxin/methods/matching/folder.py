"""People and what they wish from a data folder of CSV files; every problem is a sentence that names file and row.

people.csv: id, side, optional name, capacity_low, capacity_high, then a column per attribute (several values of one
attribute are separated by ；). wishes.csv: person, wants, rank. fixed.csv, forbidden.csv: a, b, reason. previous.csv (last
year's pairs), known.csv (who knows whom), current.csv (the pairs as they stand, to be changed as little as possible):
a, b. Teams: fixed.csv, previous.csv and current.csv say `a, b` for each two of a team.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path

from .scheme import Condition, Scheme

SPLIT = re.compile(r"[;；、|]")
PEOPLE = ("id", "side", "name", "capacity_low", "capacity_high")
PAIRS = {
    "fixed.csv": "reason",
    "forbidden.csv": "reason",
    "previous.csv": "",
    "known.csv": "",
    "current.csv": "",
}
MOST_PROBLEMS = 50
LARGEST = 10**6


class RoundProblem(Exception):
    """The folder cannot be used; the message is one sentence per line."""

    def __init__(self, problems: list[Trouble]) -> None:
        super().__init__("\n".join(problem.sentence for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Trouble:
    """row: line of the file, 0 for the whole file."""

    file: str
    row: int
    sentence: str


@dataclass(frozen=True)
class Person:
    """attributes: values by name, none for an empty cell. row: line of people.csv."""

    id: str
    side: str
    name: str
    low: int
    high: int
    attributes: dict[str, tuple[str, ...]]
    row: int = 0

    @property
    def title(self) -> str:
        return self.name or self.id


@dataclass(frozen=True)
class Bond:
    """Two people and why."""

    a: str
    b: str
    reason: str = ""
    row: int = 0


@dataclass
class Round:
    """One round of a scheme: people by id in order, wishes as (person, wanted, rank from 1), and bonds by kind."""

    people: dict[str, Person]
    wishes: list[tuple[str, str, int]] = field(default_factory=list)
    fixed: list[Bond] = field(default_factory=list)
    forbidden: list[Bond] = field(default_factory=list)
    previous: list[Bond] = field(default_factory=list)
    known: list[Bond] = field(default_factory=list)
    current: list[Bond] = field(default_factory=list)

    def seated(self, scheme: Scheme, seat: str) -> list[Person]:
        """Who may sit there, in order."""
        who = scheme.seat(seat).who
        return [
            person
            for person in self.people.values()
            if person.side == seat and (who is None or holds(who, person))
        ]


def holds(condition: Condition, person: Person) -> bool:
    """Does a condition hold for a person; nothing is known of an empty attribute, so no test of it holds."""
    if condition.kind == "all":
        return all(holds(part, person) for part in condition.parts)
    if condition.kind == "any":
        return any(holds(part, person) for part in condition.parts)
    if condition.kind == "not":
        return not holds(condition.parts[0], person)
    own = person.attributes.get(condition.attribute, ())
    if condition.kind == "is":
        return any(value in condition.values for value in own)
    number = number_in(own)
    if number is None:
        return False
    limit = float(condition.values[0])
    return number >= limit if condition.kind == "at_least" else number <= limit


def number_in(values: tuple[str, ...]) -> float | None:
    """The single number that an attribute holds; None if it is none."""
    try:
        number = float(values[0]) if len(values) == 1 else None
    except ValueError:
        return None
    return number if number is not None and abs(number) <= LARGEST else None


def load_round(folder: str | Path, scheme: Scheme) -> Round:
    """Read a data folder. Raises RoundProblem."""
    folder = Path(folder)
    reader = _Folder(folder, scheme)
    if not folder.is_dir():
        raise RoundProblem([Trouble(folder.name, 0, f"没有这个文件夹：{folder}。请检查路径。")])
    if not (folder / "people.csv").exists():
        raise RoundProblem([Trouble("people.csv", 0, "文件夹里没有 people.csv。请写出每个人的编号和席位。")])
    found = Round(reader.people())
    found.wishes = reader.wishes(found.people)
    for name in PAIRS:
        setattr(found, name.removesuffix(".csv"), reader.bonds(name, found.people))
    return checked(found, scheme, reader.problems)


def checked(found: Round, scheme: Scheme, problems: list[Trouble]) -> Round:
    """The round again when nothing in it contradicts itself; else RoundProblem."""
    problems += _contradictions(found, scheme)
    if problems:
        raise RoundProblem(problems[:MOST_PROBLEMS])
    return found


class _Folder:
    def __init__(self, folder: Path, scheme: Scheme) -> None:
        self.folder, self.scheme, self.problems = folder, scheme, []  # type: Path, Scheme, list[Trouble]

    def say(self, file: str, row: int, sentence: str) -> None:
        where = f"{file} 第 {row} 行：" if row else f"{file}："
        self.problems.append(Trouble(file, row, where + sentence))

    def rows(
        self, name: str, needed: tuple[str, ...], known: tuple[str, ...] | None
    ) -> list[tuple[int, dict[str, str]]]:
        """(line, cells by column) of a file, none when it does not exist. known: None lets any column be."""
        file = self.folder / name
        if not file.exists():
            return []
        try:
            text = file.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError:
            self.say(name, 0, "不是“UTF-8”编码。请另存后再试。")
            return []
        reader = csv.reader(io.StringIO(text, newline=""))
        try:
            header = [cell.strip() for cell in next(reader, [])]
            if not self._header_is_good(name, header, needed, known):
                return []
            found = []
            for cells in reader:
                if len(cells) > len(header):
                    self.say(name, reader.line_num, "比表头多出几格。请检查逗号和引号。")
                elif any(cell.strip() for cell in cells):
                    cells += [""] * (len(header) - len(cells))
                    found.append((reader.line_num, dict(zip(header, map(str.strip, cells), strict=True))))
            return found
        except csv.Error:
            self.say(name, reader.line_num, "读不懂。请检查引号。")
            return []

    def _header_is_good(
        self, name: str, header: list[str], needed: tuple[str, ...], known: tuple[str, ...] | None
    ) -> bool:
        before = len(self.problems)
        for column in needed:
            if column not in header:
                self.say(name, 1, f"缺少“{column}”这一列。请补上。")
        for column in header:
            if known is not None and column not in known:
                self.say(name, 1, f"有不认识的列“{column}”。可用的列有：{'、'.join(known)}。")
        if len(set(header)) < len(header):
            self.say(name, 1, "有两列同名。请删去一列。")
        return len(self.problems) == before

    def people(self) -> dict[str, Person]:
        found: dict[str, Person] = {}
        seats = {seat.id: seat for seat in self.scheme.seats}
        rows = self.rows("people.csv", ("id", "side"), None)
        if rows:
            self._check_attributes(set(rows[0][1]))
        for row, cells in rows:
            name, side = cells["id"], cells["side"]
            if not name:
                self.say("people.csv", row, "没有填编号（id）。请补上。")
            elif name in found:
                self.say("people.csv", row, f"编号“{name}”和第 {found[name].row} 行重复。请改成不同的编号。")
            elif side not in seats:
                self.say("people.csv", row, f"席位“{side}”不在方案里。可以写：{'、'.join(seats)}。")
            else:
                low = self._whole(row, cells, "capacity_low", seats[side].low)
                high = self._whole(row, cells, "capacity_high", max(seats[side].high, low))
                if low > high:
                    self.say(
                        "people.csv", row, f"{name} 最少 {low} 人，最多 {high} 人，互相矛盾。请改正其中一个。"
                    )
                attributes = {
                    column: tuple(part.strip() for part in SPLIT.split(text) if part.strip())
                    for column, text in cells.items()
                    if column not in PEOPLE and text
                }
                found[name] = Person(name, side, cells.get("name", ""), low, high, attributes, row)
        return found

    def _check_attributes(self, columns: set[str]) -> None:
        for seat in self.scheme.seats:
            for name in sorted(self.scheme.attributes_of(seat.id) - columns):
                self.say(
                    "people.csv",
                    1,
                    f"方案要看“{seat.title}”的“{name}”，表里没有这一列。请补上，没有的人空着。",
                )

    def _whole(self, row: int, cells: dict[str, str], column: str, default: int) -> int:
        text = cells.get(column, "")
        if not text:
            return default
        if not text.isascii() or not text.isdecimal() or int(text[:8]) > LARGEST:
            self.say("people.csv", row, f"“{column}”要写不小于零的整数，现在是“{text[:20]}”。")
            return default
        return int(text)

    def _known(self, file: str, row: int, column: str, name: str, people: dict[str, Person]) -> bool:
        if name in people:
            return True
        said = (
            f"“{name}”不在 people.csv 里。请改正编号，或先把这个人加进去。"
            if name
            else f"没有填“{column}”。请补上。"
        )
        self.say(file, row, said)
        return False

    def wishes(self, people: dict[str, Person]) -> list[tuple[str, str, int]]:
        found: dict[tuple[str, str], int] = {}
        counted: dict[str, int] = {}
        for row, cells in self.rows("wishes.csv", ("person", "wants"), ("person", "wants", "rank")):
            one, other, text = cells["person"], cells["wants"], cells.get("rank", "")
            good = [
                self._known("wishes.csv", row, c, n, people) for c, n in (("person", one), ("wants", other))
            ]
            if not all(good):
                continue
            counted[one] = counted.get(one, 0) + 1
            if people[one].side == people[other].side:
                self.say("wishes.csv", row, f"“{one}”和“{other}”是同一个席位，不能配在一起。请改正。")
            elif (one, other) in found:
                self.say("wishes.csv", row, f"“{one}”想要“{other}”写了两次。请删去一行。")
            elif text and (not text.isascii() or not text.isdecimal() or not 1 <= int(text[:6]) <= 999):
                self.say("wishes.csv", row, f"第几志愿（rank）要写 1 到 999 的整数，现在是“{text[:20]}”。")
            else:
                found[one, other] = int(text) if text else counted[one]
        return [(one, other, rank) for (one, other), rank in found.items()]

    def bonds(self, name: str, people: dict[str, Person]) -> list[Bond]:
        known = ("a", "b", "reason")
        found: dict[frozenset[str], Bond] = {}
        for row, cells in self.rows(name, ("a", "b"), known):
            one, other = cells["a"], cells["b"]
            # Last year's pairs may name people who have left.
            if name in ("previous.csv", "known.csv") and not {one, other} <= set(people):
                continue
            good = [self._known(name, row, c, n, people) for c, n in (("a", one), ("b", other))]
            if not all(good):
                continue
            side = people[one].side
            beside = self.scheme.teams and self.scheme.seat(side).count > 1 and one != other
            if side == people[other].side and name != "known.csv" and not beside:
                self.say(name, row, f"“{one}”和“{other}”是同一个席位，不能是一对。请改正。")
            elif frozenset((one, other)) in found:
                first = found[frozenset((one, other))].row
                self.say(name, row, f"“{one}”和“{other}”和第 {first} 行重复。请删去一行。")
            else:
                found[frozenset((one, other))] = Bond(one, other, cells.get("reason", ""), row)
        return list(found.values())


def _contradictions(found: Round, scheme: Scheme) -> list[Trouble]:
    """Fixed pairs that are forbidden, of people who may not sit, or more than a person's most."""
    problems = []
    forbidden = {frozenset((bond.a, bond.b)): bond for bond in found.forbidden}
    seated = {person.id for seat in scheme.seats for person in found.seated(scheme, seat.id)}
    loads: dict[tuple[str, str], int] = {}
    for bond in found.fixed:
        where = f"fixed.csv 第 {bond.row} 行："
        against = forbidden.get(frozenset((bond.a, bond.b)))
        if against:
            said = (
                f"“{bond.a}”和“{bond.b}”在 forbidden.csv 第 {against.row} 行又不许配在一起。请删去其中一行。"
            )
            problems.append(Trouble("fixed.csv", bond.row, where + said))
        for one, other in ((bond.a, bond.b), (bond.b, bond.a)):
            if one not in seated:
                said = f"“{one}”不符合“{scheme.seat(found.people[one].side).title}”的条件，不能配。请改正条件或删去这一行。"
                problems.append(Trouble("fixed.csv", bond.row, where + said))
            key = (one, found.people[other].side)
            loads[key] = loads.get(key, 0) + 1
            if loads[key] == found.people[one].high + 1 and not scheme.teams:
                said = f"“{one}”已定的对象超过最多 {found.people[one].high} 人（people.csv 第 {found.people[one].row} 行）。请加大上限或删去几行。"
                problems.append(Trouble("fixed.csv", bond.row, where + said))
    return problems
