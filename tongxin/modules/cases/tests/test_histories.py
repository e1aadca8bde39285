"""Random histories of two children: no path loses a signal, no rank falls without a named person, nobody closes alone."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tongxin.kernel.signals import services as kernel_signals
from tongxin.kernel.signals.models import Signal
from tongxin.modules.cases.casework import cases, clocks, handing, papers, ranks, signals, watch
from tongxin.modules.cases.casework.refusal import Refused
from tongxin.modules.cases.models import Case, Outcome, Standing, Step

ranks_of_signals, children, people_ = (
    st.integers(1, 5),
    st.integers(0, 1),
    st.sampled_from(["chen", "second", "leader"]),
)
BEGIN = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)


def machine_of(desk, clock):
    class Histories(RuleBasedStateMachine):
        """Whatever people do in whatever order, in one transaction that is undone at the end."""

        def __init__(self) -> None:
            super().__init__()
            self.around = transaction.atomic()
            self.around.__enter__()
            clock.now = BEGIN

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.around.__exit__(None, None, None)

        def viewer(self, who: str):
            player = desk.cast.chen if who == "chen" else getattr(desk, who)
            return desk.viewer(player)

        def open_of(self, child: int) -> Case | None:
            rows = Case.objects.filter(student=desk.child(child)).exclude(phase="closed")
            return rows.select_related("scheme", "student").first()

        @rule(child=children, rank=ranks_of_signals)
        def a_signal_is_raised(self, child, rank):
            case = self.open_of(child)
            before = (case.due_at, case.follow_due, ranks.known_to_program([case])[case.pk]) if case else None
            desk.signal(desk.child(child), rank, take=False)
            if case and before:
                case.refresh_from_db()
                assert ranks.known_to_program([case])[case.pk] == max(before[2], rank)
                for old, new in zip(before[:2], (case.due_at, case.follow_due), strict=True):
                    assert old is None or (new is not None and new <= old)

        @rule(who=people_)
        def somebody_takes_the_next_signal(self, who):
            signal = kernel_signals.open_signals(desk.cast.school.pk).first()
            if signal is not None:
                kernel_signals.take(signal, self.viewer(who))

        @rule(who=people_)
        def somebody_says_that_no_case_is_needed(self, who):
            waiting = list(signals.waiting(desk.cast.school.pk)[:1])
            if waiting:
                signals.no_case_needed(waiting, self.viewer(who), "看过了，是一场误会")

        @rule(child=children, rank=ranks_of_signals, who=people_)
        def somebody_opens_a_case(self, child, rank, who):
            player = desk.cast.chen if who == "chen" else getattr(desk, who)
            try:
                desk.open(desk.child(child), rank=rank, by=player)
            except Refused:
                assert self.open_of(child) is not None

        @rule(child=children, number=st.integers(0, 9), rank=ranks_of_signals, who=people_)
        def somebody_writes_a_paper(self, child, number, rank, who):
            case = self.open_of(child)
            if case is None:
                return
            items = papers.checklist(case)
            if items:
                form = items[number % len(items)].form.id
                player = desk.cast.chen if who == "chen" else getattr(desk, who)
                desk.write(case, form, by=player, rank=rank, urgent="正在伤害自己，先送医院")

        @rule(child=children, number=st.integers(0, 9), who=people_)
        def somebody_moves_a_case(self, child, number, who):
            case = self.open_of(child)
            ways = cases.moves_of(case, self.viewer(who)) if case else []
            if case and ways:
                cases.move(case, ways[number % len(ways)].to, self.viewer(who))

        @rule(child=children, who=people_)
        def somebody_agrees_to_close(self, child, who):
            case = self.open_of(child)
            if case is None:
                return
            refused = cases.why_not_closed_by(case, self.viewer(who))
            try:
                cases.agree_to_close(case, self.viewer(who))
                assert not refused
            except Refused:
                assert refused

        @rule(child=children, who=people_)
        def somebody_sends_it_back_or_opens_it_again(self, child, who):
            case = self.open_of(child) or Case.objects.filter(student=desk.child(child)).last()
            if case is not None:
                do = cases.reopen if case.phase == "closed" else cases.send_back
                try:
                    do(case, self.viewer(who), "还要再看一阵")
                except Refused:
                    assert case.phase in ("open", "away")

        @rule(child=children)
        def it_is_handed_over(self, child):
            case = self.open_of(child)
            if case is not None:
                to = desk.second if case.owner_id != desk.second.subject.pk else desk.leader
                handover = handing.ask(case, to.subject, self.viewer("leader"))
                handing.receive(handover, desk.viewer(to))

        @rule(hours=st.sampled_from([1, 30, 24 * 8, 24 * 40]))
        def time_passes(self, hours):
            clock.move(hours=hours)
            watch.run(timezone.now())

        @invariant()
        def every_signal_is_somewhere(self):
            every = set(Signal.objects.values_list("pk", flat=True))
            queued = set(kernel_signals.open_signals(desk.cast.school.pk).values_list("pk", flat=True))
            taken = set(signals.waiting(desk.cast.school.pk).values_list("pk", flat=True))
            answered = set(Outcome.objects.values_list("signal_id", flat=True))
            assert every == queued | taken | answered
            assert not Outcome.objects.filter(case=None, by=None).exists()

        @invariant()
        def no_rank_falls_without_a_named_person(self):
            for case in Case.objects.all():
                rows = list(Standing.objects.filter(case=case).order_by("pk"))
                said = [row.rank["rank"] for row in ranks.opened_by_program(rows, "clocks", "rank")]
                for (before, after), row in zip(pairwise(said), rows[1:], strict=True):
                    assert after >= before or (row.by_id is not None and row.kind in ("finding", "step_down"))

        @invariant()
        def whoever_closed_is_not_who_asked(self):
            for case in Case.objects.filter(phase="closed"):
                step = Step.objects.filter(case=case, kind="closed").latest("pk")
                assert step.by_id not in (None, case.proposed_by_id)

        @invariant()
        def no_open_case_stands_without_a_clock_and_a_keeper(self):
            for case in Case.objects.exclude(phase="closed").select_related("scheme"):
                assert case.due_at or case.follow_due
                assert clocks.state_of(case).phase == case.phase
            assert Case.objects.exclude(phase="closed").values("student").distinct().count() == (
                Case.objects.exclude(phase="closed").count()
            )

    return Histories


def test_no_history_loses_a_signal_or_lowers_a_rank_by_itself(desk, clock):
    run_state_machine_as_test(
        machine_of(desk, clock),
        settings=settings(
            max_examples=8, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )  # fmt: skip


@pytest.mark.long
def test_no_history_loses_a_signal_or_lowers_a_rank_by_itself_in_thousands_of_them(desk, clock):
    run_state_machine_as_test(
        machine_of(desk, clock),
        settings=settings(
            max_examples=1000, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
