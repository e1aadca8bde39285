"""From a file to checked records: the one path that pages, command line and bench all take."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from tongxin.exchange.rosters import wire
from tongxin.exchange.rosters.checks import Check, Problem, Result
from tongxin.exchange.rosters.fields import FIELDS
from tongxin.exchange.rosters.headings import Header, find_header, guess_mapping
from tongxin.exchange.rosters.reader import Overview, SheetInfo, read_sheet
from tongxin.exchange.rosters.refusal import RosterRefused

EMPTY = "这个文件里没有任何内容。请检查是不是选错了文件。"


@dataclass(frozen=True)
class Choices:
    """What the user chose, or nothing where the guess is to be taken.

    sheet: index of the worksheet. header_first, header_last: rows of the headings, from 0. mapping: {heading: field}.
    constants: {field: text} for what stands in no column. join_names: take spaces out of Chinese names.
    """

    sheet: int | None = None
    header_first: int | None = None
    header_last: int | None = None
    mapping: dict[str, str] | None = None
    constants: dict[str, str] = field(default_factory=dict)
    join_names: bool = False


@dataclass(frozen=True)
class Checked:
    """A checked sheet with everything a page or a report needs."""

    overview: Overview
    sheet: SheetInfo
    header: Header
    result: Result

    def summary(self) -> dict[str, Any]:
        """Return the answer of `tongxin import --dry-run` (cli.md)."""
        result = self.result
        return {
            "rows": result.rows,
            "accepted": len(result.records),
            "mapping": result.mapping,
            "problems": [problem.as_json() for problem in result.problems],
            "left_out": [{"row": row, "sentence": why} for row, why in sorted(result.left_out.items())],
            "unmapped": [label for label in self.header.labels if label and label not in result.mapping],
            "sheet": self.sheet.name,
            "other_sheets": [s.name for s in self.overview.sheets if s is not self.sheet and s.rows],
            "hidden_sheets": self.overview.hidden_names,
            "header_rows": [self.header.first + 1, self.header.last + 1],
            "format": self.overview.format,
            "encoding": self.overview.encoding,
        }


def check_file(
    path: Path | str,
    kind: str,
    *,
    today: date,
    choices: Choices | None = None,
    remembered: dict[str, str] | None = None,
) -> Checked:
    """Read and check one sheet of a file.

    kind: "students" or "staff". remembered: {heading: field} of earlier imports of the school.
    Raises RosterRefused with a sentence where the file or the choices cannot be used.
    """
    choices = choices or Choices()
    with read_sheet(path, choices.sheet) as table:
        if table.sheet is None or not table.sheet.rows:
            raise RosterRefused(EMPTY)
        header = choose_header(table.sheet, kind, choices, remembered)
        mapping = choose_mapping(header, kind, choices, remembered)
        require_name(mapping, kind)
        check = Check(
            kind,
            header.labels,
            mapping,
            today=today,
            dates_1904=table.overview.dates_1904,
            constants=choices.constants,
            join_names=choices.join_names,
        )
        for number, cells in table:
            if number > header.last + 1:
                check.add(number, cells)
        return Checked(table.overview, table.sheet, header, check.result())


def choose_header(
    sheet: SheetInfo, kind: str, choices: Choices, remembered: dict[str, str] | None = None
) -> Header:
    if choices.header_first is None:
        return find_header(sheet.head, kind, remembered)
    first = choices.header_first
    last = first if choices.header_last is None else choices.header_last
    if not 0 <= first <= last < len(sheet.head) or last - first > 4:
        raise RosterRefused("表头所在的行不对，请重新选择。")
    from tongxin.exchange.rosters.headings import join_labels

    return Header(first, last, join_labels(sheet.head[first : last + 1]))


def choose_mapping(
    header: Header, kind: str, choices: Choices, remembered: dict[str, str] | None
) -> dict[str, str]:
    """Return {heading: field}. Raises RosterRefused where two columns are to be the same field."""
    if choices.mapping is None:
        return guess_mapping(header.labels, kind, remembered)
    known = {
        label: name
        for label, name in choices.mapping.items()
        if label in header.labels and name in FIELDS[kind]
    }
    for name in set(known.values()):
        columns = [label for label, other in known.items() if other == name]
        if len(columns) > 1:
            title = FIELDS[kind][name].title
            raise RosterRefused(f"“{columns[0]}”和“{columns[1]}”都选成了“{title}”，请只留一列。")
    return known


def require_name(mapping: dict[str, str], kind: str) -> None:
    if "name" not in mapping.values():
        raise RosterRefused(
            "没有找到姓名这一列。请检查选对了工作表，表头里要有“姓名”；或者在页面上指明哪一列是姓名。"
        )


__all__ = ["Checked", "Choices", "Problem", "check_file", "wire"]
