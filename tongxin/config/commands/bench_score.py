"""`bench score`: a million papers with scores, cut-offs and answer-quality indices, against pandas and the bare parts.

Ratios are by processor time: on a shared machine the clock on the wall tells of the others.
"""

from __future__ import annotations

import argparse
import resource
import time
from typing import Any

import numpy as np
import pandas as pd  # noqa: F401  (what this bench is measured against: its absence is said before anything runs)

from tongxin.config.refusal import Refused
from tongxin.methods.psychometrics import bench_papers
from tongxin.methods.psychometrics.scoring import Scorer

Row = dict[str, Any]
TARGET_PANDAS, TARGET_LIMIT, TARGET_ONE_US = 20.0, 4.0, 100.0
# Results of a million papers take 110 MB; a block and what stays of numpy's own lie on top.
TARGET_GROWTH_MB = 250.0
SLACK = 1.5  # a shared two-core machine may be busy
SHEETS = {"ci": 50_000, "full": 1_000_000}
CHECKED = 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sheets", type=int, default=0, help="几份答卷")
    parser.add_argument("--items", type=int, default=40, help="几题")
    parser.add_argument("--scales", type=int, default=8, help="几个分量表")
    parser.add_argument("--seed", type=int, default=40, help="随机种子")
    parser.add_argument("--runs", type=int, default=0, help="每项重复几次，取中位数；默认 5 或 7")


def run(args: argparse.Namespace) -> list[Row]:
    """Measure and return a row per result. Raises Refused when two ways come to different results."""
    if args.items % args.scales or args.items < 2 * args.scales or args.scales < 2:
        raise Refused("题数要是分量表数的倍数，每个分量表至少两题，至少两个分量表。")
    sheets, runs = args.sheets or SHEETS[args.scale], args.runs or (5 if args.scale == "ci" else 7)
    papers, instrument = bench_papers.made(sheets, args.items, args.scales, args.seed)
    _check_few(papers, instrument)
    before = _rss_mb()
    wall, cpu, ours = bench_papers.timed(lambda: bench_papers.in_blocks(papers, instrument), runs)
    growth = _peak_mb() - before
    parts = {
        name: bench_papers.timed(part, runs)[:2]
        for name, part in bench_papers.limit_parts(papers, instrument).items()
    }
    pandas_wall, pandas_cpu, theirs = bench_papers.timed(
        lambda: bench_papers.with_pandas(papers, instrument), max(1, runs // 2)
    )
    _check_same(ours, theirs)
    limit_cpu, limit_wall = sum(cpu for _, cpu in parts.values()), sum(wall for wall, _ in parts.values())
    shared: Row = {
        "n": sheets,
        "median_s": round(wall, 4),
        "cpu_s": round(cpu, 4),
        "rss_mb": round(_peak_mb(), 1),
    }
    over, under = pandas_cpu / cpu, cpu / limit_cpu
    return [
        {"name": "score", **shared, "reference": "pandas, whole columns", "ratio": round(over, 2), "target": TARGET_PANDAS,
         "ok": over >= TARGET_PANDAS / SLACK, "reference_s": round(pandas_wall, 3), "reference_cpu_s": round(pandas_cpu, 3),
         "ratio_by_clock": round(pandas_wall / wall, 2), "checksum": ours.checksum(), "means": ours.means()},
        {"name": "score-limit", **shared, "reference": "reading, adding, runs, one product", "ratio": round(under, 2),
         "target": TARGET_LIMIT, "ok": under <= TARGET_LIMIT * SLACK, "reference_s": round(limit_wall, 4),
         "reference_cpu_s": round(limit_cpu, 4), "ratio_by_clock": round(wall / limit_wall, 2),
         "parts_cpu_s": {name: round(cpu, 4) for name, (_, cpu) in parts.items()}},
        {"name": "score-memory", "n": sheets, "median_s": None, "cpu_s": None, "rss_mb": round(growth, 1),
         "reference": "growth of memory", "ratio": round(growth / TARGET_GROWTH_MB, 2), "target": 1.0,
         "ok": growth <= TARGET_GROWTH_MB},
        _one(papers, instrument),
    ]  # fmt: skip


def _one(papers: np.ndarray, instrument: Any) -> Row:
    """One paper at a time, as when it is handed in."""
    scorer, rows = Scorer(instrument), [bytes(row) for row in papers[:CHECKED]]
    for row in rows[:50]:
        scorer.score(row)
    wall, cpu = time.perf_counter(), time.process_time()
    for row in rows:
        scorer.score(row)
    wall, cpu = (time.perf_counter() - wall) / len(rows), (time.process_time() - cpu) / len(rows)
    micro = cpu * 1e6
    return {"name": "score-one", "n": len(rows), "median_s": wall, "cpu_s": cpu, "rss_mb": round(_peak_mb(), 1),
            "reference": "0.1 ms", "ratio": round(micro / TARGET_ONE_US, 2), "target": 1.0,
            "ok": micro <= TARGET_ONE_US * SLACK}  # fmt: skip


def _check_few(papers: np.ndarray, instrument: Any) -> None:
    few = papers[:CHECKED]
    ours, plain = bench_papers.in_blocks(few, instrument), bench_papers.one_by_one(few, instrument)
    same = (
        np.array_equal(ours.scores, plain.scores)
        and np.array_equal(ours.flags, plain.flags)
        and np.array_equal(ours.longstring, plain.longstring)
        and all(
            np.allclose(mine, theirs, rtol=1e-3, atol=1e-3, equal_nan=True)
            for mine, theirs in ((ours.irv, plain.irv), (ours.even_odd, plain.even_odd), (ours.distance, plain.distance))
        )
    )  # fmt: skip
    if not same:
        raise Refused("分块算的和逐份算的不一致，这次测速无效。")


def _check_same(ours: Any, theirs: Any) -> None:
    if ours.checksum() != theirs.checksum() or not np.allclose(ours.means(), theirs.means(), rtol=1e-4):
        told = f"{ours.checksum()} {ours.means()}；{theirs.checksum()} {theirs.means()}"
        raise Refused(f"两种算法的结果不一致，这次测速无效：{told}。")


def _rss_mb() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
