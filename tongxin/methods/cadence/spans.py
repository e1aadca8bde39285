"""Plain arithmetic on spans of days: units of a calendar, groups of n of them, parts of a longer unit."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from .periods import PartOf, Window


@dataclass(frozen=True)
class Unit:
    """A week, month, term … group: units are counted anew in each. cut: the calendar leaves less than a whole one.

    full_days: school days of a whole one where `cut`, else 0.
    """

    first: dt.date
    last: dt.date
    name: str
    group: str = ""
    cut: bool = False
    full_days: int = 0


def chunks(units: list[Unit], n: int) -> Iterator[list[Unit]]:
    """Consecutive runs of n units within each group; the last of a group may be shorter."""
    for _, grouped in groupby(units, key=lambda unit: unit.group):
        members = list(grouped)
        for start in range(0, len(members), n):
            yield members[start : start + n]


def months_between(first: dt.date, last: dt.date, length: int) -> Iterator[tuple[dt.date, dt.date, int]]:
    """(first day, last day, position) of each run of `length` months, from the month of `first` on."""
    number, position = first.year * 12 + first.month - 1, 0
    while True:
        start = dt.date(number // 12, number % 12 + 1, 1)
        if start > last:
            return
        number += length
        yield start, dt.date(number // 12, number % 12 + 1, 1) - dt.timedelta(days=1), position
        position += 1


def part_of(node: PartOf, longer: list[Unit], units: list[Unit]) -> Iterator[Window]:
    """The wanted units of each longer one. Months and quarters are clipped to it; others belong where they begin."""
    clip = node.unit in ("month", "quarter")
    starts = [unit.first for unit in units]
    for whole in longer:
        begin = max(bisect_left(starts, whole.first) - (1 if clip else 0), 0)
        within = []
        for unit in units[begin:]:
            if unit.first > whole.last:
                break
            if unit.last >= whole.first and (clip or unit.first >= whole.first):
                within.append(Unit(max(unit.first, whole.first), min(unit.last, whole.last), unit.name))
        chosen = _chosen(node, within)
        if chosen:
            name = f"{whole.name}·{chosen[0].name}"
            name += f"–{chosen[-1].name}" if len(chosen) > 1 else ""
            # "The last two months of the year" are named on purpose and stand though no lesson is held in them.
            planned = node.unit in ("half_year", "term", "quarter", "month")
            yield Window(chosen[0].first, chosen[-1].last, name, planned=planned)


def _chosen(node: PartOf, units: list[Unit]) -> list[Unit]:
    if node.nth:
        return units[node.nth - 1 : node.nth]
    return units[: node.first_n] if node.first_n else units[-node.last_n :]
