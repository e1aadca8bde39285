"""Excel workbooks: text stays text, numbers stay numbers, nothing typed by a person becomes a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

import xlsxwriter

from .text import clean_text, display_width

LONGEST_CELL = 32_767
LONGEST_SHEET_NAME = 31
WIDEST_COLUMN, NARROWEST_COLUMN = 60, 6
# Column widths are taken from this many rows at the start; later rows wrap.
ROWS_MEASURED = 200
Cell = str | int | float | bool | date | datetime | None


@dataclass(frozen=True)
class Column:
    """One column; `unit` is written behind its title, `width` in half-width characters (0 = by content)."""

    title: str
    unit: str = ""
    width: float = 0

    @property
    def head(self) -> str:
        """Return the title with its unit."""
        return f"{self.title}（{self.unit}）" if self.unit else self.title


@dataclass(frozen=True)
class Sheet:
    """One sheet: a title row, a frozen header row, then the rows.

    rows: any iterable, read once; one cell per column. note: a sentence under the title.
    """

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    title: str = ""
    note: str = ""


def write_workbook(
    sheets: Sequence[Sheet], *, export_id: str = "", author: str = "", explanation: Sequence[str] = ()
) -> bytes:
    """Return a workbook. `export_id` is in the page header, in the properties and on the sheet 导出说明."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
        },
    )
    book.set_properties({"author": clean_text(author), "comments": f"导出编号 {clean_text(export_id)}"})
    formats = _formats(book)
    names: set[str] = set()
    for sheet in sheets:
        _write_sheet(book, sheet, _sheet_name(sheet.name, names), formats, export_id)
    if export_id or explanation:
        _write_explanation(book, names, formats, export_id, explanation)
    book.close()
    return buffer.getvalue()


def _formats(book: xlsxwriter.Workbook) -> dict[str, Any]:
    frame = {"border": 1, "border_color": "#999999", "valign": "vcenter"}
    return {
        "title": book.add_format({"bold": True, "font_size": 14, "valign": "vcenter"}),
        "note": book.add_format({"font_color": "#555555", "valign": "vcenter"}),
        "head": book.add_format(
            frame | {"bold": True, "bg_color": "#E8E8E8", "align": "center", "text_wrap": True}
        ),
        # The format @ keeps numbers typed as text from turning into 1.23E+17 when a cell is edited.
        "text": book.add_format(frame | {"num_format": "@", "text_wrap": True}),
        "number": book.add_format(frame | {"num_format": "#,##0.##"}),
        "whole": book.add_format(frame | {"num_format": "#,##0"}),
        "day": book.add_format(frame | {"num_format": "yyyy-mm-dd", "align": "center"}),
        "moment": book.add_format(frame | {"num_format": "yyyy-mm-dd hh:mm", "align": "center"}),
    }


def _write_sheet(book: Any, sheet: Sheet, name: str, formats: dict[str, Any], export_id: str) -> None:
    page = book.add_worksheet(name)
    rows = iter(sheet.rows)
    first = list(islice(rows, ROWS_MEASURED))
    for position, column in enumerate(sheet.columns):
        page.set_column(position, position, _column_width(column, [row[position] for row in first]))
    _set_up_print(page, len(sheet.columns), export_id)
    at = 0
    for text, style in ((sheet.title, "title"), (sheet.note, "note")):
        if text:
            page.set_row(at, 26 if style == "title" else 18)
            page.write_string(at, 0, clean_text(text)[:LONGEST_CELL], formats[style])
            at += 1
    for position, column in enumerate(sheet.columns):
        page.write_string(at, position, clean_text(column.head), formats["head"])
    page.freeze_panes(at + 1, 0)
    page.repeat_rows(at)
    last = at
    for rest in (first, rows):
        for row in rest:
            last += 1
            for position, cell in enumerate(row):
                _write_cell(page, last, position, cell, formats)
    if sheet.columns and last > at:
        page.autofilter(at, 0, last, len(sheet.columns) - 1)


def _set_up_print(page: Any, columns: int, export_id: str) -> None:
    page.set_paper(9)  # A4
    if columns > 6:
        page.set_landscape()
    page.fit_to_pages(1, 0)
    mark = f"&R&9导出编号 {clean_text(export_id).replace('&', '&&')}" if export_id else ""
    page.set_header(mark)
    page.set_footer("&C第 &P 页，共 &N 页")


def _write_cell(page: Any, row: int, column: int, cell: Cell, formats: dict[str, Any]) -> None:
    match cell:
        case None:
            page.write_blank(row, column, None, formats["text"])
        case bool():
            page.write_string(row, column, "是" if cell else "否", formats["text"])
        case datetime():
            # A workbook has no time zones; the moment is written as the clock showed it.
            page.write_datetime(row, column, cell.replace(tzinfo=None), formats["moment"])
        case date():
            page.write_datetime(row, column, cell, formats["day"])
        case int() if abs(cell) < 10**15:
            page.write_number(row, column, cell, formats["whole"])
        case float() if cell == cell and abs(cell) < 10**15:
            page.write_number(row, column, cell, formats["number"])
        case _:
            # Numbers too long for a number cell would lose digits, so they are written as text.
            page.write_string(row, column, clean_text(cell)[:LONGEST_CELL], formats["text"])


def _column_width(column: Column, cells: Sequence[Cell]) -> float:
    if column.width:
        return column.width
    longest = max((display_width(clean_text(cell).split("\n")[0]) for cell in cells), default=0)
    return min(max(longest, display_width(column.head), NARROWEST_COLUMN) + 3, WIDEST_COLUMN)


def _sheet_name(name: str, taken: set[str]) -> str:
    """Return a sheet name Excel accepts, not yet taken; adds it to `taken`."""
    cleaned = "".join("_" if character in "[]:*?/\\\n" else character for character in clean_text(name))
    cleaned = cleaned.strip("' ")[:LONGEST_SHEET_NAME] or "表"
    candidate, count = cleaned, 1
    while candidate.casefold() in taken or candidate.casefold() == "history":
        count += 1
        ending = f"（{count}）"
        candidate = cleaned[: LONGEST_SHEET_NAME - len(ending)] + ending
    taken.add(candidate.casefold())
    return candidate


def _write_explanation(
    book: Any, names: set[str], formats: dict[str, Any], export_id: str, sentences: Sequence[str]
) -> None:
    page = book.add_worksheet(_sheet_name("导出说明", names))
    page.set_column(0, 0, 90)
    lines = [f"导出编号 {export_id}，请妥善保管，不要转给无关人员。"] if export_id else []
    for row, sentence in enumerate([*lines, *sentences]):
        page.write_string(row, 0, clean_text(sentence)[:LONGEST_CELL], formats["note"])
