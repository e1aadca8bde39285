"""One rule as a sentence with slots: the form, made from the grammar and the pack's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from tongxin.kernel.base.pinyin import name_keys
from tongxin.methods.cadence.declarations import Kind
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.slot_choices import LENGTH_UNITS, operators, values_of
from tongxin.methods.cadence.slots import (
    ASKED,
    BANDED,
    HOLDS,
    KEPT,
    PARTS,
    TEACHING_MONTH,
    WINDOW_WORDS,
    Condition,
    Period,
    Raw,
    Slots,
)
from tongxin.methods.cadence.words import Speaker

from .. import labels
from . import further
from .inputs import NOTHING, choice, day, rows, text

PLAIN = (
    "remind",
    "modality",
    "document",
    "at",
    "level",
    "heading",
    "since",
    "until",
    "waiver_by",
    "waiver_days",
)
MOST_CONDITIONS, MOST_KINDS, MOST_BEARERS = 5, 3, 3


class RuleForm(forms.Form):
    """slots: what is written now; kept: what has no slot; above: rules that this one may tighten, by name.

    The choices follow what is chosen so far (`said`).
    """

    def __init__(
        self,
        pack: Pack,
        slots: Slots,
        kept: Raw,
        say: Speaker,
        data: Mapping[str, Any] | None = None,
        above: labels.Choices | None = None,
    ):
        super().__init__(data)
        self.pack, self.slots, self.kept, self.say, self.above = pack, slots, kept, say, above or []
        self.said = self._with_codes(from_data(data, slots)) if data is not None else slots
        self.kinds = [pack.kinds[name] for name in self._kind_names() if name in pack.kinds]
        self.fields.update(self._who() | self._what() | self._how_much() | self._when() | self._else())

    def _kind_names(self) -> list[str]:
        """The kinds that are counted; a rule about an activity that names none counts in that activity itself."""
        word, _sep, of = self.said.subject.partition(":")
        return self.said.kinds or ([of] if word == "activity" else [])

    def _with_codes(self, said: Slots) -> Slots:
        """What is typed as the title of an announced day stands for that day; other words are a new one."""
        said = replace(
            said, items=[further.fitting(item, self.pack, self.slots.items) for item in said.items]
        )
        if said.period.word != "announced":
            return said
        codes = {
            title: one.name for one in self.pack.announced.values() for title in (one.title_en, one.title)
        }
        return replace(said, period=replace(said.period, of=codes.get(said.period.of, said.period.of)))

    @property
    def new_announced(self) -> str:
        """The title of a day to be announced that no rule has asked for yet; empty where there is none."""
        name = self.said.period.of if self.said.period.word == "announced" else ""
        return "" if name in self.pack.announced or name == self.slots.period.of else name

    # the parts of the sentence

    def _who(self) -> dict[str, forms.Field]:
        said, names = self.said, self.pack
        found: dict[str, forms.Field] = {
            "title": text(_("这条要求叫什么"), said.title, required=True, most=120),
            "subject": choice(
                _("对谁的要求"), labels.subject_choices(names, self.say), said.subject, self.slots.subject
            ),
            "joined": choice(
                _("几个条件"), [("all", _("都要成立")), ("any", _("有一个成立就算"))], said.joined
            ),
        }
        whats = labels.condition_choices(names, self.say)
        whats += [(test.what, labels.condition_word(test.what, self.say)) for test in self.slots.tests]
        for at in range(rows(len(said.tests), MOST_CONDITIONS)):
            test = said.tests[at] if at < len(said.tests) else Condition()
            found |= self._condition(f"c{at}", test, whats)
        posts = [("self", _("本人（本班、本支部……）")), *((n, self.say.post(n)) for n in names.posts)]
        parts = [(p.name, self.say.part([k.name], p.name)) for k in self._acting() for p in k.parts]
        bearers = _unique(
            [
                *posts,
                *(
                    parts
                    if said.subject.startswith("activity:")
                    else [("a", _("关系的甲方")), ("b", _("关系的乙方"))]
                    if said.subject.startswith("pair:")
                    else []
                ),
                *(
                    (name, self.say.post(name))
                    for name in self.slots.bearer
                    if name not in ("self", "a", "b")
                ),
            ]
        )
        for at in range(rows(len(said.bearer), MOST_BEARERS)):
            value = said.bearer[at] if at < len(said.bearer) else ""
            found[f"bearer-{at}"] = choice(_("谁负责") if not at else _("还有谁"), NOTHING + bearers, value)
        return found

    def _acting(self) -> list[Kind]:
        """The kinds whose parts may bear a rule: what it counts, and the activity it is about."""
        about = self.pack.kinds.get(self.said.subject.partition(":")[2])
        return [*self.kinds, *([about] if about and about not in self.kinds else [])]

    def _condition(self, name: str, test: Condition, whats: labels.Choices) -> dict[str, forms.Field]:
        kind, _sep, rest = test.what.partition(":")
        declared = self.pack.attributes.get(rest) if kind == "attribute" else None
        allowed = operators(declared) if test.what else ("is",)
        op = test.op if test.op in allowed else allowed[0]
        found: dict[str, forms.Field] = {
            f"{name}-what": choice(_("条件"), _unique(whats), test.what),
            f"{name}-op": choice(_("怎样"), labels.operator_choices(allowed), op),
        }
        if declared is not None:
            values = values_of(declared)
            one_of = values is not None and op in ("is", "not") and "," not in test.value
            if one_of:
                titled = [(code, self.say.value(rest, code)) for code in values or {}]
                own = [
                    (one.value, self.say.value(rest, one.value))
                    for one in (*self.slots.tests, *self.slots.exempt)
                    if one.what == test.what
                ]
                found[f"{name}-value"] = choice(_("值"), _unique(NOTHING + titled + own), test.value)
            else:
                found[f"{name}-value"] = text(_("值"), test.value)
        return found

    def _what(self) -> dict[str, forms.Field]:
        said, say = self.said, self.say
        every = [(name, say.kind(name)) for name in self.pack.kinds]
        found: dict[str, forms.Field] = {}
        own = self.slots
        found["listed"] = choice(_("做一件事，还是一张清单"), further.listed_choices(), said.listed)
        if said.listed:
            of_items = [self.pack.kinds[one.kind] for one in said.items if one.kind in self.pack.kinds]
            return found | further.item_fields(self.pack, said, say) | self._evidence(of_items)
        for at in range(rows(len(said.kinds), MOST_KINDS)):
            value = said.kinds[at] if at < len(said.kinds) else ""
            kept = own.kinds[at] if at < len(own.kinds) else ""
            found[f"kind-{at}"] = choice(_("哪类活动") if not at else _("或者"), NOTHING + every, value, kept)
        parts = _shared([[(p.name, say.part([k.name], p.name)) for p in k.parts] for k in self.kinds])
        every_part = [("", _("任何身份")), *parts]
        found["part"] = choice(_("以什么身份"), every_part, said.part, own.part)
        for qualifier in _qualifiers(self.kinds):
            value = dict(said.only).get(qualifier.name, "")
            label = say.about(tuple(said.kinds)).qualifier(qualifier.name)
            choices = [("", _("不限")), *qualifier.values.items()]
            fits = qualifier.values and (not value or value in qualifier.values)
            found[f"only-{qualifier.name}"] = choice(label, choices, value) if fits else text(label, value)
        who = [("", _("不限")), ("member", _("党员")), ("self", _("本人"))]
        who += [(f"post:{name}", say.post(name)) for name in self.pack.posts]
        found["by_who"] = choice(_("必须由谁"), who, said.by_who, own.by_who)
        found["by_part"] = choice(_("担任"), every_part, said.by_part, own.by_part)
        is_activity = said.subject.startswith("activity:")
        if said.about or is_activity or said.period.word in ("within", "before"):
            found["about"] = choice(_("只数哪些"), further.about_choices(is_activity), said.about, own.about)
        return found | self._evidence(self.kinds)

    def _evidence(self, kinds: list[Kind]) -> dict[str, forms.Field]:
        said, own, say = self.said, self.slots, self.say
        found: dict[str, forms.Field] = {}
        evidence = [(e.name, e.title) for k in kinds for e in k.evidence]
        evidence = _unique([*evidence, *((name, say.evidence(name)) for name in own.evidence)])
        found["evidence"] = forms.MultipleChoiceField(
            label=_("必须有的佐证"), choices=evidence, required=False, widget=forms.CheckboxSelectMultiple,
            initial=said.evidence,
        )  # fmt: skip
        found["evidence_any"] = forms.BooleanField(
            label=_("有一种就行"), required=False, initial=said.evidence_any
        )
        return found

    def _how_much(self) -> dict[str, forms.Field]:
        said = self.said
        if said.listed:
            return {}
        choices = labels.measure_choices(self.pack, said.kinds, self.say, said.subject)
        if said.measure == KEPT or said.measure not in dict(choices):
            choices = [*choices, (said.measure, _("按原来的写法"))]
        return {
            "bound": choice(
                _("要求"),
                labels.bound_choices(self.slots.bound == KEPT and not self.slots.listed),
                said.bound,
            ),
            **(
                {"asked": choice(_("由谁填写"), self._posts(), said.asked, self.slots.asked)}
                if said.bound == ASKED
                else {}
            ),
            **(further.table_fields(self.pack, said, self.say) if said.bound == BANDED else {}),
            "number": text(
                _("数量"), said.number, help_text=_("可以写整数、小数、分数（3/4）或百分数（60%）。")
            ),
            "number_to": text(_("到"), said.number_to),
            "measure": choice(_("怎么数"), choices, said.measure),
        }

    def _when(self) -> dict[str, forms.Field]:
        """Only the fields that the chosen kind of window needs."""
        period = self.said.period
        found: dict[str, forms.Field] = {
            "word": choice(
                _("多久一次，或到什么时候"),
                labels.window_choices(self.slots.period.word == KEPT),
                period.word,
            )
        }
        needs = {
            "every": ("n", "unit"), "phase": ("phase",), "plan_month": ("month",), "by": ("last",), "between": ("first", "last"),
            "break": ("unit",), "within": ("n", "unit", "of"), "before": ("of", "n", "unit"), "rolling": ("n", "unit"),
            "announced": ("name",), **dict.fromkeys(PARTS, ("of", "n", "unit")),
        }.get(period.word, ())  # fmt: skip
        phases = [(str(n), p.title) for n, p in sorted(self.pack.phases.items())]
        events = (
            labels.whole_choices()
            if period.word in PARTS
            else labels.event_choices(self.pack, self.say, self.said.subject.startswith("activity:"))
        )
        own = self.slots.period if self.slots.period.word == period.word else Period()
        units = labels.unit_choices(LENGTH_UNITS.get(period.word, ()))
        fields: dict[str, forms.Field] = {
            "n": text(_("多少"), period.n),
            "unit": choice(_("单位"), units, period.unit, own.unit),
            "of": choice(
                _("哪段时间里") if period.word in PARTS else _("哪件事"), NOTHING + events, period.of, own.of
            ),
            "first": day(_("从"), period.first),
            "last": day(_("到"), period.last),
            "phase": choice(_("哪个阶段"), phases, period.n, own.n),
            "month": choice(_("哪个月"), [(str(n), _("%(n)d月") % {"n": n}) for n in range(1, 13)], period.n),
            "name": text(
                _("日期的名称"),
                self.say.announced(period.of) if period.of else "",
                help_text=_("例如“第二次汇报日”。哪一天由学校以后在“待定数字”里填写。"),
            ),
        }
        return found | {f"when-{name}": fields[name] for name in needs}

    def _else(self) -> dict[str, forms.Field]:
        said, own = self.said, self.slots
        headings = [(h.number, f"{h.number} {h.title}") for h in self.pack.all_headings()]
        posts = self._posts()
        whats = labels.condition_choices(self.pack, self.say)
        whats += [(test.what, labels.condition_word(test.what, self.say)) for test in own.exempt]
        exempt = said.exempt[0] if said.exempt else Condition()
        return {
            **further.step_fields(posts, said),
            **further.other_fields(posts, self.above, said, own),
            **self._exempt(exempt, whats),
            "since": day(_("从哪天起实行"), said.since),
            "until": day(_("实行到哪天"), said.until),
            "remind": text(_("提前几天提醒"), said.remind, help_text=_("几次用顿号隔开，例如 14、3。")),
            "heading": choice(_("归入台账的哪一条"), NOTHING + headings, said.heading, own.heading),
            "modality": choice(_("力度"), labels.modality_choices(), said.modality),
            "level": choice(_("谁定的"), labels.level_choices(), said.level, own.level),
            "document": text(_("依据的文件"), said.document, most=120),
            "at": text(_("在文件的哪一处"), said.at, most=60),
            "waiver_by": choice(
                _("谁可以批准免除"), [("", _("不能免除")), *posts], said.waiver_by, own.waiver_by
            ),
            "waiver_days": text(_("免除几天后到期"), said.waiver_days),
        }

    def _exempt(self, exempt: Condition, whats: labels.Choices) -> dict[str, forms.Field]:
        found = self._condition("x", exempt, whats)
        found["x-what"].label = _("什么情形不要求")
        return found

    def _posts(self) -> labels.Choices:
        return [(name, self.say.post(name)) for name in self.pack.posts]

    # groups for the template

    @property
    def items(self) -> list[list[forms.BoundField]]:
        return further.grouped(
            self, [f"i{at}-" for at in range(max(further.MOST_ITEMS, len(self.said.items)))]
        )

    @property
    def steps(self) -> list[list[forms.BoundField]]:
        return further.grouped(
            self, [f"s{at}-" for at in range(max(further.MOST_STEPS, len(self.said.steps)))]
        )

    @property
    def exemption(self) -> list[forms.BoundField]:
        return self.several("x-") if self.said.exempt else [self["x-what"]]

    @property
    def has_late_steps(self) -> bool:
        return bool(self.said.steps)

    @property
    def has_further(self) -> bool:
        said = self.said
        return bool(
            said.exempt
            or said.blocks
            or said.tightens
            or said.arrivals
            or said.jointly
            or said.once_only
            or said.make_up
        )

    @property
    def is_asked(self) -> bool:
        """Is the number one that another says, so that none is asked for here."""
        return self.said.bound == ASKED

    @property
    def answers(self) -> list[forms.BoundField]:
        """What the activities counted must answer, where that can be asked."""
        return self.several("about")

    @property
    def table(self) -> list[list[forms.BoundField]]:
        """The lines of a table of numbers; empty where the number is the same for all."""
        if self.said.bound != BANDED:
            return []
        most = max(further.MOST_BANDS, len(self.said.bands))
        return [[self["by"]], *further.grouped(self, [f"b{at}-" for at in range(most)]), [self["otherwise"]]]

    def conditions(self) -> list[list[forms.BoundField]]:
        found = [[self[f"c{at}-{part}"] for part in ("what", "op", "value") if f"c{at}-{part}" in self.fields]
                 for at in range(rows(len(self.said.tests), MOST_CONDITIONS)) if f"c{at}-what" in self.fields]  # fmt: skip
        return [row if self.said.tests[at:] else row[:1] for at, row in enumerate(found)]

    def several(self, prefix: str) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(prefix)]

    @property
    def bearers(self) -> list[forms.BoundField]:
        return self.several("bearer-")

    @property
    def chosen_kinds(self) -> list[forms.BoundField]:
        return self.several("kind-")

    @property
    def filters(self) -> list[forms.BoundField]:
        return self.several("only-")

    @property
    def window(self) -> list[forms.BoundField]:
        return [self["word"], *self.several("when-")]

    def clean_title(self) -> str:
        return self.cleaned_data["title"].strip()


def from_data(data: Mapping[str, Any], slots: Slots) -> Slots:
    """What has been chosen so far, whether or not it is valid."""

    def get(name: str, default: str = "") -> str:
        return str(data.get(name, default)).strip()

    def several(name: str) -> list[str]:
        return data.getlist(name) if hasattr(data, "getlist") else list(data.get(name, []))

    tests = [
        Condition(get(f"c{at}-what"), get(f"c{at}-op", HOLDS), get(f"c{at}-value"))
        for at in range(max(MOST_CONDITIONS, len(slots.tests)))
        if get(f"c{at}-what")
    ]
    exempt = [Condition(get("x-what"), get("x-op", HOLDS), get("x-value"))] if get("x-what") else []
    listed = get("listed")
    by = get("by") if get("bound") == BANDED else ""
    only = [
        (name.removeprefix("only-"), get(name))
        for name in data
        if str(name).startswith("only-") and get(name)
    ]
    order = [name for name, _value in slots.only]
    only.sort(key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))
    plain: dict[str, Any] = {name: get(name) for name in PLAIN}
    return Slots(
        id=slots.id or rule_id(get("title")),
        title=get("title"),
        subject=get("subject") or slots.subject,
        tests=tests,
        joined=get("joined") or "all",
        bearer=list(dict.fromkeys(get(f"bearer-{at}") for at in range(max(MOST_BEARERS, len(slots.bearer))) if get(f"bearer-{at}"))),
        kinds=list(dict.fromkeys(get(f"kind-{at}") for at in range(max(MOST_KINDS, len(slots.kinds))) if get(f"kind-{at}"))),
        part=get("part"),
        only=only,
        by_part=get("by_part"),
        by_who=get("by_who"),
        measure=get("measure"),
        bound=KEPT if listed else get("bound") or "at_least",
        asked=get("asked") if get("bound") == ASKED else "",
        by=by,
        bands=further.bands_from(get, max(further.MOST_BANDS, len(slots.bands))) if by else [],
        otherwise=get("otherwise") if by else "",
        about=get("about"),
        listed=listed,
        items=further.items_from(get, slots) if listed else [],
        steps=further.steps_from(get, max(further.MOST_STEPS, len(slots.steps))),
        exempt=exempt,
        **further.others_from(get, slots),
        number=get("number"),
        number_to=get("number_to"),
        period=_period(get),
        evidence=several("evidence"),
        evidence_any=bool(get("evidence_any")),
        **plain,
    )  # fmt: skip


def _period(get: Any) -> Period:
    word = get("word") or "term"
    n = {"phase": get("when-phase"), "plan_month": get("when-month")}.get(word, get("when-n"))
    of = get("when-name") if word == "announced" else get("when-of")
    unit = get("when-unit")
    allowed = LENGTH_UNITS.get(word, ())
    if allowed and unit not in allowed:
        unit = "day" if "day" in allowed else allowed[0]
    if word in (*WINDOW_WORDS, KEPT, TEACHING_MONTH):
        return Period(word)
    if word == "before" and not n:
        unit = ""  # however long before
    return Period(word, n, unit, of, get("when-first"), get("when-last"))


def rule_id(title: str) -> str:
    """An identifier from the pinyin of a title."""
    letters = "".join(
        c if c.isascii() and c.isalnum() else "-" for c in name_keys(title)[0].split(" ")[0].lower()
    )
    return "-".join(part for part in letters.split("-") if part)[:50]


def _unique(choices: labels.Choices) -> labels.Choices:
    return list(dict(choices).items())


def _shared(lists: list[labels.Choices]) -> labels.Choices:
    """The choices that stand in every list."""
    names = [set(dict(found)) for found in lists]
    return [choice for choice in (lists[0] if lists else []) if all(choice[0] in known for known in names)]


def _qualifiers(kinds: list[Kind]) -> list[Any]:
    found = {q.name: q for kind in kinds for q in kind.qualifiers if all(k.qualifier(q.name) for k in kinds)}
    return list(found.values())
