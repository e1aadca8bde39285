"""A notice for the class teachers whose classes are not through with a sitting. It says no name."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from tongxin.exchange.notices import topics
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link
from tongxin.kernel.obligations import outbox

from .models import Sitting
from .progress import RoomProgress


@transaction.atomic
def remind(sitting: Sitting, rooms: list[RoomProgress], *, by: Viewer) -> int:
    """Tell the teachers of classes where somebody has not handed in; once a day each. Return how many were told."""
    behind = [room.room.pk for room in rooms if room.waiting or room.begun]
    day = timezone.localdate()
    teachers = Link.objects.filter(
        school=sitting.school, kind="homeroom_teacher", b_id__in=behind, superseded_at=FOREVER,
        valid_from__lte=day, valid_to__gte=day,
    )  # fmt: skip
    told = 0
    for person in sorted(set(teachers.values_list("a_id", flat=True))):
        _message, new = outbox.put(
            f"not-begun:{sitting.pk}:{person}:{day.isoformat()}", school_id=sitting.school_id, recipient_id=person,
            topic=topics.NOT_BEGUN, data={"sitting": sitting.pk},
        )  # fmt: skip
        told += new
    audit.write(by, "screening.teachers_reminded", sitting, told=told)
    return told
