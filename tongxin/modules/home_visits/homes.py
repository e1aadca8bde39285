"""Where families live and when they can be visited; the school's own map; when staff can go. Everything typed is checked here.

Coordinates are metres east and north of the school. Degrees are turned into them around the school's own degrees.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School, Subject
from tongxin.ui.formats import listed

from .models import DistrictPlace, HomePlace, VisitorCard

METRES_PER_DEGREE = 111_195.0
FARTHEST_M = 100_000
COUNSELLING = "心理"
USUAL_MIN, SHORTEST_MIN, LONGEST_MIN = 30, 10, 180
MOST_TIMES = 7
CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
WORD = re.compile(r"[、，,;；\s]+")


class Refused(ValueError):
    """It cannot be saved as it is; `field` names what has to be mended, the sentence how."""

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


def skills_of(text: str) -> list[str]:
    """Return what is asked for or offered, each once: "心理、手语" → ["心理", "手语"]."""
    return list(dict.fromkeys(word for word in WORD.split(text.strip()) if word))[:8]


def clock(text: str) -> str:
    """Return a time of day as HH:MM. Raises Refused."""
    found = CLOCK.fullmatch(text.strip().replace("：", ":"))
    if found is None:
        raise Refused(_("“%(text)s”不是钟点，请写成 18:30。") % {"text": text})
    return f"{int(found[1]):02d}:{found[2]}"


def window(days: Iterable[int], low: str, high: str) -> dict[str, Any]:
    """Return a weekly time. Raises Refused when it ends before it begins or has no day."""
    chosen = sorted({int(day) for day in days})
    if not chosen:
        raise Refused(_("请选星期几可以。"), "days")
    low, high = clock(low), clock(high)
    if low >= high:
        raise Refused(
            _("时间自相矛盾：从 %(low)s 到 %(high)s。结束要晚于开始。") % {"low": low, "high": high}, "to"
        )
    return {"days": chosen, "from": low, "to": high}


def words_of(times: Iterable[Mapping[str, Any]]) -> str:
    """Say weekly times: 周二、周四 18:00—20:30；周六 09:00—12:00."""
    names = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
    return listed(
        (f"{listed(str(names[day]) for day in one['days'])} {one['from']}—{one['to']}" for one in times),
        "；",
    )


# ------------------------------------------------------------------ places


def metres(lat: float, lon: float, school_lat: float, school_lon: float) -> tuple[int, int]:
    """Return (east, north) of the school in metres. Raises Refused when it is no place near the school."""
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise Refused(
            _("经纬度超出范围：纬度在 -90 到 90 之间，经度在 -180 到 180 之间。请检查是不是写反了。"), "lat"
        )
    east = (lon - school_lon) * METRES_PER_DEGREE * math.cos(math.radians(school_lat))
    north = (lat - school_lat) * METRES_PER_DEGREE
    return near(round(east), round(north))


def near(x: int, y: int) -> tuple[int, int]:
    """Return the same place if it may belong to a family of this school. Raises Refused."""
    if max(abs(x), abs(y)) > FARTHEST_M:
        raise Refused(_("坐标离学校超过 100 公里，多半写错了。请检查单位（米）和正负号。"), "x")
    return x, y


def spot(*, address: str = "", code: str = "", x: int | None = None, y: int | None = None) -> dict[str, Any]:
    """Return a place as it is kept. Raises Refused when half of the coordinates is missing or they are far off."""
    if (x is None) != (y is None):
        raise Refused(_("坐标要两个都写：向东多少米、向北多少米。"), "y" if y is None else "x")
    made: dict[str, Any] = {}
    if address.strip():
        made["address"] = address.strip()[:120]
    if code.strip():
        made["code"] = code.strip()[:40]
    if x is not None and y is not None:
        made["x"], made["y"] = near(x, y)
    return made


def located(one: Mapping[str, Any] | None) -> bool:
    """Say whether a place is known well enough to find the way: by coordinates or by its village or street."""
    return bool(one) and ("x" in one or bool(one.get("code")))  # type: ignore[operator, union-attr]


@transaction.atomic
def save_home(
    student: Subject, *, spot: Mapping[str, Any] | None, wants: Mapping[str, Any] | None, by: Viewer
) -> HomePlace:
    """Keep where a family lives or how it wants to be visited; what is None stays as it was."""
    home = HomePlace.objects.select_for_update().filter(student=student).first()
    home = home or HomePlace(school_id=student.school_id, student=student)
    if spot is not None:
        home.spot = dict(spot)
        if spot.get("code"):
            DistrictPlace.objects.get_or_create(school_id=student.school_id, code=spot["code"])
    if wants is not None:
        home.wants = dict(wants)
    home.changed_at, home.changed_by_id = timezone.now(), by.person_id
    home.save()
    what = [name for name, given in (("place", spot), ("times", wants)) if given is not None]
    audit.write(by, "home_visits.home_saved", home, student=student.pk, what=what)
    return home


def homes(students: Iterable[int]) -> dict[int, HomePlace]:
    return {home.student_id: home for home in HomePlace.objects.filter(student__in=list(students))}


def wants_of(home: HomePlace | None) -> dict[str, Any]:
    """Return how a family wants to be visited, with what is usual filled in."""
    kept = (home.wants if home else None) or {}
    return {
        "times": kept.get("times", []),
        "minutes": kept.get("minutes", USUAL_MIN),
        "skills": kept.get("skills", []),
    }


def centres(school: School | int) -> dict[str, tuple[int, int]]:
    """Return {village or street: (east, north) of the school} of those that are on the map."""
    rows = DistrictPlace.objects.filter(school=school, x__isnull=False, y__isnull=False)
    return {code: (x, y) for code, x, y in rows.values_list("code", "x", "y")}


@transaction.atomic
def set_centre(viewer: Viewer, code: str, x: int, y: int) -> DistrictPlace:
    """Put a village or street on the map. Raises Refused."""
    code = code.strip()[:40]
    if not code:
        raise Refused(_("请写村或街道的名称。"), "code")
    x, y = near(x, y)
    place, _new = DistrictPlace.objects.update_or_create(
        school_id=viewer.school_id, code=code, defaults={"x": x, "y": y}
    )
    audit.write(viewer, "home_visits.map_changed", place)
    return place


# ------------------------------------------------------------------ who can go when


def card_of(person: Subject | int, school_id: int) -> VisitorCard:
    """Return somebody's card; an unsaved, empty one when they filled in none."""
    pk = person if isinstance(person, int) else person.pk
    return VisitorCard.objects.filter(person=pk).first() or VisitorCard(school_id=school_id, person_id=pk)


def skills_known(school: int) -> set[str]:
    """Return what somebody of a school says they can do on visits, and what counsellors can."""
    said = VisitorCard.objects.filter(school=school).values_list("skills", flat=True)
    return {COUNSELLING, *(skill for skills in said for skill in skills)}


@transaction.atomic
def save_card(
    viewer: Viewer,
    *,
    times: list[dict[str, Any]],
    skills: list[str],
    most: int | None,
    partner: Subject | None,
) -> VisitorCard:
    """Keep when the viewer can go. Raises Refused."""
    assert viewer.person_id is not None
    assert viewer.school_id is not None
    if partner is not None and partner.pk == viewer.person_id:
        raise Refused(_("同伴要选另一位老师。"), "partner")
    card = card_of(viewer.person_id, viewer.school_id)
    card.times, card.skills, card.most, card.partner = times, skills, most, partner
    card.save()
    audit.write(viewer, "home_visits.card_saved", card)
    return card
