"""Spelling of `window` and `windows` → period nodes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from .located import LMap
from .parse_occasions import OCCASIONS, read_by_announced
from .periods import Between, By, Every, MonthOfPlan, Once, OwnDays, PartOf, Period, PhaseOfPlan, Standing
from .reading import Context, day_of, text_of

SIMPLE = {
    "year": Every("year"),
    "half_year": Every("half_year"),
    "term": Every("term"),
    "quarter": Every("quarter"),
    "month": Every("month"),
    "teaching_week": Every("teaching_week"),
    "teaching_fortnight": Every("teaching_week", 2),
    "school_day": Every("school_day"),
}
UNITS = ("year", "half_year", "term", "quarter", "month", "teaching_week", "school_day")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
STUBS = ("drop", "full", "prorate")


def read_periods(mapping: LMap, context: Context, is_activity: bool) -> tuple[Period, ...]:
    """The periods of an obligation; `window` and `windows` may both be said."""
    said: list[tuple[Any, object]] = []
    if "window" in mapping:
        said.append((mapping["window"], mapping.at("window")))
    if "windows" in mapping:
        several = mapping["windows"]
        if not isinstance(several, list) or not several:
            context.error(
                mapping.at("windows"), "window", "“windows”后面要列出几个时间范围，例如 [month, term]。"
            )
        else:
            said += [(value, mapping.at("windows")) for value in several]
    if is_activity and all(value in ("once", "entry") for value, _ in said):
        return (OwnDays(),)
    if not said:
        context.error(
            mapping, "missing-window", "没有写时间范围或期限。请写“window”，例如 term、month 或 {by: 日期}。"
        )
    found = (read_period(value, context, where, is_activity) for value, where in said)
    return tuple(period for period in found if period is not None)


def read_period(value: Any, context: Context, where: object, is_activity: bool = False) -> Period | None:
    """One period node, or None with a finding."""
    if isinstance(value, str):
        if value == "once":
            return Once(context.since)
        if value in SIMPLE:
            return SIMPLE[value]
        if value == "standing":
            return Standing()
        context.error(
            where, "window", f"没有“{value}”这种时间范围。可用的有：{'、'.join(SIMPLE)}、once、standing。"
        )
        return None
    if not isinstance(value, LMap) or not value:
        context.error(where, "window", "时间范围应写成 term、month 或 {by: 日期} 这样的形式。")
        return None
    for key, read in OCCASIONS.items():
        if key in value:
            return read(value, context, is_activity)
    for key, reader in _READERS.items():
        if key in value:
            return reader(value, context)
    context.error(
        value,
        "window",
        f"看不懂时间范围“{next(iter(value))}”。可用的有：{'、'.join((*_READERS, *OCCASIONS))}。",
    )
    return None


def _count_of(mapping: LMap, key: str, context: Context, least: int = 1, most: int = 366) -> int | None:
    value = mapping.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        context.error(mapping.at(key), "window", f"“{key}”要写 {least} 到 {most} 的整数。")
        return None
    return value


def _year(mapping: LMap, context: Context) -> Period | None:
    context.unknown_keys(mapping, ("year",), "时间范围“year”")
    if mapping["year"] not in ("calendar", "school"):
        context.error(mapping.at("year"), "window", "“year”只能写 calendar（公历年）或 school（学年）。")
        return None
    return Every("calendar_year" if mapping["year"] == "calendar" else "year")


def _every(mapping: LMap, context: Context) -> Period | None:
    context.unknown_keys(mapping, ("every", "unit", "stub", "teaching"), "时间范围“every”")
    unit, stub = text_of(mapping.get("unit")), text_of(mapping.get("stub")) or "drop"
    n = _count_of(mapping, "every", context, most=60) if "every" in mapping else 1
    if unit == "teaching_fortnight" and n:
        unit, n = "teaching_week", 2 * n
    if unit not in UNITS:
        context.error(mapping.at("unit"), "window", f"“unit”要写时间单位。可用的有：{'、'.join(UNITS)}。")
        return None
    if stub not in STUBS:
        context.error(mapping.at("stub"), "window", f"“stub”只能写：{'、'.join(STUBS)}。")
        return None
    return None if n is None else Every(unit, n, stub, mapping.get("teaching") is True)


def _phase(mapping: LMap, context: Context) -> Period | None:
    context.unknown_keys(mapping, ("phase",), "时间范围“phase”")
    phase = _count_of(mapping, "phase", context, most=99)
    if phase is not None and context.names.phases and phase not in context.names.phases:
        context.error(
            mapping.at("phase"),
            "unknown-phase",
            f"安排里没有第 {phase} 阶段。请在“plan”的“phases”里声明，或改正数字。",
        )
    return None if phase is None else PhaseOfPlan(phase)


def _plan_month(mapping: LMap, context: Context) -> Period | None:
    context.unknown_keys(mapping, ("plan_month",), "时间范围“plan_month”")
    month = _count_of(mapping, "plan_month", context, most=12)
    if month is not None and context.names.months and month not in context.names.months:
        context.error(
            mapping.at("plan_month"),
            "unknown-month",
            f"安排里没有 {month} 月。请在“plan”的“months”里补上，或改正数字。",
        )
    return None if month is None else MonthOfPlan(month)


def _day(mapping: LMap, key: str, context: Context) -> dt.date | None:
    day = day_of(mapping.get(key))
    if day is None:
        context.error(mapping.at(key), "date", f"“{key}”要写日期，例如 2023-11-15。")
    return day


def _by(mapping: LMap, context: Context) -> Period | None:
    context.unknown_keys(mapping, ("by",), "时间范围“by”")
    if isinstance(mapping.get("by"), LMap):
        return read_by_announced(mapping, mapping["by"], context)
    due = _day(mapping, "by", context)
    if due is not None and due < context.since:
        context.error(mapping.at("by"), "contradiction", "期限早于规则开始的日期。请改正其中一个。")
    return None if due is None else By(due, context.since)


def _between(mapping: LMap, context: Context) -> Period | None:
    context.unknown_keys(mapping, ("from", "to"), "时间范围")
    first, last = _day(mapping, "from", context), _day(mapping, "to", context)
    if first is None or last is None:
        return None
    if first > last:
        context.error(mapping, "date", "开始日期晚于结束日期。请改正其中一个。")
        return None
    if last < context.since:
        context.error(
            mapping.at("to"), "contradiction", "时间范围在规则开始之前就结束了。请改正其中一个日期。"
        )
    return Between(first, last)


def _part(mapping: LMap, context: Context) -> Period | None:
    key = next(name for name in ("nth", "first", "last") if name in mapping)
    context.unknown_keys(mapping, (key, "unit", "of"), f"时间范围“{key}”")
    n = _count_of(mapping, key, context)
    unit, of = text_of(mapping.get("unit")), text_of(mapping.get("of"))
    if unit not in (*UNITS, *WEEKDAYS):
        context.error(
            mapping.at("unit"), "window", f"“unit”要写时间单位。可用的有：{'、'.join(UNITS)} 和星期。"
        )
        return None
    if isinstance(mapping.get("of"), LMap):
        of = "calendar_year" if mapping["of"].get("year") == "calendar" else "year"
    if of not in (*UNITS[:-1], "calendar_year"):
        context.error(
            mapping.at("of"),
            "window",
            f"“of”要写更长的时间单位。可用的有：{'、'.join(UNITS[:-1])}、calendar_year。",
        )
        return None
    if n is None:
        return None
    return PartOf(unit, of, **{"nth" if key == "nth" else f"{key}_n": n})


_READERS = {
    "year": _year,
    "by": _by,
    "from": _between,
    "phase": _phase,
    "plan_month": _plan_month,
    "nth": _part,
    "first": _part,
    "last": _part,
    "every": _every,
    "unit": _every,
}
