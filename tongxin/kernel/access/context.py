"""What the frame of every page shows: school, term, person, and the places this viewer may open."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.html import format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.models import School

# Rooms add their places in apps.py: (order, label, url name, verbs of which one is needed, where: "nav" | "bottom", icon,
# whether only a school has it).
_places: list[tuple[int, object, str, str, str, str, bool]] = []
_notices: list[Callable[[HttpRequest], str]] = []
_terms: list[Callable[[object], str]] = []


def add_place(
    order: int,
    label,
    url_name: str,
    verb: str,
    *,
    where: str = "nav",
    icon: str = "dot",
    of_schools: bool = False,
) -> None:
    """of_schools: there is nothing in it at a bureau, which has no classes."""
    place = (order, label, url_name, verb, where, icon, of_schools)
    if place not in _places:
        _places.append(place)


def add_notice(make: Callable[[HttpRequest], str]) -> None:
    """A room may put one sentence (with a link, as safe HTML) at the top of every page: the worker is silent."""
    _notices.append(make)


def name_the_term(make: Callable[[object], str]) -> None:
    _terms.append(make)


def frame(request: HttpRequest) -> dict:
    viewer = getattr(request, "viewer", None)
    if viewer is None or not viewer.signed_in:
        language_url = _url("setup:language")
        return {
            "frame": {
                "demo": settings.DEMO,
                "nav": [],
                "bottom": [],
                "notice": "",
                "language_url": language_url,
            }
        }
    return {
        "viewer": viewer,
        "frame": {
            "school_name": viewer.school.name if viewer.school else "",
            "term_name": next((t for t in (make(viewer) for make in _terms) if t), ""),
            "person_name": viewer.person.subject.name if viewer.person else viewer.account.login,
            "roles_text": "、".join(str(ROLE_NAMES[r]) for r in ROLE_NAMES if r in viewer.roles),
            "nav": _items(request, viewer, "nav"),
            "bottom": _items(request, viewer, "bottom"),
            "search_url": _url("setup:people") if viewer.may("people") else "",
            "sign_out_url": _url("setup:sign_out"),
            "help_url": _url("desk:help"),
            "language_url": _url("setup:language"),
            "notice": format_html_join(" ", "{}", ((text,) for make in _notices if (text := make(request)))),
            "demo": settings.DEMO,
        },
    }


def _items(request: HttpRequest, viewer, where: str) -> list[dict[str, Any]]:
    address = (get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())
    items: list[dict[str, Any]] = [
        {"label": label, "url": url, "current": False, "icon": icon}
        for label, url, icon in _open_places(
            where, viewer.verbs, _at_bureau(viewer), get_language(), address, len(_places)
        )
    ]
    # The page belongs to the place with the longest address above it: 校历 lies below 设置.
    above = [
        i
        for i in items
        if request.path == i["url"] or (i["url"] != "/" and request.path.startswith(i["url"]))
    ]
    if above:
        max(above, key=lambda item: len(item["url"]))["current"] = True
    return items


def _at_bureau(viewer) -> bool:
    return viewer.school is not None and viewer.school.kind == School.Kind.BUREAU


@lru_cache(maxsize=256)
def _open_places(
    where: str, verbs: frozenset[str], at_bureau: bool, _language: str, _address: tuple[str, str], _known: int
) -> list[tuple[str, str, str]]:
    """Return [(label, address, icon)] of the places that whoever may do these verbs finds there."""
    return [
        (str(label), _url(url_name), icon)
        for _order, label, url_name, verb, place, icon, of_schools in sorted(
            _places, key=lambda p: (p[0], p[2])
        )
        if place == where
        and not (of_schools and at_bureau)
        and _url(url_name)
        and (not verb or verbs.intersection(verb.split()))
    ]


def _url(name: str) -> str:
    return _reversed(name, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())


@lru_cache(maxsize=256)
def _reversed(name: str, urlconf: str, prefix: str) -> str:
    """The address of a place, "" when this installation has none; every page asks for some thirty."""
    try:
        return reverse(name, urlconf)
    except NoReverseMatch:
        return ""


ROLE_NAMES = {
    "bureau_officer": _("教育局工作人员"),
    "secretary": _("党组织书记"),
    "deputy_secretary": _("副书记"),
    "branch_secretary": _("支部书记"),
    "branch_organiser": _("支部组织员"),
    "branch_committee": _("支部委员"),
    "administrator": _("行政"),
    "office": _("办公室"),
    "homeroom_teacher": _("班主任"),
    "care_leader": _("分管心理健康的校领导"),
    "committee_member": _("心理健康指导委员会委员"),
    "counsellor": _("心理教师"),
    "department_head": _("教研组长"),
    "union_organiser": _("工会"),
    "women_organiser": _("妇女工作"),
    "league_organiser": _("共青团"),
    "pioneers_organiser": _("少先队"),
    "it_admin": _("系统管理员"),
    "security_admin": _("安全管理员"),
    "audit_admin": _("审计管理员"),
    "party_member": _("党员"),
    "staff": _("教职工"),
    "peer_supporter": _("心理委员"),
    "student": _("学生"),
    "guardian": _("家长"),
    "founder": _("安装人"),
}
