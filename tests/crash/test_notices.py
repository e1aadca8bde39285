"""kill -9 of the worker between lease and confirm: every letter arrives, twice only if the kill fell after its arrival."""

import os
import re
import signal
import socketserver
import sqlite3
import subprocess
import sys
import threading
from collections import Counter

import pytest

from .harness import ROOT, environment

LETTERS = 12
# What happens to the worker while it hands over its next letter, one round each.
FATES = ["before", "after", "before", "after", "after", "before", "after", "before"]


class Mailbox(socketserver.ThreadingTCPServer):
    """A mail server that may kill whoever is handing it a letter: before it has it, or after, without a word."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.letters: Counter[str] = Counter()
        self.killed_after: Counter[str] = Counter()
        self.fate = ""
        self.worker: subprocess.Popen | None = None

    def kill(self) -> None:
        self.fate = ""
        if self.worker is not None:
            os.kill(self.worker.pid, signal.SIGKILL)


class Conversation(socketserver.StreamRequestHandler):
    server: Mailbox

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 here")
        for raw in self.rfile:
            word = raw.decode().strip().upper()[:4]
            if word == "DATA":
                if self.server.fate == "before":
                    self.server.kill()
                    return
                self.say("354 go on")
                self.take()
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 well")

    def take(self) -> None:
        body = b""
        while not body.endswith(b"\r\n.\r\n"):
            line = self.rfile.readline()
            if not line:
                return
            body += line
        found = re.search(rb"^Message-ID: (.+?)\r\n", body, re.MULTILINE)
        name = found[1].decode() if found else "nameless"
        self.server.letters[name] += 1
        if self.server.fate == "after":
            self.server.killed_after[name] += 1
            self.server.kill()
        else:
            self.say("250 taken")


def sender(data, port: int, *arguments: str) -> subprocess.Popen:
    more = {"TONGXIN_MAIL": f"smtp://127.0.0.1:{port}", "TONGXIN_MAIL_FROM": "tongxin@school.invalid"}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.crash.sender", *arguments],
        cwd=ROOT,
        env=environment(data, **more),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows 没有 kill -9")
def test_letters_survive_a_killed_worker(installation):
    data, _world = installation
    with Mailbox() as mailbox:
        port = mailbox.server_address[1]
        threading.Thread(target=mailbox.serve_forever, daemon=True).start()
        filling = sender(data, port, "fill", str(LETTERS))
        assert filling.communicate()[1] == b""
        for number, fate in enumerate([*FATES, ""]):
            # Each round begins when the lease of the one before has run out.
            mailbox.fate = fate
            mailbox.worker = sender(data, port, "run", str(5 * number))
            errors = mailbox.worker.communicate(timeout=60)[1]
            assert mailbox.worker.returncode == (-signal.SIGKILL if fate else 0), errors[-2000:]
        mailbox.shutdown()
    database = sqlite3.connect(data / "tongxin.sqlite3")
    rows = database.execute(
        "SELECT key, sent_at IS NOT NULL FROM delivery WHERE channel = 'email'"
    ).fetchall()
    assert sorted(rows) == sorted((f"letter-{n}", 1) for n in range(LETTERS)), "not confirmed"
    assert len(mailbox.letters) == LETTERS, "lost"
    assert mailbox.letters - mailbox.killed_after == Counter(dict.fromkeys(mailbox.letters, 1)), "doubled"
    assert sum(mailbox.killed_after.values()) == FATES.count("after")
