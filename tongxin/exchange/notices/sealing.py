"""Keep a robot's key unreadable in the database and its backups: AES-256-GCM under a key made of the signing key."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

VERSION = b"1"
_NONCE = 12


class CannotOpen(ValueError):
    """It was sealed under another key, or for another place."""


def _key() -> bytes:
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"tongxin.exchange.notices")
    return derive.derive(settings.SECRET_KEY.encode())


def seal(text: str, place: str) -> str:
    """Return the text encrypted for one place (table, column and row), so that it cannot be moved to another."""
    nonce = os.urandom(_NONCE)
    sealed = AESGCM(_key()).encrypt(nonce, text.encode(), VERSION + place.encode())
    return base64.b64encode(VERSION + nonce + sealed).decode()


def unseal(sealed: str, place: str) -> str:
    """Return the text again. Raises CannotOpen."""
    try:
        raw = base64.b64decode(sealed, validate=True)
        opened = AESGCM(_key()).decrypt(raw[1 : 1 + _NONCE], raw[1 + _NONCE :], raw[:1] + place.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotOpen from error
    return opened.decode()
