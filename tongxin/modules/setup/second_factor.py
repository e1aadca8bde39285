"""The second factor: setting it, giving it, printed recovery codes. Only for roles that open sealed data of others."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tongxin.kernel.access import second_factor as factor
from tongxin.kernel.access.doors import allow, step_up
from tongxin.kernel.access.middleware import note_proof
from tongxin.kernel.access.services import TooManyFailures
from tongxin.kernel.access.viewer import Viewer
from tongxin.ui.qr import qr

CODE = "second_factor_code"
# Fields of a form that only carry the question, not what somebody typed.
OWN_FIELDS = (CODE, "csrfmiddlewaretoken")


def _guarded(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if not viewer.needs_second_factor:
        raise Http404
    return viewer


@allow()
@never_cache
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    viewer = _guarded(request)
    assert viewer.account is not None
    context = {"is_set": factor.is_set(viewer.account), "codes_left": factor.codes_left(viewer.account)}
    return render(request, "setup/second_factor.html", context)


@allow()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Scan a QR code, give its first code, print the recovery codes. Another phone needs the old one's proof first."""
    viewer = _guarded(request)
    account = viewer.account
    assert account is not None
    if factor.is_set(account) and not viewer.proved:
        return redirect(_give_address(request.get_full_path()))
    secret, error = factor.begin(account), ""
    if request.method == "POST":
        try:
            codes = factor.confirm(account, request.POST.get(CODE, ""), school_id=viewer.school_id or 0)
        except (factor.WrongCode, factor.NotSet, TooManyFailures) as refused:
            error = _sentence(refused)
        else:
            note_proof(request)
            return _printed(request, codes, _safe(request, request.POST.get("next", "")))
    context = {
        "qr": qr(factor.address(account, secret, viewer.school.name if viewer.school else "")),
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "error": error,
        "next": _safe(request, request.POST.get("next") or request.GET.get("next", "")),
        "demo_code": factor.demo_code(account, pending=True) if settings.DEMO else "",
    }
    return render(request, "setup/second_factor_set.html", context)


@allow()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest) -> HttpResponse:
    """Give the second factor, then go on to where one was."""
    viewer = _guarded(request)
    assert viewer.account is not None
    wanted = _safe(request, request.POST.get("next") or request.GET.get("next", ""))
    if not factor.is_set(viewer.account):
        return redirect(f"{reverse('setup:second_factor_set')}?{urlencode({'next': wanted})}")
    error = ""
    if request.method == "POST":
        answer, error = _taken(request, viewer)
        if answer is not None or not error:
            return answer or redirect(wanted or settings.LOGIN_REDIRECT_URL)
    return _page(request, viewer, error, action=reverse("setup:second_factor_give"), kept=[("next", wanted)])


@allow()
@never_cache
@require_POST
@step_up
def recovery(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes and show them to print; the earlier ones end."""
    viewer = _guarded(request)
    assert viewer.account is not None
    codes = factor.new_recovery_codes(viewer.account, school_id=viewer.school_id or 0)
    return _printed(request, codes, "")


def ask(request: HttpRequest) -> HttpResponse | None:
    """Answer a request for a page behind the second factor: the question, or None when it brought the right code.

    A form that was sent too late comes back with everything typed in it and needs the code only.
    """
    viewer = _guarded(request)
    assert viewer.account is not None
    if not factor.is_set(viewer.account) or request.method not in ("POST",):
        here = request.get_full_path()
        if getattr(request, "htmx", False):
            # A part of a page is no place to ask: the whole page goes there.
            here = urlsplit(request.htmx.current_url or "/").path  # type: ignore[attr-defined]
            return HttpResponse(status=204, headers={"HX-Redirect": _give_address(here)})
        return redirect(_give_address(here if request.method in ("GET", "HEAD") else "/"))
    error = ""
    if CODE in request.POST:
        answer, error = _taken(request, viewer)
        if answer is not None or not error:
            return answer
    kept = [
        (name, value) for name, values in request.POST.lists() if name not in OWN_FIELDS for value in values
    ]
    return _page(request, viewer, error, action=request.get_full_path(), kept=kept)


def _taken(request: HttpRequest, viewer: Viewer) -> tuple[HttpResponse | None, str]:
    """Check the code of a form: (a page to show instead, why it was not taken); neither when all is well."""
    account = viewer.account
    assert account is not None
    try:
        how = factor.check(account, request.POST.get(CODE, ""), school_id=viewer.school_id or 0)
    except (factor.WrongCode, factor.NotSet, TooManyFailures) as refused:
        return None, _sentence(refused)
    if how == "slip":
        return redirect("setup:second_factor_set"), ""
    note_proof(request)
    _forget_code(request)
    return None, ""


def _forget_code(request: HttpRequest) -> None:
    """The page behind sees its own fields only."""
    data: QueryDict = request.POST.copy()
    data.pop(CODE, None)
    request.POST = data  # type: ignore[misc,assignment]


def _page(request: HttpRequest, viewer: Viewer, error: str, *, action: str, kept: list) -> HttpResponse:
    assert viewer.account is not None
    context: dict[str, Any] = {
        "error": error,
        "action": action,
        "kept": kept,
        "files_lost": bool(request.FILES),
        "demo_code": factor.demo_code(viewer.account) if settings.DEMO else "",
    }
    return render(request, "setup/second_factor_give.html", context)


def _printed(request: HttpRequest, codes: list[str], wanted: str) -> HttpResponse:
    return render(request, "setup/recovery_codes.html", {"codes": codes, "next": wanted})


def _sentence(refused: Exception) -> str:
    if isinstance(refused, TooManyFailures):
        return _("试错次数太多，请过15分钟再试。手机丢了，可以用打印的恢复码，或请管理员打印重设的纸条。")
    if isinstance(refused, factor.CodeUsed):
        return _("这个验证码刚用过。请等手机上换了下一个再填。")
    if isinstance(refused, factor.NotSet):
        return _("请先扫码设好第二步验证。")
    return _("验证码不对。请看手机上现在的六位数字，并检查手机的时间是不是自动校准的。")


def _give_address(wanted: str) -> str:
    return f"{reverse('setup:second_factor_give')}?{urlencode({'next': wanted})}"


def _safe(request: HttpRequest, target: str) -> str:
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else ""
