"""`bench audit`: check a record of a million rows offline, as `tongxin verify-audit` does, one row in memory at a time.

The reference reads every row's data as JSON and writes the whole row as JSON again before it hashes it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tongxin.config import archive
from tongxin.config.refusal import Refused
from tongxin.kernel.audit import chain

ROWS = {"ci": 50_000, "full": 1_000_000}
SCHOOLS = 20
TARGET_SECONDS, TARGET_RATIO, TARGET_GROWTH_MB = 15.0, 1.5, 60.0
SLACK = 1.5  # a shared two-core machine may be busy
MILLION = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=0, help="多少条审计记录")


def run(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Return a line for the check itself and one for the memory it takes."""
    count = args.rows or ROWS[args.scale]
    with tempfile.TemporaryDirectory(prefix="tongxin-bench-audit-") as folder:
        file = Path(folder) / "tongxin.sqlite3"
        anchors = write_record(file, count)
        before = _peak_mb()
        wall, cpu, (seen, breaks) = timed(
            lambda: chain.verify(archive.audit_rows(file), anchors, archive.audit_heads(file))
        )
        growth = _peak_mb() - before
        part = min(count, 100_000)
        _, usual, whole = timed(lambda: plain_check(file, part))
    if seen != count or breaks or whole != part:
        raise Refused("核对的结果不对，这次测速无效。")
    usual *= count / part
    seconds = cpu / count * MILLION
    return [
        {
            "name": "audit verify", "n": count, "median_s": round(wall, 3), "cpu_s": round(cpu, 3),
            "rss_mb": round(_peak_mb(), 1), "reference": f"JSON read and written for each row: {usual:.1f} s",
            "ratio": round(usual / cpu, 2), "target": TARGET_RATIO,
            "ok": usual / cpu >= TARGET_RATIO / SLACK and seconds <= TARGET_SECONDS,
            "cpu_s_a_million": round(seconds, 2), "wall_s_a_million": round(wall / count * MILLION, 2),
            "target_s_a_million": TARGET_SECONDS, "anchors": len(anchors), "schools": SCHOOLS,
        },
        {
            "name": "audit memory", "n": count, "median_s": None, "cpu_s": None, "rss_mb": round(growth, 1),
            "reference": "growth of memory", "ratio": round(growth / TARGET_GROWTH_MB, 2), "target": 1.0,
            "ok": growth <= TARGET_GROWTH_MB,
        },
    ]  # fmt: skip


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    done = work()
    return time.perf_counter() - wall, time.process_time() - cpu, done


def write_record(file: Path, count: int) -> dict[tuple[int, int], str]:
    """Write a database file with the rows a year of screening leaves; return an anchor for every thousandth row."""
    database = sqlite3.connect(file)
    database.execute(f"CREATE TABLE audit_row ({', '.join(archive.COLUMNS)}, UNIQUE (school, seq))")
    database.execute("CREATE TABLE audit_head (school INTEGER PRIMARY KEY, seq INTEGER, hash TEXT)")
    insert = f"INSERT INTO audit_row VALUES ({','.join('?' * len(archive.COLUMNS))})"
    anchors: dict[tuple[int, int], str] = {}
    for school in range(1, SCHOOLS + 1):
        own, previous, values = count // SCHOOLS + (school <= count % SCHOOLS), chain.GENESIS, []
        for seq in range(1, own + 1):
            data = {
                "purpose": "screening_review",
                "table": "result",
                "columns": ["scores"],
                "rows": [str(seq * 7)],
            }
            row = {"school": school, "seq": seq, "at": 1_790_000_000_000_000 + seq * 1_000_003, "account": seq % 150,
                   "action": "sealed.read", "object_type": "subject", "object_id": str(seq % 1_500)}  # fmt: skip
            text = chain.canonical(data)
            previous = chain.row_hash(previous, row, text)
            values.append([*row.values(), text, previous])
            if seq % 1_000 == 0:
                anchors[school, seq] = previous
        database.executemany(insert, values)
        database.execute("INSERT INTO audit_head VALUES (?, ?, ?)", (school, own, previous))
        database.commit()
    database.close()
    return anchors


def plain_check(file: Path, most: int) -> int:
    """Check as one would who knows nothing of how the text was written; return how many rows stood."""
    database = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
    last: dict[int, str] = {}
    stood = 0
    query = f"SELECT {', '.join(archive.COLUMNS)} FROM audit_row ORDER BY school, seq LIMIT ?"
    for *values, data, digest in database.execute(query, (most,)):
        fields = [*values, json.loads(data)]
        body = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        previous = last.get(values[0], chain.GENESIS)
        stood += hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest() == digest
        last[values[0]] = digest
    database.close()
    return stood


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
