"""The same day gives the same demo, and any day gives one. Apart from the other tests of the demo, which keep one built."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction
from django.test import override_settings

from tongxin.demo.build import build_demo
from tongxin.demo.world import CITY, DISTRICT, BureauPlan
from tongxin.kernel.base.models import Subject
from tongxin.kernel.ledger.models import Entry

pytestmark = pytest.mark.django_db


def fingerprint() -> list:
    rows = Entry.objects.order_by("day", "kind", "title", "public_id")
    people = Subject.objects.order_by("pk").values_list("name", "type", "public_id")
    return [list(people), list(rows.values_list("kind", "day", "theme", "place", "mode", "public_id"))]


@pytest.mark.parametrize(
    "today", [date(2026, 11, 22), date(2027, 3, 10), date(2026, 1, 15), date(2025, 9, 2)]
)
def test_the_same_day_gives_the_same_world_and_any_day_gives_one(today, tmp_path):
    chosen = [school for school in DISTRICT.schools if school.slug in ("b", "linxi", "songshi")]
    small = (BureauPlan("bureau", DISTRICT.name, DISTRICT.short, tuple(chosen)), CITY)
    found = []
    for n in range(2):
        with override_settings(DATA_DIR=tmp_path, EVIDENCE_DIR=tmp_path / str(n)), transaction.atomic():
            build_demo(today, small)
            found.append(fingerprint())
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert len(found[0][1]) > 50
