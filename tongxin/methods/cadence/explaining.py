"""A verdict in words: its reason, and one sentence that answers "why is this red?"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .words import Speaker

if TYPE_CHECKING:
    from .pack import Pack
    from .reference import Verdict

VERDICTS = {
    "met": ("已完成", "met"),
    "open": ("进行中", "open"),
    "missed": ("未完成", "missed"),
    "waived": ("已免除", "waived"),
    "not_expected": ("不要求", "not expected"),
}
_LEFT = {
    "presence": ("已不在校", "no longer present"),
    "membership": ("党组织关系已变动", "no longer a member of the branch"),
    "condition": ("条件已不成立", "the condition no longer holds"),
}
_PLAIN = {
    "": ("", ""),
    "hours": ("不在限定的小时内", "not within the hours"),
    "about": ("没有注明答复的是这一次", "does not answer this very one"),
    "event retracted": ("事件已撤回", "the event was taken back"),
    "absent": ("登记为缺席", "recorded absent"),
    "by": ("不是由要求的人开展的", "not done by the person asked for"),
    "with": ("对象不符合要求", "not with the counterpart asked for"),
    "encouraged": ("鼓励性要求，不计未完成", "encouraged only"),
    "no school day": ("这一时段没有教学日", "no school day in it"),
    "nothing owed": ("折算后不需要完成", "nothing is owed"),
    "no item applies": ("清单里没有适用的项目", "no item applies"),
    "waived": ("已批准免除", "waived"),
    "exempt": ("属于不要求的情形", "exempt"),
}


def reason_words(pack: Pack, reason: str, lang: str = "zh") -> str:
    """A reason of a verdict or of a rejected entry as a phrase."""
    say = Speaker(pack, lang)
    if reason in _PLAIN:
        return say(*_PLAIN[reason])
    head, _, rest = reason.partition(": ")
    if head == "unknown":
        names = say.listing(say.attribute(name) for name in rest.split(", "))
        return say(f"“{names}”没有登记", f"{names} is not known")
    if head == "evidence missing":
        any_one = " or " in rest
        names = say.listing(
            (say.evidence(name) for name in rest.replace(" or ", ", ").split(", ")),
            "或" if any_one else "、",
            " or " if any_one else " and ",
        )
        return say(f"缺佐证材料：{names}", f"evidence missing: {names}")
    if head == "filtered":
        known = any(kind.amount(rest) for kind in pack.kinds.values())
        name = say.amount(rest) if known else say.qualifier(rest)
        return say(f"{name}不符合要求", f"{name} is not what is asked for")
    if head == "overridden":
        return say(f"改按“{say.rule(rest)}”", f"{say.rule(rest)} holds instead")
    if head == "not set":
        return say(f"“{rest}”还没有公布或填写", f"{rest} is not set yet")
    if head == "waived":
        return say(f"已批准免除：{rest}", f"waived: {rest}")
    if head.startswith("out of scope since "):
        day = head.removeprefix("out of scope since ")
        return say(f"从{day}起{_LEFT[rest][0]}", f"{_LEFT[rest][1]} since {day}")
    if head.startswith("present "):
        days = [word for word in head.split() if word.isdigit()]
        return say(f"在校{days[0]}天，不满{days[1]}天", f"present {days[0]} days, fewer than {days[1]}")
    return reason


def explain(pack: Pack, verdict: Verdict, lang: str = "zh") -> str:
    """One sentence: the window, what counted, what did not and why, and the rule's source."""
    say = Speaker(pack, lang)
    rule = next((r for r in pack.versions(verdict.obligation) if r.version == verdict.version), None)
    title = (rule.title if rule else verdict.obligation) if say.zh else verdict.obligation
    word = say(*VERDICTS[verdict.verdict])
    owed, done = say.number(verdict.owed), say.number(verdict.done)
    text = say(
        f"“{title}”在{verdict.window}{word}：应{owed}，已{done}",
        f"{title} in {verdict.window} is {word}: {done} of {owed}",
    )
    if verdict.most is not None:
        text += say(f"（至多{say.number(verdict.most)}）", f" (at most {say.number(verdict.most)})")
    if verdict.reason:
        text += say("，", ", ") + reason_words(pack, verdict.reason, lang)
    if verdict.counted:
        text += say(f"；计入{len(verdict.counted)}次活动", f"; {len(verdict.counted)} entries counted")
    for entry, reason in verdict.rejected:
        text += say(
            f"；{entry}没有计入，{reason_words(pack, reason, lang)}",
            f"; {entry} not counted, {reason_words(pack, reason, lang)}",
        )
    if verdict.late_by:
        text += say(f"；晚{verdict.late_by}天做到", f"; done {verdict.late_by} days late")
    if rule and rule.source.document:
        place = f"{rule.source.document} {rule.source.at}".strip()
        text += say(f"。依据：{place}", f". Source: {place}")
    return text + say("。", ".")
