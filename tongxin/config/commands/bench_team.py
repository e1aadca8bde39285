"""`bench team`: triples with a bound, against two-stage assignment. The seconds are of the processor."""

from __future__ import annotations

import argparse
import resource
import time
from typing import Any

import numpy as np

from tongxin.config.refusal import Refused
from tongxin.methods.teams import bench_data
from tongxin.methods.teams.checker import faults
from tongxin.methods.teams.forming import seat_by_seat, settle
from tongxin.methods.teams.solve import form_teams

Row = dict[str, Any]
TARGET_GAP = 0.012
SIZES = {"ci": "100", "full": "100,500"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", default="", help="几队，几个数用逗号隔开")
    parser.add_argument("--seed", type=int, default=3, help="随机种子")
    parser.add_argument("--seconds", type=float, default=10.0, help="每项用处理器几秒")


def run(args: argparse.Namespace) -> list[Row]:
    """Measure and return a row per size. Raises Refused when teams do not pass the checker."""
    try:
        sizes = [int(part) for part in (args.n or SIZES[args.scale]).split(",")]
    except ValueError as error:
        raise Refused("“--n”要写大于零的整数，几个用逗号隔开，例如 100,500。") from error
    if min(sizes) < 1 or args.seconds <= 0:
        raise Refused("“--n”和“--seconds”要大于零。")
    # Libraries are loaded before anything is timed, as in a worker that runs.
    form_teams(bench_data.made(3, 1), 1)
    return [_size(n, args.seed, args.seconds) for n in sizes]


def _size(n: int, seed: int, seconds: float) -> Row:
    problem = bench_data.made(n, seed)
    wall, cpu = time.perf_counter(), time.process_time()
    found = form_teams(problem, seconds, seed=seed, clock=time.process_time)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if wrong := faults(problem, found):
        raise Refused(f"结果没有通过检查，这次测速无效：{wrong[0]}。")
    begun = time.process_time()
    two_stage = seat_by_seat(problem, (0, 1, 2))
    staged = time.process_time() - begun
    value = int(problem.values(two_stage).sum())
    random = np.random.default_rng(seed)
    chance = np.stack([random.permutation(n) for _ in range(3)], axis=1)
    gap = 1 - value / found.bound
    return {"name": f"team-{n}", "n": n, "median_s": round(wall, 2), "cpu_s": round(cpu, 2),
            "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1), "reference": "two-stage assignment",
            "ratio": round(found.gap / gap, 3) if gap > 0 else None, "target": TARGET_GAP, "ok": found.gap <= TARGET_GAP,
            "value": found.value, "bound": found.bound, "gap": round(found.gap, 5), "two_stage": value, "two_stage_gap": round(gap, 5),
            "two_stage_cpu_s": round(staged, 3), "alternating": settle(problem, two_stage)[1],
            "by_chance": int(problem.values(chance).sum())}  # fmt: skip
