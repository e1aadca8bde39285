"""My own notices: how I want to be told, and my calendar's address."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.exchange.notices import channels, services
from tongxin.exchange.notices.models import Preference
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.qr import qr
from tongxin.ui.toasts import notify

from .forms import PreferenceForm


@allow("todo")
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: Request) -> HttpResponse:
    viewer = request.viewer
    known = Preference.objects.filter(person=viewer.person_id).first()
    initial = {"email": known.email, "rhythm": known.rhythm, "muted": known.muted} if known else {}
    form = PreferenceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.save_preference(viewer, **form.cleaned_data)
        notify(request, _("已保存。"))
        return redirect("notices:preferences")
    school = services.settings_of(viewer.school) if viewer.school else None
    return render(
        request,
        "notices/preferences.html",
        {
            "form": form,
            "known": known,
            "mail_is_on": bool(school and school.email_on and channels.email_ready()),
        },
    )


@allow("todo")
@require_POST
def try_email(request: Request) -> HttpResponse:
    """Send one e-mail to my own address and say what happened."""
    known = Preference.objects.filter(person=request.viewer.person_id).exclude(email="").first()
    if known is None:
        notify(request, _("请先填邮箱并保存。"))
    else:
        notify(request, services.try_email(request.viewer, known.email))
    return redirect("notices:preferences")


@allow("todo")
@require_safe
def feed(request: Request) -> HttpResponse:
    """Whether my calendar has an address, and when it was last fetched; the address itself was shown once."""
    return render(request, "notices/feed.html", {"feed": services.feed_of(request.viewer)})


@allow("todo")
@require_POST
def new_feed(request: Request) -> HttpResponse:
    """Make a new address and show it with its QR code: it can be read only on this page."""
    made = services.new_feed(request.viewer)
    path = reverse("notices:feed", args=[made.feed.public_id, made.secret])
    address = request.build_absolute_uri(path)
    response = render(
        request,
        "notices/feed.html",
        {
            "feed": made.feed,
            "address": address,
            "webcal": "webcal:" + address.partition(":")[2],
            "qr": qr(address, "long"),
        },
    )
    response["Cache-Control"] = "no-store"
    return response


@allow("todo")
@require_POST
def end_feed(request: Request) -> HttpResponse:
    if services.revoke_feed(request.viewer):
        notify(request, _("日历地址已经作废，手机上的日历不会再更新。"))
    return redirect("notices:feed_page")
