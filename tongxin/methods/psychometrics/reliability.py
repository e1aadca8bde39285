"""How far the items of a scale measure one thing: alpha with its interval, omega, and what each item adds.

Only papers without a blank are looked at. What cannot be computed is None: fewer than two items or three papers, or
answers that do not vary. References: Cronbach (1951) for alpha, Feldt (1965) for its interval, McDonald (1999) for omega
from the one-factor model fitted by maximum likelihood (Jöreskog, 1967).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .batch import BatchScorer
from .instrument import Scale
from .scoring import REFUSED

Numbers = NDArray[np.float64]

LEAST_PAPERS = 3
CONFIDENCE = 0.95


@dataclass(frozen=True)
class ItemStatistics:
    """One item among the others. rest: its correlation with the sum of the others; alpha_without: alpha of the others."""

    item: str
    mean: float
    sd: float
    rest: float | None
    alpha_without: float | None


@dataclass(frozen=True)
class OneFactor:
    """The one-factor model of the covariances. omega: reliable share of the sum's variance; fit as chi-square, CFI, RMSEA."""

    omega: float
    chi_square: float
    degrees: int
    cfi: float
    rmsea: float


@dataclass(frozen=True)
class Reliability:
    """n: papers without a blank, of `papers`. mean, sd, sem: of the sum. interval: of alpha, at 95 %."""

    papers: int
    n: int
    alpha: float
    interval: tuple[float, float]
    standardised: float | None
    mean_correlation: float | None
    mean: float
    sd: float
    sem: float
    items: tuple[ItemStatistics, ...]
    factor: OneFactor | None = None

    @property
    def omega(self) -> float | None:
        return self.factor.omega if self.factor else None


def reliability(answers: Numbers, items: Sequence[str], factor: bool = True) -> Reliability | None:
    """Describe a scale by its answers (papers × items, values after reversal, NaN = blank); None = cannot be computed.

    factor: fit the one-factor model as well, which takes some milliseconds.
    """
    whole = np.asarray(answers, float)
    if whole.ndim != 2 or whole.shape[1] != len(items):
        raise ValueError("answers must have a column for each item")
    complete = whole[~np.isnan(whole).any(axis=1)]
    n, k = complete.shape
    if n < LEAST_PAPERS or k < 2:
        return None
    covariance = np.cov(complete, rowvar=False)
    alpha = _alpha(covariance)
    if alpha is None:
        return None
    total = complete.sum(axis=1)
    sd = float(total.std(ddof=1))
    correlations = _correlations(covariance)
    mean_correlation = None if correlations is None else float((correlations.sum() - k) / (k * (k - 1)))
    standardised = None
    if mean_correlation is not None and 1 + (k - 1) * mean_correlation != 0:
        standardised = k * mean_correlation / (1 + (k - 1) * mean_correlation)
    return Reliability(
        len(whole),
        n,
        alpha,
        _interval(alpha, n, k),
        standardised,
        mean_correlation,
        float(total.mean()),
        sd,
        sd * float(np.sqrt(max(0.0, 1 - alpha))),
        tuple(_item(name, at, complete, covariance) for at, name in enumerate(items)),
        one_factor(covariance, n) if factor else None,
    )


def of_scale(
    scorer: BatchScorer, scale: Scale, papers: NDArray[np.uint8], factor: bool = True
) -> Reliability | None:
    """Describe a scale of items by papers as `BatchScorer.score` takes them; None = cannot be computed."""
    return reliability(counted(scorer, scale, papers), scale.items, factor)


def counted(scorer: BatchScorer, scale: Scale, papers: NDArray[np.uint8]) -> Numbers:
    """What the answers to a scale's items count, reversal done (papers × items), NaN = blank or refused."""
    found = np.full((len(papers), len(scale.items)), np.nan)
    for column, item in enumerate(scale.items):
        answers = papers[:, scorer.place[item]]
        given = answers < REFUSED
        found[given, column] = np.asarray(scorer.counts[scorer.place[item]], float)[answers[given]]
    return found


def by_group(
    answers: Numbers, items: Sequence[str], groups: Sequence[Hashable]
) -> dict[Hashable, Reliability | None]:
    """The same for each group of papers (class, grade, sex …), in the order the groups appear; without factors."""
    whole = np.asarray(answers, float)
    if len(groups) != len(whole):
        raise ValueError("every paper must have a group")
    places: dict[Hashable, list[int]] = {}
    for at, group in enumerate(groups):
        places.setdefault(group, []).append(at)
    return {group: reliability(whole[rows], items, factor=False) for group, rows in places.items()}


def _alpha(covariance: Numbers) -> float | None:
    k, whole = len(covariance), float(covariance.sum())
    return None if whole <= 0 or k < 2 else k / (k - 1) * (1 - float(np.trace(covariance)) / whole)


def _interval(alpha: float, n: int, k: int) -> tuple[float, float]:
    from scipy.stats import f

    tail = (1 - CONFIDENCE) / 2
    low, high = (1 - (1 - alpha) * float(f.ppf(at, n - 1, (n - 1) * (k - 1))) for at in (1 - tail, tail))
    return low, high


def _correlations(covariance: Numbers) -> Numbers | None:
    sds = np.sqrt(np.diag(covariance))
    return None if (sds == 0).any() else covariance / np.outer(sds, sds)


def _item(name: str, at: int, complete: Numbers, covariance: Numbers) -> ItemStatistics:
    others = np.delete(np.delete(covariance, at, 0), at, 1)
    variance, rest = float(covariance[at, at]), float(others.sum())
    with_rest = float(covariance[at].sum()) - variance
    related = with_rest / float(np.sqrt(variance * rest)) if variance > 0 and rest > 0 else None
    return ItemStatistics(
        name, float(complete[:, at].mean()), float(np.sqrt(variance)), related, _alpha(others)
    )


def one_factor(covariance: Numbers, n: int) -> OneFactor | None:
    """Fit one factor to the covariances of n papers by maximum likelihood; None with fewer than three items or when the
    covariances cannot be inverted (one item is the sum of others, or somebody copied all answers)."""
    k = len(covariance)
    sign, logdet = np.linalg.slogdet(covariance)
    if k < 3 or sign <= 0 or not np.isfinite(logdet) or np.linalg.cond(covariance) > 1e12:
        return None
    from scipy.optimize import minimize

    sds = np.sqrt(np.diag(covariance))
    correlations = covariance / np.outer(sds, sds)

    def misfit(log_unique: Numbers) -> tuple[float, Numbers]:
        """Jöreskog's function of the unique variances, and its gradient, with the best loadings for them."""
        unique = np.exp(log_unique)
        roots = np.sqrt(unique)
        values, vectors = np.linalg.eigh(correlations / np.outer(roots, roots))
        left = values[:-1]
        loadings = roots * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.0))
        implied = np.outer(loadings, loadings) + np.diag(unique)
        inverse = np.linalg.inv(implied)
        gradient = np.diag(inverse @ (implied - correlations) @ inverse) * unique
        return float((left - np.log(left) - 1).sum()), gradient

    begin = np.log(np.clip(1 / np.diag(np.linalg.inv(correlations)), 0.05, 0.95))
    found: Any = minimize(misfit, begin, jac=True, method="L-BFGS-B", bounds=[(np.log(0.005), 0.0)] * k)
    unique = np.exp(found.x)
    roots = np.sqrt(unique)
    values, vectors = np.linalg.eigh(correlations / np.outer(roots, roots))
    if values[-1] <= 1:
        return None
    loadings = roots * vectors[:, -1] * np.sqrt(values[-1] - 1) * sds
    loadings *= np.sign(loadings.sum()) or 1.0
    common = float(loadings.sum()) ** 2
    omega = common / (common + float((unique * sds**2).sum()))
    return OneFactor(omega, *_fit(float(found.fun), correlations, n, k))


def _fit(misfit: float, correlations: Numbers, n: int, k: int) -> tuple[float, int, float, float]:
    """(chi-square, degrees of freedom, CFI, RMSEA), with n as multiplier as structural equation programs do."""
    chi_square, degrees = n * misfit, k * (k - 3) // 2
    against = -n * float(np.linalg.slogdet(correlations)[1]) - k * (k - 1) / 2
    beyond = max(chi_square - degrees, 0.0)
    cfi = 1.0 if max(against, beyond) == 0 else 1 - beyond / max(against, beyond)
    rmsea = float(np.sqrt(beyond / (degrees * n))) if degrees else 0.0
    return chi_square, degrees, cfi, rmsea
