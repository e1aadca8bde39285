"""Runs are computed once, can be stopped, survive their worker, and keep a result only together with their end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tongxin.kernel.base.models import School
from tongxin.kernel.solving import services
from tongxin.kernel.solving.models import SolverRun

State = SolverRun.State


@pytest.fixture
def school(db):
    return School.objects.create(name="清河中学")


@pytest.fixture
def solvers(monkeypatch):
    """What is registered in this test, by kind."""
    known = {}
    monkeypatch.setattr(services, "_solvers", known)
    # The tests' queue computes at once; here the tests say when.
    monkeypatch.setattr(services, "_enqueue", lambda run: None)
    return known


def ask(school, about="round-1", kind="sums"):
    return services.ask(school, kind, about, seconds=20, by=None)


def rename(school, name):
    """Return what keeps a result: it can be seen in the database whether it was kept."""

    def keep():
        School.objects.filter(pk=school.pk).update(name=name)

    return keep


def silent_since(run, seconds):
    SolverRun.objects.filter(pk=run.pk).update(
        state=State.RUNNING, attempt=1, beat_at=timezone.now() - timedelta(seconds=seconds)
    )


def test_a_run_is_computed_and_its_result_kept(school, solvers):
    def solver(run, tick):
        assert tick(100, 90)
        return rename(school, f"算过的{run.about}")

    solvers["sums"] = solver
    run = ask(school)
    assert services.work(run.pk)
    run.refresh_from_db()
    school.refresh_from_db()
    assert (run.state, run.bound, run.best, run.gap) == (State.DONE, 100, 90, 0.1)
    assert school.name == "算过的round-1"
    assert not services.work(run.pk)


def test_asking_twice_for_the_same_thing_asks_once(school, solvers):
    solvers["sums"] = lambda run, tick: lambda: None
    first = ask(school)
    assert ask(school) == first
    assert ask(school, "round-2") != first
    services.work(first.pk)
    assert ask(school) != first


def test_an_unknown_kind_is_not_asked_for(school, solvers):
    with pytest.raises(KeyError):
        ask(school)


def test_a_run_that_waits_is_stopped_at_once(school, solvers):
    solvers["sums"] = lambda run, tick: pytest.fail("it was stopped")
    run = ask(school)
    services.stop(run)
    run.refresh_from_db()
    assert run.state == State.STOPPED
    assert not services.work(run.pk)


def test_a_run_under_way_stops_with_the_best_it_has(school, solvers):
    def solver(run, tick):
        assert tick(None, 1)
        services.stop(run)
        assert not tick(None, 2)
        return rename(school, "最好的")

    solvers["sums"] = solver
    run = ask(school)
    services.work(run.pk)
    run.refresh_from_db()
    school.refresh_from_db()
    assert (run.state, run.best, school.name) == (State.STOPPED, 2, "最好的")


def test_a_refusal_is_told_in_its_own_words(school, solvers):
    def solver(run, tick):
        raise services.Refused("第 3 行：没有名额。")

    solvers["sums"] = solver
    run = ask(school)
    services.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.failure) == (State.FAILED, "第 3 行：没有名额。")


def test_an_error_is_told_without_its_text(school, solvers):
    def solver(run, tick):
        raise RuntimeError("林晓雨")

    solvers["sums"] = solver
    run = ask(school)
    services.work(run.pk)
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "林晓雨" not in run.failure
    assert "请再试一次" in run.failure


def test_a_result_that_is_refused_when_kept_leaves_nothing(school, solvers):
    def solver(run, tick):
        def keep():
            rename(school, "半截")()
            raise services.Refused("这一轮已经公布了。")

        return keep

    solvers["sums"] = solver
    run = ask(school)
    services.work(run.pk)
    run.refresh_from_db()
    school.refresh_from_db()
    assert (run.state, run.failure, school.name) == (State.FAILED, "这一轮已经公布了。", "清河中学")


def test_what_a_dead_worker_left_is_taken_up_and_what_a_live_one_does_is_not(school, solvers):
    solvers["sums"] = lambda run, tick: rename(school, "第二个算的")
    dead, live = ask(school), ask(school, "round-2")
    silent_since(dead, 31)
    silent_since(live, 5)
    assert services.take_up() == 1
    assert not services.work(live.pk)
    assert services.work(dead.pk)
    dead.refresh_from_db()
    assert (dead.state, dead.attempt) == (State.DONE, 2)


def test_a_worker_that_was_taken_for_dead_keeps_nothing(school, solvers):
    def solver(run, tick):
        SolverRun.objects.filter(pk=run.pk).update(attempt=2)  # somebody else has taken it up
        assert not tick(None, 1)
        return rename(school, "不该留下")

    solvers["sums"] = solver
    run = ask(school)
    assert not services.work(run.pk)
    school.refresh_from_db()
    assert school.name == "清河中学"


def test_a_run_that_ends_its_worker_again_and_again_is_given_up_with_a_sentence(school, solvers):
    solvers["sums"] = lambda run, tick: pytest.fail("it was given up")
    run = ask(school)
    silent_since(run, 31)
    SolverRun.objects.filter(pk=run.pk).update(attempt=3)
    assert not services.work(run.pk)
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "三次" in run.failure


@pytest.mark.django_db(transaction=True)
def test_a_silent_solver_still_gives_signs_of_life_and_hears_stop(solvers, monkeypatch):
    monkeypatch.setattr(services, "BEAT_S", 0.02)
    school = School.objects.create(name="清河中学")

    def solver(run, tick):
        SolverRun.objects.filter(pk=run.pk).update(beat_at=None)
        services.stop(run)
        for _ in range(500):
            if tick.stop_asked:
                break
            tick._over.wait(0.02)
        assert SolverRun.objects.get(pk=run.pk).beat_at is not None
        return lambda: None

    solvers["sums"] = solver
    run = ask(school)
    services.work(run.pk)
    run.refresh_from_db()
    assert run.state == State.STOPPED
