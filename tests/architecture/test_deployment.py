"""Django's own check of a real deployment, on the settings a school would use behind a proxy."""

import os
import re
import subprocess
import sys

from .tree import ROOT

# security.W008: the proxy sends plain requests on; W005, W021: the school's domain decides about its other hosts.
ACCEPTED = {"security.W005", "security.W008", "security.W021"}


def test_a_deployment_passes_djangos_own_checks(tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    environment = {**kept, "TONGXIN_TLS": "1", "TONGXIN_DATA": str(tmp_path)}
    environment |= {"DJANGO_SETTINGS_MODULE": "tongxin.config.settings", "TONGXIN_SECRET_KEY": ""}
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy"],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert set(re.findall(r"\((\w+\.[A-Z]\d+)\)", said)) - ACCEPTED == set()


def test_the_signing_key_is_made_once_and_readable_by_nobody_else(tmp_path):
    environment = {
        **os.environ,
        "TONGXIN_DATA": str(tmp_path),
        "TONGXIN_SECRET_KEY": "",
        "PYTHONPATH": str(ROOT),
    }
    code = "from tongxin.config.settings import SECRET_KEY; print(SECRET_KEY)"
    keys = {
        subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(keys) == 1
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0
