"""Public holidays and make-up working days, from the `chinesecalendar` package (known to its last year).

A year the package does not know yet is provisional: weekends only, and the calendar page says so.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import chinese_calendar


@cache
def year(number: int) -> tuple[frozenset[date], frozenset[date], bool]:
    """Return (holidays that fall on weekdays or weekends, make-up working days, known) of a calendar year."""
    try:
        chinese_calendar.is_holiday(date(number, 1, 1))
    except NotImplementedError:
        return frozenset(), frozenset(), False
    holidays, make_up = set(), set()
    day = date(number, 1, 1)
    while day.year == number:
        off = chinese_calendar.is_holiday(day)
        if off and day.weekday() < 5:
            holidays.add(day)
        elif not off and day.weekday() >= 5:
            make_up.add(day)
        day += timedelta(days=1)
    return frozenset(holidays), frozenset(make_up), True


def holiday_name(day: date) -> str:
    """Return the Chinese name of the public holiday a day belongs to, or ''."""
    try:
        on_holiday, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return ""
    return _NAMES.get(name or "", "") if on_holiday else ""


_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
}
