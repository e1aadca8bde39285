"""How the child hands rows to its parent: rows of cells joined by control characters, plain text throughout.

Text goes as it is. Everything else starts with TAG and a letter: n number, d day, t moment, b truth, f formula
(shown value), e error, o other. Nothing that arrives is ever executed or unpickled.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

CELL_END, ROW_END, TAG = "\x1f", "\x1e", "\x02"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True)
class Formula:
    """A cell that is computed; `shown` is its last value as text."""

    shown: str

    def __str__(self) -> str:
        return self.shown


@dataclass(frozen=True)
class Broken:
    """A cell that shows an error such as #REF!."""

    def __str__(self) -> str:
        return "#"


Cell = str | float | bool | date | datetime | Formula | Broken


def encode(value: object) -> str:
    """Return one cell as text for the wire."""
    if isinstance(value, str):
        return CONTROL.sub("", value) if CONTROL.search(value) else value
    if isinstance(value, bool):
        return f"{TAG}b{int(value)}"
    if isinstance(value, int | float):
        return f"{TAG}n{value!r}"
    if isinstance(value, datetime):
        if not (value.hour or value.minute or value.second):
            return f"{TAG}d{value.date().isoformat()}"
        return f"{TAG}t{value.isoformat()}"
    if isinstance(value, date):
        return f"{TAG}d{value.isoformat()}"
    if isinstance(value, time | timedelta):
        return str(value)
    return CONTROL.sub("", str(value))


def encode_marked(value: object, mark: str) -> str:
    return f"{TAG}{mark}{show(decode(encode(value)))}"


def decode(text: str) -> Cell:
    """Return the cell that `encode` was given; whole numbers come back as float like any number."""
    if not text or text[0] != TAG:
        return text
    letter, body = text[1:2], text[2:]
    if letter == "n":
        return float(body)
    if letter == "d":
        return date.fromisoformat(body)
    if letter == "t":
        return datetime.fromisoformat(body)
    if letter == "b":
        return body == "1"
    if letter == "f":
        return Formula(body)
    if letter == "e":
        return Broken()
    return body


def show(cell: Cell) -> str:
    """Return a cell as a person would read it in the sheet."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        if abs(cell) < 1e15 and cell == int(cell):
            return str(int(cell))
        return f"{cell:.10G}"
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)
