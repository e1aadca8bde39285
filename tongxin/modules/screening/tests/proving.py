"""Clients as somebody who has just given the second factor, and what a workbook or a Word file reads like."""

from __future__ import annotations

import io
import re
import zipfile

from django.test import Client
from django.utils import timezone

from tongxin.kernel.access.middleware import PROVED
from tongxin.testing.cast import Player


def signed_in(player: Player, *, proved: bool = True) -> Client:
    client = Client()
    client.force_login(player.account)
    if proved:
        session = client.session
        session[PROVED] = [player.account.pk, int(timezone.now().timestamp())]
        session.save()
    return client


def text_in(content: bytes) -> str:
    """Return the words in an Excel or Word file."""
    with zipfile.ZipFile(io.BytesIO(content)) as box:
        parts = [
            box.read(name).decode("utf-8", "replace") for name in box.namelist() if name.endswith(".xml")
        ]
    return re.sub(r"<[^>]+>", "\n", "\n".join(parts))
