"""Further fields of a rule that few need: more windows, ranges of amounts, how it stands to other rules, what follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from tongxin.kernel.obligations.consequences import CONCERNED
from tongxin.methods.cadence.declarations import Kind
from tongxin.methods.cadence.effects import CALLED, PER, called
from tongxin.methods.cadence.slots import FRACTION, ON_DAYS, Slots
from tongxin.methods.cadence.slots_effects import BARS, POINTS, TWO_POSTS, VETO, Effect
from tongxin.methods.cadence.words import Speaker

from .. import labels
from .inputs import NOTHING, choice, number_text, rows, text

MOST_WINDOWS, MOST_RIVALS, MOST_EFFECTS = 3, 3, 3
# What a new consequence bears on until another thing is chosen.
USUAL = {BARS: "rating.excellent", VETO: "appraisal"}
Get = Callable[[str], str]


def amount_fields(kinds: list[Kind], said: Slots, say: Speaker) -> dict[str, forms.Field]:
    """For each amount that all these kinds have, how large it must be for an activity to count."""
    shared = dict.fromkeys(
        a.name for kind in kinds for a in kind.amounts if all(k.amount(a.name) for k in kinds)
    )
    values = dict(said.only)
    found: dict[str, forms.Field] = {}
    say = say.about(tuple(said.kinds))
    for name in shared:
        help_text = "" if found else _("写 >=2、<=50、2..3，或正好的数。")
        label = _("只数“%(amount)s”在这个范围里的") % {"amount": say.amount(name)}
        found[f"amount-{name}"] = text(label, values.get(name, ""), most=40, help_text=help_text)
    return found


def amounts_from(data: Any, get: Get) -> list[tuple[str, str]]:
    names = [str(name) for name in data if str(name).startswith("amount-")]
    return [(name.removeprefix("amount-"), get(name)) for name in names if get(name)]


def measure_fields(
    said: Slots, own: Slots, rules: labels.Choices, held: labels.Choices
) -> dict[str, forms.Field]:
    """What some ways of counting need besides. rules: the others of the pack; held: links and posts."""
    found: dict[str, forms.Field] = {}
    if said.measure == FRACTION:
        found[FRACTION] = choice(_("哪一条要求"), [*NOTHING, *rules], said.fraction_of, own.fraction_of)
    if said.measure.startswith("links:") and said.measure.count(":") == 1:
        both = [("", _("（不加别的）")), *held]
        found["links_too"] = choice(_("还加上"), both, said.links_too, own.links_too)
    if said.measure.startswith("links:"):
        days = [("", _("最后一天")), *zip(ON_DAYS, (_("每一天"), _("任何一天")), strict=True)]
        found["on"] = choice(_("看哪几天"), days, said.on)
    return found


def measure_from(get: Get) -> dict[str, Any]:
    measure = get("measure")
    held = measure.startswith("links:")
    return {
        "fraction_of": get(FRACTION) if measure == FRACTION else "",
        "links_too": get("links_too") if held and measure.count(":") == 1 else "",
        "on": get("on") if held else "",
    }


def two_posts_field(said: Slots) -> dict[str, forms.Field]:
    if said.by != "post":
        return {}
    words = (_("各岗位分别算"), _("取较大的"), _("相加"))
    ways = [("", _("（不写）")), *zip(TWO_POSTS, words, strict=True)]
    return {"two_posts": choice(_("一人担任几个岗位"), ways, said.two_posts)}


def standing_fields(
    said: Slots, own: Slots, rules: labels.Choices, when: dict[str, forms.Field]
) -> dict[str, forms.Field]:
    """How it stands to the other rules. when: the fields of the condition under which it stands in for another."""
    found: dict[str, forms.Field] = {
        "overrides": choice(
            _("代替哪一条要求"), [("", _("（不代替）")), *rules], said.overrides, own.overrides
        )
    }
    if said.overrides:
        found |= when
    for at in range(rows(len(said.not_with), MOST_RIVALS)):
        value = said.not_with[at] if at < len(said.not_with) else ""
        label = _("算作哪一条的不再计入这一条") if not at else _("还有哪一条")
        found[f"n{at}"] = choice(label, [*NOTHING, *rules], value, value)
    found["next_window"] = forms.BooleanField(
        label=_("改了以后从下一段时间起才算"), required=False, initial=said.next_window
    )
    return found


def effect_fields(said: Slots, say: Speaker) -> dict[str, forms.Field]:
    """A row for each consequence and one more; only for staff and units: no child is labelled by a rule."""
    if said.subject not in CONCERNED and not said.effects:
        return {}
    found: dict[str, forms.Field] = {}
    kinds = [
        ("", _("（没有后果）")),
        (POINTS, _("加分或扣分")),
        (BARS, _("不能得……")),
        (VETO, _("一票否决……")),
    ]
    whats = [(name, called(name, say)) for name in CALLED]
    pers = list(zip(PER, (_("每少一个"), _("每次没做到"), _("全年没做到")), strict=True))
    for at in range(rows(len(said.effects), MOST_EFFECTS)):
        one = said.effects[at] if at < len(said.effects) else Effect()
        found[f"e{at}-kind"] = choice(_("没做到会怎样") if not at else _("还会怎样"), kinds, one.kind)
        if one.kind == POINTS:
            found[f"e{at}-number"] = number_text(_("几分"), one.number, _("扣 1 分写 -1。"))
            found[f"e{at}-per"] = choice(_("按什么算"), pers, one.per)
            found[f"e{at}-floor"] = number_text(_("最多扣到"), one.floor, _("例如 -10；不封底就空着。"))
        elif one.kind:
            found[f"e{at}-what"] = choice(_("关系到什么"), whats, one.what, one.what)
    return found


def effects_from(get: Get, most: int) -> list[Effect]:
    found = []
    for at in range(most):
        kind = get(f"e{at}-kind")
        if kind == POINTS:
            found.append(
                Effect(
                    kind,
                    number=get(f"e{at}-number"),
                    per=get(f"e{at}-per") or PER[0],
                    floor=get(f"e{at}-floor"),
                )
            )
        elif kind:
            found.append(Effect(kind, get(f"e{at}-what") or USUAL.get(kind, "")))
    return found


def rivals_from(get: Get, most: int) -> list[str]:
    return list(dict.fromkeys(get(f"n{at}") for at in range(most) if get(f"n{at}")))
