"""Signals under calls, takes, passes, worse answers, time and restarts in any order: never lost, never taken twice."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tongxin.kernel.obligations.models import Message
from tongxin.kernel.signals import chain
from tongxin.kernel.signals import services as signals
from tongxin.kernel.signals.models import Call, Signal
from tongxin.modules.screening import papers
from tongxin.testing.cast import NOW, TODAY
from tongxin.testing.screening import LAST

STEPS = int(os.environ.get("TONGXIN_MACHINE_STEPS", "25"))
RUNS = int(os.environ.get("TONGXIN_MACHINE_RUNS", "15"))


class Machine(RuleBasedStateMachine):
    """One school with the chain chen → he → wang; its children answer, its people act, its worker runs or rests."""

    hall = None
    clock: list = []

    @initialize()
    def begin(self):
        self.clock[:] = [NOW]
        self.known: dict[int, bool] = {}
        self.taken: dict[int, int] = {}
        Call.objects.all().delete()
        Message.objects.all().delete()
        papers.Result.objects.all().delete()
        papers.Page.objects.all().delete()
        Signal.objects.all().delete()
        papers.Paper.objects.all().delete()
        self.set_chain(["chen", "he", "wang"])

    def people(self):
        cast = self.hall.cast
        return {"chen": cast.chen, "he": self.hall.deputy, "wang": cast.wang}

    def set_chain(self, order):
        wanted = [chain.Wanted(self.people()[name].subject) for name in order]
        chain.set_chain(self.hall.cast.school, wanted, by=self.hall.cast.wang.viewer(), day=TODAY)

    @property
    def now(self):
        return self.clock[0]

    @property
    def ended(self):
        """Nobody sits down after the last day; what was raised goes on."""
        return self.now.date() >= LAST

    @rule(
        child=st.integers(0, 2),
        answer=st.sampled_from(["0", "1", "3"]),
        rest=st.sampled_from(["0", "2", "3"]),
    )
    def a_child_answers(self, child, answer, rest):
        """Online, page by page and never finished: what is critical counts at once. Said again, it is the same signal."""
        if self.ended:
            return
        paper = papers.begin(self.hall.seat(child), now=self.now)
        papers.keep(paper, 3, {"9": answer, "8": rest}, now=self.now)
        if answer != "0":
            assert Signal.objects.filter(origin="paper", origin_id=paper.pk, urgent=True).count() == 1

    @rule(
        child=st.integers(3, 4), sum_=st.sampled_from(["0", "1", "2", "3"]), nine=st.sampled_from(["0", "2"])
    )
    def a_paper_is_entered_or_corrected(self, child, sum_, nine):
        """A milder correction takes nothing back, a worse one adds."""
        before = set(Signal.objects.values_list("pk", flat=True))
        answers = {str(n): sum_ for n in range(1, 9)} | {"9": nine}
        own = papers.Paper.objects.filter(student=self.hall.child(child)).first()
        if own is None:
            papers.enter(
                self.hall.seat(child), {self.hall.form.pk: answers}, source="paper",
                by=self.hall.cast.chen.viewer(), now=self.now,
            )  # fmt: skip
        else:
            papers.correct(own, {self.hall.form.pk: answers}, by=self.hall.cast.chen.viewer(), now=self.now)
        assert before <= set(Signal.objects.values_list("pk", flat=True))

    @precondition(lambda self: Signal.objects.exists())
    @rule(which=st.integers(0, 20), who=st.sampled_from(["chen", "he", "wang"]))
    def somebody_takes_it(self, which, who):
        signal = self.one(which)
        viewer = self.people()[who].viewer()
        try:
            signals.take(signal, viewer)
        except signals.Refused:
            assert self.taken[signal.pk] != viewer.person_id
        else:
            assert self.taken.setdefault(signal.pk, viewer.person_id) == viewer.person_id

    @precondition(lambda self: Signal.objects.exists())
    @rule(which=st.integers(0, 20), who=st.sampled_from(["chen", "he", "wang"]))
    def somebody_passes_it_on(self, which, who):
        signal = self.one(which)
        viewer = self.people()[who].viewer()
        firm = Call.objects.filter(signal=signal, person=viewer.person_id, firm=True).exists()
        try:
            signals.pass_on(signal, viewer)
        except signals.Refused:
            return
        assert signal.pk not in self.taken
        assert not firm or Call.objects.filter(signal=signal, person=viewer.person_id, firm=False).exists()

    @rule(minutes=st.sampled_from([1, 14, 16, 90, 1500]))
    def time_passes_and_the_worker_runs(self, minutes):
        self.clock[0] = self.now + timedelta(minutes=minutes)
        signals.escalate(self.now)
        signals.escalate(self.now)

    @rule(minutes=st.sampled_from([30, 600]))
    def the_worker_rests(self, minutes):
        self.clock[0] = self.now + timedelta(minutes=minutes)

    @rule(order=st.permutations(["chen", "he", "wang"]))
    def the_chain_changes(self, order):
        self.set_chain(order)

    def one(self, which):
        rows = Signal.objects.order_by("pk")
        return rows[which % rows.count()]

    @invariant()
    def nothing_is_lost(self):
        present = dict(Signal.objects.values_list("pk", "urgent"))
        assert set(self.known) <= set(present)
        self.known = present

    @invariant()
    def nothing_is_taken_twice(self):
        for pk in self.known:
            assert Call.objects.filter(signal=pk, answer="taken").count() == (pk in self.taken)

    @invariant()
    def what_nobody_took_waits_for_somebody(self):
        """Whatever happened, each open signal has a call that waits, or had one that the worker's next round follows."""
        for pk in set(self.known) - set(self.taken):
            assert Call.objects.filter(signal=pk, answer="").exists(), list(
                Call.objects.filter(signal=pk).values_list("round", "step", "answer")
            )

    @invariant()
    def who_waits_was_told(self):
        for call in Call.objects.filter(answer="", signal__urgent=True).exclude(signal__in=self.taken):
            key = f"signal:{call.signal_id}:{call.round}:{call.step}"
            assert Message.objects.filter(key=key, recipient=call.person_id, cancelled_at=None).exists()


@pytest.mark.django_db
def test_signals_are_never_lost_and_never_taken_twice(hall, monkeypatch):
    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", lambda: Machine.clock[0] if Machine.clock else NOW)
    Machine.hall = hall
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=RUNS, stateful_step_count=STEPS, deadline=None,
            suppress_health_check=list(HealthCheck), database=None,
        ),
    )  # fmt: skip
