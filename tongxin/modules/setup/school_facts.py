"""What the school is, as rules read it: shown on the settings page, asked at first run, changed from a day on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MinValueValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import ALWAYS
from tongxin.kernel.base.models import Attribute, School, Subject
from tongxin.kernel.obligations.queries import in_force
from tongxin.kernel.programmes import school_facts
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence.declarations import AttributeDeclaration
from tongxin.methods.cadence.reads import names_read
from tongxin.ui.toasts import notify

from .people_edit import DATE, value_field

# Asked before anything else: most rules of schools look at them.
FIRST = ("stage", "region")
THOUSAND, TWO_HUNDRED = 1000, 200


def words(one: AttributeDeclaration, value: str) -> str:
    """Return a stored value as people say it."""
    if one.type == "boolean":
        return {"true": _("是"), "false": _("否")}.get(value, value)
    return one.values.get(value, value)


def fact_field(one: AttributeDeclaration, *, required: bool) -> forms.Field:
    field = value_field(one)
    field.required = required
    if isinstance(field, forms.ChoiceField):
        empty = _("请选择") if required else _("没有登记")
        field.choices = [("", empty), *field.choices]  # type: ignore[misc,has-type]
    elif isinstance(field, forms.IntegerField):
        field.min_value = 0
        field.validators.append(MinValueValidator(0, _("请填0或更大的数。")))
    return field


def stored(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


@dataclass(frozen=True)
class Row:
    """A fact as the settings page shows it. value: "" = not recorded; since: None = as long as the school stands."""

    title: str
    value: str
    since: date | None
    rules: int


def rows(school: School, day: date) -> list[Row]:
    """Return the facts about a school with how many of its rules look at each; those that are needed first."""
    recorded, read = school_facts.known(school, day), _readers(school, day)
    found = []
    for name, one in _asked(school, day).items():
        at = recorded.get(name)
        since = at.since if at and at.since > ALWAYS else None
        found.append(Row(one.title, words(one, at.value) if at else "", since, read[name]))
    return found


def _asked(school: School, day: date) -> dict[str, AttributeDeclaration]:
    """Facts a person states; what the installation knows by itself is not asked."""
    known = school_facts.declared(school, day)
    order = [*(name for name in FIRST if name in known), *known]
    return {name: known[name] for name in dict.fromkeys(order) if name != school_facts.KIND}


def _readers(school: School, day: date) -> Counter[str]:
    """{fact: how many rules of the school's programmes look at it}."""
    return Counter(
        name
        for _programme, pack in school_packs(school, day)
        for rule in in_force(pack, day)
        for what, name in names_read(rule)
        if what == "attribute"
    )


def _counted(school: School, day: date) -> dict[str, str]:
    """What the register says of some facts, as a proposal: {fact: value as stored}; nothing before the first list."""
    here = Subject.objects.filter(school=school, type="student", present_from__lte=day, present_to__gte=day)
    students = here.count()
    if not students:
        return {}
    boarders = (
        Attribute.objects.current()
        .filter(name="boarding", value="true", subject__in=here, valid_from__lte=day, valid_to__gte=day)
        .count()
    )
    return {
        "students_total": str(students),
        "students_over_thousand": str(students >= THOUSAND).lower(),
        "boarders_over_200": str(boarders >= TWO_HUNDRED).lower(),
    }


class SchoolFactsForm(forms.Form):
    """One field a fact, and whether it always was so. A field left empty is not recorded, and stays as it is."""

    def __init__(
        self,
        asked: dict[str, AttributeDeclaration],
        recorded: dict[str, str],
        counted: dict[str, str],
        data: Any = None,
    ) -> None:
        super().__init__(data)
        self.asked, self.recorded = asked, recorded
        for name, one in asked.items():
            field = fact_field(one, required=False)
            field.initial = recorded.get(name, counted.get(name, ""))
            if name not in recorded and name in counted:
                field.help_text = _("还没有登记；这里先按名册填好，请核对。")
            self.fields[name] = field
        self.fields["when"] = forms.ChoiceField(
            label=_("这次改动的"),
            widget=forms.RadioSelect,
            initial="always",
            choices=[
                ("always", _("一直是这样（补登记，或者更正以前登记错的）")),
                ("from", _("从下面这一天起变了")),
            ],
        )
        self.fields["since"] = forms.DateField(
            label=_("从哪天起变的"),
            required=False,
            widget=DATE,
            help_text=_("例如改制、迁址、扩招生效的那一天。"),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("when") == "from" and not data.get("since") and "since" not in self.errors:
            self.add_error("since", _("请写从哪天起变的；一直是这样的，请选上面那一项。"))
        if not self.errors and not self.given():
            raise forms.ValidationError(_("还没有填。请至少登记一项。"))
        return data

    def given(self) -> dict[str, str]:
        """Return what was filled in, as stored."""
        values = ((name, self.cleaned_data.get(name)) for name in self.asked)
        return {name: stored(value) for name, value in values if value not in (None, "")}

    @property
    def since(self) -> date:
        return self.cleaned_data["since"] if self.cleaned_data["when"] == "from" else ALWAYS


@allow("people_edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    school = viewer.school
    if school is None:
        raise Http404
    recorded = {name: at.value for name, at in school_facts.known(school, viewer.day).items()}
    form = SchoolFactsForm(
        _asked(school, viewer.day), recorded, _counted(school, viewer.day), request.POST or None
    )
    if request.method == "POST" and form.is_valid():
        n = school_facts.state(school, form.given(), by=viewer, since=form.since, day=viewer.day)
        said = ngettext(
            "已登记 %(n)d 项，有关的要求马上按新的算。", "已登记 %(n)d 项，有关的要求马上按新的算。", n
        )
        notify(request, said % {"n": n} if n else _("没有改动。"))
        return redirect("setup:settings" if viewer.may("settings") else "setup:next_steps")
    back = "setup:settings" if viewer.may("settings") else "setup:next_steps"
    return render(request, "setup/school_facts.html", {"form": form, "back": back})


def first_fields(day: date) -> Iterable[tuple[str, forms.Field]]:
    """Yield the fields of a founding that ask for a fact, with the values the packs on offer declare."""
    known = school_facts.declared(None, day)
    for name in FIRST:
        if name in known:
            field = fact_field(known[name], required=True)
            field.help_text = gettext_lazy("决定哪些要求与您的学校有关，以后可以改。")
            yield name, field
