"""`tongxin import FILE --as students|staff --dry-run`: check a roster without a database, as one JSON object."""

import argparse
import json
import sys
from datetime import date
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("import", help="检查一份花名册（不写入数据库）")
    parser.add_argument("file", type=Path, help="花名册文件：.xlsx、.xls、.xlsb、.ods 或 .csv")
    parser.add_argument(
        "--as",
        dest="kind",
        choices=["students", "staff"],
        required=True,
        help="students 学生名单，staff 教职工名单",
    )
    parser.add_argument("--dry-run", action="store_true", help="只检查，不导入")
    parser.add_argument("--sheet", help="工作表名称；不写则取最像花名册的一张")
    parser.add_argument(
        "--today", type=date.fromisoformat, default=None, help="当作今天的日期，如 2026-09-01"
    )
    parser.add_argument("--json", action="store_true", help="输出总是一行 JSON，这个选项只为与其他命令一致")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the answer and return the exit code: 0 checked, 1 the file was refused, 2 wrong call."""
    from tongxin.exchange.rosters.refusal import RosterRefused
    from tongxin.exchange.rosters.roster import check_file

    if not args.dry_run:
        print(
            "命令行只检查花名册，请加上 --dry-run。真正导入请在网页“设置、导入花名册”里做。", file=sys.stderr
        )
        return 2
    if not args.file.is_file():
        print(f"找不到文件 {args.file}。", file=sys.stderr)
        return 2
    try:
        choices = _choices(args)
        checked = check_file(args.file, args.kind, today=args.today or date.today(), choices=choices)
    except RosterRefused as refusal:
        problem = {"row": None, "column": None, "value": None, "sentence": refusal.sentence}
        _print({"rows": 0, "accepted": 0, "mapping": {}, "problems": [problem]})
        print(refusal.sentence, file=sys.stderr)
        return 1
    _print(checked.summary())
    return 0


def _choices(args: argparse.Namespace):
    from tongxin.exchange.rosters.reader import read_overview
    from tongxin.exchange.rosters.refusal import RosterRefused
    from tongxin.exchange.rosters.roster import Choices

    if not args.sheet:
        return None
    for sheet in read_overview(args.file).sheets:
        if sheet.name == args.sheet:
            return Choices(sheet=sheet.index)
    raise RosterRefused(f"这个文件里没有名叫“{args.sheet}”的工作表。")


def _print(answer: dict) -> None:
    print(json.dumps(answer, ensure_ascii=False))
