"""What happened to a person or group that deadlines run from: record it, take it back."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.models import Event, Subject
from tongxin.kernel.obligations.unrecorded import within_reach
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes import queries as programmes
from tongxin.methods.cadence.declarations import EventDeclaration
from tongxin.ui.toasts import notify

MOST_SHOWN = 50
ONCE = re.compile(r"[0-9a-f]{32}")


def kinds_of(viewer: Viewer, subject: Subject) -> dict[str, EventDeclaration]:
    """The events of the school's programmes that this viewer may record of a subject."""
    if viewer.school is None:
        return {}
    declared = programmes.events(viewer.school, viewer.day)
    of_type = {name: one for name, one in declared.items() if subject.type in one.of}
    classes = sorted({one.data_class for one in of_type.values()})
    if not classes:
        return {}
    # One query, however many kinds of events and classes of data there are.
    asked = {
        f"open{at}": Exists(
            within_reach(
                viewer, next(one for one in of_type.values() if one.data_class == data_class)
            ).filter(pk=OuterRef("pk"))
        )
        for at, data_class in enumerate(classes)
    }
    answers = Subject.objects.filter(pk=subject.pk).annotate(**asked).values_list(*asked).get()
    open_ = dict(zip(classes, answers, strict=True))
    return {name: one for name, one in of_type.items() if open_[one.data_class]}


def events_of(subject: Subject, kinds: dict[str, EventDeclaration]) -> list[dict[str, Any]]:
    """What happened to a subject, newest first; kinds: what this viewer may know of, see `kinds_of`."""
    rows = (
        Event.objects.current()
        .filter(subject=subject, kind__in=list(kinds))
        .order_by("-day", "-id")[:MOST_SHOWN]
    )
    return [
        {"event": row, "title": kinds[row.kind].title, "at": row.at, "retracted": row.retracted}
        for row in rows
    ]


class EventForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("发生了什么"))
    day = forms.DateField(
        label=gettext_lazy("哪一天"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": gettext_lazy("请填写日期。"), "invalid": gettext_lazy("请填写正确的日期。")},
    )  # fmt: skip
    clock = forms.TimeField(
        label=gettext_lazy("几点（要按小时计算期限时填写）"), required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": gettext_lazy("请填写正确的时间，例如 14:30。")},
    )  # fmt: skip

    def __init__(self, kinds: dict[str, EventDeclaration], now: dt.datetime, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.now = now
        self.fields["kind"].choices = [(name, one.title) for name, one in kinds.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("day") and (data["day"] > self.now.date() or (self.moment() or self.now) > self.now):
            self.add_error("day", _("还没有发生的事不能登记。请填写实际发生的时间。"))
        return data

    def moment(self) -> dt.datetime | None:
        clock = self.cleaned_data.get("clock")
        if clock is None:
            return None
        return dt.datetime.combine(self.cleaned_data["day"], clock, self.now.tzinfo)


@allow("people_edit", "record")
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, public_id: str) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    subject = get_object_or_404(visible_subjects(viewer), public_id=public_id)
    kinds = kinds_of(viewer, subject)
    if not kinds:
        raise Http404
    form = EventForm(kinds, timezone.localtime(), request.POST or None, initial={"day": viewer.day})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if not _same(subject, data["kind"], data["day"], form.moment()):
            people.record_event(
                subject, data["kind"], data["day"], at=form.moment(), by=viewer.account, token=_token(request)
            )
        notify(request, _("已登记。因此要做的事已经列进待办。"))
        return redirect("setup:person", public_id)
    back = reverse("setup:person", args=[public_id])
    return render(request, "setup/form_page.html", {"form": form, "title": _("登记发生的事"), "back": back})


def _token(request: HttpRequest) -> str | None:
    """What makes a form sent twice one event; another account's form is another one."""
    sent = request.POST.get("once", "")
    return f"{request.viewer.account_id}:{sent}" if ONCE.fullmatch(sent) else None  # type: ignore[attr-defined]


def _same(subject: Subject, kind: str, day: dt.date, at: dt.datetime | None) -> bool:
    """Whether the same is on file already, recorded on another page; the same form sent twice is told by its token."""
    return (
        Event.objects.current().filter(subject=subject, kind=kind, day=day, at=at, retracted=False).exists()
    )


@allow("people_edit", "record")
@require_POST
def retract(request: HttpRequest, public_id: str) -> HttpResponse:
    """It did not happen after all: what was owed because of it is no longer expected."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    event = get_object_or_404(
        Event.objects.current().select_related("subject"), public_id=public_id, school=viewer.school
    )
    subject = get_object_or_404(visible_subjects(viewer), pk=event.subject_id)
    if event.kind not in kinds_of(viewer, subject):
        raise Http404
    people.retract_event(event, by=viewer.account)
    notify(request, _("已撤回。因此要做的事不再要求。"))
    return redirect("setup:person", subject.public_id)
