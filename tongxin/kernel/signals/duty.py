"""Who is on duty: called before the chain on nights, weekends and holidays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import to_microseconds
from tongxin.kernel.base.models import School, Subject
from tongxin.ui import prepared

from .chain import able
from .models import DutyShift


class Refused(ValueError):
    """The shift cannot stand like this; the sentence says what to do."""


def on_duty(school_id: int, now: datetime) -> int | None:
    """Return the person on duty at an instant, or None; nobody waits for who has left or whose account is closed."""
    day = timezone.localtime(now).toordinal()
    found = prepared.rows("duty", _at, {"school": school_id, "now": to_microseconds(now), "day": day})
    return found[0][0] if found else None


def _at(at):
    shifts = DutyShift.objects.current().filter(
        school_id=at["school"], from_at__lte=at["now"], to_at__gt=at["now"], person__present_from__lte=at["day"],
        person__present_to__gte=at["day"], person__person__account__is_active=True,
    )  # fmt: skip
    return shifts.order_by("from_at").values_list("person_id")[:1]


def coming(school: School, since: datetime) -> QuerySet[DutyShift]:
    """Return the shifts that are not over, the next first."""
    return (
        DutyShift.objects.current()
        .filter(school=school, to_at__gt=since)
        .select_related("person")
        .order_by("from_at")
    )


@transaction.atomic
def add_shifts(
    school: School, person: Subject, spans: Sequence[tuple[datetime, datetime]], *, by
) -> list[DutyShift]:
    """Put somebody on duty for each (from, to). Raises Refused; then none of them is written."""
    now = timezone.now()
    # Two who write the roster at once must not both pass the look for overlaps.
    School.objects.select_for_update().get(pk=school.pk)
    made = []
    for start, end in sorted(spans):
        if end <= start:
            raise Refused(_("结束要晚于开始。"))
        if end <= now:
            raise Refused(_("这一段已经过去了。请填以后的时间。"))
        if not able(school, timezone.localtime(start).date()).filter(pk=person.pk).exists():
            raise Refused(
                _("%(name)s不能值班：那天不在校、没有账号，或没有相应的职务。") % {"name": person.name}
            )
        other = DutyShift.objects.current().filter(school=school, from_at__lt=end, to_at__gt=start)
        other = other.select_related("person").first()
        if other is not None:
            raise Refused(
                _("%(name)s已经排在%(day)s这一段。请先撤下那一段，或改时间。")
                % {
                    "name": other.person.name,
                    "day": timezone.localtime(other.from_at).strftime("%Y-%m-%d %H:%M"),
                }
            )
        shift = DutyShift(
            school=school,
            person=person,
            from_at=start,
            to_at=end,
            recorded_by_id=getattr(by, "account_id", None),
        )
        shift.save()
        audit.write(by, "signal.duty_added", shift, person=person.pk)
        made.append(shift)
    return made


@transaction.atomic
def take_down(shift: DutyShift, *, by) -> None:
    """Take a shift off the roster; what was called while it ran stays on record."""
    shift.superseded_at = timezone.now()
    shift.save(update_fields=["superseded_at"])
    audit.write(by, "signal.duty_removed", shift, person=shift.person_id)
