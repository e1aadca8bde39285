"""`tongxin plan-visits --data DIR`: home visits of a folder of tables as a plan, without a database."""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tongxin.config.refusal import Refused
from tongxin.methods.routing.folder import Folder, read_folder
from tongxin.methods.routing.instances import FORMATS, SOLOMON, InstanceUnreadable, files_of, read_instance
from tongxin.methods.routing.model import OBJECTIVES, Plan
from tongxin.methods.routing.repairing import repair
from tongxin.methods.routing.solving import AUTO, PLAIN, libraries, plan
from tongxin.methods.routing.tables import FolderUnreadable
from tongxin.methods.routing.words import calendar_moment
from tongxin.methods.routing.writing import PlanUnreadable, as_dict, plan_of

LONGEST_S = 3600.0


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("plan-visits", help="排家访：谁在哪个场次按什么路线去哪些家庭")
    parser.add_argument("--data", required=True, metavar="DIR", help="数据文件夹")
    parser.add_argument(
        "--seconds", type=float, default=10.0, metavar="N", help="最多算几秒（处理器时间），默认 10"
    )
    parser.add_argument("--format", choices=FORMATS, help="公开算例的格式")
    parser.add_argument("--objective", choices=OBJECTIVES, help="shortest 路程最短，fewest 出门次数最少")
    parser.add_argument("--previous", metavar="FILE", help="原来的计划：只改非改不可的地方")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="随机种子")
    parser.add_argument("--solver", choices=(AUTO, PLAIN), default=AUTO, help="plain 不用外部求解器")
    parser.add_argument("--text", action="store_true", help="写成句子，不写 JSON")
    parser.add_argument("--json", action="store_true", help="写成 JSON（默认）")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a plan, or one per instance. Raises Refused with all that is wrong with the input."""
    if not 0 < args.seconds <= LONGEST_S:
        raise Refused(f"“--seconds”要写 0 到 {LONGEST_S:g} 之间的秒数。")
    missing = [name for name, have in zip(("pyvroom", "pyvrp"), libraries(), strict=True) if not have]
    if args.solver == AUTO and missing:
        print(f"没有装 {'、'.join(missing)}，改用自带的算法，结果会差一些。", file=sys.stderr)
    try:
        if args.format:
            for file in files_of(Path(args.data), args.format):
                print(json.dumps(_instance(file, args), ensure_ascii=False))
            return 0
        return _folder(args)
    except (FolderUnreadable, InstanceUnreadable, PlanUnreadable) as problem:
        raise Refused(str(problem)) from problem


def _instance(file: Path, args: argparse.Namespace) -> dict[str, Any]:
    if args.previous:
        raise Refused("公开算例不能和“--previous”一起用。")
    problem, unit = read_instance(file, args.format, args.objective)
    made = plan(problem, seconds=args.seconds, seed=args.seed, solver=args.solver)

    def moment(ticks: int) -> str:
        return f"{ticks / unit:g}"

    said = as_dict(problem, made, moment, unit)
    if args.format == SOLOMON:
        # Ticks are rounded up so that the plan can be driven; the length told is the exact one.
        said["travel"] = round(exact_travel(file, made), 2)
    return {"instance": file.stem, **said}


def exact_travel(file: Path, made: Plan) -> float:
    """The unrounded length of a plan of a Solomon instance, in the file's units."""
    from tongxin.methods.routing.instances import exact_distances

    exact = exact_distances(file)
    total = 0.0
    for route in made.routes:
        places = [0, *(int(stop.family) for stop in route.stops), 0]
        total += sum(exact[a, b] for a, b in itertools.pairwise(places))
    return float(total)


def _folder(args: argparse.Namespace) -> int:
    today = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
    folder = read_folder(args.data, today, args.objective)
    made = _made(folder, args)
    moment = calendar_moment(folder.origin)
    said = as_dict(folder.problem, made, moment, 60, folder.names) | {"assumed": _assumed(folder)}
    if args.text:
        print("\n".join(_sentences(said, folder.names)))
    else:
        print(json.dumps(said, ensure_ascii=False))
    return 0


def _made(folder: Folder, args: argparse.Namespace) -> Plan:
    if not args.previous:
        return plan(folder.problem, seconds=args.seconds, seed=args.seed, solver=args.solver)
    try:
        written = json.loads(Path(args.previous).read_text(encoding="utf-8-sig"))
    except (ValueError, UnicodeDecodeError) as problem:
        raise PlanUnreadable("原来的计划读不懂。请用“plan-visits”写出来的文件。") from problem
    try:
        return repair(folder.problem, plan_of(written, folder.origin))
    except ValueError as problem:
        raise Refused("约好的几次互相冲突，不能都留下。请核对 agreed.csv。") from problem


def _assumed(folder: Folder) -> dict[str, Any]:
    settings = folder.settings
    return {**vars(settings.assumed), "team_size": settings.team_size, "minutes": settings.minutes}


def _sentences(said: dict[str, Any], names: dict[str, str]) -> list[str]:
    lines = []
    for route in said["routes"]:
        who = "、".join(names.get(person, person) for person in route["visitors"])
        lines.append(
            f"{route['session']}：{who}，{route['leave']} 出发，{route['back']} 回来，路上 {route['travel']:g} 分钟"
        )
        lines += [
            f"  {stop['begin'][11:16]} {names.get(stop['family'], stop['family'])}" for stop in route["stops"]
        ]
    for one in said["unserved"]:
        lines.append(f"没有排上：{names.get(one['id'], one['id'])}。{one['reason']}{one['way_out']}")
    if said["changed"]:
        lines.append(f"要重新通知：{'、'.join(names.get(one, one) for one in said['changed'])}。")
    lines.append(f"共 {said['trips']} 次出门，{said['served']} 家，路上 {said['travel']:g} 分钟。")
    return lines
