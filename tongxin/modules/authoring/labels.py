"""What the choices of slots are called, in the language of the page."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tongxin.methods.cadence.conditions import NUMERIC
from tongxin.methods.cadence.counting import DISTINCT
from tongxin.methods.cadence.occasions import ARRIVED, LEFT
from tongxin.methods.cadence.pack import Pack, vocabulary
from tongxin.methods.cadence.slot_choices import WHOLES, conditions, measures, subjects
from tongxin.methods.cadence.slots import ASKED, BANDED, FAILS, HOLDS, KEPT, ONE_OF, PART_OF, TEACHING_MONTH
from tongxin.methods.cadence.slots_conditions import BOUND, TIED
from tongxin.methods.cadence.words import SUBJECTS_EN, SUBJECTS_ZH, Speaker

Choices = list[tuple[str, str]]


# Cases are kept by those who care for a child and are no subjects of a school's data: a rule about each would judge nobody.
NOT_OFFERED = ("case",)


def subject_choices(pack: Pack, say: Speaker) -> Choices:
    names = [name for name in subjects(vocabulary(pack)) if name not in NOT_OFFERED]
    return [(name, subject_word(name, say)) for name in names]


def subject_word(name: str, say: Speaker) -> str:
    word, _sep, of = name.partition(":")
    if word == "activity":
        return say(f"每次“{say.kind(of)}”", f"each {say.kind(of)}")
    if word == "pair":
        return say(f"每对“{say.link(of)}”", f"each pair: {say.link(of)}")
    return say(SUBJECTS_ZH.get(name, name), SUBJECTS_EN.get(name, name.replace("_", " ")))


def condition_choices(pack: Pack, say: Speaker) -> Choices:
    found = [("", _("（没有条件）"))]
    return [*found, *((what, condition_word(what, say)) for what in conditions(vocabulary(pack)))]


def condition_word(what: str, say: Speaker) -> str:
    kind, _sep, rest = what.partition(":")
    if kind == "attribute":
        return say.attribute(rest)
    if kind == "post":
        return _("担任%(post)s") % {"post": say.post(rest)}
    link, _sep, end = rest.partition(":")
    words = {"a": _("有%(link)s（作为甲方）"), "b": _("有%(link)s（作为乙方）")}
    return words.get(end, _("有%(link)s")) % {"link": say.link(link)}


def operator_choices(names: tuple[str, ...]) -> Choices:
    words = {
        "is": _("是"), "not": _("不是"), "at_least": _("不少于"), "at_most": _("不多于"), HOLDS: _("是这样"), FAILS: _("不是这样"),
    }  # fmt: skip
    return [(name, words[name]) for name in names]


def tie_choices(joined: str) -> Choices:
    """How a condition hangs on those above it."""
    if joined == "any":
        return [
            ("", _("或者")),
            (TIED, _("并且（和上面合成一组）")),
            (BOUND, _("或者（只和上一个合成一小组）")),
        ]
    return [("", _("并且")), (TIED, _("或者（和上面合成一组）")), (BOUND, _("并且（只和上一个合成一小组）"))]


def measure_choices(pack: Pack, kinds: list[str], say: Speaker, subject: str) -> Choices:
    say = say.about(tuple(kinds))
    return [(name, measure_word(name, say, subject)) for name in measures(vocabulary(pack), kinds, subject)]


def _set_word(of: str, say: Speaker, subject: str) -> str:
    words = {
        "students": _("学生"), "staff": _("教职工"), "members": _("党员"), "guardians": _("家长"),
        "homerooms": _("班级"), "branches": _("党支部"), "departments": _("部门"),
    }  # fmt: skip
    return words.get(of) or say.part([subject.partition(":")[2]], of)


def own_measure_word(name: str, say: Speaker, subject: str) -> str:
    """A measure that a rule has and the list does not: what is usual, what has no slot, or one of a rare kind."""
    if name in ("", KEPT):
        return _("按原来的写法") if name else _("（照常）")
    return measure_word(name, say, subject)


def measure_word(name: str, say: Speaker, subject: str = "") -> str:
    word, _sep, of = name.partition(":")
    if word == "share":
        return _("占%(set)s的几分之几或百分之几") % {"set": _set_word(of, say, subject)}
    if word == "links":
        return _links_word(of, say)
    if word in ("state", "days_in"):
        title = {"state": _("达到过“%(state)s”"), "days_in": _("处于“%(state)s”的天数")}[word]
        return title % {"state": _state_word(of, say)}
    plain = {"times": _("次（活动数）"), "people": _("人（不同的人）"), "person_times": _("人次")}
    if word in plain:
        return plain[word]
    if word in ("sum", "max", "average"):
        title = {"sum": _("%(amount)s合计"), "max": _("一次最多%(amount)s"), "average": _("平均%(amount)s")}[
            word
        ]
        return title % {"amount": say.amount(of)}
    if word == "distinct" and of in DISTINCT:
        return {"counterpart": _("个不同的对象"), "kind": _("种不同的活动"), "theme": _("个不同的主题"),
                "place": _("处不同的地点"), "day": _("天（不同的日子）")}[of]  # fmt: skip
    days = _("教学日") if of == "school_day" else _("天")
    return {"run": _("连续%(days)s"), "gap": _("最长间隔%(days)s")}[word] % {"days": days}


def _state_word(code: str, say: Speaker) -> str:
    attribute, equals, state = code.partition("=")
    if equals:
        return say.value(attribute, state)
    named = (name for name, one in say.pack.attributes.items() if one.type == "state" and code in one.values)
    return say.value(next(named, ""), code)


def _links_word(of: str, say: Speaker) -> str:
    name, _sep, end = of.partition(":")
    if name in say.pack.posts:
        return _("现任的%(post)s人数（不看活动）") % {"post": say.post(name)}
    ends = {
        "a": _("现有“%(link)s”个数，作为甲方（不看活动）"),
        "b": _("现有“%(link)s”个数，作为乙方（不看活动）"),
    }
    return ends.get(end, _("现有“%(link)s”个数（不看活动）")) % {"link": say.link(name)}


def bound_choices(kept: bool) -> Choices:
    found = [("at_least", _("至少")), ("at_most", _("至多")), ("exactly", _("正好")), ("between", _("介于"))]
    found += [(BANDED, _("至少，按情况定数")), (ASKED, _("至少，数由学校的人填写"))]
    found += [(ONE_OF, _("正好是这几个数之一")), (PART_OF, _("至少，按某个数的几分之几"))]
    return [*found, (KEPT, _("按原来的写法"))] if kept else found


def number_help(bound: str) -> str:
    if bound == ONE_OF:
        return _("几个数用顿号隔开，例如 3、5、7。")
    if bound == PART_OF:
        return _("例如每 4000 人一名，写 1/4000。")
    return _("可以写整数、小数、分数（3/4）或百分数（60%）。")


def figure_choices(pack: Pack, say: Speaker) -> Choices:
    """The attributes that are numbers."""
    return [(name, say.attribute(name)) for name, one in pack.attributes.items() if one.type in NUMERIC]


def stub_choices() -> Choices:
    return [("", _("不要求")), ("full", _("照样要求")), ("prorate", _("按天数折算"))]


def window_choices(kept: bool) -> Choices:
    found = [
        ("term", _("每学期")), ("half_year", _("每半年（学期连同假期）")), ("year", _("每学年")),
        ("calendar_year", _("每年（公历）")), ("quarter", _("每季度")), ("month", _("每月")), (TEACHING_MONTH, _("每个教学月")),
        ("teaching_week", _("每个教学周")), ("teaching_fortnight", _("每两个教学周")), ("school_day", _("每个教学日")),
        ("every", _("每隔几个……")), ("by", _("到某一天为止")), ("between", _("从某天到某天")), ("phase", _("在方案的某个阶段")),
        ("plan_month", _("在方案的某个月")), ("break", _("在假期里")), ("within", _("在某件事之后多久以内")),
        ("before", _("在某件事之前")), ("between_events", _("从一件事到另一件事")), ("rolling", _("最近多久以内")), ("announced", _("到公布的日期为止")),
        ("first", _("一段时间里最初的几个……")), ("last", _("一段时间里最后的几个……")),
        ("nth", _("一段时间里的第几个……")), ("standing", _("任何时候")), ("once", _("一次，没有期限")),
    ]  # fmt: skip
    return [*found, (KEPT, _("按原来的写法"))] if kept else found


def unit_choices(units: tuple[str, ...]) -> Choices:
    words = {
        "hour": _("小时"), "day": _("天"), "school_day": _("个教学日"), "month": _("个月"), "year": _("年"),
        "teaching_week": _("个教学周"), "summer": _("暑假"), "winter": _("寒假"), "any": _("寒暑假"),
        "half_year": _("个半年"), "term": _("个学期"), "quarter": _("个季度"), "monday": _("个星期一"), "tuesday": _("个星期二"), "wednesday": _("个星期三"),
        "thursday": _("个星期四"), "friday": _("个星期五"), "saturday": _("个星期六"), "sunday": _("个星期日"),
    }  # fmt: skip
    return [(unit, words[unit]) for unit in units]


def whole_choices() -> Choices:
    words = {
        "year": _("每学年"), "calendar_year": _("每年（公历）"), "half_year": _("每半年（学期连同假期）"),
        "term": _("每学期"), "quarter": _("每季度"), "month": _("每月"),
    }  # fmt: skip
    return [(name, words[name]) for name in WHOLES]


def event_choices(pack: Pack, say: Speaker, is_activity: bool) -> Choices:
    """What a window may run from."""
    if is_activity:
        return [("self", _("这次活动"))]
    found = [(name, say.event(name)) for name in pack.events]
    found += [(f"appointed.{name}", _("开始担任%(post)s") % {"post": say.post(name)}) for name in pack.posts]
    found += [(f"linked.{name}", _("建立关系：%(link)s") % {"link": say.link(name)}) for name in pack.links]
    found += [(ARRIVED, _("到校")), (LEFT, _("离校"))]
    return found + [(name, _("参加“%(kind)s”") % {"kind": say.kind(name)}) for name in pack.kinds]


def modality_choices() -> Choices:
    return [("must", _("必须")), ("in_principle", _("原则上")), ("encouraged", _("鼓励"))]


def level_choices() -> Choices:
    return [
        ("", _("（不写）")), ("state", _("国家")), ("province", _("省")), ("city", _("市")), ("district", _("县区")),
        ("bureau", _("教育局")), ("school", _("学校")),
    ]  # fmt: skip
