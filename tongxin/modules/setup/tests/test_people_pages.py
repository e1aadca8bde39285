from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.access.models import ActivationSlip
from tongxin.kernel.base.models import Link, Subject
from tongxin.testing.cast import crowd
from tongxin.testing.gate import add_gate
from tongxin.testing.pack import AUTUMN_VISIT


def page(client, cast, who, url, **data):
    cast.sign_in(client, getattr(cast, who))
    return client.get(url, data)


def test_the_list_shows_the_names_within_reach_only(client, cast):
    mine = page(client, cast, "liu", reverse("setup:people")).content.decode()
    assert all(s.name in mine for s in cast.students[1])
    assert not any(s.name in mine for s in cast.students[2])


@pytest.mark.parametrize("q", ["安小", "axh", "anxiaohe"])
def test_people_are_found_by_name_pinyin_and_initials(client, cast, q):
    cast.sign_in(client, cast.sun)
    found = client.post(reverse("setup:people"), {"type": "student", "q": q}).content.decode()
    assert "安小禾" in found
    assert "白云飞" not in found


def test_nobody_found_says_so(client, cast):
    cast.sign_in(client, cast.sun)
    found = client.post(reverse("setup:people"), {"type": "student", "q": "查无此人"}).content.decode()
    assert "没有找到“查无此人”" in found


def test_a_person_of_another_class_or_school_is_not_there(client, cast):
    for student in (cast.students[2][0], cast.other_student):
        assert page(client, cast, "liu", reverse("setup:person", args=[student.public_id])).status_code == 404
    assert (
        page(client, cast, "liu", reverse("setup:person", args=[cast.students[1][0].public_id])).status_code
        == 200
    )
    assert (
        page(client, cast, "zhao", reverse("setup:person", args=[cast.liu.subject.public_id])).status_code
        == 404
    )


@pytest.mark.parametrize(
    ("who", "may"), [("sun", True), ("wang", True), ("guo", True), ("liu", False), ("chen", False)]
)
def test_who_may_add_people(client, cast, who, may):
    cast.sign_in(client, getattr(cast, who))
    url = reverse("setup:person_new", args=["student"])
    assert client.get(url).status_code == (200 if may else 404)
    client.post(url, {"name": "新同学", "homeroom": cast.room_one.public_id})
    assert Subject.objects.filter(name="新同学").exists() is may


def test_a_new_student_is_in_the_class_from_the_day_of_arrival(client, cast):
    cast.sign_in(client, cast.sun)
    data = {
        "name": "新同 学",
        "homeroom": cast.room_one.public_id,
        "since": "2026-11-02",
        "phone": "13800000000",
    }
    client.post(reverse("setup:person_new", args=["student"]), data)
    student = Subject.objects.get(name="新同学")
    assert student.present_from == date(2026, 11, 2)
    assert Link.objects.get(a=student, kind="enrolled_in").b_id == cast.room_one.pk


def test_a_number_used_twice_is_said_in_words_and_nothing_is_half_saved(client, cast):
    cast.sign_in(client, cast.sun)
    url = reverse("setup:person_new", args=["student"])
    client.post(url, {"name": "甲", "local_number": "2026001"})
    again = client.post(url, {"name": "乙", "local_number": "2026001"})
    assert "已经有人用了" in again.content.decode()
    assert not Subject.objects.filter(name="乙").exists()


@pytest.mark.parametrize("type_", ["staff", "homeroom", "branch", "department", "guardian"])
def test_every_kind_of_person_and_group_has_its_form(client, cast, type_):
    cast.sign_in(client, cast.sun)
    url = reverse("setup:person_new", args=[type_])
    assert client.get(url).status_code == 200
    data = {"name": "新来的", "grade": "7", "number": "3", "entry_year": "2026"}
    if type_ == "guardian":
        client.post(reverse("setup:person_new", args=["student"]), {"name": "小朋友", "local_number": "77"})
        data["child"] = "77"
    assert client.post(url, data).status_code == 302
    subject = Subject.objects.get(name="新来的")
    assert subject.type == type_
    assert client.get(reverse("setup:person", args=[subject.public_id])).status_code == 200


def test_giving_and_ending_a_post(client, cast, today):
    cast.sign_in(client, cast.sun)
    url = reverse("setup:add_link", args=[cast.xu.subject.public_id])
    assert "班主任" in client.get(url).content.decode()
    data = {
        "kind": "homeroom_teacher",
        "other": cast.room_one.public_id,
        "since": "2026-11-18",
        "alone": "on",
    }
    assert client.post(url, data).status_code == 302
    held = Link.objects.current().filter(
        kind="homeroom_teacher", b=cast.room_one.subject, valid_to__gte=today
    )
    assert [link.a_id for link in held] == [cast.xu.subject.pk]
    link = held.get()
    client.post(reverse("setup:end_link", args=[link.public_id]), {"person": cast.xu.subject.public_id})
    ended = Link.objects.current().get(kind="homeroom_teacher", a=cast.xu.subject)
    assert ended.valid_to == today


def test_posts_of_another_school_cannot_be_ended(client, cast):
    cast.sign_in(client, cast.sun)
    link = Link.objects.current().get(kind="homeroom_teacher", a=cast.zhao.subject)
    assert client.post(reverse("setup:end_link", args=[link.public_id])).status_code == 404
    assert Link.objects.get(pk=link.pk).is_current


def test_a_family_fact_is_stated_by_the_class_teacher_and_hidden_from_the_office(client, cast):
    student = cast.students[1][0]
    url = reverse("setup:attribute", args=[student.public_id, "priority_care"])
    cast.sign_in(client, cast.sun)
    assert client.get(url).status_code == 404
    assert "重点关爱" not in client.get(reverse("setup:person", args=[student.public_id])).content.decode()
    cast.sign_in(client, cast.liu)
    assert client.post(url, {"value": "true", "since": "2026-09-01"}).status_code == 302
    assert "重点关爱" in client.get(reverse("setup:person", args=[student.public_id])).content.decode()
    other = reverse("setup:attribute", args=[cast.students[2][0].public_id, "priority_care"])
    assert client.get(other).status_code == 404


def test_renaming_and_leaving(client, cast, today):
    cast.sign_in(client, cast.sun)
    student = cast.students[1][0]
    client.post(reverse("setup:rename", args=[student.public_id]), {"name": "安小荷"})
    client.post(reverse("setup:depart", args=[student.public_id]), {"last_day": "2026-11-17"})
    student.refresh_from_db()
    assert (student.name, student.initials, student.present_to) == ("安小荷", "axh", date(2026, 11, 17))
    assert "安小荷" in client.get(reverse("setup:people"), {"type": "student", "gone": "1"}).content.decode()


def test_slips_are_printed_for_a_class_and_only_by_those_who_may(client, cast):
    url = reverse("setup:slips")
    cast.sign_in(client, cast.liu)
    assert client.post(url, {"group": cast.room_one.public_id}).status_code == 404
    assert not ActivationSlip.objects.exists()
    cast.sign_in(client, cast.guo)
    sheet = client.post(url, {"group": cast.room_one.public_id}).content.decode()
    assert sheet.count("slip__code") == 6
    assert "<svg" in sheet
    assert ActivationSlip.objects.count() == 6


def test_slips_of_another_schools_class_do_not_exist(client, cast):
    cast.sign_in(client, cast.guo)
    room = Subject.objects.get(school=cast.other_school, type="homeroom")
    assert client.post(reverse("setup:slips"), {"group": room.public_id}).status_code == 404
    assert client.post(reverse("setup:slip", args=[cast.zhao.subject.public_id])).status_code == 404


def test_nobody_locks_their_own_account(client, cast):
    cast.sign_in(client, cast.guo)
    own = reverse("setup:account_active", args=[cast.guo.subject.public_id])
    assert client.post(own, {"active": "0"}).status_code == 404
    other = reverse("setup:account_active", args=[cast.liu.subject.public_id])
    assert client.post(other, {"active": "0"}).status_code == 302
    cast.liu.account.refresh_from_db()
    assert not cast.liu.account.is_active


@pytest.mark.parametrize("size", [5, 50])
def test_the_list_costs_the_same_queries_for_any_size(client, cast, size, django_assert_max_num_queries):
    crowd(cast, size)
    cast.sign_in(client, cast.sun)
    client.get(reverse("setup:people"))
    with django_assert_max_num_queries(16):
        client.get(reverse("setup:people"))


def test_a_post_behind_a_gate_is_refused_in_words_and_only_the_named_post_is_shown_the_way(
    client, cast, today
):
    add_gate(cast)
    url = reverse("setup:add_link", args=[cast.xu.subject.public_id])
    data = {
        "kind": "homeroom_teacher",
        "other": cast.room_one.public_id,
        "since": "2026-11-18",
        "alone": "on",
    }
    for who, shown in ((cast.sun, False), (cast.wang, True)):
        cast.sign_in(client, who)
        answer = client.post(url, data)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "许静还不能担任班主任" in page
        assert ("批准豁免“当班主任以前先学习”" in page) == shown
    assert Link.objects.current().get(kind="homeroom_teacher", b=cast.room_one.subject).a == cast.liu.subject
    cast.record("branch_study", today, {"attendee": [cast.xu.subject]}, by=cast.li, hours=1)
    assert client.post(url, data).status_code == 302


def test_a_post_taken_back_narrows_the_list_in_the_very_next_request(client, cast):
    """What is remembered about a list is its SQL only, and only for exactly these rights."""
    everybody = page(client, cast, "guo", reverse("setup:people")).content.decode()
    assert all(s.name in everybody for number in (1, 2) for s in cast.students[number])
    for _ in range(2):
        mine = page(client, cast, "liu", reverse("setup:people")).content.decode()
        assert all(s.name in mine for s in cast.students[1])
        assert not any(s.name in mine for s in cast.students[2])
    Link.objects.filter(kind="homeroom_teacher", a=cast.liu.subject).update(superseded_at=timezone.now())
    left = client.get(reverse("setup:people")).content.decode()
    assert not any(s.name in left for number in (1, 2) for s in cast.students[number])


def test_a_pupil_who_leaves_a_class_leaves_its_teacher_s_list_at_once(client, cast):
    pupil = cast.students[1][0]
    assert pupil.name in page(client, cast, "liu", reverse("setup:people")).content.decode()
    Link.objects.filter(kind="enrolled_in", a=pupil).update(superseded_at=timezone.now())
    assert pupil.name not in client.get(reverse("setup:people")).content.decode()


K1_FACT = "{attribute: in_service, title: 在职, of: [staff], type: boolean, class: K1}"


def test_a_fact_of_the_roster_is_offered_for_change_to_its_keepers_alone(client, cast):
    cast.add_rules(AUTUMN_VISIT, ("attributes:\n", f"attributes:\n  - {K1_FACT}\n"))
    page = reverse("setup:person", args=[cast.liu.subject.public_id])
    change = reverse("setup:attribute", args=[cast.liu.subject.public_id, "in_service"])
    for who, offered in ((cast.liu, False), (cast.sun, True)):
        cast.sign_in(client, who)
        assert (change in client.get(page).content.decode()) is offered
        assert (client.get(change).status_code == 200) is offered


def test_a_bureau_s_own_staff_see_no_places_that_only_schools_have(client, cast):
    visits = reverse("home_visits:home")
    for who, there in ((cast.zhou, False), (cast.liu, True)):
        cast.sign_in(client, who)
        assert (visits in client.get(reverse("setup:people")).content.decode()) is there
