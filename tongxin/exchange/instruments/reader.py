"""Read an uploaded instrument: the parent's side. The file itself is only ever opened in a child process."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from tongxin.exchange.rosters import limits

from .child import MOST_BYTES
from .formats import UPLOADS, kind_of

ROOT = Path(__file__).resolve().parents[3]
BROKEN = "这个文件读不完：要么太大，要么已经损坏，不像一份量表。"


class Unreadable(ValueError):
    """Nothing was taken over; the sentence says why. findings: (line or 0, sentence) of each mistake."""

    def __init__(self, sentence: str, findings: Iterable[tuple[int, str]] = ()):
        super().__init__(sentence)
        self.findings = [(line, said) for line, said in findings]


def read_upload(name: str, chunks: Iterable[bytes]) -> str:
    """Return the instrument of an uploaded file as our own YAML. Raises Unreadable."""
    kind = kind_of(name)
    if kind is None:
        known = "、".join(UPLOADS)
        raise Unreadable(f"看不出这是哪种格式。可以上传的有：{known}。")
    folder = settings.DATA_DIR / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{secrets.token_hex(16)}{Path(name).suffix.lower()}"
    try:
        _store(path, chunks)
        return _asked(kind, path)
    finally:
        path.unlink(missing_ok=True)


def _store(path: Path, chunks: Iterable[bytes]) -> None:
    size = 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES:
                raise Unreadable("文件太大，不像一份量表。最多 5 MB。")
            out.write(chunk)
    if not size:
        raise Unreadable("这个文件是空的。")


def _asked(kind: str, path: Path) -> str:
    environment = {key: value for key, value in os.environ.items() if key in ("PATH", "SYSTEMROOT", "TMPDIR")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "tongxin.exchange.instruments.child", kind, str(path)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=False,
            timeout=limits.WAIT_SECONDS,
        )  # fmt: skip
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise Unreadable(BROKEN) from error
    if "text" in answer:
        return str(answer["text"])
    raise Unreadable(answer["refused"], [(line, said) for line, said in answer["findings"]])
