"""What others do with the same sheet: forty answers in one row and an audit row, both on the disk before the answer.

Run as a program by gunicorn (`peers:flask_app()`, `peers:django_app()`); PEER_DATABASE names the SQLite file.
Neither signs anybody in, asks for consent, seals, scores, nor chains its audit rows. That makes them the faster ones.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

ITEMS = 40
DURABLE = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;"
TABLES = (
    "CREATE TABLE IF NOT EXISTS sheet (id INTEGER PRIMARY KEY, person INTEGER NOT NULL, answers BLOB NOT NULL, at REAL NOT NULL);"
    "CREATE TABLE IF NOT EXISTS audit (id INTEGER PRIMARY KEY, person INTEGER NOT NULL, action TEXT NOT NULL, at REAL NOT NULL);"
)


def checked(body: bytes) -> tuple[int, bytes] | None:
    """Return (person, answers) of a request, None where it is not what it should be."""
    given = json.loads(body)
    person, answers = given.get("person"), given.get("answers")
    if not isinstance(person, int) or not isinstance(answers, list) or len(answers) != ITEMS:
        return None
    if not all(isinstance(one, int) and 1 <= one <= 5 for one in answers):
        return None
    return person, bytes(answers)


def make_database(path: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(DURABLE + TABLES)
    connection.close()


def flask_app() -> Callable:
    from flask import Flask, jsonify, request

    app = Flask("peer")
    kept = threading.local()

    def database() -> sqlite3.Connection:
        if not hasattr(kept, "connection"):
            kept.connection = sqlite3.connect(os.environ["PEER_DATABASE"], timeout=20, isolation_level=None)
            for pragma in DURABLE.split(";"):
                kept.connection.execute(pragma)
        return kept.connection

    @app.post("/")
    def submit() -> Any:
        sheet = checked(request.get_data())
        if sheet is None:
            return jsonify(ok=False), 400
        person, answers = sheet
        connection, now = database(), time.time()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO sheet (person, answers, at) VALUES (?, ?, ?)", (person, answers, now))
        connection.execute("INSERT INTO audit (person, action, at) VALUES (?, 'submitted', ?)", (person, now))
        connection.execute("COMMIT")
        return jsonify(ok=True)

    return app


def django_app() -> Callable:
    """A usual Django project: sessions, accounts, the ORM; its connection stays open, which is not the default."""
    from django.conf import settings

    options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": DURABLE}
    settings.configure(
        SECRET_KEY="peer" * 10,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="django_peer_urls",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.environ["PEER_DATABASE"],
                "CONN_MAX_AGE": None,
                "OPTIONS": options,
            }
        },
        LOGGING_CONFIG=None,
    )
    import django

    django.setup()
    import sys
    from types import ModuleType

    from django.core.wsgi import get_wsgi_application
    from django.db import models, transaction
    from django.http import JsonResponse
    from django.urls import path

    class Sheet(models.Model):
        person = models.IntegerField()
        answers = models.BinaryField()
        at = models.FloatField()

        class Meta:
            app_label, db_table = "peer", "sheet"

    class Audit(models.Model):
        person = models.IntegerField()
        action = models.TextField()
        at = models.FloatField()

        class Meta:
            app_label, db_table = "peer", "audit"

    def submit(request: Any) -> Any:
        sheet = checked(request.body)
        if sheet is None:
            return JsonResponse({"ok": False}, status=400)
        person, answers = sheet
        now = time.time()
        with transaction.atomic():
            Sheet._default_manager.create(person=person, answers=answers, at=now)
            Audit._default_manager.create(person=person, action="submitted", at=now)
        return JsonResponse({"ok": True})

    urls = ModuleType("django_peer_urls")
    urls.urlpatterns = [path("", submit)]  # type: ignore[attr-defined]
    sys.modules["django_peer_urls"] = urls
    return get_wsgi_application()
