"""A roster written in one go: from day to day, which days, from when to when; a night ends on the next morning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.base.models import School
from tongxin.kernel.calendar.queries import school_calendar

EVERY, SCHOOL_DAYS, DAYS_OFF = "every", "school_days", "days_off"
DAYS = {
    EVERY: gettext_lazy("每天"),
    SCHOOL_DAYS: gettext_lazy("上课的日子"),
    DAYS_OFF: gettext_lazy("不上课的日子（周末、假期）"),
}
MOST_DAYS = 370


@dataclass(frozen=True)
class Asked:
    """What somebody typed: days as on a calendar, times as on a clock."""

    first: str
    last: str
    days: str
    start: str
    end: str


def spans(school: School, asked: Asked) -> list[tuple[datetime, datetime]]:
    """Return the (from, to) that were asked for. Raises ValueError with a sentence."""
    first, last = _day(asked.first), _day(asked.last or asked.first)
    start, end = _time(asked.start), _time(asked.end)
    if last < first:
        raise ValueError(_("最后一天早于第一天。请把两个日期换过来。"))
    if (last - first).days > MOST_DAYS:
        raise ValueError(_("一次最多排一年。请把日期改近一些。"))
    if asked.days not in DAYS:
        raise ValueError(_("请选哪些天值班。"))
    calendar = school_calendar(school)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    wanted = [
        day
        for day in days
        if asked.days == EVERY or calendar.is_school_day(day) == (asked.days == SCHOOL_DAYS)
    ]
    if not wanted:
        raise ValueError(_("这几天里没有这样的日子。请看看校历，或改日期。"))
    # A shift that ends at the hour it begins, or before, ends on the next day.
    over = timedelta(days=end <= start)
    return [(_at(day, start), _at(day + over, end)) for day in wanted]


def _at(day: date, clock: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, clock))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(_("请填写日期，如 2026-12-01。")) from None


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValueError(_("请填写时间，如 18:00。")) from None
