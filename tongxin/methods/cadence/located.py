"""YAML that remembers where every mapping and list stood.

Only `true` and `false` are booleans here: `on:`, `yes` and `no` stay words, because packs use `on:` for a day.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from typing import Any

import yaml

from .findings import PackUnreadable


class LMap(dict[str, Any]):
    """A mapping with the file and line it stood at, and the line of each key."""

    file: str = ""
    line: int = 1

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines: dict[str, int] = {}

    def at(self, key: str) -> Place:
        """Where `key` stands; the mapping's own place if it has no such key."""
        return Place(self.file, self.lines.get(key, self.line))


class LList(list[Any]):
    """A list with the file and line it stood at, and those of each item."""

    file: str = ""
    line: int = 1

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.spots: list[tuple[str, int]] = []

    def at(self, index: int) -> Place:
        """Where an item stands; the list's own place if that is not known."""
        return Place(*self.spots[index]) if index < len(self.spots) else Place(self.file, self.line)


class Place:
    """A file and a line, for findings."""

    def __init__(self, file: str, line: int) -> None:
        self.file, self.line = file, line


class Decimal(float):
    """A number with a decimal point that remembers how it was written (a heading 4.10 is not 4.1)."""

    written: str = ""

    def __new__(cls, text: str) -> Decimal:
        number = super().__new__(cls, text)
        number.written = text
        return number


# The C reader, where it is built in, is about ten times as fast; both give the same nodes and places.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    pass


_Loader.yaml_implicit_resolvers = {}
_PATTERNS = [
    ("bool", r"true|false|True|False", "tfTF"),
    ("null", r"~|null|Null|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]+", "-+0123456789"),
    ("timestamp", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "0123456789"),
]
for _name, _pattern, _first in _PATTERNS:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"^(?:{_pattern})$"), _first)

MOST_NODES = 200_000
MOST_LETTERS = 5_000_000
MOST_DEPTH = 60
MOST_DIGITS = 18
# Half of a character, as an escape in quotes may write it: no file, page or table can hold it.
_HALF = re.compile("[\ud800-\udfff]")
_SET_IN = re.compile(r"^[ \-?:]{60}", re.MULTILINE)


def read_yaml(text: str, file: str = "") -> Any:
    """Return the document as LMap, LList and scalars (str, int, Decimal, bool, date, None).

    Raises PackUnreadable with a sentence when it is no YAML, repeats a key or is unreasonably large.
    """
    try:
        _refuse_depth(text, file)
        node = yaml.compose(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise PackUnreadable(
            "这一行的格式读不懂。请检查缩进、冒号后的空格和引号是否成对。", file, line
        ) from error
    except (ValueError, RecursionError) as error:
        raise PackUnreadable("文件格式读不懂。请检查其中的日期和数字。", file) from error
    return _Builder(file).build(node) if node is not None else LMap()


def _refuse_depth(text: str, file: str) -> None:
    """The C reader descends on the machine's own stack, so a text nested too deep for it is found out beforehand."""
    if not _may_be_deep(text):
        return
    depth = 0
    for event in yaml.parse(text, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise PackUnreadable("嵌套太深。请少嵌套几层。", file, line)


def _may_be_deep(text: str) -> bool:
    """A quick guess that is never too low: all brackets that open, wherever they close, and how far a line is set in."""
    return text.count("[") + text.count("{") > MOST_DEPTH or _SET_IN.search(text) is not None


class _Builder:
    def __init__(self, file: str) -> None:
        self.file, self.left, self.letters = file, MOST_NODES, MOST_LETTERS

    def build(self, node: yaml.Node, depth: int = 0) -> Any:
        self.left -= 1
        line = node.start_mark.line + 1
        if self.left < 0 or depth > MOST_DEPTH:
            raise PackUnreadable("文件太大或嵌套太深。请拆成几个文件。", self.file, line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, line, depth)
        if isinstance(node, yaml.SequenceNode):
            items = LList(self.build(child, depth + 1) for child in node.value)
            items.file, items.line = self.file, line
            items.spots = [(self.file, child.start_mark.line + 1) for child in node.value]
            return items
        return self._scalar(node, line)

    def _mapping(self, node: yaml.MappingNode, line: int, depth: int) -> LMap:
        mapping = LMap()
        mapping.file, mapping.line = self.file, line
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise PackUnreadable("冒号左边只能是一个词。", self.file, key_node.start_mark.line + 1)
            key = str(key_node.value)
            self._refuse_halves(key, key_node.start_mark.line + 1)
            if key in mapping:
                sentence = f"“{key}”在同一处写了两次。请只留一个。"
                raise PackUnreadable(sentence, self.file, key_node.start_mark.line + 1)
            mapping[key] = self.build(value_node, depth + 1)
            mapping.lines[key] = key_node.start_mark.line + 1
        return mapping

    def _scalar(self, node: yaml.Node, line: int) -> Any:
        kind, text = node.tag.rsplit(":", 1)[-1], str(node.value)
        self._refuse_halves(text, line)
        # Aliases repeat a long text at no cost in the file.
        self.letters -= len(text)
        if self.letters < 0:
            raise PackUnreadable("文件太大。请删去重复引用的长段文字。", self.file, line)
        if kind in ("int", "float") and len(text) > MOST_DIGITS:
            raise PackUnreadable(f"“{text[:20]}…”这个数太长。请改成实际的数。", self.file, line)
        if kind in ("int", "float"):
            return self._number(kind, text, line)
        if kind == "bool":
            return text.lower() == "true"
        if kind == "null":
            return None
        if kind == "timestamp":
            try:
                return dt.date.fromisoformat(text)
            except ValueError as error:
                raise PackUnreadable(f"没有{text}这一天。请改成真实的日期。", self.file, line) from error
        return text

    def _refuse_halves(self, text: str, line: int) -> None:
        if _HALF.search(text):
            raise PackUnreadable("这里有不完整的字符。请删去后重新写。", self.file, line)

    def _number(self, kind: str, text: str, line: int) -> int | Decimal:
        """Any text may be tagged as a number (!!int) by hand."""
        try:
            number = int(text) if kind == "int" else Decimal(text)
        except ValueError as error:
            raise PackUnreadable(f"“{text}”不是数字。请改成实际的数。", self.file, line) from error
        if kind == "float" and not math.isfinite(number):
            raise PackUnreadable(f"“{text}”不是数字。请改成实际的数。", self.file, line)
        return number


def located(value: Any, file: str = "", line: int = 1) -> Any:
    """Give a plain value (dicts, lists, scalars) the shape that `read_yaml` returns."""
    if isinstance(value, LMap | LList):
        return value
    if isinstance(value, dict):
        mapping = LMap((str(key), located(item, file, line)) for key, item in value.items())
        mapping.file, mapping.line = file, line
        return mapping
    if isinstance(value, list | tuple):
        items = LList(located(item, file, line) for item in value)
        items.file, items.line = file, line
        return items
    return value


def plain(value: Any) -> Any:
    """The reverse of `located`, ready for JSON: dates become YYYY-MM-DD, decimals stay as written."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return value.written
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return value


def merge(documents: Iterable[LMap]) -> LMap:
    """Join the files of a pack folder by top-level key: lists are joined, mappings united."""
    whole = LMap()
    for document in documents:
        whole.file = whole.file or document.file
        for key, value in document.items():
            if key not in whole:
                whole[key] = value
                whole.lines[key] = document.lines.get(key, 1)
            elif isinstance(value, LList) and isinstance(whole[key], LList):
                joined = LList([*whole[key], *value])
                joined.file, joined.line = whole[key].file, whole[key].line
                joined.spots = [*whole[key].spots, *value.spots]
                whole[key] = joined
            elif isinstance(value, LMap) and isinstance(whole[key], LMap):
                whole[key] = merge([whole[key], value])
            elif value != whole[key]:
                place = document.at(key)
                raise PackUnreadable(f"“{key}”在几个文件里写得不一样。请只留一处。", place.file, place.line)
    return whole
