"""Sign-up sheets of a mentoring programme in English: mentors.csv and mentees.csv as a scheme and a round."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from .folder import Person, Round, Trouble, checked
from .parse import parse_scheme
from .scheme import Scheme

SCHEME = """
pairing: mentor-sheets
title: 导师与学员
seats:
  - {id: mentor, title: 导师, capacity: [0, 1]}
  - {id: mentee, title: 学员, capacity: 1}
require:
  - {id: self, title: 不是同一个人, kind: different, of: email}
  - id: grade
    title: 导师级别不低于学员
    kind: at_least
    of: {mentor: grade, mentee: grade}
    order: [AA, AO, EO, HEO, SEO, Grade 7, Grade 6, SCS1, SCS2, SCS3, SCS4]
terms:
  - {id: profession, title: 同一专业, kind: same, of: profession, weight: 60}
  - {id: identity, title: 学员希望的经历, kind: same, of: {mentor: characteristics, mentee: identity}, weight: 40}
  - id: distance
    title: 级别相差一到两级
    kind: distance
    of: {mentor: grade, mentee: grade}
    order: [AA, AO, EO, HEO, SEO, Grade 7, Grade 6, SCS1, SCS2, SCS3, SCS4]
    between: [1, 2]
    weight: 10
  - {id: organisation, title: 同一单位, kind: same, of: organisation, weight: 5}
"""
SHEETS = {"mentors.csv": ("mentor", "characteristics"), "mentees.csv": ("mentee", "identity to match")}
NEEDED = ("email address", "grade", "profession", "organisation")


def load_sheets(folder: str | Path) -> tuple[Scheme, Round]:
    """Raises RoundProblem with a sentence per problem; blanks are allowed but in the address and the grade."""
    scheme, _ = parse_scheme(SCHEME, "mentor-sheets")
    problems: list[Trouble] = []
    people: dict[str, Person] = {}
    grades = scheme.requirements[1].order
    for name, (side, identity) in SHEETS.items():
        for row, cells in _rows(Path(folder) / name, (*NEEDED, identity), problems):
            who, grade = cells["email address"].lower(), cells["grade"]
            if not who or f"{side}:{who}" in people:
                said = "没有填邮箱" if not who else f"邮箱“{who}”重复"
                problems.append(Trouble(name, row, f"{name} 第 {row} 行：{said}。请改正。"))
                continue
            if grade not in grades:
                said = f"级别“{grade}”不认识。可以写：{'、'.join(grades)}。"
                problems.append(Trouble(name, row, f"{name} 第 {row} 行：{said}"))
            wanted = (
                cells[identity]
                if side == "mentor" or cells.get("match with similar identity") == "yes"
                else ""
            )
            attributes = {
                "email": (who,),
                "grade": (grade,),
                "profession": (cells["profession"],),
                "organisation": (cells["organisation"],),
                "characteristics" if side == "mentor" else "identity": tuple(
                    part.strip() for part in wanted.split(",") if part.strip()
                ),
            }
            filled = {key: values for key, values in attributes.items() if values and values[0]}
            title = f"{cells.get('first name', '')} {cells.get('last name', '')}".strip()
            seat = scheme.seat(side)
            people[f"{side}:{who}"] = Person(f"{side}:{who}", side, title, seat.low, seat.high, filled, row)
    return scheme, checked(Round(people), scheme, problems)


def _rows(path: Path, needed: tuple[str, ...], problems: list[Trouble]) -> list[tuple[int, dict[str, str]]]:
    if not path.exists():
        problems.append(Trouble(path.name, 0, f"文件夹里没有 {path.name}。"))
        return []
    try:
        reader = csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""))
        header = [cell.strip().lower() for cell in next(reader, [])]
        missing = [column for column in needed if column not in header]
        if missing:
            problems.append(Trouble(path.name, 1, f"{path.name} 第 1 行：缺少“{missing[0]}”这一列。请补上。"))
            return []
        found = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                cells += [""] * (len(header) - len(cells))
                found.append((reader.line_num, dict(zip(header, map(str.strip, cells), strict=False))))
        return found
    except UnicodeDecodeError:
        problems.append(Trouble(path.name, 0, f"{path.name} 不是“UTF-8”编码。请另存后再试。"))
    except csv.Error:
        problems.append(Trouble(path.name, 0, f"{path.name} 读不懂。请检查引号。"))
    return []
