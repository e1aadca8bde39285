"""A disk that is full to the last byte: readers read on, ordinary work is refused in words, a worried teacher is heard."""

import os
import shutil
import sqlite3
import subprocess
import time
import uuid
from contextlib import closing, contextmanager, suppress

import pytest
from django.urls import reverse

from tongxin.config.full_disk import INSUFFICIENT_STORAGE
from tongxin.testing.cast import picture

from .harness import Server
from .prepare import PASSWORD
from .test_activities import Client

SIZE_MIB, LEAST_MIB, BALLAST_MIB = 160, 8, 16
SAVED = 302


@contextmanager
def small_disk(folder):
    """Mount a file system of its own that holds little; skips where this machine lets nobody mount."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs", str(folder)],
        capture_output=True, text=True, check=False,
    ) if shutil.which("mount") else None  # fmt: skip
    if made is None or made.returncode != 0:
        pytest.skip("这台机器不许挂载一个小磁盘")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder) -> None:
    """Write until nothing more goes in."""
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as out:
        while True:
            out.write(bytes(4096))
    assert shutil.disk_usage(folder).free < 4096


def visit(client, world) -> tuple[int, str]:
    person = world["people"]["liu"]
    fields = [("day", world["today"]), ("qualifier_mode", "in_person"), ("once", uuid.uuid4().hex)]
    fields += [("part_visited", person["students"][0]), ("part_visitor", person["self"])]
    status, _where, body = client.post(world["visit"], fields, {"evidence_photo": ("p.jpg", picture())})
    return status, body


def worry(client, world) -> tuple[int, str]:
    fields = [
        ("what", "worry"),
        ("when", "now"),
        ("words", "今天说了让人担心的话"),
        ("once", uuid.uuid4().hex),
    ]
    fields.append(("where", "操场看台，我陪着"))
    fields.append(("student", world["people"]["liu"]["students"][0]))
    status, _where, body = client.post(reverse("network:concern"), fields)
    return status, body


def rows(data, query: str) -> list[tuple]:
    with closing(sqlite3.connect(data / "tongxin.sqlite3")) as database:
        return database.execute(query).fetchall()


def until(holds, seconds: float = 40) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.2)
    return False


@pytest.mark.skipif(os.name == "nt", reason="Windows 不能挂载一个小磁盘")
def test_a_full_disk_loses_nothing_and_hears_a_worry(filled_once, tmp_path):
    filled, world = filled_once
    data = tmp_path / "small"
    data.mkdir()
    with small_disk(data):
        shutil.copytree(filled, data, dirs_exist_ok=True)
        server = Server(data, TONGXIN_LEAST_FREE_MIB=str(LEAST_MIB), TONGXIN_BALLAST_MIB=str(BALLAST_MIB))
        server.start()
        try:
            walk(server, data, world)
        finally:
            server.kill_everything()


def walk(server, data, world) -> None:
    ballast = data / "ballast"
    client = Client(server.port)
    client.sign_in(world["sign_in"], "liu", PASSWORD)
    assert until(ballast.exists), "no ballast was laid down"
    assert visit(client, world)[0] == SAVED
    fill(data)
    before = rows(data, "SELECT count(*) FROM entry")
    # Reading goes on; what can wait is refused in words and leaves nothing.
    assert client.get("/")[0] == 200
    assert client.get(reverse("desk:ledger"))[0] == 200
    status, body = visit(client, world)
    assert (status, "磁盘满了" in body) == (INSUFFICIENT_STORAGE, True)
    assert rows(data, "SELECT count(*) FROM entry") == before
    assert ballast.exists(), "ordinary work took the ballast"
    # A worry is written with the room of the ballast, its signal with it.
    status, body = worry(client, world)
    assert status == 200, body[-2000:]
    assert rows(data, "SELECT count(*) FROM concern") == [(1,)]
    assert rows(data, "SELECT count(*) FROM signal") == [(1,)]
    assert not ballast.exists()
    # Somebody else takes what the ballast gave: ordinary work still waits.
    fill(data)
    assert visit(client, world)[0] == INSUFFICIENT_STORAGE
    # There is room again: work goes on without a restart, and the ballast comes back.
    (data / "filler").unlink()
    assert until(lambda: visit(client, world)[0] == SAVED, 10)
    assert until(ballast.exists), "the ballast did not come back"
    assert rows(data, "PRAGMA integrity_check") == [("ok",)]
    assert rows(data, "SELECT count(*) FROM entry") == [(before[0][0] + 1,)]
