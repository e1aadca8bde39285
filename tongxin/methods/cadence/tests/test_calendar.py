"""Windows on an invented school calendar."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest

from tongxin.methods.cadence.calendar import (
    CalendarUnreadable,
    SchoolCalendar,
    calendar_from_dict,
    day_in_year,
)
from tongxin.methods.cadence.declarations import Phase
from tongxin.methods.cadence.periods import By, Every, MonthOfPlan, Once, PartOf, PhaseOfPlan

from .vocabulary import CALENDAR

FIRST, LAST = dt.date(2022, 9, 1), dt.date(2024, 8, 31)


@pytest.fixture
def calendar() -> SchoolCalendar:
    return calendar_from_dict(CALENDAR)


def spans(calendar, period, first=FIRST, last=LAST):
    return [
        (window.first.isoformat(), window.last.isoformat())
        for window in period.windows(calendar, first, last)
    ]


def day(text):
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("date", "is_school_day"),
    [
        ("2023-03-10", True),
        ("2023-03-11", False),  # Saturday
        ("2023-04-05", False),  # holiday
        ("2023-04-23", True),  # Sunday, make-up
        ("2023-07-10", False),  # break
    ],
)
def test_school_days_leave_out_weekends_holidays_and_breaks_but_not_make_up_days(
    calendar, date, is_school_day
):
    assert calendar.is_school_day(day(date)) is is_school_day


def test_school_days_of_a_week_with_a_holiday(calendar):
    assert calendar.school_days(day("2023-04-03"), day("2023-04-09")) == 4


def test_terms_are_from_the_first_to_the_last_teaching_day(calendar):
    assert spans(calendar, Every("term")) == [
        ("2022-09-05", "2023-01-13"),
        ("2023-02-13", "2023-06-30"),
        ("2023-09-04", "2024-01-19"),
    ]


def test_a_half_year_is_a_term_with_its_break(calendar):
    assert spans(calendar, Every("half_year"))[:2] == [
        ("2022-09-05", "2023-02-12"),
        ("2023-02-13", "2023-08-31"),
    ]


def test_teaching_weeks_are_numbered_and_end_with_the_term(calendar):
    windows = [
        w for w in Every("teaching_week").windows(calendar, FIRST, LAST) if w.name.startswith("2023春")
    ]
    assert [w.name for w in windows[:2]] == ["2023春第1周", "2023春第2周"]
    assert (windows[0].first, windows[-1].last) == (day("2023-02-13"), day("2023-06-30"))
    assert len(windows) == 20


def test_fortnights_pair_the_teaching_weeks_of_one_term(calendar):
    found = spans(calendar, Every("teaching_week", 2), day("2023-01-02"), day("2023-03-12"))
    # The autumn term has 19 weeks: its last one has no partner and is dropped.
    assert found == [("2022-12-26", "2023-01-08"), ("2023-02-13", "2023-02-26"), ("2023-02-27", "2023-03-12")]


def test_a_week_that_the_term_begins_within_is_cut():
    raw = {
        **CALENDAR,
        "terms": [
            {"name": "秋", "from": "2023-09-06", "to": "2023-09-29", "first_teaching_week": "2023-09-04"}
        ],
    }
    calendar = calendar_from_dict(raw)
    assert spans(calendar, Every("teaching_week"))[0] == ("2023-09-11", "2023-09-17")
    full = list(Every("teaching_week", 1, "full").windows(calendar, FIRST, LAST))
    assert (full[0].first, full[0].last) == (day("2023-09-06"), day("2023-09-10"))
    prorated = next(Every("teaching_week", 1, "prorate").windows(calendar, FIRST, LAST))
    assert prorated.share == Fraction(3, 5)


def test_teaching_months_are_cut_to_the_terms(calendar):
    found = spans(calendar, Every("month", 1, "full", teaching=True), day("2023-06-01"), day("2023-09-30"))
    assert found == [("2023-06-01", "2023-06-30"), ("2023-09-04", "2023-09-30")]


def test_months_outside_the_school_years_do_not_exist(calendar):
    assert spans(calendar, Every("month"), dt.date(2030, 1, 1), dt.date(2030, 12, 31)) == []


def test_quarters_and_calendar_years(calendar):
    assert spans(calendar, Every("quarter"), day("2023-03-01"), day("2023-05-01")) == [
        ("2023-01-01", "2023-03-31"),
        ("2023-04-01", "2023-06-30"),
    ]
    assert spans(calendar, Every("calendar_year"), day("2023-03-01"), day("2023-05-01")) == [
        ("2023-01-01", "2023-12-31")
    ]


def test_parts_of_longer_units(calendar):
    assert spans(calendar, PartOf("term", "year", nth=1)) == [
        ("2022-09-05", "2023-01-13"),
        ("2023-09-04", "2024-01-19"),
    ]
    assert spans(calendar, PartOf("teaching_week", "term", last_n=2))[1] == ("2023-06-19", "2023-06-30")
    assert spans(calendar, PartOf("monday", "month", nth=2), day("2023-03-01"), day("2023-03-31")) == [
        ("2023-03-13", "2023-03-13")
    ]
    assert spans(calendar, PartOf("month", "term", first_n=1))[1] == ("2023-02-13", "2023-02-28")


def test_phases_and_months_of_the_plan_come_every_programme_year(calendar):
    phase = Phase(1, "准备", "02-01", "03-31")
    by_calendar = calendar.for_programme("calendar", [phase])
    assert spans(by_calendar, PhaseOfPlan(1)) == [("2023-02-01", "2023-03-31"), ("2024-02-01", "2024-03-31")]
    by_school = calendar.for_programme("school", [Phase(1, "准备", "09-01", "+1 01-31")])
    assert spans(by_school, PhaseOfPlan(1)) == [("2022-09-01", "2023-01-31"), ("2023-09-01", "2024-01-31")]
    assert spans(by_school, MonthOfPlan(2)) == [("2023-02-01", "2023-02-28"), ("2024-02-01", "2024-02-29")]


def test_phases_of_the_calendar_go_before_those_of_the_plan():
    calendar = calendar_from_dict(
        {**CALENDAR, "phases": [{"phase": 1, "from": "2023-02-06", "to": "2023-03-05"}]}
    )
    planned = calendar.for_programme("calendar", [Phase(1, "准备", "02-01", "03-31")])
    assert spans(planned, PhaseOfPlan(1)) == [("2023-02-06", "2023-03-05")]


def test_by_a_date_runs_from_the_first_day_of_the_programme_year(calendar):
    since, due = day("2023-02-20"), day("2023-11-15")
    assert spans(calendar, By(due, since)) == [("2023-01-01", "2023-11-15")]
    assert spans(calendar.for_programme("school", []), By(due, since)) == [("2022-09-01", "2023-11-15")]
    assert spans(calendar, Once(since)) == [("2023-01-01", "9999-12-31")]


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [("02-01", "2023-02-01"), ("+1 01-31", "2024-01-31"), ("02-29", "2023-02-28"), ("13-01", None)],
)
def test_days_of_the_plan(spelled, expected):
    assert day_in_year(spelled, 2023) == (day(expected) if expected else None)


@pytest.mark.parametrize(
    "raw",
    [
        {"terms": [{"name": "春", "from": "2023-06-30", "to": "2023-02-13"}]},
        {
            "terms": [
                {"name": "春", "from": "2023-02-13", "to": "2023-06-30"},
                {"name": "夏", "from": "2023-06-01", "to": "2023-07-30"},
            ]
        },
        {"holidays": ["某日"]},
        {"semesters": []},
        {"terms": "春"},
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused_in_a_sentence(raw):
    with pytest.raises(CalendarUnreadable, match=r"。$"):
        calendar_from_dict(raw)


def test_quarters_are_those_of_the_calendar_also_where_the_programme_year_begins_in_september():
    school = calendar_from_dict(
        {
            "school_years": [{"name": "2022-2023", "from": "2022-09-01", "to": "2023-08-31"}],
            "phases": [{"phase": 1, "from": "2022-09-01", "to": "2023-08-31"}],
        }
    )
    found = spans(school, Every("quarter"), day("2022-11-15"), day("2023-01-15"))
    assert found == [("2022-10-01", "2022-12-31"), ("2023-01-01", "2023-03-31")]
