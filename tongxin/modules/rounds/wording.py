"""What the matcher says, in the language of the page.

The matcher speaks Chinese and knows no pages; what it said is kept as it was said. Here each of its sentences has its
pattern, in the catalogue of translations like every other sentence: what stands between is taken out, said again if it
is a sentence of its own, and put into the translated pattern. A sentence without a pattern stays as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from tongxin.ui.formats import listed

# Whole sentences first, then what stands in them. Names end in `s`; numbers are written `d`.
PATTERNS = (
    # explaining.py: why another pair was not made
    gettext_noop("改成这一对，总分至少少 %(n)d（%(busy)s，要先让出名额）。"),
    gettext_noop("改成这一对，总分至少少 %(n)d。"),
    gettext_noop("换过来总分不会更高。"),
    gettext_noop("%(busy)s，换过来总分不会更高。"),
    # explaining.py: why somebody is left over
    gettext_noop("合条件的%(seat)s都更愿意和现在的对象在一起，或没有名额。"),
    gettext_noop("合条件的%(seat)s没有名额了：都已定好别的对象，或上限是 0。"),
    gettext_noop(
        "%(people)d 人只能配给%(names)s，一共要 %(wanted)d 个名额，只有 %(places)d 个，差 %(short)d 个。"
    ),
    gettext_noop("没有可以配的%(seat)s。"),
    gettext_noop("%(n)d 名%(seat)s里没有合条件的：不符合%(rules)s。"),
    gettext_noop(
        "要 %(need)d 个名额，合条件的%(seat)s都没有这么多空余，最多空余的是%(name)s（%(free)d 个）。"
    ),
    gettext_noop("至少要 %(low)d 人，合条件的%(seat)s只有 %(n)d 人。"),
    gettext_noop("至少要 %(low)d 人，合条件的%(seat)s已配给同样要人的别人，只剩 %(n)d 人。"),
    # explaining.py: the cheapest way out
    gettext_noop("给合条件的%(seat)s加 1 个名额，或不要求稳定（stable）。"),
    gettext_noop(
        "%(attribute)s 是 %(value)s 的%(seat)s再多 1 个名额就行，例如%(name)s；或者不要求“%(rule)s”，配给%(other)s。"
    ),
    gettext_noop("%(attribute)s 是 %(value)s 的%(seat)s再多 1 个名额就行，例如%(name)s。"),
    gettext_noop("%(name)s再多 1 个名额就行；或者不要求“%(rule)s”，配给%(other)s。"),
    gettext_noop("%(name)s再多 %(n)d 个名额就行。"),
    gettext_noop("请加上%(seat)s。"),
    gettext_noop("不要求“%(rule)s”，就可以配给%(name)s。"),
    gettext_noop("把%(name)s的最少人数改成 %(n)d 就行。"),
    # pairing.py: both sides' places
    gettext_noop("%(seat)s一共 %(places)d 个名额，%(other)s至少要 %(need)d 个，差 %(short)d 个。"),
    # teams/proposing.py
    gettext_noop("余下的人里，没有都符合条件、又不互相禁止的一队。"),
    gettext_noop("现有的人够组 %(n)d 队，“%(seat)s”每队 %(each)d 人，多出 %(over)d 人。"),
    gettext_noop("再有 %(people)s，就能多组一队。"),
    gettext_noop("不要求“%(rule)s”（它排除了 %(n)d 人），就可能组成。"),
    gettext_noop("请再加一名能和他们一队的人，或放宽不许在一起的名单。"),
    gettext_noop("和%(name)s对调，要拆开已经定下的。"),
    gettext_noop("和%(name)s对调，总分少 %(n)d。"),
    gettext_noop("和%(name)s对调，总分一样。"),
    # why a computation could not be done
    gettext_noop("“%(a)s”和“%(b)s”又定了不配在一起。请取消其中一条。"),
    gettext_noop("“%(name)s”不符合“%(seat)s”的条件，不能配。请改正条件或取消这一条。"),
    gettext_noop("“%(name)s”已定的对象超过最多 %(most)d 人。请加大上限或取消几条。"),
    gettext_noop("“%(name)s”已定的对象占的名额超过最多 %(most)d。"),
    gettext_noop("这样“%(names)s”就在同一队，一队的“%(seat)s”只有 %(n)d 人。请改正。"),
    gettext_noop("能坐“%(seat)s”的只有 %(n)d 人，一队要 %(each)d 人，一队也组不成。请补上。"),
    gettext_noop("“%(term)s”要数的值太多，一共最多 %(n)d 种。请合并相近的值。"),
    gettext_noop("权重太大，人又多，分不出先后。请把方案里的权重（weight）一起改小，例如都除以 10。"),
    gettext_noop(
        "权重乘上属性里的数太大了，分不出先后。请把方案里的权重（weight）改小，或用 most 限定最多算多少。"
    ),
    gettext_noop("人太多（%(rows)d × %(columns)d），不能逐人排出偏好。请去掉 stable，或分几批配对。"),
    # parts of sentences
    gettext_noop("%(name)s 已有 %(n)d 人"),
    gettext_noop("%(names)s等 %(n)d 人"),
    gettext_noop("“%(rule)s” %(n)d 人"),
    gettext_noop("%(n)d 名%(seat)s"),
    gettext_noop("名单上不许配在一起"),
    gettext_noop("双方互选"),
    gettext_noop("双方反馈不再合适"),
    # what the background said in Chinese because nobody looked on: services, proposing.py, effect.py
    gettext_noop("“%(seat)s”还没有人参加，没法排。请先加人。"),
    gettext_noop("有一对不能生效：%(why)s"),
    gettext_noop("有一队不能成立：%(why)s"),
)
# The matcher's words for who works with files, and what they are on a page.
ON_A_PAGE = (
    (
        re.compile(r"在 forbidden\.csv 第 \d+ 行又不许配在一起。请删去其中一行。"),
        "又定了不配在一起。请取消其中一条。",
    ),
    (re.compile(r"（people\.csv 第 \d+ 行）。请加大上限或删去几行。"), "。请加大上限或取消几条。"),
    (re.compile(r"请改正条件或删去这一行。"), "请改正条件或取消这一条。"),
    (re.compile(r"请在 people\.csv 里加上"), "请加上"),
    (re.compile(r"^(people|fixed|forbidden|wishes)\.csv( 第 \d+ 行)?："), ""),
)
_SLOT = re.compile(r"%\((\w+)\)([sd])")
# A sentence holds parts, a part names; deeper it does not go.
DEPTH = 4


@lru_cache(maxsize=1)
def _compiled() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((text, re.compile(_regex(text))) for text in PATTERNS)


def _regex(text: str) -> str:
    """Return what matches everything a pattern can become; names are as short as they can be."""
    parts, at = [], 0
    for slot in _SLOT.finditer(text):
        parts.append(re.escape(text[at : slot.start()]))
        parts.append(rf"(?P<{slot[1]}>{r'-?\d+' if slot[2] == 'd' else '.+?'})")
        at = slot.end()
    return "".join(parts) + re.escape(text[at:])


def said(sentence: str) -> str:
    """Return a sentence of the matcher in the language of the page."""
    sentence = plain(sentence)
    return sentence if _chinese() else _said(sentence, DEPTH)


def plain(sentence: str) -> str:
    """Return a sentence of the matcher without the files it was made for."""
    for pattern, words in ON_A_PAGE:
        sentence = pattern.sub(words, sentence)
    return sentence


def _chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def _said(sentence: str, depth: int) -> str:
    if not depth:
        return sentence
    for text, pattern in _compiled():
        found = pattern.fullmatch(sentence)
        if found is not None:
            return _(text) % _values(text, found, depth - 1)
    if "、" in sentence:
        return listed(_said(part, depth - 1) for part in sentence.split("、"))
    return _(sentence) if sentence else ""


def _values(text: str, found: re.Match[str], depth: int) -> dict[str, str | int]:
    kinds = dict(_SLOT.findall(text))
    return {
        name: int(value) if kinds[name] == "d" else _said(value, depth)
        for name, value in found.groupdict().items()
    }
