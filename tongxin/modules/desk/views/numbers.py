"""Open numbers 待定数字: whoever is asked sets the numbers and days a programme leaves open, for their own place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.obligations import asked as open_numbers
from tongxin.kernel.obligations.asked import DAY, Place
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.words import sentence
from tongxin.ui.formats import full_day
from tongxin.ui.toasts import notify

from ..numbers import language, title_of
from .programme import asked_of, frame

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class NumberForm(forms.Form):
    value = forms.DecimalField(
        label=gettext_lazy("数量"),
        min_value=Decimal(0),
        max_digits=8,
        decimal_places=2,
        error_messages={
            "required": gettext_lazy("请填写数量。"),
            "invalid": gettext_lazy("请填数字，最多两位小数。"),
        },
    )
    since = forms.DateField(label=gettext_lazy("从哪天起"), widget=DATE)


class DayForm(forms.Form):
    value = forms.DateField(
        label=gettext_lazy("日期"), widget=DATE, error_messages={"required": gettext_lazy("请选择日期。")}
    )


@dataclass(frozen=True)
class Line:
    """One open number as the page shows it."""

    key: str
    action: str
    title: str
    place: str
    sentence: str
    value: str
    since: str
    form: forms.Form


@allow("programme")
def numbers(request: Request, public_id: str) -> HttpResponse:
    """Everything this person is asked for; each is saved for itself."""
    asked = asked_of(request, public_id)
    places = open_numbers.asked_of(request.viewer, asked.pack)
    if not places:
        raise Http404
    forms_by_key = {place.key: _form(request, place) for place in places}
    if request.method == "POST":
        place = next((one for one in places if one.key == request.GET.get("number")), None)
        if place is None:
            raise Http404
        form = forms_by_key[place.key]
        if form.is_valid() and _saved(request, place, form):
            return redirect("desk:numbers", public_id)
    lines = [_line(asked.pack, place, forms_by_key[place.key]) for place in places]
    return render(request, "desk/numbers.html", frame(request, asked, "numbers") | {"lines": lines})


def _form(request: Request, place: Place) -> forms.Form:
    """A bound form for the number that is being saved, filled with what holds for the others."""
    mine = request.method == "POST" and request.GET.get("number") == place.key
    kind = DayForm if place.open.what == DAY else NumberForm
    initial: dict[str, Any] = {"value": place.value or None, "since": request.viewer.day}
    return kind(request.POST if mine else None, initial=initial, auto_id=f"{place.open.name}-%s")


def _saved(request: Request, place: Place, form: forms.Form) -> bool:
    said = form.cleaned_data
    try:
        since = said.get("since", request.viewer.day)
        open_numbers.set_open(place, said["value"], since, by=request.viewer)
    except open_numbers.CannotSet as refused:
        form.add_error("value", str(refused))
        return False
    notify(request, _("已保存，审计里有记录。"))
    return True


def _line(pack: Pack, place: Place, form: forms.Form) -> Line:
    value = place.value
    if value and place.open.what == DAY:
        value = full_day(date.fromisoformat(value))
    since = full_day(place.since) if place.since and place.open.what != DAY else ""
    return Line(
        place.key,
        f"?{urlencode({'number': place.key})}",
        title_of(pack, place),
        place.subject.name,
        sentence(pack, place.open.rule, language()),
        value,
        since,
        form,
    )
