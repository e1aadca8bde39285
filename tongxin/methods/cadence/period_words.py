"""Periods in words: 每个学期 / in each term."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .occasion_words import occasion_words
from .occasions import OwnWindows
from .periods import (
    Between,
    Break,
    By,
    Every,
    MonthOfPlan,
    Once,
    PartOf,
    Period,
    PhaseOfPlan,
    Rolling,
    Standing,
)

if TYPE_CHECKING:
    from .words import Speaker

# unit: (Chinese name, Chinese measure word before a number, English name)
UNITS = {
    "year": ("学年", "", "school year"),
    "calendar_year": ("公历年", "个", "calendar year"),
    "half_year": ("半年", "个", "half-year"),
    "term": ("学期", "个", "term"),
    "quarter": ("季度", "个", "quarter"),
    "month": ("月", "个", "month"),
    "teaching_week": ("教学周", "个", "teaching week"),
    "school_day": ("教学日", "个", "school day"),
}
WEEKDAYS = {
    "monday": "星期一", "tuesday": "星期二", "wednesday": "星期三", "thursday": "星期四", "friday": "星期五",
    "saturday": "星期六", "sunday": "星期日",
}  # fmt: skip
_NTH = {1: "first", 2: "second", 3: "third"}


def period_words(node: Period, say: Speaker) -> str:
    """A phrase that stands before the verb in Chinese and at the end in English."""
    if isinstance(node, Every):
        return _every(node, say)
    if isinstance(node, PartOf):
        return _part(node, say)
    if isinstance(node, PhaseOfPlan):
        return _phase(node, say)
    if isinstance(node, MonthOfPlan):
        return say(f"按安排在{node.month}月", f"in month {node.month} of the plan")
    if isinstance(node, Between):
        return say(f"在{node.first}至{node.last}期间", f"from {node.first} to {node.last}")
    if isinstance(node, By):
        return say(f"在{node.due}前（含当日）", f"by {node.due}")
    if isinstance(node, OwnWindows | Break | Rolling | Standing):
        return occasion_words(node, say)
    return say("（一次性）", "once") if isinstance(node, Once) else say("当天", "on its own days")


def _phase(node: PhaseOfPlan, say: Speaker) -> str:
    phase = say.pack.phases.get(node.phase)
    title = say(f"（{phase.title}）", f" ({phase.title})") if phase and say.by_title else ""
    return say(f"在第{node.phase}阶段{title}", f"in phase {node.phase} of the plan{title}")


def _every(node: Every, say: Speaker) -> str:
    zh, classifier, en = UNITS[node.unit]
    if node.teaching:
        zh, en = f"教学{zh}", f"teaching {en}"
    if node.n == 1:
        text = say(f"每{classifier}{zh}", f"in each {en}")
    elif node.n == 2 and node.unit == "teaching_week":
        text = say("每两个教学周", "in every two teaching weeks")
    else:
        text = say(f"每{node.n}{classifier}{zh}", f"in every {node.n} {en}s")
    cut = {
        "full": ("（不足的也按整的算）", " (a cut one owes in full)"),
        "prorate": ("（不足的折算）", " (a cut one in proportion)"),
    }
    return text + say(*cut[node.stub]) if node.stub in cut else text


def _part(node: PartOf, say: Speaker) -> str:
    zh, classifier, en = UNITS.get(node.unit, (WEEKDAYS.get(node.unit, ""), "个", node.unit.title()))
    whole_zh, whole_classifier, whole_en = UNITS[node.of]
    whole = f"每{whole_classifier}{whole_zh}"
    if node.nth:
        nth = _NTH.get(node.nth, f"{node.nth}th")
        return say(f"{whole}的第{node.nth}{classifier}{zh}", f"in the {nth} {en} of each {whole_en}")
    n, zh_word, en_word = (node.first_n, "最初", "first") if node.first_n else (node.last_n, "最后", "last")
    plural = "" if n == 1 else "s"
    return say(
        f"{whole}{zh_word}{n}{classifier}{zh}", f"in the {en_word} {n} {en}{plural} of each {whole_en}"
    )
