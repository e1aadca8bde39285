"""`tongxin check PACK…`: lint packs, instruments, schemes of levels and of pairing."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from tongxin.methods.cadence.findings import Finding, PackUnreadable
from tongxin.methods.cadence.lint import check_path
from tongxin.methods.cadence.pack import Pack, load_pack
from tongxin.methods.matching.lint import check_file as check_pairing
from tongxin.methods.matching.lint import is_pairing
from tongxin.methods.psychometrics.lint import check_file
from tongxin.methods.psychometrics.parse import is_instrument
from tongxin.methods.schemes.lint import check_file as check_scheme
from tongxin.methods.schemes.parse import is_scheme


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("check", help="检查项目包、量表、分级方案和配对方案")
    parser.add_argument("packs", nargs="+", metavar="PACK", help="包、量表、分级方案或配对方案的文件夹或文件")
    parser.add_argument("--json", action="store_true", help="每行一个对象")
    parser.set_defaults(run=run)


def _together(paths: list[str]) -> dict[str, Pack]:
    """Return the packs named in one call by slug, so that one may tighten another; what cannot be read is said later."""
    found = {}
    for path in paths if len(paths) > 1 else ():
        if instruments_at(path) or schemes_at(path) or pairings_at(path):
            continue
        try:
            pack = load_pack(path)
        except PackUnreadable:
            continue
        found[pack.slug] = pack
    return found


def instruments_at(path: str) -> list[Path]:
    """The instrument files a path stands for: the file itself, or all files of a folder of instruments."""
    return _files_at(path, is_instrument)


def schemes_at(path: str) -> list[Path]:
    """The same for schemes of levels."""
    return _files_at(path, is_scheme)


def pairings_at(path: str) -> list[Path]:
    """The same for schemes of pairing and of teams."""
    return _files_at(path, is_pairing)


def _files_at(path: str, is_one: Callable[[Path], bool]) -> list[Path]:
    at = Path(path)
    if at.is_dir():
        files = sorted(at.glob("*.yaml"))
        return files if files and all(map(is_one, files)) else []
    return [at] if is_one(at) else []


def _check(path: str, together: dict[str, Pack]) -> list[Finding]:
    if files := instruments_at(path):
        return [found for file in files for found in check_file(file)]
    if files := schemes_at(path):
        return [found for file in files for found in check_scheme(file)]
    if files := pairings_at(path):
        return [found for file in files for found in check_pairing(file)]
    return check_path(path, together)


def run(args: argparse.Namespace) -> int:
    """Print the findings of every pack, instrument and scheme; 1 when one of them is an error."""
    together = _together(args.packs)
    findings = [finding for path in args.packs for finding in _check(path, together)]
    for finding in findings:
        if args.json:
            print(json.dumps(finding.as_dict(), ensure_ascii=False))
        else:
            print(f"{finding.file}:{finding.line}: {finding.level}: {finding.sentence}")
    return int(any(finding.level == "error" for finding in findings))
