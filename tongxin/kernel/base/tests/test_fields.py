from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tongxin.kernel.base import fields
from tongxin.kernel.base.models import Attribute, School, Subject
from tongxin.kernel.base.pinyin import name_keys


@given(st.datetimes(timezones=st.just(UTC)))
def test_instants_survive_the_way_to_the_database_and_back(moment):
    assert fields.from_microseconds(fields.to_microseconds(moment)) == moment


def test_forever_is_the_number_the_evaluators_know():
    assert fields.to_microseconds(fields.FOREVER) == 253402300799999999
    assert date.max.toordinal() == 3652059


def test_days_are_integers_in_the_database(db):
    school = School.objects.create(name="青山中学")
    Subject.objects.create(school=school, type="student", name="安小禾", present_from=date(2026, 9, 1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT present_from, present_to FROM subject")
        assert cursor.fetchone() == (date(2026, 9, 1).toordinal(), 3652059)
    assert Subject.objects.get(present_from__lte=date(2026, 9, 1)).present_from == date(2026, 9, 1)


def test_a_superseded_row_is_seen_as_it_was_known_then(db):
    school = School.objects.create(name="青山中学")
    subject = Subject.objects.create(school=school, type="student", name="安小禾")
    monday, tuesday = datetime(2026, 9, 7, tzinfo=UTC), datetime(2026, 9, 8, tzinfo=UTC)
    old = Attribute.objects.create(
        school=school, subject=subject, name="grade", value="7", recorded_at=monday, superseded_at=tuesday
    )
    new = Attribute.objects.create(
        school=school, subject=subject, name="grade", value="8", recorded_at=tuesday
    )
    assert list(Attribute.objects.current()) == [new]
    assert list(Attribute.objects.as_known_at(monday)) == [old]
    assert list(Attribute.objects.as_known_at(tuesday)) == [new]


def test_a_wrong_date_is_refused_in_words():
    with pytest.raises(ValidationError) as error:
        fields.DayField().to_python("2026-13-40")
    assert "2026-09-01" in error.value.messages[0]


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("单晓梅", "shanxiaomei", "sxm"),
        ("曾丽", "zengli", "zl"),
        ("解放", "xiefang", "xf"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("刘洋", "liuyang", "ly"),
        ("安吉拉Anna", "anjilaanna", "ajla"),
    ],
)
def test_surnames_are_read_as_surnames(name, pinyin, initials):
    assert name_keys(name) == (pinyin, initials)
