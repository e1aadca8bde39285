"""Score many papers at once, in blocks, so that memory does not grow with them; the results are those of `scoring`.

papers: uint8 array (n papers, n scored items), as `Codes.read` writes each row; any array with that shape will do, a
memory-mapped file too. A block is turned to columns, because a score is a few additions of whole columns: in uint8 where
the sum fits, for half the cost and a quarter of the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .conditions import COMPARISONS, BlanksAre, Condition, ItemIs, Not, ScaleIs, Several
from .instrument import Instrument, Person, Rule, Scale
from .scoring import ANYONE, REFUSED, finished, table_for, turned_over

BLOCK = 65_536
ROWS = 2_048
LEVELS = ("valid", "doubt", "unknown", "invalid")
VALID, DOUBT, UNKNOWN, INVALID = range(4)

Column = NDArray[np.uint8]
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
# A condition for many: (it holds, it is known).
Judged = tuple[Flags, Flags]


@dataclass
class Batch:
    """What `score_papers` gives; every array has an entry per paper.

    scores: float64 by scale, NaN = no score. blanks: unanswered components by scale. bands: by scale, the place of the
    band in `band_names[scale]`, −1 = none. validity: place in LEVELS. critical, patterns, broken: bool by rule.
    """

    n: int
    scores: dict[str, Numbers] = field(default_factory=dict)
    blanks: dict[str, NDArray[np.uint16]] = field(default_factory=dict)
    bands: dict[str, NDArray[np.int16]] = field(default_factory=dict)
    band_names: dict[str, list[str]] = field(default_factory=dict)
    validity: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    critical: dict[str, Flags] = field(default_factory=dict)
    patterns: dict[str, Flags] = field(default_factory=dict)
    broken: dict[str, Flags] = field(default_factory=dict)


@dataclass(frozen=True)
class _Plan:
    """A scale made ready. narrow: (places to add, places to take away, constant) where options score one apart and the
    sum fits into a byte; None where the general way is needed."""

    scale: Scale
    groups: tuple[tuple[tuple[int, ...], str], ...]
    narrow: tuple[tuple[int, ...], tuple[int, ...], int, int] | None
    n: int
    # By the byte that the sum is: the score, and the place of its band for a person of whom nothing is known.
    told: Numbers | None = None
    lookup: NDArray[np.int16] | None = None
    # What makes the sum the score, where that is all and still a byte; the sums from which on the next band is reached,
    # where bands rise with the sum.
    lift: int | None = None
    rises: tuple[int, ...] | None = None


class BatchScorer:
    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.items = instrument.scored_items
        self.place = {item.id: index for index, item in enumerate(self.items)}
        self.options = np.array([len(turned_over(instrument, item)) for item in self.items], np.uint8)
        self.counts = [np.array(turned_over(instrument, item), np.int64) for item in self.items]
        self.values = [
            np.array(instrument.answers_by_id[item.answers].values, np.int64) for item in self.items
        ]
        self.plans = [self._plan(scale) for scale in instrument.scales_in_order()]
        self._looked_up = False
        self._judging = bool(instrument.validity or instrument.critical or instrument.patterns)

    def _plan(self, scale: Scale) -> _Plan:
        groups = tuple(
            (tuple(self.place[item] for item in component.items if item in self.place), component.how)
            for component in scale.components
        )
        single = [places[0] for places, how in groups if how == "item" and places]
        plain = len(single) == len(groups) > 0 and scale.method in ("sum", "mean")
        narrow = self._narrow(single) if plain else None
        if narrow is None:
            return _Plan(scale, groups, None, len(groups))
        told, lookup = self._lookup(scale, narrow, len(groups))
        most = sum(int(self.counts[place].max() - self.counts[place].min()) for place in single)
        steps = np.diff(lookup[: most + 1])
        rising = lookup[0] >= 0 and bool(((steps == 0) | (steps == 1)).all())
        rises = tuple((np.flatnonzero(steps) + 1).tolist()) if rising else None
        as_it_is = bool((np.diff(told) == 1).all()) and told[0].is_integer()
        lift = int(told[0]) if as_it_is and told[0] >= 0 and told[most] <= 255 else None
        return _Plan(scale, groups, narrow, len(groups), told, lookup, lift, rises)

    @staticmethod
    def _lookup(
        scale: Scale, narrow: tuple[tuple[int, ...], tuple[int, ...], int, int], n: int
    ) -> tuple[Numbers, NDArray[np.int16]]:
        amount = np.arange(256, dtype=np.int64) + narrow[3]
        told = _told(scale, amount, np.full(256, n if scale.method == "mean" else 1, np.int64), None)
        bands = np.full(256, -1, np.int16)
        table, _ = table_for(scale, ANYONE)
        if table is not None:
            first = sum(len(t.bands) for t in scale.tables[: scale.tables.index(table)])
            for place, score in enumerate(told.tolist()):
                found = next((k for k, band in enumerate(table.bands) if band.holds(score)), None)
                if found is not None:
                    bands[place] = first + found
        return told, bands

    def _narrow(self, places: list[int]) -> tuple[tuple[int, ...], tuple[int, ...], int, int] | None:
        """Sums of bytes wrap round, and so does taking away; if the true result fits into a byte it is right."""
        add, take, constant, low, high = [], [], 0, 0, 0
        for place in places:
            counts = self.counts[place]
            steps = set(np.diff(counts).tolist())
            if steps == {1}:
                add.append(place)
            elif steps == {-1}:
                take.append(place)
            else:
                return None
            constant += int(counts[0]) - int(counts.min())
            low += int(counts.min())
            high += int(counts.max())
        return (tuple(add), tuple(take), constant, low) if high - low <= 255 else None

    def score(
        self,
        papers: NDArray[np.uint8],
        persons: Sequence[Person] | None = None,
        each: Callable[[Column, slice, bool], None] | None = None,
    ) -> Batch:
        """Score all papers. persons: one per paper, or none when bands and norms ask nothing about them. each: is given
        every block of columns while it is at hand, which papers they are, and whether all of them are complete.

        Raises ValueError when the array has another shape or an answer that is not there.
        """
        n = len(papers)
        if papers.ndim != 2 or papers.shape[1] != len(self.items) or papers.dtype != np.uint8:
            raise ValueError(f"答卷要是每行 {len(self.items)} 个答案的 uint8 数组。")
        if persons is not None and len(persons) != n:
            raise ValueError(f"有 {n} 份答卷，却给了 {len(persons)} 个人。")
        batch = self._empty(n)
        space = np.empty((len(self.items), min(n, BLOCK)), np.uint8)
        groups, kinds = _groups_of(persons, n)
        for start in range(0, n, BLOCK):
            end = min(start + BLOCK, n)
            columns = turned(papers[start:end], space[:, : end - start])
            whole = self._block(columns, slice(start, end), batch, alone=persons is None)
            if any(
                plan.scale.tables and not (self._looked_up and plan.lookup is not None) for plan in self.plans
            ):
                self._bands(
                    slice(start, end), batch, kinds, groups[start:end] if groups is not None else None
                )
            if each is not None:
                each(columns, slice(start, end), whole)
        return batch

    def _empty(self, n: int) -> Batch:
        instrument = self.instrument
        batch = Batch(n, validity=np.zeros(n, np.uint8))
        # One array for all scales: the system hands memory out in few large pages.
        scores, bands = np.empty((len(self.plans), n)), np.empty((len(self.plans), n), np.int16)
        for plan, score, band in zip(self.plans, scores, bands, strict=True):
            scale = plan.scale
            batch.scores[scale.id] = score
            batch.blanks[scale.id] = np.zeros(n, np.uint16)
            if scale.tables:
                batch.bands[scale.id] = band
                batch.band_names[scale.id] = [band.id for table in scale.tables for band in table.bands]
        for rules, flags in (
            (instrument.critical, batch.critical),
            (instrument.patterns, batch.patterns),
            (instrument.validity, batch.broken),
        ):
            for rule in rules:
                flags[rule.id] = np.zeros(n, np.bool_)
        return batch

    def _block(self, columns: Column, where: slice, batch: Batch, alone: bool) -> bool:
        most = columns.max(axis=1)
        whole = bool((most < self.options).all())
        if not whole:
            wrong = (columns >= self.options[:, None]) & (columns < REFUSED)
            if wrong.any():
                item, paper = np.argwhere(wrong)[0]
                sentence = f"第 {where.start + paper + 1} 份答卷的第{self.items[item].id}题没有第 {columns[item, paper] + 1} 个答案。"
                raise ValueError(sentence)
        made = _Columns(self, columns, whole)
        scores: dict[str, Numbers] = {}
        self._looked_up = alone and whole
        for plan in self.plans:
            if alone and whole and plan.lookup is not None and plan.told is not None:
                # Few different sums: their bands are looked up instead of compared.
                total = made.sum(plan)
                scores[plan.scale.id] = score = batch.scores[plan.scale.id][where]
                if plan.scale.tables:
                    _look_up(plan, total, batch.bands[plan.scale.id][where])
                if plan.lift is not None:
                    score[:] = np.add(total, np.uint8(plan.lift), out=total)
                else:
                    np.take(plan.told, total, out=score)
                continue
            score, blanks = made.join(plan.scale, scores) if plan.scale.of else made.add(plan)
            scores[plan.scale.id] = score
            batch.scores[plan.scale.id][where] = score
            if blanks is not None:
                batch.blanks[plan.scale.id][where] = blanks
        if self._judging or not whole:
            self._judge(made, scores, where, batch)
        return whole

    def _judge(self, made: _Columns, scores: dict[str, Numbers], where: slice, batch: Batch) -> None:
        instrument = self.instrument

        def holds(rule: Rule) -> Judged:
            return made.judge(rule.when, scores)

        for rules, flags in ((instrument.critical, batch.critical), (instrument.patterns, batch.patterns)):
            for rule in rules:
                flags[rule.id][where] = holds(rule)[0]
        levels = batch.validity[where]
        unknown = made.refused.any(axis=0) if made.refused is not None else np.zeros(made.n, np.bool_)
        invalid, doubt = np.zeros(made.n, np.bool_), np.zeros(made.n, np.bool_)
        for rule in instrument.validity:
            true, known = holds(rule)
            batch.broken[rule.id][where] = true
            unknown |= ~known
            if rule.level == "invalid":
                invalid |= true
            else:
                doubt |= true
        levels[doubt] = DOUBT
        levels[unknown] = UNKNOWN
        levels[invalid] = INVALID

    def _bands(
        self, where: slice, batch: Batch, kinds: list[Person], groups: NDArray[np.int64] | None
    ) -> None:
        for plan in self.plans:
            scale = plan.scale
            if not scale.tables or (self._looked_up and plan.lookup is not None):
                continue
            scores, reached = batch.scores[scale.id][where], batch.bands[scale.id][where]
            reached[:] = -1
            for number, person in enumerate(kinds):
                table, _ = table_for(scale, person)
                if table is None:
                    continue
                first = sum(len(t.bands) for t in scale.tables[: scale.tables.index(table)])
                for index, band in reversed(list(enumerate(table.bands))):
                    # As the one-paper scorer: the first band that holds; so the last written is the first.
                    inside = ~np.isnan(scores)
                    if band.low is not None:
                        inside &= scores >= float(band.low)
                    if band.high is not None:
                        inside &= scores < float(band.high) if band.below else scores <= float(band.high)
                    if groups is not None:
                        inside &= groups == number
                    reached[inside] = first + index


class _Columns:
    """One block of papers, an item per row."""

    def __init__(self, scorer: BatchScorer, columns: Column, whole: bool) -> None:
        self.scorer, self.columns, self.n, self.whole = scorer, columns, columns.shape[1], whole
        self.blank = None if whole else columns >= REFUSED
        self.refused = None if whole else columns == REFUSED

    def counted(self, place: int) -> NDArray[np.int64]:
        """What an item counts, reversal done; 0 where it is blank."""
        counts = self.scorer.counts[place]
        if self.blank is None:
            return counts[self.columns[place]]
        return np.where(self.blank[place], 0, counts[np.minimum(self.columns[place], len(counts) - 1)])

    def answered_value(self, place: int) -> tuple[NDArray[np.int64], Flags]:
        """(value before reversal, is it known)."""
        values = self.scorer.values[place]
        known = np.ones(self.n, np.bool_) if self.blank is None else ~self.blank[place]
        return values[np.minimum(self.columns[place], len(values) - 1)], known

    def add(self, plan: _Plan) -> tuple[Numbers, NDArray[np.uint16] | None]:
        """(scores, blanks) of a scale of items."""
        scale = plan.scale
        if plan.told is not None and self.blank is None:
            return plan.told[self.sum(plan)], None
        amounts, absent, refused = self._components(plan)
        blanks = absent.sum(axis=0)
        amount = self._amount(scale, amounts, absent)
        answered = plan.n - blanks
        none = (answered == 0) | refused
        if scale.missing.rule == "refuse":
            none |= blanks > 0
        else:
            none |= blanks > scale.missing.at_most
        bottom: NDArray[np.int64] = np.ones(self.n, np.int64)
        if scale.method == "mean":
            bottom = np.maximum(answered, 1)
        elif scale.method in ("sum", "count") and scale.missing.rule == "prorate":
            part = blanks > 0
            amount = np.where(part, amount * plan.n, amount)
            bottom = np.where(part, np.maximum(answered, 1), 1)
        return _told(scale, amount, bottom, none), np.where(refused, 0, blanks).astype(np.uint16)

    def sum(self, plan: _Plan) -> Column:
        """The sums of a narrow scale, less the least there can be."""
        add, take, constant, _ = plan.narrow or ((), (), 0, 0)
        total = np.full(self.n, constant % 256, np.uint8)
        for place in add:
            total += self.columns[place]
        for place in take:
            total -= self.columns[place]
        return total

    def _components(self, plan: _Plan) -> tuple[NDArray[np.int64], Flags, Flags]:
        """(values, is it blank) by component and paper, and whether a cell of the scale was refused."""
        values = np.zeros((plan.n, self.n), np.int64)
        absent = np.zeros((plan.n, self.n), np.bool_)
        refused = np.zeros(self.n, np.bool_)
        for row, (places, how) in enumerate(plan.groups):
            if not places:
                absent[row] = True
                continue
            group = np.array([self.counted(place) for place in places])
            values[row] = (
                group[0] if how == "item" else group.max(axis=0) if how == "max" else group.min(axis=0)
            )
            if self.blank is not None and self.refused is not None:
                absent[row] = self.blank[list(places)].any(axis=0)
                refused |= self.refused[list(places)].any(axis=0)
        return values, absent, refused

    @staticmethod
    def _amount(scale: Scale, values: NDArray[np.int64], absent: Flags) -> NDArray[np.int64]:
        if scale.method == "count":
            return np.asarray(((values >= scale.counted_from) & ~absent).sum(axis=0), np.int64)
        if scale.method == "max":
            return np.asarray(np.where(absent, np.iinfo(np.int32).min, values).max(axis=0), np.int64)
        if scale.method == "min":
            return np.asarray(np.where(absent, np.iinfo(np.int32).max, values).min(axis=0), np.int64)
        return np.asarray(np.where(absent, 0, values).sum(axis=0), np.int64)

    def join(self, scale: Scale, scores: dict[str, Numbers]) -> tuple[Numbers, None]:
        """Scores of a scale of scales. Fractions are summed exactly, each distinct combination once."""
        parts = np.array([scores[name] for name in scale.of])
        none = np.isnan(parts).any(axis=0)
        digits = [self.scorer.instrument.scale_by_id[name].digits or 0 for name in scale.of]
        unit = 10 ** max(digits)
        whole = parts * unit
        exact = np.isnan(whole) | (np.abs(whole - np.round(whole)) < 1e-9)
        if not exact.all():
            # Thirds and the like: as many binary digits as there are; the one-paper scorer rounds the exact fraction.
            return self._join_fractions(scale, parts, none), None
        amounts = np.where(none, 0, np.round(whole)).astype(np.int64)
        if scale.method == "count":
            amount, unit = (amounts >= scale.counted_from * unit).sum(axis=0), 1
        elif scale.method in ("max", "min"):
            amount = amounts.max(axis=0) if scale.method == "max" else amounts.min(axis=0)
        else:
            amount = amounts.sum(axis=0)
        bottom = np.full(self.n, unit * (len(parts) if scale.method == "mean" else 1), np.int64)
        return _told(scale, amount, bottom, none), None

    @staticmethod
    def _join_fractions(scale: Scale, parts: Numbers, none: Flags) -> Numbers:
        from fractions import Fraction

        from .scoring import rounded

        found = np.full(parts.shape[1], np.nan)
        columns, back = np.unique(np.where(none, 0.0, parts), axis=1, return_inverse=True)
        told = np.empty(columns.shape[1])
        for index, column in enumerate(columns.T):
            # A score is a fraction with a small denominator: the simplest one near the number is it.
            exact = [Fraction(value).limit_denominator(100_000) for value in column]
            if scale.method in ("max", "min"):
                value = max(exact) if scale.method == "max" else min(exact)
            elif scale.method == "count":
                value = Fraction(sum(part >= scale.counted_from for part in exact))
            else:
                value = sum(exact, Fraction(0)) / (len(exact) if scale.method == "mean" else 1)
            told[index] = rounded(*finished(scale, value.numerator, value.denominator), scale.digits)
        found[~none] = told[back.reshape(-1)][~none]
        return found

    def judge(self, when: Condition, scores: dict[str, Numbers]) -> Judged:
        if isinstance(when, Several):
            parts = [self.judge(part, scores) for part in when.parts]
            sure = np.sum([true for true, _ in parts], axis=0)
            open_ = np.sum([~known for _, known in parts], axis=0)
            true = sure >= when.least
            return true, true | (sure + open_ < when.least)
        if isinstance(when, Not):
            true, known = self.judge(when.part, scores)
            return known & ~true, known
        return self._leaf(when, scores)

    def _leaf(self, when: Condition, scores: dict[str, Numbers]) -> Judged:
        everyone = np.ones(self.n, np.bool_)
        if isinstance(when, BlanksAre):
            blanks = np.zeros(self.n) if self.blank is None or self.refused is None else (
                (self.blank & ~self.refused).sum(axis=0)
            )  # fmt: skip
            return np.asarray(COMPARISONS[when.comparison][1](blanks, float(when.value)), np.bool_), everyone
        if isinstance(when, ScaleIs):
            score = scores.get(when.scale)
            if score is None:
                return ~everyone, ~everyone
            known = ~np.isnan(score)
            return known & COMPARISONS[when.comparison][1](score, float(when.value)), known
        if isinstance(when, ItemIs) and not isinstance(when.value, str) and when.item in self.scorer.place:
            value, known = self.answered_value(self.scorer.place[when.item])
            return known & COMPARISONS[when.comparison][1](value, float(when.value)), known
        # An item that is not in the papers: nobody said anything.
        return ~everyone, ~everyone


def turned(papers: NDArray[np.uint8], columns: Column) -> Column:
    """The papers as columns, a few rows at a time so that they stay in the processor's nearest memory."""
    if papers.shape[1] % 2 or not papers.flags.c_contiguous:
        for start in range(0, len(papers), ROWS):
            columns[:, start : start + ROWS] = papers[start : start + ROWS].T
        return columns
    # Two answers at a time: half as many steps from row to row.
    pairs, space = papers.view("<u2"), np.empty((papers.shape[1] // 2, ROWS), np.uint16)
    for start in range(0, len(papers), ROWS):
        rows = pairs[start : start + ROWS]
        both = space[:, : len(rows)]
        both[:] = rows.T
        columns[0::2, start : start + ROWS] = both
        both >>= 8
        columns[1::2, start : start + ROWS] = both
    return columns


def _look_up(plan: _Plan, total: Column, out: NDArray[np.int16]) -> None:
    """The place of the band of each sum."""
    if plan.lookup is None:
        return
    if plan.rises is None or len(plan.rises) > 16:
        np.take(plan.lookup, total, out=out)
        return
    passed = np.zeros(len(total), np.uint8)
    for edge in plan.rises:
        passed += (total >= np.uint8(edge)).view(np.uint8)
    out[:] = passed
    if plan.lookup[0]:
        out += plan.lookup[0]


def _told(scale: Scale, amount: NDArray[np.int64], bottom: NDArray[np.int64], none: Flags | None) -> Numbers:
    """amount / bottom, finished and rounded as for one paper: one division of whole numbers."""
    by, plus = scale.multiply, scale.plus
    top, bottom = amount * by.numerator, bottom * by.denominator
    if plus:
        top, bottom = top * plus.denominator + plus.numerator * bottom, bottom * plus.denominator
    if scale.digits is not None:
        unit = 10**scale.digits
        top, bottom = (2 * top * unit + bottom) // (2 * bottom), np.full_like(bottom, unit)
    found: Numbers = top / bottom
    if none is not None and none.any():
        found[none] = np.nan
    return found


def _groups_of(persons: Sequence[Person] | None, n: int) -> tuple[NDArray[np.int64] | None, list[Person]]:
    """(number of each paper's person among the distinct ones, the distinct ones)."""
    if persons is None:
        return None, [ANYONE]
    numbers: dict[Person, int] = {}
    groups = np.fromiter((numbers.setdefault(person, len(numbers)) for person in persons), np.int64, n)
    return groups, list(numbers)
