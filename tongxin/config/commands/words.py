"""`tongxin words PACK`: every obligation as a sentence made from its tree, or every sentence of a scheme of levels."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tongxin.methods.cadence.findings import PackUnreadable
from tongxin.methods.cadence.pack import load_pack
from tongxin.methods.cadence.words import sentences
from tongxin.methods.schemes.parse import is_scheme, load_scheme
from tongxin.methods.schemes.words import sentences as scheme_sentences


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("words", help="把应做事项或分级方案写成句子")
    parser.add_argument("pack", metavar="PACK", help="包的文件夹或文件，或分级方案的文件")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="语言")
    parser.add_argument("--json", action="store_true", help="每行一个对象")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    try:
        if is_scheme(Path(args.pack)):
            return _scheme(args)
        pack = load_pack(args.pack)
    except PackUnreadable as problem:
        print(f"{problem.file}:{problem.line}: {problem.sentence}", file=sys.stderr)
        return 1
    for name, sentence in sentences(pack, args.lang):
        line = json.dumps({"obligation": name, "sentence": sentence}, ensure_ascii=False)
        print(line if args.json else f"{name}: {sentence}")
    return 0


def _scheme(args: argparse.Namespace) -> int:
    scheme, _findings = load_scheme(args.pack)
    for sentence in scheme_sentences(scheme):
        print(json.dumps({"sentence": sentence}, ensure_ascii=False) if args.json else sentence)
    return 0
