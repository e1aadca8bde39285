"""Measures of days in a row, of what holds and of shares in words, as the phrase after "应" / "must"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .bounds import Constant
from .conditions import Always
from .measures_days import Gap, Run
from .measures_shares import Members, Share, VerdictShare
from .measures_standing import DaysIn, Links, Reached

if TYPE_CHECKING:
    from .tree import Requirement, SubjectKind
    from .words import Speaker

_MEMBERS = {
    "student": ("学生", "students"), "staff": ("教职工", "staff"), "member": ("党员", "Party members"),
    "guardian": ("家长", "guardians"), "homeroom": ("班级", "homerooms"), "branch": ("党支部", "Party branches"),
    "department": ("部门", "departments"), "": ("人", "people"),
}  # fmt: skip
_VERDICTS = {"met": ("已完成", "met"), "missed": ("未完成", "missed"), "open": ("进行中", "open")}


def measure_words(item: Requirement, subject: SubjectKind, say: Speaker) -> str | None:
    """The phrase of a requirement with such a measure, None for the other measures."""
    measure, bound = item.measure, item.bound.words(say)
    if isinstance(measure, Run):
        unit = measure.words(say)
        return _doing(item, subject, say) + say(f"，连续{bound}{unit}", f" on {bound} {unit} in a row")
    if isinstance(measure, Gap):
        unit = measure.words(say)
        zh, en = f"，没有活动的连续日子{bound}{unit}", f", with {bound} {unit} in a row without it"
        return _doing(item, subject, say) + say(zh, en)
    if isinstance(measure, Links):
        return _links(measure, bound, say)
    if isinstance(measure, Reached):
        return _reached(measure, item, bound, say)
    if isinstance(measure, DaysIn):
        return say(
            f"处于{measure.test.words(say)}的状态{bound}天",
            f"be in {measure.test.words(say)} on {bound} days",
        )
    if isinstance(measure, Share):
        return _share(measure, item, subject, bound, say)
    if isinstance(measure, VerdictShare):
        return _verdict_share(measure, bound, say)
    return None


def _doing(item: Requirement, subject: SubjectKind, say: Speaker) -> str:
    from .words import _doing as doing

    return doing(say, item, subject)


def _links(measure: Links, bound: str, say: Speaker) -> str:
    who = say.listing((say.link(link) for link in measure.links), "或", " or ")
    conditions = [measure.other.where.words(say)]
    if measure.other.subject_type:
        zh, en = _MEMBERS.get(measure.other.subject_type, (measure.other.subject_type,) * 2)
        conditions.insert(0, say(f"须是{zh}", f"of {en}"))
    inside = say("，", ", ").join(text for text in conditions if text)
    detail = say(f"（{inside}）", f" ({inside})") if inside else ""
    return say(f"有“{who}”{bound}个{detail}", f"have {bound} {who}{detail}")


def _reached(measure: Reached, item: Requirement, bound: str, say: Speaker) -> str:
    state, name = say.value(measure.machine, measure.state), say.attribute(measure.machine)
    if item.bound.low == Constant(1):
        return say(f"达到“{name}：{state}”", f"have reached {state} ({name})")
    return say(f"达到“{name}：{state}”的次数{bound}", f"have reached {state} ({name}) {bound} times")


def _share(measure: Share, item: Requirement, subject: SubjectKind, bound: str, say: Speaker) -> str:
    who = members_words(measure.members, subject, say)
    day = _day(measure, say)
    if measure.holding is not None:
        held = measure.holding.words(say)
        return say(f"有{bound}的{who}{day}满足：{held}", f"have {bound} of {who}{day} for whom {held}")
    if subject.is_activity:
        parts = say.listing((say.part(item.count.kinds, part) for part in item.count.parts), "或", " or ")
        return say(
            f"有{bound}的{who}担任“{parts or '参加人'}”", f"have {bound} of {who} as {parts or 'participant'}"
        )
    from .tree import SubjectKind as Kind

    doing = _doing(item, Kind(measure.members.type or "staff"), say)
    return say(f"有{bound}的{who}{day}{doing}", f"have {bound} of {who}{day} {doing}")


def members_words(members: Members, subject: SubjectKind, say: Speaker) -> str:
    zh, en = _MEMBERS.get(members.type, (members.type, members.type))
    if members.part:
        part = say.part([subject.kind], members.part)
        zh, en = f"“{part}”", f"those in {part}"
    elif members.link:
        link = say.link(members.link)
        zh, en = f"“{link}”", f"those who are {link}"
    where = "" if isinstance(members.where, Always) else members.where.words(say)
    return say(zh, en) + (say(f"（{where}）", f" (if {where})") if where else "")


def _day(measure: Share, say: Speaker) -> str:
    if measure.set_on == "last_day":
        return ""
    if measure.set_on == "first_day":
        return say("（按第一天的名单）", " (as of the first day)")
    return say(f"（按{measure.set_on}的名单）", f" (as of {measure.set_on})")


def _verdict_share(measure: VerdictShare, bound: str, say: Speaker) -> str:
    rule, verdict = say.rule(measure.obligation), say(*_VERDICTS[measure.verdict])
    return say(
        f"在“{rule}”应做的对象里有{bound}{verdict}", f"have {bound} of those asked for {rule} {verdict}"
    )
