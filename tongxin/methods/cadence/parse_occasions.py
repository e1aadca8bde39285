"""Spelling of windows that run from what happened, and of those that have no calendar of their own → period nodes."""

from __future__ import annotations

import re
from typing import Any

from .located import LMap
from .occasions import (
    ARRIVED,
    BEGINS,
    ENTRY_KIND,
    EVENT,
    ITSELF,
    LEFT,
    UNITS,
    Before,
    BetweenEvents,
    ByAnnounced,
    Happening,
    Within,
)
from .periods import BREAKS, Break, Period, Rolling, Standing
from .reading import Context, days_of, text_of

_LENGTH = re.compile(r"^([0-9]{1,4})\s*(h|d|hour|day|school_day|month|year)s?$")
_SHORT = {"h": "hour", "d": "day"}
MOST = {"hour": 10_000, "day": 10_000, "school_day": 2_000, "month": 600, "year": 50}


def read_length(mapping: LMap, key: str, units: tuple[str, ...], context: Context) -> tuple[int, str] | None:
    """`{within: 24, unit: hour}`, `24h`, `14d`, `[2, year]`, `{2, year}` or `2 year` as (n, unit)."""
    said, unit = mapping[key], text_of(mapping.get("unit"))
    if isinstance(said, LMap) and len(said) == 2:
        said = list(said)
    if isinstance(said, list) and len(said) == 2:
        said, unit = f"{text_of(said[0])} {text_of(said[1])}", ""
    found = _LENGTH.match(text_of(said)) if not unit else None
    number = found[1] if found else text_of(said)
    unit = _SHORT.get(found[2], found[2]) if found else unit or "day"
    if unit not in units or not number.isdecimal() or not 1 <= int(number) <= MOST[unit]:
        sentence = f"“{key}”要写多长时间，例如 14d 或 {{{key}: 2, unit: {units[-1]}}}。可用的单位有：{'、'.join(units)}。"
        context.error(mapping.at(key), "window", sentence)
        return None
    return int(number), unit


def read_happening(
    value: Any, mapping: LMap, key: str, context: Context, is_activity: bool
) -> Happening | None:
    """What a window runs from: an event, an entry kind, `appointed.POST`, `linked.KIND`, arrived, left or self."""
    part = ""
    if isinstance(value, LMap):
        context.unknown_keys(value, ("kind", "event", "part"), f"“{key}”")
        part = text_of(value.get("part"))
        value = value.get("kind") or value.get("event")
    name = text_of(value)
    word, _, of = name.partition(".")
    found = None
    if name == "self" and is_activity:
        found = Happening(ITSELF)
    elif name in (ARRIVED, LEFT):
        found = Happening(name)
    elif word in ("appointed", "linked") and context.names.is_link(of):
        found = Happening(BEGINS, of)
    elif name in context.names.events:
        found = Happening(EVENT, name)
    elif name in context.names.kinds:
        kind = context.names.kinds[name]
        if part and kind.part(part) is None:
            context.error(mapping.at(key), "unknown-part", f"活动“{name}”没有“{part}”这个角色。请改正名称。")
        found = Happening(ENTRY_KIND, name, part)
    if found is None or (is_activity and found.source != ITSELF):
        known = (
            "self（这次活动本身）"
            if is_activity
            else ("events 里的事件、活动种类、appointed.岗位、linked.关系、arrived、left")
        )
        context.error(mapping.at(key), "unknown-event", f"没有“{name}”这种事件。可用的有：{known}。")
        return None
    return found


def read_within(mapping: LMap, context: Context, is_activity: bool) -> Period | None:
    context.unknown_keys(mapping, ("within", "unit", "of"), "时间范围“within”")
    length = read_length(mapping, "within", UNITS, context)
    happening = read_happening(mapping.get("of"), mapping, "of", context, is_activity)
    return Within(*length, happening) if length and happening else None


def read_before(mapping: LMap, context: Context, is_activity: bool) -> Period | None:
    context.unknown_keys(mapping, ("before", "lookback"), "时间范围“before”")
    happening = read_happening(mapping["before"], mapping, "before", context, is_activity)
    n, unit = 0, "day"
    if "lookback" in mapping:
        length = read_length(mapping, "lookback", ("day", "month", "year"), context)
        if length is None:
            return None
        n, unit = length
        if unit == "year":
            n, unit = 12 * n, "month"
    return Before(happening, n, unit) if happening else None


def read_between_events(mapping: LMap, context: Context, is_activity: bool) -> Period | None:
    context.unknown_keys(mapping, ("between_events",), "时间范围“between_events”")
    ends = mapping["between_events"]
    if not isinstance(ends, LMap) or "from" not in ends or "until" not in ends:
        sentence = "“between_events”要写从哪个事件到哪个事件，例如 {from: enrolled, until: graduated}。"
        context.error(mapping.at("between_events"), "window", sentence)
        return None
    start, end = (read_happening(ends[key], ends, key, context, is_activity) for key in ("from", "until"))
    return BetweenEvents(start, end) if start and end else None


def read_rolling(mapping: LMap, context: Context, is_activity: bool) -> Period | None:
    context.unknown_keys(mapping, ("rolling", "unit"), "时间范围“rolling”")
    length = read_length(mapping, "rolling", ("day", "month", "year"), context)
    return Rolling(*length) if length else None


def read_break(mapping: LMap, context: Context, is_activity: bool) -> Period | None:
    context.unknown_keys(mapping, ("break",), "时间范围“break”")
    season = text_of(mapping["break"])
    if season not in BREAKS:
        context.error(mapping.at("break"), "window", f"“break”只能写：{'、'.join(BREAKS)}。")
        return None
    return Break(season)


def read_standing(mapping: LMap, context: Context, is_activity: bool) -> Period | None:
    """`{standing: true, grace: 14d}`."""
    context.unknown_keys(mapping, ("standing", "grace"), "时间范围“standing”")
    grace = days_of(mapping.get("grace", 0))
    if grace is None:
        context.error(mapping.at("grace"), "window", "“grace”要写宽限几天，例如 14d。")
        return None
    return Standing(grace)


def read_by_announced(mapping: LMap, said: LMap, context: Context) -> Period | None:
    """`{by: {announced: NAME}}`: a day the school announces."""
    context.unknown_keys(said, ("announced",), "“by”")
    name = text_of(said.get("announced"))
    if not name or len(name) > 29:
        sentence = "“announced”要写日期的名称，不超过 29 个字母，例如 {by: {announced: second-report-day}}。"
        context.error(mapping.at("by"), "window", sentence)
        return None
    return ByAnnounced(name)


OCCASIONS = {
    "within": read_within,
    "before": read_before,
    "between_events": read_between_events,
    "rolling": read_rolling,
    "break": read_break,
    "standing": read_standing,
}
