"""The school calendar: years, terms, teaching weeks, school days, phases, and the real windows made of them.

Terms run from the first to the last teaching day; breaks belong to no term. A school day is a weekday of a term
that is no holiday, or a make-up working day of a term. Windows outside the school years given do not exist.
"""

from __future__ import annotations

import datetime as dt
import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .periods import PartOf, Window
from .reading import day_of, text_of
from .spans import Unit, chunks, months_between, part_of

if TYPE_CHECKING:
    from .declarations import Phase

DAY = dt.timedelta(days=1)


class CalendarUnreadable(Exception):
    """The calendar makes no sense; the message is a sentence for the person who wrote it."""


@dataclass(frozen=True)
class SchoolYear:
    name: str
    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Term:
    """first, last: teaching days. first_week: the Monday of teaching week 1. school_year: its name."""

    name: str
    school_year: str
    first: dt.date
    last: dt.date
    first_week: dt.date


@dataclass(frozen=True)
class FixedPhase:
    """A phase with real dates, as a data folder gives it."""

    number: int
    first: dt.date
    last: dt.date


@dataclass
class SchoolCalendar:
    """programme_year: "calendar" or "school"; plan_phases: of the pack, used when `phases` is empty."""

    school_years: tuple[SchoolYear, ...] = ()
    terms: tuple[Term, ...] = ()
    holidays: frozenset[dt.date] = frozenset()
    make_up_days: frozenset[dt.date] = frozenset()
    phases: tuple[FixedPhase, ...] = ()
    programme_year: str = "calendar"
    plan_phases: tuple[Phase, ...] = ()
    _cache: dict[Any, list[Window]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        days = {day for term in self.terms for day in _days(term.first, term.last) if self._works(day)}
        self._school_days = sorted(days)

    def for_programme(self, programme_year: str, phases: Iterable[Phase]) -> SchoolCalendar:
        """The same calendar with a pack's programme year and phases."""
        return replace(self, programme_year=programme_year, plan_phases=tuple(phases), _cache={})

    # days

    def _works(self, day: dt.date) -> bool:
        return day in self.make_up_days or (day.weekday() < 5 and day not in self.holidays)

    def is_school_day(self, day: dt.date) -> bool:
        at = bisect_left(self._school_days, day)
        return at < len(self._school_days) and self._school_days[at] == day

    def school_days(self, first: dt.date, last: dt.date) -> int:
        """How many school days lie in [first, last]."""
        return max(bisect_right(self._school_days, last) - bisect_left(self._school_days, first), 0)

    def working_days(self, first: dt.date, last: dt.date) -> int:
        """How many days in [first, last] would be school days if a term ran all the time."""
        return sum(self._works(day) for day in _days(first, last))

    def all_school_days(self) -> list[dt.date]:
        """Every school day the calendar knows, in order; not to be changed."""
        return self._school_days

    def term_of(self, day: dt.date) -> Term | None:
        return next((term for term in self.terms if term.first <= day <= term.last), None)

    def school_year_of(self, day: dt.date) -> SchoolYear | None:
        return next((year for year in self.school_years if year.first <= day <= year.last), None)

    def coverage(self) -> tuple[dt.date, dt.date] | None:
        """First and last day this calendar knows; None when it is empty."""
        spans: list[SchoolYear | Term] = [*self.school_years, *self.terms]
        return (min(s.first for s in spans), max(s.last for s in spans)) if spans else None

    def programme_year_start(self, day: dt.date) -> dt.date:
        """First day of the programme year that holds `day`; school years unknown to the calendar begin on 1 September."""
        if self.programme_year == "calendar":
            return dt.date(day.year, 1, 1)
        year = self.school_year_of(day)
        return year.first if year else dt.date(day.year - (day.month < 9), 9, 1)

    def programme_years(self) -> list[int]:
        """Calendar years in which the programme years known to the calendar begin."""
        covered = self.coverage()
        if covered is None:
            return []
        if self.programme_year == "school" and self.school_years:
            return sorted({year.first.year for year in self.school_years})
        start = self.programme_year_start(covered[0]).year
        return list(range(start, self.programme_year_start(covered[1]).year + 1))

    # units

    def units(self, unit: str, teaching: bool = False) -> list[Unit]:
        """Every unit the calendar knows, in order."""
        makers = {
            "year": self._years,
            "calendar_year": self._calendar_years,
            "half_year": self._half_years,
            "term": self._terms,
            "teaching_week": self._teaching_weeks,
            "school_day": self._each_school_day,
        }
        if unit in makers:
            return makers[unit]()
        return self._months(3 if unit == "quarter" else 1, teaching)

    def _years(self) -> list[Unit]:
        return [Unit(year.first, year.last, year.name) for year in self.school_years]

    def _calendar_years(self) -> list[Unit]:
        covered = self.coverage()
        years = range(covered[0].year, covered[1].year + 1) if covered else range(0)
        return [Unit(dt.date(y, 1, 1), dt.date(y, 12, 31), str(y)) for y in years]

    def _terms(self) -> list[Unit]:
        return [Unit(term.first, term.last, term.name, term.school_year) for term in self.terms]

    def _half_years(self) -> list[Unit]:
        return [
            Unit(term.first, self._break_end(at, term), f"{term.name}（含假期）", term.school_year)
            for at, term in enumerate(self.terms)
        ]

    def _break_end(self, at: int, term: Term) -> dt.date:
        following = self.terms[at + 1] if at + 1 < len(self.terms) else None
        if following and following.school_year == term.school_year:
            return following.first - DAY
        year = next((year for year in self.school_years if year.name == term.school_year), None)
        if year:
            return max(year.last, term.last)
        return following.first - DAY if following else term.last

    def _teaching_weeks(self) -> list[Unit]:
        return [week for term in self.terms for week in self._weeks_of(term)]

    def _weeks_of(self, term: Term) -> Iterator[Unit]:
        monday, number = term.first_week, 1
        while monday <= term.last:
            sunday, friday = monday + 6 * DAY, monday + 4 * DAY
            first, last = max(monday, term.first), min(sunday, term.last)
            if first <= last:
                cut = monday < term.first or friday > term.last
                full = self.working_days(monday, sunday)
                yield Unit(first, last, f"{term.name}第{number}周", term.name, cut, full)
            monday, number = monday + 7 * DAY, number + 1

    def _each_school_day(self) -> list[Unit]:
        units = []
        for day in self._school_days:
            term = self.term_of(day)
            units.append(Unit(day, day, day.isoformat(), term.name if term else ""))
        return units

    def _months(self, length: int, teaching: bool) -> list[Unit]:
        """Months (length 1) or calendar quarters (3); groups of them are counted within each programme year."""
        covered = self.coverage()
        if covered is None:
            return []
        first = self.programme_year_start(covered[0]).replace(day=1)
        if length == 3:
            first = first.replace(month=(first.month - 1) // 3 * 3 + 1)
        units: list[Unit] = []
        for start, end, at in months_between(first, covered[1], length):
            group = str(at * length // 12)
            name = f"{start:%Y-%m}" if length == 1 else f"{start.year}年第{(start.month - 1) // 3 + 1}季度"
            if teaching:
                units += self._taught(Unit(start, end, name, group))
            else:
                units.append(Unit(start, end, name, group))
        return units

    def _taught(self, month: Unit) -> Iterator[Unit]:
        """The part of a month that lies in a term; cut when a working day of it lies outside."""
        for term in self.terms:
            first, last = max(month.first, term.first), min(month.last, term.last)
            if first <= last:
                full = self.working_days(month.first, month.last)
                cut = full > self.working_days(first, last)
                yield Unit(first, last, month.name, month.group, cut, full)

    # windows

    def every(
        self, unit: str, n: int, stub: str, teaching: bool, first: dt.date, last: dt.date
    ) -> Iterator[Window]:
        """Every n units as windows that touch [first, last]; cut ones as `stub` says."""
        key = (unit, n, stub, teaching)
        if key not in self._cache:
            self._cache[key] = list(self._grouped(unit, n, stub, teaching))
        return _touching(self._cache[key], first, last)

    def _grouped(self, unit: str, n: int, stub: str, teaching: bool) -> Iterator[Window]:
        covered = self.coverage()
        for several in chunks(self.units(unit, teaching), n):
            window = Window(several[0].first, several[-1].last, _name(several))
            if covered is None or window.last < covered[0] or window.first > covered[1]:
                continue
            cut = len(several) < n or any(item.cut for item in several)
            if not cut or stub == "full":
                yield window
            elif stub == "prorate":
                yield replace(window, share=self._share(several, n))

    def _share(self, units: list[Unit], n: int) -> Fraction:
        """School days of a cut window ÷ those of a whole one."""
        taught = self.school_days(units[0].first, units[-1].last)
        whole = [unit.full_days or self.working_days(unit.first, unit.last) for unit in units]
        full = Fraction(sum(whole) * n, len(units))
        return min(Fraction(taught) / full, Fraction(1)) if full else Fraction(1)

    def break_windows(self, season: str, first: dt.date, last: dt.date) -> Iterator[Window]:
        """The days after each term until the next; after the last term of a school year it is summer."""
        windows = []
        for at, term in enumerate(self.terms):
            following = self.terms[at + 1] if at + 1 < len(self.terms) else None
            winter = following is not None and following.school_year == term.school_year
            begins = term.last + DAY
            ends = following.first - DAY if winter and following else self._break_end(at, term)
            if begins <= ends and season in ("any", "winter" if winter else "summer"):
                name = f"{term.school_year}{'寒假' if winter else '暑假'}"
                windows.append(Window(begins, ends, name, one_off=True, planned=True))
        return _touching(windows, first, last)

    def phase_windows(self, number: int, first: dt.date, last: dt.date) -> Iterator[Window]:
        """A phase of the calendar, or of the pack's plan in every programme year."""
        fixed = [phase for phase in self.phases if phase.number == number]
        spans = [(phase.first, phase.last) for phase in fixed] or list(self._planned(number))
        windows = [
            Window(a, b, f"{a.year}年第{number}阶段", one_off=True, planned=True) for a, b in sorted(spans)
        ]
        return _touching(windows, first, last)

    def _planned(self, number: int) -> Iterator[tuple[dt.date, dt.date]]:
        for phase in self.plan_phases:
            for year in self.programme_years() if phase.number == number else ():
                first, last = day_in_year(phase.first, year), day_in_year(phase.last, year)
                if first and last and first <= last:
                    yield first, last

    def plan_month_windows(self, month: int, first: dt.date, last: dt.date) -> Iterator[Window]:
        """A month of the plan in every programme year; a school programme year begins in September."""
        windows = []
        for year in self.programme_years():
            begins = dt.date(year + (self.programme_year == "school" and month < 9), month, 1)
            ends = (begins + 31 * DAY).replace(day=1) - DAY
            windows.append(Window(begins, ends, f"{begins:%Y-%m}", one_off=True, planned=True))
        return _touching(windows, first, last)

    def part_windows(self, node: PartOf, first: dt.date, last: dt.date) -> Iterator[Window]:
        """The nth, first or last units of each longer unit."""
        if node not in self._cache:
            self._cache[node] = list(part_of(node, self.units(node.of), self._parts(node.unit)))
        return _touching(self._cache[node], first, last)

    def _parts(self, unit: str) -> list[Unit]:
        weekdays = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        covered = self.coverage()
        if unit not in weekdays or covered is None:
            return self.units(unit)
        wanted = weekdays.index(unit)
        return [Unit(day, day, day.isoformat()) for day in _days(*covered) if day.weekday() == wanted]


def day_in_year(spelled: str, year: int) -> dt.date | None:
    """The day that "MM-DD" or "+1 MM-DD" names in a programme year that begins in `year`; 02-29 may be 02-28."""
    later = spelled.startswith("+1")
    try:
        month, day = (int(part) for part in spelled.removeprefix("+1").strip().split("-"))
        if (month, day) == (2, 29):
            return dt.date(year + later, 3, 1) - DAY
        return dt.date(year + later, month, day)
    except ValueError:
        return None


def _name(units: list[Unit]) -> str:
    if len(units) == 1:
        return units[0].name
    first, last = units[0].name, units[-1].name
    shared = 0
    while (
        shared < min(len(first), len(last))
        and first[shared] == last[shared]
        and not first[shared].isdecimal()
    ):
        shared += 1
    if first.endswith("周") and last.endswith("周") and units[0].group == units[-1].group:
        return f"{first[:-1]}–{last.removeprefix(units[0].group).removeprefix('第')}"
    return f"{first}–{last}"


def _touching(windows: Iterable[Window], first: dt.date, last: dt.date) -> Iterator[Window]:
    return (window for window in windows if window.first <= last and first <= window.last)


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (dt.date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1))


def calendar_from_dict(raw: dict[str, Any]) -> SchoolCalendar:
    """Read the content of a calendar.yaml. Raises CalendarUnreadable with a sentence."""
    if not isinstance(raw, dict):
        raise CalendarUnreadable("校历应写成“school_years:”“terms:”等几项。")
    known = ("school_years", "terms", "holidays", "make_up_days", "phases")
    for key in raw:
        if key not in known:
            raise CalendarUnreadable(f"校历里没有“{key}”这一项。可用的有：{'、'.join(known)}。")
    years = tuple(
        sorted((_school_year(item) for item in _listed(raw, "school_years")), key=lambda y: y.first)
    )
    terms = tuple(sorted((_term(item, years) for item in _listed(raw, "terms")), key=lambda t: t.first))
    for before, after in itertools.pairwise(terms):
        if after.first <= before.last:
            raise CalendarUnreadable(f"学期“{before.name}”和“{after.name}”的日期重叠。请改正起止日期。")
    return SchoolCalendar(
        years,
        terms,
        frozenset(day for item in _listed(raw, "holidays") for day in _span_of(item)),
        frozenset(day for item in _listed(raw, "make_up_days") for day in _span_of(item)),
        tuple(_phase(item) for item in _listed(raw, "phases")),
    )


def calendar_to_dict(calendar: SchoolCalendar) -> dict[str, Any]:
    """The content of a calendar.yaml that gives the same calendar."""
    return {
        "school_years": [{"name": y.name, "from": y.first, "to": y.last} for y in calendar.school_years],
        "terms": [
            {
                "name": term.name, "school_year": term.school_year, "from": term.first, "to": term.last,
                "first_teaching_week": term.first_week,
            }
            for term in calendar.terms
        ],
        "holidays": sorted(calendar.holidays),
        "make_up_days": sorted(calendar.make_up_days),
        "phases": [{"phase": p.number, "from": p.first, "to": p.last} for p in calendar.phases],
    }  # fmt: skip


def _listed(raw: dict[str, Any], key: str) -> list[Any]:
    value = raw.get(key) or []
    if not isinstance(value, list):
        raise CalendarUnreadable(f"校历的“{key}”后面要列出一项或几项。")
    return value


def _ends(item: Any, what: str) -> tuple[dt.date, dt.date]:
    first = day_of(item.get("from")) if isinstance(item, dict) else None
    last = day_of(item.get("to")) if isinstance(item, dict) else None
    if first is None or last is None:
        raise CalendarUnreadable(f"{what}要有“from”和“to”两个日期，例如 2023-02-13。")
    if first > last:
        raise CalendarUnreadable(f"{what}的开始日期{first}晚于结束日期{last}。请改正。")
    if (last - first).days > 3660:
        raise CalendarUnreadable(f"{what}从{first}到{last}，太长了。请改正。")
    return first, last


def _school_year(item: Any) -> SchoolYear:
    first, last = _ends(item, "学年")
    return SchoolYear(text_of(item.get("name")) or f"{first.year}-{last.year}", first, last)


def _term(item: Any, years: tuple[SchoolYear, ...]) -> Term:
    first, last = _ends(item, "学期")
    year = text_of(item.get("school_year"))
    if not year:
        year = next((found.name for found in years if found.first <= first <= found.last), "")
    week = day_of(item.get("first_teaching_week")) or first
    monday = week - week.weekday() * DAY
    return Term(text_of(item.get("name")) or f"{first:%Y-%m}学期", year, first, last, monday)


def _span_of(item: Any) -> Iterator[dt.date]:
    day = day_of(item)
    if day is not None:
        return iter((day,))
    return _days(*_ends(item, "假日和调休"))


def _phase(item: Any) -> FixedPhase:
    first, last = _ends(item, "阶段")
    number = item.get("phase")
    if not isinstance(number, int):
        raise CalendarUnreadable("每个阶段都要有数字“phase”。")
    return FixedPhase(number, first, last)
