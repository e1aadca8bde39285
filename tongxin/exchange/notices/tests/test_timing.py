"""Quiet hours, days off and digests, on a calendar of five school days a week."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tongxin.exchange.notices.timing import Rhythm, digest_of, may_send, next_moment

ZONE = ZoneInfo("Asia/Shanghai")
RHYTHM = Rhythm(quiet_from=21, quiet_to=7, skip_days_off=True, digest_hour=8)


def weekday(day: date) -> bool:
    return day.weekday() < 5


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """November 2026: the 18th is a Wednesday, the 21st a Saturday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


def test_quiet_hours_may_span_midnight_or_lie_in_the_day_or_not_be():
    assert [RHYTHM.is_quiet(h) for h in (20, 21, 0, 6, 7)] == [False, True, True, True, False]
    assert [Rhythm(12, 14).is_quiet(h) for h in (11, 12, 13, 14)] == [False, True, True, False]
    assert not any(Rhythm(9, 9).is_quiet(h) for h in range(24))


def test_what_may_not_leave_waits_until_the_next_school_day_in_the_morning():
    assert next_moment(RHYTHM, at(18, 10), weekday) == at(18, 10)
    assert next_moment(RHYTHM, at(18, 22, 30), weekday) == at(19, 7)
    assert next_moment(RHYTHM, at(20, 21), weekday) == at(23, 7)
    assert next_moment(Rhythm(21, 7, skip_days_off=False), at(20, 21), weekday) == at(21, 7)


def test_a_calendar_without_school_days_lets_nothing_out_and_says_so():
    assert next_moment(RHYTHM, at(18, 10), lambda _day: False) is None


def test_a_digest_comes_once_its_hour_has_come_one_a_day_or_one_a_week():
    assert digest_of(7, "daily", RHYTHM, at(18, 7, 59)) is None
    assert digest_of(7, "daily", RHYTHM, at(18, 8)) == digest_of(7, "daily", RHYTHM, at(18, 20))
    assert digest_of(7, "daily", RHYTHM, at(18, 8)) != digest_of(7, "daily", RHYTHM, at(19, 8))
    assert digest_of(7, "weekly", RHYTHM, at(18, 8)) == digest_of(7, "weekly", RHYTHM, at(20, 8))
    assert digest_of(7, "weekly", RHYTHM, at(20, 8)) != digest_of(7, "weekly", RHYTHM, at(23, 8))


@given(
    start=st.integers(0, 23),
    end=st.integers(0, 23),
    off=st.booleans(),
    hours=st.integers(0, 24 * 30),
)
def test_the_next_moment_is_the_first_at_which_something_may_leave(start, end, off, hours):
    rhythm, local = Rhythm(start, end, off), at(1, 0) + timedelta(hours=hours)
    found = next_moment(rhythm, local, weekday)
    assert found is not None
    assert may_send(rhythm, found, weekday)
    between = int((found - local) / timedelta(hours=1))
    assert not any(may_send(rhythm, local + timedelta(hours=h), weekday) for h in range(between))
