"""Lint conditions: names that point nowhere, and comparisons that always or never hold."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tongxin.methods.cadence.findings import Findings
from tongxin.methods.cadence.located import Place

from .conditions import COMPARISONS, BlanksAre, Condition, ItemIs, ScaleIs
from .instrument import Instrument
from .reach import reachable

NAMES = (("validity", "效度规则"), ("critical", "关键题目"), ("patterns", "答题形态"))


def check_conditions(instrument: Instrument, found: Findings) -> None:
    for key, name in NAMES:
        for rule in getattr(instrument, key):
            what, place = f"{name}“{rule.id}”", Place(instrument.file, rule.line)
            if not rule.title:
                found.error(place, "title", f"{what}没有名称。请写 title，让看的人知道是什么。")
            for leaf in rule.when.leaves():
                _check_leaf(instrument, leaf, what, place, found)
    numbers = {item.id: index for index, item in enumerate(instrument.items)}
    for item in instrument.items:
        if item.show_if is None:
            continue
        what, place = f"第{item.id}题的显示条件", Place(instrument.file, item.line)
        for leaf in item.show_if.leaves():
            _check_leaf(instrument, leaf, what, place, found)
            if isinstance(leaf, ItemIs) and numbers[leaf.item] >= numbers[item.id]:
                found.error(place, "condition", f"{what}用到第{leaf.item}题，它不在前面。请调整题目的顺序。")


def _check_leaf(instrument: Instrument, leaf: Condition, what: str, place: Place, found: Findings) -> None:
    if isinstance(leaf, ItemIs):
        item = instrument.item_by_id[leaf.item]
        if isinstance(leaf.value, str):
            known = instrument.answers_by_id.get(item.answers)
            if known and known.options and leaf.value not in {option.code for option in known.options}:
                found.error(
                    place, "condition", f"{what}和“{leaf.value}”比较，但第{leaf.item}题没有这个选项。"
                )
        elif instrument.is_scored(item):
            values = instrument.answers_by_id[item.answers].values
            _check_values(leaf.comparison, leaf.value, values, f"{what}（第{leaf.item}题）", place, found)
        elif item.kind not in ("integer", "decimal", "slider", "computed"):
            found.error(
                place,
                "condition",
                f"{what}和数比较，但第{leaf.item}题的答案没有分值。请补上分值，或写选项的记号。",
            )
    elif isinstance(leaf, ScaleIs):
        scale = instrument.scale_by_id.get(leaf.scale)
        if scale is None:
            found.error(place, "unknown-scale", f"{what}里的“{leaf.scale}”不是分量表。")
            return
        scores = reachable(instrument, scale)
        if scores:
            _check_values(leaf.comparison, leaf.value, scores, f"{what}（“{leaf.scale}”）", place, found)
    elif isinstance(leaf, BlanksAre):
        counts = range(len(instrument.scored_items) + 1)
        _check_values(leaf.comparison, leaf.value, counts, f"{what}（空白题数）", place, found)


def _check_values(
    comparison: str,
    value: Fraction,
    values: Iterable[int | Fraction],
    what: str,
    place: Place,
    found: Findings,
) -> None:
    holds = {COMPARISONS[comparison][1](known, value) for known in values}
    if holds == {False}:
        found.error(place, "never", f"{what}永远不会成立：达不到这个数。请改成能达到的数。")
    elif holds == {True}:
        found.error(place, "always", f"{what}总是成立。请改成能分出来的数。")
