import pytest
from django.urls import reverse

from tongxin.kernel.base.models import School
from tongxin.kernel.calendar.models import DayOverride, SchoolYear
from tongxin.kernel.people import services as people

YEAR = {
    "name": "2027-2028",
    "first_day": "2027-09-01",
    "last_day": "2028-08-31",
    "autumn_first": "2027-09-01",
    "autumn_last": "2028-01-14",
    "spring_first": "2028-02-28",
    "spring_last": "2028-06-30",
}


@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("setup:settings", {"wang", "guo"}),
        ("setup:next_steps", {"wang", "sun", "guo"}),
        ("setup:calendar", {"wang", "sun", "guo"}),
        ("setup:school_year", {"wang", "sun", "guo"}),
        ("setup:calendar_day", {"wang", "sun", "guo"}),
    ],
)
def test_who_may_open_what(client, cast, page, allowed):
    opened = set()
    for who in ("liu", "xu", "li", "chen", "wang", "sun", "guo", "zhou", "zhao"):
        cast.sign_in(client, getattr(cast, who))
        if client.get(reverse(page)).status_code == 200:
            opened.add(who)
    assert opened == allowed


def test_a_school_year_is_entered_and_shown(client, cast):
    cast.sign_in(client, cast.sun)
    assert client.post(reverse("setup:school_year"), YEAR).status_code == 302
    assert "2027-2028" in client.get(reverse("setup:calendar")).content.decode()


def test_a_calendar_that_makes_no_sense_keeps_what_was_typed(client, cast):
    cast.sign_in(client, cast.sun)
    page = client.post(reverse("setup:school_year"), YEAR | {"spring_first": "2028-01-01"}).content.decode()
    assert "日期重叠" in page
    assert 'value="2028-01-01"' in page
    assert not SchoolYear.objects.filter(name="2027-2028").exists()


def test_a_day_off_is_set_and_cleared(client, cast):
    cast.sign_in(client, cast.sun)
    client.post(reverse("setup:calendar_day"), {"day": "2026-11-20", "what": "off", "note": "校庆"})
    assert "校庆" in client.get(reverse("setup:calendar")).content.decode()
    client.post(reverse("setup:clear_day"), {"day": "2026-11-20"})
    assert not DayOverride.objects.exists()
    assert client.post(reverse("setup:clear_day"), {"day": "not a day"}).status_code == 404


def test_the_name_of_the_school_changes_everywhere(client, cast):
    cast.sign_in(client, cast.wang)
    client.post(
        reverse("setup:settings"),
        {"name": "青山实验中学", "short_name": "青实", "code": ""},
    )
    assert School.objects.get(pk=cast.school.pk).name == "青山实验中学"
    assert people.school_subject(cast.school).name == "青山实验中学"
