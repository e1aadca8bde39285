import pytest
from django.urls import reverse

from tongxin.kernel.base.models import School
from tongxin.kernel.obligations.models import Message
from tongxin.kernel.obligations.queries import Counts
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.services import retire
from tongxin.modules.desk import programmes
from tongxin.testing.cast import TODAY, crowd, days_ago, player

HOME = reverse("desk:home")


def home(client):
    return client.get(HOME).content.decode()


def test_the_first_line_answers_how_much_is_left_this_fortnight(cast, client):
    cast.sign_in(client, cast.liu)
    page = home(client)
    assert "这两周还有" in page
    assert "党员每两周至少上一次心理课" in page


def test_a_lesson_logged_today_takes_its_line_off_the_list(cast, client):
    parts = {"homeroom": [cast.room_one.subject], "lecturer": [cast.liu.subject]}
    cast.record("wellbeing_lesson", TODAY, parts, hours=1)
    cast.sign_in(client, cast.liu)
    assert "党员每两周至少上一次心理课" not in home(client).split("过了期限的")[0]


def test_a_class_teacher_sees_which_students_still_need_a_visit(cast, client):
    cast.visit(cast.students[1][0], days_ago(5))
    cast.sign_in(client, cast.liu)
    page = home(client).split("最近做的")[0]
    assert "白云飞" in page
    assert "安小禾" not in page
    assert "何雨桐" not in page
    assert f"/record/home_visit/?visited={cast.students[1][1].public_id}" in page


def test_a_teacher_without_posts_owes_no_visits(cast, client):
    cast.sign_in(client, cast.chen)
    assert "白云飞" not in home(client)


def test_done_things_stand_at_the_end(cast, client):
    cast.visit(cast.students[1][0], days_ago(5))
    cast.sign_in(client, cast.liu)
    assert "最近做的" in home(client)


def test_a_secretary_sees_the_programme_and_the_plan_that_is_late(cast, client):
    cast.sign_in(client, cast.wang)
    page = home(client)
    assert "青山育人" in page
    assert "确定年度项目" in page
    assert "安小禾" not in page


def test_a_bureau_officer_sees_figures_of_schools_and_nobody_s_name(cast, client):
    cast.visit(cast.students[1][0], days_ago(5))
    cast.sign_in(client, cast.zhou)
    page = home(client)
    assert "青山中学" in page
    assert "临水中学" in page
    for name in ("安小禾", "刘洋", "许静", "白云飞"):
        assert name not in page


def test_small_figures_of_a_school_are_not_shown_to_the_bureau():
    assert programmes.for_bureau(Counts(met=40, missed=3)) is None
    assert programmes.for_bureau(Counts(met=6)) is None
    assert programmes.for_bureau(Counts(met=40, missed=12)) == Counts(met=40, missed=12)


def test_without_a_programme_the_secretary_is_led_to_adopt_one(cast, client):
    retire(cast.programme, TODAY, by=None)
    cast.sign_in(client, cast.wang)
    assert reverse("desk:adopt") in home(client)
    cast.sign_in(client, cast.liu)
    assert reverse("desk:adopt") not in home(client)


def test_a_teacher_of_another_school_sees_nothing_of_this_one(cast, client):
    cast.sign_in(client, cast.zhao)
    page = home(client)
    assert "青山" not in page
    assert "安小禾" not in page


def test_a_notice_is_put_away_by_its_reader_only(cast, client):
    message = Message.objects.create(
        key="k",
        school=cast.school,
        recipient=cast.liu.subject,
        topic="due",
        data={"title": "家访"},
        due_day=TODAY,
    )
    address = reverse("notices:read", args=[message.pk])
    cast.sign_in(client, cast.ma)
    assert client.post(address).status_code == 404
    cast.sign_in(client, cast.liu)
    assert "家访，请在今天前完成。" in home(client)
    assert client.post(address, {"back": "home"}).url == HOME
    assert "家访，请在今天前完成。" not in home(client)


@pytest.mark.parametrize("size", [3, 40])
def test_home_needs_the_same_queries_for_any_class_size(cast, client, size, django_assert_max_num_queries):
    crowd(cast, size)
    cast.sign_in(client, cast.liu)
    client.get(HOME)
    with django_assert_max_num_queries(60):
        client.get(HOME)


def test_a_school_without_pupils_is_led_to_its_first_steps(cast, client):
    school = School.objects.create(name="松风实验中学")
    head = player(school, "周明远", "founder", secretary=people.school_subject(school))
    cast.sign_in(client, head)
    page = client.get("/").content.decode()
    assert reverse("setup:next_steps") in page
    assert page.count("照着“开学几步”一步一步来") == 1
