"""`tongxin score INSTRUMENT ANSWERS.csv`: score papers from a table, without a database."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tongxin.config.refusal import Refused
from tongxin.methods.cadence.findings import ERROR, PackUnreadable
from tongxin.methods.psychometrics.answers import AnswersUnreadable, Columns, Paper, read_papers, text_of_file
from tongxin.methods.psychometrics.batch import BatchScorer
from tongxin.methods.psychometrics.instrument import OWN, Instrument
from tongxin.methods.psychometrics.lint import lint
from tongxin.methods.psychometrics.parse import load_instrument
from tongxin.methods.psychometrics.quality import Quality, quality
from tongxin.methods.psychometrics.reliability import of_scale
from tongxin.methods.psychometrics.scoring import Scored, Scorer, norm_for, standing

SHIPPED = Path(__file__).parents[3] / "packs" / "instruments"
WORDS = {"valid": "有效", "doubt": "存疑", "invalid": "无效", "unknown": "无法判断"}


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("score", help="按量表给答卷计分")
    parser.add_argument("instrument", metavar="INSTRUMENT", help="量表文件，或随附量表的编号，例如 phq-9")
    parser.add_argument("answers", metavar="ANSWERS.csv", help="答卷，每行一份，第一行是题号")
    parser.add_argument("--coding", default=OWN, metavar="NAME", help="答案的写法（记分方式）")
    parser.add_argument("--quality", action="store_true", help="每份答卷的作答质量")
    parser.add_argument("--reliability", action="store_true", help="每个分量表的信度")
    parser.add_argument("--json", action="store_true", help="每行一个对象")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a line per paper and a summary; 1 when a cell was refused."""
    instrument = read_instrument(args.instrument)
    scorer, summary = Scorer(instrument), Summary(instrument)
    try:
        columns, papers = read_papers(text_of_file(args.answers), instrument, args.coding)
        together = Together(instrument, args.quality, args.reliability)
        if args.quality or args.reliability:
            papers = together.take(papers)
        for paper in papers:
            scored = scorer.score(paper.paper, paper.person, paper.written)
            row = row_of(instrument, paper, scored) | {"quality": together.quality(paper)}
            summary.add(row, scored)
            print(json.dumps(row, ensure_ascii=False) if args.json else said(instrument, row))
    except (AnswersUnreadable, ValueError) as problem:
        raise Refused(str(problem)) from problem
    whole = summary.as_dict(columns) | {"reliability": together.reliability()}
    print(
        json.dumps({"summary": whole}, ensure_ascii=False) if args.json else summary_said(instrument, whole)
    )
    return int(summary.problems > 0)


def read_instrument(name: str) -> Instrument:
    """An instrument without errors, from a file or by the id of a shipped one; Refused says what is wrong with it."""
    path = Path(name)
    if not path.exists() and (SHIPPED / f"{name}.yaml").exists():
        path = SHIPPED / f"{name}.yaml"
    try:
        instrument, found = load_instrument(path)
    except PackUnreadable as problem:
        raise Refused(f"{problem.file}:{problem.line}: {problem.sentence}") from problem
    errors = [finding for finding in lint(instrument, found) if finding.level == ERROR]
    if errors:
        lines = "\n".join(f"{finding.file}:{finding.line}: {finding.sentence}" for finding in errors)
        raise Refused(f"量表里有错误，先改正才能计分：\n{lines}")
    return instrument


class Together:
    """What can only be said of a paper among all: they are held until the last is read."""

    def __init__(self, instrument: Instrument, quality: bool, reliability: bool) -> None:
        self.instrument, self.wanted = instrument, (quality, reliability)
        self.papers: np.ndarray = np.zeros((0, len(instrument.scored_items)), np.uint8)
        self.found: list[Quality] = []

    def take(self, papers: Iterable[Paper]) -> Iterator[Paper]:
        held = list(papers)
        self.papers = np.frombuffer(b"".join(paper.paper for paper in held), np.uint8).reshape(
            len(held), self.papers.shape[1]
        )
        if self.wanted[0]:
            self.found = quality(self.instrument, self.papers)
        return iter(held)

    def quality(self, paper: Paper) -> dict[str, Any]:
        """Indices of a paper; null = cannot be computed. even_odd has the sign of R's careless: higher = less consistent."""
        if not self.found:
            return {}
        one = self.found[paper.row - 1]
        numbers = {
            "average_run": one.average,
            "irv": one.spread,
            "even_odd": None if one.even_odd is None else -one.even_odd,
            "synonyms": one.synonyms,
            "mahalanobis": one.distance,
        }
        rounded = {name: None if number is None else round(number, 6) for name, number in numbers.items()}
        return {"longstring": one.longest, **rounded, "far": one.far, "reasons": list(one.reasons)}

    def reliability(self) -> dict[str, Any]:
        """By scale; null = cannot be computed."""
        if not self.wanted[1]:
            return {}
        scorer = BatchScorer(self.instrument)
        found: dict[str, Any] = {}
        for scale in self.instrument.scales:
            if len(scale.items) > 1 and all(component.how == "item" for component in scale.components):
                told = of_scale(scorer, scale, self.papers)
                found[scale.id] = told and asdict(told) | {"omega": told.omega}
        return found


def row_of(instrument: Instrument, paper: Paper, scored: Scored) -> dict[str, Any]:
    """What `--json` prints for a paper."""
    norm = norm_for(instrument, paper.person)
    places = {name: standing(norm, name, score) for name, score in scored.scores.items()} if norm else {}
    return (
        {
            "row": paper.row,
            "line": paper.line,
            "valid": not paper.problems and scored.validity in ("valid", "doubt"),
            "validity": scored.validity,
            "scores": scored.scores,
            "bands": {name: band.id for name, band in scored.bands.items()},
            "critical": scored.critical,
            "patterns": scored.patterns,
            "blanks": scored.blanks,
            "missing": {name: why.reason for name, why in scored.missing.items()},
            "undetermined": scored.undetermined,
            "norm": {name: found for name, found in places.items() if found},
            "to_read": scored.texts,
            "problems": [problem.as_dict() for problem in paper.problems],
        }
        | ({"bank": asdict(scored.bank)} if scored.bank else {})
        | ({"empty": True} if paper.empty else {})
    )


class Summary:
    """Counts over all papers. Scores of papers that are invalid or have refused cells count in no mean."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.n = self.valid = self.problems = 0
        self.empty: list[int] = []
        self.validity: dict[str, int] = {}
        self.bands: dict[str, dict[str, int]] = {}
        banks = [instrument.bank.id] if instrument.bank else []
        self.scores: dict[str, list[float]] = {
            name: [] for name in [scale.id for scale in instrument.scales] + banks
        }
        self.critical = {rule.id: 0 for rule in instrument.critical}
        self.patterns = {rule.id: 0 for rule in instrument.patterns}

    def add(self, row: dict[str, Any], scored: Scored) -> None:
        self.n += 1
        self.valid += row["valid"]
        self.problems += len(row["problems"])
        self.empty += [row["row"]] if "empty" in row else []
        self.validity[scored.validity] = self.validity.get(scored.validity, 0) + 1
        # A critical answer counts whatever the paper is worth.
        for counts, held in ((self.critical, scored.critical), (self.patterns, scored.patterns)):
            for name in held:
                counts[name] += 1
        if not row["valid"]:
            return
        for name, score in scored.scores.items():
            self.scores[name].append(score)
        for name, band in row["bands"].items():
            reached = self.bands.setdefault(name, {})
            reached[band] = reached.get(band, 0) + 1

    def as_dict(self, columns: Columns) -> dict[str, Any]:
        return {
            "instrument": self.instrument.id,
            "version": self.instrument.version,
            "n": self.n,
            "valid": self.valid,
            "validity": self.validity,
            "bands": {
                scale.id: {band.id: self.bands.get(scale.id, {}).get(band.id, 0) for table in scale.tables for band in table.bands}
                for scale in self.instrument.scales
                if scale.tables
            },
            "scores": {name: _described(scores) for name, scores in self.scores.items()},
            "critical": self.critical,
            "patterns": self.patterns,
            "problems": self.problems,
            "empty": self.empty,
            "ignored": columns.ignored,
        }  # fmt: skip


def _described(scores: list[float]) -> dict[str, Any]:
    if not scores:
        return {"n": 0, "mean": None, "sd": None, "min": None, "max": None}
    sd = statistics.stdev(scores) if len(scores) > 1 else None
    return {
        "n": len(scores),
        "mean": statistics.fmean(scores),
        "sd": sd,
        "min": min(scores),
        "max": max(scores),
    }


def said(instrument: Instrument, row: dict[str, Any]) -> str:
    """One paper in a line, its refused cells below it."""
    parts = ["整行空白"] if "empty" in row else []
    for scale in instrument.scales:
        if scale.id in row["scores"]:
            titles = {band.id: str(band.title) for table in scale.tables for band in table.bands}
            band = row["bands"].get(scale.id)
            parts.append(
                f"{scale.title} {row['scores'][scale.id]:g}" + (f"（{titles[band]}）" if band else "")
            )
    why = {"blank": "缺答太多", "refused": "有不能用的答案", "part": "有分量表没有分数"}
    parts += [
        f"{instrument.scale_by_id[name].title} 没有分数（{why[reason]}）"
        for name, reason in row["missing"].items()
    ]
    titles = {rule.id: str(rule.title) for rule in (*instrument.critical, *instrument.patterns)}
    held = [titles[name] for name in (*row["critical"], *row["patterns"])]
    parts += [f"要看：{'；'.join(held)}"] if held else []
    lines = [f"第 {row['row']} 份（{WORDS[row['validity']]}）：{'，'.join(parts)}"]
    return "\n".join(lines + [f"  {problem['sentence']}" for problem in row["problems"]])


def summary_said(instrument: Instrument, whole: dict[str, Any]) -> str:
    lines = [f"共 {whole['n']} 份，有效 {whole['valid']} 份，不能用的格子 {whole['problems']} 个。"]
    for scale in instrument.scales:
        found = whole["scores"][scale.id]
        if found["n"]:
            spread = f"，标准差 {found['sd']:.4g}" if found["sd"] is not None else ""
            lines.append(f"{scale.title}：{found['n']} 份，均值 {found['mean']:.4g}{spread}")
        if scale.id in whole["bands"]:
            titles = {band.id: str(band.title) for table in scale.tables for band in table.bands}
            lines.append(
                "  " + "，".join(f"{titles[name]} {n}" for name, n in whole["bands"][scale.id].items())
            )
    for name, found in whole["reliability"].items():
        alpha = "算不出" if found["alpha"] is None else f"{found['alpha']:.3f}"
        lines.append(f"{instrument.scale_by_id[name].title}的信度（α，{found['n']} 份）：{alpha}")
    if whole["empty"]:
        lines.append(f"整行空白：第 {'、'.join(map(str, whole['empty']))} 份。")
    if whole["ignored"]:
        lines.append(f"没有用到的列：{'、'.join(whole['ignored'])}。")
    return "\n".join(lines)
