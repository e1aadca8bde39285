"""One demo for all tests of this folder: building it takes longest."""

from __future__ import annotations

from datetime import date
from unittest.mock import patch

import pytest
from django.db import transaction
from django.test import override_settings

from tongxin.demo.build import build_demo
from tongxin.kernel.base.models import School
from tongxin.kernel.obligations import engine

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="package")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """The whole demo, built once and rolled back after the last of these tests."""
    where = tmp_path_factory.mktemp("demo")
    with (
        django_db_blocker.unblock(),
        override_settings(
            DATA_DIR=where, EVIDENCE_DIR=where / "evidence", KEYS_DIR=where / "keys",
            MASTER_KEY_FILE=where / "keys" / "master.key", MASTER_KEY="", REMEMBER_VERDICTS=True,
        ),
        patch.object(engine, "_kept", engine.Kept()),
        transaction.atomic(),
    ):  # fmt: skip
        yield build_demo(TODAY)
        transaction.set_rollback(True)


def schools():
    return School.objects.filter(kind=School.Kind.SCHOOL)
