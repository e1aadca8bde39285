"""What programmes ask about people and nobody has recorded yet: which facts, of whom, and how to state many at once."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject, SubjectType
from tongxin.kernel.calendar.models import SchoolYear
from tongxin.kernel.obligations.unrecorded import Unrecorded, unrecorded_of, within_reach
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes import queries as programmes
from tongxin.methods.cadence.declarations import AttributeDeclaration
from tongxin.ui.toasts import notify

from .people_edit import DATE, value_field

A_PAGE = 50
# Facts that may be stated for everybody at once; what marks a single child is decided child by child.
PLAIN = ("K0", "K1", "K2")


@allow("people_edit", "record")
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    rows: list[dict[str, Any]] = [
        {
            "title": one.declared.title,
            "url": reverse("setup:school_facts")
            if SubjectType.SCHOOL in one.declared.of
            else reverse("setup:facts_of", args=[name]),
            "number": one.subjects(viewer).count(),
            "rules": one.rules,
        }
        for name, one in unrecorded_of(viewer).items()
    ]
    rows.sort(key=lambda row: (-len(row["rules"]), row["title"]))
    return render(request, "setup/facts.html", {"rows": rows})


class FactsForm(forms.Form):
    """One choice a line; `rest` is for whoever got no choice, on all pages."""

    def __init__(
        self,
        one: AttributeDeclaration,
        subjects: list[Subject],
        everybody: int,
        since: date,
        data: Any = None,
    ):
        super().__init__(data)
        self.subjects = subjects
        self.fields["since"] = forms.DateField(
            label=gettext_lazy("从哪天起"),
            widget=DATE,
            initial=since,
            help_text=gettext_lazy("一般写开学第一天，这样本学期的要求从头算。"),
        )
        if (one.data_class or "K3") in PLAIN and one.type in ("boolean", "choice", "state"):
            rest = self._field(one)
            rest.label = _("下面没有选的，一律登记为")
            rest.help_text = _("包括别的页上的，共 %(n)d 个没有登记；留空就以后再登记。") % {"n": everybody}
            self.fields["rest"] = rest
        for subject in subjects:
            chosen = self._field(one)
            chosen.label = subject.name
            self.fields[f"s-{subject.public_id}"] = chosen

    def general(self) -> list[forms.BoundField]:
        """The fields for the whole list: from which day, and what the others get."""
        return [self[name] for name in ("since", "rest") if name in self.fields]

    def lines(self) -> list[forms.BoundField]:
        """The choice of each subject, by name."""
        return [self[name] for name in self.fields if name.startswith("s-")]

    @staticmethod
    def _field(one: AttributeDeclaration) -> forms.Field:
        made = value_field(one)
        made.required = False
        if isinstance(made, forms.ChoiceField):
            made.choices = [("", _("没有登记")), *made.choices]  # type: ignore[misc,has-type]
        return made

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not any(_given(data.get(name)) for name in self.fields if name != "since"):
            raise forms.ValidationError(_("还没有选。请至少给一行选一个值。"))
        return data

    def chosen(self, subject: Subject) -> Any:
        return self.cleaned_data.get(f"s-{subject.public_id}")


def _given(value: Any) -> bool:
    return value not in (None, "")


@allow("people_edit", "record")
@require_http_methods(["GET", "HEAD", "POST"])
def of(request: HttpRequest, name: str) -> HttpResponse:
    """State one fact for many: all of it or nothing."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    declared = programmes.attributes(viewer.school, viewer.day).get(name) if viewer.school else None
    if declared is None or not within_reach(viewer, declared).exists():
        raise Http404
    if SubjectType.SCHOOL in declared.of:
        return redirect("setup:school_facts")
    one = unrecorded_of(viewer).get(name) or Unrecorded(declared)
    everybody = one.subjects(viewer)
    pages = Paginator(everybody, A_PAGE)
    if not pages.count:
        notify(request, _("这一项都登记了。"))
        return redirect("setup:facts")
    page = pages.get_page(request.GET.get("page"))
    # A name that went away meanwhile (saved in another window) is simply no longer asked.
    posted = [key[2:] for key in request.POST if key.startswith("s-")][:A_PAGE]
    subjects = list(everybody.filter(public_id__in=posted)) if request.method == "POST" else list(page)
    form = FactsForm(one.declared, subjects, pages.count, _first_day(viewer), request.POST or None)
    if request.method == "POST" and form.is_valid():
        stated = _state(viewer, name, form, everybody)
        notify(request, ngettext("已登记 %(n)d 项。", "已登记 %(n)d 项。", stated) % {"n": stated})
        return redirect("setup:facts_of", name)
    context = {
        "form": form,
        "one": one,
        "number": pages.count,
        "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
        "words": f"{page.number}/{pages.num_pages}",
    }
    return render(request, "setup/facts_of.html", context)


def _first_day(viewer: Viewer) -> date:
    year = SchoolYear.objects.filter(
        school=viewer.school, first_day__lte=viewer.day, last_day__gte=viewer.day
    ).first()
    return year.first_day if year else viewer.day


@transaction.atomic
def _state(viewer: Viewer, name: str, form: FactsForm, everybody: QuerySet[Subject]) -> int:
    chosen = {subject.pk: (subject, form.chosen(subject)) for subject in form.subjects}
    rest = form.cleaned_data.get("rest")
    if _given(rest):
        for subject in everybody:
            if not _given(chosen.get(subject.pk, (subject, None))[1]):
                chosen[subject.pk] = subject, rest
    given = [(subject, value) for subject, value in chosen.values() if _given(value)]
    for subject, value in given:
        text = value.isoformat() if isinstance(value, date) else str(value)
        row = people.set_attribute(subject, name, text, since=form.cleaned_data["since"], by=viewer.account)
        audit.write(viewer, "people.attribute_set", row, name=name)
    return len(given)
