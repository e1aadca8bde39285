"""`may_process(student, purpose, at)`: the only way to ask whether a child's data may be processed for a purpose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from tongxin.kernel.base.fields import FOREVER, to_microseconds
from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.people.models import Person
from tongxin.ui import prepared

from .models import Consent, ConsentText
from .rules import Act, Answer, Child, Guardianship, Span, Text, decide


def may_process(student: Subject, purpose: str, at: datetime | None = None) -> Answer:
    """Say whether a student's data may be processed for a purpose at a moment (now), and why.

    Asked before every answer of a child is kept: four prepared queries, nothing remembered, so that a consent that was
    withdrawn holds from the next answer on.
    """
    at = at or timezone.now()
    day = timezone.localtime(at).date()
    given = {"school": student.school_id, "child": student.pk}
    born = prepared.rows("birth", _birth, given)
    guardianships = prepared.rows("guardians of one", _guardians_of_one, given)
    acts = prepared.rows("acts of one", _acts_of_one, given | {"purpose": purpose, "at": to_microseconds(at)})
    texts = prepared.rows("texts", _texts, {"school": student.school_id, "purpose": purpose})
    return decide(
        Child(student.pk, born[0][0] if born else None, Span(student.present_from, student.present_to)),
        [Guardianship(guardian, Span(first, last)) for guardian, first, last in guardianships],
        [_act(*act) for act in acts],
        [Text(*text) for text in texts],
        at,
        day,
    )


def _birth(at):
    return Person.objects.filter(school_id=at["school"], pk=at["child"]).values_list("birth_date")


def _guardians_of_one(at):
    links = _guardian_links(at["school"]).filter(b_id=at["child"])
    return links.values_list("a_id", "valid_from", "valid_to")


def _acts_of_one(at):
    said = Consent.objects.filter(
        school_id=at["school"], purpose=at["purpose"], student_id=at["child"], at__lte=at["at"]
    )
    return said.values_list(*ACT)


def _texts(at):
    texts = ConsentText.objects.filter(school_id=at["school"], purpose=at["purpose"])
    return texts.values_list("version", "renews", "published_at")


ACT = ("who_id", "what", "text__version", "at", "pk")


def _act(who: int, what: str, version: int, moment: datetime, number: int) -> Act:
    return Act(who, what, version, moment, timezone.localtime(moment).date(), number)


def _guardian_links(school_id: int):
    return Link.objects.filter(school_id=school_id, kind="guardian_of", superseded_at=FOREVER)


def may_process_each(
    school: School, students: Iterable[Subject], purpose: str, at: datetime | None = None
) -> dict[int, Answer]:
    """Answer for many students of a school with the same few queries; {subject id: answer}."""
    at = at or timezone.now()
    day = timezone.localtime(at).date()
    subjects = list(students)
    ids = [subject.pk for subject in subjects]
    births = dict(Person.objects.filter(school=school, pk__in=ids).values_list("pk", "birth_date"))
    guardianships = _guardianships(school, ids)
    acts = _acts(school, ids, purpose, at)
    texts = [Text(*row) for row in _texts({"school": school.pk, "purpose": purpose})]
    return {
        subject.pk: decide(
            Child(subject.pk, births.get(subject.pk), Span(subject.present_from, subject.present_to)),
            guardianships.get(subject.pk, ()),
            acts.get(subject.pk, ()),
            texts,
            at,
            day,
        )
        if subject.school_id == school.pk
        else Answer(False, "not_here")
        for subject in subjects
    }


def _guardianships(school: School, ids: list[int]) -> dict[int, list[Guardianship]]:
    found: dict[int, list[Guardianship]] = {}
    links = _guardian_links(school.pk).filter(b_id__in=ids)
    for guardian, child, first, last in links.values_list("a_id", "b_id", "valid_from", "valid_to"):
        found.setdefault(child, []).append(Guardianship(guardian, Span(first, last)))
    return found


def _acts(school: School, ids: list[int], purpose: str, at: datetime) -> dict[int, list[Act]]:
    found: dict[int, list[Act]] = {}
    rows = Consent.objects.filter(school=school, purpose=purpose, student_id__in=ids, at__lte=at)
    for child, *act in rows.values_list("student_id", *ACT):
        found.setdefault(child, []).append(_act(*act))
    return found


def current_text(school: School, purpose: str, at: datetime | None = None) -> ConsentText | None:
    """Return the explanation in force at a moment (now)."""
    texts = ConsentText.objects.filter(school=school, purpose=purpose, published_at__lte=at or timezone.now())
    return texts.order_by("-version").first()
