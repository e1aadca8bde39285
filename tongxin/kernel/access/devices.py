"""The random id a browser keeps, so that failed tries are counted by device: a whole school shares one address."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

DEVICE_SECONDS = 400 * 86400


def device_of(request: HttpRequest) -> str:
    """Return the browser's id, a new one where it has none yet; `keep_device` gives it back to the browser."""
    return request.COOKIES.get(_cookie()) or secrets.token_urlsafe(16)


def keep_device(response: HttpResponse, device: str) -> HttpResponse:
    response.set_cookie(
        _cookie(),
        device,
        max_age=DEVICE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.BEHIND_TLS,
        path="/",
    )
    return response


def _cookie() -> str:
    return "__Host-device" if settings.BEHIND_TLS else "tongxin_device"
