"""Forms of the programme editor."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.queries import phases, plan_items
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.tree import Obligation
from tongxin.ui.worded import said

from .. import rewriting

BOUND_LABELS = {
    "at_least": gettext_lazy("至少"),
    "at_most": gettext_lazy("至多"),
    "exactly": gettext_lazy("正好"),
}
FIRST_YEAR, LAST_YEAR = 2000, 2100


def _date(**kwargs: Any) -> forms.DateField:
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("请填写日期。"), "invalid": _("请填写正确的日期。")},
        **kwargs,
    )


class AdoptForm(forms.Form):
    """year: the calendar year in which the programme year begins."""

    year = forms.IntegerField(label=gettext_lazy("从哪一年开始"), min_value=FIRST_YEAR, max_value=LAST_YEAR)


class OwnPackForm(AdoptForm):
    """A pack the school wrote itself."""

    file = forms.FileField(
        label=gettext_lazy("方案文件"),
        error_messages={"required": gettext_lazy("请选择方案文件。")},
        help_text=gettext_lazy("一个以 yaml 结尾的文件。"),
    )


class DutyForm(forms.Form):
    """Title, number, first and last day of one obligation."""

    def __init__(self, pack: Pack, rule: Obligation, today: date, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        written = rewriting.raw_duty(pack, rule)
        self.fields["title"] = forms.CharField(
            label=_("名称"),
            max_length=120,
            initial=rule.title,
            error_messages={"required": _("请填写名称。")},
        )
        bound = rewriting.plain_bound(written)
        if bound:
            self.fields["number"] = forms.DecimalField(
                label=BOUND_LABELS[bound[0]],
                min_value=0,
                max_value=1_000_000,
                decimal_places=2,
                initial=bound[1],
                error_messages={"required": _("请填写数字。"), "invalid": _("请填写数字。")},
            )
            self.fields["since"] = _date(
                label=_("新的数从哪天起算"), initial=today, help_text=_("这一天以前仍按原来的数算。")
            )
        due = rewriting.fixed_due(written)
        if due:
            self.fields["due"] = _date(label=_("期限"), initial=due)
        self.fields["until"] = _date(
            label=_("停用：最后一天"),
            initial=rule.until,
            required=False,
            help_text=_("停用以后不再要求，以前的完成情况照样保留。空着就是一直有效。"),
        )

    def edit(self) -> rewriting.DutyEdit:
        cleaned = self.cleaned_data
        number = cleaned.get("number")
        return rewriting.DutyEdit(
            title=cleaned["title"].strip(),
            number=float(number) if number is not None else None,
            since=cleaned.get("since"),
            until=cleaned.get("until"),
            due=cleaned.get("due"),
        )


class PlanForm(forms.Form):
    """Days of the phases; title, owner and days of every item."""

    def __init__(self, programme: Programme, pack: Pack, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.programme = programme
        self.phases = phases(programme, pack)
        self.items = plan_items(programme, pack)
        owners = [(name, said(post.title)) for name, post in pack.posts.items()]
        for phase in self.phases:
            self.fields[f"phase-{phase.number}-from"] = _date(label=_("开始"), initial=phase.first_day)
            self.fields[f"phase-{phase.number}-to"] = _date(label=_("结束"), initial=phase.last_day)
        for item in self.items:
            known = owners if item.owner in pack.posts else [(item.owner, item.owner or _("未定")), *owners]
            self.fields[f"item-{item.name}-title"] = forms.CharField(
                label=_("事项"),
                max_length=120,
                initial=item.title,
                error_messages={"required": _("请填写事项。")},
            )
            self.fields[f"item-{item.name}-owner"] = forms.ChoiceField(
                label=_("负责"), choices=known, initial=item.owner, required=False
            )
            self.fields[f"item-{item.name}-from"] = _date(label=_("开始"), initial=item.first_day)
            self.fields[f"item-{item.name}-due"] = _date(label=_("截止"), initial=item.due)

    def phase_rows(self) -> list[dict[str, Any]]:
        return [
            {"title": said(p.title), "fields": [self[f"phase-{p.number}-from"], self[f"phase-{p.number}-to"]]}
            for p in self.phases
        ]

    def item_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "title": said(i.title),
                "fields": [self[f"item-{i.name}-{part}"] for part in ("title", "owner", "from", "due")],
            }
            for i in self.items
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        pairs = [(f"phase-{p.number}-from", f"phase-{p.number}-to") for p in self.phases]
        pairs += [(f"item-{i.name}-from", f"item-{i.name}-due") for i in self.items]
        year = self.programme.first_day.year
        for first, last in pairs:
            a, b = cleaned.get(first), cleaned.get(last)
            if a and b and b < a:
                self.add_error(last, _("截止日期早于开始日期，请改正其中一个。"))
            for name, day in ((first, a), (last, b)):
                if day and not year <= day.year <= year + 1:
                    self.add_error(name, _("日期不在这个项目年度里，请检查年份。"))
        return cleaned

    def rewritten(self, pack: Pack) -> Pack:
        cleaned = self.cleaned_data
        return rewriting.edit_plan(
            pack,
            {
                p.number: (cleaned[f"phase-{p.number}-from"], cleaned[f"phase-{p.number}-to"])
                for p in self.phases
            },
            {
                i.name: {part: cleaned[f"item-{i.name}-{part}"] for part in ("title", "owner", "from", "due")}
                for i in self.items
            },
            self.programme.first_day.year,
        )
