"""Seal and open bytes: version, key id, nonce, then AES-256-GCM or SM4-GCM bound to table, column and row.

    1 byte version (1 AES-256-GCM, 2 SM4-GCM) · 8 bytes key id · 12 bytes nonce · ciphertext · 16 bytes tag

A nonce is random; one key seals far fewer than 2³² messages (one school, one class of data, one school year).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from django.conf import settings

from . import store
from .master import KeysRefused
from .store import Key, Scope

AES, SM4 = 1, 2
VERSIONS = {"aes": AES, "sm4": SM4}
_HEAD = struct.Struct(">BQ")
HEAD_BYTES, NONCE_BYTES, TAG_BYTES = _HEAD.size, 12, 16
OVERHEAD = HEAD_BYTES + NONCE_BYTES + TAG_BYTES


class Tampered(ValueError):
    """The sealed bytes were changed, cut, or put in another row, column or table."""


class Sealed(bytes):
    """Bytes as they lie in the database, still sealed."""

    def __repr__(self) -> str:
        return f"<sealed, {len(self)} bytes>"

    __str__ = __repr__


class Place(NamedTuple):
    """Where sealed bytes belong; they open nowhere else."""

    table: str
    column: str
    row: str

    def bound(self, head: bytes) -> bytes:
        return b"\x1f".join((head, self.table.encode(), self.column.encode(), self.row.encode()))


class Sealer:
    """Seals values of one column under the current key of a scope.

    The key is looked up once, so make a new one for every batch of rows: a key destroyed meanwhile is noticed then.
    """

    def __init__(self, scope: Scope, table: str, column: str) -> None:
        self._key = store.key_for(scope)
        self._version = VERSIONS[settings.CIPHER]
        self._head = _HEAD.pack(self._version, self._key.id)
        self._bound = Place(table, column, "").bound(self._head)

    def seal(self, plain: bytes, row: str) -> Sealed:
        """Return the bytes sealed for one row only."""
        nonce, bound = os.urandom(NONCE_BYTES), self._bound + row.encode()
        if self._version == AES:
            return Sealed(self._head + nonce + self._key.aes.encrypt(nonce, plain, bound))
        encryptor = Cipher(_sm4(self._key), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(bound)
        body = encryptor.update(plain) + encryptor.finalize()
        return Sealed(self._head + nonce + body + encryptor.tag)


def seal(plain: bytes, scope: Scope, place: Place) -> Sealed:
    """Return the bytes sealed under the scope's current key, for this place only."""
    return Sealer(scope, place.table, place.column).seal(plain, place.row)


def open_sealed(sealed: bytes, place: Place) -> bytes:
    """Return what was sealed. Raises Tampered, store.KeyDestroyed or KeysRefused."""
    if len(sealed) < OVERHEAD:
        raise Tampered(f"{place.table}.{place.column}")
    head, nonce = sealed[:HEAD_BYTES], sealed[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES]
    version, key_id = _HEAD.unpack(head)
    if version not in (AES, SM4):
        raise Tampered(f"{place.table}.{place.column}")
    key = store.key_by_id(key_id)
    body = sealed[HEAD_BYTES + NONCE_BYTES :]
    try:
        if version == AES:
            return key.aes.decrypt(nonce, body, place.bound(head))
        decryptor = Cipher(_sm4(key), modes.GCM(nonce, body[-TAG_BYTES:])).decryptor()
        decryptor.authenticate_additional_data(place.bound(head))
        return decryptor.update(body[:-TAG_BYTES]) + decryptor.finalize()
    except InvalidTag as error:
        raise Tampered(f"{place.table}.{place.column}") from error


def key_id_of(sealed: bytes) -> int:
    return _HEAD.unpack(sealed[:HEAD_BYTES])[1]


def _sm4(key: Key):
    from cryptography.hazmat.primitives.ciphers import algorithms

    return algorithms.SM4(hmac.new(key.material, b"tongxin sm4", hashlib.sha256).digest()[:16])


@lru_cache(maxsize=1)
def sm4_works() -> bool:
    try:
        Cipher(_sm4(Key(0, b"0" * 32, None)), modes.GCM(b"0" * 12)).encryptor()  # type: ignore[arg-type]
    except (UnsupportedAlgorithm, AttributeError):
        return False
    return True


def refusals() -> list[str]:
    if settings.CIPHER not in VERSIONS:
        return [f"TONGXIN_CIPHER 只能写 aes 或 sm4，不能写“{settings.CIPHER}”。"]
    if settings.CIPHER == "sm4" and not sm4_works():
        return ["这台机器的加密库没有国密 SM4。请去掉 TONGXIN_CIPHER，或换一个带 SM4 的 cryptography。"]
    return []


# ---------------------------------------------------------------- the blind index


class Blinder:
    """Makes blind index values of one column of a school; as with a Sealer, one for every batch of rows."""

    def __init__(self, school: int, what: str) -> None:
        key = store.key_for(Scope(school, "KX"))
        self._begun = hmac.new(key.material, f"{what}|".encode(), hashlib.sha256)

    def blind(self, text: str) -> str:
        """Return 32 hexadecimal characters by which an exact value can be found without lying open."""
        made = self._begun.copy()
        made.update(text.encode())
        return made.hexdigest()[:32]


__all__ = [
    "Blinder",
    "KeysRefused",
    "Place",
    "Scope",
    "Sealed",
    "Sealer",
    "Tampered",
    "key_id_of",
    "open_sealed",
    "seal",
]
