"""The language rules are said in on a page."""

from django.utils.translation import get_language


def spoken() -> str:
    return "en" if (get_language() or "").startswith("en") else "zh"
