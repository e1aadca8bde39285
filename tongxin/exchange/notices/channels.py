"""The ways out: Django's mail, and the group robots (`robots.py`). Each raises NotSent with a code."""

from __future__ import annotations

import hashlib
import logging
import re
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from tongxin.kernel.obligations.outbox import NotSent

from .models import Robot
from .sealing import CannotOpen, seal, unseal

logger = logging.getLogger(__name__)

EMAIL = "email"
# Where each service gives its robots an address; the part in brackets is the robot's key.
ADDRESSES = {
    "wecom": re.compile(r"^https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send/?\?key=([A-Za-z0-9_-]{8,})$"),
    "dingtalk": re.compile(r"^https://oapi\.dingtalk\.com/robot/send\?access_token=([A-Za-z0-9]{8,})$"),
    "feishu": re.compile(r"^https://open\.feishu\.cn/open-apis/bot/v2/hook/([A-Za-z0-9_-]{8,})/?$"),
}
KEY = re.compile(r"^[A-Za-z0-9_-]{8,}$")


def key_in(service: str, said: str) -> str | None:
    """Return the robot's key from its whole address or from the key alone; None when it is neither."""
    said = said.strip()
    found = ADDRESSES[service].match(said)
    if found:
        return found[1]
    return said if KEY.match(said) and not (service == "dingtalk" and not said.isalnum()) else None


def place(robot: Robot, column: str) -> str:
    return f"notice_robot/{column}/{robot.public_id}"


def keep_key(robot: Robot, key: str, sign: str) -> None:
    """Seal a robot's key and signing secret into the row (not saved here); only a hint stays readable."""
    robot.sealed = seal(key, place(robot, "sealed"))
    robot.sealed_sign = seal(sign, place(robot, "sealed_sign")) if sign else ""
    robot.hint = key[-4:]


def post_to_robot(robot: Robot, text: str) -> None:
    """Post a text to a group. Raises NotSent. The demo posts nowhere."""
    if is_demo():
        return
    try:
        key = unseal(robot.sealed, place(robot, "sealed"))
        sign = unseal(robot.sealed_sign, place(robot, "sealed_sign")) if robot.sealed_sign else None
    except CannotOpen as error:
        raise NotSent("key_lost") from error
    from . import (
        robots,
    )  # what speaks to robots loads a good part of the web's libraries, and many schools have none

    if code := robots.post(robot.service, key, sign, text):
        logger.info("robot did not take a message robot=%s code=%s", robot.pk, code)
        raise NotSent(code)


def is_demo() -> bool:
    """Say whether this is the demo, also when its data folder is served as if it were a real one."""
    return settings.DEMO or (settings.DATA_DIR / "demo.json").exists()


def email_ready() -> bool:
    """Say whether this installation knows a mail server."""
    return bool(settings.MAIL) or is_demo()


def send_email(to: str, subject: str, body: str, key: str) -> None:
    """Send one e-mail. key: the delivery's; the same delivery sent twice carries the same Message-ID. Raises NotSent."""
    if is_demo():
        return
    if not email_ready():
        raise NotSent("no_mail_server")
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >") or "localhost"
    name = hashlib.sha256(f"{settings.SECRET_KEY}|{key}".encode()).hexdigest()[:32]
    mail = EmailMessage(
        subject,
        body,
        to=[to],
        headers={"Message-ID": f"<{name}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        raise NotSent("recipient") from error
    except smtplib.SMTPAuthenticationError as error:
        raise NotSent("mail_password") from error
    except smtplib.SMTPException as error:
        raise NotSent("refused") from error
    except OSError as error:
        raise NotSent("unreachable") from error


def trouble_words(code: str) -> str:
    """Say what went wrong and what to do, in one sentence."""
    return {
        "unreachable": _("没有连上对方的服务器。请检查这台服务器能不能上网，过一会儿会自动再试。"),
        "refused": _("对方没有接受。请核对机器人的地址，以及群里设的关键词（填“提醒”）或加签。"),
        "too_many": _("发得太密，对方请我们等一等，过一会儿会自动再试。"),
        "key_lost": _("密钥已经打不开了（服务器换过签名钥匙）。请重新填写机器人的地址。"),
        "no_mail_server": _("还没有邮件服务器。请信息管理员设 TONGXIN_MAIL。"),
        "recipient": _("邮件服务器不认这个邮箱地址。请核对邮箱。"),
        "mail_password": _("邮件服务器不认发信的账号和密码。请信息管理员核对 TONGXIN_MAIL。"),
        "no_address": _("这个人还没有填邮箱。"),
        "gone": _("机器人已经停用。"),
    }.get(code, _("没有发出去，过一会儿会自动再试。"))
