"""Nine kinds of tampering by somebody who may write everything in the database, its own notes of the ends included.

The anchors lie elsewhere: the line of every hundredth row of each school, as a daily print would have it.
"""

import json
import sqlite3
from types import SimpleNamespace

import pytest

from tongxin.config import archive
from tongxin.config.commands import verify_audit
from tongxin.kernel.audit import chain

ROWS = 450  # of each school; anchored: 100, 200, 300, 400
COLUMNS = archive.COLUMNS


def made(school: int, seq: int, previous: str, account: int = 7) -> dict:
    row = {"school": school, "seq": seq, "at": 1_700_000_000_000_000 + seq, "account": account}
    row |= {"action": "sealed.read", "object_type": "subject", "object_id": str(seq % 30)}
    row["data"] = {"purpose": "screening_review", "rows": [str(seq)], "说明": "看"}
    return row | {"hash": chain.row_hash(previous, row)}


@pytest.fixture
def record(tmp_path):
    """A database file with the record of two schools, and the anchors kept elsewhere."""
    file = tmp_path / "tongxin.sqlite3"
    database = sqlite3.connect(file)
    database.execute(f"CREATE TABLE audit_row ({', '.join(COLUMNS)})")
    database.execute("CREATE TABLE audit_head (school INTEGER PRIMARY KEY, seq, hash)")
    lines = ["# 每天一行"]
    for school in (1, 2):
        previous = chain.GENESIS
        for seq in range(1, ROWS + 1):
            row = made(school, seq, previous)
            insert(database, row)
            previous = row["hash"]
            if seq % 100 == 0:
                lines.append(f"{school} {seq} {previous}")
        database.execute("INSERT INTO audit_head VALUES (?, ?, ?)", (school, ROWS, previous))
    database.commit()
    anchors = tmp_path / "anchors.txt"
    anchors.write_text("\n".join(lines), encoding="utf-8")
    yield SimpleNamespace(file=file, database=database, anchors=anchors)
    database.close()


def insert(database, row) -> None:
    values = [json.dumps(row[c], ensure_ascii=False) if c == "data" else row[c] for c in COLUMNS]
    database.execute(f"INSERT INTO audit_row VALUES ({','.join('?' * len(values))})", values)


def hash_of(database, school: int, seq: int) -> str:
    if seq == 0:
        return chain.GENESIS
    found = database.execute("SELECT hash FROM audit_row WHERE school=? AND seq=?", (school, seq))
    return found.fetchone()[0]


def rewrite(database, school: int, first: int, account: int = 8) -> None:
    """Write a school's rows anew from one on, as the program itself would have, with the note of the end."""
    previous = hash_of(database, school, first - 1)
    database.execute("DELETE FROM audit_row WHERE school=? AND seq>=?", (school, first))
    for seq in range(first, ROWS + 1):
        row = made(school, seq, previous, account)
        insert(database, row)
        previous = row["hash"]
    database.execute("UPDATE audit_head SET hash=? WHERE school=?", (previous, school))


def changed(database):
    database.execute("UPDATE audit_row SET account=8 WHERE school=1 AND seq=137")


def deleted(database):
    """A row is gone and those behind it are numbered as if it had never been."""
    database.execute("DELETE FROM audit_row WHERE school=1 AND seq=137")
    database.execute("UPDATE audit_row SET seq=seq-1 WHERE school=1 AND seq>137")
    database.execute("UPDATE audit_head SET seq=seq-1 WHERE school=1")


def inserted(database):
    """A row with a hash of its own that fits the row before it."""
    database.execute("UPDATE audit_row SET seq=-(seq+1) WHERE school=1 AND seq>=137")
    database.execute("UPDATE audit_row SET seq=-seq WHERE school=1 AND seq<0")
    insert(database, made(1, 137, hash_of(database, 1, 136), account=9))
    database.execute("UPDATE audit_head SET seq=seq+1 WHERE school=1")


def reordered(database):
    database.execute(
        "UPDATE audit_row SET seq=CASE seq WHEN 137 THEN 138 ELSE 137 END WHERE school=1 AND seq IN (137, 138)"
    )


def recomputed(database):
    rewrite(database, 1, 137)


def cut(database):
    """The newest rows are gone and the note of the end is moved back."""
    database.execute("DELETE FROM audit_row WHERE school=1 AND seq>=390")
    database.execute("UPDATE audit_head SET seq=389, hash=? WHERE school=1", (hash_of(database, 1, 389),))


def replaced(database):
    rewrite(database, 1, 1)


def moved(database):
    """What somebody did at one school stands at the end of another's record."""
    database.execute("UPDATE audit_row SET school=2, seq=451 WHERE school=1 AND seq=450")
    database.execute("UPDATE audit_head SET seq=449, hash=? WHERE school=1", (hash_of(database, 1, 449),))
    database.execute("UPDATE audit_head SET seq=451, hash=? WHERE school=2", (hash_of(database, 2, 451),))


def end_altered(database):
    """The last rows behind the last anchor are gone; only the database's own note of the end still knows."""
    database.execute("DELETE FROM audit_row WHERE school=1 AND seq>440")


# What is done: (who does it, first bad row named, in which stretch).
TAMPERINGS = {
    "a row changed": (changed, 1, 137, ""),
    "a row deleted": (deleted, 1, 137, ""),
    "a row inserted": (inserted, 1, 138, ""),
    "rows reordered": (reordered, 1, 137, ""),
    "the chain computed anew from a row on": (recomputed, 1, 200, "第 101 条到第 200 条"),
    "the end cut off": (cut, 1, 400, "第 301 条到第 400 条"),
    "the whole chain replaced": (replaced, 1, 100, "第 1 条到第 100 条"),
    "a row moved to another school": (moved, 2, 451, ""),
    "the note of the end does not fit": (end_altered, 1, 441, ""),
}


def check(record, *more, anchors=True) -> int:
    arguments = SimpleNamespace(
        file=str(record.file), anchors=[str(record.anchors)] if anchors else [], add_anchors=None, json=False
    )
    for name, value in more:
        setattr(arguments, name, value)
    return verify_audit.run(arguments)


def test_an_untouched_record_stands_and_its_ends_are_added_to_the_anchors_once(record, tmp_path, capsys):
    assert check(record) == 0
    assert "查了 900 条审计记录，没有发现改动，和留存的 8 个校验值一致" in capsys.readouterr().out
    kept = tmp_path / "kept.txt"
    for _again in range(2):
        assert check(record, ("add_anchors", str(kept))) == 0
    assert [line.split()[:2] for line in kept.read_text().splitlines()] == [["1", "450"], ["2", "450"]]


@pytest.mark.parametrize("what", TAMPERINGS)
def test_each_kind_of_tampering_is_found_and_the_first_bad_row_is_named(record, capsys, what):
    tamper, school, seq, stretch = TAMPERINGS[what]
    tamper(record.database)
    record.database.commit()
    assert check(record) == 1
    said = capsys.readouterr().out
    assert f"学校 {school}：第 {seq} 条起不可信" in said
    assert stretch in said


def test_without_anchors_a_rewritten_chain_looks_whole_which_is_why_they_are_kept(record):
    replaced(record.database)
    record.database.commit()
    assert check(record, anchors=False) == 0
    # Nor does a file of anchors help that was written after the deed.
    late = record.file.with_name("late.txt")
    assert check(record, ("add_anchors", str(late)), anchors=False) == 0
    assert check(record) == 1
