"""Finding whom somebody means: staff by name, students by class and name; nobody gets the whole roll of students."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tongxin.kernel.base.models import Link, School, Subject

from .kinds import Seat
from .rules import Refused


def rooms(school: School, day: date) -> QuerySet[Subject]:
    """Return the school's classes that have students on a day."""
    full = Link.objects.current().filter(
        kind="enrolled_in", school=school, valid_from__lte=day, valid_to__gte=day
    )
    return Subject.objects.filter(pk__in=full.values("b"), type="homeroom").order_by("pinyin", "pk")


def staff(school: School, day: date, *, member: bool | None = None) -> list[Subject]:
    """Return the school's staff on a day, only Party members or only others where asked."""
    rows = Subject.objects.filter(
        school=school, type="staff", present_from__lte=day, present_to__gte=day
    ).order_by("pinyin", "pk")
    if member is not None:
        inside = Link.objects.current().filter(
            kind="branch_member", school=school, valid_from__lte=day, valid_to__gte=day
        )
        rows = rows.filter(pk__in=inside.values("a")) if member else rows.exclude(pk__in=inside.values("a"))
    return list(rows)


def enterprises(school: School) -> QuerySet[Subject]:
    return Subject.objects.filter(school=school, type="enterprise").order_by("pinyin", "pk")


def named(school: School, seat: Seat, text: str, day: date, room: str = "") -> Subject:
    """Return whom a name means for a seat; a student's needs the class (its public id, or its name before the student's).

    Raises Refused with what to write instead.
    """
    words = text.split()
    if not words:
        raise Refused(_("请写姓名。"), seat.name)
    rows = Subject.objects.filter(
        school=school, type=seat.of, name=words[-1], present_from__lte=day, present_to__gte=day
    )
    if seat.of == "student":
        known = rooms(school, day)
        found = known.filter(public_id=room) if room else known.filter(name="".join(words[:-1]))
        if not found.exists():
            raise Refused(_("请写清班级和姓名，例如“七年级1班 王小明”：%(text)s") % {"text": text}, seat.name)
        inside = Link.objects.current().filter(
            kind="enrolled_in", b__in=found, valid_from__lte=day, valid_to__gte=day
        )
        rows = rows.filter(pk__in=inside.values("a"))
    people = list(rows[:2])
    if len(people) == 1:
        return people[0]
    raise Refused(
        _("有同名的人：%(text)s。请找办公室帮忙选。") % {"text": text}
        if people
        else _("名单里没有：%(text)s。请核对后再写。") % {"text": text},
        seat.name,
    )


def lines(school: School, seat: Seat, text: str, day: date) -> list[Subject]:
    """Return whom the lines of a text mean, one person a line. Raises Refused with the line that is wrong."""
    found = [named(school, seat, line, day) for line in text.splitlines() if line.strip()]
    return list({one.pk: one for one in found}.values())
