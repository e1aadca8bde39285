"""Requests about one's own data: asked on one's page or entered by the office, answered in writing, copies as a zip."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.bundle import stream_bundle
from tongxin.exchange.documents.word import write_word
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.models import Subject
from tongxin.ui.toasts import notify

from .. import copies, letters, services
from ..models import RightsRequest
from .audit import school_of
from .mine import own_people

PEOPLE = ("student", "guardian", "staff")
SHOWN = 200
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def person_of(viewer: Viewer, public_id: str) -> Subject:
    """Return somebody whose data this viewer may ask about, or whose requests they register."""
    for one in own_people(viewer):
        if one.public_id == public_id:
            return one
    if not viewer.may("rights"):
        raise Http404
    return get_object_or_404(visible_subjects(viewer), type__in=PEOPLE, public_id=public_id)


@allow("rights")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: Request) -> HttpResponse:
    """The register: what is owed first. A posted `q` finds the person a request on paper is about."""
    viewer = request.viewer
    rows = RightsRequest.objects.filter(school_id=viewer.school_id).select_related("subject", "asked_by")
    seen = set(visible_subjects(viewer).values_list("pk", flat=True)) if rows.exists() else set()
    q = request.POST.get("q", "").strip()[:40] if request.method == "POST" else ""
    found = []
    if q:
        people = visible_subjects(viewer).filter(type__in=PEOPLE)
        named = people.filter(name__icontains=q) | people.filter(initials__startswith=q.lower())
        found = list((named | people.filter(pinyin__startswith=q.lower())).order_by("pinyin", "pk")[:20])
    context = {
        "owed": [row for row in rows.filter(state=RightsRequest.State.OPEN).order_by("due_on") if row.subject_id in seen],
        "done": [
            row for row in rows.exclude(state=RightsRequest.State.OPEN).order_by("-answered_on", "-pk")[:SHOWN]
            if row.subject_id in seen
        ],
        "today": viewer.day, "q": q, "found": found, "decides": viewer.may("rights_decide"),
    }  # fmt: skip
    return render(request, "privacy/requests.html", context)


class NewForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("要求什么"), choices=RightsRequest.Kind.choices, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label=gettext_lazy("说明"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("要看哪些、哪里不对应该是什么、转到哪所学校。加密保存。"),
    )  # fmt: skip


class PaperForm(NewForm):
    asked_by = forms.ChoiceField(label=gettext_lazy("谁提出的"))
    received_on = forms.DateField(label=gettext_lazy("收到的日期"), widget=DATE)

    field_order = ["asked_by", "received_on", "kind", "words"]


@allow()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, public_id: str) -> HttpResponse:
    """Ask about oneself or one's child; or enter what came on paper."""
    viewer = request.viewer
    person = person_of(viewer, public_id)
    own = person in own_people(viewer)
    form: forms.Form
    if own:
        form = NewForm(request.POST or None)
        askers = {viewer.person.subject.public_id: viewer.person.subject} if viewer.person else {}
    else:
        form = PaperForm(request.POST or None, initial={"received_on": viewer.day})
        askers = {one.public_id: one for one in services.may_ask_for(person, viewer.day)}
        names = [(key, _("%(name)s（本人）") % {"name": one.name} if one == person else one.name)
                 for key, one in askers.items()]  # fmt: skip
        form.fields["asked_by"].choices = names  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        who = next(iter(askers.values())) if own else askers[data["asked_by"]]
        try:
            made = services.register(
                person, who, data["kind"], data["words"], by=viewer,
                channel=RightsRequest.Channel.ONLINE if own else RightsRequest.Channel.PAPER,
                received_on=viewer.day if own else data["received_on"],
            )  # fmt: skip
        except services.Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("已经记下，最晚%(day)s书面答复。") % {"day": made.due_on.isoformat()})
            return redirect("privacy:request", made.public_id)
    context = {"form": form, "person": person, "own": own}
    return render(request, "privacy/request_new.html", context, status=422 if form.errors else 200)


def _request(viewer: Viewer, public_id: str) -> RightsRequest:
    """Return a request that somebody made, or that somebody who answers may see."""
    made = get_object_or_404(
        RightsRequest.objects.select_related("subject", "asked_by", "school"),
        public_id=public_id, school_id=viewer.school_id or 0,
    )  # fmt: skip
    if made.asked_by_id == viewer.person_id:
        return made
    if not viewer.may("rights") or not visible_subjects(viewer).filter(pk=made.subject_id).exists():
        raise Http404
    return made


class AnswerForm(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("结果"), widget=forms.RadioSelect,
        choices=[(RightsRequest.State.DONE, gettext_lazy("已办理")), (RightsRequest.State.REFUSED, gettext_lazy("没有同意"))],
    )  # fmt: skip
    words = forms.CharField(
        label=gettext_lazy("答复"), max_length=2000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("会原样写进答复的信。没有同意的，写明理由。"),
    )  # fmt: skip


@allow()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: Request, public_id: str) -> HttpResponse:
    """One request with its deadline and answer; whoever registers them answers here, whoever made it may take it back."""
    viewer = request.viewer
    made = _request(viewer, public_id)
    mine = made.asked_by_id == viewer.person_id
    answers = viewer.may("rights") and not mine and made.state == RightsRequest.State.OPEN
    form = AnswerForm(request.POST or None) if answers else None
    if request.method == "POST":
        try:
            if mine and request.POST.get("do") == "withdraw":
                services.withdraw(made, by=viewer)
                notify(request, _("已经撤回。"))
                return redirect("privacy:request", public_id)
            if form is None:
                raise Http404
            if form.is_valid():
                services.answer(
                    made, state=form.cleaned_data["state"], words=form.cleaned_data["words"], by=viewer
                )
                notify(request, _("答复已记下，可以打印出来交给本人。"))
                return redirect("privacy:request", public_id)
        except services.Refused as refused:
            if form is None:
                notify(request, str(refused))
                return redirect("privacy:request", public_id)
            form.add_error(None, str(refused))
    may, may_not = copies.parts(viewer, made.subject) if answers else ([], [])
    context = {
        "made": made, "mine": mine, "form": form, "today": viewer.day, "may": may, "may_not": may_not,
        "decides": viewer.may("rights_decide"),
        "may_withdraw": mine and made.state == RightsRequest.State.OPEN,
        "has_letter": made.state in (RightsRequest.State.DONE, RightsRequest.State.REFUSED),
    }  # fmt: skip
    return render(request, "privacy/request.html", context, status=422 if form and form.errors else 200)


@allow()
@never_cache
@require_safe
def letter(request: Request, public_id: str) -> HttpResponseBase:
    """The answer as a Word file."""
    viewer = request.viewer
    made = _request(viewer, public_id)
    if not made.answer:
        raise Http404
    number = outgoing.note(viewer, "privacy.letter_written", made)
    document = letters.answer_letter(made.school, made, export_id=number)
    return outgoing.attachment(write_word(document), f"{document.title}.docx", outgoing.DOCX)


@allow()
@never_cache
@require_safe
def copy(request: Request, public_id: str) -> HttpResponseBase:
    """Everything about one person that this reader may open, as a zip. The door asks for the second factor by itself."""
    viewer, school = request.viewer, school_of(request)
    person = person_of(viewer, public_id)
    made = copies.collect(viewer, person)
    files = copies.members(made, school, person, letters.full_day(viewer.day))
    chunks = stream_bundle(files, timezone.localtime())
    return outgoing.attachment(chunks, f"{_('个人信息副本')}.zip", "application/zip")
