"""Notices of the outbox on the page of the person they are for."""

from __future__ import annotations

from dataclasses import dataclass

from tongxin.exchange.notices import wording
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.obligations import outbox

MOST = 3


@dataclass(frozen=True)
class Unread:
    """The newest unread notices, and how many there are besides."""

    lines: list[wording.Line]
    more: int


def unread(viewer: Viewer) -> Unread:
    """Return the newest unread notices of this person, most recent first."""
    rows = outbox.inbox(viewer).select_related("matter", "matter__bearer")
    found = list(rows[: MOST + 1])
    more = rows.count() - MOST if len(found) > MOST else 0
    return Unread(wording.page_lines(viewer, found[:MOST], viewer.day), more)
