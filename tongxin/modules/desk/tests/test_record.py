import re
import secrets
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tongxin.kernel.ledger.models import Entry, Evidence, Participation
from tongxin.testing.cast import TODAY, crowd, picture

HOME_VISIT = reverse("desk:record_kind", args=["home_visit"])


def visit(cast, student, **changes):
    return {
        "day": TODAY.isoformat(),
        "part_visited": [student.public_id],
        "part_visitor": [cast.liu.person.public_id],
        "qualifier_mode": "in_person",
        "once": secrets.token_hex(16),
    } | changes


def test_kinds_can_be_found_by_initials(cast, client):
    cast.sign_in(client, cast.liu)
    page = client.get(reverse("desk:record"), {"q": "jf"}).content.decode()
    assert "家访" in page
    assert "支部学习" not in page


def test_what_a_teacher_logs_most_stands_first(cast, client):
    cast.visit(cast.students[1][0], TODAY)
    cast.sign_in(client, cast.liu)
    page = client.get(reverse("desk:record")).content.decode()
    assert "常用" in page


def test_a_visit_with_a_photo_is_saved_with_one_form(cast, client):
    cast.sign_in(client, cast.liu)
    photo = SimpleUploadedFile("IMG_1.jpg", picture(), "image/jpeg")
    response = client.post(HOME_VISIT, visit(cast, cast.students[1][0]) | {"evidence_photo": photo})
    assert response.status_code == 302
    entry = Entry.objects.get()
    assert entry.mode == "in_person"
    assert set(entry.participations.values_list("part", flat=True)) == {"visited", "visitor"}
    assert Evidence.objects.filter(entry=entry, type="photo").count() == 1


def test_the_same_form_sent_twice_makes_one_entry(cast, client):
    cast.sign_in(client, cast.liu)
    form = visit(cast, cast.students[1][0])
    client.post(HOME_VISIT, form)
    client.post(HOME_VISIT, form)
    assert Entry.objects.count() == 1


def test_saving_says_which_gap_it_closed_and_offers_to_undo(cast, client):
    cast.sign_in(client, cast.liu)
    page = client.post(HOME_VISIT, visit(cast, cast.students[1][0]), follow=True).content.decode()
    assert "补上了一项：每名学生每学期至少家访一次" in page
    assert reverse("desk:entry_undo", args=[Entry.objects.get().public_id]) in page


def test_an_undone_visit_no_longer_counts_and_can_come_back(cast, client):
    cast.sign_in(client, cast.liu)
    client.post(HOME_VISIT, visit(cast, cast.students[1][0]))
    entry = Entry.objects.get()
    client.post(reverse("desk:entry_undo", args=[entry.public_id]))
    assert not Entry.objects.current().exists()
    client.post(reverse("desk:entry_restore", args=[entry.public_id]))
    assert Entry.objects.current().get().supersedes == entry


def test_an_error_keeps_what_was_typed(cast, client):
    cast.sign_in(client, cast.liu)
    form = visit(cast, cast.students[1][0], qualifier_mode="", title="秋季家访")
    page = client.post(HOME_VISIT, form).content.decode()
    assert "请选择方式。" in page
    assert "秋季家访" in page
    assert f'value="{cast.students[1][0].public_id}" checked' in page
    assert form["once"] in page
    assert not Entry.objects.exists()


def test_a_day_ahead_is_refused_in_words(cast, client):
    cast.sign_in(client, cast.liu)
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    page = client.post(HOME_VISIT, visit(cast, cast.students[1][0], day=tomorrow)).content.decode()
    assert "日期不能晚于今天" in page


def test_a_pupil_s_name_in_the_title_is_refused(cast, client):
    cast.sign_in(client, cast.liu)
    student = cast.students[1][0]
    page = client.post(HOME_VISIT, visit(cast, student, title=f"{student.name}家访")).content.decode()
    assert "标题里有学生姓名" in page


def test_a_teacher_cannot_name_a_student_of_another_class(cast, client):
    cast.sign_in(client, cast.liu)
    page = client.post(HOME_VISIT, visit(cast, cast.students[2][0])).content.decode()
    assert "不在您的范围内" in page
    assert not Entry.objects.exists()


def test_a_student_of_another_school_cannot_be_named(cast, client):
    cast.sign_in(client, cast.chen)
    page = client.post(HOME_VISIT, visit(cast, cast.other_student)).content.decode()
    assert "不在您的范围内" in page


def test_people_are_found_by_initials_within_reach_only(cast, client):
    cast.sign_in(client, cast.liu)
    address = reverse("desk:record_people", args=["home_visit"])
    found = client.get(address, {"part": "visited", "q": "axh"}).json()["people"]
    assert [person["name"] for person in found] == ["安小禾"]
    assert client.get(address, {"part": "visited", "q": "hyt"}).json()["people"] == []


def test_the_counsellor_finds_students_of_every_class(cast, client):
    cast.sign_in(client, cast.chen)
    address = reverse("desk:record_people", args=["home_visit"])
    found = client.get(address, {"part": "visited", "q": "何"}).json()["people"]
    assert [(p["name"], p["detail"]) for p in found] == [("何雨桐", "七年级2班")]


def test_a_whole_class_comes_at_once(cast, client):
    cast.sign_in(client, cast.liu)
    address = reverse("desk:record_people", args=["home_visit"])
    found = client.get(address, {"part": "visited", "group": cast.room_one.public_id}).json()
    assert len(found["people"]) == 6


def test_searching_without_scripts_brings_the_form_back_with_people(cast, client):
    cast.sign_in(client, cast.chen)
    form = {
        "day": TODAY.isoformat(),
        "find": "part_visited",
        "part_visited_q": "何",
        "qualifier_mode": "online",
    }
    page = client.post(HOME_VISIT, form).content.decode()
    assert "何雨桐" in page
    assert "还没有保存" not in page
    assert not Entry.objects.exists()


def test_a_branch_stands_for_its_members_without_those_who_were_absent(cast, client):
    cast.sign_in(client, cast.li)
    form = {
        "day": TODAY.isoformat(),
        "part_attendee": [cast.branch.public_id],
        "absent": [cast.xu.person.public_id],
        "amount_hours": "1.5",
        "once": secrets.token_hex(16),
    }
    client.post(reverse("desk:record_kind", args=["branch_study"]), form)
    rows = {p.subject_id: p for p in Participation.objects.all()}
    assert rows[cast.liu.subject.pk].hours == 150
    assert not rows[cast.liu.subject.pk].absent
    assert rows[cast.xu.subject.pk].absent


def test_an_address_prefills_kind_people_and_way(cast, client):
    cast.sign_in(client, cast.liu)
    student = cast.students[1][2]
    page = client.get(HOME_VISIT, {"visited": student.public_id, "mode": "online"}).content.decode()
    assert f'value="{student.public_id}" checked' in page
    assert f'value="{cast.liu.person.public_id}" checked' in page


def test_a_likely_double_is_said_and_not_stopped(cast, client):
    cast.visit(cast.students[1][0], TODAY)
    cast.sign_in(client, cast.liu)
    check = client.post(reverse("desk:record_check", args=["home_visit"]), visit(cast, cast.students[1][0]))
    assert "这一天已经登记过家访" in check.content.decode()
    page = client.post(HOME_VISIT, visit(cast, cast.students[1][0]), follow=True).content.decode()
    assert "相似记录" in page
    assert Entry.objects.count() == 2


def test_a_bureau_officer_finds_no_log_form(cast, client):
    cast.sign_in(client, cast.zhou)
    assert client.get(HOME_VISIT).status_code == 404


def test_a_school_without_this_kind_has_no_such_form(cast, client):
    cast.sign_in(client, cast.zhao)
    assert client.get(HOME_VISIT).status_code == 404
    assert (
        client.get(reverse("desk:record_people", args=["home_visit"]), {"part": "visited"}).status_code == 404
    )


@pytest.mark.parametrize("size", [5, 60])
def test_the_log_form_costs_the_same_for_any_class_size(cast, client, size, django_assert_max_num_queries):
    crowd(cast, size)
    cast.sign_in(client, cast.liu)
    client.get(HOME_VISIT)
    with django_assert_max_num_queries(22):
        client.get(HOME_VISIT)


def test_people_who_are_not_signed_in_are_sent_to_the_door(cast, client):
    assert client.get(HOME_VISIT).status_code == 302


def test_kinds_stand_in_the_order_of_the_plan_under_headings_numbered_once(cast, client):
    cast.sign_in(client, cast.liu)
    page = client.get(reverse("desk:record")).content.decode()
    headings = re.findall(r"<h2[^>]*>(\d.*?)</h2>", page)
    assert headings == sorted(headings)
    assert not any(re.match(r"\S+ [（(一二三四五]", heading) for heading in headings)
