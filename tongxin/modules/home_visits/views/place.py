"""What the pages of home visits share: the school, the tabs, the token of a form, paging of lists made in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access import doors
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.ui.formats import listed

from .. import reach

school_of, token_of = doors.own_school, doors.token_of

PAGE = 40


def tabs(viewer: Viewer, current: str) -> list[dict[str, Any]]:
    """Return the tabs of the room this viewer may open."""
    plans = viewer.may("visits_plan")
    places = [
        ("home", _("我的家访"), viewer.may("visits")),
        ("needs", _("该访谁"), plans),
        ("rounds", _("排家访"), plans),
        ("places", _("住址和时间"), plans),
        ("records", _("记录"), viewer.may("visits")),
        ("requests", _("家庭困难"), viewer.may("visits")),
        ("coverage", _("覆盖"), viewer.may("visits_figures")),
        ("findings", _("家访时看到的"), "counsellor" in viewer.roles),
    ]
    return [
        {"label": label, "url": reverse(f"home_visits:{name}"), "current": name == current}
        for name, label, open_ in places
        if open_
    ]


def paged[Row](request: Request, rows: Sequence[Row], size: int = PAGE) -> tuple[list[Row], dict[str, str]]:
    """Return one page of a list made in memory and the addresses beside it, for ui/components/pager.html."""
    try:
        page = max(0, int(request.GET.get("page", "0")))
    except ValueError:
        page = 0
    first = page * size
    shown = list(rows[first : first + size])
    if not shown and rows:
        page, first = 0, 0
        shown = list(rows[:size])

    def address(number: int) -> str:
        kept = {name: value for name, value in request.GET.items() if name != "page" and value}
        return "?" + urlencode({**kept, "page": number})

    pager = {
        "previous_url": address(page - 1) if page else "",
        "next_url": address(page + 1) if first + size < len(rows) else "",
        "pager_words": _("第 %(first)d—%(last)d 个，共 %(n)d 个")
        % {"first": first + 1, "last": first + len(shown), "n": len(rows)},
    }
    return shown, pager


def fits(subject: Subject, words: str) -> bool:
    """Say whether a name is what somebody looks for: characters, pinyin or initials."""
    wanted = words.strip().lower().replace(" ", "")
    keys = (subject.name, subject.pinyin.replace(" ", ""), subject.initials)
    return not wanted or any(wanted in key.lower() for key in keys)


# By which posts whoever plans picks people out of the whole staff.
POSTS = (
    ("homeroom_teacher", gettext_lazy("班主任")),
    ("homeroom_liaison", gettext_lazy("第二班主任")),
    ("counsellor", gettext_lazy("心理教师")),
    ("branch_member", gettext_lazy("党员")),
)


def picked(
    staff: Sequence[Subject], chosen: Sequence[str], looked: str, viewer: Viewer
) -> list[dict[str, Any]]:
    """Return people for the picker with their posts: those chosen first, then who fits what was looked for."""
    titles, posts = dict(POSTS), _posts(viewer)
    found = [
        {
            "id": one.public_id, "pk": one.pk, "name": one.name, "pinyin": one.pinyin, "initials": one.initials,
            "detail": listed(str(titles[post]) for post in posts.get(one.pk, ())),
            "groups": " ".join(posts.get(one.pk, ())), "selected": one.public_id in chosen,
        }
        for one in staff
        if one.public_id in chosen or fits(one, looked)
    ]  # fmt: skip
    return sorted(found, key=lambda one: not one["selected"])


def _posts(viewer: Viewer) -> dict[int, list[str]]:
    """Return {person: posts} of those by which people are picked out, in the order of POSTS."""
    found: dict[int, list[str]] = {}
    for post, _title in POSTS:
        for pk in {pk for held in reach.holders(post, viewer).values() for pk in held}:
            found.setdefault(pk, []).append(post)
    return found


def groups(people: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the posts that somebody of a list holds, for the picker."""
    held = {post for one in people for post in one["groups"].split()}
    return [{"id": post, "name": str(title)} for post, title in POSTS if post in held]


def room_filter(rooms: Sequence[Subject], value: str) -> dict[str, Any]:
    choices = [(one.public_id, one.name) for one in rooms]
    return {"name": "room", "label": _("班级"), "kind": "select", "value": value, "choices": choices}


def search_filter(value: str) -> dict[str, Any]:
    return {"name": "q", "label": _("姓名"), "kind": "search", "value": value}
