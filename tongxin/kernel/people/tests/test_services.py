from datetime import date, timedelta

import pytest

from tongxin.kernel.base.models import Attribute, Link
from tongxin.kernel.people import services


def value_on(subject, day):
    row = Attribute.objects.current().filter(
        subject=subject, name="grade", valid_from__lte=day, valid_to__gte=day
    )
    return [r.value for r in row]


def test_a_new_value_from_a_day_cuts_the_old_one_the_day_before(cast):
    room = cast.room_one.subject
    services.set_attribute(room, "grade", 8, since=date(2027, 9, 1))
    assert value_on(room, date(2027, 8, 31)) == ["7"]
    assert value_on(room, date(2027, 9, 1)) == ["8"]


def test_a_value_for_a_time_leaves_the_old_one_on_both_sides(cast):
    student = cast.students[1][0]
    services.set_attribute(student, "grade", 7)
    services.set_attribute(student, "grade", 9, since=date(2026, 10, 1), until=date(2026, 10, 31))
    days = (date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1))
    assert [value_on(student, day) for day in days] == [["7"], ["9"], ["9"], ["7"]]


def test_saying_the_same_again_adds_no_row(cast):
    student = cast.students[1][0]
    first = services.set_attribute(student, "priority_care", True)
    assert services.set_attribute(student, "priority_care", True) == first
    assert Attribute.objects.filter(subject=student).count() == 1


def test_a_successor_ends_the_term_of_the_present_holder_the_day_before(cast):
    services.appoint(
        cast.xu.subject,
        "homeroom_teacher",
        cast.room_one.subject,
        since=date(2026, 11, 1),
        by=None,
        alone=True,
    )
    current = Link.objects.current().filter(kind="homeroom_teacher", b=cast.room_one.subject)
    terms = {link.a_id: link.valid_to for link in current}
    assert terms[cast.liu.subject.pk] == date(2026, 10, 31)
    assert terms[cast.xu.subject.pk] == date.max


def test_nobody_is_linked_across_schools(cast):
    with pytest.raises(services.NotInThisSchool):
        services.set_link("mentor_of", cast.liu.subject, cast.other_student)


def test_dates_the_wrong_way_round_are_refused(cast):
    with pytest.raises(services.BadDates):
        services.set_link(
            "mentor_of", cast.liu.subject, cast.students[1][0], since=date(2026, 5, 2), until=date(2026, 5, 1)
        )


def test_leaving_ends_open_links_and_keeps_the_past(cast, today):
    services.depart(cast.liu.subject, today, by=None)
    links = Link.objects.current().filter(a=cast.liu.subject)
    assert {link.valid_to for link in links} == {today}
    cast.liu.subject.refresh_from_db()
    assert cast.liu.viewer(today + timedelta(days=1)).school is None
