"""A school with a programme whose fortnight ends on Sunday 2026-11-22 and is escalated; the clock may be set."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from tongxin.exchange.notices.tests.conftest import WITH_STEPS, network  # noqa: F401
from tongxin.kernel.obligations.models import Matter
from tongxin.kernel.obligations.reminders import remind
from tongxin.testing.again import again
from tongxin.testing.cast import NOW, make_cast, today  # noqa: F401

LAST = date(2026, 11, 22)


@pytest.fixture
def world(db, today, network, settings):  # noqa: F811
    settings.SITE_URL = "https://tongxin.invalid"
    return again("escalating", escalating)


def escalating():
    cast = make_cast()
    cast.adopt(WITH_STEPS)
    type(cast.programme).objects.update(adopted_at=NOW)
    cast.programme.refresh_from_db()
    return cast


@pytest.fixture
def late(world, monkeypatch):
    """It is the third day after the fortnight ended: nobody gave the lesson, the branch secretary has been told."""
    remind(world.school, LAST - timedelta(days=3))
    remind(world.school, LAST + timedelta(days=2))
    moment = NOW + timedelta(days=7)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return world


@pytest.fixture
def lesson(late):
    """What 许静 owes of the lesson."""
    return Matter.objects.get(
        obligation="lesson-each-fortnight", bearer=late.xu.subject, due_day=LAST, programme=late.programme
    )
