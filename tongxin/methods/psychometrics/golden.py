"""Run the worked papers (算例) of an instrument and say what came out differently."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .instrument import Golden, Instrument
from .scoring import Codes, Scored, Scorer

VALID = {"true": "valid", "false": "invalid", "valid": "valid", "invalid": "invalid", "doubt": "doubt",
         "unknown": "unknown"}  # fmt: skip
CLOSE = Fraction(1, 10_000)


@dataclass(frozen=True)
class Outcome:
    golden: Golden
    wrong: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.wrong


def run_golden(instrument: Instrument) -> list[Outcome]:
    """An outcome per worked paper; scores agree when they are closer than 1/10000."""
    scorer = Scorer(instrument)
    return [Outcome(golden, tuple(_wrong(instrument, scorer, golden))) for golden in instrument.golden]


def _wrong(instrument: Instrument, scorer: Scorer, golden: Golden) -> list[str]:
    if golden.coding not in instrument.codings:
        return []  # told where the file is read
    answers = dict(golden.answers)
    paper, problems = Codes(instrument, golden.coding).read(answers)
    if problems:
        return [problem.sentence for problem in problems[:3]]
    scored_items = {item.id for item in instrument.scored_items}
    written = {item: code for item, code in answers.items() if item not in scored_items}
    return differences(golden, scorer.score(paper, golden.person, written))


def differences(golden: Golden, scored: Scored) -> list[str]:
    """What a scored paper has that the worked one has not, in sentences."""
    wrong = []
    for scale, wanted in golden.scores:
        got = scored.scores.get(scale)
        if wanted is None and got is not None:
            wrong.append(f"“{scale}”应没有分数，算出的是 {got}")
        elif wanted is not None and (got is None or abs(Fraction(got) - wanted) > CLOSE):
            wrong.append(
                f"“{scale}”应为 {float(wanted):g}，算出的是{' ' + format(got, 'g') if got is not None else '没有分数'}"
            )
    for scale, band in golden.bands:
        reached = scored.bands[scale].id if scale in scored.bands else ""
        if reached != band:
            wrong.append(f"“{scale}”应在“{band}”一级，算出的是“{reached or '没有分级'}”")
    for name, wanted_rules, got_rules in (
        ("关键题目", golden.critical, scored.critical),
        ("答题形态", golden.patterns, scored.patterns),
    ):
        if wanted_rules is not None and set(wanted_rules) != set(got_rules):
            wrong.append(f"{name}应为 {list(wanted_rules)}，算出的是 {got_rules}")
    if golden.valid and VALID.get(golden.valid) != scored.validity:
        wrong.append(f"效度应为“{golden.valid}”，算出的是“{scored.validity}”")
    return wrong
