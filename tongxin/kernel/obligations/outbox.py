"""The outbox: what people are to be told. Each message has a unique key, so computing it again adds nothing.

Sending is lease, send, then confirm: a sender that dies leaves a lease that runs out, and the next one takes over.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import School

from .models import Heartbeat, Message

LEASE = timedelta(minutes=2)
MOST_TRIES = 20
SILENT_AFTER = timedelta(seconds=120)
WORKER = "worker"


@transaction.atomic
def put(
    key: str, *, school_id: int, recipient_id: int, topic: str, data: dict, due: date | None = None
) -> tuple[Message, bool]:
    """Put a message in the outbox unless its key is there already; return it and whether it is new.

    data: ids and codes only; the words are made when it is read.
    """
    return Message.objects.get_or_create(
        key=key,
        defaults={
            "school_id": school_id,
            "recipient_id": recipient_id,
            "topic": topic,
            "data": data,
            "due_day": due,
        },
    )


def cancel(keys: list[str]) -> int:
    """Take back messages nobody needs any more (the thing was done); return how many."""
    open_ = Message.objects.filter(key__in=keys, read_at=None, cancelled_at=None)
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


def in_page(message: Message) -> None:
    """The channel that needs nothing outside: the message waits on the recipient's home page."""


def inbox(viewer: Viewer) -> QuerySet[Message]:
    """Return what this person has not read yet, newest first."""
    if viewer.person_id is None:
        return Message.objects.none()
    return Message.objects.filter(recipient_id=viewer.person_id, read_at=None, cancelled_at=None).order_by(
        "-created_at"
    )


def mark_read(viewer: Viewer, key: str) -> bool:
    return bool(inbox(viewer).filter(key=key).update(read_at=timezone.now()))


def beat(name: str = WORKER) -> None:
    """Say that a worker is alive."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def silent_since(name: str = WORKER) -> datetime | None:
    """Return when a worker was last alive if that is longer ago than two minutes, else None."""
    last = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    return last if last is not None and timezone.now() - last > SILENT_AFTER else None


def schools() -> QuerySet[School]:
    return School.objects.filter(kind=School.Kind.SCHOOL)
