"""The terms of keeping and the limits of a school: what holds, within which bounds, who changed what and why."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tongxin.kernel.access import terms as school_terms
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.models import SchoolTerm
from tongxin.kernel.access.requests import Request
from tongxin.kernel.people.models import Person
from tongxin.ui.toasts import notify

from .audit import school_of
from .keeping import class_words

LIMIT_WORDS = {
    "grant_days": gettext_lazy("批准的查看最长几天"),
    "glass_hours": gettext_lazy("紧急打开最长几小时"),
    "review_days": gettext_lazy("紧急打开几天内复核"),
    "request_days": gettext_lazy("个人信息请求几天内答复"),
    "kept_open_days": gettext_lazy("离校以后几天封存"),
}
NEWEST = 30


def title_of(name: str) -> str:
    """Return what a term or a limit is called."""
    if name.startswith(school_terms.KEEP):
        words = class_words(name.removeprefix(school_terms.KEEP))
        return _("%(what)s：离校后保存几年") % {"what": words}
    return str(LIMIT_WORDS[name])


def amount_words(number: int, unit: str) -> str:
    """Return a length of time in words; unit: years, days or hours."""
    words = {
        "years": ngettext("%(n)d年", "%(n)d年", number),
        "days": ngettext("%(n)d天", "%(n)d天", number),
        "hours": ngettext("%(n)d小时", "%(n)d小时", number),
    }
    return words[unit] % {"n": number}


class TermForm(forms.Form):
    name = forms.ChoiceField(label=gettext_lazy("改哪一项"))
    number = forms.IntegerField(label=gettext_lazy("改成"), min_value=0)
    why = forms.CharField(
        label=gettext_lazy("依据"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("为什么要改，例如哪份文件、哪次会议。会留在下面的记录里，不写学生。"),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        names = [
            (name, f"{title_of(name)}（{bounds.least}–{bounds.most}）")
            for name, bounds in school_terms.BOUNDS.items()
        ]
        self.fields["name"].choices = [("", _("请选择")), *names]  # type: ignore[attr-defined]


@allow("rights_decide")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: Request) -> HttpResponse:
    """Change one term at a time; what held before stays on file."""
    viewer, school = request.viewer, school_of(request)
    form = TermForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = school_terms.choose(school.pk, data["name"], data["number"], data["why"], by=viewer)
        except school_terms.OutOfBounds as refused:
            form.add_error("number" if data["why"].strip() else "why", str(refused))
        else:
            said = _("改好了，从现在起按新的期限。") if made else _("现在就是这个数，没有改动。")
            notify(request, said)
            return redirect("privacy:terms")
    own = school_terms.set_by(school.pk)
    lines = [
        {"title": title_of(name), "number": amount_words(own.get(name, school_terms.shipped(name)), bounds.unit), "bounds": bounds,
         "shipped": school_terms.shipped(name), "own": name in own}
        for name, bounds in school_terms.BOUNDS.items()
    ]  # fmt: skip
    rows = SchoolTerm.objects.filter(school=school).order_by("-pk")[:NEWEST]
    accounts = Person.objects.filter(school=school, account__in=[row.recorded_by_id for row in rows])
    people = dict(accounts.values_list("account", "subject__name"))
    changes = [
        {"title": title_of(row.name), "number": amount_words(row.number, school_terms.BOUNDS[row.name].unit), "at": row.recorded_at, "why": row.why,
         "by": people.get(row.recorded_by_id or 0, "")}
        for row in rows
    ]  # fmt: skip
    context = {"form": form, "lines": lines, "changes": changes}
    return render(request, "privacy/terms.html", context, status=422 if form.errors else 200)
