"""Read an item bank: published parameters, when to stop, and the bands of its score."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tongxin.methods.cadence.located import LList, LMap

from .instrument import BankItem, ItemBank
from .parse_scales import tables_of
from .reading import Reader

BANK_KEYS = (
    "id", "title", "model", "source", "year", "score", "parameters", "always", "stop", "bands",
)  # fmt: skip
MODELS = ("rasch", "2pl", "graded")
WHAT = "题库（bank）"


def bank_of(reader: Reader, whole: LMap, known: dict[str, int]) -> ItemBank | None:
    """The bank of a file, None where it has none."""
    if "bank" not in whole:
        return None
    spelled = reader.mapping(whole["bank"], whole.at("bank"), WHAT, BANK_KEYS)
    at = spelled.at
    score = reader.mapping(spelled.get("score"), at("score"), f"{WHAT}的 score", ("mean", "sd", "digits"))
    stop = reader.mapping(spelled.get("stop"), at("stop"), f"{WHAT}的 stop", ("error", "least", "most"))

    def number(row: LMap, key: str, default: Fraction) -> Fraction:
        found = reader.number(row[key], row.at(key), f"{WHAT}的 {key}") if key in row else default
        return default if found is None else found

    def count(row: LMap, key: str, default: int, low: int = 1) -> int:
        found = reader.whole(row[key], row.at(key), f"{WHAT}的 {key}", low) if key in row else default
        return default if found is None else found

    return ItemBank(
        id=reader.id(spelled.get("id", "theta"), at("id"), WHAT),
        title=reader.words(spelled.get("title"), at("title"), f"{WHAT}的名称"),
        model=reader.choice(spelled.get("model"), at("model"), f"{WHAT}的模型（model）", MODELS, "graded"),
        source=reader.text(spelled.get("source"), at("source"), f"{WHAT}的来源（source）"),
        year=reader.whole(spelled["year"], at("year"), "年份（year）") if "year" in spelled else None,
        items=_parameters(reader, spelled, known),
        mean=number(score, "mean", Fraction(50)),
        sd=number(score, "sd", Fraction(10)),
        digits=min(count(score, "digits", 1, 0), 6),
        always=reader.item_ids(spelled.get("always"), at("always"), f"{WHAT}的 always", known),
        error=number(stop, "error", Fraction(2, 5)),
        least=count(stop, "least", 4),
        most=count(stop, "most", 20),
        tables=tables_of(reader, spelled.get("bands"), at("bands"), WHAT),
        line=at("id").line,
    )


def _parameters(reader: Reader, spelled: LMap, known: dict[str, int]) -> tuple[BankItem, ...]:
    rows = spelled.get("parameters")
    if not isinstance(rows, LMap):
        reader.error(
            spelled.at("parameters"),
            "bank",
            f"{WHAT}要写 parameters：每题一行“题号: {{a: 1.2, b: [-1, 0]}}”。",
        )
        return ()
    found = []
    for name, row in rows.items():
        place, what = rows.at(name), f"第 {name} 题的参数"
        if str(name) not in known:
            reader.error(place, "unknown-item", f"{WHAT}提到的“{name}”不在题目里。请改成已有的题号。")
            continue
        values = reader.mapping(row, place, what, ("a", "b"))
        slope = reader.number(values.get("a", 1), place, f"{what} a")
        edges = [reader.number(one, place, f"{what} b") for one in _listed(values.get("b"))]
        if slope is not None and edges and None not in edges:
            found.append(BankItem(str(name), slope, tuple(edge for edge in edges if edge is not None)))
        elif not edges:
            reader.error(place, "bank", f"{what}要写 b：一个数，或从小到大的几个数。")
    return tuple(found)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, LList | list) else [] if value is None else [value]
