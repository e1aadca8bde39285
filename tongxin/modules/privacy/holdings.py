"""What this room holds about one person: requests, and who was let see what. The words go, that it took place stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.holdings import Erased, Holding, Reader, Section, register
from tongxin.kernel.access.models import Opening
from tongxin.kernel.base.models import Account, Subject

from .models import RightsRequest

HELD = ~Q(words=None) | ~Q(answer=None)
WRITTEN = ~Q(reason=None) | ~Q(decision=None) | ~Q(review=None)


def _requests(reader: Reader, person: Subject) -> list[Section]:
    asked = RightsRequest.objects.filter(subject=person).order_by("received_on", "pk")
    if person.pk in reader.viewer.children:
        asked = asked.filter(asked_by=reader.viewer.person_id)
    rows = [
        (one.received_on.isoformat(), str(one.get_kind_display()), one.words, str(one.get_state_display()), one.answer)
        for one in asked
    ]  # fmt: skip
    columns = (_("收到"), _("要求"), _("说明"), _("状态"), _("答复"))
    return [Section(_("个人信息请求"), columns, rows)]


def _count_requests(ids: Sequence[int]) -> dict[int, int]:
    return dict(
        Counter(RightsRequest.objects.filter(HELD, subject__in=ids).values_list("subject", flat=True))
    )


def _erase_requests(person: Subject, by: Account | None) -> Erased:
    closed = RightsRequest.objects.filter(HELD, subject=person).exclude(state=RightsRequest.State.OPEN)
    gone = closed.update(words=None, answer=None)
    waiting = RightsRequest.objects.filter(subject=person, state=RightsRequest.State.OPEN).count()
    kept = (_("还有%(n)d份请求没有答复，没有删除。") % {"n": waiting},) if waiting else ()
    return Erased(gone, kept)


def _openings(reader: Reader, person: Subject) -> list[Section]:
    """Who was let see what; the reasons are between whoever asked and whoever decided. Not for guardians (see record.py)."""
    if person.pk in reader.viewer.children:
        return []
    rows = [
        (f"{timezone.localtime(one.asked_at):%Y-%m-%d %H:%M}", one.person.name, str(one.get_kind_display()),
         "、".join(one.classes), str(one.get_state_display()))
        for one in Opening.objects.filter(student=person).select_related("person").order_by("asked_at", "pk")
    ]  # fmt: skip
    columns = (_("时间"), _("谁"), _("方式"), _("内容"), _("状态"))
    return [Section(_("查看许可"), columns, rows)]


def _count_openings(ids: Sequence[int]) -> dict[int, int]:
    return dict(Counter(Opening.objects.filter(WRITTEN, student__in=ids).values_list("student", flat=True)))


def _erase_openings(person: Subject, by: Account | None) -> Erased:
    """Empty the words of those that are over; one that is open, or owes a review, keeps them until then."""
    over = Opening.objects.filter(WRITTEN, student=person).exclude(state=Opening.State.WAITING)
    over = over.exclude(kind=Opening.Kind.BREAK_GLASS, reviewed_at=None).exclude(
        state=Opening.State.OPEN, until__gt=timezone.now()
    )
    return Erased(over.update(reason=None, decision=None, review=None))


def register_all() -> None:
    register(
        Holding("privacy.requests", gettext_lazy("个人信息请求"), "K3", _requests, _count_requests, _erase_requests,
                types=("student", "guardian", "staff"), order=50)
    )  # fmt: skip
    register(
        Holding(
            "privacy.openings",
            gettext_lazy("查看许可"),
            "K3",
            _openings,
            _count_openings,
            _erase_openings,
            order=60,
        )
    )
