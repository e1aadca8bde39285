"""Item response models: Rasch, two-parameter and graded, fitted by marginal maximum likelihood, and scores from them.

One form serves all: an item with answers 0 … m has a discrimination a and thresholds b₁ < … < b_m, and the chance of an
answer of at least c is 1 / (1 + exp(−a (θ − b_c))) (Samejima, 1969; with two answers Birnbaum's model, with a common a
Rasch's). θ has mean 0 and standard deviation 1 in the group the bank was fitted on. Integrals are sums over a grid.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

RASCH, RASCH_FIXED, TWO_PARAMETER, GRADED = "rasch", "rasch-fixed", "2pl", "graded"
MODELS = (RASCH, RASCH_FIXED, TWO_PARAMETER, GRADED)
GRID = np.linspace(-6.0, 6.0, 121)
_DENSITY = np.exp(-(GRID**2) / 2)
WEIGHTS: Numbers = _DENSITY / _DENSITY.sum()
_LEAST = 1e-12


class CannotFit(ValueError):
    """Answers that do not determine a model; the message says which item and why, in Chinese."""


@dataclass(frozen=True)
class ItemParameters:
    """thresholds: rising, one less than there are answers."""

    item: str
    discrimination: float
    thresholds: tuple[float, ...]

    def chances(self, theta: Numbers) -> Numbers:
        """Chance of each answer (columns) at each θ (rows)."""
        at_least = _logistic(self.discrimination * (theta[:, None] - np.array(self.thresholds)[None, :]))
        edges = np.hstack([np.ones((len(theta), 1)), at_least, np.zeros((len(theta), 1))])
        return np.maximum(edges[:, :-1] - edges[:, 1:], _LEAST)

    def information(self, theta: Numbers) -> Numbers:
        """Fisher information at each θ."""
        at_least = _logistic(self.discrimination * (theta[:, None] - np.array(self.thresholds)[None, :]))
        slopes = np.hstack(
            [
                np.zeros((len(theta), 1)),
                self.discrimination * at_least * (1 - at_least),
                np.zeros((len(theta), 1)),
            ]
        )
        return ((slopes[:, :-1] - slopes[:, 1:]) ** 2 / self.chances(theta)).sum(axis=1)


@dataclass(frozen=True)
class Estimate:
    """θ as the mean of what is plausible after the answers (EAP), and its standard deviation."""

    theta: float
    error: float


@dataclass(frozen=True)
class Bank:
    """Items with parameters. log_likelihood, n: of the fit they come from, None where they were published."""

    model: str
    items: tuple[ItemParameters, ...]
    log_likelihood: float | None = None
    n: int | None = None

    @cached_property
    def by_id(self) -> dict[str, ItemParameters]:
        return {item.item: item for item in self.items}

    @cached_property
    def _logs(self) -> dict[str, Numbers]:
        return {item.item: np.log(item.chances(GRID)) for item in self.items}

    def estimate(self, answers: Mapping[str, int]) -> Estimate:
        """θ from answers counted from 0; items that are not there were not asked or left blank.

        Raises KeyError for an unknown item and ValueError for an answer it does not have.
        """
        log = np.log(WEIGHTS)
        for item, answer in answers.items():
            table = self._logs[item]
            if not 0 <= answer < table.shape[1]:
                raise ValueError(f"item {item} has no answer {answer}")
            log = log + table[:, answer]
        plausible = np.exp(log - log.max())
        plausible /= plausible.sum()
        theta = float(plausible @ GRID)
        return Estimate(theta, float(np.sqrt(plausible @ (GRID - theta) ** 2)))

    def information(self, theta: float) -> dict[str, float]:
        at = np.array([theta])
        return {item.item: float(item.information(at)[0]) for item in self.items}


def fit(answers: Numbers, items: Sequence[str], model: str, most_steps: int = 500) -> Bank:
    """Fit a model to answers (papers × items, counted from 0, NaN = blank).

    Raises CannotFit when an item has one kind of answer only, or has gaps between its answers.
    """
    whole = np.asarray(answers, float)
    if model not in MODELS or whole.ndim != 2 or whole.shape[1] != len(items):
        raise ValueError("unknown model, or not a column for each item")
    levels = [_levels(whole[:, at], name, model) for at, name in enumerate(items)]
    patterns, counts = _patterns(whole)
    likelihood = _Likelihood(patterns, counts, levels, model)
    from scipy.optimize import minimize

    found: Any = minimize(
        likelihood, likelihood.begin(), jac=True, method="L-BFGS-B",
        options={"maxiter": most_steps, "ftol": 1e-13, "gtol": 1e-7},
    )  # fmt: skip
    told = likelihood.told(found.x)
    if not np.isfinite(found.fun) or any(not a > 0 for a, _b in told):
        raise CannotFit(
            "这些答卷定不出题目参数：答卷太少，或者几道题与其余的题方向相反。请检查反向题和答卷数。"
        )
    return Bank(
        model,
        tuple(ItemParameters(name, a, tuple(b)) for name, (a, b) in zip(items, told, strict=True)),
        -float(found.fun),
        int(counts.sum()),
    )


def _levels(column: Numbers, name: str, model: str) -> int:
    given = np.unique(column[~np.isnan(column)])
    if len(given) < 2 or not np.array_equal(given, np.arange(len(given))):
        raise CannotFit(f"第 {name} 题的答案不够：每个选项都要有人选过，并且从 0 连续编号。")
    if model != GRADED and len(given) != 2:
        raise CannotFit(f"第 {name} 题有 {len(given)} 种答案；这个模型只用于两种答案的题。")
    return len(given)


def _patterns(whole: Numbers) -> tuple[Numbers, Numbers]:
    """Each different paper once, with how often it came; a paper of blanks says nothing."""
    marked = np.where(np.isnan(whole), -1, whole)
    marked = marked[(marked >= 0).any(axis=1)]
    patterns, counts = np.unique(marked, axis=0, return_counts=True)
    return patterns.astype(int), counts.astype(float)


class _Likelihood:
    """Minus the marginal log-likelihood and its gradient, of: log discriminations, then per item its first intercept and
    the logarithms of the steps down to the next ones (so that they stay in order)."""

    def __init__(self, patterns: Any, counts: Numbers, levels: Sequence[int], model: str) -> None:
        self.patterns, self.counts, self.levels, self.model = patterns, counts, levels, model
        self.slopes = {RASCH_FIXED: 0, RASCH: 1}.get(model, len(levels))
        self.chosen = [
            [np.flatnonzero(patterns[:, at] == answer) for answer in range(n)] for at, n in enumerate(levels)
        ]

    def begin(self) -> Numbers:
        """Discriminations of 1 and intercepts from how many gave at least each answer."""
        parts: list[float] = [0.0] * self.slopes
        for at, n in enumerate(self.levels):
            column = self.patterns[:, at]
            asked = self.counts[column >= 0].sum()
            shares = [float(self.counts[column >= c].sum() / asked) for c in range(1, n)]
            shares = [min(max(share, 0.002), 0.998) for share in shares]
            logits = [float(np.log(share / (1 - share))) * 1.2 for share in shares]
            steps = [max(one - other, 0.05) for one, other in itertools.pairwise(logits)]
            parts += [logits[0], *np.log(steps)]
        return np.array(parts)

    def _unpacked(self, x: Numbers) -> list[tuple[int, float, Numbers, int]]:
        """(place of its slope or -1, slope, intercepts falling, place of the first intercept) of each item."""
        at, found = self.slopes, []
        for number, n in enumerate(self.levels):
            place = -1 if self.slopes == 0 else min(number, self.slopes - 1)
            slope = 1.0 if place < 0 else float(np.exp(x[place]))
            steps = np.exp(x[at + 1 : at + n - 1])
            found.append((place, slope, x[at] - np.concatenate([[0.0], np.cumsum(steps)]), at))
            at += n - 1
        return found

    def told(self, x: Numbers) -> list[tuple[float, list[float]]]:
        return [
            (slope, [float(-d / slope) for d in falling]) for _place, slope, falling, _at in self._unpacked(x)
        ]

    def __call__(self, x: Numbers) -> tuple[float, Numbers]:
        unpacked = self._unpacked(x)
        log = np.zeros((len(self.patterns), len(GRID)))
        chances = []
        for number, (_place, slope, falling, _at) in enumerate(unpacked):
            at_least = _logistic(slope * GRID[:, None] + falling[None, :])
            edges = np.hstack([np.ones((len(GRID), 1)), at_least, np.zeros((len(GRID), 1))])
            each = np.maximum(edges[:, :-1] - edges[:, 1:], _LEAST)
            chances.append((at_least, each))
            logs = np.log(each)
            for answer, rows in enumerate(self.chosen[number]):
                log[rows] += logs[:, answer]
        most = log.max(axis=1, keepdims=True)
        plausible = np.exp(log - most) * WEIGHTS
        sums = plausible.sum(axis=1, keepdims=True)
        value = -float(self.counts @ (np.log(sums) + most)[:, 0])
        plausible *= self.counts[:, None] / sums
        gradient = np.zeros(len(x))
        for number, (place, slope, falling, at) in enumerate(unpacked):
            at_least, each = chances[number]
            expected = np.stack([plausible[rows].sum(axis=0) for rows in self.chosen[number]], axis=1)
            ratio = expected / each
            by_edge = (ratio[:, 1:] - ratio[:, :-1]) * at_least * (1 - at_least)
            if place >= 0:
                gradient[place] -= float((GRID[:, None] * by_edge).sum()) * slope
            by_intercept = by_edge.sum(axis=0)
            gradient[at] -= float(by_intercept.sum())
            steps = np.exp(x[at + 1 : at + len(falling)])
            for step, size in enumerate(steps, start=1):
                gradient[at + step] += float(by_intercept[step:].sum()) * size
        return value, gradient


def _logistic(z: Numbers) -> Numbers:
    return 1 / (1 + np.exp(-np.clip(z, -700, 700)))
