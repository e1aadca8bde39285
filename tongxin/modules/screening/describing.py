"""An instrument's definition in words: how it is scored, what its bands are, what calls somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tongxin.methods.psychometrics.conditions import BlanksAre, Condition, ItemIs, Not, ScaleIs, Several
from tongxin.methods.psychometrics.instrument import Band, Group, Instrument, Rule, Scale, Text
from tongxin.ui.worded import said


def say(text: Text) -> str:
    """Return words of an instrument in the language of the page: its own there, else the catalogue's, else its first."""
    if not text:
        return ""
    words = text.say(get_language() or "")
    return said(words) if words == str(text) else words


@dataclass(frozen=True)
class BandRow:
    title: str
    whom: str
    scores: str
    signal: bool


@dataclass(frozen=True)
class ScaleRow:
    title: str
    how: str
    missing: str
    bands: list[BandRow]


def scale_rows(instrument: Instrument) -> list[ScaleRow]:
    return [
        ScaleRow(say(scale.title) or scale.id, _how(instrument, scale), _missing(scale), _bands(scale))
        for scale in instrument.scales
    ]


def _how(instrument: Instrument, scale: Scale) -> str:
    if scale.of:
        names = "、".join(
            say(instrument.scale_by_id[one].title) or one for one in scale.of if one in instrument.scale_by_id
        )
        words = _("由%(scales)s得来") % {"scales": names}
    else:
        words = _("第 %(items)s 题") % {"items": runs(scale.items)}
    ways = {"sum": _("加起来"), "mean": _("求平均"), "max": _("取最大"), "min": _("取最小")}
    way = ways.get(scale.method) or _("达到 %(n)d 分的题数") % {"n": scale.counted_from}
    rest = _("，再乘 %(n)s") % {"n": number(scale.multiply)} if scale.multiply != 1 else ""
    return f"{words}，{way}{rest}"


def runs(items: tuple[str, ...]) -> str:
    """Say item names shortly: 1—5、8、10."""
    pieces: list[str] = []
    at = 0
    while at < len(items):
        end = at
        while end + 1 < len(items) and items[end].isdecimal() and items[end + 1] == str(int(items[end]) + 1):
            end += 1
        pieces.append(f"{items[at]}—{items[end]}" if end > at + 1 else "、".join(items[at : end + 1]))
        at = end + 1
    return "、".join(pieces)


def number(value: Any) -> str:
    """Say a whole number or a fraction as people write it."""
    return str(int(value)) if float(value).is_integer() else f"{float(value):g}"


def _missing(scale: Scale) -> str:
    rule, most = scale.missing.rule, scale.missing.at_most
    if rule == "prorate":
        return _("缺 %(n)d 题以内按已答的平均补上，再多就不计分") % {"n": most}
    if rule == "count":
        return _("缺 %(n)d 题以内只加已答的，并写明缺几题") % {"n": most}
    return _("缺一题就不计分")


def _bands(scale: Scale) -> list[BandRow]:
    return [
        BandRow(say(band.title), group_words(table.group), _range(band), band.signal)
        for table in scale.tables
        for band in table.bands
    ]


def _range(band: Band) -> str:
    low = "" if band.low is None else number(band.low)
    high = "" if band.high is None else number(band.high)
    if low and high:
        return _("%(low)s 到不满 %(high)s") % {"low": low, "high": high} if band.below else f"{low}—{high}"
    if low:
        return _("%(low)s 以上") % {"low": low}
    return (_("不满 %(high)s") if band.below else _("%(high)s 以下")) % {"high": high}


def group_words(group: Group) -> str:
    """Say whom a table is for; "" for everybody."""
    words = {
        "male": _("男"), "female": _("女"), "student": _("学生填"), "parent": _("家长填"), "teacher": _("教师填"),
    }  # fmt: skip
    shown = [words[one] for one in (*group.forms, *group.sexes)]
    for (low, high), unit in ((group.ages, _("岁")), (group.grades, _("年级"))):
        if (low, high) != (None, None):
            shown.append(f"{'' if low is None else low}—{'' if high is None else high} {unit}")
    return "，".join(shown)


def rule_rows(instrument: Instrument, rules: tuple[Rule, ...]) -> list[dict[str, str]]:
    return [
        {"title": say(rule.title) or rule.id, "when": condition_words(rule.when, instrument)}
        for rule in rules
    ]


def condition_words(condition: Condition, instrument: Instrument) -> str:
    """Say a condition in one line."""
    ways = {
        "at_least": _("至少 %(n)s"), "at_most": _("至多 %(n)s"), "more_than": _("大于 %(n)s"),
        "less_than": _("小于 %(n)s"), "is": _("等于 %(n)s"), "is_not": _("不等于 %(n)s"),
    }  # fmt: skip

    def compared(comparison: str, value: Any) -> str:
        return ways[comparison] % {"n": value if isinstance(value, str) else number(value)}

    match condition:
        case ItemIs():
            return _("第%(item)s题%(is)s") % {
                "item": condition.item,
                "is": compared(condition.comparison, condition.value),
            }
        case ScaleIs():
            scale = instrument.scale_by_id.get(condition.scale)
            name = say(scale.title) if scale and scale.title else condition.scale
            return _("%(scale)s得分%(is)s") % {
                "scale": name,
                "is": compared(condition.comparison, condition.value),
            }
        case BlanksAre():
            return _("没答的题数%(is)s") % {"is": compared(condition.comparison, condition.value)}
        case Not():
            return _("不是：%(what)s") % {"what": condition_words(condition.part, instrument)}
        case Several():
            parts = [condition_words(part, instrument) for part in condition.parts]
            if condition.word == "all":
                return _("，并且").join(parts)
            if condition.word == "any":
                return _("，或者").join(parts)
            return _("下面至少 %(n)d 条：%(parts)s") % {"n": condition.least, "parts": "；".join(parts)}
    return ""
