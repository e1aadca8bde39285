"""Search keys of Chinese names. Surnames have readings of their own (单 Shàn, 曾 Zēng, 解 Xiè …)."""

from functools import cache
from typing import Any

_SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "覃": "qin", "区": "ou", "任": "ren",
    "华": "hua", "尉": "yu", "尹": "yin", "乐": "yue", "盖": "ge", "黑": "he", "朴": "piao", "缪": "miao",
    "冼": "xian", "翟": "zhai", "燕": "yan", "纪": "ji", "宁": "ning", "员": "yun", "秘": "bi", "种": "chong",
    "召": "shao", "折": "she", "洗": "xian", "应": "ying", "万俟": "moqi", "尉迟": "yuchi", "长孙": "zhangsun",
    "贾": "jia", "晟": "cheng", "阚": "kan", "祭": "zhai", "逄": "pang", "过": "guo", "哈": "ha", "隗": "wei",
}  # fmt: skip


@cache
def _readings() -> Any:
    """Return the dictionary of readings: half a second to load, and only who writes a name needs it."""
    import pypinyin

    return pypinyin


def _syllables(text: str) -> list[str]:
    found = _readings().lazy_pinyin(text, style=_readings().Style.NORMAL, errors="default")
    return [syllable.lower() for syllable in found]


def name_keys(name: str) -> tuple[str, str]:
    """Return (full pinyin without spaces, initials) of a person's or thing's name, in lower case."""
    syllables = _syllables(name)
    for length in (2, 1):
        reading = _SURNAMES.get(name[:length])
        if reading and len(name) <= 4:
            rest = _syllables(name[length:]) if name[length:] else []
            initials = _initials(name[:length]) if length == 2 else reading[0]
            return (reading + "".join(rest))[:200], (initials + "".join(s[:1] for s in rest))[:40]
    return "".join(syllables)[:200], "".join(s[:1] for s in syllables)[:40]


def _initials(text: str) -> str:
    return "".join(syllable[:1] for syllable in _syllables(text))
