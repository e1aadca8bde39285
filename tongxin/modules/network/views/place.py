"""What the pages of the network share: the school, the tabs, the token of a form, the answer "received"."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.kernel.access import doors
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import new_public_id
from tongxin.kernel.base.models import School, Subject

from .. import posts

_TOKEN = re.compile(r"[0-9a-zA-Z_-]{16,40}")
TOKEN_LENGTH = 40


def school_of(viewer: Viewer) -> School:
    """Return the school of somebody who belongs to one; a bureau has no classes of its own."""
    if viewer.person_id is None:
        raise Http404
    return doors.school_of(viewer)


def token_of(request: Request) -> str:
    """Return what makes a form sent twice, or again after the line was down, one thing: of this person and this form."""
    once = request.POST.get("once", "")
    return f"{request.viewer.person_id}:{once if _TOKEN.fullmatch(once) else new_public_id()}"


def tabs(viewer: Viewer, current: str) -> list[dict[str, Any]]:
    """Return the tabs of the room this viewer may open."""
    counsellor = posts.COUNSELLOR in viewer.roles
    places = [
        ("home", _("谁在哪里"), viewer.may("network")),
        ("concerns", _("报上来的"), counsellor),
        ("talks", _("想聊聊的学生"), counsellor),
        ("families", _("家长的留言"), viewer.may("answer")),
        ("tasks", _("任务"), viewer.may("network")),
        ("reports", _("报告"), viewer.may("network")),
    ]
    return [
        {"label": label, "url": reverse(f"network:{name}"), "current": name == current}
        for name, label, open_ in places
        if open_
    ]


def received(
    request: Request, *, child: Subject | None = None, urgent: bool = False, who: str = "staff"
) -> HttpResponse:
    """Say that it has come in and what to do right now; nothing about what will come of it.

    who: "staff", "peer", "student" or "guardian".
    """
    context = {"child": child, "urgent": urgent, "who": who}
    return render(request, "network/received.html", context)


def signed(viewer: Viewer, words: str) -> str:
    """Return where a child is with the name of whoever says so: whoever is called asks them first."""
    name = viewer.person.subject.name if viewer.person else ""
    return f"{words}（{name}）" if words.strip() else ""
