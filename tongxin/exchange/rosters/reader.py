"""Read a roster file: the parent's side. The file itself is only ever opened in a child process.

overview = read_overview(path)                 # sheets and their first rows
table = read_sheet(path, sheet=None)           # the rows of one sheet; None picks the likeliest
for number, cells in table: …                  # number counts from 1, as in the spreadsheet
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tongxin.exchange.rosters import limits, wire
from tongxin.exchange.rosters.refusal import RosterRefused

ROOT = Path(__file__).resolve().parents[3]
TOO_LONG = "读这个文件用的时间太长，没有读完。请删掉多余的行、列、公式和工作表，或分成几个文件后再上传。"
TOO_HEAVY = (
    "这个文件读不完：要么太大，要么在很远的右下角有一格内容，要么已经损坏。"
    "请把名单复制到一个新的工作簿，保存后再上传。"
)
BLOCK = 1 << 18
SPOOL_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class SheetInfo:
    """One worksheet. index: its place in the file, from 0. head: its first rows, decoded."""

    index: int
    name: str
    hidden: bool
    rows: int
    columns: int
    head: list[list[wire.Cell]] = field(repr=False)


@dataclass(frozen=True)
class Overview:
    """What a file holds. format: xlsx, xlsb, xls, ods or csv. encoding: of a CSV file, else ""."""

    format: str
    encoding: str
    dates_1904: bool
    sheets: list[SheetInfo]
    chosen: int | None  # position in `sheets`

    def sheet(self, index: int) -> SheetInfo | None:
        return next((sheet for sheet in self.sheets if sheet.index == index), None)

    @property
    def hidden_names(self) -> list[str]:
        return [sheet.name for sheet in self.sheets if sheet.hidden]


def read_overview(path: Path | str) -> Overview:
    """Return the sheets of a file with their first rows. Raises RosterRefused with a sentence."""
    with _Child(path, "none") as child:
        return child.overview


class Table:
    """The rows of one sheet. Use it as a context or read it to its end."""

    def __init__(self, child: "_Child") -> None:
        self._child = child
        self.overview = child.overview
        position = self.overview.chosen
        self.sheet: SheetInfo | None = None if position is None else self.overview.sheets[position]

    def __iter__(self) -> Iterator[tuple[int, list[wire.Cell]]]:
        """Yield (row number from 1, cells). Raises RosterRefused where the file turns out to be unusable."""
        if self.sheet is None:
            self.close()
            return
        decode, tag = wire.decode, wire.TAG
        number = 0
        try:
            for row in self._child.rows():
                number += 1
                cells: list = row.split(wire.CELL_END)
                if tag in row:
                    cells = [decode(cell) if cell[:1] == tag else cell for cell in cells]
                yield number, cells
        finally:
            self.close()
        if number != self.sheet.rows:
            raise RosterRefused(TOO_HEAVY)

    def close(self) -> None:
        self._child.close()

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_sheet(path: Path | str, sheet: int | None = None) -> Table:
    """Open one sheet; None picks the one that looks most like a roster. Raises RosterRefused."""
    return Table(_Child(path, "auto" if sheet is None else str(sheet)))


class _Child:
    """The process that opens the file, its clock, and the bytes it sends."""

    def __init__(self, path: Path | str, wanted: str) -> None:
        environment = {
            key: value for key, value in os.environ.items() if key in ("PATH", "SYSTEMROOT", "TMPDIR")
        }
        environment |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tongxin.exchange.rosters.child", str(Path(path).resolve()), wanted],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._late = False
        self._clock = self._start_clock(limits.WAIT_SECONDS)
        try:
            self.overview = self._read_overview()
        except BaseException:
            self.close()
            raise
        self._clock.cancel()
        self._clock = self._start_clock(limits.WHOLE_SECONDS)

    def _start_clock(self, seconds: float) -> threading.Timer:
        clock = threading.Timer(seconds, self._stop_late)
        clock.daemon = True
        clock.start()
        return clock

    def _stop_late(self) -> None:
        self._late = True
        self._process.kill()

    def _read_overview(self) -> Overview:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise RosterRefused(self._why_it_died())
        answer = json.loads(line)
        if "refused" in answer:
            raise RosterRefused(answer["refused"])
        sheets = [
            SheetInfo(
                index=sheet["index"],
                name=sheet["name"],
                hidden=sheet["hidden"],
                rows=sheet["rows"],
                columns=sheet["columns"],
                head=[[wire.decode(cell) for cell in row] for row in sheet["head"]],
            )
            for sheet in answer["sheets"]
        ]
        return Overview(answer["format"], answer["encoding"], answer["dates_1904"], sheets, answer["chosen"])

    def rows(self) -> Iterator[str]:
        """Yield every row as the wire text. Raises RosterRefused where the child ends before its last row.

        The child is let finish first: what it holds and what the caller builds from the rows would together be
        twice the memory. The text waits in memory, or in a nameless file where it is long.
        """
        assert self._process.stdout is not None
        with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
            shutil.copyfileobj(self._process.stdout, spool, BLOCK)
            self._process.wait()
            self._clock.cancel()
            spool.seek(0)
            yield from self._split(spool)

    def _split(self, spool: IO[bytes]) -> Iterator[str]:
        rest = b""
        row_end = wire.ROW_END.encode()
        while block := spool.read(BLOCK):
            rest += block
            cut = rest.rfind(row_end)
            if cut >= 0:
                yield from rest[:cut].decode("utf-8").split(wire.ROW_END)
                rest = rest[cut + 1 :]
        if rest.startswith(b"\x05"):
            raise RosterRefused(rest[1:].decode("utf-8"))
        if rest != b"\x04":
            raise RosterRefused(self._why_it_died())

    def _why_it_died(self) -> str:
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            status = 0
        if self._late or status in (-24, -9):  # SIGXCPU, or the clock
            return TOO_LONG
        return TOO_HEAVY

    def close(self) -> None:
        self._clock.cancel()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def __enter__(self) -> "_Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
