"""What this room adds to the frame of every page."""

from django.core.cache import cache
from django.utils.translation import gettext as _

from tongxin.kernel.calendar.queries import school_calendar, where_is

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
    return _("%(term)s 第%(week)d周") % {"term": term, "week": week} if week else _("假期")
