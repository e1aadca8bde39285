"""Days as people type them: five spellings, Excel's day numbers of both calendars, and months without a day."""

import re
import unicodedata
from datetime import date, datetime, timedelta
from math import isfinite

from tongxin.exchange.rosters.wire import Cell

OLDEST, NEWEST = date(1900, 1, 1), date(2100, 12, 31)
_FULL = [
    re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ T].*)?"),
    re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})(?: .*)?"),
    re.compile(r"([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})"),
    re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})[日号]?"),
    re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"),
]
_MONTH = re.compile(r"([0-9]{4})(?:[-/.年])?([0-9]{1,2})月?")
_SERIAL = re.compile(r"[0-9]{4,5}(\.[0-9]+)?")


class NoDay(ValueError):
    """The cell is no day; the message is the sentence for the user."""


MONTH_ONLY = "这里只有年和月，没有日，先不写入这一格，这一行照样导入。知道是哪一天的，请写成 2012-09-01 这样的完整日期。"


class MonthOnly(NoDay):
    """The cell names a month without a day: `first` is its first day."""

    def __init__(self, first: date) -> None:
        super().__init__(MONTH_ONLY)
        self.first = first


def from_serial(number: float, dates_1904: bool = False) -> date:
    """Return the day of an Excel day number. Raises NoDay outside 1900–2100.

    In the 1900 calendar day 60 is a 29 February that never was; earlier numbers are one day off.
    """
    if dates_1904:
        base = date(1904, 1, 1)
    else:
        base = date(1899, 12, 30) if number >= 60 else date(1899, 12, 31)
    try:
        day = base + timedelta(days=int(number))
    except OverflowError as error:
        raise NoDay(_SENTENCE) from error
    return _checked(day)


_SENTENCE = "看不出这是哪一天。请写成 2012-09-01、20120901、2012/9/1 或 2012年9月1日。"


def read_day(cell: Cell, dates_1904: bool = False) -> date:
    """Return the day a cell means.

    Raises MonthOnly for a month without a day, NoDay for everything else that is no day; both carry a sentence.
    """
    if isinstance(cell, datetime):
        return _checked(cell.date())
    if isinstance(cell, date):
        return _checked(cell)
    if isinstance(cell, float):
        if not isfinite(cell):
            raise NoDay(_SENTENCE)
        if cell >= 1_900_00 and cell == int(cell):
            return read_day(str(int(cell)))
        return from_serial(cell, dates_1904)
    text = unicodedata.normalize("NFKC", str(cell)).strip()
    compact = re.sub(r"\s*([-/.年月])\s*", r"\1", text)
    for pattern in _FULL:
        if found := pattern.fullmatch(compact):
            return _day(*map(int, found.groups()))
    if found := _MONTH.fullmatch(compact):
        year, month = map(int, found.groups())
        if 1900 <= year <= 2100 and 1 <= month <= 12:
            raise MonthOnly(date(year, month, 1))
    if _SERIAL.fullmatch(compact) and float(compact) > 7_000:
        return from_serial(float(compact), dates_1904)
    raise NoDay(_SENTENCE)


def _day(year: int, month: int, day: int) -> date:
    try:
        return _checked(date(year, month, day))
    except ValueError as error:
        if isinstance(error, NoDay):
            raise
        raise NoDay("日历上没有这一天，请核对。") from error


def _checked(day: date) -> date:
    if not OLDEST <= day <= NEWEST:
        raise NoDay("这个日期早于 1900 年或晚于 2100 年，请核对。")
    return day
