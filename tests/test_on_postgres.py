"""The same tests on PostgreSQL: migrations, the kernel's services, imports and the pages' queries.

They run in a process of their own, since a run of the tests has one database; tests that ask no database are left out.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tongxin.testing import postgres

ROOT = Path(__file__).resolve().parents[1]
ROOMS = [
    "tongxin/kernel",
    "tongxin/exchange/rosters/tests/test_import.py",
    "tongxin/modules/screening/tests/test_papers.py",
    "tongxin/modules/screening/tests/test_handing_in.py",
    "tongxin/insight",
    "tests/test_canaries.py",
    "tongxin/testing",
]


FILL = """
import django
django.setup()
from django.db import transaction
from tongxin.kernel.audit import services as audit
from tongxin.testing.cast import make_cast
cast = make_cast()
with transaction.atomic():
    for number in range(3):
        audit.write(cast.wang.account, "test", cast.branch.subject, tab="a\\tb\\\\c", number=number)
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of a migrated database on a server of our own, which others are copied from."""
    reason = postgres.why_unavailable()
    if reason:
        pytest.skip(reason)
    server = postgres.shared()
    server.create_database("tongxin_migrated")
    address = f"postgresql://{server.user}@{server.host}:{server.port}/tongxin_migrated"
    own = {"DJANGO_SETTINGS_MODULE": "tongxin.config.settings", "TONGXIN_DATABASE": address}
    own["TONGXIN_DATA"] = str(tmp_path_factory.mktemp("migrating"))
    migrated = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
        cwd=ROOT, env={**os.environ, **own, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert migrated.returncode == 0, migrated.stderr
    return address


@pytest.mark.postgres
def test_the_kernel_and_what_stands_on_it_behave_the_same_on_postgresql(address):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TONGXIN_", "PYTEST_"))}
    reference = os.environ.get("TONGXIN_REFERENCE_DATA")
    if reference:
        environment["TONGXIN_REFERENCE_DATA"] = reference
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-m",
            "not browser and not postgres and not long",
            "-p",
            "no:cacheprovider",
            *ROOMS,
        ],
        cwd=ROOT,
        env=environment | {"TONGXIN_DATABASE": address, "TONGXIN_TEST_ONLY_DATABASE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


@pytest.mark.postgres
def test_a_backup_of_postgresql_is_restored_and_its_audit_record_checked_offline(address, tmp_path):
    server = postgres.shared()
    server.create_database("original", like="tongxin_migrated")
    server.create_database("restored")
    base = address.rsplit("/", 1)[0]
    copy = tmp_path / "copy.zip"

    def tongxin(*arguments, database):
        done = subprocess.run(
            [sys.executable, "-m", "tongxin.config.command_line", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "tongxin.config.settings",
                "TONGXIN_DATABASE": f"{base}/{database}",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    # The tests' server does not wait for the disk, so the product rightly refuses it; Django's own commands do not.
    code, said = tongxin("setup", "--data", str(tmp_path / "a"), database="original")
    assert (code, "fsync" in said) == (1, True)
    filled = subprocess.run(
        [sys.executable, "-c", FILL],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tongxin.config.settings",
            "TONGXIN_DATA": str(tmp_path / "a"),
            "TONGXIN_DATABASE": f"{base}/original",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert filled.returncode == 0, filled.stderr
    assert tongxin("backup", str(copy), "--data", str(tmp_path / "a"), database="original")[0] == 0
    code, said = tongxin("restore", str(copy), "--data", str(tmp_path / "b"), database="restored")
    assert code == 0, said
    rows = re.search(r"审计记录 (\d+) 条", said)
    assert rows
    assert int(rows[1]) >= 3
    assert "用备份里的一个账号试着登录" in said
    code, said = tongxin("restore", str(copy), "--data", str(tmp_path / "c"), database="restored")
    assert (code, "已经有表" in said) == (1, True)
    code, said = tongxin("verify-audit", str(copy), database="restored")
    assert (code, f"查了 {rows[1]} 条审计记录" in said) == (0, True), said
