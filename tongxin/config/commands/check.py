"""`tongxin check PACK…`: lint packs."""

from __future__ import annotations

import argparse
import json

from tongxin.methods.cadence.findings import PackUnreadable
from tongxin.methods.cadence.lint import check_path
from tongxin.methods.cadence.pack import Pack, load_pack


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("check", help="检查项目包")
    parser.add_argument("packs", nargs="+", metavar="PACK", help="包的文件夹或文件")
    parser.add_argument("--json", action="store_true", help="每行一个对象")
    parser.set_defaults(run=run)


def _together(paths: list[str]) -> dict[str, Pack]:
    """Return the packs named in one call by slug, so that one may tighten another; what cannot be read is said later."""
    found = {}
    for path in paths if len(paths) > 1 else ():
        try:
            pack = load_pack(path)
        except PackUnreadable:
            continue
        found[pack.slug] = pack
    return found


def run(args: argparse.Namespace) -> int:
    """Print the findings of every pack; 1 when one of them is an error."""
    together = _together(args.packs)
    findings = [finding for path in args.packs for finding in check_path(path, together)]
    for finding in findings:
        if args.json:
            print(json.dumps(finding.as_dict(), ensure_ascii=False))
        else:
            print(f"{finding.file}:{finding.line}: {finding.level}: {finding.sentence}")
    return int(any(finding.level == "error" for finding in findings))
