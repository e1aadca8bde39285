"""kill -9 while papers are handed in and calls run out: no acknowledged answer and no signal is lost, doubled or half."""

import itertools
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from http.cookiejar import Cookie

import pytest

from tongxin.config import archive
from tongxin.config.submitting.hall import ITEMS
from tongxin.kernel.audit import chain
from tongxin.kernel.obligations.models import Message

from .harness import LOST, ROOT, Client, Server, children, environment, told

KILLS = 60
KILLS_LONG = 1_000
CLIENTS = 6
SEED = 20261130
HELP = "你不是一个人"  # heads the page after an answer that calls somebody
PER_KILL = 40  # pupils; a fast machine must not run out of them
PAUSE = 0.03  # seconds between the papers of one browser


class Child(threading.Thread):
    """Pupils one after another hand their papers in; what was sent and not answered is sent again."""

    def __init__(self, port: int, seats) -> None:
        super().__init__(daemon=True)
        self.port, self.seats = port, seats
        self.sent: dict[str, bool] = {}  # by seat: does the paper hold a critical answer
        self.acknowledged: set[str] = set()  # seats
        self.wrong: list[str] = []
        self.resent = 0
        self.stopping = threading.Event()

    def run(self) -> None:
        for number, seat in self.seats:
            if self.stopping.is_set():
                return
            self.sent[seat] = grave = number % 2 == 1
            self.hand_in(seat, grave)

    def hand_in(self, seat: str, grave: bool) -> None:
        answers = dict.fromkeys(range(1, ITEMS), "1") | {ITEMS: "5" if grave else "1"}
        fields = [("page", "1"), *((f"a-{item}", said) for item, said in answers.items())]
        while not self.stopping.is_set():
            client = Client(self.port)
            for name, value in (("tongxin_seat", seat), ("tongxin_csrf", "k" * 32)):
                client.cookies.set_cookie(cookie(name, value))
            try:
                status, _, body = client.post("/sit/finish/", fields)
            except LOST:
                self.resent += 1
                self.stopping.wait(0.02)
                continue
            if status != 200 or "已经交好了" not in body or (HELP in body) is not grave:
                self.wrong.append(f"{status} {body[-1500:]}")
            else:
                self.acknowledged.add(seat)
                self.stopping.wait(PAUSE)
            return


def cookie(name: str, value: str) -> Cookie:
    return Cookie(
        0, name, value, None, False, "127.0.0.1", True, False, "/", True, False, None, True, None, None, {}
    )


@pytest.fixture
def filled(new_installation, request):
    """A data folder with a hall of pupils, and what they need to hand in."""
    data = new_installation()
    return data, told(data, "hall", str(request.param * PER_KILL)), request.param


def kill_the_round(worker) -> int:
    """End the process in the middle of escalation; its parent makes another."""
    killed = 0
    for pid in children(worker.pid):
        os.kill(pid, signal.SIGKILL)
        killed += 1
    return killed


def wait_for_papers(clients, more=3, seconds=30):
    goal = sum(len(client.acknowledged) for client in clients) + more
    deadline = time.monotonic() + seconds
    while sum(len(client.acknowledged) for client in clients) < goal:
        assert time.monotonic() < deadline, (
            "no paper was acknowledged any more",
            [(len(client.acknowledged), client.resent, client.wrong[-1:]) for client in clients],
        )
        time.sleep(0.005)


def run(data, given, kills):
    """Let pupils hand in and calls run out while both are killed over and over; return the pupils."""
    choice = random.Random(SEED)
    server = Server(data)
    server.start()
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.hall", "escalate"],
        cwd=ROOT, env=environment(data), stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    seats = Shared(given["seats"])
    clients = [Child(server.port, seats) for _number in range(CLIENTS)]
    for client in clients:
        client.start()
    done = 0
    try:
        for number in itertools.count():
            if done >= kills:
                break
            for _twice in range(2):
                wait_for_papers(clients)
                time.sleep(choice.uniform(0, 0.15))
                done += kill_the_round(worker)
            if number % 4 == 3:
                server.kill_everything()
                server.start()
            else:
                server.kill_a_worker()
            done += 1
        wait_for_papers(clients)
        assert worker.poll() is None, worker.communicate()[1][-2000:]
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join(timeout=40)
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.communicate()
        server.kill_everything()
    return clients, done


class Shared:
    """Numbered seats that several threads take from."""

    def __init__(self, seats) -> None:
        self._seats = iter(enumerate(seats))
        self._lock = threading.Lock()

    def __iter__(self):
        return self

    def __next__(self):
        with self._lock:
            return next(self._seats)


def subject_of(seat: str) -> str:
    """Return whose seat it is; tickets are signed, not hidden."""
    import base64

    text = seat.split(":", 1)[0]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))[1]


def check(data, clients):
    """Compare what is left in the database with what the pupils were told; return (papers, signals, calls)."""
    database = sqlite3.connect(data / "tongxin.sqlite3")
    ask = lambda query: database.execute(query).fetchall()  # noqa: E731
    assert ask("PRAGMA integrity_check") == [("ok",)]
    assert ask("PRAGMA foreign_key_check") == []
    assert list(itertools.chain(*(client.wrong for client in clients))) == []
    sent = {subject_of(seat): grave for client in clients for seat, grave in client.sent.items()}
    told = {subject_of(seat) for client in clients for seat in client.acknowledged}
    begun = "FROM paper p JOIN subject s ON s.id = p.student_id"
    rows = ask(f"SELECT s.public_id, p.public_id {begun} WHERE p.finished_at IS NOT NULL")
    there = dict(rows)
    assert len(rows) == len(there), "doubled"
    assert told - set(there) == set(), "acknowledged and lost"
    for table, paper in (("answer_page", "paper_id"), ("result", "paper_id"), ("signal", "origin_id")):
        unfinished = (
            f"SELECT count(*) FROM {table} t JOIN paper p ON p.id = t.{paper} WHERE p.finished_at IS NULL"
        )
        assert ask(unfinished) == [(0,)], "half there"
    assert set(there) - set(sent) == set(), "never sent"
    whole = (
        "SELECT p.public_id FROM paper p WHERE p.finished_at IS NOT NULL"
        " AND (SELECT count(*) FROM answer_page a WHERE a.paper_id = p.id) = 1"
        " AND (SELECT count(*) FROM result r WHERE r.paper_id = p.id) = 1"
        " AND (SELECT count(*) FROM audit_row a WHERE a.action = 'screening.paper_finished'"
        "      AND a.object_type = 'paper' AND a.object_id = CAST(p.id AS TEXT)) = 1"
    )
    assert {paper for (paper,) in ask(whole)} == set(there.values()), "half there"
    raised = ask(
        "SELECT s.public_id FROM signal g JOIN paper p ON p.id = g.origin_id JOIN subject s ON s.id = p.student_id"
        " WHERE g.urgent AND EXISTS (SELECT 1 FROM signal_call c WHERE c.signal_id = g.id AND c.round = 0 AND c.step = 1)"
    )
    grave = sorted(pupil for pupil in there if sent[pupil])
    assert sorted(pupil for (pupil,) in raised) == grave, "signals lost, doubled or without their call"
    assert ask("SELECT count(*) FROM signal") == [(len(grave),)]
    silent = (
        f"SELECT count(*) FROM signal_call c WHERE NOT EXISTS (SELECT 1 FROM {Message._meta.db_table} m WHERE m.key ="
        " 'signal:' || c.signal_id || ':' || c.round || ':' || c.step AND m.recipient_id = c.person_id)"
    )
    assert ask(silent) == [(0,)], "calls without a notice"
    stuck = (
        "SELECT count(*) FROM signal g WHERE NOT EXISTS"
        " (SELECT 1 FROM signal_call c WHERE c.signal_id = g.id AND c.answer = '')"
    )
    assert ask(stuck) == [(0,)], "a signal nobody is called for any more"
    calls = ask("SELECT count(*) FROM signal_call WHERE answer = 'late'")[0][0]
    count, breaks = chain.verify(archive.audit_rows(data / "tongxin.sqlite3"))
    assert (breaks, count > len(there)) == ([], True)
    return len(told), len(grave), calls


def kill_and_check(filled):
    data, given, kills = filled
    clients, done = run(data, given, kills)
    papers, signals, late = check(data, clients)
    resent = sum(client.resent for client in clients)
    assert papers > done, "too few papers were handed in for the kills to mean anything"
    assert signals > done // 3
    assert resent > done // 10, "too few kills hit a pupil"
    assert late > done // 2, "too few calls ran out"
    sys.stdout.write(
        f"{done} kills, {papers} papers acknowledged, {signals} signals, {late} calls ran out, {resent} sent again\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows 没有 kill -9")
@pytest.mark.parametrize("filled", [KILLS], indirect=True)
def test_papers_and_signals_survive_a_killed_server_and_a_killed_worker(filled):
    kill_and_check(filled)


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="Windows 没有 kill -9")
@pytest.mark.parametrize("filled", [KILLS_LONG], indirect=True)
def test_papers_and_signals_survive_a_thousand_kills(filled):
    kill_and_check(filled)
