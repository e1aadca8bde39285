"""How days, times, amounts and shares are said to people. Every page goes through here, so they read alike.

Today comes in as an argument; nothing here looks at the clock.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

NO_END = date.max


def day_words(day: date | None, today: date) -> str:
    """Say a day as people do: 今天, 昨天, 明天, 下周三, 3月5日, 2022年3月5日. Empty for None and for "no end"."""
    if day is None or day == NO_END:
        return ""
    near = {-1: _("昨天"), 0: _("今天"), 1: _("明天"), 2: _("后天")}.get((day - today).days)
    if near:
        return near
    if _monday(day) == _monday(today):
        return _weekday(day)
    if _monday(day) == _monday(today) + timedelta(days=7):
        return _("下%(weekday)s") % {"weekday": _weekday(day)}
    return plain_day(day, today)


def listed(words: Iterable[str], sign: str = "、") -> str:
    """Return words one after the other as the language of the page lists them. sign: 、 or ；."""
    return (_("、") if sign == "、" else _("；")).join(words)


def plain_day(day: date | None, today: date) -> str:
    """Say a day by month and day, with the year only when it is another year than today's."""
    if day is None or day == NO_END:
        return ""
    return dateformat.format(day, pgettext("date", "n月j日")) if day.year == today.year else full_day(day)


def full_day(day: date | None) -> str:
    """Say a day with its year: 2023年3月5日."""
    if day is None or day == NO_END:
        return ""
    return dateformat.format(day, pgettext("date", "Y年n月j日"))


def until_words(day: date | None, today: date) -> str:
    """Say a due day: 今天前, 6月30日前. Empty when there is none."""
    said = day_words(day, today)
    return _("%(day)s前") % {"day": said} if said else ""


def period_words(first: date | None, last: date | None, today: date) -> str:
    """Say a period: 3月1日—3月14日, with both years where it runs into another; one day is said once."""
    if first == last:
        return plain_day(first, today)
    if first and last and NO_END not in (first, last) and first.year != last.year:
        return _("%(first)s—%(last)s") % {"first": full_day(first), "last": full_day(last)}
    return _("%(first)s—%(last)s") % {"first": plain_day(first, today), "last": plain_day(last, today)}


def when_words(at: datetime | None, now: datetime) -> str:
    """Say an instant: 今天 16:30, 3月5日 09:05. Empty for None and for "no end"."""
    if at is None or at.year == NO_END.year:
        return ""
    local, here = timezone.localtime(at), timezone.localtime(now)
    return f"{day_words(local.date(), here.date())} {local:%H:%M}"


def amount_words(hundredths: int | None) -> str:
    """Say an amount kept in hundredths: 150 → 1.5, 200 → 2. Empty for None."""
    if hundredths is None:
        return ""
    whole, rest = divmod(abs(hundredths), 100)
    digits = f"{whole:,}" + (f".{rest:02d}".rstrip("0") if rest else "")
    return f"-{digits}" if hundredths < 0 else digits


def percent_words(part: int, whole: int) -> str:
    """Say a share as a whole per cent; 100 % and 0 % only when exactly so. "—" when there is nothing to share."""
    if whole <= 0:
        return "—"
    share = round(100 * part / whole)
    if share == 100 and part < whole:
        share = 99
    if share == 0 and part > 0:
        share = 1
    return f"{share}%"


def share_words(part: float | None) -> str:
    """Say a small share with two digits that count: 0.0123 → 1.2%, 0.00004 → 0.004%, 0 → 0%. "—" for None."""
    if part is None:
        return "—"
    return f"{float(f'{100 * part:.2g}'):f}".rstrip("0").rstrip(".") + "%"


def times_words(count: int) -> str:
    """Say a number of times: 3 次."""
    return ngettext("%(count)d 次", "%(count)d 次", count) % {"count": count}


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _weekday(day: date) -> str:
    return [_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日")][day.weekday()]


_TERM = re.compile(r"(\d{4})\s*([春秋])")


def term_words(name: str) -> str:
    """Say what a term is called: 2026秋 in the language of the page, a name of the school's own as it is."""
    found = _TERM.fullmatch(name)
    if found is None:
        return name
    year = {"year": int(found[1])}
    return _("%(year)d春") % year if found[2] == "春" else _("%(year)d秋") % year
