"""What has lasted too long: conditions as data (triggers.yaml, and what the school changed), looked at every morning.

A class has no signal: its homeroom teacher gets a task. A child that is reported again and again gets one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import yaml
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.signals.models import LeftOut
from tongxin.kernel.signals.services import raise_signal

from . import assigned, moods
from .models import Concern, DurationRule, NetworkTask
from .posts import COUNSELLOR, HOMEROOM, held, holders, rooms

LOW, SILENT, SAME_CHILD = "mood_low", "mood_silent", "same_child"
RANK = 3
MOST_WEEKS, MOST_TIMES = 20, 20


@dataclass(frozen=True)
class Rule:
    """weeks: how long. at_most: a week counts as low up to this mood. times: reports of one child. days: to answer a task."""

    name: str
    chinese: str
    english: str
    weeks: int
    at_most: int = moods.LOW
    times: int = 0
    days: int = 7
    active: bool = True

    @property
    def title(self) -> str:
        return self.english if (get_language() or "").startswith("en") else self.chinese


@cache
def _shipped() -> dict[str, Rule]:
    raw = yaml.safe_load(Path(__file__).with_name("triggers.yaml").read_text(encoding="utf-8"))
    return {
        one["trigger"]: Rule(
            one["trigger"], one["title"], one["en"], one["weeks"], one.get("at_most", moods.LOW),
            one.get("times", 0), one.get("days", 7),
        )
        for one in raw["triggers"]
    }  # fmt: skip


def rules(school: School | int) -> dict[str, Rule]:
    """Return the conditions in force at a school: as shipped, but for what it changed."""
    found = dict(_shipped())
    for row in DurationRule.objects.current().filter(school=school):
        if row.name in found:
            old = found[row.name]
            found[row.name] = Rule(
                old.name, old.chinese, old.english, row.weeks, old.at_most, row.times or old.times, old.days, row.active
            )  # fmt: skip
    return found


@transaction.atomic
def change(school: School, name: str, *, weeks: int, times: int, active: bool, by: Viewer) -> None:
    """Set a condition for a school; what held before stays on file."""
    now = timezone.now()
    for old in DurationRule.objects.current().filter(school=school, name=name):
        old.superseded_at = now
        old.save(update_fields=["superseded_at"])
    row = DurationRule.objects.create(
        school=school, name=name, weeks=weeks, times=times, active=active, recorded_at=now
    )
    audit.write(by, "network.duration_changed", row, rule=name, weeks=weeks, times=times, active=active)


def same_child(student: Subject, newest: Concern, now: datetime) -> None:
    """Raise a signal when a child was reported so many times within so many weeks; once for each such row of reports."""
    rule = rules(student.school_id)[SAME_CHILD]
    if not rule.active or rule.times < 2:
        return
    since = newest.day - timedelta(weeks=rule.weeks)
    rows = Concern.objects.filter(student=student, day__gt=since, day__lte=newest.day).order_by("pk")
    ids = list(rows.values_list("pk", flat=True))
    if len(ids) < rule.times or len(ids) % rule.times:
        return
    raise_signal(
        school_id=student.school_id, student_id=student.pk, origin="duration",
        source=f"network:{SAME_CHILD}:{student.pk}:{newest.token}"[:160], rank=RANK, urgent=False,
        what={"rule": SAME_CHILD, "times": len(ids), "weeks": rule.weeks}, bundle="network", now=now,
        left_out=_left_out_of(ids),
    )  # fmt: skip


def _left_out_of(ids: list[int]) -> set[int]:
    """Return who must not learn of one of some reports: nor do they of what these add up to."""
    rows = LeftOut.objects.filter(signal__origin__in=Concern.Origin.values, signal__origin_id__in=ids)
    return set(rows.values_list("person_id", flat=True))


def sentence(what: Mapping) -> str:
    return _("%(weeks)d周里，这名学生被报来%(times)d次") % {
        "weeks": what.get("weeks", 0),
        "times": what.get("times", 0),
    }


def look(school: School, day: date) -> int:
    """Hand out the tasks of the classes that meet a condition; return how many are new. Done twice, it is done once."""
    told = rules(school)
    calendar = school_calendar(school)
    there = {room.pk: room for room in rooms(school, day)}
    # Only whole weeks of the term that are over: in the holidays no class is asked.
    weeks = _weeks_before(calendar, day, max(rule.weeks for rule in told.values()))
    said = moods.weeks(there, weeks[0], weeks[-1]) if weeks else {}
    new = 0
    for pk, room in there.items():
        own = said.get(pk, {})
        for name, holds in ((LOW, _is_low), (SILENT, _is_silent)):
            rule = told[name]
            last = weeks[-rule.weeks :]
            if rule.active and len(last) == rule.weeks and holds(rule, own, last):
                new += _ask(school, room, rule, last[-1], day)
    return new


def _weeks_before(calendar, day: date, count: int) -> list[date]:
    """Return the Mondays of the last teaching weeks that are over, in order."""
    found: list[date] = []
    monday = moods.week_of(day)
    for back in range(1, count + 1):
        week = monday - timedelta(weeks=back)
        term = calendar.term_of(week + timedelta(days=4))
        if term is None:
            break
        found.append(week)
    return found[::-1]


def _is_low(rule: Rule, said: Mapping[date, moods.Week], weeks: list[date]) -> bool:
    return all(
        week in said and said[week].mood is not None and said[week].mood <= rule.at_most  # type: ignore[operator]
        for week in weeks
    )


def _is_silent(_rule: Rule, said: Mapping[date, moods.Week], weeks: list[date]) -> bool:
    return not any(week in said for week in weeks)


@transaction.atomic
def _ask(school: School, room: Subject, rule: Rule, week: date, day: date) -> bool:
    """Give the class's homeroom teacher, or where there is none a counsellor, the task; once for each run of weeks."""
    running = NetworkTask.objects.filter(homeroom=room, trigger=rule.name, done_at=None)
    token = f"{rule.name}:{room.pk}:{week.isoformat()}"
    if running.exists() or NetworkTask.objects.filter(token=token).exists():
        return False
    bearers = holders(school, HOMEROOM, day, room.pk) or holders(school, COUNSELLOR, day)
    if not bearers:
        return False
    level = HOMEROOM if held(school, [HOMEROOM], day).filter(b=room).exists() else COUNSELLOR
    title = {
        LOW: _("%(room)s这几周心情偏低，请到班里看看"),
        SILENT: _("%(room)s几周没有报心情，请问问心理委员"),
    }[rule.name] % {"room": room.name}
    assigned.give(
        school, assigned.Task(level, bearers[0], room, title[:60], day + timedelta(days=rule.days)),
        token=token, trigger=rule.name, by=None, day=day,
    )  # fmt: skip
    return True
