"""Two hundred people save at the same time for a minute: nobody gets an error, and everything acknowledged is there."""

import os
import sqlite3
import sys
import threading
import time
import uuid
from contextlib import closing

import pytest

from .harness import LOST, Client, Server
from .prepare import PASSWORD

WRITERS, SECONDS = 200, 60
FEW, SHORT = 20, 4
SAVED = 302


class Writer(threading.Thread):
    """Saves one visit after another until told to stop; notes what was acknowledged, how long it took, what went wrong."""

    def __init__(self, client: Client, path: str, fields: list[tuple[str, str]], until: float) -> None:
        super().__init__(daemon=True)
        self.client, self.path, self.fields, self.until = client, path, fields, until
        self.acknowledged: list[str] = []
        self.took: list[float] = []
        self.wrong: list[str] = []

    def run(self) -> None:
        while time.monotonic() < self.until:
            token, began = uuid.uuid4().hex, time.monotonic()
            try:
                status, _where, body = self.client.post(self.path, [*self.fields, ("once", token)])
            except LOST as error:
                self.wrong.append(repr(error))
                continue
            if status == SAVED:
                self.acknowledged.append(token)
                self.took.append(time.monotonic() - began)
            else:
                self.wrong.append(f"{status} {body[-500:]}")


def write_together(data, world, writers: int, seconds: float) -> None:
    server = Server(data)
    server.start()
    try:
        signed = {}
        for login in ("liu", "ma"):
            signed[login] = Client(server.port)
            signed[login].sign_in(world["sign_in"], login, PASSWORD)
        until = time.monotonic() + seconds
        crowd = []
        for number in range(writers):
            login = ("liu", "ma")[number % 2]
            client = Client(server.port)
            for cookie in signed[login].cookies:
                client.cookies.set_cookie(cookie)
            person = world["people"][login]
            fields = [("day", world["today"]), ("qualifier_mode", "in_person")]
            fields += [("part_visited", person["students"][0]), ("part_visitor", person["self"])]
            crowd.append(Writer(client, world["visit"], fields, until))
        for writer in crowd:
            writer.start()
        for writer in crowd:
            writer.join(timeout=seconds + 60)
    finally:
        server.kill_everything()
    check(data, crowd, seconds)


def check(data, crowd: list[Writer], seconds: float) -> None:
    wrong = [what for writer in crowd for what in writer.wrong]
    assert wrong == [], f"{len(wrong)}: {wrong[:3]}"
    acknowledged = [token for writer in crowd for token in writer.acknowledged]
    with closing(sqlite3.connect(data / "tongxin.sqlite3")) as database:
        tokens = [token.split(":")[1] for (token,) in database.execute("SELECT token FROM entry")]
    assert len(tokens) == len(set(tokens))
    assert set(acknowledged) <= set(tokens)
    assert all(writer.acknowledged for writer in crowd), "somebody never got a turn"
    took = sorted(one for writer in crowd for one in writer.took)
    sys.stdout.write(
        f"{len(crowd)} writers, {len(acknowledged) / seconds:.0f} saved a second, "
        f"p50 {took[len(took) // 2]:.2f} s, p99 {took[len(took) * 99 // 100]:.2f} s\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows 没有 kill -9")
def test_some_people_save_at_the_same_time(installation):
    write_together(*installation, FEW, SHORT)


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="Windows 没有 kill -9")
def test_two_hundred_people_save_at_the_same_time(installation):
    write_together(*installation, WRITERS, SECONDS)
