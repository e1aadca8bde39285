"""An installation of its own for every test of this folder."""

import json
import subprocess
import sys

import pytest

from .harness import ROOT, environment


@pytest.fixture
def installation(tmp_path):
    """A data folder with the cast, and what their browsers need to know."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.prepare"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return tmp_path, json.loads(done.stdout.splitlines()[-1])
