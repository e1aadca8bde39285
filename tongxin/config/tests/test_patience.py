"""A page that reads for too long is cut with a sentence; what writes is never cut."""

import sqlite3
import time

import pytest
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation

from tongxin.config import patience

# Counts without end, in SQLite's own machine.
LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT max(i) FROM n"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="只有 SQLite 要这样"),
]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """A patience of a moment, and a connection that was made knowing of it."""
    monkeypatch.setattr(patience, "MOST_S", 0.05)
    monkeypatch.setattr(patience, "STEPS", 1_000)
    connection.ensure_connection()
    patience._look_at(connection)
    with translation.override("zh-hans"):
        yield
    connection.connection.set_progress_handler(None, 0)


def count(up_to: int) -> int:
    with connection.cursor() as cursor:
        return cursor.execute(LONG.format(up_to)).fetchone()[0]


def page(read):
    """A page as the server makes it: the middleware around a view, and what it says of the view's error."""
    request = RequestFactory().get("/")

    def view(asked):
        try:
            return HttpResponse(read())
        except OperationalError as error:
            answer = middleware.process_exception(asked, error)
            if answer is None:
                raise
            return answer

    middleware = patience.PatienceMiddleware(view)
    return middleware(request)


def test_a_page_that_reads_without_end_is_cut_with_a_sentence():
    began = time.monotonic()
    answer = page(lambda: count(10**12))
    assert answer.status_code == patience.TOO_LONG
    assert "缩小范围" in answer.content.decode()
    assert time.monotonic() - began < 30
    assert count(1_000) == 1_000, "the connection goes on"


def test_a_page_that_is_quick_is_not_cut():
    assert page(lambda: count(1_000)).content == b"1000"


def test_what_writes_is_not_cut(monkeypatch):
    monkeypatch.setattr(patience, "MOST_S", -1.0)

    def write():
        with transaction.atomic():
            return count(100_000)

    assert page(write).content == b"100000"


def test_outside_a_page_nothing_is_cut(monkeypatch):
    monkeypatch.setattr(patience, "MOST_S", -1.0)
    page(lambda: 1)
    assert count(100_000) == 100_000


def test_other_errors_are_left_alone():
    locked = OperationalError("database is locked")
    locked.__cause__ = sqlite3.OperationalError("database is locked")
    middleware = patience.PatienceMiddleware(lambda request: HttpResponse())
    assert middleware.process_exception(RequestFactory().get("/"), locked) is None
