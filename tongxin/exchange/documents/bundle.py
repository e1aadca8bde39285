"""Zip files sent while they are made: no temporary file, one member in memory at a time."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, cast

from .text import safe_file_name

# These are compressed already; packing them again costs time and saves nothing.
STORED = {"jpg", "jpeg", "png", "webp", "gif", "mp4", "mp3", "zip", "docx", "xlsx", "pptx", "pdf"}


@dataclass(frozen=True)
class Member:
    """One file of a bundle: folders from the outside in, a name, and its bytes in one or many chunks."""

    folders: tuple[str, ...]
    name: str
    content: bytes | Iterable[bytes]


def stream_bundle(members: Iterable[Member], made_at: datetime) -> Iterator[bytes]:
    """Yield a zip file in chunks while `members` are produced, in order.

    Names are made safe for every system; two equal names in one folder get （2）, （3）.
    made_at: the time written into every member, so that equal content gives an equal file.
    """
    outlet = _Outlet()
    taken: set[str] = set()
    with zipfile.ZipFile(cast(IO[bytes], outlet), "w", zipfile.ZIP_DEFLATED, allowZip64=True) as target:
        for member in members:
            path = _free_path(member, taken)
            info = zipfile.ZipInfo(path, made_at.timetuple()[:6])
            info.compress_type = zipfile.ZIP_STORED if _is_packed(path) else zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            with target.open(info, "w", force_zip64=not isinstance(member.content, bytes)) as sink:
                for chunk in _chunks(member.content):
                    sink.write(chunk)
                    yield from outlet.drain()
            yield from outlet.drain()
    yield from outlet.drain()


def _chunks(content: bytes | Iterable[bytes]) -> Iterable[bytes]:
    return (content,) if isinstance(content, bytes) else content


def _is_packed(path: str) -> bool:
    return path.rpartition(".")[2].lower() in STORED


def _free_path(member: Member, taken: set[str]) -> str:
    """Return the member's safe path, changed if it is taken; adds it to `taken`."""
    folder = "".join(f"{safe_file_name(part)}/" for part in member.folders)
    name = safe_file_name(member.name)
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    candidate, count = folder + name, 1
    # Windows and macOS do not tell capital letters apart in names.
    while candidate.casefold() in taken:
        count += 1
        candidate = f"{folder}{stem}（{count}）{dot}{ending}"
    taken.add(candidate.casefold())
    return candidate


class _Outlet:
    """A write-only file that hands out what was written; it cannot seek, so the zip is written forwards."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []
        self._written = 0

    def write(self, chunk: bytes) -> int:
        self._pending.append(bytes(chunk))
        self._written += len(chunk)
        return len(chunk)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Nothing is buffered below; zipfile asks for this method."""

    def seekable(self) -> bool:
        return False

    def drain(self) -> Iterator[bytes]:
        """Yield what was written since the last call."""
        pending, self._pending = self._pending, []
        yield from pending


def read_in_chunks(source: IO[bytes], size: int = 262_144) -> Iterator[bytes]:
    """Yield an open file's bytes in chunks and close it at the end."""
    with source:
        while chunk := source.read(size):
            yield chunk
