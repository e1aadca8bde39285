"""What can wait is refused before it is begun while the disk is short; what cannot is tried once more with the ballast."""

import errno
import sqlite3
from importlib import import_module

import pytest
from django.contrib.sessions.backends import db as sessions
from django.db import DatabaseError
from django.urls import get_resolver, reverse

from tongxin.config.full_disk import INSUFFICIENT_STORAGE, URGENT
from tongxin.kernel.access.sessions import SessionStore
from tongxin.kernel.base import space
from tongxin.kernel.ledger.models import Entry
from tongxin.modules.network.models import Concern


@pytest.fixture(autouse=True)
def disk(settings, tmp_path):
    """A data folder of its own on a disk with room; looked at anew before and after."""
    settings.DATA_DIR, settings.BALLAST_MIB, settings.LEAST_FREE_MIB = tmp_path, 1, 1
    space.forget()
    yield tmp_path
    space.forget()


def shorten(settings) -> None:
    settings.LEAST_FREE_MIB = 2**40
    space.forget()


def full_error(tmp_path) -> sqlite3.Error:
    """The error of a real database that may not grow."""
    database = sqlite3.connect(tmp_path / "small.sqlite3")
    database.execute("CREATE TABLE t (x)")
    database.execute("PRAGMA max_page_count=2")
    try:
        database.execute("INSERT INTO t VALUES (zeroblob(100000))")
    except sqlite3.Error as error:
        return error
    finally:
        database.close()
    raise AssertionError("it grew")


def worry(client, cast_):
    data = {"what": "worry", "when": "calm", "words": "一天没有说话", "once": "c" * 32}
    return client.post(
        reverse("network:concern"), data | {"student": cast_.students[1][0].public_id}
    )  # fmt: skip


def test_what_cannot_wait_are_pages_there_are():
    rooms = {one.namespace: one for one in get_resolver().url_patterns}
    for name in URGENT:
        room, _, page = name.partition(":")
        assert page in rooms[room].reverse_dict, name


def test_a_data_folder_that_is_not_there_yet_lies_on_the_disk_of_the_one_above(disk, settings):
    settings.DATA_DIR = disk / "not" / "yet"
    assert not space.short()
    assert not space.release()


def test_a_full_disk_is_told_from_other_errors(tmp_path):
    full = full_error(tmp_path)
    assert space.is_full(full)
    wrapped = DatabaseError("not written")
    wrapped.__cause__ = full
    assert space.is_full(wrapped)
    assert space.is_full(OSError(errno.ENOSPC, "no space"))
    assert not space.is_full(OSError(errno.ENOENT, "no such file"))
    assert not space.is_full(sqlite3.OperationalError("database is locked"))
    assert not space.is_full(None)


def test_the_ballast_is_laid_given_away_and_laid_again(disk, settings):
    assert space.keep()
    assert (disk / "ballast").stat().st_size == 2**20
    assert space.release()
    assert not space.release()
    shorten(settings)
    assert not space.keep(), "it must not take the last room"
    settings.LEAST_FREE_MIB = 1
    assert space.keep()
    assert [file.name for file in disk.iterdir()] == ["ballast"]


def test_without_room_what_can_wait_is_refused_in_words_and_a_worry_is_heard(client, cast, keys, settings):
    client.force_login(cast.liu.account)
    shorten(settings)
    answer = client.post(reverse("desk:record_check", args=["home_visit"]), {})
    assert answer.status_code == INSUFFICIENT_STORAGE
    assert "没有保存" in answer.text
    assert not Entry.objects.exists()
    page = client.get(reverse("desk:home"))
    assert page.status_code == 200
    assert "磁盘快满了" in page.text
    assert worry(client, cast).status_code == 200
    assert Concern.objects.count() == 1
    settings.LEAST_FREE_MIB = 1
    space.forget()
    assert "磁盘快满了" not in client.get(reverse("desk:home")).text


def fill(monkeypatch, path: str, error: Exception, times: int) -> list[int]:
    """Let the function at a path fail as on a full disk the first times it is called; return what counts the calls."""
    module, name = path.rsplit(".", 1)
    real, calls = getattr(import_module(module), name), []

    def failing(*args, **kwargs):
        calls.append(1)
        if len(calls) <= times:
            raise error
        return real(*args, **kwargs)

    monkeypatch.setattr(path, failing)
    return calls


REPORT = "tongxin.modules.network.concerns.report"


def test_what_cannot_wait_is_tried_again_with_the_room_of_the_ballast(
    client,
    cast,
    keys,
    disk,
    monkeypatch,
):
    client.force_login(cast.liu.account)
    space.keep()
    calls = fill(monkeypatch, REPORT, full_error(disk), times=1)
    assert worry(client, cast).status_code == 200
    assert (len(calls), Concern.objects.count(), (disk / "ballast").exists()) == (2, 1, False)


@pytest.mark.parametrize(("laid", "times"), [(False, 1), (True, 2)])
def test_where_even_that_is_not_enough_it_says_so(
    client,
    cast,
    keys,
    disk,
    monkeypatch,
    laid,
    times,
):
    client.force_login(cast.liu.account)
    if laid:
        space.keep()
    fill(monkeypatch, REPORT, full_error(disk), times=times)
    answer = worry(client, cast)
    assert answer.status_code == INSUFFICIENT_STORAGE
    assert "没有保存" in answer.text
    assert not Concern.objects.exists()


def test_other_errors_are_left_to_their_own_page(client, cast, keys, disk, monkeypatch):
    client.force_login(cast.liu.account)
    client.raise_request_exception = False
    fill(monkeypatch, REPORT, sqlite3.OperationalError("database is locked"), times=9)
    assert worry(client, cast).status_code == 500


def test_a_session_is_kept_with_the_room_of_the_ballast(db, disk, monkeypatch):
    real, calls = sessions.SessionStore.save, []
    error = DatabaseError("full")
    error.__cause__ = full_error(disk)

    def save(self, must_create=False):
        calls.append(1)
        if len(calls) == 1:
            raise error
        return real(self, must_create)

    monkeypatch.setattr(sessions.SessionStore, "save", save)
    store = SessionStore()
    store["seen"] = 1
    with pytest.raises(DatabaseError):
        store.save()
    calls.clear()
    space.keep()
    store.save()
    assert SessionStore(store.session_key)["seen"] == 1
