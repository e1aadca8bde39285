"""With the audit table broken not one byte of what lies under K4 and K5 is shown, on any page of the URLconf.

First every page is walked as it is, to find those that open something; then the same pages without the table.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.access import reading
from tongxin.kernel.access.models import Opening
from tongxin.testing.cast import TODAY, cast, today  # noqa: F401
from tongxin.testing.sealed import keys  # noqa: F401

from .test_matrix import _enter, ask, world  # noqa: F401
from .test_matrix import walked as addresses_walked
from .things import text_of

# Who opens sealed data at all: the counsellor everybody's, the pupil its own, the secretary what was granted.
READERS = ("chen", "pupil", "wang")


@pytest.fixture
def opened_now(monkeypatch):
    """What the door opened since the list was emptied last, as words that would show it."""
    found: list[str] = []
    unseal = reading.unseal

    def watched(row, fields):
        unseal(row, fields)
        found.append(type(row).__name__)

    monkeypatch.setattr(reading, "unseal", watched)
    return found


def without_the_table(client, method: str, url: str):
    """Ask for a page while no audit row can be written; return (answer, its text)."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_row RENAME TO audit_row_gone")
        try:
            answer = getattr(client, method)(url)
            return answer, text_of(answer)
        finally:
            transaction.set_rollback(True)


def test_no_page_shows_what_lies_sealed_when_its_reading_cannot_be_noted(client, world, opened_now):  # noqa: F811
    cast_, people, own, _other = world
    pupil = people["pupil"]
    from tongxin.testing.screening import answered_sitting

    answered_sitting(pupil.subject, TODAY)
    now = timezone.now()
    granted = Opening.objects.create(
        school=cast_.school, kind="grant", state="open", student=own.student, person=cast_.wang.subject,
        account=cast_.wang.account, classes=["K4c"], day=timezone.localdate(), hours=24, reason="要弄清情况",
        decided_at=now, until=now + timedelta(hours=24),
    )  # fmt: skip
    pages = set()
    for role in READERS:
        _enter(client, people[role])
        for address in addresses_walked():
            arguments = own.arguments(address)
            if address.name == "privacy:opening_read":
                arguments = {"public_id": granted.public_id}
            if address.name == "privacy:copy" and role == "pupil":
                arguments = {"public_id": pupil.subject.public_id}
            url = reverse(address.name, kwargs=arguments)
            opened_now.clear()
            ask(client, "get", url)
            if not opened_now:
                continue
            pages.add((role, address.name))
            opened_now.clear()
            answer, text = without_the_table(client, "get", url)
            # It breaks before anything is opened, whatever the page would have shown of it.
            assert opened_now == [], address.name
            assert answer.status_code >= 500, (address.name, text[:200])
    # The walk really met the pages that open something, for each reader.
    assert {
        ("chen", "screening:child"), ("chen", "screening:paper"), ("chen", "screening:results"),
        ("chen", "cases:signal"), ("chen", "privacy:copy"), ("pupil", "privacy:copy"),
        ("wang", "privacy:opening_read"),
    } <= pages, sorted(pages)  # fmt: skip
