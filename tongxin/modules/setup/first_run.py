"""The first page of an empty installation: it makes the school and the account of whoever installs it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from tongxin.kernel.access.doors import public
from tongxin.kernel.access.middleware import start_session
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Account, School
from tongxin.kernel.calendar.services import TermDraft, save_school_year
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Person
from tongxin.kernel.programmes import school_facts as facts_of

from . import school_facts
from .sign_in import BACKEND

FOUNDER_POSTS = [
    ("secretary", gettext_lazy("党组织书记")),
    ("office", gettext_lazy("学校办公室")),
    ("it_admin", gettext_lazy("系统管理员")),
]


class FirstRunForm(forms.Form):
    school_name = forms.CharField(label=gettext_lazy("学校全称"), max_length=80)
    your_name = forms.CharField(label=gettext_lazy("您的姓名"), max_length=40)
    post = forms.ChoiceField(
        label=gettext_lazy("您的岗位"),
        choices=FOUNDER_POSTS,
        help_text=gettext_lazy("以后可以改，也可以再加别的岗位。"),
    )
    login = forms.RegexField(
        label=gettext_lazy("登录名"),
        regex=r"^[\w.@-]{2,60}$",
        error_messages={"invalid": gettext_lazy("登录名请用字母、数字或汉字，2到60个。")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=gettext_lazy("密码"),
        strip=False,
        max_length=200,
        help_text=gettext_lazy("至少8个字符，不要用姓名、生日或常见密码。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        facts = dict(school_facts.first_fields(today))
        self.fields |= facts
        self.order_fields(["school_name", *facts])

    def facts(self) -> dict[str, str]:
        """Return what was said about the school itself, as stored."""
        return {name: self.cleaned_data[name] for name in school_facts.FIRST if name in self.fields}

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        try:
            validate_password(password, Account(login=self.cleaned_data.get("login", "")))
        except ValidationError as error:
            raise forms.ValidationError(error.messages) from error
        return password


class AlreadySetUp(ValueError):
    """A school exists; the first-run page is closed for good."""


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def first_run(request: HttpRequest) -> HttpResponse:
    if School.objects.exists():
        raise Http404
    today = timezone.localdate()
    form = FirstRunForm(request.POST or None, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            account, school = found_school(form.cleaned_data, form.facts(), today=today)
        except AlreadySetUp:
            return redirect("setup:sign_in")
        login(request, account, backend=BACKEND)
        start_session(request, school)
        return redirect("setup:next_steps")
    return render(request, "setup/first_run.html", {"form": form})


@transaction.atomic
def found_school(data: dict, facts: dict[str, str], *, today: date) -> tuple[Account, School]:
    """Make the school, its usual calendar for this year, and the founder with a post.

    data: the form's fields; facts: what was said of the school itself. Raises AlreadySetUp when somebody was quicker.
    """
    if School.objects.select_for_update().exists():
        raise AlreadySetUp
    school = School.objects.create(name=data["school_name"].strip())
    of_school = people.school_subject(school)
    account = Account.objects.create_user(data["login"], data["password"], is_founder=True)
    staff = people.make_staff(school, data["your_name"].strip())
    Person.objects.filter(pk=staff.pk).update(account=account)
    people.appoint(staff.person.subject, data["post"], of_school, since=date(today.year, 1, 1), by=account)
    if data["post"] != "it_admin":
        people.appoint(staff.person.subject, "it_admin", of_school, since=date(today.year, 1, 1), by=account)
    facts_of.state(school, facts, by=account, day=today)
    usual_school_year(school, today, by=account)
    audit.write(account, "setup.school_founded", school, school_id=school.pk)
    return account, school


def usual_school_year(school: School, today: date, *, by: Account) -> None:
    """Enter the school year with the usual term days; the calendar page lets the school put in its own."""
    start = today.year if today.month >= 8 else today.year - 1
    save_school_year(
        school,
        f"{start}-{start + 1}",
        date(start, 9, 1),
        date(start + 1, 8, 31),
        [
            TermDraft(_("%(year)d秋") % {"year": start}, date(start, 9, 1), date(start + 1, 1, 20)),
            TermDraft(_("%(year)d春") % {"year": start + 1}, date(start + 1, 2, 20), date(start + 1, 6, 30)),
        ],
        by=by,
    )
