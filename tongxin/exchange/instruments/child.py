"""The child process that opens a stranger's instrument: little memory, little time, no database.

Called as `python -m tongxin.exchange.instruments.child FORMAT FILE`. Writes one JSON object: {"text": our own YAML},
or {"refused": sentences, "findings": [[line, sentence], …]}.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

from tongxin.exchange.instruments.formats import XLSX, ZIP
from tongxin.exchange.instruments.workbook import read_workbook
from tongxin.exchange.rosters import limits
from tongxin.exchange.rosters.child import limit_resources
from tongxin.methods.cadence.findings import ERROR, Finding, PackUnreadable
from tongxin.methods.psychometrics.formats.convert import take_over
from tongxin.methods.psychometrics.formats.problem import FormatProblem
from tongxin.methods.psychometrics.instrument import Instrument
from tongxin.methods.psychometrics.lint import lint
from tongxin.methods.psychometrics.parse import instrument_from_text
from tongxin.methods.psychometrics.writing import as_yaml

MOST_BYTES = 5_000_000
MOST_TEXT = 1_000_000
MOST_ITEMS = 1_000
MOST_FINDINGS = 50
TOO_LARGE = "这份量表太大：最多 1000 题。请分成几份。"


def read(kind: str, path: Path) -> dict[str, Any]:
    """Return what the parent is told. Raises FormatProblem."""
    instrument, found = _instrument(kind, path)
    findings = [one for one in (*found, *(lint(instrument) if instrument else ())) if one.level == ERROR]
    if findings or instrument is None:
        told = [[one.line if kind == "yaml" else 0, one.sentence] for one in findings[:MOST_FINDINGS]]
        return {"refused": f"这份量表还有 {len(findings)} 处写错，改正以后再上传。", "findings": told}
    text = as_yaml(instrument)
    if len(instrument.items) > MOST_ITEMS or len(text) > MOST_TEXT:
        raise FormatProblem(TOO_LARGE)
    return {"text": text}


def _instrument(kind: str, path: Path) -> tuple[Instrument | None, list[Finding]]:
    if kind == XLSX:
        return read_workbook(path)
    if kind == ZIP:
        return take_over(kind, _unzipped(path))
    data = path.read_bytes()
    if kind != "yaml":
        return take_over(kind, {path.name: data})
    try:
        return instrument_from_text(data.decode("utf-8-sig"), "")
    except UnicodeDecodeError as error:
        raise FormatProblem("这不是 UTF-8 的文字文件。请另存为 UTF-8。") from error
    except PackUnreadable as error:
        return None, [error.finding()]


def _unzipped(path: Path) -> dict[str, bytes]:
    """Return the JSON files of a zip, counted while they come out; the declared sizes are not believed."""
    found: dict[str, bytes] = {}
    room = MOST_BYTES * 2
    try:
        with zipfile.ZipFile(path) as box:
            if len(box.infolist()) > limits.MOST_ENTRIES:
                raise FormatProblem("压缩包里的文件太多，不像一份量表。")
            for info in box.infolist():
                if info.is_dir():
                    continue
                with box.open(info) as part:
                    data = part.read(room + 1)
                room -= len(data)
                if room < 0:
                    raise FormatProblem("压缩包解开以后太大，不像一份量表。")
                if data[:1] == b"{" or data[:4] == b"\xef\xbb\xbf{":
                    found[info.filename] = data
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError, EOFError) as error:
        raise FormatProblem("这个压缩包打不开。请重新压缩，不要加密码。") from error
    if not found:
        raise FormatProblem("压缩包里没有 ReproSchema 的文件。")
    return found


def main(arguments: list[str]) -> int:
    limit_resources()
    kind, path = arguments[0], Path(arguments[1])
    try:
        answer = read(kind, path)
    except FormatProblem as problem:
        answer = {"refused": str(problem), "findings": []}
    except (MemoryError, RecursionError):
        answer = {"refused": "读这个文件要用的内存太多，不像一份量表。", "findings": []}
    sys.stdout.write(json.dumps(answer, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
