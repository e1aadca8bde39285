"""Signals: raised with the answer that caused them, answered by a person of the chain, never lost.

raise_from(paper, …)   in the transaction of the answer: signal, first call, notice, audit row
take / pass_on         a person of the chain is on it / hands it to the next
escalate(now)          the worker's round: whoever did not answer in time is followed by the next; after the last, all
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base import rows
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link
from tongxin.kernel.obligations import outbox
from tongxin.methods.psychometrics.instrument import Instrument
from tongxin.methods.psychometrics.scoring import Scored
from tongxin.ui import prepared

from .chain import chain_of
from .models import Call, ChainStep, Paper, Signal

logger = logging.getLogger(__name__)

CRITICAL, BAND, PATTERN, TEXT = "critical", "band", "pattern", "text"
# From this rank on somebody is called at once; a critical answer and flagged words always call.
URGENT_RANK = 4
CALM = timedelta(hours=24)
TOPIC, TOPIC_CALM = topics.CALLED, topics.TO_LOOK_AT
FALLBACK = ("counsellor", "deputy_secretary", "secretary")


class Refused(ValueError):
    """It cannot be done any more; the sentence says why."""


@dataclass(frozen=True)
class Found:
    """Something in a paper that has to be looked at. rule: its name in the instrument; rank: how severe."""

    kind: str
    rule: str
    rank: int
    form: int
    scale: str = ""

    @property
    def urgent(self) -> bool:
        return self.kind in (CRITICAL, TEXT) or self.rank >= URGENT_RANK

    def source(self, paper: Paper) -> str:
        return f"{paper.public_id}:{self.form}:{self.kind}:{self.scale}:{self.rule}"[:160]


def found_in(instrument: Instrument, form: int, scored: Scored) -> list[Found]:
    """Return all that a scored paper shows, whatever its quality: critical items act even on a careless paper."""
    ranks = {rule.id: rule.rank for rule in (*instrument.critical, *instrument.patterns)}
    found = [Found(CRITICAL, rule, ranks[rule], form) for rule in scored.critical]
    found += [Found(PATTERN, rule, ranks[rule], form) for rule in scored.patterns]
    found += [Found(TEXT, item, URGENT_RANK, form) for item in scored.texts]
    found += [
        Found(BAND, band.id, band.rank, form, scale) for scale, band in scored.bands.items() if band.signal
    ]
    return found


def raise_from(paper: Paper, found: Iterable[Found], now: datetime, by=None) -> list[Signal]:
    """Write the signals that are not on file yet, each with its first call; inside the transaction of the answer.

    Nothing lowers what is on file: a worse answer is another signal, a milder one changes nothing.
    """
    wanted = {one.source(paper): one for one in found}
    if not wanted:
        return []
    known = {source for (source,) in prepared.rows("sources", _sources, {"paper": paper.pk})}
    made = []
    for source, one in wanted.items():
        if source in known:
            continue
        signal = Signal(
            school_id=paper.school_id, student_id=paper.student_id, sitting_id=paper.sitting_id, paper_id=paper.pk,
            source=source, raised_at=now, day=timezone.localtime(now).date(), urgent=one.urgent,
            what={"kind": one.kind, "rule": one.rule, "scale": one.scale, "rank": one.rank, "form": one.form},
        )  # fmt: skip
        rows.insert(signal)
        audit.write(by, "screening.signal_raised", signal, student=paper.student_id, paper=paper.pk)
        call(signal, now)
        made.append(signal)
    return made


def _sources(at):
    return Signal.objects.filter(paper_id=at["paper"]).values_list("source")


def called_for(paper: Paper) -> bool:
    """Say whether a paper asked for somebody at once."""
    return Signal.objects.filter(paper=paper, urgent=True).exists()


def call(signal: Signal, now: datetime, *, round: int = 0, after: int = 0) -> list[Call]:
    """Call the next of the chain after a step; from the second round on everybody of it at once."""
    steps = prepared.instances(ChainStep, "chain", _chain, {"school": signal.school_id})
    steps = steps or _stand_ins(signal.school_id)
    waiting = [step for step in steps if step.number > after]
    calls = []
    for step in waiting if round else waiting[:1]:
        due = now + (timedelta(minutes=step.minutes) if signal.urgent else CALM)
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


def _call_at(at):
    return Call.objects.filter(signal_id=at["signal"], round=at["round"], step=at["step"])


def _chain(at):
    return ChainStep.objects.current().filter(school_id=at["school"]).order_by("number")


def _stand_ins(school_id: int) -> list[ChainStep]:
    """A chain that was emptied since the sitting opened still calls somebody: who holds the posts."""
    today = timezone.localdate()
    held = Link.objects.filter(
        school_id=school_id,
        kind__in=FALLBACK,
        superseded_at=FOREVER,
        valid_from__lte=today,
        valid_to__gte=today,
    )
    people = sorted({(FALLBACK.index(kind), person) for kind, person in held.values_list("kind", "a_id")})
    return [
        ChainStep(
            school_id=school_id, number=number, person_id=person, minutes=15, firm=number == len(people)
        )
        for number, (_post, person) in enumerate(people, 1)
    ]


def _tell(signal: Signal, one: Call) -> None:
    """Put the notice in the outbox: each urgent signal its own, the others once a person, sitting and day."""
    if signal.urgent:
        key, topic = f"signal:{signal.pk}:{one.round}:{one.step}", TOPIC
    else:
        key, topic = f"signals:{signal.sitting_id}:{one.person_id}:{signal.day.isoformat()}", TOPIC_CALM
    outbox.put(
        key, school_id=signal.school_id, recipient_id=one.person_id, topic=topic, data={"signal": signal.pk}
    )


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
    audit.write(viewer, "screening.signal_taken", signal, call=own.pk)
    _hush(signal)
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
    audit.write(viewer, "screening.signal_passed", signal, call=own.pk)
    if was_waiting and not own.round:
        call(signal, now, after=own.step)


def is_taken(signal: Signal) -> bool:
    return Call.objects.filter(signal=signal, answer=Call.Answer.TAKEN).exists()


def _hush(signal: Signal) -> None:
    """Take back the notices of a signal somebody is on; the calm ones when nothing else of their day is open."""
    if signal.urgent:
        calls = Call.objects.filter(signal=signal).values_list("round", "step")
        outbox.cancel([f"signal:{signal.pk}:{round_}:{step}" for round_, step in calls])
        return
    day = signal.day.isoformat()
    for person in Call.objects.filter(signal=signal).values_list("person_id", flat=True).distinct():
        still = Call.objects.filter(
            person_id=person, answer=Call.Answer.WAITING, signal__sitting_id=signal.sitting_id,
            signal__day=signal.day, signal__urgent=False,
        ).exclude(signal__calls__answer=Call.Answer.TAKEN)  # fmt: skip
        if not still.exists():
            outbox.cancel([f"signals:{signal.sitting_id}:{person}:{day}"])


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
    audit.write(None, "screening.signal_late", signal, call=one.pk, step=one.step)
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
