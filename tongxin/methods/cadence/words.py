"""Rules in words: every obligation as one Chinese and one English sentence, made from its tree.

`Speaker` holds the pack's titles and the language; nodes ask it. English titles are `title_en` where the pack has
them, those of a pack whose words were put in English (`Pack.language`), else the identifier with blanks.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from .bounds import Asked, Band, Bound, Number, PartOf, Quantity, Table
from .counting import AmountWithin, Average, Companion, Count, Max, Measure, QualifierIs, Sum, Times
from .effects import effects_words
from .measure_words import measure_words
from .occasion_words import happening_words
from .occasions import Happening
from .period_words import period_words
from .periods import OwnDays, Period
from .tree import (
    GROUP_LINKS,
    Always,
    Arrivals,
    AttributeCompare,
    AttributeTest,
    Checklist,
    Obligation,
    People,
    PersonTimes,
    Requirement,
    SubjectKind,
)

if TYPE_CHECKING:
    from .declarations import Kind
    from .pack import Pack

SUBJECTS_ZH = {
    "student": "每名学生", "staff": "每名教职工", "guardian": "每名家长", "member": "每名党员", "homeroom": "每个班级",
    "branch": "每个党支部", "department": "每个部门", "school": "学校", "family": "每个家庭", "base": "每个基地",
    "enterprise": "每家企业", "team": "每个团队", "case": "每个个案", "facility": "每个功能室",
}  # fmt: skip
SUBJECTS_EN = {"member": "Party member", "staff": "member of staff", "branch": "Party branch"}
MEMBERS = {
    "homeroom": ("有学生", "has students"), "branch": ("有党员", "has members"), "department": ("有教职工", "has staff"),
    "team": ("有成员", "has members"), "family": ("有成员", "has members"),
}  # fmt: skip
DISTINCT = {
    "counterpart": ("个不同的对象", "different counterparts"),
    "kind": ("种不同的活动", "different kinds"),
    "theme": ("个不同的主题", "different themes"),
    "place": ("处不同的地点", "different places"),
    "day": ("天", "different days"),
}

STRUCTURE = {
    "enrolled_in": ("班级", "homeroom"), "branch_member": ("党支部", "Party branch"), "in_department": ("部门", "department"),
    "guardian_of": ("监护关系", "guardian"), "in_team": ("团队成员", "team"), "of_family": ("家庭成员", "family"),
    "mentor_of": ("导师结对", "mentor pair"), "master_of": ("师徒结对", "master and apprentice pair"),
}  # fmt: skip
# First words of English titles that keep their capital within a sentence.
CAPITALS = {
    "Party", "Pioneer", "Pioneers", "League", "China", "Chinese", "Red", "Shaanxi", "Gansu", "Zhejiang", "Shanghai",
    "Chongqing", "Fuzhou", "Shenzhen", "Ningbo", "Zhengzhou",
}  # fmt: skip


def within_sentence(title: str) -> str:
    """An English title as it stands within a sentence: Home visit → home visit, Party lesson → Party lesson."""
    first, _, rest = title.partition(" ")
    named = first.split("-")[0] in CAPITALS or rest[:1].isupper() or first[1:] != first[1:].lower()
    return title if named else title[:1].lower() + title[1:]


def with_article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _plain(name: str) -> str:
    return name.replace("_", " ").replace("-", " ")


class Speaker:
    """Says things in one language ("zh" or "en") with a pack's titles; calling it picks one of two texts."""

    def __init__(
        self,
        pack: Pack,
        lang: str = "zh",
        kinds: tuple[str, ...] = (),
        shares: bool = False,
        group: str = "",
    ) -> None:
        self.pack, self.zh, self.kinds, self.shares, self.group = pack, lang == "zh", kinds, shares, group

    def about(self, kinds: tuple[str, ...]) -> Speaker:
        """The same speaker, who takes the titles of amounts and qualifiers from these kinds first."""
        return Speaker(self.pack, "zh" if self.zh else "en", kinds)

    def of_group(self, group: str) -> Speaker:
        """The same speaker, who speaks of a group of this type: what makes somebody belong to it are its members."""
        return Speaker(self.pack, "zh" if self.zh else "en", self.kinds, self.shares, group)

    def has_link(self, name: str) -> str:
        if self.group in MEMBERS and GROUP_LINKS[self.group] == name:
            return self(*MEMBERS[self.group])
        if name == "branch_member" and not self.zh:
            return f"belongs to {with_article(self.link(name))}"
        return self(f"有{self.link(name)}", f"has {with_article(self.link(name))}")

    def has_no_link(self, name: str) -> str:
        if self.group in MEMBERS and GROUP_LINKS[self.group] == name:
            zh, en = MEMBERS[self.group]
            return self(f"没{zh}", en.replace("has ", "has no "))
        if name == "branch_member" and not self.zh:
            return f"belongs to no {self.link(name)}"
        return self(f"没有{self.link(name)}", f"has no {self.link(name)}")

    def of_a_set(self) -> Speaker:
        """The same speaker, to whom numbers are parts of a set."""
        return Speaker(self.pack, "zh" if self.zh else "en", self.kinds, True)

    def __call__(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    @property
    def by_title(self) -> bool:
        """Whether the titles of the pack are in the language spoken."""
        return self.zh or self.pack.language == "en"

    def _titled(self, found: object, name: str) -> str:
        if self.zh:
            return getattr(found, "title", "") or name
        english = getattr(found, "title_en", "") or (getattr(found, "title", "") if self.by_title else "")
        return within_sentence(english) if english else _plain(name)

    def kind(self, name: str) -> str:
        return self._titled(self.pack.kinds.get(name), name)

    def part(self, kinds: Iterable[str], name: str) -> str:
        declared = (self.pack.kinds[kind].part(name) for kind in kinds if kind in self.pack.kinds)
        return self._titled(next((part for part in declared if part), None), name)

    def post(self, name: str) -> str:
        return self._titled(self.pack.posts.get(name) or self.pack.links.get(name), name)

    def link(self, name: str) -> str:
        found = self.pack.links.get(name) or self.pack.posts.get(name)
        return self(*STRUCTURE[name]) if found is None and name in STRUCTURE else self._titled(found, name)

    def attribute(self, name: str) -> str:
        return self._titled(self.pack.attributes.get(name), name)

    def value(self, attribute: str, code: str) -> str:
        declared = self.pack.attributes.get(attribute)
        known = declared.values.get(code, "") if declared and self.by_title else ""
        title = (known or code) if self.zh else within_sentence(known) or code.replace("_", " ")
        return {"true": self("是", "yes"), "false": self("否", "no")}.get(title, title)

    def rule(self, name: str) -> str:
        """Another rule of the pack by its id; an English title, being a sentence, stands in marks."""
        found = next(iter(self.pack.versions(name)), None)
        if found is not None and not self.zh and self.by_title:
            return f"“{found.title}”"
        return self._titled(found, name)

    def qualifier(self, name: str) -> str:
        plain = {"mode": "方式", "theme": "主题", "place": "地点", "counterpart": "对象"}
        found = self._declared(name, "qualifier")
        return plain[name] if self.zh and found is None and name in plain else self._titled(found, name)

    def amount(self, name: str) -> str:
        found = self._declared(name, "amount")
        return "学时" if self.zh and found is None and name == "hours" else self._titled(found, name)

    def evidence(self, name: str) -> str:
        found = (item for kind in self._ordered_kinds() for item in kind.evidence if item.name == name)
        return self._titled(next(found, None), name)

    def _ordered_kinds(self) -> list[Kind]:
        return sorted(self.pack.kinds.values(), key=lambda kind: kind.name not in self.kinds)

    def _declared(self, name: str, what: str) -> object:
        found = (getattr(kind, what)(name) for kind in self._ordered_kinds())
        return next((item for item in found if item is not None), None)

    # small pieces

    def number(self, number: Number) -> str:
        exact = Fraction(number)
        if self.shares:
            whole = (exact * 100).denominator == 1
            return f"{exact * 100}%" if whole else f"{exact.numerator}/{exact.denominator}"
        if isinstance(number, int):
            return str(number)
        return (
            f"{float(exact):g}"
            if (exact * 1000).denominator == 1
            else f"{exact.numerator}/{exact.denominator}"
        )

    def listing(self, texts: Iterable[str], last_zh: str = "、", last_en: str = " and ") -> str:
        """a、b和c / a, b and c."""
        found = [text for text in texts if text]
        if len(found) < 2:
            return "".join(found)
        return self("、", ", ").join(found[:-1]) + self(last_zh, last_en) + found[-1]

    def join(self, texts: list[str], zh: str, en: str) -> str:
        found = [text for text in texts if text]
        joined = self(zh, f" {en} ").join(found)
        return f"（{joined}）" if self.zh and en == "or" and len(found) > 1 else joined

    # nodes

    def attribute_test(self, node: AttributeTest) -> str:
        name = self.attribute(node.attribute)
        if node.values == ("true",):
            return self(name, name)
        if node.values == ("false",) and not self.zh and self.by_title:
            return f"not {name}"
        if node.values:
            values = self.listing((self.value(node.attribute, value) for value in node.values), "或", " or ")
            return self(f"“{name}”为{values}", f"{name} is {values}")
        if node.low is not None and node.high is not None:
            return self(f"“{name}”在{node.low}到{node.high}之间", f"{name} is {node.low} to {node.high}")
        if node.low is not None:
            return self(f"“{name}”不少于{node.low}", f"{name} is at least {node.low}")
        return self(f"“{name}”不超过{node.high}", f"{name} is at most {node.high}")

    def attribute_compare(self, node: AttributeCompare) -> str:
        relations = {
            "at_least": ("不小于", "at least"),
            "at_most": ("不大于", "at most"),
            "more_than": ("大于", "more than"),
            "less_than": ("小于", "less than"),
            "is": ("等于", "equal to"),
        }
        zh, en = relations[node.relation]
        one, other = self.attribute(node.attribute), self.attribute(node.other)
        return self(f"“{one}”{zh}“{other}”", f"{one} is {en} {other}")

    def qualifier_is(self, node: QualifierIs) -> str:
        titles = self._values_of(node.qualifier)
        values = self.listing((self._value(titles, v) for v in node.values), "或", " or ")
        name = self.qualifier(node.qualifier)
        return self(f"{name}为{values}", f"{name} {values}")

    def _value(self, titles: dict[str, str], code: str) -> str:
        if self.zh:
            return titles.get(code, code)
        return within_sentence(titles.get(code, "")) if self.by_title and code in titles else _plain(code)

    def _values_of(self, qualifier: str) -> dict[str, str]:
        found = [kind.qualifier(qualifier) for kind in self._ordered_kinds()]
        return {code: title for item in reversed(found) if item for code, title in item.values.items()}

    def amount_within(self, node: AmountWithin) -> str:
        name, unit = self.amount(node.amount), self.amount_unit(node.amount)
        if node.low is not None and node.low == node.high:
            return self(f"{name}为{self.number(node.low)}{unit}", f"{name} {self.number(node.low)}")
        pieces = []
        if node.low is not None:
            pieces.append(self(f"不少于{self.number(node.low)}{unit}", f"at least {self.number(node.low)}"))
        if node.high is not None:
            pieces.append(self(f"不超过{self.number(node.high)}{unit}", f"at most {self.number(node.high)}"))
        return f"{name}{self('', ' ')}{self('，', ' and ').join(pieces)}"

    def amount_unit(self, name: str) -> str:
        unit = getattr(self._declared(name, "amount"), "unit", "")
        if self.zh:
            return unit or ("小时" if name == "hours" else "")
        return unit if unit and self.by_title else name.replace("_", " ")

    def distinct(self, of: str) -> str:
        return self(*DISTINCT[of])

    def companion(self, node: Companion, kinds: Iterable[str] = ()) -> str:
        who = self("本人", "themselves") if node.themself else ""
        if node.post:
            who = self.post(node.post)
        elif node.subject_type:
            who = self(
                SUBJECTS_ZH.get(node.subject_type, node.subject_type)
                .removeprefix("每名")
                .removeprefix("每个"),
                "a " + SUBJECTS_EN.get(node.subject_type, node.subject_type),
            )
        if node.link:
            side = {"a": self("（甲方）", " (side A)"), "b": self("（乙方）", " (side B)")}.get(node.end, "")
            who = self(f"其{self.link(node.link)}{side}", f"their {self.link(node.link)}{side}")
        if node.same:
            group = SUBJECTS_ZH[node.same].removeprefix("每个")
            english = SUBJECTS_EN.get(node.same, node.same)
            who = self(f"同一{group}的{who or '人'}", f"{who or 'somebody'} of the same {english}")
        if not isinstance(node.where, Always):
            described = node.where.words(self)
            joined = "who" if described.split(" ")[0] in ("has", "is", "belongs") else "with"
            who = self(f"{described}的{who or '人'}", f"{who or 'somebody'} {joined} {described}")
        if node.part == "counterpart":
            return self(
                f"对象须是{who or '有记录的对象'}", f"with {who or 'a named counterpart'} as counterpart"
            )
        part = self.part(kinds, node.part) if node.part else self("参加人", "participant")
        return self(f"由{who or '某人'}担任“{part}”", f"with {who or 'somebody'} as {part}")

    def count(self, node: Count) -> str:
        parts = _parts(self, node)
        role = self(f"中担任“{parts}”", f" as {parts}") if parts else ""
        return _kinds(self, node) + role + _details(self, node)

    def quantity(self, quantity: Quantity) -> str:
        return quantity.words(self)

    def table(self, node: Table) -> str:
        name = self("岗位", "post") if node.by == "post" else self.attribute(node.by)
        lines = [
            f"{self._band(node, band)}{self('为', ': ')}{self.number(band.number)}" for band in node.bands
        ]
        if node.otherwise is not None:
            lines.append(
                self(f"其余为{self.number(node.otherwise)}", f"otherwise {self.number(node.otherwise)}")
            )
        several = {
            "max": ("几个岗位的取大的", "the larger of two posts"),
            "min": ("几个岗位的取小的", "the smaller of two posts"),
            "sum": ("几个岗位的相加", "two posts are added"),
        }
        if node.combine in several:
            lines.append(self(*several[node.combine]))
        inside = self("，", ", ").join(lines)
        return self(f"按“{name}”定数（{inside}）", f"a number by {name} ({inside})")

    def _band(self, table: Table, band: Band) -> str:
        if band.values:
            named = (self.post(v) if table.by == "post" else self.value(table.by, v) for v in band.values)
            return self.listing(named, "或", " or ")
        if band.low is None or band.high is None:
            return (
                self(f"{band.low}及以上", f"{band.low} or more")
                if band.low is not None
                else self(f"{band.high}及以下", f"up to {band.high}")
            )
        return self(f"{band.low}到{band.high}", f"{band.low} to {band.high}")

    def part_of(self, node: PartOf) -> str:
        part, name = Fraction(node.part), self.attribute(node.attribute)
        return self(
            f"“{name}”的{part.numerator}/{part.denominator}", f"{part.numerator}/{part.denominator} of {name}"
        )

    def asked(self, node: Asked) -> str:
        name = node.attribute.partition(":")[2]
        if not node.post:
            return self(
                f"若干（按公布的“{self.announced(name)}”）", f"the number announced ({self.announced(name)})"
            )
        return self(f"若干（由{self.post(node.post)}定）", f"the number that {self.post(node.post)} sets")

    def bound(self, node: Bound) -> str:
        low, high = node.low, node.high
        if node.one_of:
            return self.listing((self.number(number) for number in node.one_of), "或", " or ")
        if low is not None and high is not None:
            if low == high:
                return self(f"正好{self.quantity(low)}", f"exactly {self.quantity(low)}")
            return self(
                f"{self.quantity(low)}到{self.quantity(high)}",
                f"{self.quantity(low)} to {self.quantity(high)}",
            )
        if low is not None:
            return self(f"至少{self.quantity(low)}", f"at least {self.quantity(low)}")
        return (
            self(f"至多{self.quantity(high)}", f"at most {self.quantity(high)}") if high is not None else ""
        )

    def event(self, name: str) -> str:
        return self._titled(self.pack.events.get(name), name)

    def announced(self, name: str) -> str:
        """What a number or day that the school announces is called."""
        return self._titled(self.pack.announced.get(name), name) if name in self.pack.announced else name

    def happening(self, node: Happening) -> str:
        return happening_words(node, self)

    def period(self, node: Period) -> str:
        return period_words(node, self)


# whole sentences


def sentence(pack: Pack, rule: Obligation, lang: str = "zh") -> str:
    """One sentence for one obligation."""
    say = Speaker(pack, lang)
    if rule.later:
        return say(f"{rule.title}（留待以后：{rule.later}）。", f"{say.rule(rule.id)}: kept for later.")
    return _chinese(say, rule) if say.zh else _english(say, rule)


def sentences(pack: Pack, lang: str = "zh") -> list[tuple[str, str]]:
    """(obligation id, sentence) of every obligation, in the order of the pack."""
    return [(rule.id, sentence(pack, rule, lang)) for rule in pack.obligations]


def _subject(say: Speaker, rule: Obligation) -> str:
    where = rule.where.words(say.of_group(rule.subject.name))
    condition = say(f"（{where}）", f" (if {where})") if where else ""
    if rule.subject.is_activity:
        kind = say.kind(rule.subject.kind)
        return say(f"每次{kind}", f"each {kind}") + condition
    if rule.subject.is_pair:
        link = say.link(rule.subject.kind)
        return say(f"每一对“{link}”", f"each pair of {link}") + condition
    name = rule.subject.name
    english = "the school" if name == "school" else f"each {SUBJECTS_EN.get(name, name.replace('_', ' '))}"
    return say(SUBJECTS_ZH.get(name, f"每个{name}"), english) + condition


def _demand(say: Speaker, item: Requirement, subject: SubjectKind) -> str:
    """What must be done, as a phrase after "应" / "must": 参加家访至少2次 / take part in home visit at least 2 times."""
    say = say.about(item.count.kinds)
    wider = measure_words(item, subject, say.of_a_set() if item.measure.is_share else say)
    if wider is not None:
        return wider + _evidence(say, item)
    bound, unit = item.bound.words(say), item.measure.words(say)
    if isinstance(item.measure, People | PersonTimes):
        unit = "person" if unit == "people" and bound in ("at least 1", "exactly 1") else unit
        text = _attended(say, item, subject, f"{bound}{unit}" if say.zh else f"{bound} {unit}")
    elif subject.is_activity:
        text = say(f"有记录{bound}{unit}", f"be on record, {bound} {unit}")
        text = (
            say("有完整的记录", "be fully on record")
            if bound.endswith("1") and isinstance(item.measure, Times)
            else text
        )
    else:
        text = _doing(say, item, subject) + _how_much(say, item.measure, bound, unit)
    return text + _evidence(say, item)


def _evidence(say: Speaker, item: Requirement) -> str:
    if not item.evidence.types:
        return ""
    last = ("或", " or ") if item.evidence.any_one else ("和", " and ")
    types = say.listing((say.evidence(name) for name in item.evidence.types), *last)
    return say(f"，须有{types}", f", with {types} as evidence")


def _attended(say: Speaker, item: Requirement, subject: SubjectKind, how_many: str) -> str:
    """有至少5人担任“听课教师”: how many people in a part."""
    parts = _parts(say, item.count)
    if subject.is_activity and item.count.kinds == (subject.kind,) and not _details(say, item.count):
        return say(f"有{how_many}担任“{parts or '参加人'}”", f"have {how_many} as {parts or 'participant'}")
    what = _kinds(say, item.count) + _details(say, item.count)
    role = say(f"以“{parts}”身份", f" as {parts}") if parts else ""
    return say(f"有{how_many}{role}参加{what}", f"have {how_many}{role} in {what}")


def _doing(say: Speaker, item: Requirement, subject: SubjectKind) -> str:
    what, parts = _kinds(say, item.count) + _details(say, item.count), _parts(say, item.count)
    if parts and _is_itself(say, item.count, subject):
        return say(f"参加{what}", f"take part in {what}")
    if parts:
        return say(f"以“{parts}”身份参加{what}", f"take part in {what} as {parts}")
    if subject.is_pair:
        return say(f"一起参加{what}", f"take part together in {what}")
    if subject.name in ("student", "staff", "guardian", "member"):
        return say(f"参加{what}", f"take part in {what}")
    return say(f"开展{what}", f"hold {what}")


def _is_itself(say: Speaker, count: Count, subject: SubjectKind) -> bool:
    """Is the part open only to such subjects, so that naming it says nothing more (the homeroom "as homeroom")."""
    declared = [
        say.pack.kinds[kind].part(part)
        for kind in count.kinds
        if kind in say.pack.kinds
        for part in count.parts
    ]
    return subject.name not in ("student", "staff", "member") and all(
        part and part.of == (subject.name,) for part in declared
    )


def _kinds(say: Speaker, count: Count) -> str:
    return say.listing((say.kind(kind) for kind in count.kinds), "或", " or ")


def _parts(say: Speaker, count: Count) -> str:
    return say.listing((say.part(count.kinds, part) for part in count.parts), "或", " or ")


def _details(say: Speaker, count: Count) -> str:
    details = [test.words(say) for test in count.only]
    details += [say.companion(companion, count.kinds) for _, companion in count.companions()]
    details += [say("须注明答复的是哪一次", "in answer to it")] if count.about else []
    inside = say("，", ", ").join(details)
    return say(f"（{inside}）", f" ({inside})") if inside else ""


def _how_much(say: Speaker, measure: Measure, bound: str, unit: str) -> str:
    if isinstance(measure, Sum | Max | Average):
        way = {Sum: ("合计", "total"), Max: ("最高", "highest"), Average: ("平均", "average")}[type(measure)]
        name = say.amount(measure.amount)
        return say(f"，{name}{way[0]}{bound}{unit}", f", {way[1]} {name} {bound}")
    if isinstance(measure, Times):
        return say(f"{bound}次", f" {_times(bound)}")
    return say(f"，共{bound}{unit}", f", {bound} {unit}")


def _times(bound: str) -> str:
    for spelled in ("at least", "at most", "exactly"):
        if bound == f"{spelled} 1":
            return f"{spelled} once"
    return f"{bound} times"


def _whole_demand(say: Speaker, rule: Obligation) -> str:
    if not isinstance(rule.demand, Checklist):
        return _demand(say, rule.demand, rule.subject) if rule.demand is not None else ""
    items = [_item(say, item, rule) for item in rule.demand.items]
    joined = say("；", "; ").join(items)
    if rule.demand.every:
        return say(f"完成全部{len(items)}项：{joined}", f"do all of these {len(items)}: {joined}")
    return say(f"完成以下任意一项：{joined}", f"do any one of these: {joined}")


def _item(say: Speaker, item: Requirement, rule: Obligation) -> str:
    text = _demand(say, item, rule.subject)
    if item.title and say.by_title:
        text = f"{item.title}{say('（', ' (')}{text}{say('）', ')')}"
    where = item.where.words(say)
    return text + say(f"（仅当{where}）", f" (only if {where})") if where else text


def _chinese(say: Speaker, rule: Obligation) -> str:
    when = "、".join(period.words(say) for period in rule.periods if not isinstance(period, OwnDays))
    who, what = f"{_subject(say, rule)}{when}", _whole_demand(say, rule)
    text = f"鼓励{who}{what}"
    if rule.source.modality != "encouraged":
        text = f"{who}{'应' if rule.source.modality == 'must' else '原则上应'}{what}"
    text += _arrivals(say, rule.arrivals)
    if rule.bearer.names != ("self",):
        bearers = say.listing((_bearer(say, rule, name) for name in rule.bearer.names), "和", " and ")
        text += f"；由{bearers}{'共同' if rule.bearer.jointly else ''}负责"
    if rule.waiver and rule.waiver.by:
        text += f"；{say.post(rule.waiver.by)}可以批准免除"
    text += _sharing(say, rule) + effects_words(say, rule) + _escalation(say, rule)
    return f"{text}。"


def _english(say: Speaker, rule: Obligation) -> str:
    when = " and ".join(period.words(say) for period in rule.periods if not isinstance(period, OwnDays))
    must = {"must": "must", "in_principle": "should in principle", "encouraged": "is encouraged to"}
    text = f"{_subject(say, rule)} {must[rule.source.modality]} {_whole_demand(say, rule)}"
    text = f"{when}, {text}" if when else text
    text += _arrivals(say, rule.arrivals)
    if rule.bearer.names != ("self",):
        several = len(rule.bearer.names) > 1
        bearers = say.listing(_bearer(say, rule, name) for name in rule.bearer.names)
        text += (
            f"; {bearers} {'are' if several else 'is'} {'jointly ' if rule.bearer.jointly else ''}responsible"
        )
    if rule.waiver and rule.waiver.by:
        text += f"; {say.post(rule.waiver.by)} may waive it"
    text += _sharing(say, rule) + effects_words(say, rule) + _escalation(say, rule)
    return f"{text[0].upper()}{text[1:]}."


def _bearer(say: Speaker, rule: Obligation, name: str) -> str:
    if name == "self":
        return say("本人", "themselves")
    if rule.subject.is_pair and name in ("a", "b"):
        return say("甲方" if name == "a" else "乙方", f"side {name.upper()}")
    if rule.subject.is_activity and name not in say.pack.posts:
        return say.part([rule.subject.kind], name)
    return say.post(name)


def _sharing(say: Speaker, rule: Obligation) -> str:
    """What an entry may not serve as well, and whether missed work may be made up."""
    text = ""
    if rule.counts_once:
        text += say("；一次活动只算作一条要求", "; an activity counts for one obligation only")
    if rule.not_with:
        names = say.listing((say.rule(name) for name in rule.not_with), "、")
        text += say(f"；算作{names}的不再计入", f"; what counts for {names} does not count here")
    if rule.makes_up:
        text += say("；可以注明补做的是哪一段时间", "; missed work may be made up")
    return text


def _escalation(say: Speaker, rule: Obligation) -> str:
    """Who is told when it is not done; nothing when the rule names nobody."""
    steps = []
    for step in rule.escalate:
        who = say("承担人", "the bearer") if step.to == "bearer" else say.post(step.to)
        before = step.days < 0
        days = abs(step.days)
        when = say("到期当天", "on the due day")
        if step.days:
            when = say(
                f"{'到期前' if before else '逾期'}{days}天",
                f"{days} days {'before' if before else 'after'} it is due",
            )
        steps.append(say(f"{when}告诉{who}", f"{who} is told {when}"))
    return (
        "".join((say("；没做到时", "; if it is not done, "), ("，" if say.zh else ", ").join(steps)))
        if steps
        else ""
    )


def _arrivals(say: Speaker, arrivals: Arrivals) -> str:
    if arrivals.how == "prorate":
        return say("，中途到校或离校的按在校教学日折算", ", in proportion to the school days present")
    if arrivals.how == "from":
        return say(
            f"，在校满{arrivals.days}天的才计", f", owed only by those present for {arrivals.days} days"
        )
    return ""
