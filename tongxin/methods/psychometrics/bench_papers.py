"""Made-up papers for `bench score`, and what it measures against: pandas, the parts nobody can do without, one by one.

Papers: n × 40 answers from 1 to 5, eight interleaved scales of five items, 35 % of the items reverse-keyed, 2 % of the
papers one answer throughout, 1 % at random. Every way gives the same outcome: eight scores, eight cut-offs (18 and more),
longest run, spread, even–odd and squared Mahalanobis distance.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .batch import BatchScorer
from .batch_indices import BatchIndices
from .instrument import Instrument
from .parse import instrument_from_dict

CUT = 18
BLOCK = 16_384  # papers drawn together: another number would give other papers
Papers = NDArray[np.uint8]


@dataclass
class Outcome:
    """What every way ends with. scores, flags: (n, scales); NaN where an index cannot be computed."""

    scores: NDArray[np.float64]
    flags: NDArray[np.bool_]
    longstring: NDArray[np.int64]
    irv: NDArray[np.float64]
    even_odd: NDArray[np.float64]
    distance: NDArray[np.float64]

    def checksum(self) -> list[int]:
        """Whole numbers that have to be equal: scores, cut-offs, runs, papers without even–odd."""
        return [
            int(self.scores.sum()),
            int(self.flags.sum()),
            int(self.longstring.sum()),
            int(np.isnan(self.even_odd).sum()),
        ]

    def means(self) -> list[float]:
        """Of the indices that are no whole numbers; equal but for rounding."""
        return [
            float(np.nanmean(column, dtype=np.float64)) for column in (self.irv, self.even_odd, self.distance)
        ]


def questionnaire(items: int, scales: int, reversed_: list[int]) -> Instrument:
    """Interleaved scales, each with a band from the cut-off on. reversed_: item numbers from 1."""
    highest = 5 * (items // scales)
    raw = {
        "instrument": "bench", "title": "测速", "items": items, "reverse": reversed_,
        "answers": {"agree": {"options": [{"value": value} for value in range(1, 6)]}},
        "scales": [
            {"id": f"s{k}", "title": "分", "items": list(range(k + 1, items + 1, scales)), "bands": [
                {"id": "below", "title": "低", "rank": 0, "to": CUT - 1},
                {"id": "above", "title": "高", "rank": 1, "from": CUT, "to": max(highest, CUT), "signal": True}]}
            for k in range(scales)
        ],
    }  # fmt: skip
    found, findings = instrument_from_dict(raw)
    if findings:
        raise ValueError(findings[0].sentence)
    return found


def made(n: int, items: int, scales: int, seed: int) -> tuple[Papers, Instrument]:
    """(papers as places of the answers, the questionnaire). The same seed gives the same papers."""
    random = np.random.default_rng(seed)
    reversed_ = np.sort(random.choice(items, round(0.35 * items), replace=False))
    papers = np.empty((n, items), np.uint8)
    for start in range(0, n, BLOCK):
        size = min(BLOCK, n - start)
        trait = random.standard_normal((size, scales), np.float32)
        answers = np.tile(trait, -(-items // scales))[:, :items] * 0.8 + random.standard_normal(
            (size, items), np.float32
        )
        block = np.clip(np.rint(answers + 2), 0, 4).astype(np.uint8)
        block[:, reversed_] = 4 - block[:, reversed_]
        kind = random.random(size)
        straight, careless = kind < 0.02, kind > 0.99
        block[straight] = random.integers(0, 5, (int(straight.sum()), 1), np.uint8)
        block[careless] = random.integers(0, 5, (int(careless.sum()), items), np.uint8)
        papers[start : start + size] = block
    return papers, questionnaire(items, scales, [int(item) + 1 for item in reversed_])


def in_blocks(papers: Papers, instrument: Instrument) -> Outcome:
    """As the product does it."""
    batch, found = BatchIndices(BatchScorer(instrument), instrument.scales).with_scores(papers)
    names = [scale.id for scale in instrument.scales]
    return Outcome(
        np.stack([batch.scores[name] for name in names], 1)
        if len(papers) < BLOCK
        else _Columns(batch.scores, names),  # type: ignore[arg-type]
        np.stack([batch.bands[name] == 1 for name in names], 1)
        if len(papers) < BLOCK
        else _Above(batch.bands, names),  # type: ignore[arg-type]
        found.longstring.astype(np.int64) if len(papers) < BLOCK else found.longstring,  # type: ignore[arg-type]
        found.irv,  # type: ignore[arg-type]
        found.even_odd,  # type: ignore[arg-type]
        found.distance,  # type: ignore[arg-type]
    )


class _Columns:
    """Columns that are only summed: they are not copied side by side for that."""

    def __init__(self, columns: dict[str, Any], names: list[str]) -> None:
        self.columns = [columns[name] for name in names]

    def sum(self) -> float:
        return float(sum(column.sum() for column in self.columns))


class _Above(_Columns):
    def sum(self) -> float:
        return float(sum(int((column == 1).sum()) for column in self.columns))


def with_pandas(papers: Papers, instrument: Instrument) -> Outcome:
    """Whole columns of a frame at a time, as an analyst writes it."""
    import pandas as pd

    names = [item.id for item in instrument.items]
    frame = pd.DataFrame(papers, columns=names).astype("int16") + 1
    turned = list(instrument.reverse)
    scored = frame.copy()
    scored[turned] = 6 - scored[turned]
    scores = pd.DataFrame({scale.id: scored[list(scale.items)].sum(axis=1) for scale in instrument.scales})
    flags = scores >= CUT
    run = pd.Series(1, index=frame.index)
    longest = run.copy()
    for before, name in itertools.pairwise(names):
        run = run.where(frame[name] == frame[before], 0) + 1
        longest = longest.where(longest >= run, run)
    irv = frame.std(axis=1)
    odd = pd.DataFrame(
        {scale.id: scored[list(scale.items[0::2])].mean(axis=1) for scale in instrument.scales}
    )
    even = pd.DataFrame(
        {scale.id: scored[list(scale.items[1::2])].mean(axis=1) for scale in instrument.scales}
    )
    odd, even = odd.sub(odd.mean(axis=1), axis=0), even.sub(even.mean(axis=1), axis=0)
    spread = (odd**2).sum(axis=1) * (even**2).sum(axis=1)
    r = ((odd * even).sum(axis=1) / np.sqrt(spread.where(spread > 1e-6))).clip(-1, 1)
    even_odd = (2 * r / (1 + r)).clip(lower=-1)
    centred = frame - frame.mean()
    inverse = np.linalg.inv(frame.cov().to_numpy())
    distance = ((centred @ inverse).set_axis(names, axis=1) * centred).sum(axis=1)
    return Outcome(scores.to_numpy(np.float64), flags.to_numpy(), longest.to_numpy(), irv.to_numpy(), even_odd.to_numpy(),
                   distance.to_numpy())  # fmt: skip


def one_by_one(papers: Papers, instrument: Instrument) -> Outcome:
    """In plain Python, paper by paper; slow and easy to check. The distance's mean and covariance are numpy's."""
    turned = {int(item) - 1 for item in instrument.reverse}
    places = [[int(item) - 1 for item in scale.items] for scale in instrument.scales]
    raw = papers.astype(np.float64) + 1
    mean, inverse = raw.mean(axis=0), np.linalg.inv(np.cov(raw.T))
    rows = []
    for paper in papers.tolist():
        answers = [answer + 1 for answer in paper]
        values = [6 - answer if place in turned else answer for place, answer in enumerate(answers)]
        scores = [sum(values[place] for place in scale) for scale in places]
        longest = run = 1
        for before, answer in itertools.pairwise(answers):
            run = run + 1 if answer == before else 1
            longest = max(longest, run)
        odd = [statistics.fmean(values[place] for place in scale[0::2]) for scale in places]
        even = [statistics.fmean(values[place] for place in scale[1::2]) for scale in places]
        apart = np.array(answers) - mean
        rows.append(
            (scores, longest, statistics.stdev(answers), _halves(odd, even), float(apart @ inverse @ apart))
        )
    scores_, longest_, irv, halves, distance = (np.array(column) for column in zip(*rows, strict=True))
    return Outcome(scores_.astype(np.float64), scores_ >= CUT, longest_, irv, halves, distance)


def _halves(odd: list[float], even: list[float]) -> float:
    if statistics.pstdev(odd) < 1e-9 or statistics.pstdev(even) < 1e-9:
        return float("nan")
    r = statistics.correlation(odd, even)
    return max(2 * r / (1 + r), -1.0) if r > -1 + 1e-12 else -1.0


def limit_parts(papers: Papers, instrument: Instrument) -> dict[str, Callable[[], object]]:
    """What nobody can do without, each on data that already lies as it likes best: reading, adding, comparing, one product."""
    n, k = papers.shape
    columns = np.ascontiguousarray(papers.T)
    places = [[int(item) - 1 for item in scale.items] for scale in instrument.scales]
    # As many as BLAS multiplies without copying them first.
    small = np.ascontiguousarray(columns[:, :512], np.float32)
    matrix = np.linalg.cholesky(np.cov(columns[:, : 50 * k].astype(np.float64)) + np.eye(k)).astype(
        np.float32
    )
    out = np.empty_like(small)

    def add() -> None:
        for start in range(0, n, BLOCK):
            part = columns[:, start : start + BLOCK]
            for scale in places:
                total = part[scale[0]].copy()
                for place in scale[1:]:
                    total += part[place]

    def runs() -> None:
        for start in range(0, n, BLOCK):
            part = columns[:, start : start + BLOCK]
            on = np.negative(np.equal(part[1:], part[:-1]).view(np.int8)).view(np.uint8)
            run = np.zeros(part.shape[1], np.uint8)
            best = run.copy()
            for row in on:
                run -= row
                run &= row
                np.maximum(best, run, out=best)

    def product() -> None:
        for _ in range(-(-n // small.shape[1])):
            np.matmul(matrix, small, out=out)

    return {"read": lambda: columns.sum(dtype=np.uint8), "add": add, "runs": runs, "product": product}


def timed(way: Callable[[], Any], runs: int) -> tuple[float, float, Any]:
    """(median s by the clock, median s of processor, the last answer); one pass before is not counted."""
    walls, cpus, answer = [], [], way()
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = way()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus), answer
