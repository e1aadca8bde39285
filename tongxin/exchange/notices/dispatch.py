"""Put waiting messages together into e-mails and robots' posts when their hour has come, and send them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation

from tongxin.kernel.base.models import School
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.obligations import outbox
from tongxin.kernel.obligations.models import Delivery, DeliveryItem, Message
from tongxin.kernel.obligations.reminders import ESCALATED, remind
from tongxin.kernel.people.models import Person

from . import channels, services, topics, wording
from .models import NoticeSettings, Preference, Robot
from .timing import Rhythm, digest_of, may_send

DAILY, AT_ONCE = Preference.Rhythm.DAILY, Preference.Rhythm.AT_ONCE


def rhythm_of(settings: NoticeSettings) -> Rhythm:
    return Rhythm(settings.quiet_from, settings.quiet_to, settings.skip_days_off, settings.digest_hour)


@dataclass(frozen=True)
class _Now:
    """A school in this moment: whether anything may leave, by its own calendar."""

    school: School
    settings: NoticeSettings
    rhythm: Rhythm
    now: datetime
    local: datetime


def run(now: datetime) -> int:
    """Do one round: put together what is due in every school, send it; return how many deliveries went out."""
    awake = []
    for school in _with_channels():
        here = _here(school, now)
        if here is None:
            continue
        awake.append(school.pk)
        _assemble(here)
    return outbox.send_waiting(send, now=now, schools=awake)


def run_urgent(now: datetime) -> int:
    """Send what cannot wait, each message its own e-mail, whatever the hour, the day and the reader's rhythm.

    Only a school that lets no e-mail out at all keeps it in its pages. Group robots never carry it.
    """
    if not channels.email_ready():
        return 0
    rows = Message.objects.filter(
        ~Exists(_left(channels.EMAIL)), topic__in=topics.URGENT, cancelled_at=None, read_at=None,
        school__in=NoticeSettings.objects.filter(email_on=True).values("school"),
        recipient__in=Preference.objects.exclude(email="").values("person"),
    )  # fmt: skip
    for message in rows.order_by("pk"):
        outbox.bundle(
            f"email:{message.recipient_id}:urgent:{message.pk}", channels.EMAIL, [message],
            school_id=message.school_id, recipient_id=message.recipient_id, now=now, urgent=True,
        )  # fmt: skip
    return outbox.send_waiting(send, now=now, urgent=True)


def _with_channels() -> QuerySet[School]:
    """Return the schools that let anything leave the house at all."""
    mail = NoticeSettings.objects.filter(email_on=True).values("school")
    robots = Robot.objects.filter(active=True).values("school")
    return outbox.schools().filter(Q(pk__in=mail) | Q(pk__in=robots))


def _here(school: School, now: datetime) -> _Now | None:
    """Return the school's moment, None in its quiet hours and on its days off; a fresh school lets nothing out."""
    settings = services.settings_of(school)
    rhythm, local = rhythm_of(settings), timezone.localtime(now)
    if not may_send(rhythm, local, school_calendar(school).is_school_day):
        return None
    return _Now(school, settings, rhythm, now, local)


def _assemble(here: _Now) -> None:
    plans = [*_robot_plans(here), *_email_plans(here)]
    if not plans:
        return
    # Somebody may have done the thing since the morning: ask once more before anything is written.
    remind(here.school, here.local.date())
    for plan in plans:
        messages = list(plan.messages())
        if messages:
            outbox.bundle(
                plan.key,
                plan.channel,
                messages,
                school_id=here.school.pk,
                recipient_id=plan.recipient,
                now=here.now,
            )


@dataclass(frozen=True)
class _Plan:
    """A delivery that is due. messages: asked again when it is written."""

    key: str
    channel: str
    recipient: int | None
    messages: Callable[[], QuerySet[Message]]


def waiting(school: School, channel: str, since: datetime) -> QuerySet[Message]:
    """Return messages that nobody has put away and that have not left by a channel yet."""
    return Message.objects.filter(
        ~Exists(_left(channel)), school=school, cancelled_at=None, read_at=None, created_at__gte=since
    )


def _left(channel: str) -> QuerySet[DeliveryItem]:
    return DeliveryItem.objects.filter(message=OuterRef("pk"), channel=channel)


def _email_plans(here: _Now) -> list[_Plan]:
    if not (here.settings.email_on and channels.email_ready()):
        return []
    preferences = {p.person_id: p for p in Preference.objects.filter(school=here.school).exclude(email="")}
    if not preferences:
        return []
    oldest = min(p.since for p in preferences.values())
    rows = waiting(here.school, channels.EMAIL, oldest).filter(recipient__in=preferences)
    rows = rows.exclude(topic__in=topics.URGENT)
    by_person: dict[int, list[Message]] = defaultdict(list)
    for message in rows:
        wish = preferences[message.recipient_id]
        if message.created_at >= wish.since and (message.topic == ESCALATED or not wish.muted):
            by_person[message.recipient_id].append(message)
    due = [
        plan
        for person, messages in by_person.items()
        for plan in _plans_of(here, preferences[person], messages)
    ]
    made = set(Delivery.objects.filter(key__in=[p.key for p in due]).values_list("key", flat=True))
    return [plan for plan in due if plan.key not in made]


def _plans_of(here: _Now, wish: Preference, messages: list[Message]) -> list[_Plan]:
    """At once: what there is now. Else one digest; what was escalated does not wait for the week's end."""
    person = wish.person_id
    if wish.rhythm == AT_ONCE:
        key = f"email:{person}:once:{max(m.pk for m in messages)}"
        return [_plan(key, person, messages)]
    escalated = [m for m in messages if m.topic == ESCALATED]
    if wish.rhythm == DAILY or not escalated:
        digest = digest_of(person, wish.rhythm, here.rhythm, here.local)
        return [_plan(digest, person, messages)] if digest else []
    rest = [m for m in messages if m.topic != ESCALATED]
    daily = digest_of(person, DAILY, here.rhythm, here.local)
    weekly = digest_of(person, wish.rhythm, here.rhythm, here.local) if rest else None
    return [_plan(key, person, those) for key, those in ((daily, escalated), (weekly, rest)) if key and those]


def _plan(key: str, person: int, messages: list[Message]) -> _Plan:
    ids = [m.pk for m in messages]

    def still() -> QuerySet[Message]:
        return Message.objects.filter(pk__in=ids, cancelled_at=None, read_at=None)

    return _Plan(key, channels.EMAIL, person, still)


def _robot_plans(here: _Now) -> list[_Plan]:
    """One post a day for each group."""
    if here.local.hour < here.rhythm.digest_hour:
        return []
    day = here.local.date().isoformat()
    due = {
        f"{robot.service}:{robot.pk}:{day}": robot
        for robot in Robot.objects.filter(school=here.school, active=True)
    }
    made = set(Delivery.objects.filter(key__in=due).values_list("key", flat=True))
    plans = []
    for key, robot in due.items():
        channel = services.channel_of(robot)

        def still(channel: str = channel, since: datetime = robot.created_at) -> QuerySet[Message]:
            return waiting(here.school, channel, since).exclude(matter=None)

        if key not in made and still().exists():
            plans.append(_Plan(key, channel, None, still))
    return plans


def send(delivery: Delivery, messages: list[Message]) -> None:
    """Write a delivery in its reader's language and hand it to its channel. Raises NotSent."""
    today = timezone.localdate()
    if delivery.channel == channels.EMAIL:
        _send_email(delivery, messages)
        return
    robot = Robot.objects.filter(
        pk=delivery.channel.partition(":")[2], school=delivery.school_id, active=True
    ).first()
    if robot is None:
        raise outbox.NotSent("gone")
    with translation.override("zh-hans"):
        text = wording.group_text(delivery.school.short_name or delivery.school.name, messages, today)
    try:
        channels.post_to_robot(robot, text)
    except outbox.NotSent as error:
        services.note_try(robot, error.code)
        raise
    services.note_try(robot, "")


def _send_email(delivery: Delivery, messages: list[Message]) -> None:
    person = Person.objects.select_related("account", "subject").filter(pk=delivery.recipient_id).first()
    wish = Preference.objects.filter(person=delivery.recipient_id).exclude(email="").first()
    today = timezone.localdate()
    if wish is None or person is None or person.account is None:
        raise outbox.NotSent("no_address")
    if not person.account.is_active or not person.subject.present_from <= today <= person.subject.present_to:
        # Who has left is told nothing more; the rows stay and say so.
        raise outbox.NotSent("no_address")
    with translation.override(person.account.language):
        letter = wording.letter(delivery.school.name, messages, today)
    channels.send_email(wish.email, letter.subject, letter.body, delivery.key)
