"""`tongxin bench NAME`: measure, always against a reference timed in the same run.

Every module `bench_NAME` beside this one is a bench: `add_arguments(parser)` and `run(args) -> list[dict]`, a row per
result with name, n, median_s, cpu_s, rss_mb, reference, ratio, target, ok (and more). Ratios are gates, seconds never.
"""

import argparse
import importlib
import json
import pkgutil
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from tongxin.config.refusal import Refused

COLUMNS = ("name", "n", "median_s", "cpu_s", "rss_mb", "reference", "ratio", "target", "ok")
TITLES = ("项目", "数量", "用时（秒）", "处理器（秒）", "内存（兆）", "对照", "比值", "目标", "达到")


def names() -> list[str]:
    """Return the names of all benches; none is imported for that."""
    from tongxin.config import commands

    found = sorted(info.name for info in pkgutil.iter_modules(commands.__path__))
    return [name.removeprefix("bench_") for name in found if name.startswith("bench_")]


def load(name: str) -> ModuleType:
    """Import one bench. Some measure against libraries that only the tests install."""
    try:
        return importlib.import_module(f"tongxin.config.commands.bench_{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("tongxin"):
            raise
        raise Refused(
            f"这项测速要和 {error.name} 比较，请先运行 python3 start.py test 装上测试用的程序包。"
        ) from error


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("bench", help="测速度，和同一次运行里的对照相比")
    parser.add_argument("bench", metavar="项目", choices=names(), help="、".join(names()))
    # Read by the bench's own parser: a start of any other command must not import them all.
    parser.add_argument(
        "rest", nargs=argparse.REMAINDER, metavar="选项", help="--scale ci|full、--json 和各项自己的"
    )


def run(args: argparse.Namespace) -> int:
    from tongxin.config.command_line import Parser, set_up_django

    module = load(args.bench)
    parser = Parser(prog=f"tongxin bench {args.bench}", description=(module.__doc__ or "").split("\n")[0])
    parser.add_argument("--scale", choices=("ci", "full"), default="ci", help="规模；ci 不到一分钟")
    parser.add_argument("--json", action="store_true", help="每条结果输出一行 JSON")
    module.add_arguments(parser)
    try:
        options = parser.parse_args(args.rest)
    except SystemExit as leaving:
        return int(leaving.code or 0)
    if getattr(module, "needs_django", False):
        set_up_django()
    rows = module.run(options)
    print_rows(rows, as_json=options.json)
    missed = [str(row["name"]) for row in rows if row.get("ok") is False]
    if missed and not options.json:
        print(f"没有达到目标：{'、'.join(missed)}。")
    return 1 if missed else 0


def print_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print result rows as JSON lines, or as a table with whatever else a row says below it."""
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False, default=str))
        return
    table = [TITLES, *(tuple(shown(row.get(name)) for name in COLUMNS) for row in rows)]
    widths = [max(width(line[i]) for line in table) for i in range(len(COLUMNS))]
    for line in table:
        cells = (cell + " " * (size - width(cell)) for cell, size in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())
    for row in rows:
        more = {key: value for key, value in row.items() if key not in COLUMNS}
        if more:
            print(f"{row['name']}：" + "，".join(f"{key} {shown(value)}" for key, value in more.items()))


def shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def width(text: str) -> int:
    """Return how many columns a text takes in a terminal; Chinese characters take two."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)
