"""A class's week in two taps: how it was, and what took up its time. No child, no symptom, no words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School, Subject

from . import entered
from .models import MoodReport

# What a week was full of: things a class shares, nothing about anybody's health or home.
THEMES = {
    "exams": _("考试和测验"),
    "homework": _("作业"),
    "contest": _("比赛和活动"),
    "friends": _("同学相处"),
    "lessons": _("课堂和老师"),
    "rules": _("班里的规矩和分工"),
    "holiday": _("放假和出游"),
    "nothing": _("没有特别的"),
}
LOW = 2


def week_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


@transaction.atomic
def report(viewer: Viewer, room: Subject, mood: int, themes: Sequence[str]) -> MoodReport:
    """Save how a class was this week; another look of the same person in the same week takes the first one's place.

    The ledger gets an entry of the class and its week, once, without the person and without the answer.
    """
    now, week = timezone.now(), week_of(viewer.day)
    Subject.objects.select_for_update().get(pk=room.pk)
    same = MoodReport.objects.current().filter(homeroom=room, week=week, reporter_id=viewer.person_id)
    chosen = [theme for theme in THEMES if theme in set(themes)]
    known = same.first()
    if known is not None and (known.mood, known.themes) == (mood, chosen):
        return known
    same.update(superseded_at=now)
    row = MoodReport.objects.create(
        school_id=room.school_id, homeroom=room, reporter_id=viewer.person_id, week=week, mood=mood,
        themes=chosen, recorded_at=now,
    )  # fmt: skip
    audit.write(viewer, "network.mood_reported", row, homeroom=room.pk)
    entered.enter(
        room.school, entered.MOOD, viewer.day, {"homeroom": [room.pk]}, f"mood:{room.pk}:{week.isoformat()}"
    )
    return row


def mine_this_week(viewer: Viewer, room: Subject) -> MoodReport | None:
    rows = MoodReport.objects.current().filter(
        homeroom=room, week=week_of(viewer.day), reporter_id=viewer.person_id
    )
    return rows.first()


def last_weeks(school: School, day: date) -> dict[int, date]:
    """Return {class: Monday of the last week it reported}."""
    found: dict[int, date] = {}
    rows = MoodReport.objects.current().filter(school=school, week__lte=day).order_by("week")
    for room, week in rows.values_list("homeroom_id", "week").distinct():
        found[room] = week
    return found


@dataclass(frozen=True)
class Week:
    """A class's week: the mean of its reports (None: none came), and the themes named."""

    week: date
    mood: float | None
    themes: tuple[str, ...]


def weeks(rooms: Iterable[int], first: date, last: date) -> dict[int, dict[date, Week]]:
    """Return what classes reported in the weeks that begin in [first, last]: {class: {Monday: week}}."""
    told: dict[tuple[int, date], list[tuple[int, list[str]]]] = defaultdict(list)
    rows = MoodReport.objects.current().filter(homeroom__in=list(rooms), week__gte=first, week__lte=last)
    for room, week, mood, themes in rows.order_by("pk").values_list("homeroom_id", "week", "mood", "themes"):
        told[room, week].append((mood, themes))
    found: dict[int, dict[date, Week]] = defaultdict(dict)
    for (room, week), said in told.items():
        named = tuple(theme for theme in THEMES if any(theme in themes for _mood, themes in said))
        found[room][week] = Week(week, sum(mood for mood, _themes in said) / len(said), named)
    return dict(found)
