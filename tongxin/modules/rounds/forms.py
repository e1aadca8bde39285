"""Forms of the rounds: opening one, wishes on a phone, the organiser's steps, a scheme in slots."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.programmes.pairings import Pairing
from tongxin.methods.matching.scheme import LARGEST_WEIGHT
from tongxin.methods.matching.use import Ask
from tongxin.ui.formats import listed
from tongxin.ui.widgets import DayInput
from tongxin.ui.worded import said

from . import saying, schemes, services, standing
from .labels import Labels
from .models import Bond, Participant
from .picking import PersonField

AREA = forms.Textarea(attrs={"rows": 2})
DECIDES = (
    ("own_choice", gettext_lazy("自己选：双方互选的先定下，电脑只补其余的")),
    ("organiser", gettext_lazy("组织者定：电脑提出，组织者改")),
    ("computer", gettext_lazy("用电脑的排法，不合适的再改")),
)


class OpenForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("名称"), max_length=80)
    branch = forms.ChoiceField(label=gettext_lazy("哪个支部的"))
    starts_on = forms.DateField(label=gettext_lazy("从哪天起结对"), widget=DayInput())
    ends_on = forms.DateField(label=gettext_lazy("到哪天为止"), widget=DayInput())
    wishes_by = forms.DateField(label=gettext_lazy("志愿填到哪天"), widget=DayInput())
    answers_by = forms.DateField(
        label=gettext_lazy("公布后回答到哪天"), widget=DayInput(),
        help_text=gettext_lazy("到期没有回答的，当作同意。"),
    )  # fmt: skip
    fill = forms.ChoiceField(
        label=gettext_lazy("原来的结对"), widget=forms.RadioSelect,
        choices=[
            ("", gettext_lazy("重新排：没有排在一起的，到新的开始前一天为止")),
            ("yes", gettext_lazy("只补没有的：已经有的不参加，也不改")),
        ],
        required=False,
    )  # fmt: skip

    def __init__(self, *args: Any, viewer: Viewer, pairing: Pairing, until, **kwargs: Any) -> None:
        day = viewer.day
        kwargs.setdefault("initial", {}).update(
            title=said(pairing.title), starts_on=day + timedelta(days=21), ends_on=until,
            wishes_by=day + timedelta(days=7), answers_by=day + timedelta(days=14), fill="",
        )  # fmt: skip
        super().__init__(*args, **kwargs)
        self.scheme_title = pairing.title
        own = standing.branch_for(viewer, pairing)
        if own:
            rows = Subject.objects.filter(pk__in=own).order_by("pinyin")
            self.branches = {one.public_id: one for one in rows}
            field = self.fields["branch"]
            field.choices = [(key, one.name) for key, one in self.branches.items()]  # type: ignore[attr-defined]
        else:
            self.branches = {}
            del self.fields["branch"]

    def plan(self) -> services.Plan:
        data = self.cleaned_data
        days = {name: data[name] for name in ("starts_on", "ends_on", "wishes_by", "answers_by")}
        branch = self.branches.get(data.get("branch", ""))
        title = data["title"].strip()
        if title == said(self.scheme_title):
            title = self.scheme_title  # kept as it is written, and said to everybody in their own language
        return services.Plan(title=title, fill=bool(data["fill"]), branch=branch, **days)


class WishForm(forms.Form):
    """Whom one wishes for, how many one takes, and the scheme's questions; all of it may be left as it is."""

    def __init__(
        self,
        *args: Any,
        person: Participant,
        ask: Ask,
        options: list[Participant],
        labels: Labels,
        wants: list[int],
        url: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.person, self.ask = person, ask
        self.options = {one.public_id: one for one in options}
        keys = {one.pk: one.public_id for one in options}
        for n in range(1, ask.wishes + 1 if options else 1):
            chosen = keys.get(wants[n - 1], "") if n <= len(wants) else ""
            self.fields[f"wish{n}"] = PersonField(
                label=_("第%(n)d志愿") % {"n": n}, people=options, labels=labels, url=url, empty=_("不选"),
                required=False, initial=chosen,
            )  # fmt: skip
        for slot in ask.slots:
            said = person.answers.get(slot.id, [])
            if slot.free:
                self.fields[f"slot-{slot.id}"] = forms.CharField(
                    label=slot.title, required=False, max_length=160, initial=listed(map(str, said)),
                    help_text=_("几个之间用顿号隔开。"),
                )  # fmt: skip
            else:
                self.fields[f"slot-{slot.id}"] = forms.MultipleChoiceField(
                    label=slot.title, required=False, choices=slot.values, initial=said,
                    widget=forms.CheckboxSelectMultiple,
                )  # fmt: skip
        if ask.limits:
            self._limits(person)

    def _limits(self, person: Participant) -> None:
        top = max(person.high, 5)
        choices = [(str(n), _("最多%(n)d个") % {"n": n}) for n in range(1, min(top, 20) + 1)]
        self.fields["most"] = forms.ChoiceField(
            label=_("最多几个"), required=False, choices=[*choices, ("none", _("这次不带"))],
            initial="none" if person.none else str(max(1, person.high)), widget=forms.RadioSelect,
        )  # fmt: skip
        self.fields["words"] = forms.CharField(
            label=_("这次不带的原因，或想说的"), required=False, max_length=saying.MOST_WORDS, widget=AREA,
            initial=person.words, help_text=_("只有组织的老师看得到。"),
        )  # fmt: skip

    def said(self) -> saying.Said:
        data = self.cleaned_data
        wants = [self.options[data[name]] for name in data if name.startswith("wish") and data[name]]
        answers: dict[str, list[str]] = {}
        for slot in self.ask.slots:
            value = data.get(f"slot-{slot.id}")
            if slot.free:
                parts = saying.split(value or "")[: saying.MOST_FREE]
                answers[slot.id] = [part[: saying.LONGEST_FREE] for part in parts]
            else:
                answers[slot.id] = list(value or [])
        most = data.get("most", "")
        none = most == "none"
        return saying.Said(
            wants, answers, None if none or not most else int(most), none, data.get("words", "")
        )


class ProposeForm(forms.Form):
    seconds = forms.TypedChoiceField(
        label=gettext_lazy("最多算多久"), coerce=int, initial=30,
        choices=lambda: [(n, _("%d 秒") % n) for n in services.SECONDS],
    )  # fmt: skip
    how = forms.ChoiceField(
        label=gettext_lazy("怎么排"), widget=forms.RadioSelect, initial="change",
        choices=[("change", gettext_lazy("在现在的基础上，改得越少越好")), ("fresh", gettext_lazy("从头排"))],
    )  # fmt: skip
    stable = forms.BooleanField(
        label=gettext_lazy("要求稳定：不让任何两个人都更想和对方在一起"), required=False
    )


class LimitsForm(forms.Form):
    low = forms.IntegerField(label=gettext_lazy("最少几个"), min_value=0, max_value=services.MOST_PLACES)
    high = forms.IntegerField(label=gettext_lazy("最多几个"), min_value=0, max_value=services.MOST_PLACES)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("low") is not None and data.get("high") is not None and data["low"] > data["high"]:
            self.add_error("low", _("最少 %(low)d 大于最多 %(high)d。请改正其中一个。") % data)
        return data


class MoveForm(forms.Form):
    """Put somebody with another partner, or keep two apart; each with a reason."""

    old = forms.ChoiceField(label=gettext_lazy("代替谁"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=200,
        help_text=gettext_lazy("只有组织的老师看得到，留作以后查。"),
    )

    def __init__(
        self,
        *args: Any,
        others: list[Participant],
        present: list[Participant],
        labels: Labels,
        url: str,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.people = {one.public_id: one for one in (*others, *present)}
        self.fields["new"] = PersonField(
            label=_("改成和谁"), people=others, labels=labels, url=url, empty=_("请选")
        )
        self.order_fields(["new", "old", "reason"])
        if present:
            named = [(one.public_id, labels.of(one)) for one in present]
            self.fields["old"].choices = [("", _("不代替谁，再加一个")), *named]  # type: ignore[attr-defined]
            self.fields["old"].initial = named[0][0]
        else:
            del self.fields["old"]

    def chosen(self, name: str) -> Participant | None:
        return self.people.get(self.cleaned_data.get(name, ""))


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("原因"),
        max_length=200,
        help_text=gettext_lazy("只有组织的老师看得到，留作以后查。"),
    )


class BondForm(forms.Form):
    """The organiser's word on any two people of a round. Names are typed: of one name the class or department tells which."""

    MOST_OFFERED = 400

    a = forms.CharField(label=gettext_lazy("谁"), max_length=80)
    b = forms.CharField(label=gettext_lazy("和谁"), max_length=80)
    kind = forms.ChoiceField(
        label=gettext_lazy("定成"), widget=forms.RadioSelect, choices=Bond.Kind.choices[:2], initial=Bond.Kind.APART
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("原因"), max_length=200, help_text=gettext_lazy("只有组织的老师看得到，留作以后查。")
    )  # fmt: skip

    def __init__(self, *args: Any, labels: Labels, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.labels = labels
        few = len(labels.people) <= self.MOST_OFFERED
        self.offered = [labels.of(one) for one in labels.people] if few else []
        for name in ("a", "b"):
            self.fields[name].widget.attrs.update({"list": "people-of-round", "autocomplete": "off"})

    def _named(self, name: str) -> Participant | None:
        text = self.cleaned_data[name].strip()
        found = self.labels.named(text)
        if len(found) > 1:
            known = listed((self.labels.of(one) for one in found[:6]), "；")
            raise forms.ValidationError(
                _("有%(n)d人叫这个名字，请写清是哪一位：%(names)s。") % {"n": len(found), "names": known}
            )
        if not found:
            raise forms.ValidationError(_("这一轮里没有“%(name)s”。请照名单上的姓名写。") % {"name": text})
        return found[0]

    def clean_a(self) -> Participant | None:
        return self._named("a")

    def clean_b(self) -> Participant | None:
        return self._named("b")


class ImportForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("志愿的表格"),
        help_text=gettext_lazy("用下载的表格填写，Excel 或 CSV 都可以，最大 5 MB。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.xlsb,.ods,.csv,.txt"}),
    )

    def clean_file(self):
        from .importing import MOST_BYTES

        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("文件超过 5 MB，请分成几个文件。"))
        return file


class SchemeForm(forms.Form):
    """A scheme in slots: how much each term counts, how many each side takes, who decides."""

    decides = forms.ChoiceField(label=gettext_lazy("谁决定"), choices=DECIDES, widget=forms.RadioSelect)
    note = forms.CharField(label=gettext_lazy("为什么改"), max_length=200)

    def __init__(self, *args: Any, pairing: Pairing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scheme = pairing.scheme
        self.pairing = pairing
        self.fields["decides"].initial = scheme.decides
        for term in scheme.terms:
            self.fields[f"weight-{term.id}"] = forms.IntegerField(
                label=term.title, min_value=0, max_value=LARGEST_WEIGHT, initial=term.weight
            )
        for seat in scheme.seats:
            for name, words, value in (
                ("low", _("%(seat)s：最少几个"), seat.low), ("high", _("%(seat)s：最多几个"), seat.high),
            ):  # fmt: skip
                self.fields[f"{name}-{seat.id}"] = forms.IntegerField(
                    label=words % {"seat": seat.title},
                    min_value=0,
                    max_value=schemes.MOST_PLACES,
                    initial=value,
                )
        self.order_fields(
            [name for name in self.fields if name not in ("decides", "note")] + ["decides", "note"]
        )

    def change(self) -> schemes.Change:
        data, scheme = self.cleaned_data, self.pairing.scheme
        return schemes.Change(
            {term.id: data[f"weight-{term.id}"] for term in scheme.terms},
            {seat.id: (data[f"low-{seat.id}"], data[f"high-{seat.id}"]) for seat in scheme.seats},
            data["decides"],
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            for name, sentence in schemes.refusals(self.change(), self.pairing).items():
                self.add_error(name, sentence)
        return data
