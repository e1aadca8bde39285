"""What `bench submit` is made of: the hall's instrument, the address for whole papers, the client that sends them."""

import random
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.test import Client

from tongxin.config.commands import bench_submit
from tongxin.config.submitting import hall as halls
from tongxin.config.submitting import load, peers
from tongxin.modules.screening.models import Paper, Result


@pytest.fixture
def full(db, keys):
    return halls.build(60)


def test_a_whole_paper_as_the_bench_sends_it_is_handed_in_and_scored(full):
    for seat in full.seats[:3]:
        head, _, body = bench_submit.paper(seat, random.Random(1)).partition(b"\r\n\r\n")
        client = Client(enforce_csrf_checks=True)
        client.cookies.load(head.decode().partition("Cookie: ")[2].split("\r\n")[0])
        response = client.post("/sit/finish/", body, content_type="application/x-www-form-urlencoded")
        assert response.status_code == 200
    assert Paper.objects.exclude(finished_at=None).count() == Result.objects.count() == 3


def test_the_form_as_the_bench_asks_for_it_holds_all_questions(full):
    head = bench_submit.form(full.seats[0]).decode()
    client = Client()
    client.cookies.load(head.partition("Cookie: ")[2].split("\r\n")[0])
    response = client.get(head.split()[1])
    assert response.status_code == 200
    assert "编造的第 40 题" in response.text


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if body != b"bad" else 503)
        self.send_header("Content-Length", str(len(body)))
        if body == b"last":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def echo():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_the_client_sends_everything_once_and_counts_each_answer(echo):
    bodies = [b"one", b"bad", b"last", b"x" * 300_000] * 10
    found = load.send_all(echo, [load.request("POST", "/", body) for body in bodies], 4, keep_bodies=True)
    assert found.statuses == {200: 30, 503: 10}
    assert sorted(found.bodies) == sorted(bodies)
    assert (found.good, len(found.waited)) == (30, 40)
    assert 0 < found.percentile(0.5) <= found.percentile(0.99) <= found.seconds


def test_a_request_waits_for_its_moment_and_its_time_counts_from_then(echo):
    moments = [(0.05 * number, load.request("POST", "/", b"one")) for number in range(5)]
    found = load.send_at(echo, moments, 2)
    assert found.statuses == {200: 5}
    assert found.seconds >= 0.2
    assert found.percentile(0.99) < 0.2


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        (b'{"person": 1, "answers": [%s1]}' % (b"1," * 39), (1, b"\x01" * 40)),
        (b'{"person": 1, "answers": [6]}', None),
        (b'{"person": 1, "answers": [%s9]}' % (b"1," * 39), None),
        (b'{"answers": []}', None),
    ],
)
def test_a_peer_checks_what_it_takes(body, taken):
    assert peers.checked(body) == taken


def test_a_peer_of_flask_keeps_a_sheet_and_its_audit_row(tmp_path, monkeypatch):
    database = tmp_path / "peer.sqlite3"
    monkeypatch.setenv("PEER_DATABASE", str(database))
    peers.make_database(str(database))
    client = peers.flask_app().test_client()
    assert client.post("/", json={"person": 7, "answers": [3] * 40}).status_code == 200
    assert client.post("/", json={"person": 7, "answers": [0] * 40}).status_code == 400
    assert bench_submit.counted(database, "sheet") == bench_submit.counted(database, "audit") == 1
    assert sqlite3.connect(database).execute("SELECT person, answers FROM sheet").fetchone() == (
        7,
        b"\x03" * 40,
    )
