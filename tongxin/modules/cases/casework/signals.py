"""What becomes of signals: each joins a case or is looked at and answered for by a named person; none gets lost.

A signal is in one of three places until then: in the queue (nobody is on it), with whoever took it (`waiting`), or
here, with its outcome.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.facts import SignalRaised, SignalTaken
from tongxin.kernel.signals.models import Call, Signal
from tongxin.kernel.signals.services import left_out_of, without_those_left_out
from tongxin.ui import prepared

from ..models import Case, Outcome, Standing, Step
from . import clocks, ranks
from .refusal import Refused
from .telling import tell

SHORTEST_REASON = 6


def open_case_of(student_id: int) -> Case | None:
    """Return a child's open case, locked: whoever closes it and whoever adds to it wait for each other."""
    if not prepared.rows("open case", _open_case, {"student": student_id}):
        return None  # most often: asked in the middle of the transaction in which papers are handed in
    cases = Case.objects.select_for_update().exclude(phase=Case.Phase.CLOSED)
    return cases.filter(student_id=student_id).first()


def _open_case(at):
    return (
        Case.objects.exclude(phase=Case.Phase.CLOSED).filter(student_id=at["student"]).values_list("pk")[:1]
    )


def on_raised(fact: SignalRaised) -> None:
    """A signal about a child with an open case joins it in the transaction that raised it."""
    case = open_case_of(fact.student_id)
    if case is None:
        return
    signal = Signal.objects.get(pk=fact.signal_id)
    # It waits in the queue for somebody else where it is about whoever keeps the case.
    if case.owner_id not in left_out_of(signal):
        join(case, signal, fact.rank, timezone.now())


def on_taken(fact: SignalTaken) -> None:
    """A signal from before the case was opened joins it when somebody takes it."""
    case = open_case_of(fact.student_id)
    if case is None or Outcome.objects.filter(signal_id=fact.signal_id).exists():
        return
    signal = Signal.objects.get(pk=fact.signal_id)
    if case.owner_id not in left_out_of(signal):
        join(case, signal, _rank_of(signal), timezone.now())


def _rank_of(signal: Signal) -> int:
    from tongxin.kernel.access.reading import opened_by_program

    (row,) = opened_by_program(Signal.objects.filter(pk=signal.pk), "clocks", "what")
    return row.what["rank"]


def join(
    case: Case, signal: Signal, rank: int, now: datetime, *, by: int | None = None, told: bool = True
) -> bool:
    """Let a signal join a case: its clocks begin anew, its rank rises if this is graver. False if it had an outcome."""
    _outcome, new = Outcome.objects.get_or_create(
        signal=signal,
        defaults={"school_id": case.school_id, "student_id": case.student_id, "case": case, "by_id": by, "at": now,
                  "day": timezone.localtime(now).date()},
    )  # fmt: skip
    if not new:
        return False
    stands = ranks.known_to_program([case])[case.pk]
    if rank > stands:
        ranks.write(case, Standing.Kind.SIGNAL, rank, now)
    clocks.hurry(case, max(rank, stands), now)
    case.save(update_fields=["due_at", "follow_due"])
    Step.objects.create(school_id=case.school_id, case=case, at=now, kind=Step.Kind.JOINED, by_id=by)
    audit.write(None, "cases.signal_joined", case, signal=signal.pk)
    if told:
        tell(f"case-news:{case.pk}:{signal.pk}", case, [case.owner_id], topics.CASE_NEWS)
    return True


def waiting(school_id: int, viewer: Viewer | None = None) -> QuerySet[Signal]:
    """Return the signals somebody took and has not said anything about since, the oldest first.

    viewer: for whom; without those of which they must not learn.
    """
    taken = Call.objects.filter(signal=OuterRef("pk"), answer=Call.Answer.TAKEN)
    done = Outcome.objects.filter(signal=OuterRef("pk"))
    rows = Signal.objects.filter(Exists(taken), ~Exists(done), school_id=school_id).order_by(
        "raised_at", "pk"
    )
    return rows if viewer is None else without_those_left_out(rows, viewer.person_id)


def without_outcome(student_id: int, *people: int | None) -> list[Signal]:
    """Return the signals about a child that nothing has become of yet, taken or not.

    people: to whom they would be shown; without those of which one of them must not learn.
    """
    done = Outcome.objects.filter(signal=OuterRef("pk"))
    rows = Signal.objects.filter(~Exists(done), student_id=student_id).order_by("pk")
    for person in people:
        rows = without_those_left_out(rows, person)
    return list(rows)


@transaction.atomic
def no_case_needed(signals: list[Signal], viewer: Viewer, why: str) -> int:
    """Note that somebody looked and that no case is needed. Raises Refused."""
    why = why.strip()
    if len(why) < SHORTEST_REASON:
        raise Refused(_("请写清看到了什么、为什么不用建个案。"))
    now, told = timezone.now(), 0
    for signal in Signal.objects.select_for_update().filter(pk__in=[one.pk for one in signals]):
        if Outcome.objects.filter(signal=signal).exists():
            continue
        if not Call.objects.filter(signal=signal, answer=Call.Answer.TAKEN).exists():
            raise Refused(_("还没有人接手这一条。请先在“要看看的学生”里点“我来处理”。"))
        made = Outcome.objects.create(
            school_id=signal.school_id, student_id=signal.student_id, signal=signal, by_id=viewer.person_id, why=why, at=now,
            day=timezone.localtime(now).date(),
        )  # fmt: skip
        audit.write(viewer, "cases.no_case_needed", made, signal=signal.pk)
        told += 1
    return told
