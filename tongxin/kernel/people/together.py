"""What two people who were put together said about staying together: rooms that ask them tell, rooms that form pairs read.

"again": neither side was against it, and at least one would like to go on. "rather_not": at least one side would rather
not. Who of the two said what is never told here: a proposal needs the outcome only.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from tongxin.kernel.base.models import School

AGAIN, RATHER_NOT = "again", "rather_not"
Pair = tuple[int, int]
# (school, kind of link, day) → {(a's subject, b's subject): AGAIN or RATHER_NOT}
Teller = Callable[[School, str, date], dict[Pair, str]]

_tellers: list[Teller] = []


def add_teller(teller: Teller) -> None:
    """Let a room tell what it knows; called in its apps.py."""
    if teller not in _tellers:
        _tellers.append(teller)


def told(school: School, link_kind: str, day: date) -> dict[Pair, str]:
    """Return what is known on a day about pairs of a kind of link, by (a's subject, b's subject).

    Pairs nobody was asked about, or that gave no wish either way, are not named. Where rooms differ, RATHER_NOT holds.
    Raises ValueError when a room tells something else.
    """
    found: dict[Pair, str] = {}
    for teller in _tellers:
        for pair, word in teller(school, link_kind, day).items():
            if word not in (AGAIN, RATHER_NOT):
                raise ValueError(f"{word!r} is neither {AGAIN} nor {RATHER_NOT}")
            if found.get(pair) != RATHER_NOT:
                found[pair] = word
    return found
