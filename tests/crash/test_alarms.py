"""Nobody answers, the worker is stopped or hangs, the server is gone, the clock jumps: every level is called all the same.

How long after its deadline each was called is printed (pytest -s) and not asserted: wanted are five seconds.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from .harness import ROOT, Client, Server, environment, told
from .prepare import PASSWORD

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows 没有 kill -9")

SOON = 2  # seconds; the minutes of a call are shortened to this
NEVER = 60  # seconds after its deadline after which a call counts as lost
LEVELS = 4  # three of the chain, and then all of it again
FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


@pytest.fixture(scope="module")
def prepared(new_installation):
    data = new_installation()
    return data, told(data, "alarms", "prepare")


@pytest.fixture
def school(prepared, tmp_path):
    """An installation of its own, copied from one that was filled once."""
    data, made = prepared
    shutil.copytree(data, tmp_path, dirs_exist_ok=True)
    return tmp_path, made


@contextmanager
def process(data: Path, command: str, *arguments: str, **more: str):
    with (data / f"{command}.log").open("ab") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "tongxin.config.command_line", command, *arguments],
            cwd=ROOT, env=environment(data, **more), stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        yield running
    finally:
        for sent in (signal.SIGCONT, signal.SIGKILL):
            if running.poll() is None:
                os.killpg(running.pid, sent)
        running.wait()


@contextmanager
def served(data: Path):
    server = Server(data)
    server.start()
    try:
        yield server
    finally:
        server.kill_everything()


def ask(data: Path, sql: str, *values):
    with closing(sqlite3.connect(data / "tongxin.sqlite3", timeout=20)) as database, database:
        return database.execute(sql, values).fetchall()


def levels_reached(data: Path, source: str, levels: int = LEVELS) -> list[float]:
    """Raise a signal nobody answers; return by how many seconds each next level was called after its deadline."""
    pk = told(data, "alarms", "raise", source)["signal"]
    late, level = [], 1
    while level < levels:
        # The minutes of whoever was called last are over in two seconds.
        deadline = time.time() + SOON
        ask(
            data, "UPDATE signal_call SET due_at = ? WHERE signal_id = ? AND answer = ''",
            int(deadline * 1_000_000), pk,
        )  # fmt: skip
        while True:
            ((calls, told_of),) = ask(
                data,
                "SELECT count(DISTINCT round * 100 + CASE round WHEN 0 THEN step ELSE 0 END),"
                " (SELECT count(*) FROM message WHERE topic = 'called') FROM signal_call WHERE signal_id = ?",
                pk,
            )
            if calls > level:
                break
            assert time.time() < deadline + NEVER, f"level {level + 1} was not called"
            time.sleep(0.05)
        assert told_of >= calls
        late.append(time.time() - deadline)
        level += 1
    ask(
        data,
        "UPDATE signal_call SET answer = 'taken' WHERE id = (SELECT max(id) FROM signal_call WHERE signal_id = ?)",
        pk,
    )
    return late


def show(what: str, late: list[float]) -> None:
    """Every level was reached, none before its deadline; say how late."""
    assert len(late) == LEVELS - 1
    assert min(late) > -0.5
    sys.stdout.write(f"{what}: seconds late {[round(seconds, 1) for seconds in late]}\n")


def wait_for(what, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_every_level_is_called_in_time_whoever_stands_still(school):
    data, made = school
    with served(data) as server:
        with process(data, "worker") as worker:
            wait_for(lambda: ask(data, "SELECT 1 FROM heartbeat"))
            show("both", levels_reached(data, "both"))
            # The worker hangs: the server follows up, and the people of the chain read that the worker is silent.
            os.killpg(worker.pid, signal.SIGSTOP)
            show("hung", levels_reached(data, "hung"))
            ask(data, "UPDATE heartbeat SET at = at - 121000000")
            client = Client(server.port)
            client.sign_in("/sign-in/", made["login"], PASSWORD)
            assert "后台没有在运行" in client.get("/")[2]
        show("no worker", levels_reached(data, "no worker"))
    with process(data, "worker"):
        show("no server", levels_reached(data, "no server"))
    people = {person for (person,) in ask(data, "SELECT DISTINCT person_id FROM signal_call")}
    assert people == set(made["people"])


@pytest.mark.faketime
@pytest.mark.skipif(not FAKETIME, reason="没有 libfaketime：apt-get install faketime")
@pytest.mark.parametrize("jump", ["+2h", "-2h"])
def test_a_clock_that_jumps_two_hours_holds_up_no_call(school, jump):
    data, _made = school
    offset = data / "clock"
    offset.write_text("+0\n")
    faked = {
        "LD_PRELOAD": str(FAKETIME[0]), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }  # fmt: skip
    with process(data, "worker", **faked):
        wait_for(lambda: ask(data, "SELECT 1 FROM heartbeat"))
        pk = told(data, "alarms", "raise", jump)["signal"]
        deadline = time.time() + 4
        ask(data, "UPDATE signal_call SET due_at = ? WHERE signal_id = ?", int(deadline * 1_000_000), pk)
        offset.write_text(f"{jump}\n")
        assert ask(data, "SELECT count(*) FROM signal_call WHERE signal_id = ?", pk) == [(1,)]
        wait_for(lambda: ask(data, "SELECT count(*) FROM signal_call WHERE signal_id = ?", pk) > [(1,)])
        sys.stdout.write(f"{jump}: seconds late {time.time() - deadline:.1f}\n")
        # Who looks after the clock is told, and nobody twice.
        wait_for(lambda: ask(data, "SELECT 1 FROM message WHERE topic = 'clock_off'"))
    ((most,),) = ask(
        data,
        "SELECT max(n) FROM (SELECT count(*) n FROM message WHERE topic = 'clock_off' GROUP BY recipient_id, key)",
    )
    assert most == 1
