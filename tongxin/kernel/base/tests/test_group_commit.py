"""Many callers, one writer: what somebody was told is written is written, and nobody's error is another's."""

import os
import threading
import time
from unittest.mock import patch

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.kernel.base import group_commit
from tongxin.kernel.base.models import School

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL 自己合并提交")


@pytest.fixture(autouse=True)
def no_writer_of_others():
    yield
    group_commit.stop()


def add(name):
    School.objects.create(name=name)
    return name, threading.current_thread().name


def names():
    return sorted(School.objects.values_list("name", flat=True))


def at_once(calls):
    """Make every call in a thread of its own at the same time; return what each returned or raised."""
    found = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def make(number, call):
        start.wait()
        try:
            found[number] = call()
        except Exception as error:  # noqa: BLE001
            found[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=make, args=(number, call)) for number, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return found


def together(jobs):
    """Give jobs to the writer while it is busy with another, so that all share one transaction."""
    return waiting([lambda job=job: group_commit.write(job) for job in jobs])


def waiting(asked):
    """Make calls that give the writer something to do while it is busy with something else."""
    busy, go = threading.Event(), threading.Event()

    def hold():
        busy.set()
        assert go.wait(20)

    found: list = []
    # What holds the writer shares the fate of the others; that is not what the tests look at.
    holding = threading.Thread(target=at_once, args=([lambda: group_commit.write(hold)],))
    calls = threading.Thread(target=lambda: found.extend(at_once(asked)))
    with patch.object(group_commit, "MOST_SECONDS", 20):
        holding.start()
        assert busy.wait(20)
        calls.start()
        deadline = time.monotonic() + 20
        while group_commit._kept._jobs.qsize() < len(asked) and time.monotonic() < deadline:
            time.sleep(0.001)
        go.set()
        calls.join(30)
        holding.join(20)
    return found


@pytest.mark.django_db
def test_inside_a_transaction_work_runs_at_once_in_it():
    with transaction.atomic():
        assert group_commit.write(add, "甲") == ("甲", threading.current_thread().name)
        transaction.set_rollback(True)
    assert names() == []


@pytest.mark.django_db(transaction=True)
def test_work_runs_in_the_writer_and_is_committed_when_it_comes_back():
    assert group_commit.write(add, name="甲") == ("甲", "group-commit")
    assert names() == ["甲"]


@pytest.mark.django_db(transaction=True)
def test_on_another_engine_work_runs_in_the_callers_own_transaction():
    with patch.object(connection, "vendor", "postgresql"):
        assert group_commit.write(add, "甲") == ("甲", threading.current_thread().name)
    with (
        patch.object(connection, "vendor", "postgresql"),
        pytest.raises(ZeroDivisionError),
    ):
        group_commit.write(lambda: add("乙") and 1 / 0)
    assert names() == ["甲"]


@pytest.mark.django_db(transaction=True)
def test_work_that_writes_through_the_group_itself_is_part_of_it():
    group_commit.write(lambda: group_commit.write(add, "甲"))
    assert names() == ["甲"]


@pytest.mark.django_db(transaction=True)
def test_waiting_work_shares_a_transaction_and_an_error_is_its_callers_alone():
    commits = []
    real = DatabaseWrapper.commit

    def counted(self):
        commits.append(threading.current_thread().name)
        return real(self)

    def wrong():
        add("错")
        raise ValueError("mine")

    with patch.object(DatabaseWrapper, "commit", counted):
        found = together([lambda: add("甲"), wrong, lambda: add("乙"), wrong])
    assert sorted(map(str, found)) == [
        "('乙', 'group-commit')",
        "('甲', 'group-commit')",
        "mine",
        "mine",
    ]
    assert names() == ["乙", "甲"]
    assert commits == ["group-commit"]


@pytest.mark.django_db(transaction=True)
def test_what_wants_the_same_is_done_in_one_call_and_what_does_not_apart_from_it():
    calls, apart, put_aside = [], [], []

    def many(wanted):
        calls.append(wanted)
        for name in wanted:
            if name != "错":
                group_commit.aside(put_aside.append, name)
        return [ValueError(name) if name == "错" else add(name)[0] + "好" for name in wanted]

    def each(wanted):
        apart.append(wanted)
        return [add(name)[0] for name in wanted]

    ask = [(many, "甲"), (many, "错"), (many, "乙"), (each, "丙")]
    found = waiting([lambda work=work, name=name: group_commit.together(work, name) for work, name in ask])
    assert [found[0], str(found[1]), found[2], found[3]] == ["甲好", "错", "乙好", "丙"]
    assert names() == sorted("甲乙丙")
    assert apart == [["丙"]]
    assert sorted(name for call in calls for name in call) == sorted("甲错乙")
    assert len(calls) <= 2, "what waits one behind the other is one call"
    (all_of_it,) = put_aside
    assert sorted(all_of_it) == ["乙", "甲"], "what was put aside is done once, for all of the group"


@pytest.mark.django_db(transaction=True)
def test_where_a_call_fails_each_of_its_items_is_tried_by_itself():
    calls = []

    def many(wanted):
        calls.append(len(wanted))
        for name in wanted:
            add(name)
        if "错" in wanted:
            raise IntegrityError("mine")
        return [name + "好" for name in wanted]

    found = waiting([lambda name=name: group_commit.together(many, name) for name in "甲错乙"])
    assert [found[0], type(found[1]), found[2]] == ["甲好", IntegrityError, "乙好"]
    assert names() == ["乙", "甲"]
    assert max(calls) == 3


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_and_on_another_engine_an_item_is_done_at_once_in_it():
    def many(wanted):
        made = [add(name)[0] for name in wanted]
        return [ZeroDivisionError() if name == "错" else name for name in made]

    with transaction.atomic():
        assert group_commit.together(many, "甲") == "甲"
    with patch.object(connection, "vendor", "postgresql"):
        assert group_commit.together(many, "乙") == "乙"
        with pytest.raises(ZeroDivisionError):
            group_commit.together(many, "错")
    assert names() == ["乙", "甲"]


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_fails_is_an_error_for_everybody_and_leaves_nothing():
    real = DatabaseWrapper.commit

    def fails(self):
        if names():
            raise OperationalError("disk I/O error")
        return real(self)

    with patch.object(DatabaseWrapper, "commit", fails):
        found = together([lambda name=name: add(name) for name in "甲乙丙"])
    assert [type(one) for one in found] == [group_commit.NotWritten] * 3
    assert all(isinstance(one, DatabaseError) for one in found)
    assert names() == []
    assert group_commit.write(add, "丁")[0] == "丁", "the writer goes on"
    assert names() == ["丁"]


@pytest.mark.django_db(transaction=True)
def test_when_the_writer_dies_its_callers_hear_of_it_and_the_next_call_finds_another():
    def dies():
        raise SystemExit

    with patch.object(threading, "excepthook", lambda _given: None):
        found = together([lambda: add("甲"), dies, lambda: add("乙")])
    assert [type(one) for one in found] == [group_commit.NotWritten] * 3
    assert names() == []
    group_commit.write(add, "丙")
    assert names() == ["丙"]


@pytest.mark.django_db(transaction=True)
def test_a_caller_whose_writer_is_gone_does_not_wait_for_ever():
    group_commit.write(add, "甲")
    gone = group_commit._kept
    gone.stop()
    with (
        patch.object(group_commit, "_writer", lambda: gone),
        patch.object(group_commit, "LOOK_SECONDS", 0.01),
        pytest.raises(group_commit.NotWritten),
    ):
        group_commit.write(add, "乙")
    assert names() == ["甲"]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_sqlite_gave_up_is_lost_for_all_of_it():
    def given_up():
        add("乙")
        connection.connection.execute("ROLLBACK")
        raise OperationalError("database or disk is full")

    found = together([lambda: add("甲"), given_up])
    assert isinstance(found[1], group_commit.NotWritten)
    assert names() == [one[0] for one in found if isinstance(one, tuple)]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_sqlite_gave_up_unnoticed_is_not_acknowledged():
    def unnoticed():
        connection.connection.execute("ROLLBACK")

    found = together([lambda: add("甲"), unnoticed])
    assert isinstance(found[1], group_commit.NotWritten)
    assert names() == [one[0] for one in found if isinstance(one, tuple)]


@pytest.mark.django_db(transaction=True)
def test_a_full_database_is_an_error_of_whoever_filled_it_and_writing_goes_on():
    def too_much():
        pages = connection.connection.execute("PRAGMA page_count").fetchone()[0]
        connection.connection.execute(f"PRAGMA max_page_count={pages + 2}")
        try:
            for number in range(2_000):
                School.objects.create(name="满" * 80 + str(number))
        finally:
            connection.connection.execute("PRAGMA max_page_count=1073741823")

    with pytest.raises(DatabaseError, match="full"):
        group_commit.write(too_much)
    group_commit.write(add, "甲")
    assert names() == ["甲"]


@pytest.mark.django_db(transaction=True)
def test_an_error_that_was_passed_over_is_not_acknowledged():
    def passed_over():
        add("乙")
        try:
            with transaction.atomic(savepoint=False):
                raise ValueError
        except ValueError:
            pass

    with pytest.raises(transaction.TransactionManagementError):
        group_commit.write(passed_over)
    assert names() == []


@pytest.mark.django_db(transaction=True)
def test_an_atomic_block_inside_work_takes_back_its_own_rows():
    def work():
        add("甲")
        with pytest.raises(IntegrityError), transaction.atomic():
            twice()

    def twice():
        add("乙")
        School.objects.create(name="丙", public_id=School.objects.get(name="甲").public_id)

    group_commit.write(work)
    assert names() == ["甲"]


@pytest.mark.django_db(transaction=True)
def test_what_waits_for_the_commit_runs_in_the_caller_after_it():
    seen = []

    def look(word):
        seen.append((word, names(), threading.current_thread() is threading.main_thread()))

    def work():
        add("甲")
        transaction.on_commit(lambda: look("once"))
        transaction.on_commit(lambda: 1 / 0, robust=True)
        with pytest.raises(ValueError), transaction.atomic():
            refused()
        transaction.on_commit(lambda: look("last"))

    def refused():
        transaction.on_commit(lambda: look("never"))
        raise ValueError

    group_commit.write(work)
    assert seen == [("once", ["甲"], True), ("last", ["甲"], True)]
    with pytest.raises(ValueError):
        group_commit.write(refused)
    assert len(seen) == 2


@pytest.mark.django_db(transaction=True)
def test_an_error_after_the_commit_is_raised_in_its_caller_only():
    def work():
        add("甲")
        transaction.on_commit(lambda: 1 / 0)

    found = together([work, lambda: add("乙")])
    assert sorted(type(one).__name__ for one in found) == ["ZeroDivisionError", "tuple"]
    assert names() == ["乙", "甲"]


@pytest.mark.django_db(transaction=True)
def test_work_speaks_its_callers_language():
    with translation.override("en"):
        assert group_commit.write(translation.get_language) == "en"
    with translation.override("zh-hans"):
        assert group_commit.write(translation.get_language) == "zh-hans"


@pytest.mark.django_db(transaction=True)
def test_stopping_writes_what_is_waiting():
    found = []
    busy = threading.Event()

    def slow():
        busy.set()
        time.sleep(0.1)
        return add("甲")

    threads = [
        threading.Thread(target=lambda work=work: found.append(group_commit.write(*work)))
        for work in ((slow,), (add, "乙"))
    ]
    threads[0].start()
    assert busy.wait(10)
    threads[1].start()
    while not group_commit._kept._jobs.qsize():
        time.sleep(0.001)
    group_commit.stop()
    for thread in threads:
        thread.join(10)
    assert sorted(name for name, _where in found) == names() == ["乙", "甲"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows 没有 fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_a_writer_of_its_own():
    group_commit.write(add, "甲")
    connection.close()
    child = os.fork()
    if not child:
        try:
            group_commit.write(add, "乙")
            group_commit.stop()
            os._exit(0)
        except BaseException:  # noqa: BLE001
            os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    group_commit.write(add, "丙")
    assert set(names()) == {"甲", "乙", "丙"}


KINDS = ("right", "wrong", "inner", "twice", "passed")


def job(kind, name):
    def work():
        add(name)
        if kind == "wrong":
            raise ValueError(name)
        if kind in ("inner", "passed"):
            try:
                with transaction.atomic(savepoint=kind == "inner"):
                    add(name + "里")
                    raise ValueError
            except ValueError:
                pass
        if kind == "twice":
            School.objects.create(name=name, public_id=School.objects.get(name=name).public_id)
        return name

    return work


@pytest.mark.django_db(transaction=True)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=12), st.booleans(), st.integers(1, 5))
def test_whatever_comes_together_exactly_what_was_acknowledged_is_there(kinds, waiting, most):
    School.objects.all().delete()
    jobs = [job(kind, f"校{number:02}") for number, kind in enumerate(kinds)]
    with patch.object(group_commit, "MOST_JOBS", most):
        found = (
            together(jobs) if waiting else at_once([lambda one=one: group_commit.write(one) for one in jobs])
        )
    told = [one for one in found if isinstance(one, str)]
    assert sorted(told) == names()
    assert [isinstance(one, str) for one in found] == [kind in ("right", "inner") for kind in kinds]
