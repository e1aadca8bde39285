"""The school's settings and one's own: may and may not, secrets masked, nonsense refused in words, all on record."""

from __future__ import annotations

import pytest
from django.core import mail
from django.urls import reverse

from tongxin.exchange.notices import channels
from tongxin.exchange.notices.models import NoticeSettings, Preference, Robot
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.obligations import outbox
from tongxin.testing.cast import NOW

SETTINGS = reverse("notices:settings")
MINE = reverse("notices:preferences")
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7abc-4bc4-97a0"
VALUES = {"email_on": "on", "digest_hour": "8", "quiet_from": "21", "quiet_to": "7", "skip_days_off": "on"}


@pytest.fixture
def robot(world, client) -> Robot:
    world.sign_in(client, world.guo)
    client.post(reverse("notices:robot_new"), {"service": "wecom", "title": "班主任群", "address": WECOM})
    return Robot.objects.get()


def test_settings_are_saved_with_what_changed_on_record(world, client):
    world.sign_in(client, world.guo)
    client.post(SETTINGS, VALUES)
    assert NoticeSettings.objects.get().email_on
    assert AuditRow.objects.get(action="notices.settings_changed").data == {
        "changed": ["email_on", "digest_hour"]
    }


def test_a_digest_in_quiet_hours_is_refused_in_words(world, client):
    world.sign_in(client, world.wang)
    said = client.post(SETTINGS, VALUES | {"digest_hour": "6"}).content.decode()
    assert "汇总的时间落在不打扰的时段里" in said
    assert not NoticeSettings.objects.exists()


@pytest.mark.parametrize("who", ["liu", "li", "sun", "zhao", "zhou"])
def test_only_those_who_keep_the_school_s_settings_find_them(world, client, robot, who):
    world.sign_in(client, getattr(world, who))
    for name in ("settings", "robot_new"):
        assert client.get(reverse(f"notices:{name}")).status_code == 404
    for name in ("robot_edit", "robot_try", "robot_switch", "robot_remove"):
        assert client.post(reverse(f"notices:{name}", args=[robot.public_id])).status_code == 404
    assert Robot.objects.get().active


def test_a_robot_s_key_is_shown_masked_and_stays_when_the_field_is_left_empty(world, client, robot):
    for address in (SETTINGS, reverse("notices:robot_edit", args=[robot.public_id])):
        said = client.get(address).content.decode()
        assert "693a91f6" not in said
        assert "97a0" in said
    client.post(reverse("notices:robot_edit", args=[robot.public_id]), {"title": "全体群", "address": ""})
    robot.refresh_from_db()
    assert robot.title == "全体群"
    assert channels.unseal(robot.sealed, channels.place(robot, "sealed")) == "693a91f6-7abc-4bc4-97a0"
    assert "693a91f6" not in str(list(AuditRow.objects.values()))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"address": ""}, "请粘贴机器人的地址"),
        ({"address": "https://elsewhere.invalid/hook"}, "这不是企业微信机器人的地址"),
        ({"address": WECOM, "service": "feishu"}, "这不是飞书机器人的地址"),
        ({"address": WECOM, "sign": "SECabc"}, "加签密钥只有钉钉有"),
    ],
)
def test_a_wrong_address_is_refused_in_words(world, client, changes, said):
    world.sign_in(client, world.guo)
    values = {"service": "wecom", "title": "群"} | changes
    assert said in client.post(reverse("notices:robot_new"), values).content.decode()
    assert not Robot.objects.exists()


def test_trying_a_robot_says_what_happened(world, client, robot, network):
    client.post(reverse("notices:robot_try", args=[robot.public_id]))
    said = client.get(SETTINGS).content.decode()
    assert "已经发到“班主任群”" in said
    assert "已接通" in said
    network.answer = {"errcode": 93000}
    client.post(reverse("notices:robot_try", args=[robot.public_id]))
    assert "没有发出去：对方没有接受" in client.get(SETTINGS).content.decode()


def test_a_robot_can_be_stopped_and_removed(world, client, robot):
    client.post(reverse("notices:robot_switch", args=[robot.public_id]))
    assert "已停用" in client.get(SETTINGS).content.decode()
    client.post(reverse("notices:robot_remove", args=[robot.public_id]))
    assert not Robot.objects.exists()
    actions = set(AuditRow.objects.filter(action__startswith="notices.").values_list("action", flat=True))
    assert actions == {"notices.robot_added", "notices.robot_stopped", "notices.robot_removed"}


def test_everybody_sets_their_own_notices_and_only_those(world, client):
    world.sign_in(client, world.liu)
    client.post(MINE, {"email": "liu@school.invalid", "rhythm": "weekly", "muted": "on"})
    wish = Preference.objects.get()
    assert (wish.person, wish.email, wish.rhythm, wish.muted) == (
        world.liu.subject,
        "liu@school.invalid",
        "weekly",
        True,
    )
    world.sign_in(client, world.ma)
    assert "liu@school.invalid" not in client.get(MINE).content.decode()
    said = client.post(MINE, {"email": "nonsense", "rhythm": "daily"}).content.decode()
    assert "邮箱写得不对" in said


def test_a_letter_to_oneself_says_what_happened(world, client, settings):
    world.sign_in(client, world.liu)
    client.post(reverse("notices:try_email"))
    assert "请先填邮箱并保存" in client.get(MINE).content.decode()
    client.post(MINE, {"email": "liu@school.invalid", "rhythm": "daily"})
    client.post(reverse("notices:try_email"))
    assert "还没有邮件服务器" in client.get(MINE).content.decode()
    settings.MAIL = {"host": "mail.invalid"}
    client.post(reverse("notices:try_email"))
    assert [letter.to for letter in mail.outbox] == [["liu@school.invalid"]]


def test_what_could_not_be_sent_is_said_and_tried_again_at_once(world, client):
    message, _new = outbox.put(
        "k", school_id=world.school.pk, recipient_id=world.liu.subject.pk, topic="t", data={}
    )
    outbox.bundle(
        "k", "email", [message], school_id=world.school.pk, recipient_id=message.recipient_id, now=NOW
    )

    def refused(_delivery, _messages):
        raise outbox.NotSent("unreachable")

    outbox.send_waiting(refused, now=NOW)
    world.sign_in(client, world.guo)
    assert "没有连上对方的服务器" in client.get(SETTINGS).content.decode()
    assert outbox.send_waiting(lambda _d, _m: None, now=NOW) == 0
    client.post(reverse("notices:retry"))
    assert outbox.send_waiting(lambda _d, _m: None, now=NOW) == 1
    assert AuditRow.objects.get(action="notices.tried_again").data == {"deliveries": 1}
    assert "没有连上对方的服务器" not in client.get(SETTINGS).content.decode()
