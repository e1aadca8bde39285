"""Exclusivity (Meaning 17): which obligation an entry is used for where it may serve only one of several.

Obligations are rivals when both say `counts_for: one`, or one names the other under `not_with`. The person's own choice
goes first; then obligations by due day, then id, take entries by day, then id, up to their minimum. Both evaluators
find what is on offer in their own way and let the same function share it out.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .counting import HUNDREDTHS, Sum, Tally, Times
from .facts import Counted, in_order
from .tree import Obligation

if TYPE_CHECKING:
    from .gathering import Case

CHOSEN = "counts_for"  # the further qualifier of a row in which a person says which obligation it is for
MEASURES = (Times, Sum)
ELSEWHERE, BEYOND = "counted for", "beyond the minimum"
Rivals = dict[str, frozenset[str]]


def with_rivals(rules: tuple[Obligation, ...]) -> tuple[Obligation, ...]:
    """The rules with each one's rivals written on it."""
    rivals = rivals_of(rules)
    return tuple(
        replace(rule, rivals=tuple(sorted(rivals[rule.id]))) if rule.id in rivals else rule for rule in rules
    )


def rivals_of(rules: Iterable[Obligation]) -> Rivals:
    """Obligations that must not be given the same entry, by id; those without rivals are left out."""
    able = [rule for rule in rules if rule.evaluable]
    ids = {rule.id for rule in able}
    alone = {rule.id for rule in able if rule.counts_once}
    found: dict[str, set[str]] = defaultdict(set)
    for name in alone:
        found[name] |= alone - {name}
    for rule in able:
        for other in (set(rule.not_with) & ids) - {rule.id}:
            found[rule.id].add(other)
            found[other].add(rule.id)
    return {name: frozenset(others) for name, others in found.items() if others}


@dataclass(frozen=True)
class Offer:
    """An entry that would count. amount: in hundredths. chosen: the obligation that the person said it is for, or ""."""

    day: int
    order: tuple[int, str]
    entry: str
    amount: int
    chosen: str = ""


@dataclass(frozen=True)
class Taker:
    """One obligation in one window of one subject. need: its minimum in hundredths, 0 = it takes nothing unchosen."""

    key: Hashable
    obligation: str
    due: int
    need: Fraction
    offers: tuple[Offer, ...] = field(default=(), repr=False)


def share_out(takers: Iterable[Taker], rivals: Rivals) -> dict[Hashable, set[str]]:
    """Which entries each taker of one subject gets."""
    ordered = sorted(takers, key=lambda taker: (taker.due, taker.obligation))
    kept = _chosen(ordered, rivals)
    used: dict[str, set[str]] = defaultdict(set)
    found: dict[Hashable, set[str]] = {}
    for taker in ordered:
        mine = {offer.entry for offer in taker.offers if kept.get(offer.entry) == taker.obligation}
        found[taker.key] = mine
        for entry in mine:
            used[entry].add(taker.obligation)
    for taker in ordered:
        mine, others = found[taker.key], rivals.get(taker.obligation, frozenset())
        total = sum(offer.amount for offer in taker.offers if offer.entry in mine)
        for offer in sorted(taker.offers, key=lambda one: (one.day, one.order)):
            if total >= taker.need:
                break
            if offer.entry in mine or kept.get(offer.entry) in others or used[offer.entry] & others:
                continue
            mine.add(offer.entry)
            used[offer.entry].add(taker.obligation)
            total += offer.amount
    return found


def _chosen(takers: list[Taker], rivals: Rivals) -> dict[str, str]:
    """The choices that can stand: of an obligation for which the entry would count."""
    able = {(taker.obligation, offer.entry) for taker in takers for offer in taker.offers}
    return {
        offer.entry: offer.chosen
        for taker in takers
        for offer in taker.offers
        if offer.chosen in rivals and (offer.chosen, offer.entry) in able
    }


def day_number(day: dt.date) -> int:
    return day.toordinal()


# of the one-by-one evaluator


def offers_of(case: Case) -> tuple[Offer, ...]:
    """What would count for one requirement in one window."""
    by_entry: dict[str, list[Counted]] = defaultdict(list)
    heads, _, _ = case.gather()
    for head in heads:
        by_entry[head.entry].append(head)
    return tuple(_offer(case, entry, mine) for entry, mine in by_entry.items())


def _offer(case: Case, entry: str, heads: list[Counted]) -> Offer:
    amount = int(Fraction(case.item.measure.value(heads)) * HUNDREDTHS)
    chosen = max(head.row.qualifiers.get(CHOSEN, "") if head.row is not None else "" for head in heads)
    return Offer(day_number(case.view.entries[entry].day), in_order(entry), entry, amount, chosen)


def narrowed(case: Case, mine: set[str], users: dict[str, str]) -> Tally:
    """The tally of only the entries given to it, with the others among the rejected. users: by entry, who has it."""
    heads, counted, rejected = case.gather()
    left = [
        (entry, f"{ELSEWHERE}: {users[entry]}" if entry in users else BEYOND)
        for entry in counted
        if entry not in mine
    ]
    done = case.item.measure.value([head for head in heads if head.entry in mine])
    day = {entry: case.view.entries[entry].day for entry, _ in (*rejected, *left)}
    return Tally(
        done,
        [entry for entry in counted if entry in mine],
        sorted([*rejected, *left], key=lambda row: (day[row[0]], row[0])),
    )


def minimum(low: object) -> Fraction:
    """A minimum in hundredths; nothing for one that is not known."""
    return Fraction(low) * HUNDREDTHS if isinstance(low, int | Fraction) else Fraction(0)
