"""Spans of time as a scheme writes them ("10 min", "4 h", "3 d") and as people say them (10分钟, 4小时, 3天)."""

from __future__ import annotations

import re

UNITS = {"min": 1, "h": 60, "d": 24 * 60}
WORDS = {"min": "分钟", "h": "小时", "d": "天"}
_WRITTEN = re.compile(r"^\s*([0-9]{1,5})\s*(min|h|d|分钟|小时|天)\s*$")
_SAID = {words: unit for unit, words in WORDS.items()}
LONGEST = 400 * UNITS["d"]


def minutes_of(text: str) -> int | None:
    """Return the minutes of "10 min", "4 h", "3 d" or 10分钟, 4小时, 3天; None when it is none of them or nothing at all."""
    found = _WRITTEN.match(text)
    if not found:
        return None
    minutes = int(found[1]) * UNITS[_SAID.get(found[2], found[2])]
    return minutes if 0 < minutes <= LONGEST else None


def _split(minutes: int) -> tuple[int, str]:
    for unit in ("d", "h"):
        # One day is told as 24 hours, as people say it of a deadline.
        if minutes % UNITS[unit] == 0 and minutes >= UNITS[unit] and minutes != UNITS["d"]:
            return minutes // UNITS[unit], unit
    return (24, "h") if minutes == UNITS["d"] else (minutes, "min")


def written(minutes: int) -> str:
    """Return minutes as a scheme writes them."""
    number, unit = _split(minutes)
    return f"{number} {unit}"


def said(minutes: int) -> str:
    """Return minutes as people say them."""
    number, unit = _split(minutes)
    return f"{number}{WORDS[unit]}"
