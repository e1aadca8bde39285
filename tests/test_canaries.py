"""A known word in every sealed column and file is searched for in the database, its log, the backup and the keys."""

import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.db import connection

from tongxin.config import archive
from tongxin.exchange.models import ImportRun
from tongxin.kernel.access import second_factor
from tongxin.kernel.access.models import SecondFactor
from tongxin.kernel.base.sealing import rotation, store
from tongxin.kernel.ledger import evidence
from tongxin.kernel.ledger.services import Draft, Upload, record_activity
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.queries import kind_named
from tongxin.testing.cast import TODAY, cast, today  # noqa: F401
from tongxin.testing.sealed import keys, papers  # noqa: F401

NUMBER, NOTE, UNDO, FILE = (
    "110101201503010014",
    "金丝雀在爷爷家",
    "canary-in-the-undo",
    b"%PDF-1.4 canary in a file",
)
# Where each sealed column gets its canary below; a new sealed column needs one here.
COVERED = {
    "person.id_number",
    "entry.note",
    "import_run.undo",
    "second_factor.secret",
    "second_factor.pending",
}
# Lies open on purpose: shows that the search finds what is there.
OPEN = "这一行不是秘密"


def test_every_sealed_column_has_its_canary():
    assert {f"{field.model._meta.db_table}.{field.column}" for field in rotation.columns()} <= COVERED


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the database's own files")
def test_no_canary_is_found_in_database_log_backup_or_keys(cast, keys, settings, tmp_path, caplog):  # noqa: F811
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    canaries = [NUMBER.encode(), NOTE.encode(), UNDO.encode(), b"canary in a file", *planted(cast)]
    database = Path(str(connection.settings_dict["NAME"]))
    found_open = OPEN.encode() in database.read_bytes() + log_of(database)
    assert found_open, "the search does not even find what lies open"
    places = {"database": database.read_bytes(), "log": log_of(database), "server log": caplog.text.encode()}
    places |= {
        str(p): p.read_bytes() for p in (*keys.rglob("*"), *settings.EVIDENCE_DIR.rglob("*")) if p.is_file()
    }
    places |= backup(database, settings, tmp_path)
    assert [(where, canary) for where, held in places.items() for canary in canaries if canary in held] == []
    assert OPEN.encode() in places["backup database.sqlite3"]


def planted(cast) -> list[bytes]:  # noqa: F811
    """Put a canary in every sealed column and file; return those that were drawn by chance."""
    student = people.make_student(cast.school, "有号", homeroom=cast.room_one, id_number=NUMBER)
    visit = kind_named(cast.school, "home_visit", TODAY)
    draft = Draft(
        day=TODAY,
        parts={"visited": [student.pk], "visitor": [cast.liu.subject.pk]},
        qualifiers={"mode": "in_person"},
        note=NOTE,
        title=OPEN,
        uploads=[Upload("photo", FILE, "a.pdf")],
    )
    entry = record_activity(cast.school, visit, draft, by=cast.liu.account, today=TODAY)
    assert entry.note == NOTE
    file = entry.evidence.get().file
    assert evidence.read(cast.school.public_id, file) == FILE
    run = ImportRun.objects.create(
        school=cast.school, kind="students", file_name="名单.xlsx", undo={"before": UNDO}
    )
    assert ImportRun.objects.get(pk=run.pk).undo == {"before": UNDO}
    pending = second_factor.begin(cast.chen.account)
    other = second_factor.begin(cast.ma.account)
    factor = SecondFactor.objects.get(account=cast.ma.account)
    factor.secret, factor.pending = other, ""
    factor.save()
    assert store.rows()
    return [pending.encode(), other.encode()]


def log_of(database: Path) -> bytes:
    log = database.with_name(database.name + "-wal")
    return log.read_bytes() if log.exists() else b""


def backup(database: Path, settings, tmp_path) -> dict[str, bytes]:
    """Return what a backup holds, member by member, unpacked."""
    target = tmp_path / "backup.zip"
    own = SimpleNamespace(
        EVIDENCE_DIR=settings.EVIDENCE_DIR,
        DATABASES={"default": django_settings.DATABASES["default"] | {"NAME": database}},
    )
    archive.make(target, own)
    with zipfile.ZipFile(target) as opened:
        return {f"backup {name}": opened.read(name) for name in opened.namelist()}
