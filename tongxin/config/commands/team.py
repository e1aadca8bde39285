"""`tongxin team SCHEME --data DIR`: teams of fixed seats with a bound and reasons, from files."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict
from typing import Any

from tongxin.config.refusal import Refused
from tongxin.methods.matching.folder import RoundProblem, load_round
from tongxin.methods.matching.pairing import CannotPropose, not_seated
from tongxin.methods.teams.proposing import TeamOutcome, propose_teams

from .match import read_scheme


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("team", help="按组队方案组队，说明理由")
    parser.add_argument("scheme", metavar="SCHEME", help="组队方案文件")
    parser.add_argument("--data", required=True, metavar="DIR", help="数据文件夹")
    parser.add_argument("--seconds", type=float, default=10.0, metavar="N", help="最多算几秒，默认 10")
    parser.add_argument("--alternatives", type=int, default=2, metavar="N", help="每人列出几种对调，默认 2")
    parser.add_argument("--json", action="store_true", help="输出一行 JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the teams; people without one are part of the answer, not an error."""
    if not math.isfinite(args.seconds) or args.seconds <= 0:
        raise Refused("“--seconds”要写大于零的秒数。")
    if not 0 <= args.alternatives <= 100:
        raise Refused("“--alternatives”要写 0 到 100 的整数。")
    scheme = read_scheme(args.scheme)
    if not scheme.teams:
        raise Refused("这是配对的方案，请用“tongxin match”。")
    try:
        outcome = propose_teams(
            scheme, load_round(args.data, scheme), args.seconds, alternatives=args.alternatives
        )
    except (RoundProblem, CannotPropose) as problem:
        raise Refused(str(problem)) from problem
    answer = answer_of(outcome)
    print(json.dumps(answer, ensure_ascii=False) if args.json else said(outcome, answer))
    return 0


def answer_of(outcome: TeamOutcome) -> dict[str, Any]:
    """What `--json` prints."""
    layout = outcome.layout
    return {
        "scheme": layout.scheme.id,
        "seats": [seat.id for seat in layout.scheme.seats],
        "decides": layout.scheme.decides,
        "teams": [asdict(team) for team in outcome.teams],
        "unmatched": [asdict(one) for one in outcome.unmatched],
        "not_seated": not_seated(layout.scheme, layout.round),
        "alternatives": {
            name: [asdict(one) for one in swaps] for name, swaps in outcome.alternatives.items()
        },
        "objective": outcome.value,
        "bound": outcome.bound,
        "gap": outcome.gap,
        "proved": outcome.bound <= outcome.value,
        "stopped": outcome.found.stopped,
        "kept": outcome.kept if layout.current else None,
        "moved": outcome.moved if layout.current else None,
    }


def said(outcome: TeamOutcome, answer: dict[str, Any]) -> str:
    people, scheme = outcome.layout.round.people, outcome.layout.scheme
    lines = []
    for number, team in enumerate(outcome.teams, start=1):
        seats = "，".join(
            f"{seat.title} {'、'.join(people[name].title for name in team.seats[seat.id])}"
            for seat in scheme.seats
        )
        lines.append(f"第 {number} 队（{team.score}）：{seats}。{team.why}")
    for one in outcome.unmatched:
        lines.append(f"没有进队：{people[one.id].title}。{one.reason}{one.relaxation}")
    if answer["not_seated"]:
        lines.append(
            f"不符合席位条件，没有参加：{'、'.join(people[name].title for name in answer['not_seated'])}。"
        )
    proof = (
        "已证明没有更好的"
        if answer["proved"]
        else f"离可能的上限 {answer['bound']} 在 {100 * answer['gap']:.2f} % 以内"
    )
    lines.append(f"共 {len(answer['teams'])} 队，总分 {answer['objective']}，{proof}。")
    return "\n".join(lines)
