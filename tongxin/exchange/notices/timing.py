"""When something may leave the house: quiet hours, days off, the hour of the digest. Plain Python; no clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

MOST_DAYS_AHEAD = 120
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Rhythm:
    """Hours are local, 0 to 23. quiet_from = quiet_to: no quiet hours. skip_days_off: wait for a school day."""

    quiet_from: int = 21
    quiet_to: int = 7
    skip_days_off: bool = True
    digest_hour: int = 7

    def is_quiet(self, hour: int) -> bool:
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= hour < self.quiet_to
        return hour >= self.quiet_from or hour < self.quiet_to


def may_send(rhythm: Rhythm, local: datetime, is_school_day: Callable[[date], bool]) -> bool:
    """Say whether anything may leave at this local moment. What may not waits; nothing is dropped."""
    return not rhythm.is_quiet(local.hour) and (not rhythm.skip_days_off or is_school_day(local.date()))


def next_moment(rhythm: Rhythm, local: datetime, is_school_day: Callable[[date], bool]) -> datetime | None:
    """Return the next local hour (or this moment) at which something may leave; None within four months."""
    if may_send(rhythm, local, is_school_day):
        return local
    at = local.replace(minute=0, second=0, microsecond=0) + _HOUR
    end = local + timedelta(days=MOST_DAYS_AHEAD)
    while at < end:
        if rhythm.skip_days_off and not is_school_day(at.date()):
            at = datetime.combine(at.date() + timedelta(days=1), time(0), tzinfo=at.tzinfo)
        elif rhythm.is_quiet(at.hour):
            at += _HOUR
        else:
            return at
    return None


def digest_of(person: int, frequency: str, rhythm: Rhythm, local: datetime) -> str | None:
    """Return the key of the digest that is due for a person at this moment; None while its hour has not come.

    One key stands for one message: a day's for "daily", a week's for "weekly".
    """
    if local.hour < rhythm.digest_hour:
        return None
    if frequency == "weekly":
        year, week, _day = local.isocalendar()
        return f"email:{person}:{year}-W{week:02d}"
    return f"email:{person}:{local.date().isoformat()}"
