"""Periods that run from what happened: within so long of an event, before one, between two, or by an announced day.

Such a window is a subject's own: two students whose signals were raised on different days have different deadlines.
Every period here has `windows_of(view, calendar, subject, as_of)`, which yields the real ones, each with the occasion it
belongs to. Day 0 is the day of the event (Meaning 15).
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .periods import NO_END, Period, Window

if TYPE_CHECKING:
    from .calendar import SchoolCalendar
    from .facts import Entry, View
    from .words import Speaker

DAY = dt.timedelta(days=1)
CHINA = dt.timezone(dt.timedelta(hours=8))  # Asia/Shanghai has had no other offset since 1991
RETRACTED = "event retracted"
NOT_SET = "not set"
EVENT, ENTRY_KIND, BEGINS, ARRIVED, LEFT, ITSELF = "event", "entry", "begins", "arrived", "left", "self"


@dataclass(frozen=True)
class Occasion:
    """One thing that happened. about: id of the event or entry, "" where nothing can answer it by name."""

    day: dt.date
    at: dt.datetime | None = None
    retracted: bool = False
    about: str = ""

    @property
    def instant(self) -> dt.datetime:
        """Its time; without one, the end of its day."""
        return self.at or end_of(self.day)


def end_of(day: dt.date) -> dt.datetime:
    """The last microsecond of a day in Shanghai."""
    return dt.datetime.combine(day, dt.time.max, CHINA)


@dataclass(frozen=True)
class Happening:
    """What windows run from. source: a declared event; an entry of a kind in which the subject stands itself (in `part`,
    "" = any); a post or link that begins with the subject at `a`; arrival; departure; the entry that is judged itself."""

    source: str
    event: str = ""
    part: str = ""

    def reads(self) -> Iterator[tuple[str, str]]:
        if self.source == EVENT:
            yield "event", self.event
        elif self.source == BEGINS:
            yield "link", self.event

    def occasions(self, view: View, subject: str, as_of: dt.date) -> list[Occasion]:
        """What happened to a subject up to a day, in order."""
        found = (one for one in self._ever(view, subject) if one.day <= as_of)
        return sorted(found, key=lambda one: (one.instant, one.about))

    def _ever(self, view: View, subject: str) -> Iterator[Occasion]:
        pair = view.pairs.get(subject)
        if pair is not None and self.source == BEGINS and self.event == pair.kind:
            if pair.valid_from > dt.date.min:
                yield Occasion(pair.valid_from)
        elif pair is not None:
            # Whatever happens to one of the two happens to the pair, and once where it happens to both.
            yield from {one: None for end in view.ends(subject) for one in self._ever(view, end)}
        elif self.source == EVENT:
            for row in view.events.get((self.event, subject), ()):
                yield Occasion(row.day, row.at, row.retracted, row.id)
        elif self.source in (ENTRY_KIND, ITSELF):
            for entry in self._entries(view, subject):
                yield Occasion(entry.day, entry.at, about=entry.id)
        elif self.source == BEGINS:
            yield from (Occasion(day) for day in view.links_begun(self.event, subject))
        else:
            known = view.subjects[subject]
            day = known.present_from if self.source == ARRIVED else known.present_to
            if dt.date.min < day < NO_END:
                yield Occasion(day)

    def _entries(self, view: View, subject: str) -> list[Entry]:
        if self.source == ITSELF:
            return [view.entries[subject.removeprefix("activity:")]]
        return view.entries_with(self.event, self.part, subject)

    def words(self, say: Speaker) -> str:
        return say.happening(self)


@dataclass(frozen=True)
class OwnWindows(Period):
    """Windows that each subject has for itself."""

    def windows(self, calendar: SchoolCalendar, first: dt.date, last: dt.date) -> Iterator[Window]:
        return iter(())

    def windows_of(
        self, view: View, calendar: SchoolCalendar, subject: str, as_of: dt.date
    ) -> Iterator[Window]:
        raise TypeError("a period node says itself which windows a subject has")

    def happenings(self) -> tuple[Happening, ...]:
        return ()

    def named(self, first: dt.date, last: dt.date) -> Window:
        """The window with these days, under its name."""
        return Window(first, last, self.name(first, last), planned=True)

    def name(self, first: dt.date, last: dt.date) -> str:
        raise TypeError("a period node says itself how its windows are called")


def _windows(one: Occasion, window: Window) -> Window:
    """Say of a window which occasion it belongs to, and that nothing is owed when that was taken back."""
    return replace(window, about=one.about, void=RETRACTED if one.retracted else "", planned=True)


UNITS = ("hour", "day", "school_day", "month")


@dataclass(frozen=True)
class Within(OwnWindows):
    """Within n hours, days, school days or months of an event: due at the end of day n, school days beginning with the
    next one; hours run from the instant."""

    n: int
    unit: str
    happening: Happening

    def happenings(self) -> tuple[Happening, ...]:
        return (self.happening,)

    def windows_of(
        self, view: View, calendar: SchoolCalendar, subject: str, as_of: dt.date
    ) -> Iterator[Window]:
        for one in self.happening.occasions(view, subject, as_of):
            yield _windows(one, self._window(calendar, one))

    def name(self, first: dt.date, last: dt.date) -> str:
        return f"{self.happening.event or self.happening.source}@{first.isoformat()}"

    def _window(self, calendar: SchoolCalendar, one: Occasion) -> Window:
        name = self.name(one.day, one.day)
        if self.unit == "hour":
            due = one.instant + dt.timedelta(hours=self.n)
            last = due.astimezone(CHINA).date()
            return Window(one.day, last, name, first_at=one.instant, last_at=due)
        return Window(one.day, due_day(calendar, one.day, self.n, self.unit), name, one_off=True)


def due_day(calendar: SchoolCalendar, day: dt.date, n: int, unit: str) -> dt.date:
    """Day n after a day; NO_END where the calendar does not reach so many school days."""
    if unit == "day":
        return day + n * DAY
    if unit == "month":
        return months_after(day, n)
    days = calendar.all_school_days()
    at = bisect_right(days, day) + n - 1
    return days[at] if at < len(days) else NO_END


def months_after(day: dt.date, n: int) -> dt.date:
    """The same day of the month n months later (n may be negative), or that month's last day."""
    month = day.year * 12 + day.month - 1 + n
    first = dt.date(month // 12, month % 12 + 1, 1)
    following = dt.date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(first + (day.day - 1) * DAY, following - DAY)


@dataclass(frozen=True)
class Before(OwnWindows):
    """Up to and including the day of an event, looking back n days or months, or without limit (n = 0)."""

    happening: Happening
    n: int = 0
    unit: str = "day"

    def happenings(self) -> tuple[Happening, ...]:
        return (self.happening,)

    def windows_of(
        self, view: View, calendar: SchoolCalendar, subject: str, as_of: dt.date
    ) -> Iterator[Window]:
        for one in self.happening.occasions(view, subject, as_of):
            yield _windows(one, self.named(self.first_day(one.day), one.day))

    def name(self, first: dt.date, last: dt.date) -> str:
        return f"before {self.happening.event or self.happening.source}@{last.isoformat()}"

    def first_day(self, day: dt.date) -> dt.date:
        if not self.n:
            return dt.date.min
        back = day - self.n * DAY if self.unit == "day" else months_after(day, -self.n)
        return back + DAY


@dataclass(frozen=True)
class BetweenEvents(OwnWindows):
    """From one event until the next of another kind; without one yet, there is no end."""

    start: Happening
    end: Happening

    def happenings(self) -> tuple[Happening, ...]:
        return (self.start, self.end)

    def windows_of(
        self, view: View, calendar: SchoolCalendar, subject: str, as_of: dt.date
    ) -> Iterator[Window]:
        ends = [one.day for one in self.end.occasions(view, subject, as_of) if not one.retracted]
        for one in self.start.occasions(view, subject, as_of):
            last = min((day for day in ends if day >= one.day), default=NO_END)
            yield _windows(one, self.named(one.day, last))

    def name(self, first: dt.date, last: dt.date) -> str:
        return f"{self.start.event or self.start.source}@{first.isoformat()}"


@dataclass(frozen=True)
class ByAnnounced(OwnWindows):
    """By a day that is announced: a dated attribute `announced:NAME` of the school. From the first day of the programme
    year that holds it; until it is set nothing is expected (Meaning 16)."""

    announced: str

    @property
    def attribute(self) -> str:
        return f"announced:{self.announced}"

    def reads(self) -> Iterator[tuple[str, str]]:
        return iter(())  # a day that everybody is told

    def windows_of(
        self, view: View, calendar: SchoolCalendar, subject: str, as_of: dt.date
    ) -> Iterator[Window]:
        school = subject if view.type_of(subject) == "school" else view.school_of(subject)
        days = sorted(set(view.days_said(school, self.attribute)))
        for day in days:
            start = min(calendar.programme_year_start(day), day)
            if start <= as_of:
                yield replace(self.named(start, day), one_off=True)
        start = calendar.programme_year_start(as_of)
        if not any(day >= start for day in days):
            yield replace(self.named(start, NO_END), void=NOT_SET)

    def name(self, first: dt.date, last: dt.date) -> str:
        return f"by {self.announced if last == NO_END else last.isoformat()}"


def own(period: Period) -> bool:
    """Does each subject have its own windows of this period."""
    return isinstance(period, OwnWindows)


def at_once(node: Any) -> bool:
    """Is a period judged by the hour, so that an answer depends on the time of day."""
    return isinstance(node, Within) and node.unit == "hour"
