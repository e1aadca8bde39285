"""CSV tables of a folder, row by row, every mistake kept as a sentence that names file and row."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SEVERAL = re.compile(r"[;；、\s]+")
CLOCK = re.compile(r"(\d{1,2})[:：](\d{2})")
HOURS = re.compile(r"(\d{1,2}[:：]\d{2})\s*[-–—~～至到]\s*(\d{1,2}[:：]\d{2})")


class FolderUnreadable(Exception):
    """A folder cannot be planned from; `sentences` say what is wrong, each with its file and row."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass
class Problems:
    """Mistakes found so far; reading goes on so that all of them are told at once."""

    sentences: list[str] = field(default_factory=list)

    def add(self, at: str, sentence: str) -> None:
        self.sentences.append(f"{at}：{sentence}")

    def stop_if_any(self) -> None:
        if self.sentences:
            raise FolderUnreadable(self.sentences)


@dataclass(frozen=True)
class Row:
    """A row of a table. `at` names its file and line."""

    at: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def several(self, column: str) -> list[str]:
        return [word for word in SEVERAL.split(self[column]) if word]


def rows_of(
    folder: Path, name: str, columns: tuple[str, ...], needed: tuple[str, ...], problems: Problems
) -> list[Row]:
    """Rows of a table; none when its file is missing. A table that cannot be read at all is one problem."""
    file = folder / name
    if not file.exists():
        return []
    try:
        text = file.read_bytes().decode("utf-8-sig")
        return list(_rows(name, text, columns, needed, problems))
    except UnicodeDecodeError:
        problems.add(name, "不是“UTF-8”编码。请另存为“CSV UTF-8”后再试。")
    except OSError:
        problems.add(name, "打不开。请检查是不是文件、有没有权读取。")
    except csv.Error:
        problems.add(name, "读不懂。请检查引号。")
    return []


def _rows(
    name: str, text: str, columns: tuple[str, ...], needed: tuple[str, ...], problems: Problems
) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [cell.strip() for cell in next(reader, [])]
    unknown = [column for column in header if column not in columns]
    missing = [column for column in needed if column not in header]
    for column in unknown:
        problems.add(name, f"有不认识的列“{column}”。可用的列有：{'、'.join(columns)}。")
    for column in missing:
        problems.add(name, f"缺少“{column}”这一列。请补上。")
    if len(set(header)) < len(header):
        problems.add(name, "有两列同名。请删去一列。")
    if unknown or missing:
        return
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        at = f"{name} 第 {reader.line_num} 行"
        if len(cells) > len(header):
            problems.add(at, "比表头多出几格。请检查逗号和引号。")
            continue
        yield Row(at, dict(zip(header, (cell.strip() for cell in cells), strict=False)))


def day_of(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        return None


def seconds_of(text: str) -> int | None:
    """Seconds after midnight of a time like 18:30; 24:00 is the end of a day."""
    found = CLOCK.fullmatch(text.strip())
    if not found:
        return None
    hours, minutes = int(found[1]), int(found[2])
    if minutes > 59 or hours * 60 + minutes > 24 * 60:
        return None
    return hours * 3600 + minutes * 60


def number_of(text: str, low: float, high: float) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if low <= number <= high else None
