"""What signals hold about one child: told through the door, counted, erased once somebody was on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.holdings import Erased, Holding, Reader, Section, register
from tongxin.kernel.base.models import Account, Subject

from .models import Call, Signal
from .origins import sentences


def _tell(reader: Reader, child: Subject) -> list[Section]:
    rows = reader.open(Signal.objects.filter(student=child).order_by("raised_at", "pk"), "what")
    said = [
        (f"{timezone.localtime(row.raised_at):%Y-%m-%d %H:%M}", sentence)
        for row, (_rank, sentence) in zip(rows, sentences(reader.viewer, rows), strict=True)
    ]
    return [Section(_("请人看看的提示"), (_("时间"), _("为什么")), said)]


def _count(ids: Sequence[int]) -> dict[int, int]:
    return dict(Counter(Signal.objects.filter(student__in=ids).values_list("student", flat=True)))


def _erase(child: Subject, by: Account | None) -> Erased:
    """Signals that nobody is on yet stay: a child is never lost by tidying up."""
    taken = Call.objects.filter(signal__student=child, answer=Call.Answer.TAKEN).values_list(
        "signal", flat=True
    )
    over = list(taken)
    gone = Call.objects.filter(signal__in=over).delete()[0] + Signal.objects.filter(pk__in=over).delete()[0]
    waiting = Signal.objects.filter(student=child).count()
    if not waiting:
        return Erased(gone)
    return Erased(gone, (_("还有%(n)d条提示没有人接手，没有删除。请先到“关爱”里处理。") % {"n": waiting},))


def register_all() -> None:
    register(Holding("signals.raised", gettext_lazy("请人看看的提示"), "K4c", _tell, _count, _erase))
