"""Who is asked: the students of a sitting on a day, by class and by a condition as in the rule language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tongxin.kernel.access.policy import higher
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Attribute, Link, School, Subject
from tongxin.kernel.programmes import queries as programmes
from tongxin.kernel.programmes.classes import known_class
from tongxin.methods.cadence import facts as cadence
from tongxin.methods.cadence.conditions import Condition
from tongxin.methods.cadence.declarations import AttributeDeclaration, Vocabulary
from tongxin.methods.cadence.findings import ERROR, PackUnreadable
from tongxin.methods.cadence.located import LMap, read_yaml
from tongxin.methods.cadence.parse_conditions import read_condition
from tongxin.methods.cadence.reading import Context
from tongxin.methods.cadence.reads import names_read
from tongxin.ui import prepared

from .models import Sitting

MOST_CONDITION = 2_000
# What every school's rolls say, whatever its programmes declare.
GRADE = AttributeDeclaration("grade", "年级", ("student", "homeroom"), "integer", {}, "K2")


class BadCondition(ValueError):
    """The condition cannot be read; the sentence says what to write."""


def condition_of(school: School, text: str, day: date) -> Condition | None:
    """Return the condition a text says, None for everybody. Raises BadCondition."""
    if not text.strip():
        return None
    if len(text) > MOST_CONDITION:
        raise BadCondition(_("条件太长。"))
    try:
        raw = read_yaml(text)
    except PackUnreadable as error:
        raise BadCondition(str(error)) from error
    attributes = {"grade": GRADE} | programmes.attributes(school, day)
    context = Context(Vocabulary(attributes=attributes, posts=programmes.posts(school, day)))
    if not isinstance(raw, LMap):
        raise BadCondition(_("条件应写成“属性: 值”的形式，例如 grade: 7。"))
    found = read_condition(raw, context, raw)
    errors = [one for one in context.findings if one.level == ERROR]
    if errors:
        raise BadCondition(errors[0].sentence)
    return found


def class_read(school: School, text: str, day: date) -> str:
    """Return the most sensitive class of what a condition asks about a child: whoever is on its list shows that much."""
    found = condition_of(school, text, day)
    if found is None:
        return "K0"
    declared = {"grade": GRADE} | programmes.attributes(school, day)
    names = sorted(name for what, name in names_read(found) if what == "attribute")
    return higher(
        "K1", *(known_class(declared[name].data_class) if name in declared else "K3" for name in names)
    )


def rooms(school: School, day: date) -> QuerySet[Subject]:
    """Return the classes that are there on a day, in their order."""
    present = Subject.objects.filter(
        school=school, type="homeroom", present_from__lte=day, present_to__gte=day
    )
    return present.order_by("pinyin", "pk")


def members(school: School, day: date, of: list[int] | None = None) -> dict[int, list[int]]:
    """Return the students of each class on a day, by ids; only classes that have some."""
    links = Link.objects.filter(
        school=school, kind="enrolled_in", superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day,
        a__present_from__lte=day, a__present_to__gte=day, a__type="student",
    )  # fmt: skip
    if of:
        links = links.filter(b_id__in=of)
    found: dict[int, list[int]] = defaultdict(list)
    for student, room in links.order_by("b_id", "a__pinyin", "a_id").values_list("a_id", "b_id"):
        found[room].append(student)
    return dict(found)


def asked_by_room(sitting: Sitting, day: date) -> dict[int, list[int]]:
    """Return who is asked, by class: {class id: [student ids]}. A condition nobody can answer leaves a child out."""
    found = members(sitting.school, day, sitting.rooms)
    condition = condition_of(sitting.school, sitting.who, day)
    if condition is None:
        return found
    view = _view(sitting.school, {pk for ids in found.values() for pk in ids}, day)
    return {
        room: kept
        for room, ids in found.items()
        if (kept := [pk for pk in ids if condition.holds(view, str(pk), day)])
    }


def rooms_on(at):
    """Return the query for a child's classes; at: school, child and day, for prepared queries."""
    return Link.objects.filter(
        school_id=at["school"], a_id=at["child"], kind="enrolled_in", superseded_at=FOREVER,
        valid_from__lte=at["day"], valid_to__gte=at["day"],
    ).values_list("b_id")  # fmt: skip


def _rooms_of_each(at):
    links = Link.objects.filter(
        school_id=at["school"], a_id__in=at["children"], kind="enrolled_in", superseded_at=FOREVER,
        valid_from__lte=at["day"], valid_to__gte=at["day"],
    )  # fmt: skip
    return links.values_list("a_id", "b_id")


def is_asked(sitting: Sitting, student: Subject, day: date) -> bool:
    """Say whether one student is asked."""
    return student.pk in asked_of(sitting, [student], day)


def asked_of(sitting: Sitting, students: Collection[Subject], day: date) -> set[int]:
    """Return who of some students is asked, by ids."""
    found = {
        one.pk
        for one in students
        if one.school_id == sitting.school_id and one.present_from <= day <= one.present_to
    }
    if sitting.rooms and found:
        given: dict[str, prepared.Value] = {
            "school": sitting.school_id,
            "children": sorted(found),
            "day": day.toordinal(),
        }
        wanted = set(sitting.rooms)
        rows = prepared.rows("rooms of each", _rooms_of_each, given)
        found = {child for child, room in rows if room in wanted}
    condition = condition_of(sitting.school, sitting.who, day) if sitting.who.strip() and found else None
    if condition is None:
        return found
    view = _view(sitting.school, found, day)
    return {pk for pk in found if condition.holds(view, str(pk), day)}


def _view(school: School, students: set[int], day: date) -> cadence.View:
    """Return what conditions may ask about some students: they, what they belong to, and what is known of these."""
    links = list(Link.objects.filter(school=school, superseded_at=FOREVER, a_id__in=students))
    links += list(Link.objects.filter(school=school, superseded_at=FOREVER, b_id__in=students))
    around = students | {link.a_id for link in links} | {link.b_id for link in links}
    around |= set(Subject.objects.filter(school=school, type="school").values_list("pk", flat=True))
    subjects = Subject.objects.filter(pk__in=around)
    home = next((str(one.pk) for one in subjects if one.type == "school"), "")
    attributes = Attribute.objects.filter(school=school, subject_id__in=around, superseded_at=FOREVER)
    return cadence.View(
        cadence.Facts(
            subjects=[
                cadence.Subject(str(s.pk), s.type, s.name, home, s.present_from, s.present_to)
                for s in subjects
            ],
            attributes=[_attribute(one) for one in attributes],
            links=[
                cadence.LinkRow(
                    str(link.pk), link.kind, str(link.a_id), str(link.b_id), link.valid_from, link.valid_to
                )
                for link in {link.pk: link for link in links}.values()
            ],
        )
    )


def _attribute(row: Attribute) -> Any:
    return cadence.AttributeRow(str(row.subject_id), row.name, row.value, row.valid_from, row.valid_to)
