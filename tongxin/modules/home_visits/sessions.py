"""Sessions of a round: evenings, weekend days and holidays between two days, as the school's calendar has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.base.models import School
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.ui.formats import plain_day

from .homes import Refused, clock

LONGEST_ROUND = timedelta(days=62)
MOST = 60
DAY_S = 86_400


def days_between(school: School, first: date, last: date, weekdays: Iterable[int], free: bool) -> list[date]:
    """Return the days from first to last that fall on some weekdays; free: and every day without school."""
    calendar, wanted, day, found = school_calendar(school), set(weekdays), first, []
    while day <= last:
        if day.weekday() in wanted or (free and not calendar.is_school_day(day)):
            found.append(day)
        day += timedelta(days=1)
    return found


def made(
    school: School,
    first: date,
    last: date,
    *,
    evenings: Iterable[int],
    evening: tuple[str, str],
    free_days: bool,
    daytime: tuple[str, str],
    most: int | None,
    today: date,
) -> list[dict[str, Any]]:
    """Return sessions: an evening on chosen school days, daytime on days without school.

    Raises Refused: a time in the past, one that ends before it begins, none at all or too many.
    """
    if first < today:
        raise Refused(
            _("开始的日期 %(day)s 已经过去了，请选今天或以后。") % {"day": first.isoformat()}, "first_day"
        )
    if last < first:
        raise Refused(_("最后一天早于第一天，请改正其中一个。"), "last_day")
    if last - first > LONGEST_ROUND:
        raise Refused(_("一次最多排两个月，请分几次排。"), "last_day")
    low, high = ordered(*evening, "evening_to")
    early, late = ordered(*daytime, "day_to")
    calendar = school_calendar(school)
    found = []
    for day in days_between(school, first, last, evenings, free_days):
        off = free_days and not calendar.is_school_day(day)
        hours = (early, late) if off else (low, high)
        found.append(
            {"id": f"{day:%m%d}", "day": day.isoformat(), "from": hours[0], "to": hours[1], "most": most}
        )
    if not found:
        raise Refused(_("这些日子里一个场次也没有。请多选几个星期几，或把日期放宽。"), "evenings")
    if len(found) > MOST:
        raise Refused(_("场次太多（超过60个），请少选几天。"), "evenings")
    return found


def added(day: date, low: str, high: str, most: int | None, today: date) -> dict[str, Any]:
    """Return one more session. Raises Refused: in the past, or its end before its beginning."""
    if day < today:
        raise Refused(_("场次的日期 %(day)s 已经过去了，请选今天或以后。") % {"day": day.isoformat()}, "day")
    low, high = ordered(low, high, "until")
    name = f"{day:%m%d}-{low.replace(':', '')}"
    return {"id": name, "day": day.isoformat(), "from": low, "to": high, "most": most}


def ordered(low: str, high: str, field: str) -> tuple[str, str]:
    low, high = clock(low), clock(high)
    if low >= high:
        raise Refused(
            _("时间自相矛盾：从 %(low)s 到 %(high)s。结束要晚于开始。") % {"low": low, "high": high}, field
        )
    return low, high


def seconds(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def ticks(session: Mapping[str, Any], origin: date) -> tuple[int, int]:
    """Return a session's window in seconds from the midnight that begins `origin`."""
    midnight = (date.fromisoformat(session["day"]) - origin).days * DAY_S
    return midnight + seconds(session["from"]), midnight + seconds(session["to"])


def moment(at: int, origin: date) -> datetime:
    """Return the instant so many seconds after the midnight that begins `origin`, by the clock on the wall."""
    day, second = origin + timedelta(days=at // DAY_S), at % DAY_S
    wall = datetime.combine(day, time(second // 3600, second % 3600 // 60, second % 60))
    return timezone.make_aware(wall)


def tick(at: datetime, origin: date) -> int:
    local = timezone.localtime(at)
    return (local.date() - origin).days * DAY_S + local.hour * 3600 + local.minute * 60 + local.second


def title(session: Mapping[str, Any], today: date) -> str:
    """Say a session: 11月24日 周二 18:00—20:30."""
    day = date.fromisoformat(session["day"])
    name = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))[day.weekday()]
    return f"{plain_day(day, today)} {name} {session['from']}—{session['to']}"


def overlaps(wants: Mapping[str, Any], session: Mapping[str, Any], origin: date) -> list[tuple[int, int]]:
    """Return the parts of a session that suit weekly times, in ticks; the whole session when there are none."""
    low, high = ticks(session, origin)
    if not wants.get("times"):
        return [(low, high)]
    day = date.fromisoformat(session["day"])
    midnight = (day - origin).days * DAY_S
    found = []
    for one in wants["times"]:
        if day.weekday() in one["days"]:
            start, end = max(low, midnight + seconds(one["from"])), min(high, midnight + seconds(one["to"]))
            if start < end:
                found.append((start, end))
    return found


def suits(
    wants: Mapping[str, Any], open_ones: Sequence[Mapping[str, Any]], origin: date
) -> list[tuple[int, int]]:
    """Return when a family can be visited between the first and the last session, in ticks: its weekly times, whether
    somebody goes then or not; every session when it named none."""
    if not wants.get("times"):
        return [ticks(one, origin) for one in open_ones]
    days = [date.fromisoformat(one["day"]) for one in open_ones]
    found = []
    day = min(days, default=origin)
    while days and day <= max(days):
        midnight = (day - origin).days * DAY_S
        found += [
            (midnight + seconds(one["from"]), midnight + seconds(one["to"]))
            for one in wants["times"]
            if day.weekday() in one["days"]
        ]
        day += timedelta(days=1)
    return found


def apart(windows: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return windows in order with those that touch joined."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(windows):
        if joined and low <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], high)
        else:
            joined.append((low, high))
    return tuple(joined)
