"""The further fields of a rule: a checklist, who is told when it is late, gate, tightening, exemption, arrivals, sharing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from tongxin.methods.cadence.declarations import Kind
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.slot_choices import values_of
from tongxin.methods.cadence.slots import Condition, Slots
from tongxin.methods.cadence.slots_further import (
    ALL_OF,
    ANY_OF,
    AS_WRITTEN,
    FROM,
    ITEM_BOUNDS,
    ITSELF,
    LINKS,
    PRORATE,
    Band,
    Item,
    Step,
)
from tongxin.methods.cadence.words import Speaker

from .. import labels
from .inputs import NOTHING, choice, number_text, rows, text

MOST_ITEMS, MOST_STEPS, MOST_BANDS = 20, 5, 12
Get = Callable[[str], str]


def item_fields(
    at: int, item: Item, kind: Kind | None, pack: Pack, say: Speaker, held: labels.Choices, is_activity: bool
) -> dict[str, forms.Field]:
    """A line of the checklist: what it is called, which activity, as what, which sort, how often; and the rest if asked."""
    found: dict[str, forms.Field] = {
        f"i{at}-title": text(_("第%(n)d项") % {"n": at + 1}, item.title, most=60)
    }
    kinds = [*NOTHING, *([(ITSELF, _("这次活动本身"))] if is_activity or item.kind == ITSELF else [])]
    kinds += [(name, say.kind(name)) for name in pack.kinds]
    if item.is_finer or item.kind.startswith(LINKS):
        kinds += [(LINKS + name, _("现有“%(what)s”（不看活动）") % {"what": title}) for name, title in held]
    if item.raw is not None:
        kinds.append((AS_WRITTEN, _("按原来的写法")))
    found[f"i{at}-kind"] = choice(_("哪类活动"), kinds, item.kind, item.kind)
    if kind is not None:
        parts = [("", _("任何身份")), *((p.name, say.part([kind.name], p.name)) for p in kind.parts)]
        found[f"i{at}-part"] = choice(_("以什么身份"), parts, item.part, item.part)
        if sorts := _sorts(kind, say, item.only):
            found[f"i{at}-only"] = choice(_("哪一种"), sorts, item.only)
    if not item.kind or item.kind == AS_WRITTEN:
        return found
    if not item.is_finer:
        found[f"i{at}-number"] = number_text(_("至少几次"), item.number)
    elif kind is not None:
        if sorts := _sorts(kind, say, item.only_too):
            found[f"i{at}-only_too"] = choice(_("而且是哪一种"), sorts, item.only_too)
        found[f"i{at}-how"] = choice(_("怎么数"), _ways(kind, say), item.how, item.how)
    if item.is_finer:
        bounds = zip(ITEM_BOUNDS, (_("至少"), _("正好"), _("至多")), strict=True)
        found[f"i{at}-bound"] = choice(_("要求"), list(bounds), item.bound)
        found[f"i{at}-number"] = number_text(_("数量"), item.number)
        proofs = [(one.name, one.title) for one in kind.evidence] if kind is not None else []
        proofs += [(name, say.evidence(name)) for name in item.evidence if name not in dict(proofs)]
        if proofs:
            found[f"i{at}-evidence"] = forms.MultipleChoiceField(
                label=_("必须有的佐证"), choices=proofs, required=False, initial=item.evidence,
                widget=forms.CheckboxSelectMultiple,
            )  # fmt: skip
    found[f"i{at}-finer"] = _check(_("再细一点"), item.is_finer)
    return found


def with_field(at: int, item: Item, kind: Kind, say: Speaker) -> dict[str, forms.Field]:
    parts = [("", _("（不限）")), *((p.name, say.part([kind.name], p.name)) for p in kind.parts)]
    return {f"i{at}-with": choice(_("要有谁在场"), parts, item.with_part, item.with_part)}


def _sorts(kind: Kind, say: Speaker, own: str) -> labels.Choices:
    """Each value of each qualifier; own: what the line says now, perhaps several values or an amount."""
    about = say.about((kind.name,))
    sorts = [
        (f"{q.name}={code}", f"{about.qualifier(q.name)}：{title}")
        for q in kind.qualifiers
        for code, title in q.values.items()
    ]
    if own and own not in dict(sorts):
        name, _equals, values = own.partition("=")
        qualifier = kind.qualifier(name)
        titles = qualifier.values if qualifier is not None else {}
        word = about.qualifier(name) if qualifier is not None else about.amount(name)
        sorts.append((own, f"{word}：{'、'.join(titles.get(v, v) for v in values.split(','))}"))
    return [("", _("不限")), *sorts] if sorts else []


def _ways(kind: Kind, say: Speaker) -> labels.Choices:
    about = say.about((kind.name,))
    sums = [(f"sum:{a.name}", _("%(amount)s合计") % {"amount": about.amount(a.name)}) for a in kind.amounts]
    return [("", _("（照常）")), ("times", _("次（活动数）")), ("people", _("人（不同的人）")), *sums]


def items_from(
    get: Get,
    several: Callable[[str], list[str]],
    conditions: Callable[..., list[Condition]],
    slots: Slots,
) -> list[Item]:
    """The lines as they are filled in; a line kept as written takes its writing along."""
    found = []
    for at in range(max(MOST_ITEMS, len(slots.items))):
        title, kind = get(f"i{at}-title"), get(f"i{at}-kind")
        old = slots.items[at] if at < len(slots.items) else None
        if kind == AS_WRITTEN:
            if old is not None and old.raw is not None:
                found.append(Item(title, AS_WRITTEN, raw=old.raw))
        elif kind:
            bound = get(f"i{at}-bound")
            found.append(Item(
                title, kind, get(f"i{at}-part"), get(f"i{at}-only"), get(f"i{at}-number") or "1",
                only_too=get(f"i{at}-only_too"), how=get(f"i{at}-how"), bound=bound if bound in ITEM_BOUNDS else "at_least",
                evidence=several(f"i{at}-evidence"), tests=conditions(f"i{at}-c"), with_part=get(f"i{at}-with"),
                with_tests=conditions(f"i{at}-w") if get(f"i{at}-with") else [], finer=bool(get(f"i{at}-finer")),
            ))  # fmt: skip
    return found


def fitting(item: Item, kind: Kind | None, own: list[Item]) -> Item:
    """A line without what belonged to the activity that was chosen before; what the rule says itself stays."""
    if item in own or item.kind == AS_WRITTEN:
        return item
    if item.kind.startswith(LINKS):
        return replace(item, part="", only="", only_too="", how="", with_part="", with_tests=[])
    if kind is None:
        return item

    theirs = [one for one in own if one.kind == item.kind]

    def has(part: str) -> str:
        stays = any(part in (one.part, one.with_part) for one in theirs)
        return part if stays or (kind is not None and kind.part(part)) else ""

    def known(said: str) -> str:
        name, _equals, values = said.partition("=")
        qualifier = kind.qualifier(name) if kind is not None else None
        stays = any(said in (one.only, one.only_too) for one in theirs)
        return (
            said
            if stays or (qualifier is not None and set(values.split(",")) <= set(qualifier.values))
            else ""
        )

    sums = {f"sum:{a.name}" for a in kind.amounts} | {one.how for one in theirs}
    proofs = {one.name for one in kind.evidence} | {name for one in theirs for name in one.evidence}
    return replace(
        item, part=has(item.part), only=known(item.only), only_too=known(item.only_too), with_part=has(item.with_part),
        how=item.how if not item.how.startswith("sum:") or item.how in sums else "",
        evidence=[name for name in item.evidence if name in proofs],
    )  # fmt: skip


def listed_choices() -> labels.Choices:
    return [("", _("一件事")), (ALL_OF, _("一张清单，项项都要做到")), (ANY_OF, _("一张清单，做到一项就行"))]


def table_fields(pack: Pack, said: Slots, say: Speaker) -> dict[str, forms.Field]:
    """What the number follows from, a row for each value and one more, and the number of all others."""
    whats = [("post", _("担任的岗位")), *((name, say.attribute(name)) for name in pack.attributes)]
    found: dict[str, forms.Field] = {"by": choice(_("按什么定"), [*NOTHING, *whats], said.by, said.by)}
    declared = pack.attributes.get(said.by)
    values: labels.Choices = []
    if said.by == "post":
        values = [(name, say.post(name)) for name in pack.posts]
    elif declared is not None and (codes := values_of(declared)) is not None:
        values = [(code, say.value(said.by, code)) for code in codes]
    for at in range(rows(len(said.bands), MOST_BANDS) if said.by else 0):
        band = said.bands[at] if at < len(said.bands) else Band()
        label = _("第%(n)d档") % {"n": at + 1}
        if values:
            found[f"b{at}-value"] = choice(label, [*NOTHING, *values], band.value, band.value)
        else:
            ranges = "" if at else _("写一个值，或 2..3、<=45、>=46。")
            found[f"b{at}-value"] = text(label, band.value, most=40, help_text=ranges)
        found[f"b{at}-number"] = number_text(_("至少"), band.number)
    found["otherwise"] = number_text(_("其余的至少"), said.otherwise)
    return found


def bands_from(get: Get, most: int) -> list[Band]:
    return [
        Band(get(f"b{at}-value"), get(f"b{at}-number") or "1") for at in range(most) if get(f"b{at}-value")
    ]


def about_choices(is_activity: bool) -> labels.Choices:
    what = ("self", _("答复这一次活动的")) if is_activity else ("event", _("答复这件事的"))
    return [("", _("不论答复什么")), what]


def step_fields(posts: labels.Choices, said: Slots) -> dict[str, forms.Field]:
    """A row for each step and one more."""
    found: dict[str, forms.Field] = {}
    people = [*NOTHING, ("bearer", _("负责的人")), *posts]
    for at in range(rows(len(said.steps), MOST_STEPS)):
        step = said.steps[at] if at < len(said.steps) else Step()
        found[f"s{at}-to"] = choice(
            _("没做到时告诉谁") if not at else _("再告诉谁"), people, step.to, step.to
        )
        help_text = "" if at else _("写 7 是过期七天，0 是到期当天，-3 是提前三天。")
        found[f"s{at}-days"] = number_text(_("到期后几天"), step.days, help_text)
    return found


def steps_from(get: Get, most: int) -> list[Step]:
    return [Step(get(f"s{at}-days") or "0", get(f"s{at}-to")) for at in range(most) if get(f"s{at}-to")]


def other_fields(
    posts: labels.Choices, above: labels.Choices, said: Slots, own: Slots
) -> dict[str, forms.Field]:
    """above: the rules of the bureau, of which one may be made stricter."""
    tightened = said.tightens[0] if said.tightens else ""
    listed = [*above, *((name, name) for name in own.tightens if name not in dict(above))]
    return {
        "title_en": text(_("英文叫什么"), said.title_en, most=160),
        "blocks": choice(
            _("没做到就不能担任"), [("", _("（不拦任命）")), *posts], said.blocks, own.blocks
        ),
        "tightens": choice(
            _("收紧上级的哪一条"), [("", _("（不是收紧）")), *listed], tightened, "",
        ),
        "arrivals": choice(
            _("学期中间来的人"),
            [("", _("和大家一样多")), (PRORATE, _("按在校的教学日折算")), (FROM, _("来了满一些天才要求"))],
            said.arrivals,
        ),
        **({"arrivals_days": number_text(_("满几天"), said.arrivals_days)} if said.arrivals == FROM else {}),
        "jointly": _check(_("几个负责的人合起来算"), said.jointly),
        "once_only": _check(_("一次活动只算作一条要求"), said.once_only),
        "make_up": _check(_("过了期限可以补做"), said.make_up),
    }  # fmt: skip


def others_from(get: Get, slots: Slots) -> dict[str, Any]:
    chosen = get("tightens")
    # A rule that tightens several keeps them as long as the first is left as it was.
    tightens = (
        slots.tightens if chosen and chosen == next(iter(slots.tightens), "") else [chosen] if chosen else []
    )
    return {
        "title_en": get("title_en"), "blocks": get("blocks"), "tightens": list(tightens),
        "arrivals": get("arrivals"), "arrivals_days": get("arrivals_days") if get("arrivals") == FROM else "",
        "jointly": bool(get("jointly")), "once_only": bool(get("once_only")), "make_up": bool(get("make_up")),
    }  # fmt: skip


def _check(label: str, initial: bool) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, initial=initial)


def grouped(form: forms.Form, prefixes: Iterable[str]) -> list[list[forms.BoundField]]:
    """The fields of each row that is there, in order."""
    found = []
    for prefix in prefixes:
        row = [form[name] for name in form.fields if name.startswith(prefix)]
        if row:
            found.append(row)
    return found
