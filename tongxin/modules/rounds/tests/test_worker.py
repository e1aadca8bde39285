"""The computation in the background: a worker that dies loses no round, and a result counts only with the end of its run."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.exchange.rosters.bulk import draw_public_ids
from tongxin.kernel.base.models import Attribute, Link, Subject
from tongxin.kernel.solving import services as solving
from tongxin.kernel.solving.models import SolverRun
from tongxin.modules.rounds import proposing, services
from tongxin.modules.rounds.models import Participant, Proposal, Round
from tongxin.testing.cast import SINCE, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_(pairs):
    return pairs.begin("class-contacts", pairs.cast.wang)


def left_by_a_dead_worker(round_, **more):
    """A run that a worker had begun when it was killed a minute ago."""
    gone = timezone.now() - timedelta(minutes=1)
    options = {"round": round_.pk, "day": TODAY.toordinal(), "least_change": False, "step": False}
    return SolverRun.objects.create(
        school=round_.school, kind=proposing.RUN, about=proposing.about(round_), state=SolverRun.State.RUNNING,
        seconds=10, options=options, attempt=1, began_at=gone, beat_at=gone, asked_at=gone, **more,
    )  # fmt: skip


def test_a_run_whose_worker_died_is_taken_up_and_gives_its_proposal_once(pairs, round_):
    run = left_by_a_dead_worker(round_)
    with pytest.raises(services.Refused, match="正在计算"):
        services.propose(
            pairs.cast.wang.viewer(), round_, round_.version, seconds=10, stable=False, fresh=True
        )
    assert Proposal.objects.count() == 0
    assert solving.take_up() == 1
    run.refresh_from_db()
    round_.refresh_from_db()
    assert (run.state, run.attempt) == (SolverRun.State.DONE, 2)
    assert round_.state == Round.State.PROPOSED
    assert Proposal.objects.count() == 1
    assert solving.work(run.pk) is False
    assert Proposal.objects.count() == 1


def test_a_result_that_comes_after_a_change_is_not_used_and_says_so(pairs, round_, monkeypatch):
    real = proposing.found_for

    def slow(gathered, *args, **kwargs):
        found = real(gathered, *args, **kwargs)
        Round.objects.filter(pk=round_.pk).update(version=99)
        return found

    monkeypatch.setattr(proposing, "found_for", slow)
    run = pairs.propose(round_, pairs.cast.wang)
    assert run.state == SolverRun.State.FAILED
    assert "没有用上" in run.failure
    assert round_.proposal is None
    assert Proposal.objects.count() == 0


def test_a_computation_that_breaks_leaves_the_round_as_it_was(pairs, round_, monkeypatch):
    def broken(*_args, **_kwargs):
        raise MemoryError

    monkeypatch.setattr(proposing, "found_for", broken)
    run = pairs.propose(round_, pairs.cast.wang)
    assert run.state == SolverRun.State.FAILED
    assert (round_.state, round_.proposal) == (Round.State.OPEN, None)
    monkeypatch.undo()
    assert pairs.propose(round_, pairs.cast.wang).state == SolverRun.State.DONE


def test_the_page_shows_how_far_it_is_and_stops_it(client, pairs, round_):
    run = left_by_a_dead_worker(round_)
    client.force_login(pairs.cast.wang.account)
    address = reverse("rounds:round", args=[round_.public_id])
    assert "hx-get" in client.get(address).content.decode()
    assert "正在计算" in client.get(reverse("rounds:progress", args=[round_.public_id])).content.decode()
    client.post(reverse("rounds:stop", args=[round_.public_id]))
    run.refresh_from_db()
    assert run.stop_asked


def many(pairs, mentors: int, students: int) -> None:
    """Members and special students in numbers, by bulk: 30 classes, each member teaching some of them."""
    school = pairs.cast.school
    rooms = Subject.objects.bulk_create(
        Subject(school=school, type="homeroom", name=f"大班{n}", public_id=key)
        for n, key in enumerate(draw_public_ids(30))
    )
    staff = Subject.objects.bulk_create(
        Subject(school=school, type="staff", name=f"导师{n}", public_id=key)
        for n, key in enumerate(draw_public_ids(mentors))
    )
    children = Subject.objects.bulk_create(
        Subject(school=school, type="student", name=f"学生{n}", public_id=key)
        for n, key in enumerate(draw_public_ids(students))
    )
    Link.objects.bulk_create(
        [
            Link(school=school, kind="branch_member", a=one, b=pairs.cast.branch.subject, valid_from=SINCE)
            for one in staff
        ]
        + [
            Link(school=school, kind="teaches", a=one, b=rooms[(n + k) % 30], valid_from=SINCE)
            for n, one in enumerate(staff)
            for k in range(3)
        ]
        + [
            Link(school=school, kind="enrolled_in", a=one, b=rooms[n % 30], valid_from=SINCE)
            for n, one in enumerate(children)
        ]
    )
    Attribute.objects.bulk_create(
        Attribute(school=school, subject=one, name="priority_care", value="true", valid_from=SINCE)
        for one in children
    )


def test_three_hundred_mentors_and_fifteen_hundred_students(client, pairs, django_assert_max_num_queries):
    many(pairs, 300, 1500)
    cast = pairs.cast
    with django_assert_max_num_queries(400):
        round_ = pairs.begin("growth-mentors", cast.chen)
    Participant.objects.filter(round=round_, seat="mentor").update(high=6)
    began = time.process_time()
    services.propose(cast.chen.viewer(), round_, round_.version, seconds=60, stable=False, fresh=True)
    spent = time.process_time() - began
    round_.refresh_from_db()
    assert round_.proposal.left == 0
    assert round_.proposal.groups == 1502
    assert spent < 40
    client.force_login(cast.chen.account)
    client.get(reverse("rounds:table", args=[round_.public_id]))
    for name in ("round", "table", "graph", "people", "changes"):
        began = time.process_time()
        with django_assert_max_num_queries(45):
            assert client.get(reverse(f"rounds:{name}", args=[round_.public_id])).status_code == 200
        assert time.process_time() - began < 4, name
    print(f"proposed in {spent:.1f} s")  # noqa: T201
