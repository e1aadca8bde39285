"""Addresses of pages that another room may or may not have."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse


def named_url(name: str, *args: object, **kwargs: object) -> str:
    """Return the address of a page, or nothing when no room has it."""
    try:
        return reverse(name, args=args, kwargs=kwargs)
    except NoReverseMatch:
        return ""
