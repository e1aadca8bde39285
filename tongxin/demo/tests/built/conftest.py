"""One demo for all tests of this folder: building it takes longest."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction
from django.test import override_settings

from tongxin.demo.build import build_demo
from tongxin.demo.world import CITY, DISTRICT, BureauPlan
from tongxin.kernel.base.models import School

TODAY = date(2026, 11, 20)


@pytest.fixture(scope="package")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """A middle school, two primary schools and the college, built once and rolled back after the last of these tests."""
    where = tmp_path_factory.mktemp("demo")
    chosen = [school for school in DISTRICT.schools if school.slug in ("b", "linxi", "songshi")]
    small = (BureauPlan("bureau", DISTRICT.name, DISTRICT.short, tuple(chosen)), CITY)
    with (
        django_db_blocker.unblock(),
        override_settings(
            DATA_DIR=where, EVIDENCE_DIR=where / "evidence", KEYS_DIR=where / "keys",
            MASTER_KEY_FILE=where / "keys" / "master.key", MASTER_KEY="",
        ),
        transaction.atomic(),
    ):  # fmt: skip
        yield build_demo(TODAY, small)
        transaction.set_rollback(True)


def schools():
    return School.objects.filter(kind=School.Kind.SCHOOL)
