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
    FRACTION,
    HOLDS,
    KEPT,
    PART_OF,
    PARTS,
    TEACHING_MONTH,
    WINDOW_WORDS,
    Condition,
    Period,
    Raw,
    Slots,
)
from tongxin.methods.cadence.slots_conditions import TIES
from tongxin.methods.cadence.words import Speaker

from .. import labels
from . import beside, further
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
MOST_CONDITIONS, MOST_KINDS, MOST_BEARERS = 6, 3, 3
TIED_FROM = 3  # with so many conditions some of them may make a group


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
        self.fields.update(self._beside())

    def _kind_names(self) -> list[str]:
        """The kinds that are counted; a rule about an activity that names none counts in that activity itself."""
        word, _sep, of = self.said.subject.partition(":")
        return self.said.kinds or ([of] if word == "activity" else [])

    def _kind_of(self, item: further.Item) -> Kind | None:
        """The kind that a line of a checklist counts."""
        subject = from_subject(self.data, self.slots) if self.is_bound else self.slots.subject
        return self.pack.kinds.get(subject.partition(":")[2] if item.kind == further.ITSELF else item.kind)

    def _with_codes(self, said: Slots) -> Slots:
        """What is typed as the title of an announced day stands for that day; other words are a new one."""
        said = replace(
            said, items=[further.fitting(item, self._kind_of(item), self.slots.items) for item in said.items]
        )
        if said.period.word != "announced":
            return said
        # Also as the page itself says it, which need not be how the pack has it.
        codes = {
            title: one.name
            for one in self.pack.announced.values()
            for title in (self.say.announced(one.name), one.title_en, one.title)
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
            if at and len(said.tests) >= TIED_FROM and at < len(said.tests):
                found[f"c{at}-tie"] = choice(_("和上面怎样连"), labels.tie_choices(said.joined), test.tie)
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
                    for one in (*self.slots.tests, *self.slots.exempt, *self.slots.overrides_when)
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
            kinds = [kind for one in said.items if (kind := self._kind_of(one)) is not None]
            return found | self._items() | self._evidence(kinds)
        for at in range(rows(len(said.kinds), MOST_KINDS)):
            value = said.kinds[at] if at < len(said.kinds) else ""
            kept = own.kinds[at] if at < len(own.kinds) else ""
            found[f"kind-{at}"] = choice(_("哪类活动") if not at else _("或者"), NOTHING + every, value, kept)
        parts = _shared([[(p.name, say.part([k.name], p.name)) for p in k.parts] for k in self.kinds])
        every_part = [("", _("任何身份")), *parts]
        found["part"] = choice(_("以什么身份"), every_part, said.part, own.part)
        qualifiers = _qualifiers(self.kinds)
        counted = {a.name for kind in self.kinds for a in kind.amounts}
        known = counted | {q.name for q in qualifiers}
        for name, value in said.only:
            if name not in known and name in dict(own.only):
                found[f"only-{name}"] = text(say.about(tuple(said.kinds)).qualifier(name), value)
        for qualifier in qualifiers:
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

    def _items(self) -> dict[str, forms.Field]:
        whats = labels.condition_choices(self.pack, self.say)
        whats += [(test.what, labels.condition_word(test.what, self.say))
                  for item in self.slots.items for test in (*item.tests, *item.with_tests)]  # fmt: skip
        found: dict[str, forms.Field] = {}
        for at in range(rows(len(self.said.items), further.MOST_ITEMS)):
            item = self.said.items[at] if at < len(self.said.items) else further.Item()
            kind = self._kind_of(item)
            is_activity = self.said.subject.startswith("activity:")
            found |= further.item_fields(at, item, kind, self.pack, self.say, self._held(), is_activity)
            if item.is_finer and item.kind != further.AS_WRITTEN:
                found |= self._titled(f"i{at}-c", item.tests, whats, _("只要求哪些"))
            if item.is_finer and kind is not None:
                found |= further.with_field(at, item, kind, self.say)
                if item.with_part:
                    found |= self._titled(f"i{at}-w", item.with_tests, whats, _("这个人是"))
        return found

    def _titled(
        self, name: str, tests: list[Condition], whats: labels.Choices, label: str
    ) -> dict[str, forms.Field]:
        """The fields of one condition under a label of its own; only its first while nothing is chosen."""
        found = self._condition(name, tests[0] if tests else Condition(), whats)
        found[f"{name}-what"].label = label
        return found if tests else {f"{name}-what": found[f"{name}-what"]}

    def _held(self) -> labels.Choices:
        """What may be held: posts and links."""
        found = [(name, self.say.post(name)) for name in self.pack.posts]
        return [
            *found,
            *((name, self.say.link(name)) for name in self.pack.links if name not in self.pack.posts),
        ]

    def _rules(self) -> labels.Choices:
        """The other rules of the pack."""
        return [(one.id, self.say.rule(one.id)) for one in self.pack.obligations if one.id != self.slots.id]

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
        choices = [*choices, (FRACTION, _("占另一条要求最低数的几分之几"))]
        if said.measure not in dict(choices):
            word = labels.own_measure_word(said.measure, self.say, said.subject)
            choices = [*choices, (said.measure, word)]
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
            **beside.two_posts_field(said),
            "number": text(_("数量"), said.number, help_text=labels.number_help(said.bound)),
            **(
                {
                    "figure": choice(
                        _("哪个数的几分之几"),
                        [*NOTHING, *labels.figure_choices(self.pack, self.say)],
                        said.of,
                        self.slots.of,
                    )
                }
                if said.bound == PART_OF
                else {}
            ),
            "number_to": text(_("到"), said.number_to),
            "measure": choice(_("怎么数"), choices, said.measure),
            **beside.measure_fields(said, self.slots, self._rules(), self._held()),
        }

    def _when(self) -> dict[str, forms.Field]:
        """Only the fields that the chosen kind of window needs."""
        own = self.slots.period
        words = labels.window_choices(own.word == KEPT)
        label = _("多久一次，或到什么时候")
        return {"word": choice(label, words, self.said.period.word)} | self._length(
            "when", self.said.period, own
        )

    def _more_windows(self) -> dict[str, forms.Field]:
        """The windows besides the first, each of which must be kept too, and room for one more."""
        found: dict[str, forms.Field] = {}
        if self.said.period.word == KEPT:
            return found
        said, own = self.said.more_periods, self.slots.more_periods
        for at in range(rows(len(said), beside.MOST_WINDOWS - 1)):
            period = said[at] if at < len(said) else Period("")
            words = [("", _("（没有别的）")), *labels.window_choices(False)]
            found[f"w{at}-word"] = choice(_("同时还要"), words, period.word)
            found |= self._length(f"w{at}", period, own[at] if at < len(own) else Period())
        return found

    def _length(self, prefix: str, period: Period, own: Period) -> dict[str, forms.Field]:
        """The fields of a window besides its word. own: the window as the rule says it now."""
        needs = {
            "every": ("n", "unit", "stub"), "phase": ("phase",), "plan_month": ("month",), "by": ("last",), "between": ("first", "last"),
            "break": ("unit",), "within": ("n", "unit", "of"), "before": ("of", "n", "unit"), "rolling": ("n", "unit"),
            "announced": ("name" if prefix == "when" else "named",), "between_events": ("of", "until"), "standing": ("grace",),
            **dict.fromkeys(PARTS, ("of", "n", "unit")),
        }.get(period.word, ())  # fmt: skip
        phases = [(str(n), p.title) for n, p in sorted(self.pack.phases.items())]
        events = (
            labels.whole_choices()
            if period.word in PARTS
            else labels.event_choices(self.pack, self.say, self.said.subject.startswith("activity:"))
        )
        own = own if own.word == period.word else Period()
        units = labels.unit_choices(LENGTH_UNITS.get(period.word, ()))
        from_event = _("从哪件事起") if period.word == "between_events" else _("哪件事")
        named = [(name, self.say.announced(name)) for name in self.pack.announced]
        fields: dict[str, forms.Field] = {
            "n": text(_("多少"), period.n),
            "unit": choice(_("单位"), units, period.unit, own.unit),
            "of": choice(
                _("哪段时间里") if period.word in PARTS else from_event, NOTHING + events, period.of, own.of
            ),
            "until": choice(_("到哪件事为止"), NOTHING + events, period.until, own.until),
            "grace": text(_("宽限几天"), period.n, help_text=_("刚到校或刚变动的人，这几天里不算没做到。")),
            "stub": choice(_("不满一段的"), labels.stub_choices(), period.stub),
            "first": day(_("从"), period.first),
            "last": day(_("到"), period.last),
            "phase": choice(_("哪个阶段"), phases, period.n, own.n),
            "month": choice(_("哪个月"), [(str(n), _("%(n)d月") % {"n": n}) for n in range(1, 13)], period.n),
            "named": choice(_("日期的名称"), NOTHING + named, period.of, own.of),
            "name": text(
                _("日期的名称"),
                self.say.announced(period.of) if period.of else "",
                help_text=_("例如“第二次汇报日”。哪一天由学校以后在“待定数字”里填写。"),
            ),
        }
        return {f"{prefix}-{name}": fields[name] for name in needs}

    def _beside(self) -> dict[str, forms.Field]:
        """What few rules say: more windows, ranges of amounts, how it stands to others, what follows."""
        said, own = self.said, self.slots
        whats = labels.condition_choices(self.pack, self.say)
        whats += [(test.what, labels.condition_word(test.what, self.say)) for test in own.overrides_when]
        when = self._titled("o", said.overrides_when, whats, _("什么情形下代替"))
        amounts = {} if said.listed else beside.amount_fields(self.kinds, said, self.say)
        return {
            **self._more_windows(),
            **amounts,
            **beside.standing_fields(said, own, self._rules(), when),
            **beside.effect_fields(said, self.say),
        }

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
    def more(self) -> list[list[forms.BoundField]]:
        """The fields that few rules need, a row for what belongs together."""
        windows = further.grouped(
            self, [f"w{at}-" for at in range(beside.MOST_WINDOWS + len(self.said.more_periods))]
        )
        most = max(beside.MOST_EFFECTS, len(self.said.effects))
        effects = further.grouped(self, [f"e{at}-" for at in range(most)])
        others = [
            self.several("overrides") + self.several("o-"),
            self.several_numbered("n"),
            self.several("next_window"),
        ]
        return [*windows, *([amounts] if (amounts := self.several("amount-")) else []), *others, *effects]

    @property
    def has_more(self) -> bool:
        said = self.said
        ranged = any(f"amount-{name}" in self.fields for name, _value in said.only)
        return bool(
            said.more_periods or said.overrides or said.not_with or said.effects or said.next_window or ranged
        )

    @property
    def how_beside(self) -> list[forms.BoundField]:
        """What the way of counting needs besides, and what holds of somebody with several posts."""
        return [self[name] for name in (FRACTION, "links_too", "on", "two_posts") if name in self.fields]

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
        found = [[self[f"c{at}-{part}"] for part in ("tie", "what", "op", "value") if f"c{at}-{part}" in self.fields]
                 for at in range(rows(len(self.said.tests), MOST_CONDITIONS)) if f"c{at}-what" in self.fields]  # fmt: skip
        return [row if self.said.tests[at:] else row[:1] for at, row in enumerate(found)]

    def several(self, prefix: str) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(prefix)]

    def several_numbered(self, prefix: str) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.removeprefix(prefix).isdecimal()]

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

    def conditions(*names: str) -> list[Condition]:
        return [
            Condition(get(f"{n}-what"), get(f"{n}-op", HOLDS), get(f"{n}-value"), _tie(get(f"{n}-tie")))
            for n in names
            if get(f"{n}-what")
        ]

    tests = conditions(*(f"c{at}" for at in range(max(MOST_CONDITIONS, len(slots.tests)))))
    if len(tests) < TIED_FROM:
        tests = [replace(test, tie="") for test in tests]
    exempt = conditions("x")
    listed = get("listed")
    by = get("by") if get("bound") == BANDED else ""
    only = [
        (name.removeprefix("only-"), get(name))
        for name in data
        if str(name).startswith("only-") and get(name)
    ]
    only += beside.amounts_from(data, get)
    order = [name for name, _value in slots.only]
    only.sort(key=lambda pair: order.index(pair[0]) if pair[0] in order else len(order))
    plain: dict[str, Any] = {name: get(name) for name in PLAIN}
    return Slots(
        id=slots.id or rule_id(get("title")),
        title=get("title"),
        subject=from_subject(data, slots),
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
        items=further.items_from(get, several, conditions, slots) if listed else [],
        steps=further.steps_from(get, max(further.MOST_STEPS, len(slots.steps))),
        exempt=exempt,
        **further.others_from(get, slots),
        number=get("number"),
        number_to=get("number_to"),
        period=_period(get, "when"),
        more_periods=[_period(get, f"w{at}") for at in range(max(beside.MOST_WINDOWS - 1, len(slots.more_periods))) if get(f"w{at}-word")],
        of=get("figure") if get("bound") == PART_OF else "",
        **beside.measure_from(get),
        two_posts=get("two_posts") if by == "post" else "",
        not_with=beside.rivals_from(get, max(beside.MOST_RIVALS, len(slots.not_with))),
        overrides=get("overrides"),
        overrides_when=conditions("o") if get("overrides") else [],
        effects=beside.effects_from(get, max(beside.MOST_EFFECTS, len(slots.effects))),
        next_window=bool(get("next_window")),
        evidence=several("evidence"),
        evidence_any=bool(get("evidence_any")),
        **plain,
    )  # fmt: skip


def _tie(said: str) -> str:
    return said if said in TIES else ""


def _period(get: Any, prefix: str) -> Period:
    word = get("word" if prefix == "when" else f"{prefix}-word") or "term"

    def part(name: str) -> str:
        return str(get(f"{prefix}-{name}"))

    n = part({"phase": "phase", "plan_month": "month", "standing": "grace"}.get(word, "n"))
    of = (part("name") or part("named")) if word == "announced" else part("of")
    unit = part("unit")
    allowed = LENGTH_UNITS.get(word, ())
    if allowed and unit not in allowed:
        unit = "day" if "day" in allowed else allowed[0]
    if word == "standing":
        return Period(word, n)
    if word in (*WINDOW_WORDS, KEPT, TEACHING_MONTH, "calendar_year"):
        return Period(word)
    if word == "before" and not n:
        unit = ""  # however long before
    return Period(word, n, unit, of, part("first"), part("last"), part("until"), part("stub"))


def from_subject(data: Mapping[str, Any], slots: Slots) -> str:
    """The subject that has been chosen so far."""
    return str(data.get("subject", "")).strip() or slots.subject


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
