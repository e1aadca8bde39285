"""kill -9 while rosters are imported: a whole class list is there or none of it, and a second try doubles nobody."""

import os
import random
import re
import sqlite3
import threading
import time

import pytest

from .harness import LOST, Client, Server
from .prepare import PASSWORD

ROSTERS = 6
LONG_ROSTERS = 300
PUPILS = 150
SEED = 20260912
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
GIVEN = "安白程丁方高何江柯林苗倪欧潘秋任苏唐温夏叶余章卓宁远晴朗书文"


def roster(number):
    """Return a class list as a school has it: a CSV of invented pupils with their local numbers."""
    lines = ["姓名,班级,性别,学号"]
    for place in range(PUPILS):
        name = SURNAMES[place % 30] + GIVEN[(place // 30 + number) % 30] + GIVEN[(place * 7 + number) % 30]
        lines.append(f"{name},八年级{number + 1}班,{'男女'[place % 2]},{number:03d}{place:04d}")
    return "\n".join(lines).encode("gb18030")


def pupils(data, number):
    """Return how many pupils of a list are in the database, and how many classes were made for it."""
    database = sqlite3.connect(data / "tongxin.sqlite3", timeout=20)
    try:
        count = "SELECT count(*) FROM student WHERE local_number LIKE ?"
        found = database.execute(count, (f"{number:03d}____",)).fetchone()[0]
        linked = database.execute(
            "SELECT count(DISTINCT l.a_id) FROM student s JOIN link l ON l.a_id = s.person_id AND l.kind = 'enrolled_in' "
            "JOIN audit_row a ON a.action LIKE 'rosters.%' WHERE s.local_number LIKE ?",
            (f"{number:03d}____",),
        ).fetchone()[0]
        return found, linked
    finally:
        database.close()


def again(action, seconds=60):
    """Repeat what a person would: the page did not come, so ask once more."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return action()
        except LOST:
            assert time.monotonic() < deadline, "the server did not come back"
            time.sleep(0.1)


def open_import(client, world, number):
    """Upload a list and say what its columns are; return the address of the import."""
    _, location, body = client.post(
        world["upload"], [("kind", "students")], {"file": (f"{number}.csv", roster(number))}
    )
    assert location, body[-2000:]
    run = location.removesuffix("headings/")
    columns = ["name", "homeroom", "sex", "local_number"]
    fields = [(f"column-{index}", field) for index, field in enumerate(columns)]
    status, location, body = client.post(run + "headings/", [("sheet", "0"), *fields])
    assert (status, location) == (302, run + "preview/"), body[-3000:]
    return run


def confirm(client, run):
    """Read the preview as a person does and confirm it; return whether the import is acknowledged."""
    status, location, body = client.get(run + "preview/")
    if status == 302:  # the import is over: its result is shown
        return True
    fingerprint = re.search(r'name="fingerprint" value="([^"]+)"', body)
    since = re.search(r'name="since" value="([^"]+)"', body)
    assert fingerprint, body[-3000:]
    fields = [("fingerprint", fingerprint[1]), ("since", since[1] if since else "2026-01-05")]
    status, location, body = client.post(run + "confirm/", fields)
    assert status in (200, 302, 422), body[-3000:]
    return status == 302 and location == run


def kill_during(server, delay, whole_tree):
    """Kill after a delay, beside the request that is under way; return the thread."""

    def strike():
        time.sleep(delay)
        server.kill_everything() if whole_tree else server.kill_a_worker()

    thread = threading.Thread(target=strike)
    thread.start()
    return thread


def import_under_fire(installation, rosters):
    data, world = installation
    choice = random.Random(SEED)
    server = Server(data)
    server.start()
    client = Client(server.port)
    cut = 0
    try:
        client.sign_in(world["sign_in"], "sun", PASSWORD)
        began = time.monotonic()
        run = open_import(client, world, 0)
        assert confirm(client, run)
        usual = max(time.monotonic() - began, 0.3)  # how long it takes on this machine
        for number in range(1, rosters):
            run = again(lambda number=number: open_import(client, world, number))
            whole_tree = bool(number % 2)
            thread = kill_during(server, choice.uniform(0, usual), whole_tree)
            try:
                acknowledged = confirm(client, run)
            except LOST:
                acknowledged = False
            thread.join()
            found = pupils(data, number)
            cut += not acknowledged
            assert found in {(0, 0), (PUPILS, PUPILS)}, "half there"
            assert found[0] or not acknowledged, "acknowledged and lost"
            if whole_tree:
                server.start()
            else:
                server.wait_until_it_answers()
            while not again(lambda run=run: confirm(client, run)):
                time.sleep(0.1)
            assert pupils(data, number) == (PUPILS, PUPILS), "doubled or missing after the second try"
    finally:
        server.kill_everything()
    return cut


@pytest.mark.skipif(os.name == "nt", reason="Windows 没有 kill -9")
def test_rosters_survive_a_killed_server(installation):
    import_under_fire(installation, ROSTERS)


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="Windows 没有 kill -9")
def test_rosters_survive_hundreds_of_kills(installation):
    assert import_under_fire(installation, LONG_ROSTERS) > LONG_ROSTERS // 10, "too few kills hit an import"
