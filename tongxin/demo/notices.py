"""What the people of the demo were told these last weeks, and how: two schools with e-mail and a group robot.

Nothing leaves the demo: its channels send nowhere, and the robots' keys belong to nobody.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from tongxin.exchange.notices import channels
from tongxin.exchange.notices.models import NoticeSettings, Preference, Robot
from tongxin.kernel.obligations import outbox
from tongxin.kernel.obligations.models import Acknowledgement, Delivery, Matter, Message
from tongxin.kernel.obligations.reminders import ESCALATED, remind

from .facts import moment
from .invented import Inventor, public_id
from .population import Populated

DAYS_AGO = (13, 6, 1, 0)
COMPUTED, SENT = 6.5, 7.5
ROBOTS = {"a": ("wecom", "党员教师群"), "e": ("dingtalk", "全体教师群")}
POSTS_WITH_EMAIL = ("secretary", "branch_secretary", "homeroom_teacher", "teaching_lead", "office")


@transaction.atomic
def tell(out: Populated, today: date, inventor: Inventor) -> None:
    """Let the reminders of some days run at a school, and note what went out and who knows."""
    _wishes(out, today)
    robot = _robot(out, today, inventor)
    for ago in DAYS_AGO:
        day = today - timedelta(days=ago)
        last = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        remind(out.school, day)
        new = Message.objects.filter(school=out.school, pk__gt=last)
        new.update(created_at=moment(day, COMPUTED), delivered_at=moment(day, COMPUTED))
        _dates(out, day, inventor)
        _send(out, day, robot)
        if ago > 1:
            _somebody_knows(out, day)


def _wishes(out: Populated, today: date) -> None:
    NoticeSettings.objects.create(school=out.school, email_on=True)
    people = {out.holder(post).subject.pk for post in POSTS_WITH_EMAIL if _held(out, post)}
    for number, person in enumerate(sorted(people)):
        Preference.objects.create(
            person_id=person,
            school=out.school,
            email=f"{out.plan.slug}.{number}@example.invalid",
            since=moment(today - timedelta(days=30)),
        )


def _held(out: Populated, post: str) -> bool:
    return any(post in person.posts for person in out.staff)


def _robot(out: Populated, today: date, inventor: Inventor) -> Robot:
    service, title = ROBOTS[out.plan.slug]
    robot = Robot(
        school=out.school,
        service=service,
        title=title,
        public_id=public_id(inventor),
        created_at=moment(today - timedelta(days=30)),
        tried_at=moment(today - timedelta(days=30), 10),
    )
    channels.keep_key(robot, f"demo0000{out.plan.slug}0000", "")
    robot.save()
    return robot


def _dates(out: Populated, day: date, inventor: Inventor) -> None:
    """Rows made just now happened on that day, and their addresses come from the demo's seed."""
    fresh = moment(day, COMPUTED) + timedelta(days=1)
    for matter in Matter.objects.filter(school=out.school, opened_at__gt=fresh).order_by("pk"):
        Matter.objects.filter(pk=matter.pk).update(
            opened_at=moment(day, COMPUTED), public_id=public_id(inventor)
        )
    Matter.objects.filter(school=out.school, closed_at__gt=fresh).update(closed_at=moment(day, COMPUTED))


def _send(out: Populated, day: date, robot: Robot) -> None:
    """The digests of the day, as they would have gone out."""
    waiting = Message.objects.filter(school=out.school, cancelled_at=None, items=None).exclude(matter=None)
    told: dict[int | None, list[Message]] = {}
    wishes = set(Preference.objects.filter(school=out.school).values_list("person", flat=True))
    for message in waiting.order_by("pk"):
        told.setdefault(None, []).append(message)
        if message.recipient_id in wishes:
            told.setdefault(message.recipient_id, []).append(message)
    for person, messages in told.items():
        channel = "email" if person else f"{robot.service}:{robot.pk}"
        key = f"{channel}:{person or robot.pk}:{day.isoformat()}"
        outbox.bundle(
            key, channel, messages, school_id=out.school.pk, recipient_id=person, now=moment(day, SENT)
        )
    Delivery.objects.filter(school=out.school, sent_at=None).update(
        sent_at=moment(day, SENT), tries=1, trouble=""
    )


def _somebody_knows(out: Populated, day: date) -> None:
    """The first of what was escalated is known to whom it was told; half of the older notices are read."""
    message = (
        Message.objects.filter(
            school=out.school,
            topic=ESCALATED,
            cancelled_at=None,
            matter__closed_at=None,
            matter__acknowledgements=None,
        )
        .select_related("recipient__person__account")
        .order_by("pk")
        .first()
    )
    if message is not None and message.matter_id is not None:
        Acknowledgement.objects.create(
            matter_id=message.matter_id,
            person=message.recipient,
            account=message.recipient.person.account,
            at=moment(day, 9.5),
        )
        Message.objects.filter(matter=message.matter_id, read_at=None).update(read_at=moment(day, 9.5))
    old = Message.objects.filter(school=out.school, read_at=None, cancelled_at=None).order_by("pk")
    ids = list(old.values_list("pk", flat=True))[::2]
    Message.objects.filter(pk__in=ids).update(read_at=min(moment(day, 12), timezone.now()))
