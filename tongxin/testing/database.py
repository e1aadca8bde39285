"""The tests' SQLite database: migrated once, copied for every further run, and emptied only where something was written.

The migrated file lies in pytest's cache under a name that tells what it was made from: every migration, every model,
the fields they use, and the versions of Django and SQLite. Whatever of these changes, the migrations run again.
On PostgreSQL every run migrates.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

# Filled by Django after the migrations, and never written by a test.
KEPT_TABLES = {"django_content_type", "auth_permission"}


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any
) -> Iterator[None]:
    """A migrated database for this run (takes the place of pytest-django's own fixture)."""
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    cache = getattr(request.config, "cache", None)
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        made = None
        if connection.vendor != "sqlite" or cache is None:
            made = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
        else:
            _copy(Path(cache.mkdir("migrated")), patch)
        _empty_only_what_was_written(patch)
        with django_db_blocker.block():
            yield
        if made is not None:
            teardown_databases(made, verbosity=0)
        else:
            connection.close()


@pytest.fixture(scope="session")
def migrated_database(request: pytest.FixtureRequest, django_db_setup: None) -> Path | None:
    """The migrated file, for whoever fills an installation of its own from a copy; None where there is none."""
    from django.db import connection

    cache = getattr(request.config, "cache", None)
    if connection.vendor != "sqlite" or cache is None:
        return None
    return Path(cache.mkdir("migrated")) / f"{_made_from()}.sqlite3"


def _copy(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Let the connection use a copy of the migrated file; the first to need it makes it."""
    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_databases

    migrated = folder / f"{_made_from()}.sqlite3"
    with _alone(folder):
        if not migrated.exists():
            for old in folder.glob("*.sqlite3"):
                old.unlink()
            setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
            draft = migrated.with_suffix(f".{os.getpid()}")
            connection.cursor().execute("VACUUM INTO %s", [str(draft)])
            draft.rename(migrated)
            return
        name = settings.DATABASES["default"]["TEST"]["NAME"]
        shutil.copyfile(migrated, name)
    connection.close()
    patch.setitem(settings.DATABASES["default"], "NAME", name)
    patch.setitem(connection.settings_dict, "NAME", name)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one run at a time make the migrated file; SQLite's own lock serves on every system."""
    with closing(sqlite3.connect(folder / "lock", timeout=300, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield


def _made_from() -> str:
    """Return what the migrated file depends on, as a short text."""
    import django
    from django.apps import apps

    files = {
        inspect.getsourcefile(type(field))
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_fields
    }
    for app in apps.get_app_configs():
        for pattern in ("migrations/*.py", "models*.py", "models/*.py"):
            files |= {str(path) for path in Path(app.path).glob(pattern)}
    said = hashlib.sha256(f"{django.VERSION} {sqlite3.sqlite_version}".encode())
    for file in sorted(file for file in files if file):
        said.update(file.encode() + b"\0" + Path(file).read_bytes() + b"\0")
    return said.hexdigest()[:24]


def written_tables() -> list[str]:
    """Return the tables that hold rows, without those that hold the same rows in every test."""
    from django.db import connection

    asked = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in _all_tables()
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [name for (name,) in cursor.fetchall()]


_tables: list[str] = []


def _all_tables() -> list[str]:
    from django.db import connection

    if not _tables:
        named = connection.introspection.django_table_names(only_existing=True, include_views=False)
        _tables.extend(sorted(set(named) - KEPT_TABLES))
    return _tables


def _empty_only_what_was_written(patch: pytest.MonkeyPatch) -> None:
    """After a test that commits, Django empties every table and writes its permissions anew: half a second each time."""
    from django.db import connection, transaction
    from django.test import TransactionTestCase

    shared: Any = TransactionTestCase
    every = shared._fixture_teardown

    def kept() -> list[tuple[int, int | None]]:
        with connection.cursor() as cursor:
            asked = (f'SELECT count(*), max(id) FROM "{name}"' for name in sorted(KEPT_TABLES))
            cursor.execute(" UNION ALL ".join(asked))
            return cursor.fetchall()

    before = kept()

    def teardown(case: Any) -> None:
        if case.available_apps is not None or kept() != before:
            every(case)
            return
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # Everything goes, so no row need look for those that point at it.
                cursor.execute("SET LOCAL session_replication_role = replica")
            for name in written_tables():
                cursor.execute(f'DELETE FROM "{name}"')

    patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
