"""What changed between two sittings, and how surely: effect sizes with intervals, and change beyond error per person.

Definitions: Hedges (1981) for g and its correction, Cumming & Finch (2001) for exact intervals by the noncentral t,
Jacobson & Truax (1991) for reliable change. An interval that cannot be computed is None; nothing here judges a child.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
LEAST = 3
RELIABLE = 1.96


@dataclass(frozen=True)
class Effect:
    """difference: of the means, after − before or first − second. size: in standard deviations; both with an interval."""

    n: tuple[int, int]
    means: tuple[float, float]
    sds: tuple[float, float]
    difference: float
    difference_interval: tuple[float, float]
    size: float | None
    size_interval: tuple[float, float] | None
    t: float | None
    p: float | None


def paired(before: Sequence[float], after: Sequence[float]) -> Effect | None:
    """Compare the same people before and after; pairs with a blank (NaN) are left out, fewer than three give None.

    size: the mean change over the standard deviation before and after, averaged (d_av), corrected for few people.
    """
    one, two = np.asarray(before, float), np.asarray(after, float)
    if one.shape != two.shape:
        raise ValueError("before and after must be of the same people in the same order")
    whole = ~(np.isnan(one) | np.isnan(two))
    one, two = one[whole], two[whole]
    n = len(one)
    if n < LEAST:
        return None
    change = two - one
    difference, spread = float(change.mean()), float(change.std(ddof=1))
    average = float(np.sqrt((one.var(ddof=1) + two.var(ddof=1)) / 2))
    error = spread / np.sqrt(n)
    size = size_interval = t = p = None
    if average > 0 and spread > 0:
        from scipy import stats

        t = difference / error
        p = float(2 * stats.t.sf(abs(t), n - 1))
        correction = _correction(n - 1)
        size = correction * difference / average
        scale = correction * spread / average / np.sqrt(n)
        found = _noncentral(t, n - 1)
        size_interval = (found[0] * scale, found[1] * scale) if found else None
    return Effect(
        (n, n), (float(one.mean()), float(two.mean())), (float(one.std(ddof=1)), float(two.std(ddof=1))),
        difference, _around(difference, error, n - 1), size, size_interval, t, p,
    )  # fmt: skip


def independent(first: Sequence[float], second: Sequence[float]) -> Effect | None:
    """Compare two groups of different people, by the pooled standard deviation (Hedges' g)."""
    one, two = (values[~np.isnan(values)] for values in (np.asarray(first, float), np.asarray(second, float)))
    n, m = len(one), len(two)
    if min(n, m) < LEAST:
        return None
    degrees = n + m - 2
    pooled = float(np.sqrt(((n - 1) * one.var(ddof=1) + (m - 1) * two.var(ddof=1)) / degrees))
    difference = float(one.mean() - two.mean())
    root = float(np.sqrt(1 / n + 1 / m))
    size = size_interval = t = p = None
    if pooled > 0:
        from scipy import stats

        t = difference / (pooled * root)
        p = float(2 * stats.t.sf(abs(t), degrees))
        correction = _correction(degrees)
        size = correction * difference / pooled
        found = _noncentral(t, degrees)
        size_interval = (found[0] * root * correction, found[1] * root * correction) if found else None
    return Effect(
        (n, m), (float(one.mean()), float(two.mean())), (float(one.std(ddof=1)), float(two.std(ddof=1))),
        difference, _around(difference, pooled * root, degrees), size, size_interval, t, p,
    )  # fmt: skip


def reliable_change(before: float, after: float, sd: float, alpha: float) -> tuple[float, bool] | None:
    """(change in standard errors of a difference, is it more than error would give in 95 of 100), or None.

    sd: of a comparable group before; alpha: the scale's reliability. A statement about measurement, not about a child.
    """
    error = sd * np.sqrt(2 * max(0.0, 1 - alpha))
    if not error > 0:
        return None
    index = float((after - before) / error)
    return index, abs(index) > RELIABLE


def _correction(degrees: int) -> float:
    """Hedges' exact factor against the bias of small groups."""
    from scipy.special import gammaln

    return float(np.exp(gammaln(degrees / 2) - gammaln((degrees - 1) / 2)) / np.sqrt(degrees / 2))


def _around(middle: float, error: float, degrees: int) -> tuple[float, float]:
    from scipy import stats

    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, degrees)) * error
    return middle - reach, middle + reach


def _noncentral(t: float, degrees: int) -> tuple[float, float] | None:
    """The noncentralities that would give a t this far out in either tail; None where the search does not end."""
    from scipy import optimize, stats

    # Four standard errors on either side hold both ends; further out the distribution is no longer told.
    tail, reach = (1 - CONFIDENCE) / 2, 4 * float(np.sqrt(1 + t * t / (2 * degrees)))
    found = []
    for wanted in (1 - tail, tail):
        try:
            found.append(
                optimize.brentq(
                    lambda at, wanted=wanted: stats.nct.cdf(t, degrees, at) - wanted, t - reach, t + reach
                )
            )
        except ValueError:
            return None
    return found[0], found[1]
