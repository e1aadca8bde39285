"""Forms of the pairs room. Each asks one thing; what may be left out says so."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.base.models import Subject
from tongxin.ui.widgets import DayInput

from . import feedback
from .kinds import REASONS
from .models import GrowthRequest, PairStep, Want, Wish

WORDS = 2000
AREA = forms.Textarea(attrs={"rows": 6})
SHORT_AREA = forms.Textarea(attrs={"rows": 3})
SCORES = [(number, str(number)) for number in feedback.STEPS]


class PersonField(forms.ChoiceField):
    """A choice of people by their public id; `chosen` gives the subject."""

    def offer(self, people: Sequence[Subject], details: dict[int, str] | None = None) -> None:
        self.people = {one.public_id: one for one in people}
        notes = details or {}
        names = [
            (key, f"{one.name}（{notes[one.pk]}）" if one.pk in notes else one.name)
            for key, one in self.people.items()
        ]
        self.choices = [("", _("请选")), *names]

    def chosen(self, key: str) -> Subject | None:
        return self.people.get(key)


class AgreementForm(forms.Form):
    first = forms.DateField(label=gettext_lazy("从哪一天"), widget=DayInput())
    last = forms.DateField(label=gettext_lazy("到哪一天"), widget=DayInput())
    goals = forms.CharField(
        label=gettext_lazy("目标"),
        max_length=WORDS,
        widget=AREA,
        help_text=gettext_lazy("一行一条，写看得见、做得到的。"),
    )
    measures = forms.CharField(
        label=gettext_lazy("措施"),
        max_length=WORDS,
        widget=AREA,
        help_text=gettext_lazy("一行一条，写多久一次。"),
    )


class WishForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("一个小心愿"),
        max_length=300,
        widget=SHORT_AREA,
        help_text=gettext_lazy("例如：想要一本课外书，想去一次科技馆，想学会跳绳。"),
    )


class FulfilForm(forms.Form):
    day = forms.DateField(label=gettext_lazy("哪一天实现的"), widget=DayInput())
    how = forms.ChoiceField(
        label=gettext_lazy("怎样实现的"), choices=Wish.How.choices, widget=forms.RadioSelect
    )
    amount = forms.DecimalField(
        label=gettext_lazy("花了多少（元）"),
        required=False,
        min_value=Decimal("0.01"),
        max_value=Decimal(99_999),
        decimal_places=2,
        help_text=gettext_lazy("资助钱的要写；送东西的，愿意写就写。"),
    )
    words = forms.CharField(label=gettext_lazy("说一句"), required=False, max_length=500, widget=SHORT_AREA)

    def clean(self):
        data = super().clean() or {}
        if data.get("how") == Wish.How.MONEY and not data.get("amount") and "amount" not in self.errors:
            self.add_error("amount", _("请写资助了多少元。"))
        return data

    def hundredths(self) -> int | None:
        amount = self.cleaned_data["amount"]
        return round(amount * 100) if amount and self.cleaned_data["how"] != Wish.How.HELP else None


class MarkForm(forms.Form):
    day = forms.DateField(label=gettext_lazy("考试日期"), widget=DayInput())
    exam = forms.CharField(
        label=gettext_lazy("哪次考试"), max_length=20, help_text=gettext_lazy("例如：期中、一模、月考。")
    )
    course = forms.CharField(label=gettext_lazy("科目"), max_length=20)
    score = forms.DecimalField(
        label=gettext_lazy("得分"), min_value=Decimal(0), max_value=Decimal(1000), decimal_places=2
    )
    full = forms.DecimalField(
        label=gettext_lazy("满分"),
        min_value=Decimal(1),
        max_value=Decimal(1000),
        decimal_places=2,
        initial=100,
    )


class FeedbackForm(forms.Form):
    """A tap for each question, whether to go on, and words that may be left out."""

    def __init__(self, *args, questions: Sequence[str], hint: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.count = len(questions)
        for number, text in enumerate(questions):
            self.fields[f"q{number}"] = forms.TypedChoiceField(
                label=text, coerce=int, choices=SCORES, widget=forms.RadioSelect(attrs={"class": "scores"})
            )
        self.fields["again"] = forms.ChoiceField(
            label=_("以后还在一起吗"), choices=list(feedback.ON.items()), widget=forms.RadioSelect
        )
        self.fields["words"] = forms.CharField(
            label=_("还想说的话"), required=False, max_length=1000, widget=SHORT_AREA, help_text=hint
        )

    def answer(self) -> feedback.Answer:
        data = self.cleaned_data
        return feedback.Answer([data[f"q{n}"] for n in range(self.count)], data["again"], data["words"])


class AskForm(forms.Form):
    want = forms.ChoiceField(label=gettext_lazy("希望怎样"), choices=Want.choices, widget=forms.RadioSelect)
    reason = forms.ChoiceField(label=gettext_lazy("为什么"), choices=list(REASONS.items()))
    words = forms.CharField(
        label=gettext_lazy("想说的话"),
        required=False,
        max_length=500,
        widget=SHORT_AREA,
        help_text=gettext_lazy("只有组织结对的人看得到，对方看不到。"),
    )


class ArrangeForm(forms.Form):
    """What becomes of a pair. day means: renewed, the new last day; handed over, the first day; ended, the last day."""

    what = forms.ChoiceField(
        label=gettext_lazy("怎样安排"), choices=PairStep.What.choices, widget=forms.RadioSelect
    )
    day = forms.DateField(
        label=gettext_lazy("日期"),
        widget=DayInput(),
        help_text=gettext_lazy("续期：续到哪一天。换人：新的人从哪一天起。解除：最后一天。"),
    )
    next_a = PersonField(label=gettext_lazy("谁来接手"), required=False)
    reason = forms.ChoiceField(label=gettext_lazy("为什么"), choices=list(REASONS.items()))
    words = forms.CharField(label=gettext_lazy("说明"), required=False, max_length=500, widget=SHORT_AREA)

    def __init__(self, *args, takers: Sequence[Subject], load: dict[int, int], **kwargs):
        super().__init__(*args, **kwargs)
        notes = {pk: _("已带 %(n)d") % {"n": n} for pk, n in load.items()}
        self.fields["next_a"].offer(takers, notes)  # type: ignore[attr-defined]

    def clean(self):
        data = super().clean() or {}
        if data.get("what") == PairStep.What.HANDED_OVER and not data.get("next_a"):
            self.add_error("next_a", _("请选接手的人。"))
        return data

    def taker(self) -> Subject | None:
        return self.fields["next_a"].chosen(self.cleaned_data["next_a"])  # type: ignore[attr-defined]


class GrowthForm(forms.Form):
    theme = forms.ChoiceField(
        label=gettext_lazy("哪一方面"), choices=GrowthRequest.Theme.choices, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label=gettext_lazy("遇到了什么，希望怎样帮"),
        max_length=WORDS,
        widget=AREA,
        help_text=gettext_lazy("“思想”“生活”两类只有您、书记和派来帮您的人看得到。"),
    )


class AssignForm(forms.Form):
    helper = PersonField(label=gettext_lazy("请谁来帮"))
    due = forms.DateField(label=gettext_lazy("哪一天前答复"), widget=DayInput())

    def __init__(self, *args, people: Sequence[Subject], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["helper"].offer(people)  # type: ignore[attr-defined]

    def person(self) -> Subject | None:
        return self.fields["helper"].chosen(self.cleaned_data["helper"])  # type: ignore[attr-defined]


def _score(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, coerce=int, empty_value=None, required=False, choices=SCORES,
        widget=forms.RadioSelect(attrs={"class": "scores"}),
    )  # fmt: skip


class GrowthAnswerForm(forms.Form):
    words = forms.CharField(label=gettext_lazy("答复"), max_length=WORDS, widget=AREA)
    score = _score(gettext_lazy("对方愿意一起想办法（1 很少，5 很愿意）"))


class GrowthCloseForm(forms.Form):
    score = _score(gettext_lazy("帮上忙了吗（1 没有，5 帮了大忙）"))
    thanks = forms.CharField(
        label=gettext_lazy("说声谢谢"), required=False, max_length=500, widget=SHORT_AREA
    )


class ModelForm(forms.Form):
    """Somebody to be shown: a person; the pair comes with the address."""

    person = PersonField(label=gettext_lazy("先进个人"))
    citation = forms.CharField(
        label=gettext_lazy("事迹"),
        max_length=400,
        widget=AREA,
        help_text=gettext_lazy("全校都看得到。不写学生的姓名和情况。"),
    )

    def __init__(self, *args, people: Sequence[Subject] | None, **kwargs):
        super().__init__(*args, **kwargs)
        if people is None:
            del self.fields["person"]
        else:
            self.fields["person"].offer(people)  # type: ignore[attr-defined]

    def chosen(self) -> Subject | None:
        field = self.fields.get("person")
        return field.chosen(self.cleaned_data["person"]) if field is not None else None  # type: ignore[attr-defined]
