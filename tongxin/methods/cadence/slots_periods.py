"""The windows of a rule as slots: each one a word and what it needs, several at once in the order they are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .parse_periods import SIMPLE
from .reading import days_of, text_of
from .slots_conditions import typed

Raw = dict[str, Any]
WINDOW_WORDS = (*SIMPLE, "once", "standing")
TEACHING_MONTH = "teaching_month"
PARTS = ("first", "last", "nth")  # of a longer unit
KEPT = "kept"  # the choice that says: as it is written now
STUBS = ("full", "prorate")


@dataclass
class Period:
    """A window. word: one of WINDOW_WORDS, calendar_year, every, within, before, by, between, phase, plan_month, break,
    rolling, announced, between_events, or KEPT. n, unit: a length or number, for `standing` the days of grace; of: the
    event; until: the event that ends it; first, last: days; stub: what a cut window of `every` asks, one of STUBS or
    "" where it is dropped."""

    word: str = "term"
    n: str = ""
    unit: str = ""
    of: str = ""
    first: str = ""
    last: str = ""
    until: str = ""
    stub: str = ""


def read_windows(left: Raw) -> list[Period]:
    """Every window out of the written form; one KEPT where not all of them have slots, and then all stay."""
    several = left.get("windows")
    if "windows" in left and (not isinstance(several, list) or not several):
        return [Period(KEPT)]
    said = ([left["window"]] if left.get("window") is not None else []) + (several or [])
    found = [_period(one) for one in said]
    periods = [one for one in found if one is not None]
    if not periods or len(periods) < len(found):
        return [Period(KEPT)]
    left.pop("window", None)
    left.pop("windows", None)
    return periods


def windows(periods: list[Period]) -> Raw:
    """The windows as a pack writes them."""
    said = [_spelled(period) for period in periods if period.word not in ("", KEPT)]
    if not said:
        return {}
    return {"window": said[0]} if len(said) == 1 else {"windows": said}


def _period(window: Any) -> Period | None:
    if isinstance(window, str):
        return Period(window) if window in WINDOW_WORDS else None
    if not isinstance(window, dict):
        return None
    keys = set(window)
    if keys == {"year"} and window["year"] == "calendar":
        return Period("calendar_year")
    if keys in ({"unit", "teaching"}, {"every", "unit", "teaching"}) and _is_teaching_month(window):
        return Period(TEACHING_MONTH)
    if keys == {"every", "unit"}:
        return Period("every", text_of(window["every"]), text_of(window["unit"]))
    if keys == {"every", "unit", "stub"} and text_of(window["stub"]) in (*STUBS, "drop"):
        stub = text_of(window["stub"])
        return Period(
            "every", text_of(window["every"]), text_of(window["unit"]), stub=stub if stub in STUBS else ""
        )
    for word in PARTS:
        if keys == {word, "unit", "of"}:
            of = "calendar_year" if window["of"] == {"year": "calendar"} else window["of"]
            return (
                None
                if isinstance(of, dict)
                else Period(word, text_of(window[word]), text_of(window["unit"]), text_of(of))
            )
    if keys == {"from", "to"}:
        return Period("between", first=text_of(window["from"]), last=text_of(window["to"]))
    if keys == {"by"}:
        announced = window["by"].get("announced") if isinstance(window["by"], dict) else None
        return (
            Period("announced", of=text_of(announced))
            if announced
            else Period("by", last=text_of(window["by"]))
        )
    for word in ("phase", "plan_month"):
        if keys == {word}:
            return Period(word, text_of(window[word]))
    if keys == {"break"}:
        return Period("break", unit=text_of(window["break"]))
    return _long_period(window, keys)


def _is_teaching_month(window: Raw) -> bool:
    return window["unit"] == "month" and window["teaching"] is True and window.get("every", 1) == 1


def _long_period(window: Raw, keys: set[str]) -> Period | None:
    """within, rolling and before, however their length is spelled; from one event to another; at any time after a grace."""
    for word in ("within", "rolling"):
        if word in keys and keys <= {word, "unit", "of"} and not isinstance(window.get("of"), dict):
            n, unit = _length(window[word], text_of(window.get("unit")))
            return Period(word, n, unit, text_of(window.get("of"))) if n else None
    if "before" in keys and keys <= {"before", "lookback"} and not isinstance(window["before"], dict):
        n, unit = _length(window["lookback"], "") if "lookback" in keys else ("", "")
        return Period("before", n, unit, text_of(window["before"]))
    ends = window.get("between_events")
    if keys == {"between_events"} and isinstance(ends, dict) and set(ends) == {"from", "until"}:
        plain = not any(isinstance(end, dict | list) for end in ends.values())
        return (
            Period("between_events", of=text_of(ends["from"]), until=text_of(ends["until"]))
            if plain
            else None
        )
    if keys == {"standing", "grace"} and (days := days_of(window["grace"])) is not None:
        return Period("standing", str(days) if days else "")
    return None


def _length(said: Any, unit: str) -> tuple[str, str]:
    parts = [text_of(one) for one in said] if isinstance(said, list | dict) else [text_of(said)]
    if len(parts) == 2:
        return parts[0], parts[1]
    text = parts[0]
    if text.isdecimal():
        return text, unit or "day"
    return (
        (text[:-1], {"d": "day", "h": "hour"}[text[-1]])
        if text[:-1].isdecimal() and text[-1] in "dh"
        else ("", "")
    )


def _spelled(period: Period) -> Any:
    n = typed(period.n)
    if period.word == "standing" and period.n:
        return {"standing": True, "grace": f"{period.n}d"}
    if period.word in WINDOW_WORDS:
        return period.word
    spelled: dict[str, Callable[[], Raw]] = {
        "calendar_year": lambda: {"year": "calendar"},
        TEACHING_MONTH: lambda: {"unit": "month", "teaching": True},
        "every": lambda: {"every": n, "unit": period.unit} | ({"stub": period.stub} if period.stub else {}),
        **dict.fromkeys(PARTS, lambda: {period.word: n, "unit": period.unit, "of": period.of}),
        "between": lambda: {"from": period.first, "to": period.last},
        "by": lambda: {"by": period.last},
        "announced": lambda: {"by": {"announced": period.of}},
        "phase": lambda: {"phase": n},
        "plan_month": lambda: {"plan_month": n},
        "break": lambda: {"break": period.unit},
        "rolling": lambda: {"rolling": n, "unit": period.unit},
        "within": lambda: {"within": n, "unit": period.unit, "of": period.of},
        "before": lambda: {"before": period.of} | ({"lookback": [n, period.unit]} if period.n else {}),
        "between_events": lambda: {"between_events": {"from": period.of, "until": period.until}},
    }  # fmt: skip
    return spelled[period.word]()
