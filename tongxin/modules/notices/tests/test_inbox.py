"""The list of notices, and the unread ones on the first page."""

from __future__ import annotations

from django.urls import reverse

from tongxin.kernel.obligations import outbox
from tongxin.kernel.obligations.models import Acknowledgement, Message
from tongxin.kernel.obligations.reminders import ESCALATED

INBOX = reverse("notices:inbox")


def page(client, address: str = INBOX) -> str:
    return client.get(address).content.decode()


def test_unread_notices_are_marked_with_a_word_and_put_away_one_by_one(late, client):
    late.sign_in(client, late.xu)
    assert "党员每两周至少上一次公开课已经过了期限，请尽快补上。" in page(client)
    assert "没看" in page(client)
    message = outbox.inbox(late.xu.viewer()).filter(matter__obligation="lesson-each-fortnight").first()
    client.post(reverse("notices:read", args=[message.pk]))
    assert "公开课" not in page(client)
    assert "公开课" in page(client, f"{INBOX}?all=1")


def test_the_first_page_shows_the_newest_and_how_many_more_there_are(late, client):
    for number in range(5):
        outbox.put(
            f"k{number}",
            school_id=late.school.pk,
            recipient_id=late.xu.subject.pk,
            topic="due",
            data={"title": f"第{number}件"},
        )
    late.sign_in(client, late.xu)
    home = page(client, reverse("desk:home"))
    assert home.count("told__mark") == 3
    assert INBOX in home
    assert "条提醒没有看" in home


def test_a_teacher_is_told_of_students_by_number_and_sees_no_other_teacher_s_notices(late, client):
    late.sign_in(client, late.liu)
    assert "每名学生每学期至少家访一次，还差6名学生，请在2027年1月15日前完成。" in page(client)
    theirs = Message.objects.filter(recipient=late.ma.subject).first()
    assert client.post(reverse("notices:read", args=[theirs.pk])).status_code == 404
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_knowing_of_what_was_escalated_acknowledges_it(late, lesson, client):
    late.sign_in(client, late.li)
    assert "许静负责的“党员每两周至少上一次公开课”过期3天，还没有完成。" in page(client)
    message = Message.objects.get(matter=lesson, recipient=late.li.subject, topic=ESCALATED)
    client.post(reverse("notices:read", args=[message.pk]))
    assert Acknowledgement.objects.get().person == late.li.subject


def test_putting_all_away_leaves_what_wants_a_look(late, client):
    late.sign_in(client, late.li)
    client.post(reverse("notices:read_all"))
    left = outbox.inbox(late.li.viewer())
    assert left.exists()
    assert set(left.values_list("topic", flat=True)) == {ESCALATED}


def test_many_notices_come_in_pages_and_cost_the_same_queries(late, client, django_assert_max_num_queries):
    for number in range(45):
        outbox.put(
            f"k{number:02d}",
            school_id=late.school.pk,
            recipient_id=late.sun.subject.pk,
            topic="due",
            data={"title": f"第{number:02d}件"},
        )
    late.sign_in(client, late.sun)
    first = page(client)
    with django_assert_max_num_queries(20):
        first = page(client)
    assert ("第44件" in first, "第24件" in first) == (True, False)
    second = page(client, INBOX + first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0])
    assert "第24件" in second


def test_nothing_to_say_is_said_kindly(world, client):
    world.sign_in(client, world.chen)
    assert "没有新的提醒" in page(client)
