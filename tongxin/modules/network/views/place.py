"""What the pages of the network share: the school, the tabs, the token of a form, the answer "received"."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.kernel.access import doors
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject

from .. import posts

school_of, token_of = doors.own_school, doors.token_of


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
