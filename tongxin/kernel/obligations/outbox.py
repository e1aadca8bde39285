"""The outbox: what people are to be told. Each message has a unique key, so computing it again adds nothing.

Sending is lease, send, then confirm: a sender that dies leaves a lease that runs out, and the next one takes over.
A message lies on its recipient's page; a delivery carries messages out of the house, by e-mail or to a group robot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base import rows
from tongxin.kernel.base.models import School
from tongxin.ui import prepared

from .models import Delivery, DeliveryItem, Heartbeat, Matter, Message

LEASE = timedelta(minutes=2)
MOST_TRIES = 20
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
LONGEST_URGENT_WAIT = timedelta(minutes=2)
SILENT_AFTER = timedelta(seconds=120)
WORKER = "worker"


class NotSent(Exception):
    """A channel says that it did not work. code: a short word that pages turn into a sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def put(
    key: str,
    *,
    school_id: int,
    recipient_id: int,
    topic: str,
    data: dict,
    due: date | None = None,
    matter: Matter | None = None,
    step: int | None = None,
) -> tuple[Message, bool]:
    """Put a message in the outbox unless its key is there already; return it and whether it is new.

    data: ids and codes only; the words are made when it is read. One that was taken back and is needed again is
    brought back unless its reader had put it away.
    """
    found = prepared.instances(Message, "by key", _by_key, {"key": key})
    if not found:
        message = Message(
            key=key, school_id=school_id, recipient_id=recipient_id, topic=topic, data=data, due_day=due, matter=matter, step=step,
        )  # fmt: skip
        try:
            with transaction.atomic():
                rows.insert(message)
        except IntegrityError:  # somebody put it there in this moment
            found = [Message.objects.get(key=key)]
        else:
            return message, True
    message = found[0]
    if message.cancelled_at is not None:
        Message.objects.filter(pk=message.pk).update(cancelled_at=None)
    return message, False


def _by_key(at):
    return Message.objects.filter(key=at["key"])


def cancel(keys: list[str]) -> int:
    """Take back messages nobody needs any more (the thing was done); return how many."""
    open_ = Message.objects.filter(key__in=keys, read_at=None, cancelled_at=None)
    return open_.update(cancelled_at=timezone.now())


def cancel_about(recipient_id: int, topics: Iterable[str], about: str) -> int:
    """Take back what one reader has not put away of some topics about one thing. about: what its keys hold."""
    open_ = Message.objects.filter(
        recipient_id=recipient_id, topic__in=list(topics), key__contains=f":{about}:", read_at=None, cancelled_at=None
    )  # fmt: skip
    return open_.update(cancelled_at=timezone.now())


def cancel_matters(matters: Iterable[int]) -> int:
    """Take back all messages of some matters that nobody has put away yet."""
    open_ = Message.objects.filter(matter__in=list(matters), read_at=None, cancelled_at=None)
    return open_.update(cancelled_at=timezone.now())


def deliver(send: Callable[[Message], None], *, now: datetime, most: int = 200) -> int:
    """Hand waiting messages to a channel, each at least once; return how many were confirmed.

    send: raises to say that it did not work; the message is tried again after its lease.
    """
    confirmed = 0
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    waiting = Message.objects.filter(free, delivered_at=None, cancelled_at=None, tries__lt=MOST_TRIES)
    for pk in list(waiting.order_by("created_at").values_list("pk", flat=True)[:most]):
        leased = Message.objects.filter(free, pk=pk, delivered_at=None).update(leased_until=now + LEASE)
        if not leased:
            continue
        message = Message.objects.get(pk=pk)
        Message.objects.filter(pk=pk).update(tries=message.tries + 1)
        send(message)
        confirmed += Message.objects.filter(pk=pk, delivered_at=None).update(delivered_at=timezone.now())
    return confirmed


def show_in_page(*, now: datetime) -> int:
    """Confirm the channel that needs nothing outside: what waits is on its reader's page from now on."""
    waiting = Message.objects.filter(delivered_at=None, cancelled_at=None)
    return waiting.update(delivered_at=now)


def in_page(message: Message) -> None:
    """The channel that needs nothing outside: the message waits on the recipient's home page."""


def bundle(
    key: str,
    channel: str,
    messages: Iterable[Message],
    *,
    school_id: int,
    recipient_id: int | None,
    now: datetime,
    urgent: bool = False,
) -> Delivery | None:
    """Put messages into one delivery; None when its key is there already. Each leaves by a channel at most once."""
    try:
        with transaction.atomic():
            delivery = Delivery.objects.create(
                key=key,
                channel=channel,
                school_id=school_id,
                recipient_id=recipient_id,
                created_at=now,
                not_before=now,
                urgent=urgent,
            )
            DeliveryItem.objects.bulk_create(
                [DeliveryItem(delivery=delivery, message=m, channel=channel) for m in messages]
            )
    except IntegrityError:
        # Another worker put the same digest together in this moment; it stands once.
        return None
    return delivery


def lease_next(
    now: datetime, schools: Iterable[int] | None = None, *, urgent: bool = False
) -> Delivery | None:
    """Take the next delivery (of the urgent ones, or of the others) that may go out now, for two minutes."""
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    waiting = Delivery.objects.filter(
        free, urgent=urgent, sent_at=None, dropped_at=None, not_before__lte=now, tries__lt=MOST_TRIES
    )
    if schools is not None:
        waiting = waiting.filter(school__in=list(schools))
    for pk in list(waiting.order_by("not_before", "pk").values_list("pk", flat=True)[:20]):
        taken = Delivery.objects.filter(free, pk=pk, sent_at=None, dropped_at=None).update(
            leased_until=now + LEASE, tries=F("tries") + 1
        )
        if taken:
            return Delivery.objects.select_related("school", "recipient").get(pk=pk)
    return None


def confirm(delivery: Delivery, now: datetime) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(sent_at=now, leased_until=None, trouble="")


def drop(delivery: Delivery, now: datetime) -> None:
    """Nothing in it needs saying any more."""
    Delivery.objects.filter(pk=delivery.pk).update(dropped_at=now, leased_until=None)


def put_off(delivery: Delivery, code: str, now: datetime) -> None:
    """Try again later, each time after a longer wait; what is urgent waits two minutes at most."""
    longest = LONGEST_URGENT_WAIT if delivery.urgent else LONGEST_WAIT
    wait = min(FIRST_WAIT * 2 ** max(delivery.tries - 1, 0), longest)
    Delivery.objects.filter(pk=delivery.pk, sent_at=None).update(
        not_before=now + wait, leased_until=None, trouble=code
    )


def try_again(deliveries: QuerySet[Delivery], now: datetime) -> int:
    """Let deliveries that were given up or wait go out at once."""
    return deliveries.filter(sent_at=None, dropped_at=None).update(tries=0, not_before=now, leased_until=None)


def send_waiting(
    send: Callable[[Delivery, list[Message]], None],
    *,
    now: datetime,
    schools: Iterable[int] | None = None,
    most: int = 200,
    urgent: bool = False,
) -> int:
    """Send deliveries one after another, each leased, sent, then confirmed; return how many went out.

    send: raises NotSent. Messages taken back or put away meanwhile are left out; an empty delivery is dropped.
    """
    sent = 0
    for _round in range(most):
        delivery = lease_next(now, schools, urgent=urgent)
        if delivery is None:
            break
        messages = list(
            Message.objects.filter(items__delivery=delivery, cancelled_at=None, read_at=None)
            .select_related("matter", "matter__bearer")
            .order_by("due_day", "pk")
        )
        if not messages:
            drop(delivery, now)
            continue
        try:
            send(delivery, messages)
        except NotSent as error:
            put_off(delivery, error.code, now)
        else:
            confirm(delivery, now)
            sent += 1
    return sent


def inbox(viewer: Viewer) -> QuerySet[Message]:
    """Return what this person has not read yet, newest first."""
    return all_of(viewer).filter(read_at=None)


def all_of(viewer: Viewer) -> QuerySet[Message]:
    """Return everything this person was told and is still true or was put away, newest first."""
    if viewer.person_id is None:
        return Message.objects.none()
    return Message.objects.filter(
        recipient_id=viewer.person_id, school_id=viewer.school_id, cancelled_at=None
    ).order_by("-created_at", "-pk")


def mark_read(viewer: Viewer, key: str) -> bool:
    return bool(inbox(viewer).filter(key=key).update(read_at=timezone.now()))


def put_away(messages: QuerySet[Message]) -> int:
    """Note that their reader has seen them."""
    return messages.filter(read_at=None).update(read_at=timezone.now())


def beat(name: str = WORKER) -> None:
    """Say that a worker is alive."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def silent_since(name: str = WORKER) -> datetime | None:
    """Return when a worker was last alive if that is longer ago than two minutes, else None."""
    last = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    return last if last is not None and timezone.now() - last > SILENT_AFTER else None


def is_alive(name: str = WORKER) -> bool:
    """Say whether a worker was alive within the last two minutes."""
    last = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    return last is not None and timezone.now() - last <= SILENT_AFTER


def schools() -> QuerySet[School]:
    return School.objects.filter(kind=School.Kind.SCHOOL)
