"""What stays and what goes: legal holds, erasing one person, letting go what is past its time, incidents."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tongxin.kernel.access import erasing, holdings, terms
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.models import LegalHold
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.models import Subject
from tongxin.ui.toasts import notify

from .. import services
from ..models import Incident
from .audit import school_of
from .openings import CLASS_WORDS
from .requests import DATE, PEOPLE

ALL = "all"
# Whether there is anything of these classes is itself not for whoever erases: they are always offered, never counted.
UNSEEN = ["K4d", "K4e", "K5"]


def class_words(data_class: str) -> str:
    return str({"K2": _("登记的资料和联系方式")}.get(data_class) or CLASS_WORDS.get(data_class, data_class))


def _person(viewer: Viewer, public_id: str) -> Subject:
    return get_object_or_404(visible_subjects(viewer), type__in=PEOPLE, public_id=public_id)


@allow("rights_decide")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: Request, public_id: str) -> HttpResponse:
    """Erase a class of what is kept about a person, or everything once they left; a hold stops it. Said before, twice."""
    viewer = request.viewer
    person = _person(viewer, public_id)
    counts = [
        (one, one.count([person.pk]).get(person.pk, 0))
        for one in holdings.of_type(person.type)
        if one.data_class not in UNSEEN
    ]
    classes = sorted({one.data_class for one, count in counts if count and one.erase is not None})
    if person.type == "student":
        classes += UNSEEN
    choices = [(name, class_words(name)) for name in classes]
    if person.present_to < viewer.day:
        choices.append((ALL, _("全部：档案只留下没有姓名的统计")))
    hold = LegalHold.objects.filter(subject=person, ended_at=None).first()
    error, report = "", None
    if request.method == "POST":
        what = request.POST.get("what", "")
        if what not in dict(choices):
            error = _("请选要删除哪一级内容。")
        elif request.POST.get("name", "").strip() != person.name:
            error = _("请照写一遍姓名，确认删除的是这个人。")
        else:
            try:
                report = erasing.erase(person, by=viewer, classes=None if what == ALL else [what])
            except (erasing.OnHold, erasing.StillHere, erasing.StillOpen) as refused:
                error = str(refused)
    context = {"person": person, "counts": [(one.title, count) for one, count in counts if count], "choices": choices,
               "hold": hold, "error": error, "report": report}  # fmt: skip
    return render(request, "privacy/erase.html", context, status=422 if error else 200)


class HoldForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("依据"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("哪个机关、哪份文书、要保留到什么时候。加密保存。"),
    )  # fmt: skip


@allow("rights_decide")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: Request, public_id: str) -> HttpResponse:
    """Set a legal hold on a person, or end it."""
    viewer = request.viewer
    person = _person(viewer, public_id)
    present = LegalHold.objects.filter(subject=person, ended_at=None).first()
    form = HoldForm(request.POST or None) if present is None else None
    try:
        if request.method == "POST" and present is not None:
            erasing.end_hold(present, by=viewer)
            notify(request, _("已经结束保留。"))
            return redirect("privacy:hold", public_id)
        if form is not None and form.is_valid():
            erasing.hold(person, form.cleaned_data["reason"], by=viewer, day=viewer.day)
            notify(request, _("开始依法保留，期间什么也不会删除。"))
            return redirect("privacy:hold", public_id)
    except erasing.CannotHold as refused:
        notify(request, str(refused))
        return redirect("privacy:hold", public_id)
    former = LegalHold.objects.filter(subject=person).exclude(ended_at=None).order_by("-set_at")
    context = {"person": person, "present": present, "form": form, "former": former}
    return render(request, "privacy/hold.html", context)


@allow("rights_decide")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def retention(request: Request) -> HttpResponse:
    """The schedule, what is past its time, and letting it go, class by class."""
    viewer, school = request.viewer, school_of(request)
    due = {one.term.data_class: one for one in erasing.due(school, viewer.day)}
    if request.method == "POST":
        data_class = request.POST.get("class", "")
        if data_class not in due:
            raise Http404
        people, rows = erasing.let_go(school, data_class, by=viewer, day=viewer.day)
        said = ngettext(
            "删除了%(n)d个人的这一级内容，共%(rows)d条。",
            "删除了%(n)d个人的这一级内容，共%(rows)d条。",
            people,
        )
        notify(request, said % {"n": people, "rows": rows})
        return redirect("privacy:retention")
    lines = [
        {"class": name, "title": class_words(name), "years": term.years, "due": due.get(name)}
        for name, term in terms.schedule(school.pk).items()
    ]
    return render(request, "privacy/retention.html", {"lines": lines})


class IncidentForm(forms.ModelForm):
    what = forms.CharField(
        label=gettext_lazy("经过和影响"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("哪些信息、可能有什么危害。加密保存。"),
    )  # fmt: skip
    measures = forms.CharField(
        label=gettext_lazy("采取的措施"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("已经做了什么，本人和监护人可以做什么来减轻危害。"),
    )  # fmt: skip

    class Meta:
        model = Incident
        fields = ("happened_on", "found_on", "people", "told_authority_on", "told_people_on", "closed_on")
        widgets = dict.fromkeys(
            ("happened_on", "found_on", "told_authority_on", "told_people_on", "closed_on"), DATE
        )

    field_order = ("happened_on", "found_on", "people", "what", "measures")

    def clean(self):
        data = super().clean() or {}
        if data.get("happened_on") and data.get("found_on") and data["found_on"] < data["happened_on"]:
            self.add_error("found_on", _("发现的日期不能早于发生的日期。"))
        return data


@allow("rights_decide")
@never_cache
@require_http_methods(["GET", "HEAD"])
def incidents(request: Request) -> HttpResponse:
    rows = Incident.objects.filter(school_id=request.viewer.school_id).order_by("-found_on", "-pk")
    return render(request, "privacy/incidents.html", {"incidents": rows})


@allow("rights_decide")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def incident(request: Request, public_id: str = "") -> HttpResponse:
    """Enter an incident, or go on with one."""
    viewer, school = request.viewer, school_of(request)
    made = (
        get_object_or_404(Incident, school=school, public_id=public_id)
        if public_id
        else Incident(school=school)
    )
    written = {"what": made.what, "measures": made.measures} if public_id else {"found_on": viewer.day}
    form = IncidentForm(request.POST or None, instance=made, initial=written)
    if request.method == "POST" and form.is_valid():
        made.what, made.measures = form.cleaned_data["what"], form.cleaned_data["measures"]
        services.save_incident(made, by=viewer)
        notify(request, _("已记下。"))
        return redirect("privacy:incidents")
    context = {"form": form, "title": _("信息安全事件"), "back": reverse("privacy:incidents")}
    return render(request, "privacy/incident.html", context, status=422 if form.errors else 200)
