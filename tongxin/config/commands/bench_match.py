"""`bench match`: a school and a district matched with a proof, against scipy's assignment, greedy and stable matching.

Ratios are by processor time, of scoring, candidates, flow and proof together against scipy's solving alone.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tongxin.config.refusal import Refused
from tongxin.methods.matching import bench_data
from tongxin.methods.matching.checker import faults
from tongxin.methods.matching.instances import InstanceProblem, LoadInstance, read_loads
from tongxin.methods.matching.loads import Loaded, solve_loads
from tongxin.methods.matching.problem import Problem, Solution
from tongxin.methods.matching.solve import CANDIDATES, solve

Row = dict[str, Any]
SCHOOL, DISTRICT = (200, 3_000), (2_000, 50_000)
TARGET_SCIPY, TARGET_GAP, TARGET_PROVED = 0.2, 1e-4, 40
SLACK = 1.5  # a shared two-core machine may be busy
SCIPY_CELLS = 10**6
PEERS_SEE = 40
SECONDS_EACH = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mentors", type=int, default=0, help="几位导师")
    parser.add_argument("--students", type=int, default=0, help="几名学生")
    parser.add_argument("--k", type=int, default=CANDIDATES, help="每名学生先看几位导师")
    parser.add_argument("--seed", type=int, default=11, help="随机种子")
    parser.add_argument("--runs", type=int, default=3, help="学校规模重复几次，取中位数")
    parser.add_argument("--instances", metavar="DIR", help="放着 gap-assignment 的文件夹，也测这些实例")


def run(args: argparse.Namespace) -> list[Row]:
    """Measure and return a row per size. Raises Refused when a solution does not pass the checker."""
    if (
        bool(args.mentors) != bool(args.students)
        or min(args.mentors, args.students, args.k - 1, args.runs - 1) < 0
    ):
        raise Refused("“--mentors”和“--students”要一起写，都是大于零的整数；“--k”和“--runs”也要大于零。")
    sizes = [(args.mentors, args.students)] if args.mentors else [SCHOOL]
    if args.scale == "full" and not args.mentors:
        sizes.append(DISTRICT)
    rows = [_size(mentors, students, args) for mentors, students in sizes]
    if args.instances:
        rows.append(_instances(Path(args.instances)))
    return rows


def _size(mentors: int, students: int, args: argparse.Namespace) -> Row:
    district = bench_data.made(mentors, students, args.seed)
    small = mentors * students <= SCIPY_CELLS
    # The flow's library is loaded before anything is timed, as in a worker that runs.
    solve(bench_data.made(3, 9, 1).problem(bench_data.made(3, 9, 1).scores()))

    def ours() -> tuple[Problem, Solution]:
        problem = district.problem(district.scores())
        return problem, solve(problem, 600, tolerance=0.0 if small else TARGET_GAP / 10, candidates=args.k)

    wall, cpu, (problem, found) = _timed(ours, args.runs if small else 1)
    rss = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    if wrong := faults(problem, found):
        raise Refused(f"结果没有通过检查，这次测速无效：{wrong[0]}。")
    scores = district.scores()
    see = mentors if small else PEERS_SEE
    loads = np.bincount(found.columns, minlength=mentors)
    kept = district.last[found.rows] == found.columns
    row: Row = {
        "name": f"match-{mentors}x{students}", "n": students, "median_s": round(wall, 3), "cpu_s": round(cpu, 3),
        "rss_mb": rss, "reference": "–", "ratio": None, "target": TARGET_GAP, "value": found.value,
        "bound": found.bound, "gap": found.gap, "left_out": found.missing, "proved": found.proved,
        "load_spread": f"{loads.min()}–{loads.max()}", "last_year_kept": round(float(kept.sum() / (district.last >= 0).sum()), 3),
        "rounds": found.rounds, "edges": found.edges,
        "parts_s": {name: round(part, 3) for name, part in found.timings.items()}, "generated": district.digest(),
    }  # fmt: skip
    good = found.missing_proved and found.gap <= TARGET_GAP
    row["greedy"] = _peer(lambda: bench_data.greedy(scores, district.places, see))
    row["stable"] = _peer(lambda: bench_data.stable(scores, district.places, see))
    if small:
        scipy_wall, scipy_cpu, best = _timed(lambda: bench_data.by_scipy(scores, district.places), 1)
        if best != found.value:
            raise Refused(f"和 scipy 的结果不一致，这次测速无效：{found.value}，{best}。")
        ratio = cpu / scipy_cpu
        row |= {"reference": "scipy linear_sum_assignment", "ratio": round(ratio, 4), "target": TARGET_SCIPY,
                "reference_s": round(scipy_wall, 3), "reference_cpu_s": round(scipy_cpu, 3)}  # fmt: skip
        good &= found.proved and ratio <= TARGET_SCIPY * SLACK
    else:
        row |= {"reference": "gap", "ratio": found.gap}
    return row | {"ok": bool(good)}


def _timed(way: Callable[[], Any], runs: int) -> tuple[float, float, Any]:
    walls, cpus, answer = [], [], None
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = way()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus), answer


def _peer(way: Callable[[], tuple[int, int]]) -> Row:
    _, cpu, (value, left) = _timed(way, 1)
    return {"value": value, "left_out": left, "cpu_s": round(cpu, 3)}


def _solved(instance: LoadInstance) -> Loaded:
    return solve_loads(-instance.costs.T, instance.loads.T, instance.capacity, SECONDS_EACH)


def _instances(folder: Path) -> Row:
    """The assignment instances with different loads: how many are proved in ten seconds each, by the clock."""
    folder = folder if (folder / "expected.json").exists() else folder / "gap-assignment"
    try:
        known = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise Refused(f"{folder / 'expected.json'} 读不懂。") from error
    proved, open_, walls, cpus = 0, [], [], []
    for name, expected in known.items():
        try:
            instance = read_loads(folder / name)
        except InstanceProblem as problem:
            raise Refused(str(problem)) from problem
        wall, cpu, found = _timed(partial(_solved, instance), 1)
        walls.append(wall)
        cpus.append(cpu)
        if found.proved and -found.value != expected["min_best_known"]:
            raise Refused(f"{name} 的结果和公布的最优值不一致，这次测速无效。")
        proved += found.proved
        if not found.proved:
            open_.append(f"{name} {-found.bound}–{-found.value}")
    return {"name": "match-loads", "n": len(known), "median_s": round(statistics.median(walls), 3), "cpu_s": round(sum(cpus), 1),
            "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1), "reference": "published optima",
            "ratio": proved, "target": TARGET_PROVED, "ok": proved >= min(TARGET_PROVED, len(known)), "open": open_}  # fmt: skip
