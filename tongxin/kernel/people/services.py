"""Make and change people, groups, dated links and attributes. Every change is a new row; the old one is superseded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.facts import LinkReplaced, PostChanged, publish
from tongxin.kernel.base.fields import ALWAYS, FOREVER, NO_END
from tongxin.kernel.base.models import Account, Attribute, Event, Link, School, Subject, SubjectType
from tongxin.kernel.base.pinyin import name_keys

from . import guards
from .models import Branch, Contact, Department, Homeroom, Person, Staff, Student


class NotInThisSchool(ValueError):
    """Two things of different schools were to be linked."""


class BadDates(ValueError):
    """The last day lies before the first."""


def make_subject(
    school: School, type: str, name: str, *, present_from: date = ALWAYS, present_to: date = NO_END
) -> Subject:
    pinyin, initials = name_keys(name)
    return Subject.objects.create(
        school=school,
        type=type,
        name=name,
        pinyin=pinyin,
        initials=initials,
        present_from=present_from,
        present_to=present_to,
    )


def school_subject(school: School) -> Subject:
    """Return the subject that stands for the school itself (made on first use)."""
    subject = Subject.objects.filter(school=school, type=SubjectType.SCHOOL).first()
    return subject or make_subject(school, SubjectType.SCHOOL, school.name)


@transaction.atomic
def make_homeroom(
    school: School,
    name: str,
    *,
    entry_year: int,
    number: int,
    grade: int,
    since: date = ALWAYS,
    track: str = "",
) -> Homeroom:
    subject = make_subject(school, SubjectType.HOMEROOM, name)
    room = Homeroom.objects.create(
        subject=subject, school=school, entry_year=entry_year, number=number, track=track
    )
    set_attribute(subject, "grade", grade, since=since)
    return room


@transaction.atomic
def make_branch(school: School, name: str, *, parent: Branch | None = None) -> Branch:
    return Branch.objects.create(
        subject=make_subject(school, SubjectType.BRANCH, name), school=school, parent=parent
    )


@transaction.atomic
def make_department(school: School, name: str) -> Department:
    return Department.objects.create(
        subject=make_subject(school, SubjectType.DEPARTMENT, name), school=school
    )


@transaction.atomic
def make_student(
    school: School,
    name: str,
    *,
    homeroom: Homeroom | None = None,
    since: date = ALWAYS,
    sex: str = "",
    birth_date: date | None = None,
    id_number: str = "",
    pupil_number: str = "",
    local_number: str = "",
    entry_year: int | None = None,
) -> Student:
    person = _make_person(school, SubjectType.STUDENT, name, since, sex, birth_date, id_number)
    student = Student.objects.create(
        person=person,
        school=school,
        pupil_number=pupil_number,
        local_number=local_number,
        entry_year=entry_year or (homeroom.entry_year if homeroom else None),
    )
    if homeroom:
        set_link("enrolled_in", person.subject, homeroom.subject, since=since)
    return student


@transaction.atomic
def make_staff(
    school: School,
    name: str,
    *,
    since: date = ALWAYS,
    sex: str = "",
    birth_date: date | None = None,
    id_number: str = "",
    staff_number: str = "",
    teaching_subject: str = "",
    branch: Branch | None = None,
) -> Staff:
    person = _make_person(school, SubjectType.STAFF, name, since, sex, birth_date, id_number)
    staff = Staff.objects.create(
        person=person, school=school, staff_number=staff_number, teaching_subject=teaching_subject
    )
    if branch:
        set_link("branch_member", person.subject, branch.subject, since=since)
    return staff


@transaction.atomic
def make_guardian(school: School, name: str, *, children: Iterable[Subject], phone: str = "") -> Person:
    person = _make_person(school, SubjectType.GUARDIAN, name, ALWAYS, "", None, "")
    for child in children:
        set_link("guardian_of", person.subject, child)
    if phone:
        Contact.objects.create(school=school, person=person, kind=Contact.Kind.PHONE, value=phone)
    return person


def _make_person(school, type, name, since, sex, birth_date, id_number) -> Person:
    subject = make_subject(school, type, name, present_from=since)
    return Person.objects.create(
        subject=subject, school=school, sex=sex, birth_date=birth_date, id_number=id_number
    )


def with_id_number(school: School, number: str) -> QuerySet[Person]:
    """Return whoever of a school has exactly this ID number, however it is written; found by the blind index."""
    index = Person._meta.get_field("id_number_index").index_of(school.pk, number)  # type: ignore[union-attr]
    return Person.objects.filter(school=school, id_number_index=index) if index else Person.objects.none()


def rename(subject: Subject, name: str) -> None:
    subject.name = name
    subject.pinyin, subject.initials = name_keys(name)
    subject.save(update_fields=["name", "pinyin", "initials"])


@transaction.atomic
def set_link(
    kind: str,
    a: Subject,
    b: Subject,
    *,
    since: date = ALWAYS,
    until: date = NO_END,
    by: Account | None = None,
) -> Link:
    """Open a dated link a → b; an equal one that already covers the days is returned as it is.

    Raises PostRefused when the link is a post that a programme bars until something is done.
    """
    if a.school_id != b.school_id:
        raise NotInThisSchool(f"{kind}: {a.pk} {b.pk}")
    if until < since:
        raise BadDates(f"{since} {until}")
    same = (
        Link.objects.current().filter(kind=kind, a=a, b=b, valid_from__lte=since, valid_to__gte=until).first()
    )
    if same:
        return same
    guards.check(kind, a, b, since, until)
    link = Link.objects.create(
        school_id=a.school_id, kind=kind, a=a, b=b, valid_from=since, valid_to=until, recorded_by=by
    )
    publish(PostChanged(school_id=a.school_id, person_id=a.pk, post=kind))
    return link


@transaction.atomic
def end_link(link: Link, last_day: date, *, by: Account | None = None) -> Link:
    """Let a link end on a day: the row is superseded by one with the new last day."""
    now = timezone.now()
    Link.objects.filter(pk=link.pk).update(superseded_at=now)
    publish(PostChanged(school_id=link.school_id, person_id=link.a_id, post=link.kind))
    if last_day < link.valid_from:
        return link
    again = Link.objects.create(
        school_id=link.school_id,
        kind=link.kind,
        a_id=link.a_id,
        b_id=link.b_id,
        valid_from=link.valid_from,
        valid_to=last_day,
        recorded_at=now,
        recorded_by=by,
    )
    publish(LinkReplaced(link.school_id, link.pk, again.pk))
    return again


@transaction.atomic
def appoint(person: Subject, post: str, of: Subject, *, since: date, by=None, alone: bool = False) -> Link:
    """Give a person a post from a day on; `alone` ends the present holders' terms the day before.

    Raises PostRefused, and then nobody's term has ended.
    """
    if alone:
        for link in Link.objects.current().filter(kind=post, b=of, valid_to__gte=since).exclude(a=person):
            end_link(link, since - timedelta(days=1), by=account_of(by))
    link = set_link(post, person, of, since=since, by=account_of(by))
    audit.write(by, "people.appointed", link, post=post)
    return link


@transaction.atomic
def end_post(link: Link, last_day: date, *, by=None) -> Link:
    ended = end_link(link, last_day, by=account_of(by))
    audit.write(by, "people.post_ended", ended, post=link.kind)
    return ended


def account_of(by) -> Account | None:
    return by if isinstance(by, Account) else getattr(by, "account", None)


@transaction.atomic
def set_attribute(
    subject: Subject,
    name: str,
    value,
    *,
    since: date = ALWAYS,
    until: date = NO_END,
    by: Account | None = None,
) -> Attribute:
    """State a dated value; whatever overlapped it is cut to the days before and after."""
    text = {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    now = timezone.now()
    overlapping = Attribute.objects.current().filter(
        subject=subject, name=name, valid_from__lte=until, valid_to__gte=since
    )
    for old in list(overlapping):
        if old.value == text and old.valid_from <= since and old.valid_to >= until:
            return old
        Attribute.objects.filter(pk=old.pk).update(superseded_at=now)
        if old.valid_from < since:
            _attribute_copy(old, now, valid_to=since - timedelta(days=1))
        if old.valid_to > until:
            _attribute_copy(old, now, valid_from=until + timedelta(days=1))
    return Attribute.objects.create(
        school_id=subject.school_id,
        subject=subject,
        name=name,
        value=text,
        valid_from=since,
        valid_to=until,
        recorded_at=now,
        recorded_by=by,
    )


def record_event(
    subject: Subject,
    kind: str,
    day: date,
    *,
    at: datetime | None = None,
    by: Account | None = None,
    token: str | None = None,
) -> Event:
    """Note that something happened to a subject; what a programme asks for after it is owed from then on.

    token: that of the form; one that is on file already returns its event, so that a form sent twice makes one.
    """
    try:
        with transaction.atomic():
            event = Event.objects.create(
                school_id=subject.school_id,
                subject=subject,
                kind=kind,
                day=day,
                at=at,
                token=token,
                recorded_by=account_of(by),
            )
            audit.write(by, "people.event_recorded", event, kind=kind)
    except IntegrityError:
        known = Event.objects.filter(token=token, school=subject.school_id).first() if token else None
        if known is None:
            raise
        return known
    return event


@transaction.atomic
def retract_event(event: Event, *, by: Account | None = None) -> Event:
    """Take an event back: a new row says that it did not happen. Doing it twice changes nothing more."""
    now = timezone.now()
    taken = Event.objects.current().filter(pk=event.pk, retracted=False).update(superseded_at=now)
    if not taken:
        return event
    again = Event.objects.create(
        school_id=event.school_id,
        subject_id=event.subject_id,
        kind=event.kind,
        day=event.day,
        at=event.at,
        retracted=True,
        recorded_at=now,
        recorded_by=account_of(by),
    )
    audit.write(by, "people.event_retracted", again, kind=event.kind)
    return again


def _attribute_copy(old: Attribute, now, **changes) -> Attribute:
    values = {"valid_from": old.valid_from, "valid_to": old.valid_to} | changes
    return Attribute.objects.create(
        school_id=old.school_id,
        subject_id=old.subject_id,
        name=old.name,
        value=old.value,
        recorded_at=now,
        recorded_by=old.recorded_by,
        **values,
    )


@transaction.atomic
def depart(subject: Subject, last_day: date, *, by=None) -> None:
    """Let a person leave: open links end with the last day, and so does what is owed."""
    subject.present_to = last_day
    subject.save(update_fields=["present_to"])
    # Whoever was there for somebody who leaves is so no more; parents stay the parents.
    theirs = Q(a=subject) | (Q(b=subject) & ~Q(kind="guardian_of"))
    for link in Link.objects.current().filter(theirs, valid_to__gt=last_day):
        end_link(link, last_day, by=account_of(by))
    audit.write(by, "people.departed", subject)


__all__ = [
    "FOREVER",
    "BadDates",
    "NotInThisSchool",
    "account_of",
    "appoint",
    "depart",
    "end_link",
    "end_post",
    "make_branch",
    "make_department",
    "make_guardian",
    "make_homeroom",
    "make_staff",
    "make_student",
    "make_subject",
    "record_event",
    "rename",
    "retract_event",
    "school_subject",
    "set_attribute",
    "set_link",
    "with_id_number",
]
