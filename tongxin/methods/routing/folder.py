"""A folder of tables as a problem: visitors.csv, families.csv, sessions.csv, and where they are travel.csv, agreed.csv
and plan.yaml. Every mistake is told at once, each with its file and row.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from .model import FEWEST, HIGHEST, OBJECTIVES, SHORTEST, Agreed, Family, Part, Problem, Session, Team, Window
from .pairing import in_pairs
from .places import Assumed, Place, travel_table
from .tables import HOURS, FolderUnreadable, Problems, Row, day_of, number_of, rows_of, seconds_of

WHERE = ("place", "x", "y", "lat", "lon")
VISITORS = ("id", "name", "pair", "skills", "sessions", *WHERE)
FAMILIES = ("id", "name", *WHERE, "minutes", "times", "visitors", "skills", "joint", "priority", "until")
SESSIONS = ("id", "day", "from", "to", "max_visits")
TRAVEL = ("from", "to", "minutes")
AGREED = ("family", "visitor", "session", "at")
SETTINGS = ("as_of", "objective", "team_size", "minutes", *(one.name for one in fields(Assumed)))
DAY_S = 86_400
USUAL_MIN = 30


@dataclass
class Settings:
    """plan.yaml: what is assumed and what is wanted."""

    as_of: dt.date | None = None
    objective: str = SHORTEST
    team_size: int = 2
    minutes: float = USUAL_MIN
    assumed: Assumed = field(default_factory=Assumed)


@dataclass
class Person:
    id: str
    at: str
    pair: str
    skills: frozenset[str]
    sessions: dict[str, Window]
    place: Place | None


@dataclass
class Folder:
    """What was read: the problem, the day that tick 0 is the midnight of, and names for people who read the plan."""

    problem: Problem
    origin: dt.date
    names: dict[str, str]
    settings: Settings


def read_folder(folder: str | Path, today: dt.date, objective: str | None = None) -> Folder:
    """Raises FolderUnreadable with all sentences. today: visits before it are in the past, unless plan.yaml says a day."""
    path, problems = Path(folder), Problems()
    if not path.is_dir():
        raise FolderUnreadable([f"没有这个文件夹：{path.name}。请检查路径。"])
    return _Reader(path, today, objective, problems).read()


class _Reader:
    def __init__(self, folder: Path, today: dt.date, objective: str | None, problems: Problems) -> None:
        self.folder, self.problems = folder, problems
        self.settings = _settings(folder / "plan.yaml", problems)
        if objective:
            self.settings.objective = objective
        self.today = self.settings.as_of or today
        self.names: dict[str, str] = {}

    def read(self) -> Folder:
        tables = {
            name: rows_of(self.folder, name, columns, needed, self.problems)
            for name, columns, needed in (
                ("sessions.csv", SESSIONS, ("id", "day", "from", "to")),
                ("visitors.csv", VISITORS, ("id",)),
                ("families.csv", FAMILIES, ("id",)),
                ("travel.csv", TRAVEL, TRAVEL),
                ("agreed.csv", AGREED, ("family", "visitor", "session")),
            )
        }
        for name in ("sessions.csv", "visitors.csv", "families.csv"):
            if not tables[name] and not self.problems.sentences:
                what = "没有内容" if (self.folder / name).exists() else "找不到"
                self.problems.add(name, f"{what}。请在文件夹里放好这张表，至少一行。")
        self.problems.stop_if_any()
        self._sessions(tables["sessions.csv"])
        self.problems.stop_if_any()
        people = self._people(tables["visitors.csv"])
        self.problems.stop_if_any()
        teams = self._teams(people)
        self.problems.stop_if_any()
        return self._whole(people, teams, tables)

    def _whole(
        self, people: dict[str, Person], teams: dict[str, list[Person]], tables: dict[str, list[Row]]
    ) -> Folder:
        places: list[Place] = []
        made_teams = tuple(self._team(name, members, places) for name, members in teams.items())
        families = self._families(tables["families.csv"], people, made_teams, places)
        travel = self._travel(tables["travel.csv"], places)
        self.problems.stop_if_any()
        problem = Problem(
            made_teams, tuple(self.sessions.values()), families, travel, self.settings.objective
        )
        agreed = self._agreed(tables["agreed.csv"], problem)
        self.problems.stop_if_any()
        problem = Problem(problem.teams, problem.sessions, families, travel, self.settings.objective, agreed)
        return Folder(problem, self.origin, self.names, self.settings)

    # ---------------------------------------------------------------- sessions

    def _sessions(self, rows: list[Row]) -> None:
        read = []
        for row in rows:
            day, start, end = day_of(row["day"]), seconds_of(row["from"]), seconds_of(row["to"])
            if day is None:
                self.problems.add(row.at, f"“day”应是日期，例如 2023-04-08，现在是“{row['day']}”。")
            elif start is None or end is None:
                self.problems.add(row.at, "“from”和“to”应是钟点，例如 18:30。")
            elif end <= start:
                self.problems.add(
                    row.at, f"“to”（{row['to']}）不晚于“from”（{row['from']}）。请改正其中一个。"
                )
            elif day < self.today:
                self.problems.add(
                    row.at,
                    f"场次“{row['id']}”在 {day}，已经过去（今天按 {self.today} 算）。请改日期或删去这一行。",
                )
            else:
                read.append((row, day, start, end))
        self.origin = min((day for _, day, _, _ in read), default=self.today)
        self.sessions: dict[str, Session] = {}
        for row, day, start, end in read:
            limit = self._whole_number(row, "max_visits", 1, 1000)
            midnight = (day - self.origin).days * DAY_S
            if self._new(row, self.sessions):
                self.sessions[row["id"]] = Session(row["id"], (midnight + start, midnight + end), limit)

    def _new(self, row: Row, known: Any) -> bool:
        if not row["id"]:
            self.problems.add(row.at, "没有编号。请填“id”。")
        elif row["id"] in known:
            self.problems.add(row.at, f"编号“{row['id']}”前面已经用过。每行要用不同的编号。")
        else:
            return True
        return False

    # ---------------------------------------------------------------- visitors

    def _people(self, rows: list[Row]) -> dict[str, Person]:
        people: dict[str, Person] = {}
        for row in rows:
            if not self._new(row, people):
                continue
            self.names[row["id"]] = row["name"] or row["id"]
            people[row["id"]] = Person(
                row["id"],
                row.at,
                row["pair"],
                frozenset(row.several("skills")),
                self._own_times(row),
                self._place(row, needed=False),
            )
        return people

    def _own_times(self, row: Row) -> dict[str, Window]:
        """Sessions a visitor can go to: ids, each perhaps with hours ("s1@18:30-20:00"); empty = all."""
        found: dict[str, Window] = {}
        for word in row.several("sessions"):
            name, _, hours = word.partition("@")
            session = self.sessions.get(name)
            if session is None:
                self.problems.add(row.at, f"sessions.csv 里没有场次“{name}”。")
                continue
            window = session.window
            if hours:
                said = self._hours(hours)
                midnight = window[0] // DAY_S * DAY_S
                window = (
                    (max(window[0], midnight + said[0]), min(window[1], midnight + said[1]))
                    if said
                    else (0, -1)
                )
            if window[0] >= window[1]:
                self.problems.add(
                    row.at, f"“{word}”不是场次里的一段时间。请写成“场次@18:30-20:00”，钟点要在场次之内。"
                )
                continue
            found[name] = window
        return found or {name: session.window for name, session in self.sessions.items()}

    def _hours(self, text: str) -> tuple[int, int] | None:
        match = HOURS.fullmatch(text)
        if not match:
            return None
        start, end = seconds_of(match[1]), seconds_of(match[2])
        return (start, end) if start is not None and end is not None and start < end else None

    def _teams(self, people: dict[str, Person]) -> dict[str, list[Person]]:
        teams: dict[str, list[Person]] = {}
        for person in people.values():
            if person.pair:
                teams.setdefault(person.pair, []).append(person)
        alone = [person for person in people.values() if not person.pair]
        size = self.settings.team_size
        made, left = in_pairs([set(person.sessions) for person in alone], size)
        for group in made:
            teams["+".join(alone[number].id for number in group)] = [alone[number] for number in group]
        for number in left:
            self.problems.add(
                alone[number].at,
                f"{self.names[alone[number].id]}没有可以同去的搭档（每组 {size} 人，要有共同的场次）。"
                "请加一个人，或者放宽“sessions”。",
            )
        for name, members in teams.items():
            if len(members) < size:
                self.problems.add(
                    members[0].at,
                    f"小组“{name}”只有 {len(members)} 个人，为了安全每组至少 {size} 人。请补上搭档，或在 plan.yaml 里改“team_size”。",
                )
            elif not _common(members):
                self.problems.add(members[0].at, f"小组“{name}”的人没有共同的场次，去不了。请改“sessions”。")
            else:
                self._apart(members, _common(members))
        return teams

    def _apart(self, members: list[Person], times: dict[str, Window]) -> None:
        """Nobody is in two places: sessions of a team must not overlap."""
        order = sorted(times.items(), key=lambda item: item[1])
        for (first, (_, end)), (second, (start, _)) in itertools.pairwise(order):
            if start < end:
                self.problems.add(
                    members[0].at,
                    f"场次“{first}”和“{second}”的时间重叠，同一个人不能两边都去。请在“sessions”里只留一个。",
                )

    def _team(self, name: str, members: list[Person], places: list[Place]) -> Team:
        start = next((person.place for person in members if person.place), None)
        if start is None:
            self.problems.add(
                members[0].at, "不知道从哪里出发。请填学校（或出发地）的“place”或坐标“x、y”“lat、lon”。"
            )
            start = Place(None, "?")
        if start not in places:
            places.append(start)
        at = places.index(start)
        skills = frozenset().union(*(person.skills for person in members))
        return Team(name, tuple(person.id for person in members), _common(members), skills, at, at)

    # ---------------------------------------------------------------- families

    def _families(
        self, rows: list[Row], people: dict[str, Person], teams: tuple[Team, ...], places: list[Place]
    ) -> tuple[Family, ...]:
        self.by_person = {person: {team.id for team in teams if person in team.members} for person in people}
        found: dict[str, Family] = {}
        self.rows: dict[str, Row] = {}
        for row in rows:
            if not self._new(row, found):
                continue
            if row["id"] in people:
                self.problems.add(row.at, f"编号“{row['id']}”和 visitors.csv 里的人重复。请换一个编号。")
            self.names[row["id"]] = row["name"] or row["id"]
            place = self._place(row, needed=True) or Place(None, "?")
            minutes = self._number(row, "minutes", self.settings.minutes, 1, 600)
            parts = self._parts(row, int(minutes * 60))
            places.append(place)
            self.rows[row["id"]] = row
            found[row["id"]] = Family(
                row["id"],
                len(places) - 1,
                parts,
                self._windows(row),
                together=len(parts) > 1,
                priority=self._whole_number(row, "priority", 0, HIGHEST) or 0,
            )
        return tuple(found.values())

    def _parts(self, row: Row, length: int) -> tuple[Part, ...]:
        """One part, or one more for each team that joins: `joint` names skills or people of the second team."""
        first = Part(length, frozenset(row.several("skills")), self._teams_of(row, row.several("visitors")))
        words = row.several("joint")
        if not words:
            return (first,)
        known = [word for word in words if word in self.by_person]
        second = Part(length, frozenset(words) - set(known), self._teams_of(row, known))
        return first, second

    def _teams_of(self, row: Row, names: list[str]) -> frozenset[str] | None:
        if not names:
            return None
        unknown = [name for name in names if name not in self.by_person]
        if unknown:
            self.problems.add(row.at, f"visitors.csv 里没有“{'、'.join(unknown)}”。请核对编号。")
            return None
        teams = set.intersection(*(self.by_person[name] for name in names))
        if not teams:
            self.problems.add(
                row.at, f"“{'、'.join(names)}”不在同一组，不能一起算一组。第二组的人请写在“joint”里。"
            )
        return frozenset(teams)

    def _windows(self, row: Row) -> tuple[Window, ...]:
        """Times a family can be visited: session ids, days, days with hours; empty = any. Cut at `until`."""
        last = day_of(row["until"]) if row["until"] else None
        if row["until"] and last is None:
            self.problems.add(row.at, f"“until”应是日期，例如 2023-04-30，现在是“{row['until']}”。")
        if last and last < self.today:
            self.problems.add(row.at, f"“until”是 {last}，已经过去（今天按 {self.today} 算）。请改日期。")
        limit = ((last - self.origin).days + 1) * DAY_S if last else None
        words = [word.strip() for word in row["times"].replace("；", ";").replace("、", ";").split(";")]
        windows = [window for word in words if word for window in (self._window(row, word),) if window]
        if not any(words):
            windows = [session.window for session in self.sessions.values()]
        if limit is not None:
            windows = [(low, min(high, limit)) for low, high in windows if low < limit]
        return _joined(windows)

    def _window(self, row: Row, word: str) -> Window | None:
        if word in self.sessions:
            return self.sessions[word].window
        day_text, _, hours_text = word.partition(" ")
        day = day_of(day_text)
        hours = self._hours(hours_text.replace(" ", "")) if hours_text.strip() else (0, DAY_S)
        if day is None:
            self.problems.add(
                row.at, f"“times”里的“{word}”看不懂：不是场次，也不是日期。请写成“2023-04-08 18:00-20:00”。"
            )
        elif hours is None:
            self.problems.add(row.at, f"“times”里的“{word}”钟点不对，结束要晚于开始，例如 18:00-20:00。")
        elif day < self.today:
            self.problems.add(
                row.at, f"“times”里的“{word}”已经过去（今天按 {self.today} 算）。请改日期或删去。"
            )
        else:
            midnight = (day - self.origin).days * DAY_S
            return midnight + hours[0], midnight + hours[1]
        return None

    # ---------------------------------------------------------------- places and travel

    def _place(self, row: Row, *, needed: bool) -> Place | None:
        code = row["place"]
        for pair, bounds, degrees in ((("x", "y"), (1e5, 1e5), False), (("lat", "lon"), (90, 180), True)):
            said = [row[column] for column in pair]
            if not any(said):
                continue
            numbers = [number_of(text, -bound, bound) for text, bound in zip(said, bounds, strict=True)]
            if None in numbers:
                self.problems.add(
                    row.at, f"坐标“{pair[0]}、{pair[1]}”要写两个数，现在是“{'、'.join(said)}”。"
                )
                return Place(None, code or "?")
            return Place((float(numbers[0] or 0), float(numbers[1] or 0)), code, degrees)
        if not code and needed:
            self.problems.add(
                row.at,
                "没有地点，排不了路线。请填坐标（“x、y”公里，或“lat、lon”度），或“place”（村、街道的代码）。",
            )
        return Place(None, code) if code else None

    def _travel(self, rows: list[Row], places: list[Place]) -> np.ndarray:
        known = self._known(rows, {place.code for place in places})
        degrees = {place.degrees for place in places if place.point}
        if len(degrees) > 1:
            self.problems.add("families.csv", "有的写“x、y”，有的写“lat、lon”，不能一起算。请都换成同一种。")
            return np.zeros((len(places), len(places)), np.int64)
        # Whole minutes, rounded up: that is how people make appointments.
        return -(-travel_table(places, self.settings.assumed, known) // 60) * 60

    def _known(self, rows: list[Row], codes: set[str]) -> dict[tuple[str, str], float]:
        found: dict[tuple[str, str], float] = {}
        for row in rows:
            unknown = [row[side] for side in ("from", "to") if row[side] not in codes]
            if unknown:
                self.problems.add(
                    row.at, f"没有人的“place”是“{'、'.join(unknown)}”。请核对代码，或删去这一行。"
                )
            found[row["from"], row["to"]] = self._number(row, "minutes", 0, 0, 24 * 60)
            if not row["minutes"]:
                self.problems.add(row.at, "没有写分钟数。请填“minutes”。")
        return found

    # ---------------------------------------------------------------- agreed stops

    def _agreed(self, rows: list[Row], problem: Problem) -> tuple[Agreed, ...]:
        from .layout import Layout

        found: list[Agreed] = []
        for row in rows:
            one = self._agreed_one(row, problem)
            if one is None:
                continue
            trial = Problem(problem.teams, problem.sessions, problem.families, problem.travel, agreed=(one,))
            layout = Layout(trial)
            unit = next(unit for unit in layout.pins)
            if not layout.options(unit):
                self.problems.add(
                    row.at,
                    "约好的时间做不到：不在这家能接待的时间里，或者这一组没有需要的人、来不及往返。请改约。",
                )
            found.append(one)
        return tuple(found)

    def _agreed_one(self, row: Row, problem: Problem) -> Agreed | None:
        session = self.sessions.get(row["session"])
        teams = [team for team in problem.teams if row["visitor"] in (*team.members, team.id)]
        if row["family"] not in self.rows:
            self.problems.add(row.at, f"families.csv 里没有“{row['family']}”。请核对编号。")
        elif not teams:
            self.problems.add(row.at, f"visitors.csv 里没有“{row['visitor']}”。请核对编号。")
        elif session is None:
            self.problems.add(row.at, f"sessions.csv 里没有场次“{row['session']}”。")
        elif not any(session.id in team.sessions for team in teams):
            self.problems.add(
                row.at, f"“{row['visitor']}”那一组不去场次“{session.id}”。请改“sessions”或改约。"
            )
        else:
            at = seconds_of(row["at"]) if row["at"] else None
            if row["at"] and at is None:
                self.problems.add(row.at, f"“at”应是钟点，例如 18:30，现在是“{row['at']}”。")
                return None
            begin = None if at is None else session.window[0] // DAY_S * DAY_S + at
            team = next(team for team in teams if session.id in team.sessions)
            return Agreed(row["family"], team.id, session.id, begin)
        return None

    # ---------------------------------------------------------------- numbers

    def _number(self, row: Row, column: str, usual: float, low: float, high: float) -> float:
        if not row[column]:
            return usual
        number = number_of(row[column], low, high)
        if number is None:
            self.problems.add(row.at, f"“{column}”应是 {low:g} 到 {high:g} 的数，现在是“{row[column]}”。")
            return usual
        return number

    def _whole_number(self, row: Row, column: str, low: int, high: int) -> int | None:
        if not row[column]:
            return None
        number = number_of(row[column], low, high)
        if number is None or number != int(number):
            self.problems.add(row.at, f"“{column}”应是 {low} 到 {high} 的整数，现在是“{row[column]}”。")
            return None
        return int(number)


def _common(members: list[Person]) -> dict[str, Window]:
    """Sessions all members can go to, with the hours all have."""
    found = {}
    for name in members[0].sessions:
        if all(name in person.sessions for person in members):
            low = max(person.sessions[name][0] for person in members)
            high = min(person.sessions[name][1] for person in members)
            if low < high:
                found[name] = (low, high)
    return found


def _joined(windows: list[Window]) -> tuple[Window, ...]:
    """Windows apart from each other and ascending."""
    found: list[Window] = []
    for low, high in sorted(windows):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def _settings(file: Path, problems: Problems) -> Settings:
    found = Settings()
    if not file.exists():
        return found
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8-sig")) or {}
    except (yaml.YAMLError, UnicodeDecodeError, OSError):
        said = None
    if not isinstance(said, dict):
        problems.add("plan.yaml", "读不懂。每行应是“名称: 值”，例如 speed_kmh: 20。")
        return found
    for name in said:
        if name not in SETTINGS:
            problems.add("plan.yaml", f"有不认识的“{name}”。可用的有：{'、'.join(SETTINGS)}。")
    if "as_of" in said:
        found.as_of = day_of(str(said["as_of"]))
        if found.as_of is None:
            problems.add("plan.yaml", f"“as_of”应是日期，例如 2023-04-01，现在是“{said['as_of']}”。")
    if "objective" in said:
        found.objective = str(said["objective"])
        if found.objective not in OBJECTIVES:
            problems.add("plan.yaml", f"“objective”应是 {SHORTEST}（路程最短）或 {FEWEST}（出门次数最少）。")
    numbers = {name: _setting(said, name, problems) for name in SETTINGS[2:] if name in said}
    found.team_size = int(numbers.pop("team_size", found.team_size))
    found.minutes = numbers.pop("minutes", found.minutes)
    found.assumed = Assumed(
        **{**{one.name: getattr(found.assumed, one.name) for one in fields(Assumed)}, **numbers}
    )
    return found


LIMITS = {"team_size": (1, 5), "minutes": (1, 600), "speed_kmh": (0.5, 150), "detour": (1, 10)}


def _setting(said: dict[str, Any], name: str, problems: Problems) -> float:
    low, high = LIMITS.get(name, (0, 600))
    number = number_of(str(said[name]), low, high)
    if number is None or (name == "team_size" and number != int(number)):
        problems.add("plan.yaml", f"“{name}”应是 {low:g} 到 {high:g} 的数，现在是“{said[name]}”。")
        return low
    return number
