"""Addresses of our own static files, with a short hash of their content so that an update reaches every phone."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static


def asset_url(path: str) -> str:
    """Return the address of a static file with `?v=` and the first 8 hex digits of its SHA-256."""
    return _address(path, _read_version(path)) if settings.DEBUG else _kept_address(path)


def _address(path: str, version: str) -> str:
    return f"{static(path)}?v={version}" if version else static(path)


def _read_version(path: str) -> str:
    found = finders.find(path)
    if not isinstance(found, str):
        return ""
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:8]


@lru_cache(maxsize=64)
def _kept_address(path: str) -> str:
    """A page names some twenty of these; the files do not change while the server runs."""
    return _address(path, _read_version(path))
