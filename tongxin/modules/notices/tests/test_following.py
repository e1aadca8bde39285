"""跟进: who was told, by which way, who knows; what each role sees and may do."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from tongxin.exchange.notices import services as exchange
from tongxin.exchange.notices.models import Robot
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.obligations import outbox
from tongxin.kernel.obligations.models import Acknowledgement, Matter, Message
from tongxin.kernel.obligations.reminders import remind
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.services import change
from tongxin.testing.cast import SINCE, crowd

from .conftest import LAST, WITH_STEPS

PAGE = reverse("notices:matters")


def page(client, **asked: str) -> str:
    return client.get(PAGE, asked).content.decode()


def test_the_page_tells_who_was_told_when_by_which_way_and_who_knows(late, lesson, client):
    robot = exchange.save_robot(
        Robot(school=late.school, service="wecom", title="党员群"),
        key="wecomkey-1234",
        sign="",
        by=late.guo.viewer(),
    )
    now = timezone.now()
    message = Message.objects.get(matter=lesson, recipient=late.xu.subject, step=-5)
    for channel in ("email", exchange.channel_of(robot)):
        made = outbox.bundle(
            channel, channel, [message], school_id=late.school.pk, recipient_id=None, now=now
        )
        assert made is not None
    outbox.send_waiting(lambda _delivery, _messages: None, now=now, most=1)
    late.sign_in(client, late.wang)
    said = page(client, who=late.xu.subject.public_id)
    assert "许静负责" in said
    assert "过期3天" in said
    assert "提醒许静" in said
    assert "告诉李梅" in said
    assert "邮件，今天 10:00发出；“党员群”，等着发" in said
    client.post(reverse("notices:known", args=[lesson.public_id]))
    assert "王建国知道了" in page(client, state="known")


def test_known_and_finished_matters_leave_the_list_of_what_is_late(late, lesson, client):
    late.sign_in(client, late.li)
    client.post(reverse("notices:known", args=[lesson.public_id]), {"back": f"{PAGE}?state=late"})
    assert Acknowledgement.objects.get(matter=lesson).person == late.li.subject
    assert "许静负责" not in page(client)
    assert "许静负责" in page(client, state="known")
    assert "没有符合条件的" in page(client, state="over")
    assert "每名学生每学期至少家访一次</p>" not in page(client, state="late")


def test_a_bearer_sees_their_own_and_cannot_end_or_repeat_it(late, lesson, client):
    late.sign_in(client, late.xu)
    said = page(client)
    assert "我自己负责" in said
    assert "刘洋负责" not in said
    assert "知道了</button>" not in said
    for action in ("notices:known", "notices:again"):
        assert client.post(reverse(action, args=[lesson.public_id])).status_code == 404


def test_a_colleague_of_the_committee_sees_it_and_cannot_stop_it(late, lesson, client):
    people.set_link("branch_committee", late.ma.subject, late.branch.subject, since=SINCE)
    late.sign_in(client, late.ma)
    said = page(client, state="")
    assert "许静负责" in said
    assert "知道了</button>" not in said
    for action in ("notices:known", "notices:again"):
        assert client.post(reverse(action, args=[lesson.public_id])).status_code == 404
    assert not Acknowledgement.objects.exists()


def without_lessons(cast) -> None:
    begin, end = WITH_STEPS.index("  - id: lesson-each-fortnight"), WITH_STEPS.index("  - id: study-hours")
    change(cast.programme, WITH_STEPS[:begin] + WITH_STEPS[end:], "去掉", by=cast.wang.account, base=1)


def test_what_the_programme_asks_no_more_is_closed_in_words_under_its_own_title(late, lesson, client):
    late.sign_in(client, late.xu)
    client.post(reverse("notices:read", args=[Message.objects.get(matter=lesson, step=-5).pk]))
    without_lessons(late)
    remind(late.school, LAST + timedelta(days=3))
    late.sign_in(client, late.wang)
    said = page(client, state="over")
    assert "党员每两周至少上一次公开课" in said
    assert "方案改了，不再要求" in said
    assert "一件事" not in said
    assert "知道了</button>" not in said
    assert client.post(reverse("notices:known", args=[lesson.public_id])).status_code == 404
    assert "党员每两周至少上一次公开课" not in page(client)
    late.sign_in(client, late.xu)
    mine = client.get(reverse("notices:inbox"), {"all": "1"}).content.decode()
    assert "党员每两周至少上一次公开课：方案改了，不再要求。" in mine
    assert "请尽快补上" not in mine


def test_whoever_was_told_answers_it_again_when_the_rule_is_back_a_colleague_not_told_cannot(
    late, lesson, client
):
    people.set_link("branch_committee", late.ma.subject, late.branch.subject, since=SINCE)
    without_lessons(late)
    remind(late.school, LAST + timedelta(days=3))
    change(late.programme, WITH_STEPS, "又要求", by=late.wang.account, base=2)
    remind(late.school, LAST + timedelta(days=3))
    late.sign_in(client, late.ma)
    assert "知道了</button>" not in page(client, state="")
    assert client.post(reverse("notices:known", args=[lesson.public_id])).status_code == 404
    late.sign_in(client, late.li)
    assert "知道了</button>" in page(client, who=late.xu.subject.public_id)
    client.post(reverse("notices:known", args=[lesson.public_id]))
    assert Acknowledgement.objects.get(matter=lesson).person == late.li.subject


def test_others_find_nothing_of_it(late, lesson, client):
    for stranger in (late.zhao, late.ma, late.chen):
        late.sign_in(client, stranger)
        assert "许静负责" not in page(client, state="")
        assert client.post(reverse("notices:known", args=[lesson.public_id])).status_code == 404
    assert not Acknowledgement.objects.exists()


def test_the_secretary_sees_figures_of_k3_and_no_child_the_class_teacher_sees_the_names(late, client):
    late.sign_in(client, late.wang)
    whole = page(client, state="coming", rule="visit-once-a-term")
    assert "还差6名学生" in whole
    assert not any(s.name in whole for room in late.students.values() for s in room)
    late.sign_in(client, late.liu)
    own = page(client, state="coming")
    assert "安小禾" in own
    assert not any(s.name in own for s in late.students[2])


def test_few_children_are_not_counted_for_whom_may_only_see_figures(late, client):
    for student in late.students[1][:4]:
        late.visit(student, LAST - timedelta(days=5))
    late.sign_in(client, late.wang)
    assert "还差2名学生" not in page(client, state="coming", who=late.liu.subject.public_id)
    late.sign_in(client, late.liu)
    assert "还差2名学生" in page(client, state="coming")


def test_telling_again_reaches_the_bearer_once_a_day_and_is_on_record(late, lesson, client):
    late.sign_in(client, late.wang)
    answer = client.post(reverse("notices:again", args=[lesson.public_id]), {"back": "//elsewhere.invalid/"})
    assert answer.url == PAGE
    assert "已再提醒" not in page(client)
    client.post(reverse("notices:again", args=[lesson.public_id]))
    assert "今天已经再提醒过一次" in page(client)
    assert Message.objects.filter(matter=lesson, topic="told_again").count() == 1
    assert AuditRow.objects.filter(action="notices.told_again").count() == 1


def test_long_lists_come_in_pages_and_cost_the_same_queries(late, client, django_assert_max_num_queries):
    crowd(late, 30)
    matter = Matter.objects.filter(programme=late.programme).first()
    for number in range(30):
        Matter.objects.create(
            school=late.school,
            programme=late.programme,
            obligation="branch-study-monthly",
            window=f"w{number}",
            first_day=LAST - timedelta(days=40 + number),
            due_day=LAST - timedelta(days=number),
            bearer=matter.bearer,
        )
    late.sign_in(client, late.wang)
    page(client)
    with django_assert_max_num_queries(45):
        first = page(client)
    assert first.count('class="todo told"') == 20
    assert 'rel="next"' in first


def test_the_page_says_kindly_that_nothing_is_late(world, client):
    world.sign_in(client, world.wang)
    assert "没有要跟进的事" in page(client)
    remind(world.school, LAST)
    assert "没有要跟进的事" in page(client)


def test_a_silent_worker_is_said_to_those_who_can_do_something(late, client, monkeypatch):
    outbox.beat()
    moment = timezone.now() + timedelta(minutes=5)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    late.sign_in(client, late.wang)
    assert "请在服务器上启动 tongxin worker" in page(client)
    late.sign_in(client, late.xu)
    assert "tongxin worker" not in page(client)
