"""Parts of a page that stay as they are while what they are given stays: drawn once, kept in memory.

A kept part sees nothing but the values it is given – no request, no viewer – and these are its key, with the language.
So it cannot show to one reader what was drawn for another. The form token, the page's own address and the word that lets
its scripts run, which differ from page to page, are put in afterwards.
"""

import secrets
from collections.abc import Hashable, Mapping
from datetime import date
from typing import Any

from django.template import Context
from django.template.loader import get_template
from django.urls import get_script_prefix, get_urlconf
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from tongxin.ui.worded import Said

MOST_CHARACTERS = 8_000_000
# Off, every part is drawn anew each time; the bench's ordinary pages do.
remembering = True
# Stand where a value will be that is put in afterwards; nobody can guess them.
_MARKS = {name: f"{name}-{secrets.token_hex(16)}" for name in ("csrf_token", "path", "csp_nonce")}

# What is kept, and which marks stand in it.
_kept: dict[Hashable, tuple[str, tuple[str, ...]]] = {}
_size = 0


def draw(template: str, given: Mapping[str, Any], later: Mapping[str, object]) -> SafeString:
    """Return a template drawn with plain values only. later: csrf_token, path and csp_nonce, read where the
    part needs them.

    Raises TypeError where a value is not plain (text, number, day, or lists and dicts of them).
    """
    global _size
    if not remembering:
        return mark_safe(_drawn(template, {**given, **later}))
    key = (template, get_language(), get_urlconf(), get_script_prefix(), plain(given))
    kept = _kept.get(key)
    if kept is None:
        html = _drawn(template, {**given, **_MARKS})
        if _size > MOST_CHARACTERS:
            _kept.clear()
            _size = 0
        kept = _kept[key] = (html, tuple(name for name, mark in _MARKS.items() if mark in html))
        _size += len(html)
    html, names = kept
    for name in names:
        html = html.replace(_MARKS[name], escape(later.get(name, "")))
    return mark_safe(html)


def _drawn(template: str, values: Mapping[str, Any]) -> str:
    return get_template(template).template.render(Context(dict(values)))  # type: ignore[attr-defined]


def plain(value: Any) -> Hashable:
    """Return a value as a key. Values that are drawn differently never have the same key."""
    kind = value.__class__
    if kind is str or kind is int or value is None:
        return value
    if kind is dict:
        return ("{", *[(name, plain(item)) for name, item in value.items()])
    if kind is list or kind is tuple:
        return ("[", *[plain(item) for item in value])
    if isinstance(value, SafeString):  # equal to the text that would be escaped
        return ("safe", str(value))
    if isinstance(value, Promise | Said):
        return str(value)
    if isinstance(value, bool | float | date):
        return (kind.__name__, value)
    raise TypeError(f"a kept part takes plain values only, not {kind.__name__}")
