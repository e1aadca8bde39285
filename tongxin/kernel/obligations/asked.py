"""Numbers and days a programme leaves open 待定数字: who is asked for them, and setting them, dated and on record.

Until one is set, the rules that need it expect nothing ("not set", Meaning 16). A number is asked of a post and holds for
the place that post is held for; what is to be announced is set for the school by whoever may change the programme.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import NO_END
from tongxin.kernel.base.models import Attribute, Subject
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.people.services import school_subject, set_attribute
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence.bounds import Asked, asked_number
from tongxin.methods.cadence.occasions import ByAnnounced
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.tree import Obligation

NUMBER, DAY = "number", "day"


class CannotSet(ValueError):
    """The number or day is refused; the sentence says why."""


@dataclass(frozen=True)
class Open:
    """One number or day that is left open. attribute: under which it is kept; post: who is asked, "" = the school."""

    attribute: str
    what: str
    rule: Obligation
    post: str = ""

    @property
    def name(self) -> str:
        return self.attribute.partition(":")[2]


@dataclass(frozen=True)
class Place:
    """An open number at the place it is set for, and what was set last: value "" = nothing yet.

    year: first day of the programme year.
    """

    open: Open
    subject: Subject
    year: date
    value: str = ""
    since: date | None = None

    @property
    def key(self) -> str:
        return f"{self.open.attribute}@{self.subject.public_id}"


def open_numbers(pack: Pack, day: date) -> list[Open]:
    """Everything the rules in force on a day leave open, each once."""
    found: dict[str, Open] = {}
    for rule in pack.obligations:
        if rule.evaluable and rule.since <= day and (rule.until is None or day <= rule.until):
            for one in _open_in(rule):
                found.setdefault(one.attribute, one)
    return list(found.values())


def _open_in(rule: Obligation) -> Iterator[Open]:
    for item in rule.requirements():
        for end in item.bound.ends():
            if isinstance(end, Asked):
                yield Open(end.attribute, NUMBER, rule, end.post)
    for period in rule.periods:
        if isinstance(period, ByAnnounced):
            yield Open(period.attribute, DAY, rule)


def asked_of(viewer: Viewer, pack: Pack) -> list[Place]:
    """What somebody is asked for under a programme, with what they or others have set so far."""
    if viewer.school is None:
        return []
    wanted: list[tuple[Open, int]] = []
    for one in open_numbers(pack, viewer.day):
        if one.post:
            wanted += [(one, place) for place in sorted(viewer.posts.get(one.post, ()))]
        elif viewer.may("programme_edit"):
            wanted.append((one, school_subject(viewer.school).pk))
    subjects = Subject.objects.in_bulk({place for _, place in wanted})
    rows = Attribute.objects.current().filter(
        subject_id__in=subjects, name__in={one.attribute for one, _ in wanted}
    )
    latest = {(row.name, row.subject_id): row for row in rows.order_by("valid_from", "pk")}
    calendar = school_calendar(viewer.school).for_programme(pack.programme_year, ())
    year = calendar.programme_year_start(viewer.day)
    return [
        _place(one, subjects[at], year, latest.get((one.attribute, at)))
        for one, at in wanted
        if at in subjects
    ]


def _place(one: Open, subject: Subject, year: date, row: Attribute | None) -> Place:
    if row is None or (one.what == DAY and row.value < year.isoformat()):
        return Place(one, subject, year)
    return Place(one, subject, year, row.value, row.valid_from)


def still_open(viewer: Viewer) -> list[tuple[Programme, Place]]:
    """(programme, place) of everything somebody is asked for and has not set."""
    if viewer.school is None:
        return []
    return [
        (programme, place)
        for programme, pack in school_packs(viewer.school, viewer.day)
        for place in asked_of(viewer, pack)
        if not place.value
    ]


@transaction.atomic
def set_open(place: Place, value: Decimal | date, since: date, *, by: Viewer) -> None:
    """Set a number from a day on, or the day of this programme year. Raises CannotSet."""
    if isinstance(value, date) != (place.open.what == DAY):
        raise CannotSet(_("这里要填的不是这种内容。"))
    if isinstance(value, date):
        # One day a year: a changed one takes the place of the one before.
        since, text = place.year, value.isoformat()
        if value < since:
            raise CannotSet(_("这一天在今年的方案开始之前，请改晚一些。"))
    else:
        text = f"{value.normalize():f}"
        if asked_number(text) is None:
            raise CannotSet(_("请填不小于零的数，最多两位小数。"))
    row = set_attribute(place.subject, place.open.attribute, text, since=since, until=NO_END, by=by.account)
    audit.write(
        by, "obligations.number_set", row, name=place.open.attribute, value=text, since=since.isoformat()
    )
