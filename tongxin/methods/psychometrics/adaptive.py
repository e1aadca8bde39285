"""Adaptive sittings: which item of a bank to ask next, and when to stop.

The next item is the one that tells most at the present estimate; among the few best one is drawn by the sitting's own
number, so that neighbours in a computer room do not see the same order, and the same sitting always the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .response_models import Bank, Estimate

AMONG = 3


@dataclass(frozen=True)
class Stop:
    """error: exact enough when the standard error is this or less. least, most: items in any case, items at the most."""

    error: float = 0.4
    least: int = 4
    most: int = 20

    def reached(self, asked: int, bank: Bank, estimate: Estimate) -> bool:
        if asked >= min(self.most, len(bank.items)):
            return True
        return asked >= self.least and estimate.error <= self.error


def next_item(
    bank: Bank,
    answers: Mapping[str, int],
    stop: Stop | None = None,
    sitting: str = "",
    skipped: Collection[str] = (),
    always: Collection[str] = (),
) -> str | None:
    """The id of the item to ask now, None when the sitting is over.

    skipped: asked and left blank. always: items that are asked whatever the estimate, first (critical ones): an adaptive
    sitting must not be able to pass them by.
    """
    asked = {*answers, *skipped}
    for item in bank.items:
        if item.item in always and item.item not in asked:
            return item.item
    estimate = bank.estimate(answers)
    if (stop or Stop()).reached(len(asked), bank, estimate):
        return None
    left = [(-told, name) for name, told in bank.information(estimate.theta).items() if name not in asked]
    best = sorted(left)[:AMONG]
    drawn = hashlib.sha256(f"{sitting}|{len(asked)}".encode()).digest()[0] % len(best)
    return best[drawn][1] if sitting else best[0][1]
