"""Search keys for hundreds of thousands of names: the same answers as `name_keys`, many times faster.

`name_keys` cuts a name into phrases first. Where no part of a name is a phrase of the dictionary the reading is
that of each character alone, which is remembered; only the other names take the long way.
"""

from collections.abc import Container
from functools import cache, lru_cache

from tongxin.kernel.base.pinyin import name_keys

LONGEST_SIMPLE = 4


@lru_cache(maxsize=50_000)
def _slowly(name: str) -> tuple[str, str]:
    return name_keys(name)


@lru_cache(maxsize=30_000)
def _of_character(character: str) -> tuple[str, str]:
    """Return reading and initial of a character inside a name (behind a surname, so not read as one)."""
    reading = name_keys("〇" * 5 + character)[0]
    alone = reading.removeprefix(name_keys("〇" * 5)[0])
    return alone, alone[:1]


def search_keys(name: str) -> tuple[str, str]:
    """Return (pinyin, initials) as `tongxin.kernel.base.pinyin.name_keys` does."""
    length = len(name)
    if not 2 <= length <= LONGEST_SIMPLE or _has_phrase(name):
        return _slowly(name)
    if length >= 3 and name[:2] in _two_character_surnames():
        return _slowly(name)
    pinyin, initials = _surname(name[0])
    for character in name[1:]:
        reading, initial = _of_character(character)
        pinyin += reading
        initials += initial
    return pinyin, initials


@cache
def _phrases() -> Container[str]:
    from pypinyin.constants import PHRASES_DICT  # loaded by the first list of names

    return PHRASES_DICT


def _has_phrase(name: str) -> bool:
    phrases = _phrases()
    if name in phrases:
        return True
    length = len(name)
    if length == 2:
        return False
    if name[:2] in phrases or name[1:3] in phrases:
        return True
    return length == 4 and any(part in phrases for part in (name[2:], name[:3], name[1:]))


@lru_cache(maxsize=5_000)
def _surname(character: str) -> tuple[str, str]:
    reading = name_keys(character)[0]
    return reading, reading[:1]


@lru_cache(maxsize=1)
def _two_character_surnames() -> frozenset[str]:
    from tongxin.kernel.base.pinyin import _SURNAMES

    return frozenset(name for name in _SURNAMES if len(name) == 2)
