"""Robots and mail: only the network is replaced."""

from __future__ import annotations

import smtplib

import pytest
from django.core import mail

from tongxin.exchange.notices import channels, services
from tongxin.exchange.notices.models import Robot
from tongxin.exchange.notices.sealing import CannotOpen, seal, unseal
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.obligations.outbox import NotSent

HOSTS = {"wecom": "qyapi.weixin.qq.com", "dingtalk": "oapi.dingtalk.com", "feishu": "open.feishu.cn"}


@pytest.mark.parametrize("service", HOSTS)
def test_each_robot_gets_the_text_at_its_own_service(robots, network, service):
    channels.post_to_robot(robots[service], "提醒：3件事快到期")
    ((address, body),) = network.asked
    assert address.split("/")[2] == HOSTS[service]
    assert "提醒：3件事快到期" in str(body)


def test_dingtalk_posts_are_signed(robots, network):
    channels.post_to_robot(robots["dingtalk"], "提醒")
    assert "sign=" in network.asked[0][0]
    assert "SECabc123" not in network.asked[0][0]


@pytest.mark.parametrize("service", HOSTS)
@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (200, {"errcode": 93000, "errmsg": "invalid webhook url", "code": 19001}, "refused"),
        (404, {}, "refused"),
        (200, [], "refused"),
        (429, {}, "too_many"),
        (200, {"errcode": 45009, "code": 11232}, "too_many"),
    ],
)
def test_a_refusal_counts_as_one_even_with_http_200(robots, network, service, status, answer, code):
    network.status, network.answer = status, answer
    with pytest.raises(NotSent) as error:
        channels.post_to_robot(robots[service], "提醒")
    assert error.value.code == code


def test_no_way_out_is_said_in_a_sentence(world, robots, network):
    network.down = True
    said = services.try_robot(robots["wecom"], by=world.guo.viewer())
    assert said.startswith("没有发出去：没有连上对方的服务器")
    robot = Robot.objects.get(pk=robots["wecom"].pk)
    assert (robot.trouble, robot.tried_at is not None) == ("unreachable", True)


def test_a_tried_robot_says_where_to_look(world, robots, network):
    assert "已经发到“wecom群”" in services.try_robot(robots["wecom"], by=world.guo.viewer())
    assert AuditRow.objects.filter(action="notices.robot_tried").get().data == {"outcome": "sent"}


def test_the_demo_posts_and_mails_nowhere(world, robots, network, settings):
    settings.DEMO = True
    assert "没有真的发出去" in services.try_robot(robots["feishu"], by=world.guo.viewer())
    assert "没有真的发出去" in services.try_email(world.liu.viewer(), "liu@school.invalid")
    assert (network.asked, mail.outbox) == ([], [])


def test_keys_are_unreadable_in_the_database_and_bound_to_their_row(robots):
    rows = str(list(Robot.objects.values()))
    assert not any(key in rows for key in ("wecomkey-1234", "dingtalktoken1234", "SECabc123"))
    sealed = seal("secret", "a/b/c")
    assert unseal(sealed, "a/b/c") == "secret"
    with pytest.raises(CannotOpen):
        unseal(sealed, "a/b/d")
    with pytest.raises(CannotOpen):
        unseal("nonsense", "a/b/c")


def test_a_key_sealed_under_another_signing_key_asks_to_be_entered_again(robots, network, settings):
    settings.SECRET_KEY = "another-" + "y" * 40
    with pytest.raises(NotSent) as error:
        channels.post_to_robot(robots["wecom"], "提醒")
    assert error.value.code == "key_lost"
    assert network.asked == []


@pytest.mark.parametrize(
    ("service", "said", "key"),
    [
        (
            "wecom",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4",
            "693a91f6-7xxx-4bc4",
        ),
        (
            "dingtalk",
            " https://oapi.dingtalk.com/robot/send?access_token=abcdef1234567890 ",
            "abcdef1234567890",
        ),
        ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/0a1b2c3d-aaaa", "0a1b2c3d-aaaa"),
        ("wecom", "693a91f6-7xxx-4bc4", "693a91f6-7xxx-4bc4"),
        ("wecom", "https://elsewhere.invalid/cgi-bin/webhook/send?key=693a91f6", None),
        ("feishu", "http://open.feishu.cn/open-apis/bot/v2/hook/0a1b2c3d", None),
        ("dingtalk", "abc/../def12345", None),
        ("wecom", "", None),
    ],
)
def test_only_the_services_own_addresses_are_taken(service, said, key):
    assert channels.key_in(service, said) == key


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (smtplib.SMTPRecipientsRefused({}), "recipient"),
        (smtplib.SMTPAuthenticationError(535, b"no"), "mail_password"),
        (smtplib.SMTPServerDisconnected(), "refused"),
        (TimeoutError(), "unreachable"),
    ],
)
def test_what_the_mail_server_says_becomes_a_code(world, monkeypatch, error, code):
    def fails(*_args, **_more):
        raise error

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fails)
    with pytest.raises(NotSent) as raised:
        channels.send_email("liu@school.invalid", "提醒", "正文", "key")
    assert raised.value.code == code
    assert channels.trouble_words(code) != channels.trouble_words("?")


def test_the_same_delivery_sent_twice_carries_the_same_message_id(world):
    for key in ("email:1:2026-11-18", "email:1:2026-11-18", "email:1:2026-11-19"):
        channels.send_email("liu@school.invalid", "提醒", "正文", key)
    first, second, other = (m.extra_headers["Message-ID"] for m in mail.outbox)
    assert first == second != other
