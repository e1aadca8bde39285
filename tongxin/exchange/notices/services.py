"""Writes about how a school and its people are told: settings, robots, preferences, calendar addresses."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings as configuration
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School
from tongxin.kernel.obligations import outbox
from tongxin.kernel.obligations.models import Delivery
from tongxin.kernel.obligations.outbox import NotSent

from . import channels
from .models import CalendarFeed, NoticeSettings, Preference, Robot

WRONG_TRIES = 20
WRONG_WINDOW = timedelta(minutes=15)
SETTINGS = ("email_on", "quiet_from", "quiet_to", "skip_days_off", "digest_hour")


class TooManyTries(ValueError):
    """Too many wrong addresses of late; try again later."""


class NoSuchFeed(ValueError):
    """Nothing answers to this address."""


def settings_of(school: School) -> NoticeSettings:
    """Return a school's settings; until somebody saves them, the careful defaults: nothing leaves the house."""
    return NoticeSettings.objects.filter(school=school).first() or NoticeSettings(school=school)


@transaction.atomic
def save_settings(school: School, values: dict, *, by: Viewer) -> NoticeSettings:
    """Save the school's settings and note which changed."""
    before = settings_of(school)
    changed = [name for name in SETTINGS if getattr(before, name) != values[name]]
    saved, _new = NoticeSettings.objects.update_or_create(
        school=school, defaults={name: values[name] for name in SETTINGS}
    )
    audit.write(by, "notices.settings_changed", school, school_id=school.pk, changed=changed)
    return saved


def channel_of(robot: Robot) -> str:
    return f"{robot.service}:{robot.pk}"


@transaction.atomic
def save_robot(robot: Robot, *, key: str, sign: str, by: Viewer) -> Robot:
    """Save a robot; an empty key keeps the one it has. The audit row says which robot, never its key."""
    new = robot.pk is None
    if key:
        channels.keep_key(robot, key, sign)
        robot.trouble = ""
    robot.save()
    audit.write(by, "notices.robot_added" if new else "notices.robot_changed", robot, key_changed=bool(key))
    return robot


@transaction.atomic
def switch_robot(robot: Robot, active: bool, *, by: Viewer) -> None:
    """Stop or start a robot. A stopped one keeps nothing waiting: it starts afresh."""
    Robot.objects.filter(pk=robot.pk).update(active=active, created_at=timezone.now())
    audit.write(by, "notices.robot_started" if active else "notices.robot_stopped", robot)


@transaction.atomic
def remove_robot(robot: Robot, *, by: Viewer) -> None:
    audit.write(by, "notices.robot_removed", robot)
    Robot.objects.filter(pk=robot.pk).delete()


@transaction.atomic
def try_again(school: School, *, by: Viewer) -> int:
    """Let what could not be sent go out at once; return how many deliveries wait now."""
    stuck = Delivery.objects.filter(school=school).exclude(trouble="")
    count = outbox.try_again(stuck, timezone.now())
    audit.write(by, "notices.tried_again", school, school_id=school.pk, deliveries=count)
    return count


def note_try(robot: Robot, code: str) -> None:
    Robot.objects.filter(pk=robot.pk).update(tried_at=timezone.now(), trouble=code)


def test_words(school: School) -> str:
    return _("【%(school)s】提醒：这是一条试发的消息。看到它，说明已经接通。") % {
        "school": school.short_name or school.name
    }


def try_robot(robot: Robot, *, by: Viewer) -> str:
    """Post one message to see whether it arrives; return what happened in a sentence."""
    code = ""
    try:
        channels.post_to_robot(robot, test_words(robot.school))
    except NotSent as error:
        code = error.code
    with transaction.atomic():
        note_try(robot, code)
        audit.write(by, "notices.robot_tried", robot, outcome=code or "sent")
    return _outcome(code, _("已经发到“%(where)s”，请到群里看一眼。") % {"where": robot.title})


def try_email(viewer: Viewer, address: str) -> str:
    """Send one e-mail to see whether it arrives; return what happened in a sentence."""
    if viewer.school is None:
        raise ValueError("a viewer without a school has nobody to write for")
    code = ""
    try:
        channels.send_email(
            address, _("提醒：试发的邮件"), test_words(viewer.school) + "\n", f"try:{secrets.token_hex(8)}"
        )
    except NotSent as error:
        code = error.code
    with transaction.atomic():
        audit.write(
            viewer, "notices.email_tried", viewer.school, school_id=viewer.school_id, outcome=code or "sent"
        )
    return _outcome(code, _("已经交给邮件服务器，请到邮箱里看一眼。"))


def _outcome(code: str, done: str) -> str:
    if code:
        return _("没有发出去：%(why)s") % {"why": channels.trouble_words(code)}
    if channels.is_demo():
        return _("这是演示，没有真的发出去。正式使用时会发出，并在这里说明结果。")
    return done


@transaction.atomic
def save_preference(viewer: Viewer, *, email: str, rhythm: str, muted: bool) -> Preference:
    """Save how this person wants to be told; from a new address on, only what is new is sent."""
    if viewer.person is None or viewer.school is None:
        raise ValueError("only somebody of a school has preferences")
    known = Preference.objects.filter(person=viewer.person_id).first()
    since = known.since if known and known.email == email else timezone.now()
    saved, _new = Preference.objects.update_or_create(
        person_id=viewer.person_id,
        defaults={"school": viewer.school, "email": email, "rhythm": rhythm, "muted": muted, "since": since},
    )
    audit.write(viewer, "notices.preference_changed", saved, rhythm=rhythm, muted=muted, email=bool(email))
    return saved


# calendar addresses


@dataclass(frozen=True)
class Address:
    """A calendar address as it can be read once: feed and secret make its path."""

    feed: CalendarFeed
    secret: str


def _hash(secret: str) -> str:
    return hmac.new(configuration.SECRET_KEY.encode(), f"feed|{secret}".encode(), hashlib.sha256).hexdigest()


def feed_of(viewer: Viewer) -> CalendarFeed | None:
    if viewer.person_id is None:
        return None
    rows = CalendarFeed.objects.filter(person=viewer.person_id, account=viewer.account, revoked_at=None)
    return rows.order_by("-pk").first()


@transaction.atomic
def new_feed(viewer: Viewer) -> Address:
    """Make a calendar address; an earlier one ends. The secret can be read only now."""
    if viewer.person is None or viewer.account is None:
        raise ValueError("only somebody of a school has a calendar")
    CalendarFeed.objects.filter(person=viewer.person_id, revoked_at=None).update(revoked_at=timezone.now())
    secret = secrets.token_urlsafe(24)
    feed = CalendarFeed.objects.create(
        school=viewer.person.school,
        person=viewer.person.subject,
        account=viewer.account,
        secret_hash=_hash(secret),
    )
    audit.write(viewer, "notices.feed_made", feed)
    return Address(feed, secret)


@transaction.atomic
def revoke_feed(viewer: Viewer) -> bool:
    feed = feed_of(viewer)
    if feed is None:
        return False
    CalendarFeed.objects.filter(pk=feed.pk).update(revoked_at=timezone.now())
    audit.write(viewer, "notices.feed_revoked", feed)
    return True


def open_feed(public_id: str, secret: str, now: datetime) -> CalendarFeed:
    """Return the feed of an address. Raises NoSuchFeed, TooManyTries.

    Wrong secrets are counted at the feed they were tried on, never by network address: a whole school shares one.
    """
    feed = (
        CalendarFeed.objects.select_related("school", "account", "person")
        .filter(public_id=public_id, revoked_at=None)
        .first()
    )
    if feed is None:
        raise NoSuchFeed
    recent = feed.wrong_since is not None and now - feed.wrong_since < WRONG_WINDOW
    if recent and feed.wrong_tries >= WRONG_TRIES:
        raise TooManyTries
    if not hmac.compare_digest(feed.secret_hash, _hash(secret)):
        rows = CalendarFeed.objects.filter(pk=feed.pk)
        if recent:
            rows.update(wrong_tries=F("wrong_tries") + 1)
        else:
            rows.update(wrong_tries=1, wrong_since=now)
        raise NoSuchFeed
    return feed


def note_use(feed: CalendarFeed, now: datetime) -> None:
    """Note once an hour that a calendar was fetched; phones ask all day long."""
    if feed.used_at is None or now - feed.used_at > timedelta(hours=1):
        CalendarFeed.objects.filter(pk=feed.pk).update(used_at=now)
