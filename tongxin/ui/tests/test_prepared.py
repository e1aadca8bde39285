"""Prepared queries answer as the query itself would, whatever is bound."""

from datetime import date

import pytest
from django.db.models import F

from tongxin.kernel.base.models import School, Subject
from tongxin.ui import prepared

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    school = School.objects.create(name="测试学校")
    for number in range(1, 8):
        Subject.objects.create(
            school=school, type="student", name=f"学生{number}", present_from=date(2024, 9, number)
        )
    return school


def test_a_prepared_query_returns_what_the_query_returns(school):
    def build(at):
        found = Subject.objects.filter(
            school_id=at["school"], present_from__lte=at["day"], name__gt=at["name"]
        )
        return found.order_by("pk").values_list("name", "present_from", "school__name")[:5]

    for day, name in [(3, "学生0"), (6, "学生1"), (2, "学生9")]:
        values = {"school": school.pk, "day": date(2024, 9, day).toordinal(), "name": name}
        assert prepared.rows("test", build, values) == list(build(values))


@pytest.mark.parametrize("count", [0, 1, 7, 60])
def test_a_list_of_keys_may_have_any_length(school, count):
    keys = list(Subject.objects.order_by("pk").values_list("pk", flat=True)[:count])
    keys += [0] * (count - len(keys))

    def build(at):
        return Subject.objects.filter(pk__in=at["keys"]).order_by("pk").values_list("pk")

    assert prepared.rows("keys", build, {"keys": keys}) == list(build({"keys": keys}))


def test_the_sql_is_written_once_per_key(school):
    built = []

    def build(at):
        built.append(at)
        return Subject.objects.filter(school_id=at["school"]).values_list("name")

    for _ in range(3):
        assert len(prepared.rows("once", build, {"school": school.pk})) == 7
    assert prepared.rows("once", build, {"school": school.pk + 1}) == []
    assert len(built) == 2  # with two kinds of stand-ins


def test_a_value_that_looks_like_a_stand_in_stays_what_it_is(school):
    Subject.objects.filter(name="学生1").update(pinyin="3100002")
    fixed = 3_100_002

    def build(at):
        return Subject.objects.filter(school_id=at["school"]).exclude(pk=fixed).values_list("name")

    assert len(prepared.rows("alike", build, {"school": school.pk})) == 7


def test_a_value_that_changes_on_its_way_is_refused(school):
    def build(at):
        return Subject.objects.filter(name__contains=at["name"]).values_list("name")

    with pytest.raises(ValueError):
        prepared.rows("changed", build, {"name": "学生1"})

    def without(at):
        return Subject.objects.filter(name=F("name")).values_list("name")

    with pytest.raises(ValueError):
        prepared.rows("unused", without, {"name": "学生1"})


def test_a_query_that_can_find_nothing_asks_nothing(school, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert prepared.rows("nothing", lambda at: Subject.objects.none().values_list("pk"), {"x": 1}) == []


def test_a_store_that_another_thread_empties_meanwhile_does_no_harm(school, monkeypatch):
    class Emptied(dict):
        def __contains__(self, key):
            self.clear()
            return True

    monkeypatch.setattr(prepared, "_kept", Emptied())

    def build(at):
        return Subject.objects.filter(school_id=at["school"]).values_list("name")

    assert len(prepared.rows("emptied", build, {"school": school.pk})) == 7
