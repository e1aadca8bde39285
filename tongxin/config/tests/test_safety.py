from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tongxin.config import safety

MOUNTS = [
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
    "40 22 0:35 / /srv/share rw shared:2 - nfs4 server:/export rw",
    "41 22 0:36 / /srv/share/local\\040disk rw shared:3 - xfs /dev/vdb rw",
]


@pytest.fixture
def served(settings, tmp_path):
    """Settings of an ordinary start on this machine."""
    settings.DEBUG = settings.DEMO = settings.BEHIND_TLS = False
    settings.CERTIFICATE = settings.CERTIFICATE_KEY = ""
    settings.DATA_DIR = tmp_path
    return settings


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "127.8.8.8:80"])
def test_this_machines_own_addresses_are_served_without_a_certificate(served, address):
    assert safety.address_refusals(address) == []


@pytest.mark.parametrize("address", ["0.0.0.0:8000", "[::]:8000", "192.0.2.7:443", "school.example:443"])
def test_an_address_that_others_reach_is_refused_without_encryption(served, address):
    (sentence,) = safety.address_refusals(address)
    assert "没有加密" in sentence


def test_an_address_that_others_reach_is_served_behind_a_proxy_with_a_certificate(served):
    served.BEHIND_TLS = True
    assert safety.address_refusals("0.0.0.0:8000") == []


def test_debugging_and_the_demo_are_refused_where_others_reach_them(served):
    served.BEHIND_TLS = served.DEBUG = served.DEMO = True
    sentences = safety.address_refusals("0.0.0.0:8000")
    assert ["调试" in sentences[0], "演示" in sentences[1]] == [True, True]
    assert safety.address_refusals("127.0.0.1:8000") == []


def test_a_certificate_without_its_key_or_its_file_is_refused(served, tmp_path):
    served.CERTIFICATE = str(tmp_path / "absent.pem")
    sentences = safety.address_refusals("127.0.0.1:8000")
    assert len(sentences) == 2


@pytest.mark.parametrize(
    "address", ["8000", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:0", ":80", "127.0.0.1:70000"]
)
def test_a_nonsense_address_is_refused_in_words(served, address):
    (sentence,) = safety.address_refusals(address)
    assert "写得不对" in sentence


def test_little_free_space_is_refused(served, monkeypatch):
    monkeypatch.setattr(safety.shutil, "disk_usage", lambda _: SimpleNamespace(free=50 * 2**20))
    (sentence,) = safety.space_refusals(served.DATA_DIR)
    assert "只剩 50 兆" in sentence


def test_a_network_disk_is_recognised_by_the_mount_that_lies_nearest():
    assert safety.file_system_kind(Path("/home/data"), MOUNTS) == "ext4"
    assert safety.file_system_kind(Path("/srv/share/data"), MOUNTS) == "nfs4"
    assert safety.file_system_kind(Path("/srv/share/local disk/data"), MOUNTS) == "xfs"


def test_a_network_disk_is_refused(monkeypatch):
    monkeypatch.setattr(safety, "file_system_kind", lambda _: "nfs4")
    (sentence,) = safety.network_refusals(Path("/srv/share"))
    assert "网络盘" in sentence


class Reads:
    """A database that answers each setting with a given value."""

    def __init__(self, answers):
        self.answers = answers

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def execute(self, sql):
        self.answer = self.answers[sql.split()[1]]
        return self

    def fetchone(self):
        return (self.answer,)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [("journal_mode", "delete", "WAL"), ("synchronous", 1, "断电"), ("foreign_keys", 0, "关联")],
)
def test_a_sqlite_that_does_not_do_what_was_asked_is_refused(name, value, word):
    good = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert safety.sqlite_refusals(Reads(good)) == []
    (sentence,) = safety.sqlite_refusals(Reads(good | {name: value}))
    assert word in sentence


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_an_unsafe_postgres_is_refused(name):
    good = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "server_version_num": "150018",
    }
    assert safety.postgres_refusals(Reads(good)) == []
    (sentence,) = safety.postgres_refusals(Reads(good | {name: "off"}))
    assert name in sentence


def test_an_old_postgres_is_refused():
    old = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "server_version_num": "140002",
    }
    assert "太旧" in safety.postgres_refusals(Reads(old))[0]


@pytest.mark.django_db
def test_tables_of_another_version_are_refused_in_words():
    assert safety.table_refusals() == []
    newest = MigrationRecorder.Migration.objects.filter(app="ledger").order_by("-name").first()
    newest.delete()
    assert "python3 start.py" in " ".join(safety.table_refusals())
    newest.save()
    MigrationRecorder(connection).record_applied("ledger", "9999_of_next_year")
    assert "更新的版本" in " ".join(safety.table_refusals())
    MigrationRecorder(connection).record_unapplied("ledger", "9999_of_next_year")
    MigrationRecorder(connection).record_applied("left_room", "0001_initial")
    assert safety.table_refusals() == []


@pytest.mark.django_db
def test_the_start_names_the_database_and_its_version():
    name = "SQLite 3." if connection.vendor == "sqlite" else "PostgreSQL 1"
    assert name in safety.database_line()


@pytest.mark.parametrize(("wanted", "there", "said"), [
    ("sha256", ("sha256",), ""),
    ("sm3", ("sha256", "sm3"), ""),
    ("sm3", ("sha256",), "没有国密 SM3"),
    ("md5", ("sha256", "sm3"), "只能写 sha256 或 sm3"),
])  # fmt: skip
def test_the_audit_record_is_linked_as_wanted_or_nothing_starts(settings, monkeypatch, wanted, there, said):
    settings.CHAIN_DIGEST = wanted
    monkeypatch.setattr("tongxin.kernel.audit.chain.digests", lambda: there)
    found = safety.chain_refusals()
    assert (said in found[0]) if said else found == []
