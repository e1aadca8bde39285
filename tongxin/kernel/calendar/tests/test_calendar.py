import json
import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from tongxin.kernel.base.models import School
from tongxin.kernel.calendar import national, services
from tongxin.kernel.calendar.models import SchoolYear
from tongxin.kernel.calendar.queries import school_calendar, where_is

DATA = (
    Path(os.environ.get("TONGXIN_REFERENCE_DATA", Path(__file__).parents[5] / "shared" / "data"))
    / "cn-holidays"
)


@pytest.mark.parametrize("year", range(2020, 2027))
def test_the_national_calendar_agrees_with_the_published_one(year):
    file = DATA / f"{year}.json"
    if not file.exists():
        pytest.skip("没有参考数据 cn-holidays")
    published = {d["date"]: d["isOffDay"] for d in json.loads(file.read_text(encoding="utf-8"))["days"]}
    holidays, make_up, known = national.year(year)
    assert known
    differing = []
    for text, off in published.items():
        day = date.fromisoformat(text)
        if day.year != year:
            continue
        ours = day in holidays or (day.weekday() >= 5 and day not in make_up)
        if ours != off:
            differing.append(text)
    assert differing == []


def test_a_year_nobody_has_published_is_provisional():
    assert national.year(2090) == (frozenset(), frozenset(), False)


def test_a_make_up_sunday_is_a_school_day_and_a_holiday_is_not(cast):
    calendar = school_calendar(cast.school)
    assert not calendar.is_school_day(date(2026, 10, 1))
    assert calendar.is_school_day(date(2026, 10, 10))
    assert not calendar.is_school_day(date(2026, 11, 15))


def test_the_schools_own_day_wins_over_the_national_calendar(cast):
    services.set_day(cast.school, date(2026, 11, 18), False, "运动会后休息", by=cast.sun.viewer())
    services.set_day(cast.school, date(2026, 10, 10), False, by=cast.sun.viewer())
    calendar = school_calendar(cast.school)
    assert not calendar.is_school_day(date(2026, 11, 18))
    assert not calendar.is_school_day(date(2026, 10, 10))
    services.clear_day(cast.school, date(2026, 11, 18), by=cast.sun.viewer())
    assert school_calendar(cast.school).is_school_day(date(2026, 11, 18))


def test_a_school_without_a_calendar_uses_its_bureaus(cast):
    services.save_school_year(
        cast.bureau,
        "2026-2027",
        date(2026, 9, 1),
        date(2027, 8, 31),
        [services.TermDraft("2026秋", date(2026, 9, 1), date(2027, 1, 15))],
    )
    new = School.objects.create(name="新开学校", parent=cast.bureau)
    assert school_calendar(new).term_of(date(2026, 11, 18)).name == "2026秋"


def test_today_is_in_the_twelfth_teaching_week(cast, today):
    at = where_is(school_calendar(cast.school), today)
    assert (at.term, at.week) == ("2026秋", 12)


TERM = services.TermDraft


@pytest.mark.parametrize(
    "terms",
    [
        [TERM("秋", date(2027, 9, 1), date(2027, 8, 1))],
        [TERM("秋", date(2027, 8, 1), date(2027, 12, 1))],
        [TERM("秋", date(2027, 9, 1), date(2028, 1, 1)), TERM("春", date(2028, 1, 1), date(2028, 6, 1))],
    ],
    ids=["ends before it begins", "outside its year", "overlapping"],
)
def test_terms_that_make_no_sense_are_refused_and_nothing_is_saved(cast, terms):
    with pytest.raises(services.BadCalendar):
        services.save_school_year(cast.school, "2027-2028", date(2027, 9, 1), date(2028, 8, 31), terms)
    assert not SchoolYear.objects.filter(name="2027-2028").exists()


def test_changing_a_year_keeps_one_year_with_the_new_terms(cast):
    year = SchoolYear.objects.get(school=cast.school, name="2026-2027")
    services.save_school_year(
        cast.school,
        year.name,
        year.first_day,
        year.last_day,
        [TERM("2026秋", date(2026, 9, 2), date(2027, 1, 20))],
        by=cast.sun.viewer(),
    )
    calendar = school_calendar(cast.school)
    assert calendar.term_of(date(2026, 9, 1)) is None
    assert calendar.term_of(date(2026, 9, 1) + timedelta(days=1)).name == "2026秋"
