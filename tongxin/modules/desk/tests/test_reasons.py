"""What is asked in principle may be missed with a reason: whoever answers for it writes it, the verdict stays as it is."""

import io

import openpyxl
import pytest
from django.db import connection
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.obligations import reasons
from tongxin.kernel.obligations.models import StatedReason

FIRST = "2026-09-01"
CHILD_RULE = """\
  - id: lesson-once
    title: 每名学生每学期原则上听一次心理课
    heading: "2.2"
    source: {document: 青山中学育人方案, at: 二(二), level: school, modality: in_principle}
    since: 2026-01-10
    subject: student
    bearer: homeroom_teacher
    count: {kind: wellbeing_lesson, part: homeroom}
    measure: times
    at_least: 1
    window: term
"""
WHY = "九月在外挂职，回来以后补学。"


def address(cast, name, rule="study-hours", who=None):
    return reverse(
        f"desk:{name}", args=[cast.programme.public_id, rule, (who or cast.xu).subject.public_id, FIRST]
    )


@pytest.fixture
def stated(cast, client):
    cast.sign_in(client, cast.xu)
    assert address(cast, "reason") in client.get(address(cast, "why")).content.decode()
    client.post(address(cast, "reason"), {"reason": WHY})
    return cast


def test_the_reason_is_read_where_the_gap_is_read_and_the_verdict_stays(stated, client):
    page = client.get(address(stated, "why"))
    assert WHY in page.content.decode()
    assert page.context["verdict"].verdict == "open"
    assert AuditRow.objects.filter(action="obligations.reason_stated").count() == 1
    stated.sign_in(client, stated.wang)
    duty = reverse("desk:duty", args=[stated.programme.public_id, "study-hours"])
    assert WHY in client.get(duty).content.decode()
    export = reverse("desk:duty_export", args=[stated.programme.public_id, "study-hours"])
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(export).content)).active
    assert WHY in {cell.value for row in sheet for cell in row}


def test_a_reason_about_a_child_is_read_by_whoever_may_know_of_the_child_and_not_by_the_office(cast, client):
    cast.add_rules(CHILD_RULE)
    child = cast.students[1][0]
    why = reverse("desk:why", args=[cast.programme.public_id, "lesson-once", child.public_id, FIRST])
    duty = reverse("desk:duty", args=[cast.programme.public_id, "lesson-once"])
    export = reverse("desk:duty_export", args=[cast.programme.public_id, "lesson-once"])
    cast.sign_in(client, cast.liu)
    client.post(why + "reason/", {"reason": WHY})
    assert StatedReason.objects.count() == 1
    assert WHY in client.get(why).content.decode()
    for leader in (cast.wang, cast.sun):
        cast.sign_in(client, leader)
        seen = client.get(duty).content.decode()
        assert child.name in seen
        assert WHY not in seen
        assert WHY not in client.get(why).content.decode()
        book = openpyxl.load_workbook(io.BytesIO(client.get(export).content)).active
        assert WHY not in {cell.value for row in book for cell in row}
    cast.sign_in(client, cast.chen)
    assert WHY in client.get(duty).content.decode()


def test_a_later_reason_stands_in_the_place_of_the_first_which_is_kept(stated, client):
    client.post(address(stated, "reason"), {"reason": "生病住院。"})
    page = client.get(address(stated, "why")).content.decode()
    assert "生病住院。" in page
    assert WHY not in page
    assert StatedReason.objects.count() == 2


def test_a_reason_is_taken_back_by_whoever_answers_for_it_and_by_nobody_else(stated, client):
    stated.sign_in(client, stated.wang)
    assert client.post(address(stated, "reason"), {"withdraw": "1"}).status_code == 404
    stated.sign_in(client, stated.xu)
    page = client.post(address(stated, "reason"), {"withdraw": "1"}, follow=True).content.decode()
    assert "已撤回原因" in page
    assert WHY not in page
    assert (
        "没有原因可以撤回"
        in client.post(address(stated, "reason"), {"withdraw": "1"}, follow=True).content.decode()
    )


def test_an_empty_reason_is_refused_with_a_sentence(cast, client):
    cast.sign_in(client, cast.xu)
    answer = client.post(address(cast, "reason"), {"reason": "  "}, follow=True)
    assert "请写明没有做到的原因" in answer.content.decode()
    assert not StatedReason.objects.exists()


def test_only_whoever_answers_for_it_may_state_a_reason_and_only_of_what_is_asked_in_principle(cast, client):
    for who, rule in (
        (cast.wang, "study-hours"),
        (cast.zhao, "study-hours"),
        (cast.xu, "lesson-each-fortnight"),
    ):
        cast.sign_in(client, who)
        assert client.post(address(cast, "reason", rule), {"reason": WHY}).status_code == 404
    assert not StatedReason.objects.exists()


def test_the_words_lie_sealed_and_go_with_the_person(stated):
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason FROM stated_reason")
        assert WHY.encode() not in bytes(cursor.fetchone()[0])
    assert reasons._count([stated.xu.subject.pk]) == {stated.xu.subject.pk: 1}
    reasons._erase(stated.xu.subject, None)
    assert not StatedReason.objects.exists()
