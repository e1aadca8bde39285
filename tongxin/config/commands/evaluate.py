"""`tongxin evaluate PACK --data DIR --as-of DAY`: verdicts from files, without a database."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from pathlib import Path

from tongxin.methods.cadence.calendar import SchoolCalendar
from tongxin.methods.cadence.datafolder import FolderProblem, load_folder
from tongxin.methods.cadence.explaining import explain
from tongxin.methods.cadence.facts import Facts
from tongxin.methods.cadence.findings import ERROR, PackUnreadable
from tongxin.methods.cadence.invented import CaseProblem, instant_of
from tongxin.methods.cadence.lint import packs_beside
from tongxin.methods.cadence.pack import Pack, load_pack
from tongxin.methods.cadence.reading import day_of
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.reference import evaluate as one_by_one
from tongxin.methods.cadence.sql import evaluate_sql

ENGINES = ("python", "sqlite", "postgres")
NOT_HERE = ("duckdb", "spark")


class Refused(Exception):
    """The input cannot be used; the message is a sentence."""


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("evaluate", help="从文件计算完成情况")
    parser.add_argument("pack", metavar="PACK", help="包的文件夹或文件")
    parser.add_argument("--data", required=True, metavar="DIR", help="数据文件夹")
    parser.add_argument(
        "--as-of", required=True, metavar="DAY", help="截至哪一天或哪一刻，例如 2024-01-31、2024-01-31T10:00"
    )
    parser.add_argument("--known-at", metavar="TIME", help="只用这一时刻以前登记的，例如 2024-02-05T00:00")
    parser.add_argument("--engine", choices=(*ENGINES, *NOT_HERE), default="python", help="计算方式")
    parser.add_argument("--obligation", action="append", metavar="ID", help="只算这一条，可写多次")
    parser.add_argument("--explain", metavar="SUBJECT", help="只看这一个对象，并说明原因")
    parser.add_argument("--json", action="store_true", help="每行一个对象")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    try:
        pack = read_pack(args.pack)
        facts, calendar = load_folder(args.data, pack)
        (as_of, now), known_at = _as_of(args.as_of), _known_at(args.known_at)
        _check_ids(args, pack, facts)
        verdicts = _verdicts(args, pack, facts, calendar, as_of, known_at, now)
    except (Refused, FolderProblem) as problem:
        print(str(problem), file=sys.stderr)
        return 1
    others = packs_beside(Path(args.pack), pack)
    for verdict in verdicts:
        print(_line(args, pack, verdict, others))
    return 0


def read_pack(path: str) -> Pack:
    """Return a pack without errors; Refused says what is wrong with it."""
    try:
        pack = load_pack(path)
    except PackUnreadable as problem:
        raise Refused(f"{problem.file}:{problem.line}: {problem.sentence}") from problem
    errors = [finding for finding in pack.findings if finding.level == ERROR]
    if errors:
        lines = "\n".join(f"{f.file}:{f.line}: {f.sentence}" for f in errors)
        raise Refused(f"包里有错误，先改正才能计算：\n{lines}")
    return pack


def _as_of(text: str) -> tuple[dt.date, dt.datetime | None]:
    """(day, instant) of DAYTtime; without a time there is no instant: the whole day counts."""
    try:
        moment = instant_of(text)
    except CaseProblem as problem:
        raise Refused(f"“--as-of”：{problem}") from problem
    day = day_of(text[:10])
    if moment is None or day is None:
        raise Refused("“--as-of”要写日期，例如 2024-01-31。")
    return day, moment if "T" in text else None


def _known_at(text: str | None) -> dt.datetime | None:
    try:
        return instant_of(text, end_of_day=True)
    except CaseProblem as problem:
        raise Refused(f"“--known-at”：{problem}") from problem


def _check_ids(args: argparse.Namespace, pack: Pack, facts: Facts) -> None:
    for name in args.obligation or ():
        if name not in pack.obligation_ids():
            raise Refused(f"包里没有“{name}”这条要求。请检查编号。")
    known = {subject.id for subject in facts.subjects} | {entry.id for entry in facts.entries}
    if args.explain and args.explain not in known:
        raise Refused(f"数据里没有“{args.explain}”这个对象。请检查编号。")


def _verdicts(
    args: argparse.Namespace,
    pack: Pack,
    facts: Facts,
    calendar: SchoolCalendar,
    as_of: dt.date,
    known_at: dt.datetime | None,
    now: dt.datetime | None,
) -> list[Verdict]:
    only = set(args.obligation) if args.obligation else None
    if args.engine == "python":
        return one_by_one(
            pack, facts, calendar, as_of, known_at, only, [args.explain] if args.explain else None, now
        )
    if args.engine in NOT_HERE:
        raise Refused(f"计算方式“{args.engine}”还没有接上。可用的有：{'、'.join(ENGINES)}。")
    if args.engine == "postgres":
        _need_postgres()
    found = evaluate_sql(pack, facts, calendar, as_of, known_at, args.engine, only, now=now)
    return [verdict for verdict in found if args.explain in (None, verdict.subject)]


def _need_postgres() -> None:
    """Start the throw-away server now, so that its absence is a sentence."""
    # Imported here: the module needs a Unix machine, the other engines do not.
    from tongxin.testing import postgres

    try:
        postgres.shared()
    except postgres.PostgresUnavailable as problem:
        raise Refused(str(problem)) from problem


def _line(args: argparse.Namespace, pack: Pack, verdict: Verdict, others: dict[str, Pack]) -> str:
    if args.json:
        line = verdict.as_dict()
        if args.explain:
            line["sentence"] = explain(pack, verdict, "zh", others)
            line["sentence_en"] = explain(pack, verdict, "en", others)
        return json.dumps(line, ensure_ascii=False)
    said = explain(pack, verdict, "zh", others)
    return said if args.explain else f"{verdict.subject}\t{said}"
