"""kill -9 while activities are saved: nothing acknowledged is lost, nothing is half there, nothing is doubled."""

import hashlib
import os
import random
import sqlite3
import sys
import time

import pytest

from tongxin.config import archive
from tongxin.kernel.audit import chain
from tongxin.kernel.ledger import evidence
from tongxin.testing.cast import picture

from .harness import Client, Saver, Server
from .prepare import PASSWORD

KILLS = 36
LONG_KILLS = 1000
SEED = 20260911


def savers(server, world):
    """Sign two class teachers in; each visits an own student and takes a photograph."""
    found = []
    for login in ("liu", "ma"):
        client = Client(server.port)
        client.sign_in(world["sign_in"], login, PASSWORD)
        person = world["people"][login]
        fields = [("day", world["today"]), ("qualifier_mode", "in_person")]
        fields += [("part_visited", person["students"][0]), ("part_visitor", person["self"])]
        found.append(Saver(client, world["visit"], fields, picture()))
    return found


def wait_for_work(clients, more=2, seconds=30):
    """Wait until some more activities are acknowledged, so that a kill falls into work on any machine."""
    goal = sum(len(client.acknowledged) for client in clients) + more
    deadline = time.monotonic() + seconds
    while sum(len(client.acknowledged) for client in clients) < goal and time.monotonic() < deadline:
        time.sleep(0.01)


def run(data, world, kills):
    """Let clients save while the server is killed over and over; return the clients."""
    choice = random.Random(SEED)
    server = Server(data)
    server.start()
    clients = savers(server, world)
    for client in clients:
        client.start()
    try:
        for number in range(kills):
            wait_for_work(clients)
            time.sleep(choice.uniform(0, 0.4))
            if number % 2:
                server.kill_everything()
                server.start()
            else:
                server.kill_a_worker()
                server.wait_until_it_answers()
        time.sleep(0.3)
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join(timeout=40)
    finally:
        server.kill_everything()
    return clients


def check(data, clients):
    """Read the database and the sealed photographs that are left and compare them with what the clients were told."""
    database = sqlite3.connect(data / "tongxin.sqlite3")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    tokens = [token.split(":")[1] for (token,) in database.execute("SELECT token FROM entry")]
    sent = set().union(*(client.sent for client in clients))
    acknowledged = set().union(*(client.acknowledged for client in clients))
    assert [client.refused for client in clients] == [[], []]
    assert acknowledged - set(tokens) == set(), "acknowledged and lost"
    assert len(tokens) == len(set(tokens)), "doubled"
    assert set(tokens) - sent == set(), "never sent"
    whole = "SELECT count(*) FROM entry e WHERE (SELECT count(*) FROM participation p WHERE p.entry_id = e.id) = 2"
    whole += " AND (SELECT count(*) FROM evidence v WHERE v.entry_id = e.id) = 1"
    whole += " AND (SELECT count(*) FROM audit_row a WHERE a.action = 'ledger.recorded' AND a.object_id = CAST(e.id AS TEXT)) = 1"
    assert database.execute(whole).fetchone() == (len(tokens),), "half there"
    for school, file, digest in database.execute(
        "SELECT s.public_id, v.file, v.sha256 FROM evidence v JOIN school s ON s.id = v.school_id"
    ):
        assert (data / "evidence" / school / file).read_bytes().startswith(evidence.SEALED)
        assert hashlib.sha256(evidence.read(school, file)).hexdigest() == digest
    count, breaks = chain.verify(archive.audit_rows(data / "tongxin.sqlite3"))
    assert (breaks, count > len(tokens)) == ([], True)
    return len(acknowledged)


def kill_and_check(installation, settings, kills):
    data, world = installation
    settings.EVIDENCE_DIR, settings.KEYS_DIR = data / "evidence", data / "keys"
    settings.MASTER_KEY, settings.MASTER_KEY_FILE = "", settings.KEYS_DIR / "master.key"
    clients = run(data, world, kills)
    saved = check(data, clients)
    assert saved > kills, "too few activities were saved for the kills to mean anything"
    resent = sum(client.resent for client in clients)
    assert resent > 0, "no kill hit a client"
    sys.stdout.write(f"{kills} kills, {saved} activities acknowledged, {resent} times sent again\n")


@pytest.mark.skipif(os.name == "nt", reason="Windows 没有 kill -9")
def test_activities_survive_a_killed_server(installation, settings):
    kill_and_check(installation, settings, KILLS)


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="Windows 没有 kill -9")
def test_activities_survive_a_thousand_kills(installation, settings):
    kill_and_check(installation, settings, LONG_KILLS)
