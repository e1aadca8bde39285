"""Filters of the room: `{% load screening %}`."""

from django import template
from django.utils.translation import get_language

from tongxin.methods.psychometrics.instrument import Text

register = template.Library()


@register.filter
def said(words: Text) -> str:
    """The words of an instrument in the reader's language, or in its first one."""
    return words.say("en" if (get_language() or "").startswith("en") else "zh-CN")
