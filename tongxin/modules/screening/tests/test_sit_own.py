"""Signed in: what waits on the first page, consent given and taken back online, forms of guardians and teachers."""

from datetime import date

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.base.models import Account, Link
from tongxin.kernel.consent import services as consent
from tongxin.kernel.consent.models import Consent, Purpose
from tongxin.kernel.consent.queries import may_process
from tongxin.kernel.people.models import Person
from tongxin.modules.screening import papers
from tongxin.modules.screening.models import EntryCode, Page, Paper, SittingForm
from tongxin.testing.cast import TODAY, crowd

COOKIE = settings.SEAT_COOKIE_NAME


def url(name, *args):
    return reverse(f"screening:sit_{name}", args=args)


def text(response):
    return response.content.decode()


def sign_in(client, subject):
    """Sign somebody in who has no account yet."""
    account = Account.objects.create_user(f"u{subject.pk}")
    Person.objects.filter(pk=subject.pk).update(account=account)
    client.force_login(account)


def grown(child):
    Person.objects.filter(pk=child.pk).update(birth_date=date(2011, 1, 1))


def sit(client, hall, number=0, room=1):
    entry = EntryCode.objects.get(room=(hall.cast.room_one, hall.cast.room_two)[room - 1].subject)
    who = {"number": f"2026{number + 1 + 6 * (room - 1):03}", "name": hall.child(number, room).name}
    return client.post(url("class", entry.code), who)


def row(hall, child, form="student"):
    return {"sitting": hall.sitting.public_id, "student": child.public_id, "form": form}


@pytest.fixture
def everybodys_forms(hall):
    """The guardian and the class teacher fill in about each child, too."""
    text = hall.form.text
    for number, form in ((2, "parent"), (3, "teacher")):
        SittingForm.objects.create(sitting=hall.sitting, number=number, text=text, form=form)
    return hall


# ------------------------------------------------------------------ consent at the seat


@pytest.mark.parametrize(("number", "room", "why"), [(5, 1, "有人不同意参加"), (0, 2, "还没有收到同意书")])
def test_a_young_child_whose_guardian_has_not_said_yes_is_told_so_kindly(client, hall, number, room, why):
    sit(client, hall, number, room)
    page = client.get(url("agree"))
    assert "还要等家里人同意" in text(page)
    assert "开始</button>" not in text(page)
    answer = client.post(url("agree"), {"what": "start", "version": "1"})
    assert why in text(answer)
    assert not Paper.objects.exists()


def test_a_young_child_cannot_consent_for_its_guardian(client, hall):
    sit(client, hall, 0, 2)
    answer = client.post(url("agree"), {"what": "given", "version": "1"})
    assert "未满十四周岁" in text(answer)
    assert not Consent.objects.filter(student=hall.child(0, 2)).exists()


def test_a_young_child_may_say_no_itself_and_change_its_mind(client, hall):
    sit(client, hall)
    answer = client.post(url("agree"), {"what": "refused", "version": "1"})
    assert "好的，这次不用填" in text(answer)
    assert not client.cookies[COOKIE].value
    assert not may_process(hall.child(), Purpose.SCREENING)
    sit(client, hall)
    assert "改主意了，可以再参加" in text(client.get(url("agree")))
    client.post(url("agree"), {"what": "given", "version": "1"})
    assert may_process(hall.child(), Purpose.SCREENING)
    assert Paper.objects.filter(student=hall.child()).exists()


def test_a_child_of_fourteen_gives_its_own_consent_online(client, hall):
    child = hall.child()
    grown(child)
    sit(client, hall)
    assert "由你自己决定" in text(client.get(url("agree")))
    assert client.post(url("agree"), {"what": "given", "version": "1"}).url == url("page", 1)
    own = Consent.objects.get(student=child, who=child)
    assert (own.what, own.channel) == ("given", "online")


def test_a_child_of_fourteen_may_refuse_and_nothing_else_closes(client, hall):
    child = hall.child()
    grown(child)
    sit(client, hall)
    assert "没有任何影响" in text(client.post(url("agree"), {"what": "refused", "version": "1"}))
    assert Consent.objects.get(student=child, who=child).what == "refused"
    sit(client, hall)
    assert client.post(url("agree"), {"what": "given", "version": "1"}).url == url("page", 1)


def test_consent_holds_for_the_text_that_was_read(client, hall):
    grown(hall.child())
    sit(client, hall)
    consent.publish_text(hall.cast.school, Purpose.SCREENING, "新的说明。", renews=True, by=None)
    answer = client.post(url("agree"), {"what": "given", "version": "1"})
    assert "说明刚刚更新了" in text(answer)
    assert "新的说明" in text(answer)
    assert not Consent.objects.filter(who=hall.child()).exists()


def test_consent_taken_back_in_the_middle_stops_the_paper_on_every_page(client, hall):
    sit(client, hall)
    client.post(url("agree"), {"what": "start", "version": "1"})
    client.post(url("page", 1), {"a-1": "1", "go": "next", "skip": "1"})
    child = hall.child()
    consent.record(
        hall.cast.school, Purpose.SCREENING, [consent.Said(child, hall.guardians[child.pk], "withdrawn")],
        channel=Consent.Channel.ONLINE, at=timezone.now(), by=None,
    )  # fmt: skip
    for answer in (
        client.get(url("page", 1)), client.post(url("page", 2), {"a-4": "1", "go": "next"}),
        client.post(url("finish"), {"skip": "1"}), client.get(url("paper")),
    ):  # fmt: skip
        assert answer.status_code == 403
        assert "撤回" in text(answer)
        assert "checked" not in text(answer)
    kept = client.post(url("keep"), {"page": "2", "a-4": "1"}, headers={"Accept": "application/json"})
    assert (kept.status_code, kept.json()["code"]) == (409, "withdrawn")
    assert Page.objects.count() == 1


# ------------------------------------------------------------------ consent signed in


def test_a_guardian_answers_online_for_the_own_child_and_takes_it_back(client, hall):
    child = hall.child(0, 2)
    sign_in(client, hall.guardians[child.pk])
    assert f"{child.name}的心理测评" in text(client.get("/"))
    page = client.get(url("consent"))
    assert "收集什么" in text(page)
    assert child.name in text(page)
    say = {"student": child.public_id, "version": "1"}
    assert client.post(url("consent"), say | {"what": "given"}).url == url("consent")
    assert may_process(child, Purpose.SCREENING)
    assert Consent.objects.get(student=child).recorded_by is not None
    assert "撤回同意" in text(client.get(url("consent")))
    client.post(url("consent"), say | {"what": "withdrawn"})
    assert may_process(child, Purpose.SCREENING).why == "withdrawn"
    client.post(url("consent"), say | {"what": "given"})
    assert may_process(child, Purpose.SCREENING)
    assert Consent.objects.filter(student=child).count() == 3


def test_saying_the_same_twice_is_one_row_and_an_old_text_is_shown_anew(client, hall):
    child = hall.child(0, 2)
    sign_in(client, hall.guardians[child.pk])
    for _n in range(2):
        client.post(url("consent"), {"student": child.public_id, "version": "1", "what": "given"})
    assert Consent.objects.filter(student=child).count() == 1
    answer = client.post(url("consent"), {"student": child.public_id, "version": "7", "what": "refused"})
    assert "说明刚刚更新了" in text(answer)
    consent.publish_text(hall.cast.school, Purpose.SCREENING, "第二版。", renews=True, by=None)
    assert "说明更新了，请看过以后再回答一次" in text(client.get(url("consent")))
    client.post(url("consent"), {"student": child.public_id, "version": "2", "what": "given"})
    assert may_process(child, Purpose.SCREENING)


def test_nobody_answers_for_a_child_that_is_not_theirs(client, hall):
    sign_in(client, hall.guardians[hall.child(0, 2).pk])
    for child in (hall.child(), hall.cast.other_student):
        say = {"student": child.public_id, "version": "1", "what": "given"}
        assert client.post(url("consent"), say).status_code == 404
    client.force_login(hall.cast.chen.account)
    assert client.get(url("consent")).status_code == 404


# ------------------------------------------------------------------ forms of one's own


def test_a_signed_in_child_finds_the_sitting_on_its_first_page_and_sits_down(client, hall):
    sign_in(client, hall.child())
    assert "秋季测评" in text(client.get("/"))
    assert "我的问卷" in text(client.get(url("own")))
    assert client.post(url("own"), row(hall, hall.child())).url == url("paper")
    assert client.get(url("paper")).url == url("agree")
    client.post(url("agree"), {"what": "start", "version": "1"})
    for number in range(1, 4):
        client.post(url("page", number), {f"a-{3 * number - 2}": "0", "go": "next", "skip": "1"})
    client.post(url("finish"), {"skip": "1"})
    assert "已经交了" in text(client.get(url("own")))
    assert "填完再交" not in text(client.get("/"))


def test_a_child_asked_again_is_invited_on_its_first_page(client, hall):
    papers.ask_again(hall.enter({}), by=hall.cast.chen.viewer())
    sign_in(client, hall.child())
    assert "老师请你再填一次" in text(client.get("/"))


def test_a_guardian_fills_in_about_the_own_child_only(client, everybodys_forms):
    hall = everybodys_forms
    child = hall.child()
    sign_in(client, hall.guardians[child.pk])
    assert f"关于{child.name}的家长问卷" in text(client.get("/"))
    for seat in (row(hall, hall.child(1), "parent"), row(hall, child), row(hall, child, "teacher")):
        assert client.post(url("own"), seat).status_code == 404
    client.post(url("own"), row(hall, child, "parent"))
    assert client.get(url("paper")).url == url("page", 1)
    assert child.name in text(client.get(url("page", 1)))
    client.post(url("page", 1), {"a-1": "1", "go": "next", "skip": "1"})
    paper = Paper.objects.get()
    assert (paper.form, paper.respondent_id) == ("parent", hall.guardians[child.pk].pk)


def test_a_guardians_seat_ends_with_the_session_or_the_guardianship(client, everybodys_forms):
    hall = everybodys_forms
    child = hall.child()
    sign_in(client, hall.guardians[child.pk])
    client.post(url("own"), row(hall, child, "parent"))
    seat = client.cookies[COOKIE].value
    assert client.get(url("page", 1)).status_code == 200
    Link.objects.filter(kind="guardian_of", b=child).update(valid_to=date(2026, 11, 17))
    assert client.get(url("page", 1)).status_code == 403
    Link.objects.filter(kind="guardian_of", b=child).update(valid_to=date(9999, 12, 31))
    client.post(reverse("setup:sign_out"))
    assert not client.cookies[COOKIE].value
    client.cookies[COOKIE] = seat
    assert client.get(url("page", 1)).status_code == 403


def test_a_class_teacher_sees_who_is_done_and_fills_in_about_the_own_class(client, everybodys_forms):
    hall = everybodys_forms
    client.force_login(hall.cast.liu.account)
    assert "还有5名学生的没有填" in text(client.get("/"))
    page = text(client.get(url("own")))
    assert all(child.name in page for child in hall.cast.students[1])
    assert not any(child.name in page for child in hall.cast.students[2])
    assert "还没有同意书，不用填" in page
    assert client.post(url("own"), row(hall, hall.child(0, 2), "teacher")).status_code == 404
    assert client.post(url("own"), row(hall, hall.cast.other_student, "teacher")).status_code == 404
    client.post(url("own"), row(hall, hall.child(), "teacher"))
    client.get(url("paper"))
    for number in range(1, 4):
        client.post(url("page", number), {f"a-{3 * number - 2}": "0", "go": "next", "skip": "1"})
    client.post(url("finish"), {"skip": "1"})
    assert "还有4名学生的没有填" in text(client.get("/"))
    page = text(client.get(url("own")))
    assert "已经交了" in page
    assert "checked" not in page


@pytest.mark.parametrize("who", ["ma", "xu", "zhao", "chen"])
def test_a_teacher_of_another_class_finds_nothing_to_fill_in_about_these_children(
    client, everybodys_forms, who
):
    hall = everybodys_forms
    client.force_login(getattr(hall.cast, who).account)
    page = text(client.get(url("own")))
    assert not any(child.name in page for child in hall.cast.students[1])
    assert client.post(url("own"), row(hall, hall.child(), "teacher")).status_code == 404


def test_a_teachers_seat_does_not_open_to_another_who_is_signed_in(client, everybodys_forms):
    hall = everybodys_forms
    client.force_login(hall.cast.liu.account)
    client.post(url("own"), row(hall, hall.child(), "teacher"))
    seat = client.cookies[COOKIE].value
    client.force_login(hall.cast.ma.account)
    client.cookies[COOKIE] = seat
    assert client.get(url("page", 1)).status_code == 403


@pytest.mark.parametrize("size", [0, 40])
def test_a_class_costs_the_same_queries_for_any_size(
    client, everybodys_forms, size, django_assert_max_num_queries
):
    crowd(everybodys_forms.cast, size)
    client.force_login(everybodys_forms.cast.liu.account)
    client.get(url("own"))
    with django_assert_max_num_queries(20):
        assert client.get(url("own")).status_code == 200
    assert everybodys_forms.sitting.first_day <= TODAY
