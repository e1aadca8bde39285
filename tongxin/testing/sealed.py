"""A table with sealed columns of its own for the tests, and keys that go away with each test."""

from __future__ import annotations

import pytest
from django.db import connection, models

from tongxin.kernel.base.fields import new_public_id
from tongxin.kernel.base.sealing.fields import BlindIndexField, SealedJSONField, SealedTextField


class Paper(models.Model):
    """A child's paper: answers (K4a), a counsellor's word on it (K4d), a family fact (K3), a number to find it by."""

    public_id = models.CharField(max_length=22, default=new_public_id)
    school_id = models.BigIntegerField()
    subject_id = models.BigIntegerField()
    day = models.DateField(null=True)
    answers = SealedJSONField(data_class="K4a", year="day", subject="subject_id")
    word = SealedTextField(data_class="K4d", subject="subject_id")
    family = SealedTextField(data_class="K3", year="day")
    number = SealedTextField(data_class="K3")
    number_index = BlindIndexField(source="number")

    class Meta:
        # No installed application of this name: no migration is asked for, and nothing else meets this table.
        app_label = "papers_of_the_tests"
        db_table = "test_paper"


def make_table() -> None:
    blob = "bytea" if connection.vendor == "postgresql" else "blob"
    key = (
        "bigserial primary key" if connection.vendor == "postgresql" else "integer primary key autoincrement"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE test_paper (id {key}, public_id varchar(22), school_id bigint, subject_id bigint, day date,"
            f" answers {blob}, word {blob}, family {blob}, number {blob}, number_index varchar(32))"
        )


@pytest.fixture
def keys(settings, tmp_path):
    """A key store and a master key of this test alone; returns their folder."""
    settings.KEYS_DIR = tmp_path / "keys"
    settings.MASTER_KEY_FILE = settings.KEYS_DIR / "master.key"
    settings.MASTER_KEY = ""
    return settings.KEYS_DIR


@pytest.fixture
def papers(db, keys):
    make_table()
    return Paper
