"""What cannot wait leaves at once, calmly worded; robots never carry it; the worker's round, its clock, its silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from tongxin.exchange.notices import dispatch, services, topics, wording
from tongxin.exchange.notices.models import Preference, Robot
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.steady import SteadyClock
from tongxin.kernel.obligations import outbox
from tongxin.kernel.obligations.models import Delivery, Heartbeat, Message
from tongxin.kernel.signals import services as signals
from tongxin.kernel.signals.models import Call
from tongxin.modules.cases import trying, watch
from tongxin.modules.screening.signals import of_sitting
from tongxin.testing.cast import NOW

NIGHT = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)  # Sunday, half past three in the morning


class Clock:
    """A wall and ticks that tests move."""

    def __init__(self) -> None:
        self.wall, self.ticks = NOW, 100.0

    def steady(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.ticks)

    def pass_(self, **much: float) -> None:
        self.wall += timedelta(**much)
        self.ticks += timedelta(**much).total_seconds()


@pytest.fixture
def post(hall, settings):
    """The school lets e-mail out, everybody of the chain has an address and wants one letter a week, or none."""
    settings.MAIL = {"EMAIL_HOST": "mail.invalid"}
    settings.DEFAULT_FROM_EMAIL = "tongxin@school.invalid"
    settings.SITE_URL = "https://tongxin.invalid"
    cast = hall.cast
    values = {"email_on": True, "quiet_from": 21, "quiet_to": 7, "skip_days_off": True, "digest_hour": 8}
    services.save_settings(cast.school, values, by=cast.guo.viewer())
    for one in (cast.chen, hall.deputy, cast.wang):
        services.save_preference(
            one.viewer(), email=f"{one.account.login}@school.invalid", rhythm="weekly", muted=True
        )
    return hall


def test_an_urgent_call_leaves_at_night_on_a_sunday_whatever_its_reader_wished(post, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NIGHT)
    post.enter({"9": "1"})
    assert dispatch.run_urgent(NIGHT) == 1
    (letter,) = mail.outbox
    assert letter.to == ["chen@school.invalid"]
    said = letter.subject + letter.body
    assert not wording.GUARDED.search(said)
    assert "screening" not in said
    assert not any(child.name in said for child in post.cast.students[1])
    assert dispatch.run_urgent(NIGHT) == 0


def test_a_calm_one_waits_for_the_digest_and_says_nothing_of_it(post):
    Preference.objects.update(rhythm="daily", muted=False)
    post.enter({"1": "2", "2": "2", "3": "2", "4": "2", "5": "1", "6": "1"})
    assert dispatch.run_urgent(NOW) == 0
    assert dispatch.run(NOW) == 1
    (letter,) = mail.outbox
    assert "登录后查看" in letter.body
    assert not wording.GUARDED.search(letter.subject + letter.body)


def test_what_is_urgent_is_in_no_digest_and_no_group(post):
    Preference.objects.update(rhythm="at_once", muted=False)
    robot = Robot(school=post.cast.school, service="wecom", title="群")
    services.save_robot(robot, key="wecomkey-1234", sign="", by=post.cast.guo.viewer())
    post.enter({"9": "1"})
    dispatch.run(NOW)
    assert not Delivery.objects.exists()


def test_a_letter_that_did_not_arrive_is_tried_again_within_two_minutes(post, monkeypatch):
    post.enter({"9": "1"})

    def down(*_args):
        raise outbox.NotSent("unreachable")

    with monkeypatch.context() as patch:
        patch.setattr(dispatch.channels, "send_email", down)
        assert dispatch.run_urgent(NOW) == 0
        for _try in range(5):
            Delivery.objects.update(not_before=NOW)
            dispatch.run_urgent(NOW)
    delivery = Delivery.objects.get()
    assert delivery.not_before - NOW <= timedelta(minutes=2)
    assert dispatch.run_urgent(NOW + timedelta(minutes=2)) == 1


def test_a_call_that_was_taken_sends_no_letter(post):
    post.enter({"9": "1"})
    signals.take(of_sitting(post.sitting).get(), post.cast.chen.viewer())
    assert dispatch.run_urgent(NOW) == 0
    assert mail.outbox == []


def test_a_school_that_lets_no_mail_out_keeps_it_in_its_pages(post):
    values = {"email_on": False, "quiet_from": 21, "quiet_to": 7, "skip_days_off": True, "digest_hour": 8}
    services.save_settings(post.cast.school, values, by=post.cast.guo.viewer())
    post.enter({"9": "1"})
    assert dispatch.run_urgent(NOW) == 0
    assert Message.objects.filter(topic=topics.CALLED).exists()


def test_a_trial_reaches_each_of_the_chain_and_says_that_it_is_one(post):
    assert trying.try_chain(post.cast.school, by=post.cast.wang.viewer()) == 3
    assert trying.try_chain(post.cast.school, by=post.cast.wang.viewer()) == 3
    assert dispatch.run_urgent(NOW) == 3
    assert all("试发" in letter.subject for letter in mail.outbox)
    assert not Call.objects.exists()


def test_a_notice_leads_to_the_queue(post, client):
    post.enter({"9": "1"})
    post.cast.sign_in(client, post.cast.chen)
    for page in (reverse("notices:inbox"), "/"):
        assert f'href="{reverse("cases:signals")}"' in client.get(page).content.decode()


# ------------------------------------------------------------------ the worker's round


def test_a_round_calls_the_next_and_sends_it_in_the_same_breath(post):
    clock = Clock()
    steady = clock.steady()
    post.enter({"9": "1"})
    assert watch.run(steady) == 0
    clock.pass_(minutes=16)
    assert watch.run(steady) == 1
    assert [letter.to[0] for letter in mail.outbox] == ["chen@school.invalid", "he@school.invalid"]


def test_after_a_restart_the_first_round_catches_up_step_by_step(post):
    clock = Clock()
    post.enter({"9": "1"})
    clock.pass_(hours=9)
    steady = clock.steady()
    assert watch.run(steady) == 1
    clock.pass_(minutes=16)
    assert watch.run(steady) == 1
    clock.pass_(minutes=16)
    watch.run(steady)
    called = set(Call.objects.values_list("person__name", flat=True))
    assert called == {"陈晨", "何敏", "王建国"}


@pytest.mark.parametrize("jump", [-3600, 3600])
def test_a_clock_that_jumped_is_an_alarm_and_delays_no_call(post, jump):
    clock = Clock()
    steady = clock.steady()
    post.enter({"9": "1"})
    clock.pass_(minutes=16)
    clock.wall += timedelta(seconds=jump)
    assert watch.run(steady) == 1
    told = set(Message.objects.filter(topic=topics.CLOCK_OFF).values_list("recipient__name", flat=True))
    assert told == {"陈晨", "何敏", "王建国", "郭维"}
    watch.run(steady)
    assert AuditRow.objects.filter(action="signal.clock_off").count() == 1


def test_a_clock_within_a_minute_is_no_alarm(post):
    clock = Clock()
    steady = clock.steady()
    clock.wall += timedelta(seconds=59)
    watch.run(steady)
    assert not Message.objects.filter(topic=topics.CLOCK_OFF).exists()


def test_one_call_that_cannot_be_passed_on_does_not_hold_up_the_others(post, monkeypatch):
    post.enter({"9": "1"}, 0)
    post.enter({"9": "1"}, 1)
    whole, broken = signals._run_out, Call.objects.order_by("due_at", "pk").first()

    def run_out(pk, now):
        if pk == broken.pk:
            raise RuntimeError("broken")
        return whole(pk, now)

    monkeypatch.setattr(signals, "_run_out", run_out)
    assert signals.escalate(NOW + timedelta(minutes=16)) == 1


# ------------------------------------------------------------------ what every page says


def frame(client, player, cast) -> str:
    cast.sign_in(client, player)
    return client.get("/").content.decode()


def test_every_page_of_the_people_concerned_says_when_the_worker_is_silent(post, client):
    cast = post.cast
    assert "后台没有在运行" not in frame(client, cast.chen, cast)
    Heartbeat.objects.update(at=NOW - timedelta(seconds=121))
    for one in (cast.chen, post.deputy, cast.wang):
        assert "后台没有在运行" in frame(client, one, cast)
    for one in (cast.liu, cast.sun, cast.guo, cast.zhao):
        assert "后台没有在运行" not in frame(client, one, cast)


def test_every_page_of_who_was_called_says_that_a_child_waits(post, client):
    cast = post.cast
    assert "请您现在当面看看" not in frame(client, cast.chen, cast)
    post.enter({"9": "1"})
    assert "有学生请您现在当面看看" in frame(client, cast.chen, cast)
    assert "有学生请您现在当面看看" not in frame(client, cast.wang, cast)
    signals.take(of_sitting(post.sitting).get(), cast.chen.viewer())
    assert "有学生请您现在当面看看" not in frame(client, cast.chen, cast)
