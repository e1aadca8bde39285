"""Read conditions: `{item: 9, at_least: 1}`, `{scale: total, at_least: 10}`, `{blanks: {more_than: 2}}`, `all`, `any`,
`not`, and `{count: […], at_least: 5}`, where one entry with `items` stands for a condition per item."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tongxin.methods.cadence.located import LList, LMap, Place

from .conditions import COMPARISONS, BlanksAre, Condition, ItemIs, Not, ScaleIs, Several
from .reading import Reader

FORMS = "item、items、scale、blanks、all、any、count、not"
DEEPEST = 12


def condition_of(
    reader: Reader,
    value: Any,
    place: object,
    what: str,
    known: dict[str, int],
    *,
    scales: bool = True,
    depth: int = 0,
) -> Condition | None:
    """The condition, or None and a finding. scales: may it ask for scores (not while the paper is being filled in)."""
    found = conditions_of(reader, value, place, what, known, scales=scales, depth=depth)
    if len(found) > 1:
        # Several items under one comparison: each of them must hold.
        return Several(tuple(found), len(found), "all")
    return found[0] if found else None


def conditions_of(
    reader: Reader, value: Any, place: object, what: str, known: dict[str, int], *, scales: bool, depth: int
) -> list[Condition]:
    if not isinstance(value, LMap) or depth > DEEPEST:
        reader.error(place, "condition", f"{what}要写成条件，例如 {{item: 9, at_least: 1}}。")
        return []
    inner: dict[str, Any] = {"scales": scales, "depth": depth + 1}
    for word in ("all", "any"):
        if word in value:
            parts = _parts(reader, value, word, what, known, inner)
            _no_more(reader, value, (word,), what)
            return [Several(tuple(parts), len(parts) if word == "all" else 1, word)] if parts else []
    if "count" in value:
        parts = _parts(reader, value, "count", what, known, inner)
        _no_more(reader, value, ("count", "at_least"), what)
        least = reader.whole(value.get("at_least"), value.at("at_least"), f"{what}的 at_least", 1)
        if parts and least is not None and least > len(parts):
            reader.error(
                value.at("at_least"),
                "condition",
                f"{what}要求至少 {least} 项成立，但只写了 {len(parts)} 项。",
            )
        return [Several(tuple(parts), least)] if parts and least else []
    if "not" in value:
        _no_more(reader, value, ("not",), what)
        part = condition_of(reader, value["not"], value.at("not"), what, known, **inner)
        return [Not(part)] if part else []
    return _leaves(reader, value, what, known, scales)


def _parts(
    reader: Reader, value: LMap, word: str, what: str, known: dict[str, int], inner: dict[str, Any]
) -> list[Condition]:
    listed = value[word]
    if not isinstance(listed, LList) or not listed:
        reader.error(value.at(word), "condition", f"{what}的 {word} 下面要列出几个条件。")
        return []
    return [
        found
        for index, row in enumerate(listed)
        for found in conditions_of(reader, row, listed.at(index), what, known, **inner)
    ]


def _leaves(reader: Reader, value: LMap, what: str, known: dict[str, int], scales: bool) -> list[Condition]:
    at = value.at
    if "blanks" in value:
        _no_more(reader, value, ("blanks",), what)
        spelled = value["blanks"] if isinstance(value["blanks"], LMap) else value
        compared = _comparison(reader, spelled, what)
        if compared and isinstance(compared[1], Fraction):
            return [BlanksAre(compared[0], compared[1])]
        return []
    compared = _comparison(reader, value, what)
    if "scale" in value and scales:
        _no_more(reader, value, ("scale", *COMPARISONS), what)
        name = reader.text(value["scale"], at("scale"), what)
        if compared and isinstance(compared[1], Fraction):
            return [ScaleIs(name, compared[0], compared[1])]
        if compared:
            reader.error(at("scale"), "number", f"{what}和分数比较的要写数字。")
        return []
    if "item" in value or "items" in value:
        _no_more(reader, value, ("item", "items", *COMPARISONS), what)
        names: tuple[str, ...] = ()
        for key in ("item", "items"):
            if key in value:
                names += reader.item_ids(value[key], at(key), what, known)
        return [ItemIs(name, *compared) for name in names] if compared else []
    reader.error(value, "condition", f"{what}看不懂。条件可以用：{FORMS}。")
    return []


def _comparison(reader: Reader, value: LMap, what: str) -> tuple[str, Fraction | str] | None:
    words = [word for word in COMPARISONS if word in value]
    if len(words) != 1:
        known = "、".join(COMPARISONS)
        where = value.at(words[1]) if words else value
        reader.error(where, "condition", f"{what}要写一个比较：{known}。")
        return None
    word = words[0]
    written = value[word]
    if isinstance(written, str) and word in ("is", "is_not"):
        return word, written
    number = reader.number(written, value.at(word), what)
    return None if number is None else (word, number)


def _no_more(reader: Reader, value: LMap, known: tuple[str, ...], what: str) -> None:
    for key in value:
        if key not in known:
            place: Place = value.at(key)
            reader.error(place, "unknown-key", f"{what}里的“{key}”不能写在这里。")
