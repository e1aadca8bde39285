"""Forms of the staff's pages."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Attribute, School, Subject

from . import population, sittings
from .instruments import ready
from .models import InstrumentText, Sitting, SittingForm

ROWS = 8
SPARE = 2
MOST_BEFORE = 50


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("请填写日期。"),
            "invalid": gettext_lazy("请填写正确的日期。"),
        },
    )


def rooms_by_grade(school: School, day: date) -> list[tuple[str, list[Subject]]]:
    """Return the classes of a day under the words of their grade, in order."""
    rooms = list(population.rooms(school, day))
    grades = dict(
        Attribute.objects.filter(
            subject__in=rooms, name="grade", superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
        ).values_list("subject_id", "value")
    )
    found: dict[int, list[Subject]] = defaultdict(list)
    for room in rooms:
        value = grades.get(room.pk, "")
        found[int(value) if value.isdecimal() else 0].append(room)
    words = {grade: _("%(n)d年级") % {"n": grade} if grade else _("其他班级") for grade in found}
    return [(words[grade], found[grade]) for grade in sorted(found, key=lambda grade: (not grade, grade))]


class WhenForm(forms.Form):
    """What can be changed while a sitting runs."""

    title = forms.CharField(
        label=gettext_lazy("名称"), max_length=80, error_messages={"required": gettext_lazy("请写名称。")},
        help_text=gettext_lazy("学生会看到这个名称，例如“秋季心情小调查”。"),
    )  # fmt: skip
    last_day = _day(gettext_lazy("结束日期"))
    place = forms.CharField(
        label=gettext_lazy("地点"), max_length=80, required=False,
        help_text=gettext_lazy("例如“机房，按课表”。"),
    )  # fmt: skip


class PlanForm(WhenForm):
    """A whole plan. The instruments and the classes are drawn by the page: they are rows and groups of boxes."""

    first_day = _day(gettext_lazy("开始日期"))
    who = forms.CharField(
        label=gettext_lazy("只给符合条件的学生"), required=False, max_length=population.MOST_CONDITION,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=gettext_lazy("记进台账的活动"), required=False,
        help_text=gettext_lazy("结束时，交了的学生按班记成这种活动，只记参加，不记内容。"),
    )  # fmt: skip
    before = forms.ChoiceField(
        label=gettext_lazy("和哪一次比"), required=False,
        help_text=gettext_lazy("活动前后各测一次的，后一次在这里选前一次。"),
    )  # fmt: skip
    per_page = forms.IntegerField(
        label=gettext_lazy("每页题数"), min_value=1, max_value=sittings.MOST_PER_PAGE, initial=3
    )
    feedback = forms.BooleanField(label=gettext_lazy("答完给学生几句话"), required=False, initial=True)

    field_order = ("title", "first_day", "last_day", "place")

    def __init__(self, school: School, day: date, sitting: Sitting | None, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.school, self.day, self.sitting = school, day, sitting
        self.texts = list(
            InstrumentText.objects.filter(school=school, retired_at=None)
            .order_by("title", "pk")
            .defer("text")
        )
        self.rooms = rooms_by_grade(school, day)
        kinds = sittings.ledger_kinds(school, day)
        self._choices("kind", _("不记"), [(kind.name, kind.title) for kind in kinds])
        earlier = Sitting.objects.filter(school=school).exclude(state=Sitting.State.DRAFT)
        if sitting is not None:
            earlier = earlier.exclude(pk=sitting.pk)
        known = earlier.order_by("-first_day", "-pk").values_list("public_id", "title")[:MOST_BEFORE]
        self._choices("before", _("不比"), list(known))

    def _choices(self, name: str, nothing: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", nothing), *choices]

    @property
    def chosen_rooms(self) -> set[str]:
        if self.is_bound:
            return set(cast(QueryDict, self.data).getlist("rooms"))
        return set(self.initial.get("rooms", ()))

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """Return (id of the instrument, who fills it in) of each row, as typed or as saved."""
        if self.is_bound:
            return [(self.data.get(f"text-{n}", ""), self.data.get(f"form-{n}", "")) for n in range(ROWS)]
        return list(self.initial.get("forms", ()))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of instruments to draw: those that are filled in and two more."""
        filled = [row for row in self.chosen if row[0]]
        rows = [*filled, *[("", "student")] * SPARE][:ROWS]
        return [{"n": n, "text": text, "form": form} for n, (text, form) in enumerate(rows)]

    def plan(self) -> sittings.Plan | None:
        """Return the plan that was typed, None where a row cannot be read; the form then says why."""
        by_id = {text.public_id: text for text in self.texts}
        forms_: list[tuple[InstrumentText, str]] = []
        for chosen, form in self.chosen:
            if not chosen:
                continue
            text = by_id.get(chosen)
            if text is None or form not in SittingForm.Form.values:
                self.add_error(None, _("有的量表已经停用，请重新选择。"))
                return None
            meant = ready(InstrumentText.objects.get(pk=text.pk)).instrument.forms
            if meant and form not in meant:
                label = SittingForm.Form(form).label
                self.add_error(None, _("“%(title)s”不能由“%(who)s”。") % {"title": text.title, "who": label})
                return None
            forms_.append((text, form))
        data = self.cleaned_data
        rooms = {room.public_id: room.pk for _grade, group in self.rooms for room in group}
        before = Sitting.objects.filter(school=self.school, public_id=data["before"]).first()
        return sittings.Plan(
            title=data["title"], first_day=data["first_day"], last_day=data["last_day"], forms=forms_,
            rooms=[rooms[one] for one in self.chosen_rooms if one in rooms], who=data["who"],
            place=data["place"], kind=data["kind"], per_page=data["per_page"], feedback=data["feedback"],
            before=before if data["before"] else None,
        )  # fmt: skip


def initial_of(sitting: Sitting) -> dict[str, Any]:
    """Return a saved plan as the form shows it."""
    rooms = Subject.objects.filter(pk__in=sitting.rooms).values_list("public_id", flat=True)
    texts = sitting.forms.order_by("number").values_list("text__public_id", "form")
    return {
        "title": sitting.title, "first_day": sitting.first_day, "last_day": sitting.last_day, "place": sitting.place,
        "who": sitting.who, "kind": sitting.kind, "per_page": sitting.per_page, "feedback": sitting.feedback,
        "before": sitting.before.public_id if sitting.before else "", "rooms": list(rooms), "forms": list(texts),
    }  # fmt: skip
