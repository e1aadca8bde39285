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
    """Say whether a student's data may be processed for a purpose at a moment (now), and why."""
    return may_process_each(student.school_id, [student], purpose, at)[student.pk]


def may_process_each(
    school_id: int, students: Iterable[Subject], purpose: str, at: datetime | None = None
) -> dict[int, Answer]:
    """Answer for students of a school; {subject id: answer}.

    Asked before every answer of a child is kept: four prepared queries, nothing remembered, so that a consent that was
    withdrawn holds from the next answer on.
    """
    at = at or timezone.now()
    day = timezone.localtime(at).date()
    subjects = list(students)
    given: dict[str, prepared.Value] = {"school": school_id, "children": [one.pk for one in subjects]}
    said: dict[str, prepared.Value] = {"purpose": purpose, "at": to_microseconds(at)}
    births = {
        child: birth
        for child, school, birth in prepared.rows("births", _births, {"children": given["children"]})
        if school == school_id
    }
    guardianships: dict[int, list[Guardianship]] = {}
    for child, guardian, first, last in prepared.rows("guardians", _guardians, given):
        guardianships.setdefault(child, []).append(Guardianship(guardian, Span(first, last)))
    acts: dict[int, list[Act]] = {}
    for child, *act in prepared.rows("acts", _acts, given | said):
        acts.setdefault(child, []).append(_act(*act))
    texts = [Text(*row) for row in prepared.rows("texts", _texts, {"school": school_id, "purpose": purpose})]
    return {
        subject.pk: decide(
            Child(subject.pk, births.get(subject.pk), Span(subject.present_from, subject.present_to)),
            guardianships.get(subject.pk, ()),
            acts.get(subject.pk, ()),
            texts,
            at,
            day,
        )
        if subject.school_id == school_id
        else Answer(False, "not_here")
        for subject in subjects
    }


def _births(at):
    # Asked for the school as well, SQLite would go through all of it.
    return Person.objects.filter(pk__in=at["children"]).values_list("pk", "school_id", "birth_date")


def _guardians(at):
    links = Link.objects.filter(
        school_id=at["school"], kind="guardian_of", superseded_at=FOREVER, b_id__in=at["children"]
    )
    return links.values_list("b_id", "a_id", "valid_from", "valid_to")


def _acts(at):
    said = Consent.objects.filter(
        school_id=at["school"], purpose=at["purpose"], student_id__in=at["children"], at__lte=at["at"]
    )
    return said.values_list("student_id", "who_id", "what", "text__version", "at", "pk")


def _texts(at):
    texts = ConsentText.objects.filter(school_id=at["school"], purpose=at["purpose"])
    return texts.values_list("version", "renews", "published_at")


def _act(who: int, what: str, version: int, moment: datetime, number: int) -> Act:
    return Act(who, what, version, moment, timezone.localtime(moment).date(), number)


def current_text(school: School, purpose: str, at: datetime | None = None) -> ConsentText | None:
    """Return the explanation in force at a moment (now)."""
    texts = ConsentText.objects.filter(school=school, purpose=purpose, published_at__lte=at or timezone.now())
    return texts.order_by("-version").first()
