"""The queue of signals, child by child: who waits for somebody, who was called, what it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from tongxin.kernel.access.reading import opened
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.signals import services as signals
from tongxin.kernel.signals.models import Call, Signal
from tongxin.kernel.signals.origins import sentences

CALM_MINUTES = int(signals.CALM.total_seconds() // 60)


@dataclass
class Child:
    """A child with the signals nobody is on yet, the oldest first. reasons: (rank, sentence), opened for counsellors."""

    student: Subject
    room: str = ""
    signals: list[Signal] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    mine: Call | None = None
    reasons: list[tuple[int, str]] = field(default_factory=list)

    @property
    def urgent(self) -> bool:
        return any(signal.urgent for signal in self.signals)

    @property
    def since(self) -> datetime:
        return min(signal.raised_at for signal in self.signals)

    @property
    def minutes(self) -> int:
        """The shortest time in which one of the signals has to be answered: the graver, the shorter."""
        return min(signal.minutes or CALM_MINUTES for signal in self.signals)

    @property
    def first(self) -> Signal:
        return self.signals[0]

    @property
    def rank(self) -> int:
        return max((rank for rank, _sentence in self.reasons), default=0)

    @property
    def may_pass(self) -> bool:
        return self.mine is not None and not self.mine.firm


def reachable(viewer: Viewer) -> QuerySet[Signal]:
    """Return the signals somebody may see: counsellors those of the school, others those they were called to."""
    rows = signals.without_those_left_out(Signal.objects.filter(school_id=viewer.school_id), viewer.person_id)
    if viewer.may("screening"):
        return rows
    return rows.filter(Exists(Call.objects.filter(signal=OuterRef("pk"), person_id=viewer.person_id)))


def waiting(viewer: Viewer, of: Subject | None = None) -> list[Child]:
    """Return the children somebody may see who wait: urgent first, then as the school's scheme hurries, then the longest."""
    rows = signals.open_signals(viewer.school_id or 0).filter(pk__in=reachable(viewer).values("pk"))
    if of is not None:
        rows = rows.filter(student=of)
    children: dict[int, Child] = {}
    for signal in rows.defer("what"):
        children.setdefault(signal.student_id, Child(signal.student)).signals.append(signal)
    by_signal = {signal.pk: child for child in children.values() for signal in child.signals}
    called = Call.objects.filter(signal__in=by_signal).select_related("person")
    for call in called.order_by("round", "step", "pk"):
        child = by_signal[call.signal_id]
        if all((one.person_id, one.answer) != (call.person_id, call.answer) for one in child.calls):
            child.calls.append(call)
        if call.person_id == viewer.person_id and call.answer in (Call.Answer.WAITING, Call.Answer.LATE):
            child.mine = call
    return sorted(
        children.values(), key=lambda child: (not child.urgent, child.minutes, child.since, child.student.pk)
    )


def others_waiting(viewer: Viewer) -> int:
    """Return how many more children wait for somebody else of the chain."""
    rows = signals.open_signals(viewer.school_id or 0).exclude(pk__in=reachable(viewer).values("pk"))
    rows = signals.without_those_left_out(rows, viewer.person_id)
    return rows.order_by().values("student").distinct().count()


def open_reasons(viewer: Viewer, children: Iterable[Child]) -> list[Child]:
    """Open what the signals of some children are about, and put the gravest first. For counsellors only."""
    children = list(children)
    ids = [signal.pk for child in children for signal in child.signals]
    rows = opened(viewer, Signal.objects.filter(pk__in=ids).order_by("raised_at", "pk"), "crisis")
    said = dict(zip((row.pk for row in rows), sentences(viewer, rows), strict=True))
    for child in children:
        child.reasons = sorted((said[one.pk] for one in child.signals), key=lambda reason: -reason[0])
    return sorted(children, key=lambda child: (not child.urgent, -child.rank, child.since))
