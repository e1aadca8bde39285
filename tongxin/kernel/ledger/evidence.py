"""Evidence files: recognised by content, cleaned, hashed, and on disk before the row that names them commits.

A file that loses its row (a crash between the two) is an orphan and swept later; a row without its file cannot be.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.base.sealing.cipher import Place, Scope, open_sealed, seal
from tongxin.kernel.base.sealing.fields import school_year_of

# What a sealed file begins with; no file that may be uploaded does.
SEALED = b"\x00tongxin sealed\x00"
SEALED_FROM = CLASSES.index("K3")
MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 60_000_000
LONGEST_SIDE = 2400
_IMAGES = {"JPEG", "PNG", "WEBP", "GIF", "BMP", "MPO"}
_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"} | {
    _OFFICE["word/document.xml"]: ".docx",
    _OFFICE["xl/workbook.xml"]: ".xlsx",
    _OFFICE["ppt/presentation.xml"]: ".pptx",
}


class BadFile(ValueError):
    """The file cannot be kept; the sentence says why and what to do."""


@dataclass(frozen=True)
class Clean:
    """Bytes that may be kept, and what they are."""

    content: bytes
    content_type: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def clean(content: bytes) -> Clean:
    """Return a file's bytes without metadata, recognised by content and not by name.

    Images are decoded, turned upright, limited to 2400 pixels and encoded anew. Raises BadFile.
    """
    if not content:
        raise BadFile(_("这个文件是空的，请重新选择。"))
    if len(content) > MAX_BYTES:
        raise BadFile(_("文件超过20MB，请压缩后再上传。"))
    if content.startswith(b"%PDF-"):
        return _clean_pdf(content)
    if content.startswith(b"PK\x03\x04"):
        return _clean_office(content)
    return _clean_image(content)


def _clean_image(content: bytes) -> Clean:
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.format not in _IMAGES:
                raise BadFile(_("只能上传照片、PDF或Word、Excel、PPT文件。"))
            if image.width * image.height > MAX_PIXELS:
                raise BadFile(_("照片太大，请缩小后再上传。"))
            picture = ImageOps.exif_transpose(image)
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            keeps_clear = picture.mode in ("RGBA", "LA", "P") and image.format == "PNG"
            out = io.BytesIO()
            if keeps_clear:
                picture.convert("RGBA").save(out, "PNG", optimize=True)
                return Clean(out.getvalue(), "image/png")
            picture.convert("RGB").save(out, "JPEG", quality=85)
            return Clean(out.getvalue(), "image/jpeg")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadFile(_("看不懂这个文件。只能上传照片、PDF或Word、Excel、PPT文件。")) from error


def _clean_pdf(content: bytes) -> Clean:
    if b"/JavaScript" in content or b"/Launch" in content or b"/EmbeddedFile" in content:
        raise BadFile(_("这个PDF带有程序或附件，请另存为普通PDF后再上传。"))
    return Clean(content, "application/pdf")


def _clean_office(content: bytes) -> Clean:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as box:
            names = box.namelist()
            if len(names) > 1000 or sum(i.file_size for i in box.infolist()) > 50 * 1024 * 1024 * 4:
                raise BadFile(_("这个文件展开后太大，请缩小后再上传。"))
    except zipfile.BadZipFile as error:
        raise BadFile(_("这个文件已经损坏，请重新保存后再上传。")) from error
    if any(n.lower().endswith("vbaproject.bin") for n in names):
        raise BadFile(_("这个文件带有宏，请另存为不带宏的文件后再上传。"))
    for mark, content_type in _OFFICE.items():
        if mark in names:
            return Clean(content, content_type)
    raise BadFile(_("只能上传照片、PDF或Word、Excel、PPT文件。"))


def folder(school_public_id: str) -> Path:
    return Path(settings.EVIDENCE_DIR) / school_public_id


def path_of(school_public_id: str, file: str) -> Path:
    return folder(school_public_id) / file


def store(school_public_id: str, kept: Clean, scope: Scope | None = None) -> str:
    """Write bytes under a random name and sync them to disk; return the name relative to the school's folder.

    scope: the key to seal them under, None for files that lie open (`scope_of`).
    """
    name = secrets.token_hex(16)
    file = f"{name[:2]}/{name}{EXTENSIONS.get(kept.content_type, '')}"
    target = path_of(school_public_id, file)
    content = kept.content if scope is None else SEALED + seal(kept.content, scope, _place(file))
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    _sync_folder(target.parent)
    return file


def scope_of(school_id: int, data_class: str, day: date) -> Scope | None:
    """Return the key for files of an activity: about families and children they lie sealed, others open."""
    if CLASSES.index(data_class) < SEALED_FROM:
        return None
    return Scope(school_id, data_class, school_year_of(day))


def _place(file: str) -> Place:
    return Place("evidence", "file", file)


def read(school_public_id: str, file: str) -> bytes:
    """Return a file as it was cleaned. Raises FileNotFoundError, cipher.Tampered, store.KeyDestroyed."""
    content = path_of(school_public_id, file).read_bytes()
    return open_sealed(content[len(SEALED) :], _place(file)) if content.startswith(SEALED) else content


def _sync_folder(where: Path) -> None:
    """Make the new name itself durable (not offered on every system)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(where, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_keepers: list[Callable[[], Iterable[str]]] = []


def keep_for(known: Callable[[], Iterable[str]]) -> None:
    """Let a room that stores files here say which are its own ("school/xx/name"), so that none is swept away."""
    if known not in _keepers:
        _keepers.append(known)


def kept_for_rooms() -> set[str]:
    return {name for known in _keepers for name in known()}


def orphans(known: set[str], *, older_than: timedelta = timedelta(hours=1)) -> Iterator[Path]:
    """Yield files no row names ("school/xx/name"), old enough not to belong to a save that is still running."""
    root = Path(settings.EVIDENCE_DIR)
    limit = (timezone.now() - older_than).timestamp()
    for path in root.glob("*/*/*") if root.exists() else ():
        if str(path.relative_to(root)) not in known and path.stat().st_mtime < limit:
            yield path
