"""What this room adds to the frame of every page."""

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from tongxin.kernel.base import space
from tongxin.kernel.calendar.queries import school_calendar, where_is
from tongxin.ui.formats import term_words

TERM_SECONDS = 60


def term_name(viewer) -> str:
    """Return the term and teaching week of today, such as “2026秋 第12周”; kept for a minute per school."""
    if viewer.school is None:
        return ""
    key = f"term:{viewer.school_id}:{viewer.day}"
    known = cache.get(key)
    if known is None:
        at = where_is(school_calendar(viewer.school), viewer.day)
        known = (at.term, at.week)
        cache.set(key, known, TERM_SECONDS)
    term, week = known
    return _("%(term)s 第%(week)d周") % {"term": term_words(term), "week": week} if week else _("假期")


def full_disk(request: HttpRequest) -> str:
    """Say on every page of the staff that what can wait is not saved now, and to whoever keeps the machine what to do."""
    viewer = request.viewer  # type: ignore[attr-defined]
    if not space.short() or not viewer.may("todo"):
        return ""
    if viewer.may("settings"):
        return _("服务器的磁盘快满了，一般的登记现在存不了。请腾出数据文件夹所在磁盘的空间，不用重启。")
    return _("服务器的磁盘快满了，一般的登记现在存不了，请告诉系统管理员。担心一名学生、回应提示照样能存。")
