"""Read the answers, sections and items of an instrument."""

from __future__ import annotations

from typing import Any

from tongxin.methods.cadence.located import LMap, Place

from .conditions import Condition
from .instrument import CHOICE, KINDS, OWN, AnswerSet, Coding, Item, Option, Section, Text
from .parse_conditions import condition_of
from .reading import Reader

ITEM_KEYS = (
    "id", "text", "kind", "answers", "required", "section", "show_if", "note", "many", "flag", "format", "low", "high",
    "labels", "formula", "codes",
)  # fmt: skip
MOST_ITEMS = 2000


def answer_sets(reader: Reader, whole: LMap) -> tuple[AnswerSet, ...]:
    spelled = whole.get("answers")
    if spelled is None:
        return ()
    if not isinstance(spelled, LMap):
        reader.error(
            whole.at("answers"), "shape", "答案（answers）要按名称分组，例如“frequency: {options: […]}”。"
        )
        return ()
    return tuple(_answer_set(reader, name, spelled[name], spelled.at(name)) for name in spelled)


def _answer_set(reader: Reader, name: str, value: Any, place: Place) -> AnswerSet:
    spelled = reader.mapping(value, place, f"答案“{name}”", ("options", "codings", "blank"))
    options = tuple(
        _option(reader, row, spot, name)
        for row, spot in reader.rows(spelled.get("options"), place, f"答案“{name}”的选项（options）")
    )
    codes = [option.code for option in options]
    if len(set(codes)) < len(codes):
        twice = next(code for code in codes if codes.count(code) > 1)
        reader.error(place, "twice", f"答案“{name}”里有两个选项都记作“{twice}”。请改成不同的记号。")
    written = spelled.get("codings")
    if written is not None and not isinstance(written, LMap):
        reader.error(spelled.at("codings"), "shape", f"答案“{name}”的记分方式（codings）要按名称写。")
    codings = written if isinstance(written, LMap) else LMap()
    return AnswerSet(
        name,
        options,
        tuple(_coding(reader, key, codings[key], codings.at(key), len(options)) for key in codings),
        reader.texts(spelled.get("blank"), spelled.at("blank"), "空白的记号（blank）"),
    )


def _option(reader: Reader, row: Any, place: Place, name: str) -> Option:
    what = f"答案“{name}”的选项"
    spelled = reader.mapping(row, place, what, ("code", "text", "value", "system"))
    value = spelled.get("value")
    if value is not None:
        number = (
            value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 1000 else None
        )
        if number is None:
            reader.error(spelled.at("value"), "number", f"{what}的分值（value）要写 -1000 到 1000 的整数。")
        value = number
    code = reader.text(
        spelled.get("code"), spelled.at("code"), f"{what}的记号（code）", "" if value is None else str(value)
    )
    if not code:
        reader.error(place, "id", f"{what}要写分值（value）或记号（code）。")
    system = reader.text(spelled.get("system"), spelled.at("system"), "system")
    return Option(code, reader.words(spelled.get("text"), spelled.at("text"), what), value, system)


def _coding(reader: Reader, name: str, value: Any, place: Place, n: int) -> Coding:
    what = f"记分方式“{name}”"
    blank: tuple[str, ...] = ()
    if isinstance(value, LMap):
        spelled = reader.mapping(value, place, what, ("codes", "blank"))
        blank = reader.texts(spelled.get("blank"), spelled.at("blank"), what)
        value = spelled.get("codes")
    codes = reader.texts(value, place, what)
    if len(codes) != n:
        reader.error(
            place, "coding", f"{what}写了 {len(codes)} 个记号，选项有 {n} 个。请按选项的顺序一一写出。"
        )
    if len(set(codes)) < len(codes) or set(codes) & set(blank):
        reader.error(place, "coding", f"{what}里同一个记号用了两次。请改成不同的记号。")
    if name == OWN:
        reader.error(place, "coding", f"“{OWN}”是选项自己的记号，不能再用作别的记分方式的名称。")
    return Coding(name, codes, blank)


def sections_of(reader: Reader, whole: LMap) -> tuple[Section, ...]:
    found = []
    for row, place in reader.rows(whole.get("sections"), whole.at("sections"), "分段（sections）"):
        spelled = reader.mapping(row, place, "分段", ("id", "text", "parent", "note", "many"))
        found.append(
            Section(
                reader.id(spelled.get("id"), place, "分段"),
                reader.words(spelled.get("text"), place, "分段的标题"),
                reader.text(spelled.get("parent"), spelled.at("parent"), "parent"),
                reader.words(spelled.get("note"), place, "分段的说明"),
                reader.flag(spelled.get("many"), spelled.at("many"), "many"),
            )
        )
        if found[-1].parent and found[-1].parent not in {section.id for section in found[:-1]}:
            reader.error(
                spelled.at("parent"), "unknown-section", f"分段“{found[-1].id}”的上一级要写在它前面。"
            )
    reader.unique(found, "分段", lambda row: whole.at("sections"))
    return tuple(found)


def items_of(
    reader: Reader, whole: LMap, sets: tuple[AnswerSet, ...], sections: tuple[Section, ...]
) -> tuple[Item, ...]:
    spelled, place = whole.get("items"), whole.at("items")
    first = sets[0].id if sets else ""
    if isinstance(spelled, int) and not isinstance(spelled, bool):
        # A scoring key: so many items, numbered, whose words the school has.
        if not 1 <= spelled <= MOST_ITEMS:
            reader.error(place, "number", f"题目（items）写题数时要在 1 到 {MOST_ITEMS} 之间。")
            return ()
        items = [Item(str(n), answers=first, required=True, line=place.line) for n in range(1, spelled + 1)]
    else:
        rows = list(reader.rows(spelled, place, "题目（items）"))
        if len(rows) > MOST_ITEMS:
            reader.error(place, "number", f"题目太多。最多 {MOST_ITEMS} 题。")
            return ()
        items = [_item(reader, row, spot, first) for row, spot in rows]
    if not items:
        reader.error(place, "empty", "没有题目。请在 items 写题目，或写题数。")
    reader.unique(items, "题目", lambda item: Place(reader.file, item.line))
    names, known = {known.id for known in sets}, {section.id for section in sections}
    for item in items:
        spot = Place(reader.file, item.line)
        if item.kind in (CHOICE, "open_choice") and item.answers not in names:
            reader.error(
                spot, "unknown-answers", f"第{item.id}题的答案“{item.answers}”没有在 answers 里写出。"
            )
        if item.section and item.section not in known:
            reader.error(
                spot, "unknown-section", f"第{item.id}题的分段“{item.section}”没有在 sections 里写出。"
            )
    numbers = {item.id: index for index, item in enumerate(items)}
    if isinstance(spelled, list):
        items = [
            _with_condition(reader, item, row, numbers) for item, (row, _) in zip(items, rows, strict=True)
        ]
    return tuple(items)


def _item(reader: Reader, row: Any, place: Place, first: str) -> Item:
    spelled = reader.mapping(row, place, "题目", ITEM_KEYS)
    at = spelled.at
    name = reader.id(spelled.get("id"), place, "题目")
    what = f"第{name}题"
    kind = reader.choice(spelled.get("kind"), at("kind"), f"{what}的类型（kind）", KINDS, CHOICE)
    asks = kind in (CHOICE, "open_choice")
    formula = None
    if spelled.get("formula") is not None:
        written = reader.mapping(spelled["formula"], at("formula"), f"{what}的公式", ("language", "text"))
        language, expression = (
            reader.text(written.get(key), at("formula"), key) for key in ("language", "text")
        )
        formula = (language, expression)
    codes = []
    for code, spot in reader.rows(spelled.get("codes"), at("codes"), f"{what}的术语代码（codes）"):
        pair = reader.mapping(code, spot, "术语代码", ("system", "code"))
        codes.append(
            (reader.text(pair.get("system"), spot, "system"), reader.text(pair.get("code"), spot, "code"))
        )
    return Item(
        id=name,
        text=reader.words(spelled.get("text"), at("text"), what),
        kind=kind,
        answers=reader.text(spelled.get("answers"), at("answers"), f"{what}的答案", first if asks else ""),
        required=reader.flag(spelled.get("required", asks or None), at("required"), f"{what}的 required"),
        section=reader.text(spelled.get("section"), at("section"), f"{what}的分段"),
        note=reader.words(spelled.get("note"), at("note"), f"{what}的提示"),
        many=reader.flag(spelled.get("many"), at("many"), f"{what}的 many"),
        flag=reader.flag(spelled.get("flag"), at("flag"), f"{what}的 flag"),
        format=reader.text(spelled.get("format"), at("format"), "format"),
        low=reader.text(spelled.get("low"), at("low"), "low"),
        high=reader.text(spelled.get("high"), at("high"), "high"),
        labels=reader.texts(spelled.get("labels"), at("labels"), "labels"),
        formula=formula,
        codes=tuple(codes),
        line=place.line,
    )


def _with_condition(reader: Reader, item: Item, row: Any, numbers: dict[str, int]) -> Item:
    if not isinstance(row, LMap) or row.get("show_if") is None:
        return item
    from dataclasses import replace

    shown: Condition | None = condition_of(
        reader, row["show_if"], row.at("show_if"), f"第{item.id}题的显示条件", numbers, scales=False
    )
    return replace(item, show_if=shown)


__all__ = ["Text", "answer_sets", "items_of", "sections_of"]
