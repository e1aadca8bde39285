"""Lint an item bank: parameters that fit the items, a stop that can be reached, bands without gaps."""

from __future__ import annotations

import itertools

from tongxin.methods.cadence.findings import Findings
from tongxin.methods.cadence.located import Place

from .conditions import BlanksAre
from .instrument import BandTable, Instrument, ItemBank


def check_bank(instrument: Instrument, found: Findings) -> None:
    bank = instrument.bank
    if bank is None:
        return
    place = Place(instrument.file, bank.line)
    if not bank.source or not bank.year:
        found.error(place, "bank", "题库没有写来源（source）和年份（year）。没有来历的参数不能用。")
    if len(bank.items) < 2:
        found.error(place, "bank", "题库至少要有两道题的参数。")
    if bank.id in instrument.scale_by_id:
        found.error(place, "twice", f"题库的编号“{bank.id}”和分量表相同。请改成不同的编号。")
    _check_items(instrument, bank, place, found)
    if not 0 < bank.error < 1:
        found.error(place, "bank", "题库的 stop.error 是标准误，要大于 0、小于 1。")
    if bank.least > bank.most or bank.most > max(len(bank.items), 1):
        found.error(
            place, "bank", f"题库的 stop：least 不能大于 most，most 不能多于题数（{len(bank.items)} 题）。"
        )
    if bank.sd <= 0:
        found.error(place, "bank", "题库的 score.sd 要大于 0。")
    if any(isinstance(leaf, BlanksAre) for rule in instrument.validity for leaf in rule.when.leaves()):
        found.error(place, "bank", "题库逐题挑选，没有问到的题不算没有作答，效度规则里不能用 blanks。")
    for table in bank.tables:
        _check_table(instrument, table, found)


def _check_items(instrument: Instrument, bank: ItemBank, place: Place, found: Findings) -> None:
    slopes = {one.discrimination for one in bank.items}
    if bank.model == "rasch" and len(slopes) > 1:
        found.error(place, "bank", "Rasch 模型里各题的 a 要相同。请改参数，或把 model 改成 2pl。")
    for one in bank.items:
        item = instrument.item_by_id[one.item]
        what = f"第 {one.item} 题的参数"
        if not instrument.is_scored(item):
            found.error(place, "bank", f"{what}：这道题没有可计分的选项。")
            continue
        answers = len(set(instrument.answers_by_id[item.answers].values))
        if one.discrimination <= 0:
            found.error(place, "bank", f"{what}：a 要大于 0。方向相反的题请写进 reverse。")
        if len(one.thresholds) != answers - 1:
            found.error(
                place,
                "bank",
                f"{what}：有 {answers} 种分值，b 要写 {answers - 1} 个，现在是 {len(one.thresholds)} 个。",
            )
        if any(later <= earlier for earlier, later in itertools.pairwise(one.thresholds)):
            found.error(place, "bank", f"{what}：b 要从小到大。")
    held = {one.item for one in bank.items}
    for name in sorted(set(bank.always) - held):
        found.error(place, "bank", f"题库的 always 里的第 {name} 题没有参数。")


def _check_table(instrument: Instrument, table: BandTable, found: Findings) -> None:
    """θ has no bounds, so the first band has no `from` and the last no `to`, and each begins where the other ends."""
    place = Place(instrument.file, table.line)
    bands = table.bands
    if not bands or bands[0].low is not None or bands[-1].high is not None:
        found.error(place, "gap", "题库的分级：第一级不写 from，最后一级不写 to，两头才没有空档。")
    for first, second in itertools.pairwise(bands):
        if first.high is None or second.low is None or first.high != second.low or not first.below:
            found.error(
                place,
                "gap",
                f"题库的分级“{first.id}”和“{second.id}”之间有空档或重叠。请写成 below: 55 接 from: 55。",
            )
