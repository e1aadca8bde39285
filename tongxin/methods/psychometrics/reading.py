"""Small readers shared by the parser's files: a value of the right shape, or a finding that says the mend."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tongxin.methods.cadence.findings import Findings
from tongxin.methods.cadence.located import LList, LMap, Place
from tongxin.methods.cadence.reading import number_of, text_of

from .instrument import LANGUAGE, Group, Text

_RANGE = re.compile(r"^\s*([0-9]{1,4})?\s*-\s*([0-9]{1,4})?\s*$")
_PART = re.compile(r"^([0-9]{1,4})-([0-9]{1,4})$")
ID = re.compile(r"^[A-Za-z0-9_\u4e00-\u9fff/][\w./|:\-\u4e00-\u9fff]{0,79}$")
LARGEST = 10**9

Span = tuple[int | None, int | None]


@dataclass
class Reader:
    """What the readers share: the findings, the language of plain words, and what is being read (for sentences)."""

    file: str = ""
    language: str = LANGUAGE
    findings: Findings = field(default_factory=Findings)

    def error(self, where: object, code: str, sentence: str) -> None:
        self.findings.error(where, code, sentence)

    def mapping(self, value: Any, where: object, what: str, known: Iterable[str]) -> LMap:
        """The value if it is a mapping with known keys only; else an empty one and a finding."""
        if not isinstance(value, LMap):
            if value is not None:
                self.error(where, "shape", f"{what}要写成“名称: 值”的几行。")
            found = LMap()
            found.file, found.line = getattr(where, "file", self.file), getattr(where, "line", 1)
            return found
        names = tuple(known)
        for key in value:
            if key not in names:
                self.error(
                    value.at(key), "unknown-key", f"{what}里没有“{key}”这一项。可用的有：{'、'.join(names)}。"
                )
        return value

    def rows(self, value: Any, where: object, what: str) -> Iterator[tuple[Any, Place]]:
        """Each entry of a list with its place."""
        if value is None:
            return
        if not isinstance(value, LList):
            self.error(where, "shape", f"{what}要写成列表，每项前面一个“-”。")
            return
        for index, row in enumerate(value):
            yield row, value.at(index)

    def words(self, value: Any, where: object, what: str) -> Text:
        """One text, or a text per language."""
        if isinstance(value, LMap):
            said = [
                (key, text_of(words)) for key, words in value.items() if not isinstance(words, dict | list)
            ]
            if len(said) < len(value):
                self.error(where, "shape", f"{what}的每种语言只写一句话。")
            said.sort(key=lambda pair: pair[0] != self.language)
            return Text(tuple((language, words) for language, words in said if words))
        text = self.text(value, where, what)
        return Text(((self.language, text),)) if text else Text()

    def text(self, value: Any, where: object, what: str, default: str = "") -> str:
        if isinstance(value, dict | list):
            self.error(where, "shape", f"{what}只能写一句话。")
            return default
        return text_of(value) if value is not None else default

    def flag(self, value: Any, where: object, what: str) -> bool:
        if value is None or isinstance(value, bool):
            return bool(value)
        self.error(where, "shape", f"{what}要写 true 或 false。")
        return False

    def number(self, value: Any, where: object, what: str) -> Fraction | None:
        """An exact number; None and a finding when it is none."""
        found = None if isinstance(value, dict | list) else number_of(value)
        if found is None or not -LARGEST <= found <= LARGEST:
            self.error(where, "number", f"{what}要写数字。")
            return None
        return Fraction(found)

    def whole(self, value: Any, where: object, what: str, low: int = 0) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and low <= int(value) <= LARGEST:
            return int(value)
        self.error(where, "number", f"{what}要写不小于 {low} 的整数。")
        return None

    def choice(self, value: Any, where: object, what: str, known: Iterable[str], default: str) -> str:
        text, names = self.text(value, where, what, default), tuple(known)
        if text in names:
            return text
        self.error(where, "choice", f"{what}不能写“{text}”。可以写：{'、'.join(names)}。")
        return default

    def span(self, value: Any, where: object, what: str) -> Span:
        """(first, last) of 12, "12-15", "12-" or "-15"."""
        if value is None:
            return None, None
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 9999:
            return value, value
        found = _RANGE.match(value) if isinstance(value, str) else None
        if not found or value.strip() == "-":
            self.error(where, "span", f"{what}要写成 12、12-15、12- 或 -15 的样子。")
            return None, None
        low, high = (int(text) if text else None for text in found.groups())
        if low is not None and high is not None and low > high:
            self.error(where, "span", f"{what}的两头写反了：{value}。")
            return None, None
        return low, high

    def texts(self, value: Any, where: object, what: str) -> tuple[str, ...]:
        """One scalar or a list of them."""
        if value is None:
            return ()
        if isinstance(value, LList):
            return tuple(self.text(row, value.at(index), what) for index, row in enumerate(value))
        return (self.text(value, where, what),)

    def item_ids(self, value: Any, where: object, what: str, known: dict[str, int]) -> tuple[str, ...]:
        """Ids of items from 3, "4-8", "all" or a list of these. known: place by id, in order."""
        found: list[str] = []
        for text in self.texts(value, where, what):
            between = _PART.match(text)
            if text == "all" and "all" not in known:
                found += known
            elif text in known:
                found.append(text)
            elif between and between[1] in known and between[2] in known:
                names, first, last = list(known), known[between[1]], known[between[2]]
                if first > last:
                    self.error(where, "span", f"{what}的“{text}”两头写反了。")
                found += names[first : last + 1]
            else:
                self.error(where, "unknown-item", f"{what}提到的“{text}”不在题目里。请改成已有的题号。")
        return tuple(found)

    def group(self, value: Any, where: object) -> Group:
        spelled = self.mapping(value, where, "适用对象（for）", ("form", "sex", "ages", "grades"))
        at = spelled.at
        from .instrument import FORMS, SEXES

        return Group(
            tuple(
                self.choice(t, at("form"), "form", FORMS, FORMS[0])
                for t in self.texts(spelled.get("form"), at("form"), "form")
            ),
            tuple(
                self.choice(t, at("sex"), "sex", SEXES, SEXES[0])
                for t in self.texts(spelled.get("sex"), at("sex"), "sex")
            ),
            self.span(spelled.get("ages"), at("ages"), "年龄（ages）"),
            self.span(spelled.get("grades"), at("grades"), "年级（grades）"),
        )

    def unique(self, rows: Iterable[Any], what: str, place: Callable[[Any], object]) -> None:
        seen: set[str] = set()
        for row in rows:
            if row.id in seen:
                self.error(place(row), "twice", f"{what}“{row.id}”写了两次。请改成不同的编号。")
            seen.add(row.id)

    def id(self, value: Any, where: object, what: str) -> str:
        text = self.text(value, where, f"{what}的编号")
        if not ID.match(text):
            self.error(
                where, "id", f"{what}要有编号（字母、数字、汉字和 _ - .，不含空格），现在是“{text[:40]}”。"
            )
        return text
