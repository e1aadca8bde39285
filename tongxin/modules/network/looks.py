"""A homeroom teacher goes through the whole class with the observation sheet, once a month or as the school asks."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject

from . import entered
from .models import ClassLook


def look(viewer: Viewer, room: Subject, token: str) -> ClassLook:
    """Note that a class was looked at on this day; sent twice it is one. The ledger gets the class, nobody's name."""
    known = ClassLook.objects.filter(token=token, by_id=viewer.person_id).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            row = ClassLook.objects.create(
                school_id=room.school_id, homeroom=room, by_id=viewer.person_id, day=viewer.day, token=token
            )
            audit.write(viewer, "network.class_looked_at", row, homeroom=room.pk)
            entered.enter(
                room.school, entered.LOOK, viewer.day, {"homeroom": [room.pk], "observer": [viewer.person_id or 0]},
                f"look:{row.pk}", by=viewer.account,
            )  # fmt: skip
    except IntegrityError:
        return ClassLook.objects.get(token=token, by_id=viewer.person_id)
    return row


def last(room: Subject) -> ClassLook | None:
    return ClassLook.objects.filter(homeroom=room).order_by("-day", "-pk").first()
