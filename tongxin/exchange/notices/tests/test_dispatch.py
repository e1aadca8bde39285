"""Digests: one message per person and day, quiet hours wait, what is done meanwhile is left out, no child is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from tongxin.exchange.notices import dispatch, services
from tongxin.exchange.notices.models import Preference, Robot
from tongxin.exchange.notices.tasks import send_messages
from tongxin.kernel.obligations import outbox
from tongxin.kernel.obligations.models import Delivery, Message
from tongxin.kernel.obligations.reminders import remind
from tongxin.kernel.people import services as people


def local(day: int, hour: int) -> datetime:
    """A moment in November 2026, Shanghai time; the 18th is a Wednesday."""
    return datetime(2026, 11, day, hour, tzinfo=UTC) - timedelta(hours=8)


@pytest.fixture
def clock(monkeypatch):
    """Set what time it is; rows made then say so."""

    def set_to(moment: datetime) -> datetime:
        monkeypatch.setattr(timezone, "now", lambda: moment)
        return moment

    return set_to


def wants(player, rhythm: str = "daily", muted: bool = False) -> None:
    services.save_preference(
        player.viewer(), email=f"{player.account.login}@school.invalid", rhythm=rhythm, muted=muted
    )
    Preference.objects.filter(person=player.subject).update(since=local(1, 0))


def round_at(cast, clock, day: int, hour: int) -> int:
    """Run a morning's computing and one round of the sender."""
    now = clock(local(day, hour))
    remind(cast.school, timezone.localdate())
    Message.objects.filter(created_at__gt=now).update(created_at=now)
    return dispatch.run(now)


def test_a_digest_is_one_message_a_day_with_everything_in_it(world, clock):
    wants(world.liu)
    assert round_at(world, clock, 18, 7) == 0
    assert round_at(world, clock, 18, 8) == 1
    assert round_at(world, clock, 18, 9) == 0
    (letter,) = mail.outbox
    assert letter.to == ["liu@school.invalid"]
    assert letter.subject == "提醒：您有2件事要留意"
    assert "党员每两周至少上一次公开课，11月22日到期" in letter.body
    assert "https://tongxin.invalid/notices/" in letter.body


def test_what_is_k3_is_only_counted_and_no_child_is_named(world, clock):
    wants(world.liu)
    round_at(world, clock, 18, 8)
    (letter,) = mail.outbox
    assert "您有1件事2027年1月15日到期，登录后查看。" in letter.body
    assert "家访" not in letter.body + letter.subject
    assert not any(pupil.name in letter.body for pupil in world.students[1])


def test_a_title_about_mental_health_does_not_leave_whatever_its_class(world, clock, robots, network):
    programme = world.programme.versions.get()
    type(programme).objects.filter(pk=programme.pk).update(
        text=programme.text.replace("至少上一次公开课", "至少上一次心理课")
    )
    wants(world.xu)
    round_at(world, clock, 18, 8)
    said = mail.outbox[0].body + mail.outbox[0].subject + str(network.asked)
    assert "心理" not in said
    assert "您有1件事11月22日到期，登录后查看。" in said


def test_nor_does_it_leave_in_english(world, clock):
    """A title is guarded by its Chinese, however harmless its translation sounds."""
    programme = world.programme.versions.get()
    type(programme).objects.filter(pk=programme.pk).update(
        text=programme.text.replace("党员每两周至少上一次公开课", "建立四级预警网络，四级都有人")
    )
    type(world.xu.account).objects.filter(pk=world.xu.account.pk).update(language="en")
    wants(world.xu)
    round_at(world, clock, 18, 8)
    said = mail.outbox[0].body + mail.outbox[0].subject
    assert "预警" not in said
    assert "four-level" not in said.lower()
    assert "Nov" in said


def test_nothing_leaves_in_quiet_hours_or_on_days_off_and_nothing_is_lost(world, clock):
    wants(world.xu, "at_once")
    assert round_at(world, clock, 18, 22) == 0
    assert round_at(world, clock, 19, 6) == 0
    assert round_at(world, clock, 19, 7) == 1
    wants(world.li, "at_once")
    assert round_at(world, clock, 21, 10) == 0
    assert round_at(world, clock, 23, 10) == 1
    assert [m.to for m in mail.outbox] == [["xu@school.invalid"], ["li@school.invalid"]]


def test_what_was_done_before_the_digest_is_not_in_it(world, clock):
    wants(world.xu)
    clock(local(18, 6))
    remind(world.school, timezone.localdate())
    assert outbox.inbox(world.xu.viewer()).exists()
    world.record(
        "wellbeing_lesson",
        local(17, 10).date(),
        {"homeroom": [world.room_one.subject], "lecturer": [world.xu.subject]},
        by=world.xu,
    )
    assert dispatch.run(clock(local(18, 8))) == 0
    assert mail.outbox == []


def test_what_its_reader_put_away_on_the_page_is_not_sent(world, clock):
    wants(world.xu)
    clock(local(18, 6))
    remind(world.school, timezone.localdate())
    outbox.put_away(outbox.inbox(world.xu.viewer()))
    assert dispatch.run(clock(local(18, 8))) == 0


def test_muted_people_are_told_only_what_was_escalated_to_them(world, clock):
    wants(world.li, muted=True)
    assert round_at(world, clock, 18, 8) == 0
    assert round_at(world, clock, 24, 8) == 1
    body = mail.outbox[0].body
    assert "要您做的" not in body
    assert "请您过问的：" in body
    assert "许静：党员每两周至少上一次公开课，11月22日已到期" in body


def test_a_weekly_digest_does_not_hold_up_what_was_escalated(world, clock):
    wants(world.li, "weekly")
    round_at(world, clock, 18, 8)
    assert len(mail.outbox) == 1
    assert round_at(world, clock, 19, 8) == 0
    assert round_at(world, clock, 24, 8) >= 1
    assert any("请您过问的" in m.body for m in mail.outbox[1:])


def test_a_refused_letter_is_tried_again_and_the_trouble_is_kept(world, clock, monkeypatch):
    wants(world.xu)

    def down(*_args, **_more):
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", down)
        assert round_at(world, clock, 18, 8) == 0
    assert Delivery.objects.get().trouble == "unreachable"
    assert dispatch.run(clock(local(18, 9))) == 1
    delivery = Delivery.objects.get()
    assert (delivery.trouble, delivery.tries, delivery.sent_at is not None) == ("", 2, True)


def test_who_has_left_is_told_nothing_more(world, clock):
    wants(world.xu)
    people.depart(world.xu.subject, local(17, 0).date(), by=None)
    assert round_at(world, clock, 18, 8) == 0
    assert mail.outbox == []


def test_a_school_that_turned_mail_off_sends_none(world, clock):
    wants(world.xu)
    values = {"email_on": False, "quiet_from": 21, "quiet_to": 7, "skip_days_off": True, "digest_hour": 8}
    services.save_settings(world.school, values, by=world.guo.viewer())
    assert round_at(world, clock, 18, 8) == 0


def test_each_group_gets_one_post_a_day_without_anybody_s_name(world, clock, robots, network):
    Robot.objects.update(created_at=local(1, 0))
    assert round_at(world, clock, 18, 8) == 3
    assert round_at(world, clock, 18, 10) == 0
    said = str(network.asked)
    assert len(network.asked) == 3
    assert "· 党员每两周至少上一次公开课：3人" in said
    assert "另有2件事请登录查看。" in said
    names = [p.name for room in world.students.values() for p in room] + ["刘洋", "许静", "李梅", "家访"]
    assert not any(name in said for name in names)


def test_a_robot_that_was_stopped_or_removed_meanwhile_gets_nothing(world, clock, robots, network):
    Robot.objects.update(created_at=local(1, 0))
    network.down = True
    assert round_at(world, clock, 18, 8) == 0
    network.down = False
    services.switch_robot(robots["wecom"], False, by=world.guo.viewer())
    services.remove_robot(robots["feishu"], by=world.guo.viewer())
    assert dispatch.run(clock(local(18, 9))) == 1
    assert [address.split("/")[2] for address, _body in network.asked] == ["oapi.dingtalk.com"]


def test_letters_are_written_in_their_reader_s_language(world, clock):
    world.xu.account.language = "en"
    world.xu.account.save()
    wants(world.xu)
    round_at(world, clock, 18, 8)
    assert mail.outbox[0].subject == "Reminder: 1 thing for you"


def test_the_worker_s_round_shows_everything_on_people_s_pages_and_beats(world, clock):
    clock(local(18, 22))
    remind(world.school, timezone.localdate())
    send_messages.func()
    assert not Message.objects.filter(delivered_at=None).exists()
    assert outbox.silent_since() is None
