"""`tongxin instrument convert IN OUT --to FORMAT`: an instrument from one format to another."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tongxin.config.refusal import Refused
from tongxin.exchange.instruments.formats import BY_SUFFIX
from tongxin.exchange.instruments.workbook import read_workbook, write_workbook
from tongxin.methods.cadence.findings import Finding
from tongxin.methods.psychometrics.formats.convert import FORMATS, give, take_over
from tongxin.methods.psychometrics.formats.problem import FormatProblem
from tongxin.methods.psychometrics.instrument import Instrument
from tongxin.methods.psychometrics.lint import lint

MOST_FILES, MOST_BYTES = 5_000, 50_000_000


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("instrument", help="量表的互换")
    actions = parser.add_subparsers(dest="action", metavar="动作", required=True)
    convert = actions.add_parser("convert", help="把量表换成另一种格式")
    convert.add_argument("source", metavar="IN", help="量表文件；ReproSchema 写文件夹或以 _schema 结尾的文件")
    convert.add_argument("target", metavar="OUT", help="写到哪里；ReproSchema 写文件夹")
    convert.add_argument("--to", required=True, choices=(*FORMATS, "xlsx"), help="换成哪种格式")
    convert.add_argument("--json", action="store_true", help="输出一个对象")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    source, target = Path(args.source), Path(args.target)
    try:
        instrument, found = read(source)
        if target.exists() and source.exists() and target.samefile(source):
            raise Refused("写到的地方就是原来的文件。请换一个文件名。")
        write(instrument, args.to, target)
    except FormatProblem as problem:
        raise Refused(str(problem)) from problem
    said = [finding.sentence for finding in lint(instrument, found)]
    if args.json:
        line = {"instrument": instrument.id, "items": len(instrument.items), "scored": len(instrument.scored_items),
                "to": args.to, "out": str(target), "warnings": said}  # fmt: skip
        print(json.dumps(line, ensure_ascii=False))
        return 0
    print(f"“{instrument.title}”共 {len(instrument.items)} 题，已写到 {target}。")
    for sentence in said:
        print(sentence, file=sys.stderr)
    return 0


def read(source: Path) -> tuple[Instrument, list[Finding]]:
    """The instrument of a file or folder, by what its name says it is. Raises FormatProblem."""
    if source.is_dir() or source.name.endswith("_schema"):
        folder = source if source.is_dir() else source.parent
        start = "" if source.is_dir() else source.name
        return take_over("reproschema", _folder(folder), start)
    kind = BY_SUFFIX.get(source.suffix.lower())
    if kind is None:
        raise FormatProblem(
            f"看不出“{source.name}”是哪种格式。可以读的有：{'、'.join(BY_SUFFIX)}，和 ReproSchema 的文件夹。"
        )
    if not source.exists():
        raise FormatProblem(f"找不到文件：{source}。")
    if kind == "xlsx":
        return read_workbook(source)
    if source.stat().st_size > MOST_BYTES:
        raise FormatProblem("文件太大，不像一份量表。")
    return take_over(kind, {str(source): source.read_bytes()})


def _folder(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    size = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            size += path.stat().st_size
            if size > MOST_BYTES or len(found) >= MOST_FILES:
                raise FormatProblem("文件夹太大，不像一份量表。请只放这一份量表的文件。")
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    # Files beside the definition (a picture, a README) are not text of it.
    return {path: data for path, data in found.items() if data[:1] == b"{" or data[:4] == b"\xef\xbb\xbf{"}


def write(instrument: Instrument, kind: str, target: Path) -> None:
    if kind == "xlsx":
        target.write_bytes(write_workbook(instrument))
        return
    files = give(instrument, kind)
    if kind != "reproschema":
        target.write_text(next(iter(files.values())), encoding="utf-8", newline="")
        return
    if target.exists() and not target.is_dir():
        raise Refused("ReproSchema 是一个文件夹，这里已经有一个同名的文件。请换一个名字。")
    for path, text in files.items():
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
