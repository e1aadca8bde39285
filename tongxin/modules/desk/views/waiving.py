"""Excuse somebody from an obligation 豁免: the post the rule names says why and until when; it stays on record."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.obligations import queries, waivers
from tongxin.kernel.obligations.pairs import Named, named_in_address
from tongxin.kernel.obligations.queries import Asked
from tongxin.methods.cadence.tree import Obligation
from tongxin.methods.cadence.words import sentence
from tongxin.ui.formats import full_day
from tongxin.ui.toasts import notify

from ..numbers import language
from ..waived import waiver_lines
from .programme import asked_of, frame

DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class WaiverForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("请写明豁免的理由。")},
    )
    first = forms.DateField(label=gettext_lazy("从哪天起"), widget=DATE)
    last = forms.DateField(label=gettext_lazy("到哪天止"), widget=DATE)

    def __init__(self, *args: Any, latest: date | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if latest is not None:
            self.fields["last"].help_text = _("从今天起，最晚到%(day)s。") % {"day": full_day(latest)}


def _found(request: Request, public_id: str, rule: str, subject: str) -> tuple[Asked, Obligation, Named]:
    """Return what is asked about, for whoever may excuse this subject or pair from this rule; nobody else finds the page."""
    asked = asked_of(request, public_id)
    declared = queries.obligation_named(asked.pack, rule, asked.as_of)
    who = named_in_address(request.viewer.school_id, subject)
    if declared is None or who is None or not waivers.may_waive(request.viewer, asked.pack, declared, who):
        raise Http404
    if who.type != "staff" and not queries.may_read(request.viewer, asked.pack, declared, who):
        raise Http404
    return asked, declared, who


@allow("explain")
def waive(request: Request, public_id: str, rule: str, subject: str) -> HttpResponse:
    """The waivers that hold, and a new one with its reason and its last day."""
    asked, declared, who = _found(request, public_id, rule, subject)
    viewer = request.viewer
    latest = waivers.last_day_allowed(declared, viewer.day)
    initial = {"first": viewer.day, "last": latest}
    form = WaiverForm(request.POST or None, initial=initial, latest=latest)
    if request.method == "POST" and form.is_valid():
        try:
            waivers.grant(asked.programme, asked.pack, declared, who, by=viewer, **form.cleaned_data)
        except waivers.CannotWaive as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("已批准豁免，审计里有记录。"))
            return redirect("desk:waive", public_id, rule, subject)
    context = {
        "rule": declared,
        "who": who,
        "form": form,
        "sentence": sentence(asked.pack, declared, language()),
        "waivers": waiver_lines(asked, declared, who),
        "back": reverse("desk:duty", args=[public_id, rule]),
    }
    return render(request, "desk/waive.html", frame(request, asked, "duties") | context)


@allow("explain")
@require_POST
def take_back(request: Request, public_id: str, rule: str, subject: str, pk: int) -> HttpResponse:
    """Take a waiver back: what it excused is owed again."""
    asked, declared, who = _found(request, public_id, rule, subject)
    rows = waivers.waivers_of(asked.programme, declared.id, who)
    waivers.take_back(get_object_or_404(rows, pk=pk), by=request.viewer)
    notify(request, _("已收回豁免。"))
    return redirect("desk:waive", public_id, rule, subject)
