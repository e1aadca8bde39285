"""What a school already has, read once per comparison with a constant number of queries."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.db.models import QuerySet

from tongxin.exchange.rosters.fields import STUDENTS
from tongxin.exchange.rosters.homeroom_names import HomeroomName, parse_homeroom
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Attribute, Link, School, Subject
from tongxin.kernel.calendar.models import SchoolYear
from tongxin.kernel.people.models import Contact, Homeroom, Person, Staff, Student

ATTRIBUTES = ("ethnicity", "boarding", "duty", "kinship")
POST_OF_HOMEROOM = "homeroom_teacher"
LINKS = ("enrolled_in", "guardian_of", "in_department", "branch_member", POST_OF_HOMEROOM)


@dataclass(slots=True)
class KnownPerson:
    """Somebody the school has. values: {field: value}; links: {kind: {other subject: link id}}; contacts:
    {(kind, value)}; attributes: {name: (row id, value)}; guardians: {(name): subject id}."""

    subject: int
    values: dict[str, object]
    homeroom: int | None = None
    links: dict[str, dict[int, int]] = field(default_factory=dict)
    contacts: set[tuple[str, str]] = field(default_factory=set)
    attributes: dict[str, tuple[int, str]] = field(default_factory=dict)
    guardians: dict[str, int] = field(default_factory=dict)


@dataclass
class KnownSchool:
    """The people of one kind and the groups of a school on a day."""

    school: School
    day: date
    school_year: int  # the calendar year in which it began
    people: dict[int, KnownPerson]
    homerooms: dict[int, str]
    homeroom_keys: dict[tuple, int]
    departments: dict[str, int]
    branches: dict[str, int]
    guardian_names: dict[int, str]
    guardian_by_phone: dict[tuple[str, str], int]
    teacher_of: dict[int, list[tuple[int, int]]]  # homeroom → [(teacher, link)]
    stage_code: str = ""  # the school's stage as recorded of it

    @cached_property
    def stage(self) -> int | None:
        return stage_of(self.stage_code)

    def homeroom_key(self, name: HomeroomName) -> tuple:
        """Return what makes two spellings the same class in this school year."""
        stage = name.stage if name.stage is not None else (self.stage or (9 if name.track else 6))
        if name.grade is None and name.entry_year is None:
            return ("written", name.written)
        return (name.grade_in(self.school_year, stage), name.track, name.number)


def stage_of(code: str) -> int | None:
    """Return the grades below a school's stage; None where its classes may be of several or nobody said."""
    return {"primary": 0, "junior": 6, "senior": 9, "vocational": 9, "college": 12}.get(code)


def current_school_year(school: School, day: date) -> int:
    """Return the year in which the school year of a day began; without a calendar it begins in August."""
    ids = [school.pk] + ([school.parent_id] if school.parent_id else [])
    row = (
        SchoolYear.objects.filter(school__in=ids, first_day__lte=day, last_day__gte=day)
        .values_list("first_day", flat=True)
        .first()
    )
    return row.year if row else day.year if day.month >= 8 else day.year - 1


def read_school(school: School, kind: str, day: date) -> KnownSchool:
    """Return what the school has; kind decides whether students or staff are read in full."""
    people = _students(school) if kind == STUDENTS else _staff(school)
    known = KnownSchool(
        school=school,
        day=day,
        school_year=current_school_year(school, day),
        people=people,
        homerooms={},
        homeroom_keys={},
        departments=dict(_named(school, "department")),
        branches=dict(_named(school, "branch")),
        guardian_names={},
        guardian_by_phone={},
        teacher_of=defaultdict(list),
    )
    if kind == STUDENTS:
        known.guardian_names = {pk: name for name, pk in _named(school, "guardian")}
    _read_links(known, kind)
    _read_attributes(known)
    _read_contacts(known)
    _read_homerooms(known)
    return known


def _named(school: School, type_: str) -> list[tuple[str, int]]:
    return list(Subject.objects.filter(school=school, type=type_).order_by("-pk").values_list("name", "pk"))


def _students(school: School) -> dict[int, KnownPerson]:
    rows = Student.objects.filter(school=school).values_list(
        "person_id",
        "person__subject__name",
        "person__sex",
        "person__birth_date",
        "person__id_number",
        "pupil_number",
        "local_number",
        "entry_year",
    )
    names = ("name", "sex", "birth_date", "id_number", "pupil_number", "local_number", "entry_year")
    return _opened(rows, names)


def _staff(school: School) -> dict[int, KnownPerson]:
    rows = Staff.objects.filter(school=school).values_list(
        "person_id",
        "person__subject__name",
        "person__sex",
        "person__birth_date",
        "person__id_number",
        "staff_number",
        "teaching_subject",
        "job_title",
    )
    names = ("name", "sex", "birth_date", "id_number", "staff_number", "teaching_subject", "job_title")
    return _opened(rows, names)


def _opened(rows: QuerySet, names: tuple[str, ...]) -> dict[int, KnownPerson]:
    """Return the people of rows (key, *names), with the sealed ID numbers opened: an import compares them all."""
    number = names.index("id_number")
    read = Person._meta.get_field("id_number").read  # type: ignore[union-attr]
    found = {}
    for pk, *values in rows.iterator():
        values[number] = read(values[number], pk)
        found[pk] = KnownPerson(pk, dict(zip(names, values, strict=True)))
    return found


def _read_links(known: KnownSchool, kind: str) -> None:
    wanted = ("enrolled_in", "guardian_of") if kind == STUDENTS else LINKS[2:]
    rows = Link.objects.filter(
        school=known.school,
        kind__in=wanted,
        superseded_at=FOREVER,
        valid_from__lte=known.day,
        valid_to__gte=known.day,
    ).values_list("pk", "kind", "a_id", "b_id")
    for pk, link_kind, a, b in rows.iterator():
        if link_kind == "guardian_of":
            child = known.people.get(b)
            if child and a in known.guardian_names:
                child.guardians[known.guardian_names[a]] = a
            continue
        if link_kind == POST_OF_HOMEROOM:
            known.teacher_of[b].append((a, pk))
        person = known.people.get(a)
        if person:
            person.links.setdefault(link_kind, {})[b] = pk
            if link_kind == "enrolled_in":
                person.homeroom = b


def _read_attributes(known: KnownSchool) -> None:
    rows = Attribute.objects.filter(
        school=known.school,
        name__in=(*ATTRIBUTES, "stage"),
        superseded_at=FOREVER,
        valid_from__lte=known.day,
        valid_to__gte=known.day,
    ).values_list("pk", "subject_id", "name", "value")
    for pk, subject, name, value in rows.iterator():
        if name == "stage":
            known.stage_code = value
        elif subject in known.people:
            known.people[subject].attributes[name] = (pk, value)


def _read_contacts(known: KnownSchool) -> None:
    rows = Contact.objects.filter(school=known.school).values_list("person_id", "kind", "value")
    for person, kind, value in rows.iterator():
        if person in known.people:
            known.people[person].contacts.add((kind, value))
        elif person in known.guardian_names and kind == Contact.Kind.PHONE:
            known.guardian_by_phone[known.guardian_names[person], value] = person


def _read_homerooms(known: KnownSchool) -> None:
    grades = dict(
        Attribute.objects.filter(
            school=known.school,
            name="grade",
            subject__type="homeroom",
            superseded_at=FOREVER,
            valid_from__lte=known.day,
            valid_to__gte=known.day,
        ).values_list("subject_id", "value")
    )
    rows = Homeroom.objects.filter(
        school=known.school, subject__present_from__lte=known.day, subject__present_to__gte=known.day
    ).values_list("subject_id", "subject__name", "entry_year", "number", "track")
    for pk, name, entry_year, number, track in rows:
        known.homerooms[pk] = name
        grade = grades.get(pk, "")
        read = parse_homeroom(name)
        if read:
            known.homeroom_keys.setdefault(known.homeroom_key(read), pk)
        if grade.isdecimal():
            key = (int(grade), track, number)
        else:
            stage = known.stage if known.stage is not None else 6
            key = (known.school_year - entry_year + 1 + stage, track, number)
        known.homeroom_keys[key] = pk


__all__ = ["KnownPerson", "KnownSchool", "Person", "read_school"]
