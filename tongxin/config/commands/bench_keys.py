"""`bench keys`: bring sealed rows under new keys while people go on writing, in a throw-away SQLite database.

The reference is the bare work: opening and sealing the same bytes again, no database. Checked: every row opens to what was
written last, nothing lies under a retired key, no write was undone.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import threading
import time
from datetime import date
from typing import Any

from tongxin.config.refusal import Refused

ROWS = {"ci": 4_000, "full": 100_000}
# Rows of a table of the product with one sealed column: requests about one's own data.
WRITE_EVERY_SECONDS = 0.02
TARGET_RATIO = 20.0  # whole rotation over the bare cryptography; the rest is the database's
SLACK = 1.5
DAY = date(2026, 11, 18)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=0, help="多少行密文")


def run(args: argparse.Namespace) -> list[dict[str, Any]]:
    from tongxin.config.command_line import set_up_django

    with tempfile.TemporaryDirectory(prefix="tongxin-bench-keys-") as folder:
        os.environ["TONGXIN_DATA"] = folder
        for name in ("DATABASE", "KEYS", "MASTER_KEY", "MASTER_KEY_FILE"):
            os.environ.pop(f"TONGXIN_{name}", None)
        set_up_django()
        from django.db import connection

        from tongxin.config.commands.setup import prepare

        prepare()
        try:
            return [measure(args.rows or ROWS[args.scale])]
        finally:
            connection.close()


def words(number: int) -> str:
    return f"第{number}份请求：想看看孩子的测评是谁看过的。"


def measure(count: int) -> dict[str, Any]:
    """Rotate `count` rows while another thread writes; return the row of the bench."""
    from tongxin.kernel.base.sealing import rotation, store
    from tongxin.modules.privacy.models import RightsRequest

    about = made(count)
    written: dict[int, str] = {}
    stop = threading.Event()
    writer = threading.Thread(target=write_until, args=(stop, about, written))
    wall, cpu = time.perf_counter(), time.process_time()
    rotation.begin()
    writer.start()
    moved = rounds = 0
    try:
        while rotation.wanted():
            done = rotation.rotate(most=5_000)
            moved, rounds = moved + done.moved, rounds + 1
    finally:
        stop.set()
        writer.join()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    retired = store.retired_ids()
    check(retired, written, about)
    bare = bare_seconds(min(count, 5_000)) * count / min(count, 5_000)
    field = RightsRequest._meta.get_field("words")
    return {
        "name": "keys rotate", "n": count, "median_s": round(wall, 2), "cpu_s": round(cpu, 2),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "reference": f"opening and sealing alone: {bare:.2f} s", "ratio": round(cpu / bare, 1), "target": TARGET_RATIO,
        "ok": cpu / bare <= TARGET_RATIO * SLACK, "moved": moved, "rounds": rounds, "written_meanwhile": len(written),
        "rows_a_second": round(count / wall), "column": f"{field.model._meta.db_table}.{field.name}",
    }  # fmt: skip


def made(count: int) -> Any:
    """Fill the table in one go; return the person that all rows are about."""
    from tongxin.kernel.base.models import School
    from tongxin.kernel.people import services as people
    from tongxin.modules.privacy.models import RightsRequest

    school = School.objects.create(name="测速学校")
    child = people.make_student(school, "某学生").person.subject
    RightsRequest.objects.bulk_create(
        (
            RightsRequest(school=school, subject=child, asked_by=child, kind="access", channel="paper",
                          words=words(number), received_on=DAY, due_on=DAY)
            for number in range(count)
        ),
        batch_size=2_000,
    )  # fmt: skip
    return child


def write_until(stop: threading.Event, about: Any, written: dict[int, str]) -> None:
    """Go on writing: new rows and changed ones, as people would."""
    from django.db import connection

    from tongxin.modules.privacy.models import RightsRequest

    first = RightsRequest.objects.order_by("pk").values_list("pk", flat=True)[0]
    number = 0
    try:
        while not stop.wait(WRITE_EVERY_SECONDS):
            row = RightsRequest.objects.get(pk=first + number * 37 % 1_000) if number % 2 else None
            text = f"旋转时写的第{number}次"
            if row is None:
                row = RightsRequest(school_id=about.school_id, subject=about, asked_by=about, kind="copy",
                                    channel="online", received_on=DAY, due_on=DAY)  # fmt: skip
            row.words = text
            row.save()
            written[row.pk] = text
            number += 1
    finally:
        connection.close()


def check(retired: set[int], written: dict[int, str], about: Any) -> None:
    """Raise Refused unless every row opens to what was written last and lies under a present key."""
    from tongxin.kernel.base.sealing.cipher import key_id_of
    from tongxin.modules.privacy.models import RightsRequest

    rows = RightsRequest.objects.order_by("pk")
    under_old = sum(key_id_of(value) in retired for value in rows.values_list("words", flat=True).iterator())
    wrong = 0
    for number, row in enumerate(rows.iterator(chunk_size=2_000)):
        expected = written.get(row.pk) or words(number)
        wrong += row.words != expected
    if under_old or wrong:
        raise Refused(f"换完密钥以后，{under_old} 行还在旧密钥下，{wrong} 行的内容不对，这次测速无效。")


def bare_seconds(count: int) -> float:
    """Return the CPU seconds that opening and sealing so many values takes without any database."""
    from tongxin.modules.privacy.models import RightsRequest

    field = RightsRequest._meta.get_field("words")
    row = RightsRequest(school_id=1, public_id="bench", received_on=DAY)
    sealed = [field.sealed(row, words(number)) for number in range(count)]
    began = time.process_time()
    for value in sealed:
        field.sealed(row, field.read(value, row.public_id))
    return time.process_time() - began
