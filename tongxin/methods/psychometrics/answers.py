"""Read papers from a table of text cells: columns are found by item number, people by a few well-known headings."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .instrument import FORMS, OWN, Instrument, Person
from .scoring import Codes, Problem

_NUMBERED = re.compile(r"^(?:q|item|t|题|第)?[_\s]*0*([0-9]{1,4})[_\s]*题?$", re.IGNORECASE)
PERSON_COLUMNS = {
    "sex": "sex", "gender": "sex", "性别": "sex", "age": "age", "年龄": "age", "grade": "grade", "年级": "grade",
    "form": "form", "填写人": "form",
}  # fmt: skip
SEX_WORDS = {"male": "male", "m": "male", "男": "male", "female": "female", "f": "female", "女": "female"}
FORM_WORDS = {name: name for name in FORMS} | {"学生": "student", "家长": "parent", "教师": "teacher"}
MOST_BYTES = 500_000_000
MOST_CELL = 100_000


class AnswersUnreadable(Exception):
    """The table cannot be used at all; the message is a sentence."""


@dataclass(frozen=True)
class Paper:
    """One row. row: counted from 1; line: where it stands in the file; written: what stands in items not scored; empty:
    nothing stands in it at all."""

    row: int
    line: int
    person: Person
    paper: bytes
    problems: tuple[Problem, ...]
    written: dict[str, str] = field(default_factory=dict)
    empty: bool = False


@dataclass
class Columns:
    """Which column holds what. items, person: number of the column; ignored: headings that mean nothing here."""

    items: dict[str, int]
    person: dict[str, int]
    ignored: list[str]


def find_columns(heading: Sequence[str], instrument: Instrument) -> Columns:
    """Raises AnswersUnreadable when an item of a scale has no column, or two."""
    found = Columns({}, {}, [])
    exact = {item.id: item.id for item in instrument.items}
    lowered = {item.id.lower(): item.id for item in instrument.items}
    for number, cell in enumerate(heading):
        text = cell.strip()
        numbered = _NUMBERED.match(text)
        item = exact.get(text) or lowered.get(text.lower()) or (exact.get(numbered[1]) if numbered else None)
        if item is not None:
            if item in found.items:
                raise AnswersUnreadable(
                    f"第{item}题有两列：“{heading[found.items[item]]}”和“{text}”。请只留一列。"
                )
            found.items[item] = number
        elif text.lower() in PERSON_COLUMNS and PERSON_COLUMNS[text.lower()] not in found.person:
            found.person[PERSON_COLUMNS[text.lower()]] = number
        elif text:
            found.ignored.append(text)
    needed = {item for scale in instrument.scales for item in scale.items}
    lacking = [item.id for item in instrument.items if item.id in needed and item.id not in found.items]
    if lacking:
        shown = "、".join(lacking[:5]) + ("……" if len(lacking) > 5 else "")
        raise AnswersUnreadable(
            f"缺 {len(lacking)} 列：{shown}。第一行要写题号，每题一列，例如 1、Q1、第1题。"
        )
    return found


def text_of_file(path: str | Path) -> str:
    """The text of a table in UTF-8 or the usual Chinese encoding. Raises AnswersUnreadable."""
    data = Path(path).read_bytes()
    if len(data) > MOST_BYTES:
        raise AnswersUnreadable("文件太大。请分成几个文件。")
    if data[:2] == b"PK":
        raise AnswersUnreadable("这是 Excel 文件。请另存为 CSV（UTF-8）再计分。")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AnswersUnreadable("这个文件不是文字表格。请另存为 CSV（UTF-8）。")


def read_papers(text: str, instrument: Instrument, coding: str = OWN) -> tuple[Columns, Iterator[Paper]]:
    """(columns, papers one by one) of a table with a heading line, separated by comma, tab or semicolon.

    Raises AnswersUnreadable, also while the papers are read, and ValueError for an unknown coding.
    """
    first = text.split("\n", 1)[0]
    separator = max(",\t;", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    codes = Codes(instrument, coding)
    try:
        heading = next(rows)
    except (StopIteration, csv.Error) as error:
        raise AnswersUnreadable("文件是空的。第一行要写题号，每题一列。") from error
    columns = find_columns(heading, instrument)
    return columns, _papers(rows, columns, instrument, codes, heading)


def _papers(
    rows: Iterator[list[str]], columns: Columns, instrument: Instrument, codes: Codes, heading: list[str]
) -> Iterator[Paper]:
    scored = {item.id for item in instrument.scored_items}
    others = {item: at for item, at in columns.items.items() if item not in scored}
    headings = {item: heading[at].strip() for item, at in columns.items.items()}
    nothing, _ = codes.read(dict.fromkeys(columns.items.keys() & scored, ""))
    line, row, width = 1, 0, len(heading)
    waiting: list[int] = []  # lines without a character: a row each, unless the file ends with them
    while True:
        begun = line + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise AnswersUnreadable(f"第 {begun} 行读不懂。请检查引号是否成对。") from error
        line = getattr(rows, "line_num", begun)
        if not cells:
            waiting.append(begun)
            continue
        for blank in waiting:
            row += 1
            yield Paper(row, blank, Person(), nothing, (), empty=True)
        waiting.clear()
        row += 1
        problems: list[Problem] = []
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            problems.append(
                Problem("", cells[width][:40], "这一行比标题多出几格，各格可能错位。请检查这一行。")
            )
        cells += [""] * (width - len(cells))
        paper, wrong = codes.read({item: cells[at] for item, at in columns.items.items() if item in scored})
        problems += [replace(problem, column=headings[problem.column]) for problem in wrong]
        person = _person(cells, columns.person, problems)
        written = {item: cells[at].strip()[:MOST_CELL] for item, at in others.items() if cells[at].strip()}
        empty = not any(cell.strip() for cell in cells)
        yield Paper(row, begun, person, paper, tuple(problems), written, empty)


def _person(cells: list[str], columns: dict[str, int], problems: list[Problem]) -> Person:
    found: dict[str, str] = {name: cells[at].strip() for name, at in columns.items()}

    def word(name: str, words: dict[str, str], shown: str) -> str:
        text = found.get(name, "")
        if text and text.lower() not in words:
            problems.append(Problem(name, text[:40], f"“{text[:40]}”看不懂。请写 {shown}，不知道就留空。"))
        return words.get(text.lower(), "")

    def number(name: str, most: int, what: str) -> int | None:
        text = found.get(name, "").removesuffix(".0")
        if text and not (text.isascii() and text.isdecimal() and int(text[:9]) <= most and len(text) < 10):
            problems.append(
                Problem(
                    name, text[:40], f"{what}写的是“{text[:40]}”。请写 0 到 {most} 的整数，不知道就留空。"
                )
            )
            return None
        return int(text) if text else None

    return Person(
        word("sex", SEX_WORDS, "男 或 女"),
        number("age", 120, "年龄"),
        number("grade", 20, "年级"),
        word("form", FORM_WORDS, "学生、家长 或 教师"),
    )
