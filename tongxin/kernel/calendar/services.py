"""Change the school calendar; every change is noted in the audit record."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School

from .models import DayOverride, SchoolYear, Term


class BadCalendar(ValueError):
    """The days do not make a calendar; the sentence says which and what to do."""


@dataclass(frozen=True)
class TermDraft:
    name: str
    first_day: date
    last_day: date
    first_teaching_week: date | None = None


@transaction.atomic
def save_school_year(
    school: School, name: str, first_day: date, last_day: date, terms: Sequence[TermDraft], *, by=None
) -> SchoolYear:
    """Make or replace a school year with its terms. Raises BadCalendar."""
    if last_day <= first_day:
        raise BadCalendar(_("学年的结束日期要晚于开始日期。"))
    overlapping = SchoolYear.objects.filter(school=school, first_day__lte=last_day, last_day__gte=first_day)
    if overlapping.exclude(name=name).exists():
        raise BadCalendar(_("这个学年与已有的学年日期重叠，请检查起止日期。"))
    ordered = sorted(terms, key=lambda t: t.first_day)
    for term in ordered:
        if term.last_day <= term.first_day:
            raise BadCalendar(_("%(term)s的结束日期要晚于开始日期。") % {"term": term.name})
        if term.first_day < first_day or term.last_day > last_day:
            raise BadCalendar(_("%(term)s不在学年之内，请检查日期。") % {"term": term.name})
    for earlier, later in itertools.pairwise(ordered):
        if later.first_day <= earlier.last_day:
            raise BadCalendar(_("%(a)s和%(b)s日期重叠。") % {"a": earlier.name, "b": later.name})
    year, _made = SchoolYear.objects.update_or_create(
        school=school, name=name, defaults={"first_day": first_day, "last_day": last_day}
    )
    year.terms.all().delete()
    for term in ordered:
        monday = term.first_day - timedelta(days=term.first_day.weekday())
        Term.objects.create(
            school_year=year,
            name=term.name,
            first_day=term.first_day,
            last_day=term.last_day,
            first_teaching_week=term.first_teaching_week or monday,
        )
    audit.write(by, "calendar.year_saved", year)
    return year


@transaction.atomic
def set_day(school: School, day: date, is_school_day: bool, note: str = "", *, by=None) -> DayOverride:
    """Say that a day is (or is not) a school day, whatever the week or the national calendar say."""
    override, _made = DayOverride.objects.update_or_create(
        school=school, day=day, defaults={"is_school_day": is_school_day, "note": note[:60]}
    )
    audit.write(by, "calendar.day_set", override, school_day=is_school_day)
    return override


@transaction.atomic
def clear_day(school: School, day: date, *, by=None) -> None:
    """Let a day follow the week and the national calendar again."""
    DayOverride.objects.filter(school=school, day=day).delete()
    audit.write(by, "calendar.day_cleared", school_id=school.pk, day=day.isoformat())
