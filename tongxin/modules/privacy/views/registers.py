"""Two registers the law asks to be kept for three years: assessments made before sensitive data is used, and what left the school.

No line names a child; nothing here is ever taken out, only gone on with, and every change is on record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import services
from ..models import Assessment, Sharing
from .audit import school_of
from .requests import DATE

AREA = forms.Textarea(attrs={"rows": 3})


class LineForm(forms.ModelForm):
    """A line of a register; a choice that is not made yet says so in our words."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                known: Any = field.choices
                field.choices = [("", _("请选择")), *((key, words) for key, words in known if key)]


class AssessmentForm(LineForm):
    class Meta:
        model = Assessment
        fields = ("title", "data", "why", "effect", "measures", "outcome", "people", "done_on", "next_on")
        widgets = dict.fromkeys(("data", "why", "effect", "measures"), AREA) | dict.fromkeys(
            ("done_on", "next_on"), DATE
        )
        help_texts = {
            "title": gettext_lazy("例如：秋季心理测评、家访地图、给教育局的统计。"),
            "data": gettext_lazy("用到哪几类信息，涉及哪些人。不写学生姓名。"),
            "why": gettext_lazy("目的、依据，为什么不用这些信息就做不成。"),
            "effect": gettext_lazy("对学生和家庭可能有什么影响，出了错会怎样。"),
            "people": gettext_lazy("谁参加了评估，谁拍的板。"),
        }

    def clean(self):
        data = super().clean() or {}
        if data.get("done_on") and data.get("next_on") and data["next_on"] <= data["done_on"]:
            self.add_error("next_on", _("下次评估要在这次之后。"))
        return data


class SharingForm(LineForm):
    class Meta:
        model = Sharing
        fields = ("to", "kind", "data", "count", "why", "paper", "from_on", "until_on", "ended_on")
        widgets = dict.fromkeys(("data", "why"), AREA) | dict.fromkeys(
            ("from_on", "until_on", "ended_on"), DATE
        )
        help_texts = {
            "to": gettext_lazy("单位的全名，例如：市第二医院、某某软件公司、区教育局。"),
            "data": gettext_lazy("给了哪几类信息。不写学生姓名。"),
            "why": gettext_lazy("目的和依据；委托处理的，写清对方能做什么、不能做什么。"),
            "paper": gettext_lazy("合同、批准或同意书的名称和编号。"),
            "ended_on": gettext_lazy("对方归还或删除、学校核对过的日期。"),
        }

    def clean(self):
        data = super().clean() or {}
        for later in ("until_on", "ended_on"):
            if data.get("from_on") and data.get(later) and data[later] < data["from_on"]:
                self.add_error(later, _("不能早于开始的日期。"))
        return data


@dataclass(frozen=True)
class Register:
    """What the pages of a register need. facts: what its list says of a line, shortest first."""

    name: str
    model: type[models.Model]
    form: type[forms.ModelForm]
    title: Any
    lead: Any
    order: str
    facts: Callable[[Any, Request], list[str]]


def _assessed(one: Assessment, request: Request) -> list[str]:
    due = one.next_on is not None and one.next_on <= request.viewer.day
    again = _("该重新评估了") if due else (one.next_on and _("%(day)s前再评估") % {"day": one.next_on})
    return [
        _("%(day)s评估") % {"day": one.done_on},
        str(one.get_outcome_display()),
        *([str(again)] if again else []),
    ]


def _shared(one: Sharing, request: Request) -> list[str]:
    if one.ended_on:
        state = _("%(day)s已归还或删除") % {"day": one.ended_on}
    elif one.until_on and one.until_on < request.viewer.day:
        state = _("过了约定的日期，还没有归还或删除")
    else:
        state = _("对方还在用")
    people = ngettext("涉及 %(n)d 人", "涉及 %(n)d 人", one.count) % {"n": one.count}
    return [str(one.get_kind_display()), _("%(day)s起") % {"day": one.from_on}, people, state]


ASSESSMENTS = Register(
    "assessment", Assessment, AssessmentForm, gettext_lazy("影响评估"),
    gettext_lazy("处理敏感信息、用算法排序或提示之前，先想清楚对学生有什么影响。至少保存三年。"), "-done_on", _assessed,
)  # fmt: skip
SHARINGS = Register(
    "sharing", Sharing, SharingForm, gettext_lazy("对外提供"),
    gettext_lazy("信息给了校外的谁、为什么、何时归还或删除：医院、软件公司、教育局。至少保存三年。"), "-from_on", _shared,
)  # fmt: skip


def _listing(request: Request, register: Register) -> HttpResponse:
    rows: Any = register.model._default_manager.filter(school_id=request.viewer.school_id)
    lines = [
        {
            "title": str(one),
            "url": reverse(f"privacy:{register.name}", args=[one.public_id]),
            "facts": register.facts(one, request),
            "open": one.is_open(request.viewer.day),
        }
        for one in rows.order_by(register.order, "-pk")
    ]
    context = {
        "lines": lines, "title": register.title, "lead": register.lead,
        "new_url": reverse(f"privacy:{register.name}_new"),
    }  # fmt: skip
    return render(request, "privacy/register.html", context)


def _entry(request: Request, register: Register, public_id: str) -> HttpResponse:
    """Enter a line of a register, or go on with one."""
    school: Any = school_of(request)
    made: Any = (
        get_object_or_404(register.model, school=school, public_id=public_id)
        if public_id
        else register.model(school=school)
    )
    form = register.form(request.POST or None, instance=made)
    back = reverse(f"privacy:{register.name}s")
    if request.method == "POST" and form.is_valid():
        services.save_line(made, register.name, by=request.viewer)
        notify(request, _("已记下。"))
        return redirect(back)
    context = {"form": form, "title": register.title, "back": back}
    return render(request, "privacy/incident.html", context, status=422 if form.errors else 200)


@allow("rights_decide")
@never_cache
@require_http_methods(["GET", "HEAD"])
def assessments(request: Request) -> HttpResponse:
    return _listing(request, ASSESSMENTS)


@allow("rights_decide")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def assessment(request: Request, public_id: str = "") -> HttpResponse:
    return _entry(request, ASSESSMENTS, public_id)


@allow("rights_decide")
@never_cache
@require_http_methods(["GET", "HEAD"])
def sharings(request: Request) -> HttpResponse:
    return _listing(request, SHARINGS)


@allow("rights_decide")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sharing(request: Request, public_id: str = "") -> HttpResponse:
    return _entry(request, SHARINGS, public_id)
