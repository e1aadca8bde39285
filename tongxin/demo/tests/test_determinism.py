"""The same day gives the same demo, in another process too, and any day gives one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings

from tongxin.demo.build import build_demo
from tongxin.demo.world import CITY, DISTRICT, BureauPlan
from tongxin.kernel.base.models import Subject
from tongxin.kernel.ledger.models import Entry

ROOT = Path(__file__).resolve().parents[3]
BUILD = """
import sys
import django
django.setup()
from tongxin.demo.tests.test_determinism import built, date
print(built(date.fromisoformat(sys.argv[1])))
"""


def built(today: date) -> str:
    """Build a middle school, two primary schools and the college; return what tells one such world from another."""
    chosen = [school for school in DISTRICT.schools if school.slug in ("b", "linxi", "songshi")]
    build_demo(today, (BureauPlan("bureau", DISTRICT.name, DISTRICT.short, tuple(chosen)), CITY))
    rows = Entry.objects.order_by("day", "kind", "title", "public_id")
    people = Subject.objects.order_by("pk").values_list("name", "type", "public_id")
    entries = rows.values_list("kind", "day", "theme", "place", "mode", "public_id")
    return json.dumps([list(people), list(entries)], default=str)


def built_and_undone(today: date, folder: Path) -> str:
    with override_settings(DATA_DIR=folder, EVIDENCE_DIR=folder / "evidence"), transaction.atomic():
        said = built(today)
        transaction.set_rollback(True)
    return said


def built_in_another_process(today: date, folder: Path, migrated: Path) -> str:
    shutil.copyfile(migrated, folder / "tongxin.sqlite3")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TONGXIN_", "DJANGO_"))}
    own = {
        "DJANGO_SETTINGS_MODULE": "tongxin.config.settings",
        "TONGXIN_DATA": str(folder),
        "PYTHONPATH": str(ROOT),
        # Sets are gone through in another order than here.
        "PYTHONHASHSEED": "4711" if os.environ.get("PYTHONHASHSEED") != "4711" else "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", BUILD, today.isoformat()],
        cwd=ROOT, env=kept | own, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()[-1]


def test_the_same_day_gives_the_same_world_in_every_process(db, tmp_path, migrated_database):
    today = date(2026, 11, 22)
    here = built_and_undone(today, tmp_path / "here")
    assert here == built_in_another_process(today, tmp_path, migrated_database)
    assert len(json.loads(here)[1]) > 50


@pytest.mark.django_db
@pytest.mark.parametrize("today", [date(2027, 3, 10), date(2026, 1, 15), date(2025, 9, 2)])
def test_any_day_gives_a_world(today, tmp_path):
    assert len(json.loads(built_and_undone(today, tmp_path))[1]) > 50
