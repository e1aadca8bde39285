"""Template tags and filters of the components: `{% load ui %}`."""

import secrets
from datetime import date, datetime
from typing import Any

from django import template
from django.template.context import Context
from django.template.defaultfilters import join
from django.utils import timezone
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from tongxin.ui import formats, states, worded
from tongxin.ui import kept as keeping
from tongxin.ui.assets import asset_url

register = template.Library()


@register.simple_tag
def asset(path: str) -> str:
    """Address of one of our own static files, with its version."""
    return asset_url(path)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A small drawing beside a word; hidden from screen readers, because the word is there."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false" width="24" height="24"><use href="{}#{}"/></svg>',
        asset_url("ui/icons.svg"),
        name,
    )


@register.simple_tag
def state_chip(state: str, word: str = "") -> SafeString:
    """A verdict as a word and a shape: met, open, missed, not_expected, waived."""
    return format_html(
        '<span class="state state--{}">{}</span>', state.replace("_", "-"), word or states.state_word(state)
    )


@register.simple_tag
def once_token() -> SafeString:
    """A hidden field `once`: a form sent twice carries the same token, so the server can save it once."""
    return format_html('<input type="hidden" name="once" value="{}">', secrets.token_hex(16))


@register.simple_tag(takes_context=True)
def kept(context: Context, template_name: str, **given: Any) -> SafeString:
    """Draw a component from the given plain values alone, once for the same values (see tongxin.ui.kept)."""
    request = context.get("request")
    later = {"csrf_token": context.get("csrf_token", ""), "path": request.path if request else ""}
    return keeping.draw(template_name, given, later)


@register.simple_tag
def ui_table(table: Any) -> SafeString:
    """Draw a tongxin.ui.tables.Table."""
    return table.render()


@register.simple_tag(takes_context=True)
def chart(context: Context, figure: Any) -> SafeString:
    """Draw a chart of tongxin.ui.charts with its table one tap away."""
    return figure.render(context.get("csp_nonce"))


@register.simple_tag
def chart_drawing(figure: Any) -> SafeString:
    """The server's drawing of a chart; its template escapes every value."""
    return mark_safe(figure.drawing())


@register.simple_tag
def chart_data(figure: Any, element_id: str) -> SafeString:
    """The data of a chart as a JSON block that the browser reads and never runs."""
    return json_script(figure.data(), f"{element_id}-data")


@register.filter(needs_autoescape=True)
def listed(words: Any, sign: str = "、", autoescape: bool = True) -> str:
    """Words one after the other as the language of the page lists them. sign: 、 or ；."""
    return join(words, gettext(sign), autoescape)


@register.filter
def state_word(state: str) -> str:
    return states.state_word(state)


@register.filter
def said(words: Any) -> str:
    """What a pack calls something, in the language of the page."""
    return worded.said(words if isinstance(words, str) else str(words))


@register.filter
def titled(title: str) -> str:
    """The title of a record, in the language of the page where it only repeats what its kind is called."""
    return worded.titled(title)


@register.filter
def called(thing: Any) -> str:
    """The title of something that a pack declares, in the language of the page."""
    return worded.called(thing)


@register.filter
def heading_words(heading: Any) -> str:
    """A heading of a programme with its number: 4.1.1 心理健康驿站."""
    return f"{heading.number} {worded.plain(heading.title, heading.plain_title)}"


@register.filter
def day(value: date | None) -> str:
    """今天, 昨天, 下周三, 3月5日."""
    return formats.day_words(value, timezone.localdate())


@register.filter
def plain_day(value: date | None) -> str:
    """3月5日, with the year when it is another one."""
    return formats.plain_day(value, timezone.localdate())


@register.filter
def full_day(value: date | None) -> str:
    """2023年3月5日; an instant is told by its local day."""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return formats.full_day(value)


@register.filter
def until(value: date | None) -> str:
    """6月30日前."""
    return formats.until_words(value, timezone.localdate())


@register.filter
def when(value: datetime | None) -> str:
    """今天 16:30."""
    return formats.when_words(value, timezone.now())


@register.filter
def term(name: str) -> str:
    """2026秋, as the page says it."""
    return formats.term_words(name)


@register.filter
def amount(hundredths: int | None) -> str:
    """150 hundredths → 1.5."""
    return formats.amount_words(hundredths)


@register.simple_tag
def percent(part: int, whole: int) -> str:
    """93%, or — when there is nothing to share."""
    return formats.percent_words(part, whole)


@register.filter
def share(part: float | None) -> str:
    """0.0123 → 1.23%, no more digits than that; — for None."""
    return formats.share_words(part)


@register.filter
def undo_url(tags: str | None) -> str:
    """The undo address that `toasts.notify` put into a message's tags, or nothing."""
    for word in (tags or "").split():
        if word.startswith("undo:"):
            return word.removeprefix("undo:")
    return ""


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """Look a key up in a dict; nothing when it is not there."""
    return mapping.get(key) if mapping else None


@register.simple_tag
def attributes(given: dict[str, Any] | None) -> SafeString:
    """Write a dict as HTML attributes, each value escaped."""
    parts = [format_html(' {}="{}"', name, value) for name, value in (given or {}).items()]
    return mark_safe("".join(parts))
