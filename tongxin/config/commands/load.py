"""`tongxin load PACK --data DIR`: hours a week that a programme asks of each person, from files."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from fractions import Fraction

from tongxin.methods.cadence.calendar import SchoolCalendar
from tongxin.methods.cadence.datafolder import FolderProblem, load_folder
from tongxin.methods.cadence.load import Load, loads_of_facts
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reading import day_of, number_of

from .evaluate import Refused, read_pack


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("load", help="计算方案要用去每人每周几小时")
    parser.add_argument("pack", metavar="PACK", help="包的文件夹或文件")
    parser.add_argument("--data", required=True, metavar="DIR", help="数据文件夹")
    parser.add_argument(
        "--from", dest="first", metavar="DAY", help="从哪天起，不写是校历里最后一个学年的第一天"
    )
    parser.add_argument("--to", dest="last", metavar="DAY", help="到哪天止，不写是那个学年的最后一天")
    parser.add_argument("--budget", metavar="HOURS", help="每人每周能用几小时，不写用包里的“budget”")
    parser.add_argument("--json", action="store_true", help="每行一个对象")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    try:
        pack = read_pack(args.pack)
        facts, calendar = load_folder(args.data, pack)
        first, last = _days(args, calendar)
        found = loads_of_facts(pack, facts, calendar, first, last, _budget(args.budget))
    except (Refused, FolderProblem) as problem:
        print(str(problem), file=sys.stderr)
        return 1
    if not found:
        print(
            "没有算出用时：没有人有要做的事，或活动种类没有写“effort_min”（每个角色通常几分钟）。",
            file=sys.stderr,
        )
    names = {subject.id: subject.name for subject in facts.subjects}
    for load in found:
        print(json.dumps(load.as_dict(), ensure_ascii=False) if args.json else _line(pack, load, names))
    return 0


def _days(args: argparse.Namespace, calendar: SchoolCalendar) -> tuple[dt.date, dt.date]:
    year = max(calendar.school_years, key=lambda one: one.last, default=None)
    days = []
    for name, said, usual in (
        ("--from", args.first, year.first if year else None),
        ("--to", args.last, year.last if year else None),
    ):
        day = day_of(said) if said else usual
        if day is None:
            raise Refused(
                f"“{name}”要写日期，例如 2023-09-01。" if said else f"校历里没有学年，请写“{name}”。"
            )
        days.append(day)
    if days[1] < days[0]:
        raise Refused("“--to”早于“--from”。请改正其中一个。")
    return days[0], days[1]


def _budget(said: str | None) -> Fraction | None:
    hours = None if said is None else number_of(said)
    if said is not None and (hours is None or hours <= 0):
        raise Refused("“--budget”要写大于零的小时数，例如 5 或 2.5。")
    return None if hours is None else Fraction(hours)


def _line(pack: Pack, load: Load, names: dict[str, str]) -> str:
    title = next((rule.title for rule in pack.versions(load.bottleneck)), load.bottleneck)
    said = f"{names.get(load.person) or load.person}\t每周{float(load.hours_per_week):.2f}小时"
    if load.budget is not None:
        said += f"（可用{float(load.budget):g}小时{'，超出' if load.over else ''}）"
    return f"{said}，用时最多的是“{title}”"
