"""Signing in and out, opening an account with a slip, changing language and school."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.kernel.access import services as access
from tongxin.kernel.access.devices import DEVICE_SECONDS, device_of, keep_device
from tongxin.kernel.access.doors import allow, public
from tongxin.kernel.access.middleware import first_school, start_session
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Account, School
from tongxin.kernel.people.models import Person

BACKEND = "tongxin.kernel.access.backend.AccountBackend"


class SignInForm(forms.Form):
    login = forms.CharField(
        label=gettext_lazy("登录名"),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label=gettext_lazy("密码"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("新密码"),
        strip=False,
        max_length=200,
        help_text=gettext_lazy("至少8个字符，不要用姓名、生日或常见密码。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=gettext_lazy("再输入一次"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args, account: Account | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.account = account

    def clean(self) -> dict:
        data = super().clean() or {}
        password, again = data.get("password"), data.get("again")
        if password and again and password != again:
            self.add_error("again", _("两次输入的密码不一样，请重新输入。"))
        elif password:
            try:
                validate_password(password, self.account)
            except ValidationError as error:
                self.add_error("password", error)
        return data


class SlipForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("开通码"),
        max_length=40,
        help_text=gettext_lazy("在学校发的纸条上，12个字母和数字。"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "characters"}),
    )


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if not School.objects.exists():
        return redirect("setup:first_run")
    form = SignInForm(request.POST or None)
    device = device_of(request)
    if request.method == "POST" and form.is_valid():
        try:
            account = access.authenticate(form.cleaned_data["login"], form.cleaned_data["password"], device)
        except access.TooManyFailures:
            form.add_error(None, _("试错次数太多。请过15分钟再试，或找学校管理员领一张新的开通纸条。"))
        except access.WrongLogin:
            form.add_error(None, _("登录名或密码不对，请再试一次。"))
        else:
            return keep_device(_begin(request, account), device)
    context = {"form": form, "next": _next(request), "demo_roles": demo_roles() if settings.DEMO else []}
    return keep_device(render(request, "setup/sign_in.html", context), device)


def _begin(request: HttpRequest, account: Account, school: School | None = None) -> HttpResponse:
    """Start a session with a new id, note it, and go where the person wanted to go."""
    destination = _next(request)
    login(request, account, backend=BACKEND)
    school = school or first_school(account)
    start_session(request, school)
    with transaction.atomic():
        audit.write(account, "access.signed_in", school_id=school.pk if school else 0)
    return redirect(destination or settings.LOGIN_REDIRECT_URL)


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    # Anything but a path would be taken for the name of a page.
    return target if safe and target.startswith("/") else ""


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and a seat in a sitting with it: the next person finds neither."""
    logout(request)
    response = redirect("setup:sign_in")
    response.delete_cookie(settings.SEAT_COOKIE_NAME)
    return response


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest) -> HttpResponse:
    """Open an account with a printed code: first the code, then a new password."""
    code = request.POST.get("code") or request.GET.get("code") or ""
    slip_form = SlipForm(request.POST if request.POST.get("code") else None, initial={"code": code})
    slip = None
    if code:
        try:
            slip = access.slip_for(code)
        except access.SlipNotValid:
            slip_form = SlipForm({"code": code})
            slip_form.add_error("code", _("这个开通码不对、已经用过或已过期。请核对纸条，或向学校再要一张。"))
    if slip is None:
        return render(request, "setup/activate.html", {"slip_form": slip_form})
    form = NewPasswordForm(request.POST if "password" in request.POST else None, account=slip.account)
    if form.is_bound and form.is_valid():
        try:
            account = access.use_slip(code, form.cleaned_data["password"])
        except access.SlipNotValid:
            return redirect("setup:activate")
        return _begin(request, account, slip.school)
    return render(request, "setup/activate.html", {"form": form, "code": code, "slip": slip})


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    code = request.POST.get("language", "")
    response = redirect(_next(request) or settings.LOGIN_REDIRECT_URL)
    if code in dict(settings.LANGUAGES) and translation.check_for_language(code):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code, max_age=DEVICE_SECONDS, samesite="Lax")
    return response


@allow()
@require_POST
def choose_school(request: HttpRequest) -> HttpResponse:
    """Go over to another school in which this account has a person."""
    person = get_object_or_404(
        Person.objects.select_related("school"),
        account_id=request.viewer.account_id,  # type: ignore[attr-defined]
        school__public_id=request.POST.get("school", ""),
    )
    start_session(request, person.school)
    return redirect("/")


@allow()
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    account = request.viewer.account  # type: ignore[attr-defined]
    form = NewPasswordForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        if not account.check_password(request.POST.get("old", "")):
            form.add_error(None, _("现在的密码不对，请重新输入。"))
        else:
            with transaction.atomic():
                account.set_password(form.cleaned_data["password"])
                account.save(update_fields=["password"])
                audit.write(request.viewer, "access.password_changed", account)  # type: ignore[attr-defined]
            school = request.viewer.school  # type: ignore[attr-defined]
            login(request, account, backend=BACKEND)
            start_session(request, school)
            return redirect("/")
    return render(request, "setup/change_password.html", {"form": form})


def demo_roles() -> list[dict]:
    """The demo's logins: {"label", "school", "login"}; the demo writes them beside its database."""
    import json

    file = settings.DATA_DIR / "demo-accounts.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else []


@public
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """One click on the demo's sign-in page. Exists in the demo only."""
    wanted = request.POST.get("login", "")
    if not settings.DEMO or wanted not in {row["login"] for row in demo_roles()}:
        raise Http404
    return _begin(request, get_object_or_404(Account, login=wanted))
