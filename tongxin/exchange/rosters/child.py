"""The child process that opens a stranger's file: little memory, little time, no database, no network use.

Called as `python -m tongxin.exchange.rosters.child FILE SHEET`, SHEET being "none" (heads only), "auto" or a
number from 0. Writes one JSON line (the overview, or {"refused": sentence}) and then the rows of the sheet as
`wire` describes.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from tongxin.exchange.rosters import container, headings, limits, marks, texts, wire
from tongxin.exchange.rosters.refusal import RosterRefused

CHUNK_ROWS = 2_000
TOO_MUCH = "读这个文件要用的内存太多，没有读完。请删掉多余的行、列和工作表，或分成几个文件后再上传。"


def limit_resources() -> None:
    """Give this process little memory and time; Windows has no such limits, there only the clock counts."""
    try:
        import resource
    except ImportError:
        return
    for name, value in [
        ("RLIMIT_AS", limits.CHILD_MEMORY_BYTES),
        ("RLIMIT_CPU", limits.CHILD_SECONDS),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_FSIZE", 0),
    ]:
        if hasattr(resource, name):
            resource.setrlimit(getattr(resource, name), (value, value))


def main(arguments: list[str], out: BinaryIO) -> int:
    limit_resources()
    path, wanted = Path(arguments[0]), arguments[1]
    try:
        book = open_book(path)
        chosen = _choose(book, wanted)
        overview = {
            "format": book["format"],
            "encoding": book["encoding"],
            "dates_1904": book["dates_1904"],
            "sheets": [{k: v for k, v in sheet.items() if k != "table"} for sheet in book["sheets"]],
            "chosen": chosen,
        }
        out.write(json.dumps(overview, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        if chosen is not None:
            sheet = book["sheets"][chosen]
            _write_rows(out, _rows(sheet, book["marks"].get(sheet["index"], {})))
    except RosterRefused as refusal:
        out.write(json.dumps({"refused": refusal.sentence}, ensure_ascii=False).encode() + b"\n")
    except MemoryError:
        out.write(json.dumps({"refused": TOO_MUCH}, ensure_ascii=False).encode() + b"\n")
    return 0


def open_book(path: Path) -> dict[str, Any]:
    kind = container.recognise(path)
    if kind == "text":
        return _text_book(path)
    marked = container.check_zip(path) if kind != "xls" else set()
    try:
        if kind == "xlsx":
            found, dates_1904 = marks.of_xlsx(path, marked)
        else:
            found, dates_1904 = {"xls": marks.of_xls, "xlsb": marks.of_xlsb, "ods": marks.of_ods}[kind](path)
    except RosterRefused:
        raise
    except Exception as error:  # a stranger's bytes: whatever breaks, the file is broken
        raise RosterRefused(BROKEN) from error
    return {
        "format": kind,
        "encoding": "",
        "dates_1904": dates_1904,
        "marks": found,
        "sheets": list(_workbook_sheets(path, kind, found)),
    }


BROKEN = "这个工作簿已经损坏，读不出里面的表格。" + container.RESAVE


def _text_book(path: Path) -> dict[str, Any]:
    text, encoding = texts.decode(path.read_bytes())
    rows = list(texts.csv_rows(text))
    columns = max((len(row) for row in rows), default=0)
    sheet = _sheet(0, path.stem, False, len(rows), columns, rows, [])
    return {"format": "csv", "encoding": encoding, "dates_1904": False, "marks": {}, "sheets": [sheet]}


def _workbook_sheets(path: Path, kind: str, found: marks.Marks) -> Iterator[dict[str, Any]]:
    """Yield every worksheet; chart and macro sheets hold no table and are left out by what they are."""
    from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_path(str(path))
        metadata = book.sheets_metadata
        if len(metadata) > limits.MOST_SHEETS:
            raise RosterRefused("这个工作簿里的工作表超过 200 张，请分成几个文件后再上传。")
        for index, about in enumerate(metadata):
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            table = book.get_sheet_by_index(index)
            rows, columns = (table.end[0] + 1, table.end[1] + 1) if table.end else (0, 0)
            _check_size(about.name, rows, columns)
            merges = _merges(table)
            sheet = _sheet(
                index, about.name, about.visible != SheetVisibleEnum.Visible, rows, columns, table, merges
            )
            # Rows come from the reader again for the chosen sheet; here only the head is kept.
            sheet["head"] = _head(sheet, found.get(index, {}))
            yield sheet
    except (RosterRefused, MemoryError):
        raise
    except PasswordError as error:
        raise RosterRefused("这个文件加了密码，读不出来。请去掉密码后再上传。") from error
    except BaseException as error:  # a panic of the reader arrives as a BaseException of its own
        if isinstance(error, SystemExit | KeyboardInterrupt):
            raise
        raise RosterRefused(BROKEN) from error


def _merges(table: Any) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    try:
        return list(table.merged_cell_ranges or [])
    except Exception:  # noqa: BLE001 - not offered for this format
        return []


def _check_size(name: str, rows: int, columns: int) -> None:
    if rows > limits.MOST_ROWS:
        raise RosterRefused(f"工作表“{name}”有 {rows} 行，超过 25 万行。请删掉空行，或分成几个文件后再上传。")
    if columns > limits.MOST_COLUMNS:
        raise RosterRefused(
            f"工作表“{name}”有 {columns} 列，超过 200 列。多半是右边很远的地方有一格内容，请删掉多余的列后再上传。"
        )
    if rows * columns > limits.MOST_CELLS:
        raise RosterRefused(f"工作表“{name}”的格子超过 500 万个，请分成几个文件后再上传。")


def _sheet(index, name, hidden, rows, columns, table, merges) -> dict[str, Any]:
    _check_size(name, rows, columns)
    sheet = {
        "index": index,
        "name": name,
        "hidden": hidden,
        "rows": rows,
        "columns": columns,
        "merged": merges[:2_000],
        "table": table,
    }
    if isinstance(table, list):
        sheet["head"] = _head(sheet, {})
    return sheet


def _head(sheet: dict[str, Any], found: dict[tuple[int, int], str]) -> list[list[str]]:
    rows = _rows(sheet, found)
    return [row for row, _ in zip(rows, range(limits.HEAD_ROWS), strict=False)]


def _choose(book: dict[str, Any], wanted: str) -> int | None:
    """Return the position in book["sheets"] of the sheet whose rows are wanted."""
    if wanted == "none":
        return None
    if wanted == "auto":
        heads = [([list(map(wire.decode, row)) for row in s["head"]], s["hidden"]) for s in book["sheets"]]
        return headings.best_sheet(heads)
    for position, sheet in enumerate(book["sheets"]):
        if sheet["index"] == int(wanted):
            return position
    raise RosterRefused("这个文件里没有选中的那张工作表，请重新选择。")


def _rows(sheet: dict[str, Any], found: dict[tuple[int, int], str]) -> Iterator[list[str]]:
    """Yield encoded rows; merged cells repeat their value, so that a class name merged downwards reaches
    every pupil. A row that holds nothing but such repeats stays empty."""
    merged = _merged_rows(sheet["merged"], sheet["rows"])
    marked: dict[int, list[tuple[int, str]]] = {}
    for (row, column), mark in found.items():
        marked.setdefault(row, []).append((column, mark))
    table = sheet["table"]
    source: Iterable[list] = table if isinstance(table, list) else table.iter_rows()
    above: dict[int, str] = {}
    encode = wire.encode
    for number, values in enumerate(source):
        cells = [v if v.__class__ is str and v.isprintable() else encode(v) for v in values]
        for column, mark in marked.get(number, ()):
            if column < len(cells):
                cells[column] = wire.encode_marked(values[column], mark)
        _check_cells(cells, number)
        if number in merged:
            _spread(cells, merged[number], above)
        yield cells


def _merged_rows(merges, rows: int) -> dict[int, list[tuple[int, int, bool]]]:
    """Return {row: [(first column, last column, it is the first row of its range)]}."""
    spans: dict[int, list[tuple[int, int, bool]]] = {}
    budget = limits.MOST_ROWS
    for (top, left), (bottom, right) in merges:
        for row in range(top, min(bottom, rows - 1) + 1):
            spans.setdefault(row, []).append((left, right, row == top))
            budget -= 1
            if budget < 0:
                return spans
    return spans


def _spread(row: list[str], spans: list[tuple[int, int, bool]], above: dict[int, str]) -> None:
    was_empty = not any(row)
    for left, right, is_top in spans:
        if left >= len(row):
            continue
        if is_top:
            above[left] = row[left]
        if was_empty:
            continue
        for column in range(left, min(right, len(row) - 1) + 1):
            if not row[column]:
                row[column] = above.get(left, "")


def _check_cells(row: list[str], number: int) -> None:
    if max(map(len, row), default=0) > limits.MOST_CELL_CHARACTERS + 2:
        raise RosterRefused(f"第 {number + 1} 行有一格超过 32767 个字，不像是花名册。请检查后再上传。")


def _write_rows(out: BinaryIO, rows: Iterable[list[str]]) -> None:
    chunk: list[str] = []
    try:
        for row in rows:
            chunk.append(wire.CELL_END.join(row))
            if len(chunk) >= CHUNK_ROWS:
                out.write((wire.ROW_END.join(chunk) + wire.ROW_END).encode("utf-8", "replace"))
                chunk = []
        if chunk:
            out.write((wire.ROW_END.join(chunk) + wire.ROW_END).encode("utf-8", "replace"))
        out.write(b"\x04")
    except RosterRefused as refusal:
        out.write(b"\x05" + refusal.sentence.encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout.buffer))
