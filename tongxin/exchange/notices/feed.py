"""A person's duties as an iCalendar: all-day events with stable identities, a time zone, and no child's name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tongxin.kernel.access.viewer import Viewer

if TYPE_CHECKING:
    import icalendar

ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Item:
    """One event. key: what it is about, always the same for the same thing; last: included.

    stamp: a day that does not move, so that the same calendar has the same bytes. begin, until: the hours of what does not
    take the whole day.
    """

    key: str
    title: str
    first: date
    last: date
    stamp: date
    text: str = ""
    url: str = ""
    alarm_days: int = 0
    begin: datetime | None = None
    until: datetime | None = None


# Rooms say here what else stands in somebody's calendar; like all of it, it names no child.
_makers: list[Callable[[Viewer], list[Item]]] = []


def add_items(make: Callable[[Viewer], list[Item]]) -> None:
    if make not in _makers:
        _makers.append(make)


def items_of_rooms(viewer: Viewer) -> list[Item]:
    return [item for make in _makers for item in make(viewer)]


def calendar_bytes(name: str, items: Iterable[Item], site: str) -> bytes:
    """Return the calendar as UTF-8 bytes with CRLF line ends; the same items give the same bytes."""
    # Read in when it is first needed: every start of the program would wait for it.
    import icalendar

    found = sorted(items, key=lambda i: (i.first, i.last, i.key))
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Tongxin//Duties//ZH")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", ZONE)
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    if found:
        zone = icalendar.Timezone.from_tzid(
            ZONE, first_date=date(found[0].first.year, 1, 1), last_date=date(found[-1].last.year + 1, 1, 1)
        )
        calendar.add_component(zone)
    for item in found:
        calendar.add_component(_event(item, site))
    return calendar.to_ical()


def _event(item: Item, site: str) -> icalendar.Event:
    import icalendar

    event = icalendar.Event()
    event.add("uid", f"{hashlib.sha256(item.key.encode()).hexdigest()[:32]}@{site}")
    event.add("dtstamp", datetime.combine(item.stamp, time(0), tzinfo=ZoneInfo(ZONE)).astimezone(UTC))
    event.add("summary", item.title)
    if item.begin is not None and item.until is not None:
        event.add("dtstart", item.begin.astimezone(ZoneInfo(ZONE)))
        event.add("dtend", item.until.astimezone(ZoneInfo(ZONE)))
    else:
        event.add("dtstart", item.first)
        # The end of an all-day event is the day after its last one.
        event.add("dtend", item.last + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    if item.text:
        event.add("description", item.text)
    if item.url:
        event.add("url", item.url)
    if item.alarm_days:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", item.title)
        alarm.add("trigger", timedelta(days=-item.alarm_days, hours=9))
        event.add_component(alarm)
    return event


def etag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
