"""Which cells are formulas or errors. The reader shows their last values only, and errors as empty cells, so
without this a `#REF!` would vanish without a word.

Each function returns ({sheet index: {(row, column): FORMULA or ERROR}}, dates count from 1904). Rows and
columns count from 0. It runs in the child process, after the container was checked.
"""

import re
import struct
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tongxin.exchange.rosters import limits
from tongxin.exchange.rosters.refusal import RosterRefused

FORMULA, ERROR = "f", "e"
Marks = dict[int, dict[tuple[int, int], str]]

CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>)(\s*<(?:\w+:)?f[ />])?")
PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
LINKS_OUT = "这个工作簿引用了别的文件里的数据。请先在 Excel 里“断开链接”，保存后再上传。"


def _attribute(tag: bytes, name: bytes) -> str:
    found = re.search(rb"\b" + name + rb"=\"([^\"]*)\"", tag)
    return found.group(1).decode("utf-8", "replace") if found else ""


def of_xlsx(path: Path, marked_parts: set[str]) -> tuple[Marks, bool]:
    with zipfile.ZipFile(path) as container:
        book = container.read(_part(container, "xl/workbook.xml"))
        dates_1904 = bool(re.search(rb'date1904="(1|true|on)"', book))
        marks: Marks = {}
        if marked_parts:
            for index, part in enumerate(_sheet_parts(container, book)):
                if part in marked_parts:
                    marks[index] = _xlsx_cells(container, part)
    return marks, dates_1904


def _part(container: zipfile.ZipFile, wanted: str) -> str:
    return next((n for n in container.namelist() if n.replace("\\", "/").lower() == wanted), wanted)


def _sheet_parts(container: zipfile.ZipFile, book: bytes) -> list[str]:
    """Return the part that holds each sheet, in the order of the workbook."""
    relations = container.read(_part(container, "xl/_rels/workbook.xml.rels"))
    targets = {_attribute(tag, b"Id"): _attribute(tag, b"Target") for tag in RELATION.findall(relations)}
    names = {n.replace("\\", "/").lower(): n for n in container.namelist()}
    parts = []
    for tag in SHEET.findall(book):
        found = re.search(rb'\b\w+:id="([^"]*)"', tag)
        target = targets.get(found.group(1).decode(), "") if found else ""
        full = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        parts.append(names.get(full.lower(), full))
    return parts


def _xlsx_cells(container: zipfile.ZipFile, part: str) -> dict[tuple[int, int], str]:
    """Find the marked cells of one worksheet, reading it piece by piece and cutting only between cells."""
    cells: dict[tuple[int, int], str] = {}
    rest = b""
    with container.open(part) as stream:
        while chunk := stream.read(1 << 20):
            data = rest + chunk
            cut = max(data.rfind(b"<c "), data.rfind(b":c "), data.rfind(b"</row"), 0)
            _mark_cells(data[:cut] if cut else b"", cells)
            rest = data[max(cut - 8, 0) if data[cut : cut + 1] == b":" else cut :]
            if len(cells) > limits.MOST_MARKS:
                raise RosterRefused(
                    "这个工作表里的公式太多。请全选后“复制、选择性粘贴为数值”，保存后再上传。"
                )
    _mark_cells(rest, cells)
    return cells


def _mark_cells(data: bytes, cells: dict[tuple[int, int], str]) -> None:
    for tag, formula in CELL.findall(data):
        is_error = b't="e"' in tag
        if not formula and not is_error:
            continue
        place = PLACE.search(tag)
        if place:
            letters, row = place.groups()
            cells[int(row) - 1, column_index(letters.decode())] = ERROR if is_error else FORMULA


def column_index(letters: str) -> int:
    """Return 0 for "A", 25 for "Z", 26 for "AA"."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def of_ods(path: Path) -> tuple[Marks, bool]:
    marks: Marks = defaultdict(dict)
    sheet, row, column = -1, 0, 0
    with zipfile.ZipFile(path) as container, container.open("content.xml") as stream:
        for event, element in ElementTree.iterparse(stream, ("start", "end")):
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                if tag == "table":
                    sheet, row = sheet + 1, 0
                elif tag == "table-row":
                    column = 0
                continue
            if tag in ("table-cell", "covered-table-cell"):
                kind = _ods_mark(element)
                if kind and len(marks[sheet]) < limits.MOST_MARKS:
                    marks[sheet][row, column] = kind
                column += _repeat(element, "number-columns-repeated")
            elif tag == "table-row":
                row += _repeat(element, "number-rows-repeated")
                element.clear()
    return dict(marks), False


def _ods_mark(cell: ElementTree.Element) -> str:
    formula = any(name.endswith("}formula") for name in cell.attrib)
    if not formula:
        return ""
    text = "".join(cell.itertext())
    return ERROR if text.startswith(("#", "Err:")) else FORMULA


def _repeat(element: ElementTree.Element, name: str) -> int:
    for key, value in element.attrib.items():
        if key.endswith("}" + name) and value.isdecimal():
            return int(value)
    return 1


def of_xlsb(path: Path) -> tuple[Marks, bool]:
    marks: Marks = {}
    with zipfile.ZipFile(path) as container:
        book = container.read(_part(container, "xl/workbook.bin"))
        dates_1904 = any(kind == 153 and data[:1] and data[0] & 1 for kind, data in _xlsb_records(book))
        targets = {
            _attribute(tag, b"Id"): _attribute(tag, b"Target")
            for tag in RELATION.findall(container.read(_part(container, "xl/_rels/workbook.bin.rels")))
        }
        index = 0
        for kind, data in _xlsb_records(book):
            if kind == 156 and len(data) >= 12:  # one sheet of the book: state, id, relation, name
                length = struct.unpack_from("<I", data, 8)[0]
                relation = data[12 : 12 + 2 * length].decode("utf-16-le", "replace")
                part = "xl/" + targets.get(relation, "").lstrip("/").removeprefix("xl/")
                if part in container.namelist():
                    marks[index] = _xlsb_cells(container.read(part))
                index += 1
    return marks, dates_1904


def _xlsb_records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind = data[at]
        at += 1
        if kind & 0x80 and at < len(data):
            kind = (kind & 0x7F) | (data[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        while at < len(data):
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift > 21:
                break
        yield kind, data[at : at + length]
        at += length


def _xlsb_cells(data: bytes) -> dict[tuple[int, int], str]:
    cells: dict[tuple[int, int], str] = {}
    row = 0
    for kind, body in _xlsb_records(data):
        if kind == 0 and len(body) >= 4:
            row = struct.unpack_from("<I", body)[0]
        elif kind in (3, 8, 9, 10, 11) and len(body) >= 4 and len(cells) < limits.MOST_MARKS:
            column = struct.unpack_from("<I", body)[0]
            cells[row, column] = ERROR if kind in (3, 11) else FORMULA
    return cells


def of_xls(path: Path) -> tuple[Marks, bool]:
    """Walk the record stream of a .xls file. Raises RosterRefused for a password, macros or outside links."""
    data = path.read_bytes()
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        raise RosterRefused("这个工作簿带有宏，为了安全没有打开它。请另存为“Excel 工作簿（.xlsx）”后再上传。")
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise RosterRefused("这个文件加了密码，读不出来。请去掉密码后再上传。")
    stream = _ole_stream(data) if data.startswith(b"\xd0\xcf\x11\xe0") else data
    marks: Marks = defaultdict(dict)
    dates_1904, starts, sheet = False, [], -1
    for at, kind, body in _xls_records(stream):
        if kind == 0x002F:
            raise RosterRefused("这个文件加了密码，读不出来。请去掉密码后再上传。")
        if kind == 0x0022 and body[:1] == b"\x01":
            dates_1904 = True
        elif kind == 0x0085 and len(body) >= 4:
            starts.append(struct.unpack_from("<I", body)[0])
        elif kind == 0x01AE and body[2:4] not in (b"\x01\x04", b"\x01\x3a"):
            raise RosterRefused(LINKS_OUT)
        elif kind == 0x0809 and at in starts:
            sheet = starts.index(at)
        elif kind == 0x0006 and len(body) >= 14:
            is_error = body[6] == 2 and body[12:14] == b"\xff\xff"
            marks[sheet][struct.unpack_from("<HH", body)] = ERROR if is_error else FORMULA  # type: ignore[index]
        elif kind == 0x0205 and len(body) >= 8 and body[7]:
            marks[sheet][struct.unpack_from("<HH", body)] = ERROR  # type: ignore[index]
    return dict(marks), dates_1904


def _xls_records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield at, kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _ole_stream(data: bytes) -> bytes:
    """Return the workbook stream of an OLE container, or nothing where the container is broken."""
    try:
        size = 1 << struct.unpack_from("<H", data, 30)[0]
        first_directory = struct.unpack_from("<I", data, 48)[0]
        small_limit = struct.unpack_from("<I", data, 56)[0]
        table = _ole_table(data, size)
        directory = _ole_chain(data, size, table, first_directory)
        for at in range(0, len(directory), 128):
            length = struct.unpack_from("<H", directory, at + 64)[0]
            name = directory[at : at + max(length - 2, 0)].decode("utf-16-le", "replace")
            if name in ("Workbook", "Book"):
                start, bytes_used = struct.unpack_from("<II", directory, at + 116)
                if bytes_used < small_limit:
                    return b""  # a small stream lives elsewhere; no real workbook is that small
                return _ole_chain(data, size, table, start)[:bytes_used]
    except (struct.error, IndexError):
        pass
    return b""


def _ole_table(data: bytes, size: int) -> list[int]:
    sectors = [s for s in struct.unpack_from("<109I", data, 76) if s < 0xFFFFFFF0]
    more, count = struct.unpack_from("<II", data, 68)
    for _ in range(min(count, 1000)):
        if more >= 0xFFFFFFF0:
            break
        block = struct.unpack_from(f"<{size // 4}I", data, (more + 1) * size)
        sectors += [s for s in block[:-1] if s < 0xFFFFFFF0]
        more = block[-1]
    table: list[int] = []
    for sector in sectors:
        table += struct.unpack_from(f"<{size // 4}I", data, (sector + 1) * size)
    return table


def _ole_chain(data: bytes, size: int, table: list[int], sector: int) -> bytes:
    pieces, seen = [], 0
    while sector < len(table) and seen <= len(table):
        pieces.append(data[(sector + 1) * size : (sector + 2) * size])
        sector, seen = table[sector], seen + 1
    return b"".join(pieces)
