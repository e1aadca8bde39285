"""A verdict in words: its reason, and one sentence that answers "why is this red?"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .precedence import above, below
from .words import Speaker, sentence

if TYPE_CHECKING:
    from .pack import Pack
    from .reference import Verdict
    from .tree import Obligation

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
    "link": ("这一对的关系已结束", "the link no longer holds"),
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
    "beyond the minimum": ("已够数，不再占用", "not needed for the minimum"),
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
    if head == "counted for":
        return say(f"已算作“{say.rule(rest)}”", f"counted for {say.rule(rest)}")
    if head == "overridden":
        return say(f"改按“{say.rule(rest)}”", f"{say.rule(rest)} holds instead")
    if head == "not set":
        if rest.startswith("ask:"):
            name = say.rule(rest.removeprefix("ask:"))
            return say(f"“{name}”的数量还没有填写", f"the number of {name} is not set yet")
        if not rest:
            return say("要用到的数或日期还没有公布或填写", "a number or day it needs is not set yet")
        called = [
            say.announced(name.removeprefix("announced:")) for name in rest.replace("、", ", ").split(", ")
        ]
        return say(f"“{'、'.join(called)}”还没有公布或填写", f"{', '.join(called)} is not set yet")
    if head == "waived":
        return say(f"已批准免除：{rest}", f"waived: {rest}")
    if head.startswith("out of scope since "):
        day = head.removeprefix("out of scope since ")
        return say(f"从{day}起{_LEFT[rest][0]}", f"{_LEFT[rest][1]} since {day}")
    if head.startswith("present "):
        days = [word for word in head.split() if word.isdecimal()]
        return say(f"在校{days[0]}天，不满{days[1]}天", f"present {days[0]} days, fewer than {days[1]}")
    return reason


LEVELS = {
    "nation": ("国家", "the state"), "national": ("国家", "the state"), "state": ("国家", "the state"),
    "province": ("省", "the province"), "city": ("市", "the city"), "district": ("区县", "the district"),
    "county": ("区县", "the county"), "bureau": ("教育局", "the bureau"), "school": ("学校", "the school"),
}  # fmt: skip
MODALITIES = {
    "must": ("必须", "must"),
    "in_principle": ("原则上", "in principle"),
    "encouraged": ("鼓励", "encouraged"),
}


def source_words(pack: Pack, rule: Obligation, lang: str = "zh") -> str:
    """Where a rule is written, on which level, and with what force."""
    say = Speaker(pack, lang)
    level = LEVELS.get(rule.source.level, (rule.source.level, rule.source.level))
    between = ", " if say.by_title and not say.zh else " "
    place = between.join(part for part in (rule.source.document, rule.source.at) if part)
    facts = [say(*level), say(*MODALITIES[rule.source.modality])]
    return place + say("（", " (") + say("，", ", ").join(fact for fact in facts if fact) + say("）", ")")


def closing_words(pack: Pack, rule: Obligation, verdict: Verdict, lang: str = "zh") -> str:
    """What would close a gap, or "" where there is none to close."""
    if verdict.verdict not in ("open", "missed"):
        return ""
    say = Speaker(pack, lang)
    parts = []
    left = verdict.owed - verdict.done
    if left > 0:
        kinds = say.listing((say.kind(name) for name in sorted(rule.kinds())), "或", " or ")
        parts.append(
            say(
                f"再登记{kinds}，还差{say.number(left)}",
                f"{say.number(left)} more of {kinds} would close it",
            )
        )
    elif verdict.most is not None:
        parts.append(
            say(
                f"到最后一天不超过{say.number(verdict.most)}就算完成",
                f"it is met if it stays within {say.number(verdict.most)} to the last day",
            )
        )
    lacking = [entry for entry, reason in verdict.rejected if reason.startswith("evidence missing")]
    if lacking:
        entries = say.listing(lacking)
        parts.append(say(f"给{entries}补上佐证材料就能计入", f"evidence for {entries} would make it count"))
    if rule.waiver and rule.waiver.by:
        post = say.post(rule.waiver.by)
        parts.append(say(f"请{post}批准豁免", f"{post} may waive it"))
    return say("，或", ", or ").join(parts)


def explain(pack: Pack, verdict: Verdict, lang: str = "zh", others: Mapping[str, Pack] | None = None) -> str:
    """One sentence: what is asked, the window, what counted, what did not and why, the source, who is stricter, what follows.

    others: packs by slug whose rules this one may tighten, or that may tighten it.
    """
    say = Speaker(pack, lang)
    rule = next((r for r in pack.versions(verdict.obligation) if r.version == verdict.version), None)
    title = rule.title if rule and say.by_title else verdict.obligation
    title = title if say.zh or not rule or not say.by_title else f"“{title}”"
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
    text += _entries_words(say, verdict)
    if verdict.late_by:
        text += say(f"；晚{verdict.late_by}天做到", f"; done {verdict.late_by} days late")
    if rule is not None:
        text += _rule_words(say, rule, verdict, others or {})
    return text + say("。", ".")


def _entries_words(say: Speaker, verdict: Verdict) -> str:
    text = ""
    if verdict.counted:
        listed = say.listing(verdict.counted)
        text += say(
            f"；计入{len(verdict.counted)}次活动（{listed}）",
            f"; {len(verdict.counted)} entries counted ({listed})",
        )
    for entry, reason in verdict.rejected:
        why = reason_words(say.pack, reason, "zh" if say.zh else "en")
        text += say(f"；{entry}没有计入，{why}", f"; {entry} not counted, {why}")
    return text


def _rule_words(say: Speaker, rule: Obligation, verdict: Verdict, others: Mapping[str, Pack]) -> str:
    """The rule as a sentence of its own, what would close the gap, its source, and who asks above and below it."""
    lang = "zh" if say.zh else "en"
    asked = sentence(say.pack, rule, lang).rstrip("。.")
    text = say(f"。要求：{asked}", f". Asked: {asked}")
    closing = closing_words(say.pack, rule, verdict, lang)
    if closing:
        text += say(f"。怎样了结：{closing}", f". To close it: {closing}")
    if rule.source.document:
        text += say("。依据：", ". Source: ") + source_words(say.pack, rule, lang)
    for asker in above(say.pack, rule, others):
        there = source_words(asker.pack, asker.rule, lang)
        there_is = _asker(asker.pack, asker.rule)
        text += say(f"，收紧了“{asker.rule.title}”，{there}", f", stricter than {there_is}, {there}")
    for asker in below(say.pack, rule, others):
        there = source_words(asker.pack, asker.rule, lang)
        there_is = _asker(asker.pack, asker.rule)
        text += say(f"，被“{asker.rule.title}”收紧，{there}", f", tightened by {there_is}, {there}")
    return text


def _asker(pack: Pack, rule: Obligation) -> str:
    return f"“{rule.title}”" if pack.language == "en" else rule.id
