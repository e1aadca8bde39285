"""Score one paper: exact in whole numbers, with the reason where there is no score. `batch` does the same for many.

A paper is the codes of the answers as bytes: the place of the chosen option in its answer set, counted from 0, or BLANK.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .conditions import Seen
from .instrument import OWN, Band, BandTable, Instrument, Item, Norm, Person, Scale

if TYPE_CHECKING:
    from .banks import BankScore, BankScorer

BLANK = 255
# What a file wrote cannot be used: neither an answer nor a blank.
REFUSED = 254
ANYONE = Person()
Score = int | float
# (from, to, is `to` left out, band)
Edges = list[tuple[float, float, bool, Band]]


@dataclass(frozen=True)
class Problem:
    """Something wrong with one cell of a paper. column: the item; sentence: Chinese, says what to do."""

    column: str
    value: str
    sentence: str

    def as_dict(self) -> dict[str, str]:
        return dict(vars(self))


@dataclass(frozen=True)
class NoScore:
    """Why a scale has no score. reason: blank | refused | part (a scale it is made of has none)."""

    reason: str
    blanks: int = 0


@dataclass
class Scored:
    """A scored paper.

    validity: valid | doubt | invalid | unknown. scores: by scale, those there are. missing: why the others are not.
    blanks: unanswered components by scale, where there are any. bands: the band reached, by scale. undetermined: scales
    whose band needs to know more about the person. bank: what the items of the bank come to. critical, patterns: ids of the rules that hold. texts: items with
    words that somebody has to read. unsure: validity rules that could not be judged.
    """

    validity: str = "valid"
    scores: dict[str, Score] = field(default_factory=dict)
    missing: dict[str, NoScore] = field(default_factory=dict)
    blanks: dict[str, int] = field(default_factory=dict)
    bands: dict[str, Band] = field(default_factory=dict)
    undetermined: list[str] = field(default_factory=list)
    critical: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    bank: BankScore | None = None
    broken: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)


def turned_over(instrument: Instrument, item: Item) -> list[int]:
    """The values that count, by the place of the option, reversal done."""
    values = instrument.answers_by_id[item.answers].values
    if item.id not in instrument.reverse:
        return list(values)
    low, high = min(values), max(values)
    return [low + high - value for value in values]


def rounded(numerator: int, denominator: int, digits: int | None) -> Score:
    """numerator / denominator, rounded half up to so many digits; an int where it is one."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    if digits is not None:
        unit = 10**digits
        numerator, denominator = (2 * numerator * unit + denominator) // (2 * denominator), unit
    if numerator % denominator == 0:
        return numerator // denominator
    return numerator / denominator


def total_of(scale: Scale, amount: int, n: int, blanks: int) -> tuple[int, int]:
    """(numerator, denominator) of a score from what the answered components add up to. n: components of the scale."""
    answered = n - blanks
    top, bottom = amount, 1
    if scale.method == "mean":
        bottom = answered
    elif scale.method in ("sum", "count") and scale.missing.rule == "prorate" and blanks:
        top, bottom = amount * n, answered
    return finished(scale, top, bottom)


def finished(scale: Scale, top: int, bottom: int) -> tuple[int, int]:
    """Multiply and add as the scale says."""
    by, plus = scale.multiply, scale.plus
    top, bottom = top * by.numerator, bottom * by.denominator
    if plus:
        top, bottom = top * plus.denominator + plus.numerator * bottom, bottom * plus.denominator
    return top, bottom


def bears(scale: Scale, blanks: int, n: int) -> bool:
    """Does the scale bear so many blanks and still have a score."""
    return blanks == 0 or (scale.missing.rule != "refuse" and blanks <= scale.missing.at_most and blanks < n)


def table_for(scale: Scale, person: Person) -> tuple[BandTable | None, bool]:
    """(the first band table for the person, is something needed not known)."""
    for table in scale.tables:
        holds = table.group.holds(person)
        if holds is None:
            return None, True
        if holds:
            return table, False
    return None, False


def norm_for(instrument: Instrument, person: Person) -> Norm | None:
    """The first norm for the person."""
    return next((norm for norm in instrument.norms if norm.group.holds(person)), None)


def standing(norm: Norm, scale: str, score: Score) -> dict[str, float]:
    """z, T (50 + 10 z) and percentile of a score in a norm, as far as the norm tells. Percentile: share of the norm
    group at or below, 0–100; between two points of a table by straight line, beyond its ends the end's."""
    row = next((row for row in norm.rows if row.scale == scale), None)
    if row is None:
        return {}
    found: dict[str, float] = {}
    if row.mean is not None and row.sd:
        z = (score - float(row.mean)) / float(row.sd)
        found = {"z": z, "T": 50 + 10 * z, "percentile": 50 * math.erfc(-z / math.sqrt(2))}
    if row.points:
        found["percentile"] = _between([(float(x), float(y)) for x, y in row.points], float(score))
    return found


def _between(points: Sequence[tuple[float, float]], score: float) -> float:
    if score <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if score <= x1:
            return y0 + (y1 - y0) * (score - x0) / (x1 - x0) if x1 > x0 else y1
    return points[-1][1]


@dataclass(frozen=True)
class _Plan:
    """A scale made ready: components as (places of items, how). Plain scales have one item each."""

    scale: Scale
    places: tuple[int, ...]
    groups: tuple[tuple[tuple[int, ...], str], ...]
    n: int


class Scorer:
    """Scores papers of one instrument. Making it costs more than a paper: keep it."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.items = instrument.scored_items
        self.place = {item.id: index for index, item in enumerate(self.items)}
        self._values = [list(instrument.answers_by_id[item.answers].values) for item in self.items]
        # By byte; what is no answer has none.
        self._counts = [_by_byte(turned_over(instrument, item)) for item in self.items]
        self._judging = bool(instrument.validity or instrument.critical or instrument.patterns)
        self._levels = {rule.id: rule.level for rule in instrument.validity}
        self._tables = [
            (scale.id, [(table, _edges(table)) for table in scale.tables])
            for scale in instrument.scales
            if scale.tables
        ]
        self._plans = [self._plan(scale) for scale in instrument.scales_in_order()]
        self.bank = _bank_scorer(instrument)
        if instrument.bank and instrument.bank.tables:
            tables = [(table, _edges(table)) for table in instrument.bank.tables]
            self._tables.append((instrument.bank.id, tables))

    @cached_property
    def asks_who(self) -> bool:
        """Does any band depend on the person."""
        return any(not table.group.everyone for scale in self.instrument.scales for table in scale.tables)

    def _plan(self, scale: Scale) -> _Plan:
        single = tuple(
            self.place[c.items[0]] for c in scale.components if c.how == "item" and c.items[0] in self.place
        )
        groups = tuple(
            (tuple(self.place[item] for item in c.items if item in self.place), c.how)
            for c in scale.components
            if c.how != "item"
        )
        return _Plan(scale, single, groups, len(single) + len(groups))

    def score(
        self, paper: Sequence[int], person: Person = ANYONE, written: Mapping[str, str] | None = None
    ) -> Scored:
        """Score one paper. paper: a byte per scored item; written: what stands in the other items.

        Raises ValueError when the paper has another length or an answer that is not there.
        """
        if len(paper) != len(self.items):
            raise ValueError(f"这份答卷有 {len(paper)} 个答案，量表有 {len(self.items)} 题。")
        blanks, refused = 0, set()
        try:
            counts: list[int | None] = [table[code] for table, code in zip(self._counts, paper, strict=True)]
        except IndexError:
            raise ValueError(self._not_there(paper)) from None
        if None in counts:
            if any(count is None and code < REFUSED for count, code in zip(counts, paper, strict=True)):
                raise ValueError(self._not_there(paper))
            refused = {index for index, code in enumerate(paper) if code == REFUSED}
            blanks = counts.count(None) - len(refused)
        seen: dict[str, int] = {}
        if self._judging:
            seen = {
                name: values[code]
                for name, values, code in zip(self.place, self._values, paper, strict=True)
                if code < REFUSED
            }
        found = Scored()
        exact: dict[str, tuple[int, int]] = {}
        for plan in self._plans:
            if plan.scale.of:
                self._join(plan.scale, found, exact)
            else:
                self._add(plan, counts, refused, found, exact)
        if self.bank is not None:
            places = {name: code for name, code in zip(self.place, paper, strict=True) if code < REFUSED}
            found.bank = self.bank.score(places)
            if found.bank is not None:
                found.scores[self.bank.definition.id] = found.bank.score
        self._judge(found, Seen(seen, found.scores, blanks, written), person, written, bool(refused))
        return found

    def _not_there(self, paper: Sequence[int]) -> str:
        for item, values, code in zip(self.items, self._values, paper, strict=True):
            if len(values) <= code < REFUSED or code > BLANK:
                return f"第{item.id}题没有第 {code + 1} 个答案。"
        return "这份答卷里有认不出的答案。"

    def _add(
        self,
        plan: _Plan,
        counts: list[int | None],
        refused: set[int],
        found: Scored,
        exact: dict[str, tuple[int, int]],
    ) -> None:
        scale = plan.scale
        if refused and any(
            refused.intersection(places) for places, _ in (*plan.groups, (plan.places, "item"))
        ):
            found.missing[scale.id] = NoScore("refused")
            return
        values = [value for value in map(counts.__getitem__, plan.places) if value is not None]
        for places, how in plan.groups:
            group = [value for value in map(counts.__getitem__, places) if value is not None]
            if group and len(group) == len(places):
                values.append(max(group) if how == "max" else min(group))
        blanks = plan.n - len(values)
        if blanks:
            found.blanks[scale.id] = blanks
            if not bears(scale, blanks, plan.n):
                found.missing[scale.id] = NoScore("blank", blanks)
                return
        method = scale.method
        if not values:
            found.missing[scale.id] = NoScore("blank", blanks)
            return
        if method in ("sum", "mean"):
            amount = sum(values)
        elif method == "count":
            amount = sum(value >= scale.counted_from for value in values)
        else:
            amount = max(values) if method == "max" else min(values)
        top, bottom = total_of(scale, amount, plan.n, blanks)
        exact[scale.id] = (top, bottom)
        found.scores[scale.id] = rounded(top, bottom, scale.digits)

    def _join(self, scale: Scale, found: Scored, exact: dict[str, tuple[int, int]]) -> None:
        """A scale of scales: their scores as they are told, rounding included."""
        if any(name not in found.scores for name in scale.of):
            found.missing[scale.id] = NoScore("part")
            return
        parts = [
            Fraction(*exact[name])
            if (digits := self.instrument.scale_by_id[name].digits) is None
            else Fraction(round(found.scores[name] * 10**digits), 10**digits)
            for name in scale.of
        ]
        if scale.method in ("max", "min"):
            value = max(parts) if scale.method == "max" else min(parts)
        elif scale.method == "count":
            value = Fraction(sum(part >= scale.counted_from for part in parts))
        else:
            value = sum(parts, Fraction(0)) / (len(parts) if scale.method == "mean" else 1)
        top, bottom = finished(scale, value.numerator, value.denominator)
        exact[scale.id] = (top, bottom)
        found.scores[scale.id] = rounded(top, bottom, scale.digits)

    def _judge(
        self, found: Scored, seen: Seen, person: Person, written: Mapping[str, str] | None, refused: bool
    ) -> None:
        instrument = self.instrument
        for name, tables in self._tables:
            score = found.scores.get(name)
            if score is not None:
                self._reach(name, score, tables, person, found)
        for rule in instrument.validity:
            verdict = rule.when.holds(seen)
            if verdict is None:
                found.unsure.append(rule.id)
            elif verdict:
                found.broken.append(rule.id)
        if any(self._levels[name] == "invalid" for name in found.broken):
            found.validity = "invalid"
        elif refused or found.unsure:
            found.validity = "unknown"
        elif found.broken:
            found.validity = "doubt"
        found.critical = [rule.id for rule in instrument.critical if rule.when.holds(seen)]
        found.patterns = [rule.id for rule in instrument.patterns if rule.when.holds(seen)]
        if written:
            found.texts = [
                item.id for item in instrument.items if item.flag and written.get(item.id, "").strip()
            ]

    @staticmethod
    def _reach(
        name: str, score: Score, tables: list[tuple[BandTable, Edges]], person: Person, found: Scored
    ) -> None:
        """The band in the first table for the person; None of them where one has to know more."""
        for table, edges in tables:
            holds = table.group.everyone or table.group.holds(person)
            if holds is None:
                found.undetermined.append(name)
                return
            if holds:
                for low, high, below, band in edges:
                    if low <= score and (score < high if below else score <= high):
                        found.bands[name] = band
                        return
                return

    def critical_so_far(
        self, answered: Mapping[str, int], written: Mapping[str, str] | None = None
    ) -> list[str]:
        """Critical rules that already hold on an unfinished paper. answered: values by item, before reversal."""
        seen = Seen(answered, {}, len(self.items) - len(answered), written)
        return [rule.id for rule in self.instrument.critical if rule.when.holds(seen)]


def _bank_scorer(instrument: Instrument) -> BankScorer | None:
    """What works with the bank, only where there is one: it needs numpy, which the command line should not wait for."""
    if instrument.bank is None:
        return None
    from .banks import BankScorer

    return BankScorer(instrument)


def _by_byte(values: Sequence[int]) -> list[int | None]:
    return [*values, *[None] * (256 - len(values))]


def _edges(table: BandTable) -> Edges:
    """Bands with their edges as numbers that compare fast."""
    return [
        (
            -math.inf if band.low is None else float(band.low),
            math.inf if band.high is None else float(band.high),
            band.below,
            band,
        )
        for band in table.bands
    ]


class Codes:
    """Reads the cells of one coding into papers."""

    def __init__(self, instrument: Instrument, coding: str = OWN) -> None:
        if coding not in instrument.codings:
            known = "、".join(instrument.codings)
            raise ValueError(f"这份量表没有“{coding}”这种记分方式。可用的有：{known}。")
        self.instrument, self.coding = instrument, coding
        self._cells: dict[str, dict[str, int]] = {}
        for known_set in instrument.answers:
            codes, blank = known_set.codes(coding)
            cells = {"": BLANK} | dict.fromkeys(blank, BLANK) | {code: n for n, code in enumerate(codes)}
            self._cells[known_set.id] = cells

    def cells(self, item: Item) -> Mapping[str, int]:
        """Byte by written code."""
        return self._cells[item.answers]

    def read(self, row: Mapping[str, Any]) -> tuple[bytes, list[Problem]]:
        """(paper, problems) of a row of cells by item; a cell that cannot be used is REFUSED and told."""
        paper, problems = bytearray(), []
        for item in self.instrument.scored_items:
            written = str(row.get(item.id, "") or "").strip() if row.get(item.id) != 0 else "0"
            cells = self._cells[item.answers]
            code = cells.get(written)
            if code is None:
                code = cells.get(_same_number(written))
            if code is None:
                code = REFUSED
                problems.append(Problem(item.id, written, self.refusal(item, written)))
            paper.append(code)
        return bytes(paper), problems

    def refusal(self, item: Item, written: str) -> str:
        codes, _ = self.instrument.answers_by_id[item.answers].codes(self.coding)
        shown = "、".join(codes) if len(codes) <= 12 else f"{codes[0]} 到 {codes[-1]}"
        return f"第{item.id}题写的是“{written[:40]}”，不在可选的答案里。请改成 {shown} 中的一个，没有作答就留空。"


def _same_number(text: str) -> str:
    """A whole number as spreadsheets may write it ("3.0", "３", " 3 "); others as they are."""
    number = text.translate(_WIDE)
    if number.endswith(".0") or number.endswith(".00"):
        number = number[: number.index(".")]
    return number


_WIDE = str.maketrans("０１２３４５６７８９．－", "0123456789.-")
