"""Notices of the outbox on the page of the person they are for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.obligations.models import Message
from tongxin.ui.formats import until_words

MOST = 5


@dataclass(frozen=True)
class Notice:
    pk: int
    text: str


def unread(viewer: Viewer) -> list[Notice]:
    """Return the newest unread notices of this person, most recent first."""
    if viewer.person_id is None:
        return []
    rows = Message.objects.filter(
        recipient_id=viewer.person_id,
        school_id=viewer.school_id,
        read_at=None,
        cancelled_at=None,
    ).order_by("-created_at")[:MOST]
    return [Notice(m.pk, text_of(m, viewer.day)) for m in rows]


def text_of(message: Message, today: date) -> str:
    """Say a notice in one sentence, from its own words or its topic."""
    said = message.data.get("text")
    if said:
        return str(said)
    title = str(message.data.get("title") or _("有一件事"))
    until = until_words(message.due_day, today)
    if message.topic == "overdue":
        return _("%(title)s已经过了期限，请尽快补上。") % {"title": title}
    if until:
        return _("%(title)s，请在%(until)s完成。") % {"title": title, "until": until}
    return _("%(title)s，请留意。") % {"title": title}
