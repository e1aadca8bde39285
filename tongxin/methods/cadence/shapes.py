"""What may stand where in a pack: a word, a list of words, a table of titles, a list of named things.

The parser reads past what has the wrong shape and says so; whoever goes on writing a pack needs every part of it to be
what its pages take it for. Rules themselves are left to their own grammar.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

from .located import LList, LMap, Place

Wrong = Iterator[tuple[Place, str]]
Shape = Callable[[Any, str, Place], Wrong]
Name = Callable[[Any, str], str]

MOST_SAID = 20
MOST_TITLE = 120
# Codes stand in the addresses of pages and in columns of tables of these widths.
_CODE = re.compile(r"^[-A-Za-z0-9_]+$")
_NAME = re.compile(r"^(?!\.{1,2}$)[^\s/\\?#%&]+$")
# No document or table that is exported can hold these.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def misshapen(document: dict[str, Any]) -> list[tuple[Place, str]]:
    """Return the places of a pack that have the wrong shape, each with the sentence that says the mend; the first few."""
    start = Place(getattr(document, "file", ""), getattr(document, "line", 1))
    return list(
        itertools.islice(itertools.chain(WHOLE(document, "pack", start), _hidden(document, start)), MOST_SAID)
    )


# shapes


def anything(value: Any, key: str, where: Place) -> Wrong:
    """Whatever a rule's grammar or the page that shows it makes of it."""
    return iter(())


def word(value: Any, key: str, where: Place) -> Wrong:
    if isinstance(value, dict | list):
        yield where, f"“{key}”后面只能写一个词或一句话，不能再分项。"


def title(value: Any, key: str, where: Place) -> Wrong:
    yield from word(value, key, where)
    if isinstance(value, str) and len(value) > MOST_TITLE:
        yield where, f"“{key}”太长。至多写 {MOST_TITLE} 个字。"


def words(value: Any, key: str, where: Place) -> Wrong:
    """A word, or a list of words."""
    if isinstance(value, dict):
        yield from word(value, key, where)
    for place, item in _items(value, where):
        if item is None or isinstance(item, dict | list):
            yield place, f"“{key}”的每一项只能写一个词，不能空着，也不能再分项。"


def titles(value: Any, key: str, where: Place) -> Wrong:
    """Codes with their titles, or codes alone."""
    yield from words(list(value.values()) if isinstance(value, dict) else value, key, where)


def listed(value: Any, key: str, where: Place) -> Wrong:
    if not isinstance(value, list):
        yield where, f"“{key}”后面要列出一项或几项，每项前加连字符。"


def sentences(value: Any, key: str, where: Place) -> Wrong:
    """Sentences, or mappings with a title."""
    yield from listed(value, key, where)
    for place, item in _items(value, where):
        if isinstance(item, dict):
            yield from table(title=word)(item, key, place)
        else:
            yield from words([item], key, place)


def table(otherwise: Shape = words, **shapes: Shape) -> Shape:
    """A mapping; what is not named in `shapes` has the shape `otherwise`."""

    def check(value: Any, key: str, where: Place) -> Wrong:
        if not isinstance(value, dict):
            yield where, f"“{key}”后面要写成几行“名称: 内容”。"
            return
        for name, inner in value.items():
            if inner is not None:
                yield from shapes.get(name, otherwise)(inner, name, _at(value, name, where))

    return check


def each(name_key: str, named: Name, otherwise: Shape = words, **shapes: Shape) -> Shape:
    """A list of mappings that each have a name."""
    inside = table(otherwise, **{"title": title, "title_en": title, "heading": word, "class": word} | shapes)

    def check(value: Any, key: str, where: Place) -> Wrong:
        yield from listed(value, key, where)
        for place, item in _items(value, where):
            name = item.get(name_key) if isinstance(item, dict) else None
            if name is None or isinstance(name, dict | list) or not str(name).strip():
                yield place, f"“{key}”的每一项都要有“{name_key}”。"
            elif wrong := named(name, name_key):
                yield _at(item, name_key, place), wrong
            else:
                yield from inside(item, key, place)

    return check


# names


def code(most: int) -> Name:
    def check(value: Any, key: str) -> str:
        if _CODE.match(str(value).strip()) and len(str(value).strip()) <= most:
            return ""
        return (
            f"“{str(value)[:20]}”不能作“{key}”的名称。请用英文字母、数字、连字符和下划线，至多 {most} 个字。"
        )

    return check


def name(most: int) -> Name:
    def check(value: Any, key: str) -> str:
        if _NAME.match(str(value).strip()) and len(str(value).strip()) <= most:
            return ""
        return f"“{str(value)[:20]}”不能作“{key}”的名称。名称里不能有空格、斜线和问号，至多 {most} 个字。"

    return check


def _month(value: Any, key: str) -> str:
    fits = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 12
    return "" if fits else "“month”要写 1 到 12 的数字。"


def _phase(value: Any, key: str) -> str:
    fits = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 99
    return "" if fits else "“phase”要写 1 到 99 的数字。"


# the whole


def _heading(value: Any, key: str, where: Place) -> Wrong:
    yield from each("heading", name(40), children=_heading)(value, key, where)


def _source(value: Any, key: str, where: Place) -> Wrong:
    yield from (table(document=word, published=word) if isinstance(value, dict) else word)(value, key, where)


def _pack(value: Any, key: str, where: Place) -> Wrong:
    if isinstance(value, dict | list):
        yield from word(value, key, where)
    elif str(value).strip() and (wrong := code(80)(value, key)):
        yield where, wrong


WHOLE = table(
    otherwise=anything,
    pack=_pack, version=word, title=title, title_en=title, programme_year=word, case_scheme=word, source=_source,
    problems=sentences, goals=sentences,
    posts=each("post", name(40), of=word, superior=word),
    attributes=each("attribute", code(40), values=titles, type=word),
    links=each("link", name(40), a=word, b=word),
    events=each("event", name(60)),
    announced=each("announced", name(40)),
    kinds=each(
        "kind", code(60),
        parts=each("part", name(40)), amounts=each("amount", name(40)), qualifiers=each("qualifier", name(40), values=titles),
        evidence=each("type", name(40)), effort_min=table(word),
    ),
    headings=_heading,
    plan=table(
        phases=each("phase", _phase, **{"from": word, "to": word}),
        months=each("month", _month, items=each("item", name(80), owner=word, due=word, **{"from": word})),
    ),
    obligations=each("id", name(80), anything, since=word, until=word),
    figures=each("figure", code(80), anything),
    reports=each("report", code(80), anything, outline=listed),
    test_calendar=table(anything),
)  # fmt: skip


def _hidden(value: Any, where: Place) -> Wrong:
    """Characters that nobody sees, in names and texts at any depth."""
    if isinstance(value, str):
        if _HIDDEN.search(value):
            yield where, "这里有看不见的控制字符。请删去后重新写。"
    elif isinstance(value, dict):
        for key, inner in value.items():
            at = _at(value, key, where)
            yield from _hidden(key, at)
            yield from _hidden(inner, at)
    elif isinstance(value, list):
        for place, item in _items(value, where):
            yield from _hidden(item, place)


def _items(value: Any, where: Place) -> Iterator[tuple[Place, Any]]:
    for index, item in enumerate(value if isinstance(value, list) else ()):
        yield value.at(index) if isinstance(value, LList) else where, item


def _at(mapping: Any, key: str, where: Place) -> Place:
    return mapping.at(key) if isinstance(mapping, LMap) else where
