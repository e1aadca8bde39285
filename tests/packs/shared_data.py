"""The data that the tests only read; where it is absent they are skipped with the reason."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def folder(name: str) -> Path:
    found = SHARED / name
    if not found.is_dir():
        pytest.skip(f"the data folder {name} lies outside the repository and is not here")
    return found


def expected(name: str) -> dict[str, Any]:
    return json.loads((folder(name) / "expected.json").read_text(encoding="utf-8"))


def rows(name: str, file: str, delimiter: str = ",") -> list[dict[str, str]]:
    with (folder(name) / file).open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened, delimiter=delimiter))
