"""When sealed data of a child open, close, may go and must stay: plain rules on days and moments.

Sources: 个人信息保护法 arts. 19, 47; 未成年人网络保护条例 arts. 34, 36; 数据安全 holds by courts and police.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True)
class Held:
    """A legal hold. until: the moment it ended, None while it lasts."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Term:
    """How long a class of data is kept after the person left. years: None = it stays (the roll of a school is an archive)."""

    data_class: str
    years: int | None


def sealed_away(present_to: date, day: date, kept_open_days: int) -> bool:
    """Say whether a child left so long ago that its record opens only by a grant."""
    return present_to < day - timedelta(days=kept_open_days)


def is_open(
    decided_at: datetime | None, until: datetime | None, ended_at: datetime | None, now: datetime
) -> bool:
    """Say whether a grant or break-glass opens anything at a moment: from the decision up to, not including, its end."""
    if decided_at is None or until is None or now < decided_at or now >= until:
        return False
    return ended_at is None or now < ended_at


def on_hold(holds: Iterable[Held], now: datetime) -> bool:
    return any(held.since <= now and (held.until is None or now < held.until) for held in holds)


def may_erase(holds: Iterable[Held], now: datetime) -> bool:
    return not on_hold(holds, now)


def years_after(day: date, years: int) -> date:
    """Return the same day years later; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def past_its_time(term: Term, present_to: date, holds: Iterable[Held], now: datetime, day: date) -> bool:
    """Say whether a class of a person's data is to go: the time after leaving is over and nothing holds it."""
    if term.years is None or day <= present_to:
        return False
    return day > years_after(present_to, term.years) and not on_hold(holds, now)
