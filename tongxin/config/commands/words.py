"""`tongxin words PACK`: every obligation as a sentence made from its tree."""

from __future__ import annotations

import argparse
import json
import sys

from tongxin.methods.cadence.findings import PackUnreadable
from tongxin.methods.cadence.pack import load_pack
from tongxin.methods.cadence.words import sentences


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("words", help="把应做事项写成句子")
    parser.add_argument("pack", metavar="PACK", help="包的文件夹或文件")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="语言")
    parser.add_argument("--json", action="store_true", help="每行一个对象")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    try:
        pack = load_pack(args.pack)
    except PackUnreadable as problem:
        print(f"{problem.file}:{problem.line}: {problem.sentence}", file=sys.stderr)
        return 1
    for name, sentence in sentences(pack, args.lang):
        line = json.dumps({"obligation": name, "sentence": sentence}, ensure_ascii=False)
        print(line if args.json else f"{name}: {sentence}")
    return 0
