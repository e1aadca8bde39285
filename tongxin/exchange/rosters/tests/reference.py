"""Where the public reference files are; tests that need them skip with a plain reason where they are not."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]


def reference_folder(name: str) -> Path:
    """Return a folder of the reference data, or skip the test."""
    base = Path(os.environ.get("TONGXIN_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
    folder = base / name
    if not folder.is_dir():
        pytest.skip(f"reference data {name} is not here; set TONGXIN_REFERENCE_DATA to its folder")
    return folder
