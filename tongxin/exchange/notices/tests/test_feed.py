"""The calendar: valid, stable, and its addresses."""

from __future__ import annotations

from datetime import date, timedelta

import icalendar
import pytest

from tongxin.exchange.notices import services
from tongxin.exchange.notices.feed import Item, calendar_bytes, etag_of
from tongxin.exchange.notices.models import CalendarFeed
from tongxin.kernel.audit.models import AuditRow
from tongxin.testing.cast import NOW

ITEMS = [
    Item(
        "visit:1", "家访，还差3名学生" + "长" * 80, date(2026, 11, 20), date(2026, 11, 20), date(2026, 1, 10)
    ),
    Item(
        "phase:2", "实施阶段", date(2026, 3, 1), date(2026, 11, 30), date(2026, 1, 10), text="甲\n乙；丙,丁"
    ),
]


def test_a_calendar_reads_back_as_all_day_events_in_shanghai():
    body = calendar_bytes("待办", ITEMS, "tongxin.invalid")
    assert max(len(line) for line in body.split(b"\r\n")) <= 75
    calendar = icalendar.Calendar.from_ical(body)
    assert (calendar["METHOD"], calendar["X-WR-TIMEZONE"]) == ("PUBLISH", "Asia/Shanghai")
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Asia/Shanghai"]
    phase, visit = calendar.walk("VEVENT")
    assert (phase.decoded("DTSTART"), phase.decoded("DTEND")) == (date(2026, 3, 1), date(2026, 12, 1))
    assert visit.decoded("DTEND") - visit.decoded("DTSTART") == timedelta(days=1)
    assert str(phase["DESCRIPTION"]) == "甲\n乙；丙,丁"


def test_the_same_duties_give_the_same_bytes_and_the_same_identities():
    first, second = calendar_bytes("待办", ITEMS, "s"), calendar_bytes("待办", reversed(ITEMS), "s")
    assert (first, etag_of(first)) == (second, etag_of(second))
    changed = calendar_bytes("待办", [Item("visit:1", "别的", *[date(2026, 12, 1)] * 3)], "s")
    known = {str(e["UID"]) for e in icalendar.Calendar.from_ical(first).walk("VEVENT")}
    assert {str(e["UID"]) for e in icalendar.Calendar.from_ical(changed).walk("VEVENT")} < known


def test_nothing_owed_is_a_calendar_too():
    assert icalendar.Calendar.from_ical(calendar_bytes("待办", [], "s")).walk("VEVENT") == []


def test_an_address_is_kept_as_a_hash_and_ends_with_the_next_one(world):
    old = services.new_feed(world.liu.viewer())
    assert old.secret not in str(list(CalendarFeed.objects.values()))
    assert services.open_feed(old.feed.public_id, old.secret, NOW).pk == old.feed.pk
    new = services.new_feed(world.liu.viewer())
    with pytest.raises(services.NoSuchFeed):
        services.open_feed(old.feed.public_id, old.secret, NOW)
    assert services.revoke_feed(world.liu.viewer())
    assert not services.revoke_feed(world.liu.viewer())
    with pytest.raises(services.NoSuchFeed):
        services.open_feed(new.feed.public_id, new.secret, NOW)
    actions = list(
        AuditRow.objects.filter(action__startswith="notices.feed").values_list("action", flat=True)
    )
    assert sorted(actions) == ["notices.feed_made", "notices.feed_made", "notices.feed_revoked"]


def test_wrong_secrets_are_throttled_at_the_feed_they_were_tried_on(world):
    liu, ma = services.new_feed(world.liu.viewer()), services.new_feed(world.ma.viewer())
    for _try in range(services.WRONG_TRIES):
        with pytest.raises(services.NoSuchFeed):
            services.open_feed(liu.feed.public_id, "wrong", NOW)
    with pytest.raises(services.TooManyTries):
        services.open_feed(liu.feed.public_id, liu.secret, NOW)
    assert services.open_feed(ma.feed.public_id, ma.secret, NOW)
    later = NOW + services.WRONG_WINDOW
    assert services.open_feed(liu.feed.public_id, liu.secret, later)
