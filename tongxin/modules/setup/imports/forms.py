"""Forms of the import pages; choices that a stranger invented are refused by the forms themselves."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.exchange.models import ImportRun
from tongxin.exchange.rosters.compare import OTHER_PERSON, SAME_PERSON, SKIP
from tongxin.exchange.rosters.fields import FIELDS

ANSWERS = [
    (SKIP, gettext_lazy("先不导入")),
    (SAME_PERSON, gettext_lazy("是同一个人，更新")),
    (OTHER_PERSON, gettext_lazy("是另一个人，新增")),
]
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("这是什么名单"), choices=ImportRun.Kind.choices, widget=forms.RadioSelect
    )
    file = forms.FileField(
        label=gettext_lazy("表格文件"),
        help_text=gettext_lazy(
            "Excel（.xlsx、.xls、.xlsb）、.ods 或 CSV 都可以，最大 50 MB。用学校现成的表就行，不必改表头。"
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.xlsb,.ods,.csv,.txt"}),
        error_messages={
            "required": gettext_lazy("请选择要上传的表格文件。"),
            "empty": gettext_lazy("这个文件是空的，一个字也没有。请检查后重新上传。"),
        },
    )


class HeadingsForm(forms.Form):
    """One select per column. labels: headings by column; mapping: {heading: field} to start with."""

    join_names = forms.BooleanField(
        label=gettext_lazy("去掉姓名中间的空格（如“张 三”改成“张三”）"), required=False
    )

    def __init__(self, *args, kind: str, labels: tuple[str, ...], mapping: dict[str, str], **kwargs):
        super().__init__(*args, **kwargs)
        self.labels = labels
        choices = [("", _("不导入这一列"))]
        choices += [(field.name, field.title) for field in FIELDS[kind].values()]
        self.columns = [(index, label) for index, label in enumerate(labels) if label]
        for index, label in self.columns:
            self.fields[f"column-{index}"] = forms.ChoiceField(
                label=label, choices=choices, required=False, initial=mapping.get(label, "")
            )
        if "homeroom" in FIELDS[kind] and kind == ImportRun.Kind.STUDENTS:
            self.fields["homeroom"] = forms.CharField(
                label=_("表里没有班级这一列时，全表都是"),
                max_length=40,
                required=False,
                help_text=_("例如：七年级3班"),
            )

    @property
    def mapping(self) -> dict[str, str]:
        """{heading: field} as chosen."""
        chosen = {label: self.cleaned_data.get(f"column-{index}", "") for index, label in self.columns}
        return {label: field for label, field in chosen.items() if field}

    def clean(self):
        data = super().clean() or {}
        fields = [data.get(f"column-{index}", "") for index, _label in self.columns]
        if "name" not in fields:
            raise forms.ValidationError(_("请指明哪一列是姓名。"))
        for field in {f for f in fields if f}:
            same = [label for index, label in self.columns if data.get(f"column-{index}") == field]
            if len(same) > 1:
                raise forms.ValidationError(
                    _("“%(one)s”和“%(other)s”选成了同一项，请只留一列。") % {"one": same[0], "other": same[1]}
                )
        return data


class AnswersForm(forms.Form):
    """What a person says about rows that only share name and class with somebody known."""

    answer_all = forms.ChoiceField(choices=ANSWERS)

    def __init__(self, *args, rows: list[int], **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            self.fields[f"row-{row}"] = forms.ChoiceField(choices=[("", ""), *ANSWERS], required=False)

    @property
    def answers(self) -> dict[int, str]:
        return {row: value for row in self.rows if (value := self.cleaned_data.get(f"row-{row}"))}


class ConfirmForm(forms.Form):
    since = forms.DateField(
        label=gettext_lazy("名单从哪天起有效"),
        widget=DAY,
        help_text=gettext_lazy("新来的人从这天起算在校，换班的从这天起换班。"),
    )
    fingerprint = forms.CharField(max_length=24, widget=forms.HiddenInput)

    def clean_since(self) -> date:
        day = self.cleaned_data["since"]
        if not 1990 <= day.year <= 2100:
            raise forms.ValidationError(_("这个日期太早或太晚，请核对年份。"))
        return day
