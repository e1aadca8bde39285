"""Spelling of the measures that look at more than the entries of a subject → nodes: days in a row, what holds, shares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .bounds import Bound
from .conditions import AttributeTest
from .counting import Companion, Count, Measure, Times
from .located import LMap
from .measures_days import UNITS, Gap, Run
from .measures_shares import FIRST_DAY, LAST_DAY, Members, Share, VerdictShare
from .measures_standing import DaysIn, Links, Reached
from .parse_conditions import read_condition
from .parse_states import machine_of
from .reading import Context, day_of, text_of, texts
from .tree import GROUP_LINKS, SUBJECTS, SubjectKind

# How a share names whom it is of: the plural, or the subject type itself.
SETS = {
    "students": "student", "staff": "staff", "members": "member", "guardians": "guardian", "homerooms": "homeroom",
    "branches": "branch", "departments": "department",
}  # fmt: skip
SHARED = (*GROUP_LINKS, "school")
VERDICTS = ("met", "missed", "open")


@dataclass(frozen=True)
class FractionOf(Measure):
    """Stands for the measure of another obligation until that one is read too (parse_fractions.py)."""

    obligation: str

    @property
    def is_share(self) -> bool:
        return True

    @property
    def needs_count(self) -> bool:
        return False


def read_wider_measure(
    name: str, value: LMap, context: Context, subject: SubjectKind, count: Count
) -> Measure | None:
    """The measure of a mapping by its first key, None when the name is none of these."""
    readers = {
        "run": _run, "gap": _gap, "links": _links, "state": _state, "days_in": _days_in, "share": _share,
        "fraction_of": _fraction_of,
    }  # fmt: skip
    if name not in readers:
        return None
    found = readers[name](value, context, subject)
    if count.kinds and found is not None and not found.needs_count and name != "fraction_of":
        context.error(value, "measure", f"“{name}”不看活动记录。请删去“count”，或换一种数法。")
    return found or Times()


def needs_count(value: Any) -> bool:
    """Does a measure as spelled need a `count`."""
    if not isinstance(value, LMap) or not value:
        return True
    name, inside = next(iter(value.items()))
    if name == "share" and isinstance(inside, LMap):
        of = inside.get("of")
        return "where" not in inside and not (isinstance(of, LMap) and "obligation" in of)
    return name not in ("links", "state", "days_in", "fraction_of")


# days in a row


def _run(value: LMap, context: Context, subject: SubjectKind) -> Measure | None:
    unit = _day_unit(value, "run", context, subject)
    return Run(unit) if unit else None


def _gap(value: LMap, context: Context, subject: SubjectKind) -> Measure | None:
    unit = _day_unit(value, "gap", context, subject)
    return Gap(unit) if unit else None


def _day_unit(value: LMap, name: str, context: Context, subject: SubjectKind) -> str:
    context.unknown_keys(value, (name,), "“measure”")
    unit = text_of(value[name])
    if unit not in UNITS:
        context.error(value.at(name), "measure", f"“{name}”只能写 day（日历上的天）或 school_day（教学日）。")
        return ""
    if subject.is_activity:
        context.error(
            value.at(name), "measure", f"针对每次活动的要求不能用“{name}”。请改为对人或班级的要求。"
        )
        return ""
    return unit


# what holds


def _links(value: LMap, context: Context, subject: SubjectKind) -> Measure | None:
    context.unknown_keys(value, ("links", "end", "with"), "“measure”")
    names, end = texts(value["links"]), text_of(value.get("end")) or "either"
    if not names:
        context.error(value.at("links"), "measure", "“links”要写关系或岗位，一种或几种。")
    for name in names:
        if not context.names.is_link(name):
            context.error(
                value.at("links"), "unknown-link", f"没有“{name}”这种关系。请在“links”里声明，或改正名称。"
            )
    if end not in ("a", "b", "either"):
        context.error(value.at("end"), "measure", "“end”写对象在关系的哪一端：a、b 或 either。")
        end = "either"
    _not_of_activities("links", value, context, subject)
    return Links(names, end, _other_end(value, context))


def _other_end(value: LMap, context: Context) -> Companion:
    said = value.get("with")
    if said is None:
        return Companion()
    if not isinstance(said, LMap):
        context.error(
            value.at("with"), "measure", "“with”要写另一端是谁，例如 {subject: member} 或 {where: …}。"
        )
        return Companion()
    context.unknown_keys(said, ("subject", "where"), "“with”")
    kind = text_of(said.get("subject"))
    if kind and kind not in SUBJECTS:
        context.error(said.at("subject"), "unknown-subject", f"没有“{kind}”这类对象。请改正名称。")
    return Companion(subject_type=kind, where=read_condition(said.get("where"), context, said.at("where")))


def _not_of_activities(name: str, value: LMap, context: Context, subject: SubjectKind) -> None:
    if subject.is_activity:
        context.error(value, "measure", f"活动本身没有关系和状态，不能用“{name}”。请改为对人或班级的要求。")


def _state(value: LMap, context: Context, subject: SubjectKind) -> Measure | None:
    context.unknown_keys(value, ("state",), "“measure”")
    _not_of_activities("state", value, context, subject)
    found = machine_of(value["state"], context, value.at("state"))
    return Reached(found[0].name, found[1]) if found else None


def _days_in(value: LMap, context: Context, subject: SubjectKind) -> Measure | None:
    context.unknown_keys(value, ("days_in",), "“measure”")
    _not_of_activities("days_in", value, context, subject)
    found = machine_of(value["days_in"], context, value.at("days_in"))
    if found is None:
        return None
    declared, state = found
    return DaysIn(AttributeTest(declared.name, declared.of, declared.type, (state,)))


# shares


def _share(value: LMap, context: Context, subject: SubjectKind) -> Measure | None:
    context.unknown_keys(value, ("share",), "“measure”")
    said = value["share"]
    if not isinstance(said, LMap) or "of" not in said:
        context.error(value.at("share"), "measure", "“share”要写占谁的比例，例如 {share: {of: students}}。")
        return None
    if not subject.is_activity and subject.name not in SHARED:
        context.error(
            value.at("share"),
            "measure",
            "占比只能用于班级、支部、部门、学校和活动。请改“subject”，或换一种数法。",
        )
        return None
    if isinstance(said["of"], LMap) and "obligation" in said["of"]:
        context.unknown_keys(said, ("of",), "“share”")
        return _verdict_share(said["of"], context)
    context.unknown_keys(said, ("of", "set_on", "where"), "“share”")
    members = _members(said, context, subject)
    holding = read_condition(said["where"], context, said.at("where")) if "where" in said else None
    return Share(members, _set_on(said, context), holding)


def _verdict_share(of: LMap, context: Context) -> Measure:
    context.unknown_keys(of, ("obligation", "verdict"), "“of”")
    verdict = text_of(of.get("verdict")) or "met"
    if verdict not in VERDICTS:
        context.error(of.at("verdict"), "measure", f"“verdict”只能写：{'、'.join(VERDICTS)}。")
    return VerdictShare(text_of(of["obligation"]), verdict)


def _set_on(said: LMap, context: Context) -> Any:
    value = said.get("set_on")
    day = day_of(value)
    if value is None or day is not None:
        return day or LAST_DAY
    if text_of(value) not in (FIRST_DAY, LAST_DAY):
        context.error(said.at("set_on"), "measure", "“set_on”只能写 first_day、last_day 或一个日期。")
        return LAST_DAY
    return text_of(value)


def _members(said: LMap, context: Context, subject: SubjectKind) -> Members:
    of = said["of"]
    if not isinstance(of, LMap):
        of = LMap({("part" if subject.is_activity else "set"): of})
        of.file, of.line = said.file, said.line
    context.unknown_keys(of, ("set", "link", "end", "part", "where"), "“of”")
    where = read_condition(of.get("where"), context, of.at("where"))
    if subject.is_activity:
        part, kind = text_of(of.get("part")), context.names.kinds.get(subject.kind)
        if kind is not None and kind.part(part) is None:
            context.error(
                said.at("of"),
                "unknown-part",
                f"活动“{kind.name}”没有“{part}”这个角色。请写应到的角色，例如 invited。",
            )
        return Members(part=part, where=where)
    named = text_of(of.get("set"))
    kind_of = SETS.get(named, named)
    if "link" in of:
        return _linked_members(of, kind_of, where, context)
    if kind_of not in SETS.values():
        context.error(said.at("of"), "measure", f"“of”只能写：{'、'.join(SETS)}，或 {{link: 关系}}。")
    if kind_of in GROUP_LINKS and subject.name != "school":
        context.error(said.at("of"), "measure", f"只有学校才有几个{named}。请改“of”。")
    return Members(kind_of, where=where)


def _linked_members(of: LMap, kind: str, where: Any, context: Context) -> Members:
    name, end = text_of(of["link"]), text_of(of.get("end")) or "a"
    if not context.names.is_link(name):
        context.error(of.at("link"), "unknown-link", f"没有“{name}”这种关系。请在“links”里声明，或改正名称。")
    if end not in ("a", "b"):
        context.error(of.at("end"), "measure", "“end”写成员在关系的哪一端：a 或 b。")
    return Members(kind if "set" in of else "", name, end if end == "b" else "a", where=where)


def _fraction_of(value: LMap, context: Context, subject: SubjectKind) -> Measure | None:
    context.unknown_keys(value, ("fraction_of",), "“measure”")
    said = value["fraction_of"]
    name = text_of(said.get("obligation")) if isinstance(said, LMap) else text_of(said)
    if not name:
        context.error(
            value.at("fraction_of"),
            "measure",
            "“fraction_of”要写是哪条要求的几分之几，例如 {obligation: hours-total}。",
        )
        return None
    return FractionOf(name)


def read_on(mapping: LMap, measure: Measure, bound: Bound, context: Context) -> Measure:
    """`on: every_day | any_day`: links are judged on every or any day of the window instead of its last."""
    said = text_of(mapping["on"])
    one_sided = (bound.low is None) != (bound.high is None)
    if said not in ("every_day", "any_day") or not isinstance(measure, Links) or not one_sided:
        sentence = "“on”只能写 every_day 或 any_day，而且只用于数关系（links），配 at_least 或 at_most 之一。"
        context.error(mapping.at("on"), "on", sentence)
        return measure
    if measure.other != Companion():
        context.error(mapping.at("on"), "on", "写了“on”就不能再限定另一端是谁。请删去其中一个。")
    least = (said == "every_day") == (bound.low is not None)
    return replace(measure, on=said, extreme="min" if least else "max")
