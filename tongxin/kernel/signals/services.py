"""Signals: raised with what showed them, answered by a person of the chain, never lost.

raise_signal(…)        in the transaction of what showed it: signal, first call, notice, audit row
take / pass_on         a person of the chain is on it / hands it to the next
escalate(now)          the worker's round: whoever did not answer in time is followed by the next; after the last, all
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base import rows
from tongxin.kernel.base.facts import SignalRaised, SignalTaken, publish
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link
from tongxin.kernel.obligations import outbox
from tongxin.ui import prepared

from . import duty, topics
from .chain import chain_of
from .models import Call, ChainStep, LeftOut, Signal

logger = logging.getLogger(__name__)

# From this rank on somebody is called at once.
URGENT_RANK = 4
CALM = timedelta(hours=24)
FALLBACK = ("counsellor", "deputy_secretary", "secretary")
# (school, rank) → minutes within which each who is called has to answer; None: as the chain says.
Pace = Callable[[int, int], int | None]
_paces: list[Pace] = []


class Refused(ValueError):
    """It cannot be done any more; the sentence says why."""


def set_pace(pace: Pace) -> None:
    """Let the room that keeps the school's scheme say how fast each rank has to be answered."""
    _paces[:] = [pace]


def raise_signal(
    *,
    school_id: int,
    student_id: int,
    origin: str,
    source: str,
    rank: int,
    urgent: bool | None = None,
    what: dict | None = None,
    origin_id: int | None = None,
    bundle: str = "",
    now: datetime | None = None,
    by=None,
    left_out: Collection[int] = (),
) -> Signal | None:
    """Write a signal with its first call; None when its source is on file. Inside the caller's transaction.

    Nothing lowers what is on file: something worse is another signal, something milder changes nothing.
    urgent: somebody is called at once; when not said, the rank decides. left_out: who is never called nor shown it.
    """
    if Signal.objects.filter(source=source).exists():
        return None
    signal = Signal(
        school_id=school_id, student_id=student_id, origin=origin, origin_id=origin_id, bundle=bundle, source=source,
        urgent=rank >= URGENT_RANK if urgent is None else urgent, what={**(what or {}), "rank": rank},
    )  # fmt: skip
    put(signal, rank, now or timezone.now(), by, left_out)
    return signal


def put(signal: Signal, rank: int, now: datetime, by=None, left_out: Collection[int] = ()) -> None:
    """Write a signal whose source is known not to be on file, and call the first person."""
    signal.raised_at, signal.day = now, timezone.localtime(now).date()
    signal.minutes = _paces[0](signal.school_id, rank) if _paces else None
    rows.insert(signal)
    audit.write(by, "signal.raised", signal, student=signal.student_id, origin=signal.origin_id)
    LeftOut.objects.bulk_create(
        [LeftOut(school_id=signal.school_id, signal=signal, person_id=one) for one in sorted(set(left_out))]
    )
    call(signal, now, left_out=left_out)
    publish(SignalRaised(signal.school_id, signal.pk, signal.student_id, rank, signal.urgent))


def call(
    signal: Signal, now: datetime, *, round: int = 0, after: int = -1, left_out: Collection[int] | None = None
) -> list[Call]:
    """Call the next of the chain after a step; from the second round on everybody of it at once.

    left_out: who must not learn of it, where the caller knows.
    """
    steps = _called_now(signal.school_id, now, left_out_of(signal) if left_out is None else left_out)
    waiting = [step for step in steps if step.number > after]
    calls = []
    for step in waiting if round else waiting[:1]:
        due = now + _time_to_answer(signal, step)
        known = prepared.instances(
            Call, "one", _call_at, {"signal": signal.pk, "round": round, "step": step.number}
        )
        if known:
            calls += known
            continue
        one = Call(
            school_id=signal.school_id, signal_id=signal.pk, round=round, step=step.number, person_id=step.person_id,
            firm=step.firm, called_at=now, due_at=due,
        )  # fmt: skip
        rows.insert(one)
        _tell(signal, one)
        calls.append(one)
    return calls


def _time_to_answer(signal: Signal, step: ChainStep) -> timedelta:
    """Return how long one person has: what the scheme says of the rank, and never longer than the chain says."""
    if not signal.urgent:
        return timedelta(minutes=signal.minutes) if signal.minutes else CALM
    return timedelta(minutes=min(step.minutes, signal.minutes or step.minutes))


def left_out_of(signal: Signal) -> frozenset[int]:
    """Return who must not learn of a signal."""
    return frozenset(LeftOut.objects.filter(signal_id=signal.pk).values_list("person_id", flat=True))


def without_those_left_out(rows: QuerySet[Signal], person_id: int | None) -> QuerySet[Signal]:
    """Leave the signals out of which somebody must not learn."""
    return rows.exclude(pk__in=LeftOut.objects.filter(person_id=person_id).values("signal"))


def _called_now(school_id: int, now: datetime, left_out: Collection[int] = ()) -> list[ChainStep]:
    """Return whom to call, in order: who is on duty, then the chain; who holds the posts when nobody is left of it."""
    day = timezone.localtime(now).toordinal()
    chained = prepared.instances(ChainStep, "chain", _chain, {"school": school_id, "day": day})
    steps = [step for step in chained if step.person_id not in left_out]
    steps = steps or [step for step in _stand_ins(school_id) if step.person_id not in left_out]
    if steps:
        steps[-1].firm = True  # the last of those who are there cannot decline, whoever that is
    first = duty.on_duty(school_id, now)
    if first is None or first in left_out or (steps and steps[0].person_id == first):
        return steps
    # Whoever is on duty is called once; the last of the chain stays the one who cannot decline.
    later = [step for step in steps if step.person_id != first or step.firm]
    minutes = steps[0].minutes if steps else 15
    return [ChainStep(school_id=school_id, number=0, person_id=first, minutes=minutes), *later]


def _call_at(at):
    return Call.objects.filter(signal_id=at["signal"], round=at["round"], step=at["step"])


def _chain(at):
    """The chain without those who have left or whose account is closed: nobody waits for them."""
    steps = ChainStep.objects.current().filter(
        school_id=at["school"], person__present_from__lte=at["day"], person__present_to__gte=at["day"],
        person__person__account__is_active=True,
    )  # fmt: skip
    return steps.order_by("number")


def _stand_ins(school_id: int) -> list[ChainStep]:
    """A chain that was emptied since the sitting opened still calls somebody: who holds the posts."""
    day = timezone.localdate().toordinal()
    held = prepared.rows("stand-ins", _posts_held, {"school": school_id, "day": day})
    people = sorted({(FALLBACK.index(kind), person) for kind, person in held})
    return [
        ChainStep(
            school_id=school_id, number=number, person_id=person, minutes=15, firm=number == len(people)
        )
        for number, (_post, person) in enumerate(people, 1)
    ]


def _posts_held(at):
    held = Link.objects.filter(school_id=at["school"], kind__in=FALLBACK, superseded_at=FOREVER)
    return held.filter(valid_from__lte=at["day"], valid_to__gte=at["day"]).values_list("kind", "a_id")


def _tell(signal: Signal, one: Call) -> None:
    """Put the notice in the outbox: each urgent signal its own, the others once a person, bundle and day."""
    if signal.urgent:
        key, topic = f"signal:{signal.pk}:{one.round}:{one.step}", topics.CALLED
    else:
        key, topic = calm_key(signal, one.person_id), topics.TO_LOOK_AT
    outbox.put(
        key, school_id=signal.school_id, recipient_id=one.person_id, topic=topic, data={"signal": signal.pk}
    )


def calm_key(signal: Signal, person: int) -> str:
    """Return the key of the one notice that tells a person of a day's calm signals of a bundle."""
    return f"signals:{signal.school_id}:{signal.bundle}:{person}:{signal.day.isoformat()}"


def _locked(signal_id: int) -> Signal:
    """Return a signal; whoever else answers it or lets a call run out waits until this transaction ends."""
    return Signal.objects.select_for_update().get(pk=signal_id)


def _own_call(signal: Signal, viewer: Viewer) -> Call | None:
    calls = Call.objects.filter(signal=signal, person_id=viewer.person_id)
    return calls.order_by("-round", "step").first()


@transaction.atomic
def take(signal: Signal, viewer: Viewer) -> Call:
    """Note that this person is on it: nobody else is called any more. Raises Refused when somebody was first."""
    now, signal = timezone.now(), _locked(signal.pk)
    if viewer.person_id in left_out_of(signal):
        raise Refused(_("这一条已经不在您这里了。"))
    taken = Call.objects.select_related("person").filter(signal=signal, answer=Call.Answer.TAKEN).first()
    if taken is not None:
        if taken.person_id == viewer.person_id:
            return taken
        raise Refused(_("%(name)s已经接手了。") % {"name": taken.person.name})
    own = _own_call(signal, viewer)
    if own is None:
        last = Call.objects.filter(signal=signal).order_by("-round", "-step").first()
        own = Call(
            school_id=signal.school_id, signal=signal, person_id=viewer.person_id, called_at=now, due_at=now,
            round=last.round if last else 0, step=(last.step if last else 0) + 100,
        )  # fmt: skip
    own.answer, own.answered_at = Call.Answer.TAKEN, now
    try:
        with transaction.atomic():
            own.save()
    except IntegrityError:
        raise Refused(_("刚刚有人接手了。请刷新页面。")) from None
    audit.write(viewer, "signal.taken", signal, call=own.pk)
    _hush(signal)
    publish(SignalTaken(signal.school_id, signal.pk, signal.student_id, own.person_id))
    return own


@transaction.atomic
def pass_on(signal: Signal, viewer: Viewer) -> None:
    """Hand it to the next of the chain now. Raises Refused for the last, who cannot decline."""
    signal = _locked(signal.pk)
    own = _own_call(signal, viewer)
    if own is None or own.answer not in (Call.Answer.WAITING, Call.Answer.LATE) or is_taken(signal):
        raise Refused(_("这一条已经不在您这里了。"))
    if own.firm:
        raise Refused(_("您是最后一位联系人，不能再转。请接手，或当面请人处理后再点“我来处理”。"))
    now = timezone.now()
    was_waiting = own.answer == Call.Answer.WAITING
    own.answer, own.answered_at = Call.Answer.PASSED, now
    own.save(update_fields=["answer", "answered_at"])
    audit.write(viewer, "signal.passed", signal, call=own.pk)
    if was_waiting and not own.round and not call(signal, now, after=own.step):
        call(signal, now, round=1)


def is_taken(signal: Signal) -> bool:
    return Call.objects.filter(signal=signal, answer=Call.Answer.TAKEN).exists()


def _hush(signal: Signal) -> None:
    """Take back the notices of a signal somebody is on; the calm ones when nothing else of their day is open."""
    if signal.urgent:
        calls = Call.objects.filter(signal=signal).values_list("round", "step")
        outbox.cancel([f"signal:{signal.pk}:{round_}:{step}" for round_, step in calls])
        return
    for person in Call.objects.filter(signal=signal).values_list("person_id", flat=True).distinct():
        still = Call.objects.filter(
            person_id=person, answer=Call.Answer.WAITING, signal__school=signal.school_id,
            signal__bundle=signal.bundle, signal__day=signal.day, signal__urgent=False,
        ).exclude(signal__calls__answer=Call.Answer.TAKEN)  # fmt: skip
        if not still.exists():
            outbox.cancel([calm_key(signal, person)])


def escalate(now: datetime) -> int:
    """Call the next where nobody answered in time; return how many calls ran out. Twice at once does no harm."""
    late = Call.objects.filter(answer=Call.Answer.WAITING, due_at__lt=now).exclude(
        signal__calls__answer=Call.Answer.TAKEN
    )
    ran_out = 0
    for pk in list(late.order_by("due_at").values_list("pk", flat=True)):
        try:
            ran_out += _run_out(pk, now)
        except Exception:  # one that cannot be passed on must not hold up the others
            logger.exception("a call could not be passed on call=%s", pk)
    return ran_out


def call_the_uncalled(now: datetime) -> int:
    """Call somebody for signals nobody was there to be called for; return how many were called for.

    A school without a chain and without anybody in the posts that stand in for it gets its calls once somebody is there.
    """
    called = 0
    for pk in list(Signal.objects.filter(calls=None).order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            signal = _locked(pk)
            called += not Call.objects.filter(signal=signal).exists() and bool(call(signal, now))
    return called


@transaction.atomic
def _run_out(pk: int, now: datetime) -> bool:
    of = Call.objects.filter(pk=pk).values_list("signal_id", flat=True).first()
    if of is None:
        return False
    signal = _locked(of)
    one = Call.objects.filter(pk=pk, answer=Call.Answer.WAITING).first()
    if one is None or is_taken(signal):
        return False
    one.answer, one.answered_at = Call.Answer.LATE, now
    one.save(update_fields=["answer", "answered_at"])
    audit.write(None, "signal.late", signal, call=one.pk, step=one.step)
    if not one.round and call(signal, now, after=one.step):
        return True
    # The chain is through: everybody is called again, until somebody answers.
    if not Call.objects.filter(signal=signal, round=one.round, answer=Call.Answer.WAITING).exists():
        call(signal, now, round=one.round + 1)
    return True


def open_signals(school_id: int):
    """Return the signals nobody is on yet, urgent ones first, then the oldest."""
    signals = Signal.objects.filter(school_id=school_id).exclude(calls__answer=Call.Answer.TAKEN)
    return signals.select_related("student").order_by("-urgent", "raised_at", "pk")


def chain_people(school_id: int) -> set[int]:
    return {step.person_id for step in chain_of(school_id)}


def called(viewer: Viewer) -> bool:
    """Say whether somebody is of the chain now or was ever called here: they may see and answer signals."""
    if viewer.person_id is None or viewer.school_id is None:
        return False
    return (
        viewer.person_id in chain_people(viewer.school_id)
        or Call.objects.filter(person_id=viewer.person_id).exists()
    )
