"""The words of a declaration in the language of the page: what a pack calls things, by the catalogue of translations.

Packs are written in Chinese. The titles of those that come with the product stand in the catalogue like every other
sentence, see translations.py; what a school has written itself is in none and stays as it was written.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from django.utils.translation import get_language, gettext

# Which fields of a declaration are words for people, and which hold {code: words} or (code, words) of choices.
WORDS = ("title", "a_title", "b_title", "about", "label", "means", "help", "unit", "deliverables")
CHOICES = ("values", "options")


class Said(str):
    """Words of a pack in the language of the page; `written` is how the pack itself has them."""

    written: str

    @classmethod
    def instead_of(cls, written: str, words: str) -> Said:
        made = cls(words)
        made.written = written
        return made


def as_written(words: str) -> str:
    """Return some words as their pack has them: what is stored or compared, whatever language the page has."""
    return getattr(words, "written", words)


def spoken() -> str:
    """Return the language of the page, "" where packs are shown as they are written."""
    language = get_language() or "zh"
    return "" if language.startswith("zh") else language


def said(text: str) -> str:
    """Return some words of a pack in the language of the page."""
    if not text or isinstance(text, Said) or not spoken():
        return text
    words = gettext(text)
    return text if words == text else Said.instead_of(text, words)


def called(thing: Any) -> str:
    """Return the title of a declaration in the language of the page: its own English one, else the catalogue's."""
    title = thing.title
    english = getattr(thing, "title_en", "") if spoken() else ""
    return Said.instead_of(as_written(title), english) if english else said(title)


def titled(title: str) -> str:
    """Return the title of a record: what its kind is called, alone or before “：”, in the language of the page.

    What somebody wrote themselves stays as it was written.
    """
    head, colon, rest = title.partition("：")
    if not colon or not spoken() or said(title) != title:
        return said(title)
    return f"{said(head)}: {said(rest)}" if said(head) != head else title


def plain(title: str, without_number: str) -> str:
    """Return what a heading is called: in Chinese without the number of its own, else as it is said."""
    words = said(title)
    return without_number if words == title else words


def in_words[T](thing: T, also: tuple[str, ...] = ()) -> T:
    """Return a declaration with everything in it that is words for people in the language of the page.

    also: further fields that are words. Only what a page shows should be turned: what is kept, compared or worked out
    with goes by the Chinese.
    """
    return _turned(thing, frozenset((*WORDS, *also))) if spoken() else thing


def _turned(thing: Any, words: frozenset[str]) -> Any:
    if is_dataclass(thing) and not isinstance(thing, type):
        new = {}
        for one in fields(thing):
            value = getattr(thing, one.name)
            turned = called(thing) if one.name == "title" else _field(one.name, value, words)
            if turned is not value:
                new[one.name] = turned
        return replace(thing, **new) if new else thing
    if isinstance(thing, tuple):
        return _same_or_new(thing, tuple(_turned(one, words) for one in thing))
    if isinstance(thing, dict):
        new = {key: _turned(value, words) for key, value in thing.items()}
        return new if any(new[key] is not value for key, value in thing.items()) else thing
    return thing


def _field(name: str, value: Any, words: frozenset[str]) -> Any:
    if name in words:
        if isinstance(value, str):
            return said(value)
        if isinstance(value, tuple) and all(isinstance(one, str) for one in value):
            return tuple(map(said, value))
    if name in CHOICES and isinstance(value, dict):
        return {code: said(one) if isinstance(one, str) else one for code, one in value.items()}
    if name in CHOICES and isinstance(value, tuple):
        pairs = all(isinstance(one, tuple) and len(one) == 2 for one in value)
        return tuple((code, said(one)) for code, one in value) if pairs else value
    return _turned(value, words)


def _same_or_new(old: tuple, new: tuple) -> tuple:
    return old if all(a is b for a, b in zip(old, new, strict=True)) else new
