"""Writes about matters: opened, closed, acknowledged, told again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject
from tongxin.kernel.programmes.models import Programme

from . import outbox
from .models import Acknowledgement, Matter, Message

AGAIN = "told_again"


class AlreadyToldToday(ValueError):
    """It was told again today already."""


class NobodyToTell(ValueError):
    """The bearer is nobody who can be told."""


def open_matter(
    matter: Matter | None, programme: Programme, key: tuple[str, str, date, int], due: date
) -> Matter:
    """Return the matter of a key, made if it is not there yet."""
    if matter is not None:
        return matter
    obligation, window, first, bearer = key
    return Matter.objects.get_or_create(
        programme=programme,
        obligation=obligation,
        window=window,
        first_day=first,
        bearer_id=bearer,
        defaults={"school_id": programme.school_id, "due_day": due},
    )[0]


@transaction.atomic
def close(how: Mapping[int, str]) -> None:
    """Close matters and take back what was to be said of them. how: {matter id: Matter.Closed}."""
    by_end: dict[str, list[int]] = defaultdict(list)
    for pk, end in how.items():
        by_end[end].append(pk)
    for end, ids in by_end.items():
        Matter.objects.filter(pk__in=ids, closed_at=None).update(closed_at=timezone.now(), closed_as=end)
    outbox.cancel_matters(how)


def open_again(matters: Iterable[Matter]) -> None:
    """An entry was withdrawn, a waiver ended, a rule is in force again: what was over is owed again."""
    ids = []
    for matter in matters:
        matter.closed_at, matter.closed_as = None, ""
        ids.append(matter.pk)
    if ids:
        Matter.objects.filter(pk__in=ids).update(closed_at=None, closed_as="")


def acknowledged(matters: Iterable[Matter]) -> set[int]:
    """Return which of some matters somebody above the bearer has acknowledged."""
    ids = [matter.pk for matter in matters if matter.closed_at is None]
    return set(Acknowledgement.objects.filter(matter__in=ids).values_list("matter", flat=True))


@transaction.atomic
def acknowledge(matter: Matter, *, by: Viewer) -> bool:
    """Say 知道了: nobody is told of this matter any more. Return whether it is news.

    The bearer cannot end what is said of them to others; whoever calls this has seen to that.
    """
    if by.person_id is None or by.person_id == matter.bearer_id:
        raise ValueError("only somebody above the bearer acknowledges a matter")
    _row, new = Acknowledgement.objects.get_or_create(
        matter=matter, person_id=by.person_id, defaults={"account": by.account}
    )
    if new:
        outbox.put_away(Message.objects.filter(matter=matter, recipient_id=by.person_id))
        outbox.cancel_matters([matter.pk])
        audit.write(by, "notices.acknowledged", matter, programme=matter.programme_id)
    return new


@transaction.atomic
def put_away(message: Message, *, by: Viewer) -> None:
    """Put a notice of one's own away. One that was escalated to this person acknowledges its matter."""
    outbox.put_away(Message.objects.filter(pk=message.pk))
    matter = message.matter
    if matter is not None and matter.closed_at is None and by.person_id != matter.bearer_id:
        acknowledge(matter, by=by)


@transaction.atomic
def tell_again(matter: Matter, *, by: Viewer, today: date) -> Message:
    """Tell the bearer once more, at most once a day. Raises AlreadyToldToday, NobodyToTell."""
    if not Subject.objects.filter(pk=matter.bearer_id, type="staff", present_to__gte=today).exists():
        raise NobodyToTell
    message, new = outbox.put(
        f"owed:{matter.pk}:again:{today.isoformat()}:{matter.bearer_id}",
        school_id=matter.school_id,
        recipient_id=matter.bearer_id,
        topic=AGAIN,
        data={},
        due=matter.due_day,
        matter=matter,
        step=(today - matter.due_day).days,
    )
    if not new:
        raise AlreadyToldToday
    audit.write(by, "notices.told_again", matter, programme=matter.programme_id)
    return message
