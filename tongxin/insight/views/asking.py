"""What the pages of this floor ask first: which programme, which day, as whom."""

from __future__ import annotations

from datetime import date, datetime

from django import forms
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.obligations.queries import ask
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.queries import visible_programmes, with_text

from ..figures import Reading
from ..queries import visible_reports


class DayForm(forms.Form):
    """The day up to which activities count; not later than today."""

    day = forms.DateField(label=_("统计截至"), required=False)

    def clean_day(self) -> date | None:
        day = self.cleaned_data["day"]
        if day is not None and day > timezone.localdate():
            raise forms.ValidationError(_("截至日期不能晚于今天。"))
        return day


def programme_of(request: HttpRequest, public_id: str) -> Programme:
    """Return a programme of the viewer's school with its text; 404 for any other."""
    programmes = with_text(visible_programmes(request.viewer)).select_related("school")  # type: ignore[attr-defined]
    return get_object_or_404(programmes, public_id=public_id)


def day_asked(request: HttpRequest, programme: Programme) -> tuple[date, DayForm]:
    """Return the day a page stands for (`day` in the address or the form), and its form with what was wrong."""
    form = DayForm(request.POST if request.method == "POST" else request.GET)
    usual = max(min(timezone.localdate(), programme.last_day), programme.first_day)
    asked = form.cleaned_data["day"] if form.is_valid() else None
    return asked or usual, form


def reading_of(
    request: HttpRequest, public_id: str, *, known_at: datetime | None = None, above: bool = False
) -> tuple[Reading, DayForm]:
    """Return what this viewer sees of a programme on the day asked for."""
    programme = programme_of(request, public_id)
    day, form = day_asked(request, programme)
    return Reading(request.viewer, ask(programme, day, known_at), above), form  # type: ignore[attr-defined]


def reading_as_submitted(request: HttpRequest, reading: Reading, public_id: str) -> Reading:
    """Return the reading as it stood when a report was handed in; 404 when it is not this programme's."""
    submitted = get_object_or_404(
        visible_reports(request.viewer),  # type: ignore[attr-defined]
        public_id=public_id,
        programme=reading.programme,
    )
    if submitted.school_id != request.viewer.school_id:  # type: ignore[attr-defined]
        raise Http404
    return Reading(request.viewer, ask(reading.programme, submitted.as_of, submitted.known_at))  # type: ignore[attr-defined]
