"""What the readers and writers of all formats share: plain mappings of answers, items and sums."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import unescape
from html.parser import HTMLParser
from typing import Any

from ..instrument import CHOICE, Instrument, Item, Scale
from ..reading import ID
from ..scoring import turned_over
from .expressions import sum_of

Plain = dict[str, Any]
_NOT_ID = re.compile(r"[^\w./|:\-\u4e00-\u9fff]+")
UNKNOWN = "来源文件没有写明"


def slug(text: str, otherwise: str) -> str:
    """An id made of a text: the text itself where it can be one."""
    if ID.match(text.strip()):
        return text.strip()
    found = _NOT_ID.sub("-", text.strip()).strip("-./|:")[:60]
    return found if found and ID.match(found) else otherwise


def number(text: Any) -> int | None:
    """A whole number from -1000 to 1000, or None."""
    if isinstance(text, bool) or not re.fullmatch(r"-?[0-9]{1,4}(?:\.0+)?", str(text).strip()):
        return None
    found = int(float(str(text)))
    return found if abs(found) <= 1000 else None


class Sets:
    """Answer sets found in a file, each distinct one once; names as the file gives them, else answers-1, -2 …"""

    def __init__(self) -> None:
        self.found: dict[str, Plain] = {}

    def name(self, options: list[Plain], wanted: str = "") -> str:
        for name, known in self.found.items():
            if known["options"] == options and (not wanted or name == wanted):
                return name
        name, n = wanted, len(self.found) + 1
        while not name or name in self.found:
            name, n = f"{wanted or 'answers'}-{n}", n + 1
        self.found[name] = {"options": options}
        return name


def option(code: str, text: Any, value: int | None, system: str = "") -> Plain:
    row: Plain = {"text": text}
    if value is not None:
        row["value"] = value
    if value is None or code != str(value):
        row["code"] = code
    if system:
        row["system"] = system
    return {key: row[key] for key in ("code", "value", "text", "system") if row.get(key) not in (None, "")}


def whole(name: str, title: Any, language: str, sets: Sets, items: list[Plain], **more: Any) -> Plain:
    """The mapping of an instrument read elsewhere; choices with values that no scale counts are named as such."""
    scales = more.get("scales") or []
    held = {str(item) for scale in scales for item in scale.get("items", ())}
    valued = {key for key, known in sets.found.items() if all("value" in row for row in known["options"])}
    unscored = [
        item["id"]
        for item in items
        if item.get("answers") in valued and item.get("kind", CHOICE) == CHOICE and not item.get("many")
        and str(item["id"]) not in held
    ]  # fmt: skip
    made = {
        "instrument": name, "title": title, "language": language, "answers": sets.found, "items": items,
        "unscored": unscored, **more,
    }  # fmt: skip
    return {key: value for key, value in made.items() if value not in ("", None, [], {})}


def values_of(items: Iterable[Plain], sets: Sets) -> dict[str, list[int]]:
    """{item: values of its options} of items of one answer each, where every option has a value."""
    return {
        item["id"]: [row["value"] for row in sets.found[item["answers"]]["options"]]
        for item in items
        if item.get("answers") and not item.get("many")
        and all("value" in row for row in sets.found[item["answers"]]["options"])
    }  # fmt: skip


def is_summed(instrument: Instrument, scale: Scale) -> bool:
    """Can the scale be told as a plain sum of items."""
    plain = all(component.how == "item" for component in scale.components)
    return (
        bool(scale.components) and plain and scale.method == "sum" and scale.multiply == 1 and not scale.plus
    )


def terms(instrument: Instrument, scale: Scale) -> list[tuple[Item, int | None]]:
    """The items of a sum, with the number that a reversed one is taken away from."""
    found = []
    for name in scale.items:
        item = instrument.item_by_id[name]
        values = turned_over(instrument, item)
        found.append((item, min(values) + max(values) if name in instrument.reverse else None))
    return found


def scale_from(
    name: str,
    title: Any,
    summed: Iterable[tuple[str, int | None]] | None,
    item_of: Mapping[str, str],
    values_of: Mapping[str, list[int]],
) -> tuple[Plain, list[str]] | None:
    """(scale, reversed items) of a sum that another program computes; None unless every term is a scored item."""  # fmt: skip
    items, turned = [], []
    for variable, taken_from in summed or ():
        item = item_of.get(variable, "")
        values = values_of.get(item)
        if (
            not values
            or item in items
            or (taken_from is not None and taken_from != min(values) + max(values))
        ):
            return None
        items.append(item)
        if taken_from is not None:
            turned.append(item)
    if len(items) < 2:
        return None
    return {"id": slug(name, "total"), "title": title, "items": items}, turned


def lacks(expression: str, item_of: Mapping[str, str]) -> bool:
    """Does a sum name an item that is not there, or is it none."""
    summed = sum_of(expression)
    return summed is None or any(variable not in item_of for variable, _ in summed)


def not_read(name: str, expression: str, item_of: Mapping[str, str]) -> str:
    """Why a score that is not there was not made, in a sentence."""
    for variable, _ in sum_of(expression) or ():
        if variable not in item_of:
            return f"分数“{name}”要用的题“{variable}”不在题目里。请补上这一题，或去掉这个分数。"
    return f"分数“{name}”的算式读不懂（{expression[:60]}）。现在只读得懂题目相加。"


def in_one_language(value: Any, language: str) -> Any:
    """A mapping of words by language that has no other than the main one as the words alone; inner ones too."""
    if isinstance(value, dict):
        if list(value) == [language] and isinstance(value[language], str):
            return value[language]
        return {key: in_one_language(part, language) for key, part in value.items()}
    return [in_one_language(part, language) for part in value] if isinstance(value, list) else value


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in ("br", "p", "div", "li"):
            self.words.append("\n")


def without_tags(text: str) -> str:
    """The words of a piece of HTML."""
    if "<" not in text and "&" not in text:
        return " ".join(text.split())
    reader = _Words()
    reader.feed(text)
    reader.close()
    return " ".join(unescape("".join(reader.words)).split())
