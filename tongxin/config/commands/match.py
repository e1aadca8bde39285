"""`tongxin match SCHEME --data DIR`: pairs with a proof and reasons, from files."""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tongxin.config.refusal import Refused
from tongxin.methods.cadence.findings import ERROR, PackUnreadable
from tongxin.methods.matching.explaining import explain
from tongxin.methods.matching.folder import Round, RoundProblem, load_round
from tongxin.methods.matching.instances import (
    InstanceProblem,
    PairInstance,
    read_loads,
    read_preferences,
)
from tongxin.methods.matching.lint import lint
from tongxin.methods.matching.loads import solve_loads
from tongxin.methods.matching.mentor_sheets import load_sheets
from tongxin.methods.matching.pairing import (
    CannotPropose,
    Outcome,
    blocking,
    not_seated,
    propose,
    shortages,
)
from tongxin.methods.matching.parse import load_scheme
from tongxin.methods.matching.scheme import Scheme
from tongxin.methods.matching.stable import (
    Topics,
    blocking_pairs,
    blocking_topics,
    choose_topics,
    deferred_acceptance,
)

FORMATS = ("gap-assignment", "stable-matching", "mentor-matching")
ASIDE = ("README.md", "SOURCES.tsv", "expected.json")


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("match", help="按配对方案配对，说明理由")
    parser.add_argument("scheme", metavar="SCHEME", nargs="?", help="配对方案文件；用 --format 时是实例文件")
    parser.add_argument("--data", metavar="DIR", help="数据文件夹")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="N", help="最多算几秒，默认 60")
    parser.add_argument("--format", choices=FORMATS, help="现成的实例格式")
    parser.add_argument(
        "--alternatives", type=int, default=3, metavar="N", help="每人列出几个别的人选，默认 3"
    )
    parser.add_argument("--json", action="store_true", help="输出一行 JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the pairs; people left over are part of the answer, not an error."""
    if not math.isfinite(args.seconds) or args.seconds <= 0:
        raise Refused("“--seconds”要写大于零的秒数。")
    if not 0 <= args.alternatives <= 100:
        raise Refused("“--alternatives”要写 0 到 100 的整数。")
    try:
        if args.format in ("gap-assignment", "stable-matching"):
            return _instances(args)
        scheme, round_ = _asked(args)
        outcome = propose(scheme, round_, args.seconds)
    except (RoundProblem, InstanceProblem, CannotPropose) as problem:
        raise Refused(str(problem)) from problem
    warnings = shortages(outcome)
    answer = answer_of(outcome, args.alternatives) | {"warnings": warnings}
    for sentence in warnings:
        print(sentence, file=sys.stderr)
    print(json.dumps(answer, ensure_ascii=False) if args.json else said(outcome, answer))
    return 0


def _asked(args: argparse.Namespace) -> tuple[Scheme, Round]:
    if args.format == "mentor-matching":
        if not args.data:
            raise Refused("请用“--data”写出放着 mentors.csv 和 mentees.csv 的文件夹。")
        return load_sheets(args.data)
    if not args.scheme or not args.data:
        raise Refused("请写出配对方案文件，并用“--data”写出数据文件夹。")
    scheme = read_scheme(args.scheme)
    if scheme.teams:
        raise Refused("这是组队的方案，请用“tongxin team”。")
    return scheme, load_round(args.data, scheme)


def read_scheme(path: str) -> Scheme:
    """A scheme without errors; Refused says what is wrong with it."""
    try:
        scheme, findings = load_scheme(path)
    except PackUnreadable as problem:
        raise Refused(f"{problem.file}:{problem.line}: {problem.sentence}") from problem
    errors = [finding for finding in lint(scheme, findings) if finding.level == ERROR]
    if errors:
        lines = "\n".join(f"{finding.file}:{finding.line}: {finding.sentence}" for finding in errors)
        raise Refused(f"方案里有错误，先改正才能计算：\n{lines}")
    return scheme


def answer_of(outcome: Outcome, alternatives: int) -> dict[str, Any]:
    """What `--json` prints."""
    table, told = outcome.table, explain(outcome, alternatives)
    current = {frozenset((bond.a, bond.b)) for bond in table.round.current}
    kept = sum(frozenset((pair.a, pair.b)) in current for pair in told.pairs)
    return {
        "scheme": table.scheme.id,
        "seats": [seat.id for seat in table.scheme.seats],
        "decides": table.scheme.decides,
        "pairs": [asdict(pair) for pair in told.pairs],
        "unmatched": [asdict(one) for one in told.unmatched],
        "not_seated": not_seated(table.scheme, table.round),
        "alternatives": {name: [asdict(one) for one in others] for name, others in told.alternatives.items()},
        "objective": outcome.value,
        "bound": outcome.bound,
        "gap": outcome.gap,
        "missing": outcome.missing,
        "proved": outcome.missing_proved and outcome.bound <= outcome.value,
        "stopped": outcome.stopped,
        "blocking": blocking(outcome),
        "kept": kept if current else None,
        "moved": len(current) - kept if current else None,
    }


def said(outcome: Outcome, answer: dict[str, Any]) -> str:
    people = outcome.table.round.people
    lines = [
        f"{people[pair['a']].title} — {people[pair['b']].title}（{pair['score']}）：{pair['why']}"
        for pair in answer["pairs"]
    ]
    for one in answer["unmatched"]:
        lines.append(f"没有配上：{people[one['id']].title}。{one['reason']}{one['relaxation']}")
    if answer["not_seated"]:
        lines.append(
            f"不符合席位条件，没有参加：{'、'.join(people[name].title for name in answer['not_seated'])}。"
        )
    if answer["moved"] is not None:
        lines.append(f"原来的配对保留 {answer['kept']} 对，改动 {answer['moved']} 对。")
    if answer["blocking"]:
        lines.append(f"有 {len(answer['blocking'])} 对人彼此更想在一起。")
    proof = (
        "已证明没有更好的配法"
        if answer["proved"]
        else f"离上限 {answer['bound']} 差 {100 * answer['gap']:.3f} %"
    )
    lines.append(f"共 {len(answer['pairs'])} 对，总分 {answer['objective']}，{proof}。")
    return "\n".join(lines)


# ready-made instances


def _instances(args: argparse.Namespace) -> int:
    """One instance file, or all of a folder, a line each."""
    for file in _files(args):
        answer = (_loads if args.format == "gap-assignment" else _preferences)(file, args.seconds)
        if args.json:
            print(json.dumps({"instance": file.name} | answer, ensure_ascii=False), flush=True)
        else:
            print(f"{file.name}：{answer['sentence']}", flush=True)
    return 0


def _files(args: argparse.Namespace) -> list[Path]:
    if args.scheme:
        file = Path(args.scheme)
        if args.data and not file.exists():
            file = Path(args.data) / args.scheme
        if not file.is_file():
            raise Refused(f"找不到文件：{file}。")
        return [file]
    if not args.data or not Path(args.data).is_dir():
        raise Refused("请写出实例文件，或用“--data”写出放着实例的文件夹。")
    files = [file for file in sorted(Path(args.data).iterdir()) if file.is_file() and file.name not in ASIDE]
    if not files:
        raise Refused("文件夹里没有实例。")
    return files


def _loads(file: Path, seconds: float) -> dict[str, Any]:
    """Costs are to be small here, so objective and bound are turned round."""
    instance = read_loads(file)
    found = solve_loads(-instance.costs.T, instance.loads.T, instance.capacity, seconds)
    pairs = [
        {"a": int(agent) + 1, "b": job + 1, "cost": int(instance.costs[agent, job])}
        for job, agent in enumerate(found.columns.tolist())
        if agent >= 0
    ]
    left = [
        {
            "id": job + 1,
            "reason": "余下的人都没有这么多空余。",
            "relaxation": f"要有一人再多 {int(instance.loads[:, job].min())} 个单位的空余。",
        }
        for job, agent in enumerate(found.columns.tolist())
        if agent < 0
    ]
    told = "已证明最好" if found.proved else f"下限 {-found.bound}"
    return {
        "pairs": pairs,
        "unmatched": left,
        "objective": -found.value,
        "bound": -found.bound,
        "gap": found.gap,
        "proved": found.proved,
        "sentence": f"总成本 {-found.value}，{told}，没有着落的任务 {len(left)} 个。",
    }


def _preferences(file: Path, _: float) -> dict[str, Any]:
    instance = read_preferences(file)
    if isinstance(instance, Topics):
        chosen = choose_topics(instance)
        return _stable_answer(
            sorted(chosen.items()),
            [s for s in instance.students if s not in chosen],
            blocking_topics(instance, chosen),
        )
    return _both_ways(instance)


def _both_ways(instance: PairInstance) -> dict[str, Any]:
    """The stable matching best for the first side, and beside it the one best for the second."""
    places = instance.second_places
    pairs = deferred_acceptance(instance.firsts, instance.seconds, None, places)
    other = {(a, b) for b, a in deferred_acceptance(instance.seconds, instance.firsts, places)}
    against = blocking_pairs(pairs, instance.firsts, instance.seconds, None, places)
    left = [name for name in instance.firsts if name not in {a for a, _ in pairs}]
    return _stable_answer(sorted(pairs), left, against) | {"pairs_best_for_second": _numbered(sorted(other))}


def _numbered(pairs: list[tuple[str, str]]) -> list[dict[str, int]]:
    """The ids as the file has them, without the letters that tell the sides apart."""
    return sorted(
        ({"a": int(a[1:]), "b": int(b[1:])} for a, b in pairs), key=lambda pair: (pair["a"], pair["b"])
    )


def _stable_answer(
    pairs: list[tuple[str, str]], left: list[str], against: list[tuple[str, str]]
) -> dict[str, Any]:
    told = "没有两人彼此更想在一起" if not against else f"有 {len(against)} 对彼此更想在一起"
    return {
        "pairs": _numbered(pairs),
        "unmatched": [
            {"id": int(name[1:]), "reason": "名单上的都更愿意要别人，或没有名额。", "relaxation": "名单上的任何一个再多 1 个名额，或把名单写长。"}
            for name in left
        ],
        "objective": len(pairs),
        "bound": len(pairs),
        "gap": 0.0,
        "stable": not against,
        "sentence": f"{len(pairs)} 对，{told}。",
    }  # fmt: skip
