"""`bench visits`: two weeks of home visits in an invented town, against the nearest neighbour and VROOM alone.

Every plan is re-checked by the independent checker. Time limits are processor seconds; ratios of way are gates. With
`--instances DIR` (a folder that holds `vrptw-solomon` and `home-visit-routing`) the published instances are solved too.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tongxin.config.commands.plan_visits import exact_travel
from tongxin.config.refusal import Refused
from tongxin.methods.routing.bench_town import HOUR, town
from tongxin.methods.routing.budget import Budget
from tongxin.methods.routing.checking import faults
from tongxin.methods.routing.choosing import choose
from tongxin.methods.routing.draft import Draft
from tongxin.methods.routing.instances import HOME_CARE, SOLOMON, files_of, read_instance
from tongxin.methods.routing.layout import Layout
from tongxin.methods.routing.model import FEWEST, Plan, Problem, Unserved
from tongxin.methods.routing.nearest import nearest_neighbour
from tongxin.methods.routing.solving import libraries, plan

Row = dict[str, Any]
# (pairs, families, seconds, ratio to the nearest neighbour)
SIZES: dict[str, list[tuple[int, int, float, float | None]]] = {
    "ci": [(1, 60, 2.0, 0.63), (5, 300, 6.0, None)],
    "full": [(1, 60, 2.0, 0.63), (25, 1500, 15.0, 0.66), (25, 1500, 60.0, 0.62)],
}
# Solomon: seconds and gap to the best known way with the fewest routes known.
HARD_S, HARD_GAP, ALL_S, ALL_GAP = 10.0, 0.005, 30.0, 0.02
HARD = "rc208"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pairs", type=int, default=0, help="几组人")
    parser.add_argument("--families", type=int, default=0, help="几家")
    parser.add_argument("--seed", type=int, default=25, help="随机种子")
    parser.add_argument("--seconds", default="", help="算几秒，可以写几个，如 15,60")
    parser.add_argument("--instances", metavar="DIR", help="公开算例所在的文件夹")
    parser.add_argument("--only", choices=("town", SOLOMON, HOME_CARE), help="只测一类")


def run(args: argparse.Namespace) -> list[Row]:
    """Measure and return a row per result. Raises Refused when a solver is missing or a plan has a fault."""
    if not all(libraries()):
        raise Refused("这项测速要和 VROOM 比较，请先装上 pyvroom 和 pyvrp。")
    rows = [_town(*size, args.seed) for size in _sizes(args)] if args.only in (None, "town") else []
    if args.instances:
        folder = Path(args.instances)
        if args.only in (None, HOME_CARE):
            rows += _home_care(folder / HOME_CARE)
        if args.only in (None, SOLOMON):
            rows += _solomon(folder / SOLOMON, args.scale)
    return rows


def _sizes(args: argparse.Namespace) -> list[tuple[int, int, float, float | None]]:
    if not args.pairs and not args.families and not args.seconds:
        return SIZES[args.scale]
    pairs, families = args.pairs or 25, args.families or 1500
    try:
        seconds = [float(word) for word in (args.seconds or "15,60").split(",")]
    except ValueError as error:
        raise Refused("“--seconds”要写秒数，几个之间用逗号，例如 15,60。") from error
    known = {size[:3]: size[3] for sizes in SIZES.values() for size in sizes}
    return [(pairs, families, one, known.get((pairs, families, one))) for one in seconds]


def _town(pairs: int, families: int, seconds: float, target: float | None, seed: int) -> Row:
    problem = town(pairs, families, seed)
    layout = Layout(problem)
    near = _as_plan(problem, nearest_neighbour(layout), "nearest neighbour")
    alone_wall, alone_cpu, alone = _timed(lambda: _vroom_alone(problem, layout, seconds))
    wall, cpu, ours = _timed(lambda: plan(problem, seconds=seconds, seed=seed))
    for made in (near, alone, ours):
        _check(problem, made)
    ratio, over = ours.travel / near.travel, ours.travel / alone.travel
    served = len(ours.served)
    # A plan that serves more goes further for it, and is better.
    no_worse = served > len(alone.served) or (served == len(alone.served) and over <= 1.0)
    enough = served >= max(len(near.served), len(alone.served))
    return {
        "name": f"visits-{pairs}x{families}-{seconds:g}s", "n": families, "median_s": round(wall, 2),
        "cpu_s": round(cpu, 2), "rss_mb": _peak_mb(), "reference": "nearest neighbour", "ratio": round(ratio, 4),
        "target": target, "ok": enough and no_worse and (target is None or ratio <= target), "served": served,
        "hours": round(ours.travel / HOUR, 2), "trips": ours.trips, "nearest_hours": round(near.travel / HOUR, 2),
        "nearest_served": len(near.served), "vroom_hours": round(alone.travel / HOUR, 2),
        "vroom_served": len(alone.served), "vroom_cpu_s": round(alone_cpu, 2), "vroom_s": round(alone_wall, 2),
        "to_vroom": round(over, 4), "vroom_to_nearest": round(alone.travel / near.travel, 4),
    }  # fmt: skip


def _vroom_alone(problem: Problem, layout: Layout, seconds: float) -> Plan:
    """VROOM with all its effort and as long by the clock as ours gets processor time, on two threads."""
    return _as_plan(problem, choose(Draft(layout), Budget(seconds), warm=False, exploration=5), "VROOM")


def _as_plan(problem: Problem, draft: Draft, name: str) -> Plan:
    left = [
        Unserved(family.id, "full")
        for number, family in enumerate(problem.families)
        if draft.layout.family_units[number][0] not in draft.where
    ]
    return draft.plan(name, left)


def _check(problem: Problem, made: Plan) -> None:
    if wrong := faults(problem, made):
        raise Refused(f"{made.solver} 的计划没有通过核对（{wrong[0].code}），这次测速无效。")


def _timed(work: Callable[[], Plan]) -> tuple[float, float, Plan]:
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return time.perf_counter() - wall, time.process_time() - cpu, made


def _home_care(folder: Path) -> list[Row]:
    known = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    rows = []
    for name, best in sorted(known.items()):
        problem, _ = read_instance(folder / f"{name}.json", HOME_CARE)
        wall, cpu, made = _timed(lambda problem=problem: plan(problem, seconds=5.0))  # type: ignore[misc]
        _check(problem, made)
        ratio = made.travel / best["best_known_travel"]
        rows.append(_row(f"home-care-{name}", len(problem.families), wall, cpu, "published", ratio, 1.0)
                    | {"ok": ratio <= 1.0 and not made.unserved, "travel": made.travel})  # fmt: skip
    return rows


def _solomon(folder: Path, scale: str) -> list[Row]:
    """Fewest routes first, as the best known values are; the exact way is compared."""
    known = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    rows = []
    for file in files_of(folder, SOLOMON):
        hard = file.stem == HARD
        if scale == "ci" and not hard:
            continue
        problem, _ = read_instance(file, SOLOMON, FEWEST)
        best = known[file.stem.upper()]
        seconds, gap = (HARD_S, HARD_GAP) if hard else (ALL_S, ALL_GAP)
        wall, cpu, made = _timed(lambda problem=problem, seconds=seconds: plan(problem, seconds=seconds))  # type: ignore[misc]
        _check(problem, made)
        way = exact_travel(file, made)
        ratio = way / best["best_known_distance"]
        rows.append(
            _row(f"solomon-{file.stem}-{seconds:g}s", len(problem.families), wall, cpu, "best known", ratio, 1 + gap)
            | {"ok": ratio <= 1 + gap and not made.unserved, "way": round(way, 2), "routes": made.trips,
               "best_routes": best["best_known_routes"]}
        )  # fmt: skip
    return rows


def _row(name: str, n: int, wall: float, cpu: float, reference: str, ratio: float, target: float) -> Row:
    return {"name": name, "n": n, "median_s": round(wall, 2), "cpu_s": round(cpu, 2), "rss_mb": _peak_mb(),
            "reference": reference, "ratio": round(ratio, 4), "target": target}  # fmt: skip


def _peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
