"""The master key: 32 bytes from the environment or from a private file, made on first start, never in the database."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
import sys
from pathlib import Path

from django.conf import settings

SIZE = 32


class KeysRefused(ValueError):
    """The keys cannot be used as they are; the message says why and what to do, in Chinese."""


def master_file() -> Path:
    return Path(settings.MASTER_KEY_FILE)


def master_key(*, make: bool = True) -> bytes:
    """Return the master key; `make`: write a new one when there is none yet.

    Raises KeysRefused when it is absent (and may not be made), misshapen, or readable by others.
    """
    if settings.MASTER_KEY:
        return parse(settings.MASTER_KEY, "TONGXIN_MASTER_KEY")
    file = master_file()
    if not file.exists():
        if not make:
            raise KeysRefused(
                f"找不到主密钥 {file}，加密的内容打不开。请把它从保管的地方放回去，或用 TONGXIN_MASTER_KEY 给出。"
            )
        write_new(file, os.urandom(SIZE))
    refuse_if_open_to_others(file)
    return parse(file.read_text(encoding="ascii", errors="replace").strip(), str(file))


def parse(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != SIZE:
        raise KeysRefused(
            f"{where} 里的主密钥不完整，应是 {SIZE * 2} 个十六进制字符。请从保管的地方重新取一份。"
        )
    return key


def write_new(file: Path, key: bytes) -> None:
    """Write a key file that only this user may read; when two processes start at once, the first one's stays."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(key.hex() + "\n")
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Make new names in a folder durable (not offered on every system)."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def refuse_if_open_to_others(file: Path) -> None:
    if sys.platform != "win32" and stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise KeysRefused(f"主密钥 {file} 别的用户也能读。请运行 chmod 600 {file} 再启动。")


def fingerprint(key: bytes) -> str:
    """Return what tells one master key from another without saying anything about it."""
    return hmac.new(key, b"tongxin master key", hashlib.sha256).hexdigest()[:32]
