"""The log is brought into the database file while nobody writes, and by nobody else."""

import sqlite3
import threading
import time
from types import SimpleNamespace

import pytest

from tongxin.config import settings as real
from tongxin.kernel.base import checkpoints


@pytest.fixture
def database(tmp_path):
    """A database file with a log of some pages, and a connection that keeps it open."""
    file = tmp_path / "school.sqlite3"
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("CREATE TABLE entry (words TEXT)")
    fill(connection, 50)
    yield file, connection
    connection.close()


def fill(connection, rows):
    connection.executemany("INSERT INTO entry VALUES (?)", [("x" * 3000,)] * rows)


def installed(monkeypatch, engine, name):
    here = SimpleNamespace(DATABASES={"default": {"ENGINE": engine, "NAME": str(name)}})
    monkeypatch.setattr(checkpoints, "settings", here)


def rows_in_file(file, tmp_path):
    """Count the rows that the database file holds without its log."""
    alone = tmp_path / "alone.sqlite3"
    alone.write_bytes(file.read_bytes())
    connection = sqlite3.connect(alone)
    try:
        return connection.execute("SELECT COUNT(*) FROM entry").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def test_the_log_comes_into_the_database_file(database, tmp_path):
    file, _connection = database
    pages, copied = checkpoints.fold(file)
    assert pages == copied > 50
    assert rows_in_file(file, tmp_path) == 50


def test_what_somebody_still_reads_is_left_for_the_next_time(database, tmp_path):
    file, connection = database
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT COUNT(*) FROM entry").fetchone()
    fill(connection, 50)
    pages, copied = checkpoints.fold(file)
    assert 0 < copied < pages
    reader.execute("COMMIT")
    reader.close()
    pages, copied = checkpoints.fold(file)
    assert pages == copied
    assert rows_in_file(file, tmp_path) == 100


def test_an_emptied_log_holds_nothing_and_the_file_everything(database, tmp_path):
    file, connection = database
    assert checkpoints.empty(file)
    assert checkpoints.log_state(file)[0] == 0
    assert rows_in_file(file, tmp_path) == 50
    fill(connection, 1)
    assert connection.execute("SELECT COUNT(*) FROM entry").fetchone() == (51,)


def test_a_log_that_somebody_reads_is_not_emptied(database):
    file, connection = database
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT COUNT(*) FROM entry").fetchone()
    fill(connection, 1)
    assert not checkpoints.empty(file)
    reader.close()
    assert checkpoints.empty(file)


def test_nothing_is_copied_while_somebody_writes(database, tmp_path, monkeypatch):
    file, connection = database
    monkeypatch.setattr(checkpoints, "WAIT_S", 0.05)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        checkpoints.fold(file)
    connection.execute("COMMIT")
    assert rows_in_file(file, tmp_path) == 0


def test_nobody_writes_while_the_log_is_copied(database, monkeypatch):
    """The copying connection is asked in the middle of it whether another could begin to write."""
    file, _connection = database
    asked = []

    class Copying(sqlite3.Connection):
        def execute(self, statement, *more):
            if "wal_checkpoint" in statement:
                other = connect(file, timeout=0)
                try:
                    other.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    asked.append(str(error))
                other.close()
            return super().execute(statement, *more)

    connect = sqlite3.connect
    monkeypatch.setattr(
        checkpoints.sqlite3, "connect", lambda *args, **more: connect(*args, **more, factory=Copying)
    )
    checkpoints.fold(file)
    assert asked == ["database is locked"]


def test_a_long_log_is_brought_in_by_itself_and_once(database, tmp_path, monkeypatch):
    file, connection = database
    folded, done = [], threading.Event()

    def fold(one):
        folded.append(one)
        done.set()
        return real_fold(one)

    real_fold = checkpoints.fold
    monkeypatch.setattr(checkpoints, "fold", fold)
    monkeypatch.setattr(checkpoints, "EVERY_S", 0.02)
    monkeypatch.setattr(checkpoints, "LARGE_BYTES", 10_000)
    installed(monkeypatch, "django.db.backends.sqlite3", file)
    checkpoints.start()
    assert done.wait(20)
    done.clear()
    assert not done.wait(0.3), "nothing was written, and it was brought in again"
    fill(connection, 5)
    assert done.wait(20)
    assert set(folded) == {file}
    monkeypatch.setattr(checkpoints, "LARGE_BYTES", 10**12)


def test_after_a_while_without_a_write_the_log_is_emptied_by_itself(database, monkeypatch):
    file, _connection = database
    monkeypatch.setattr(checkpoints, "EVERY_S", 0.02)
    monkeypatch.setattr(checkpoints, "QUIET_S", 0.2)
    installed(monkeypatch, "django.db.backends.sqlite3", file)
    assert checkpoints.log_state(file)[0] > 0
    checkpoints.start()
    deadline = time.monotonic() + 20
    while checkpoints.log_state(file)[0] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert checkpoints.log_state(file)[0] == 0


def test_there_is_nothing_to_do_on_postgresql(monkeypatch):
    installed(monkeypatch, "django.db.backends.postgresql", "school")
    assert checkpoints.start() is None


def test_no_connection_of_an_installation_brings_the_log_in_by_itself():
    command = real.DATABASES["default"].get("OPTIONS", {}).get("init_command", "wal_autocheckpoint=0")
    assert "wal_autocheckpoint=0" in command
    assert "mmap" not in command


def test_a_folder_without_a_log_has_a_log_of_no_bytes(tmp_path):
    assert checkpoints.log_state(tmp_path / "school.sqlite3") == (0, 0)
