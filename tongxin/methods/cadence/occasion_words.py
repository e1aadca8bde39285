"""Periods that run from what happened, in words: 在信号发出后24小时内 / within 24 hours of the signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .occasions import (
    ARRIVED,
    BEGINS,
    ENTRY_KIND,
    EVENT,
    ITSELF,
    LEFT,
    Before,
    BetweenEvents,
    ByAnnounced,
    Happening,
    Within,
)
from .periods import Break, Period, Rolling, Standing

if TYPE_CHECKING:
    from .words import Speaker

LENGTHS = {
    "hour": ("小时", "hour"), "day": ("天", "day"), "school_day": ("个教学日", "school day"),
    "month": ("个月", "month"), "year": ("年", "year"),
}  # fmt: skip
SEASONS = {"summer": ("暑假", "summer break"), "winter": ("寒假", "winter break"), "any": ("假期", "break")}


def length_words(n: int, unit: str, say: Speaker) -> str:
    zh, en = LENGTHS[unit]
    return say(f"{n}{zh}", f"{n} {en}{'' if n == 1 else 's'}")


def happening_words(node: Happening, say: Speaker) -> str:
    """What happened, as a noun."""
    if node.source == EVENT:
        return say.event(node.event)
    if node.source == ENTRY_KIND:
        return say(f"“{say.kind(node.event)}”", say.kind(node.event))
    if node.source == BEGINS:
        name = say.link(node.event)
        return say(f"成为{name}", f"becoming {name}")
    return {
        ARRIVED: say("到校", "arrival"), LEFT: say("离校", "departure"), ITSELF: say("活动", "the activity"),
    }[node.source]  # fmt: skip


def occasion_words(node: Period, say: Speaker) -> str:
    """A phrase that stands before the verb in Chinese and at the end in English."""
    if isinstance(node, Within):
        length, what = length_words(node.n, node.unit, say), happening_words(node.happening, say)
        return say(f"在{what}后{length}内", f"within {length} of {what}")
    if isinstance(node, Before):
        what = happening_words(node.happening, say)
        if not node.n:
            return say(f"在{what}之前", f"before {what}")
        length = length_words(node.n, node.unit, say)
        return say(f"在{what}之前的{length}内", f"in the {length} before {what}")
    if isinstance(node, BetweenEvents):
        start, end = happening_words(node.start, say), happening_words(node.end, say)
        return say(f"从{start}到{end}", f"from {start} until {end}")
    if isinstance(node, ByAnnounced):
        name = say.announced(node.announced)
        return say(f"在公布的日期（{name}）前", f"by the announced day ({name})")
    if isinstance(node, Break):
        zh, en = SEASONS[node.season]
        return say(f"每个{zh}", f"in each {en}")
    if isinstance(node, Rolling):
        length = length_words(node.n, node.unit, say)
        return say(f"最近{length}内", f"in the last {length}")
    grace = node.grace if isinstance(node, Standing) else 0
    text = say("任何时候", "at any time")
    return text + say(f"（宽限{grace}天）", f" (with {grace} days' grace)") if grace else text
