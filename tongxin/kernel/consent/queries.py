"""`may_process(student, purpose, at)`: the only way to ask whether a child's data may be processed for a purpose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.people.models import Person

from .models import Consent, ConsentText
from .rules import Act, Answer, Child, Guardianship, Span, Text, decide


def may_process(student: Subject, purpose: str, at: datetime | None = None) -> Answer:
    """Say whether a student's data may be processed for a purpose at a moment (now), and why."""
    return may_process_each(student.school, [student], purpose, at)[student.pk]


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
    texts = [
        Text(*row)
        for row in ConsentText.objects.filter(school=school, purpose=purpose).values_list(
            "version", "renews", "published_at"
        )
    ]
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
    links = Link.objects.filter(school=school, kind="guardian_of", b_id__in=ids, superseded_at=FOREVER)
    for guardian, child, first, last in links.values_list("a_id", "b_id", "valid_from", "valid_to"):
        found.setdefault(child, []).append(Guardianship(guardian, Span(first, last)))
    return found


def _acts(school: School, ids: list[int], purpose: str, at: datetime) -> dict[int, list[Act]]:
    found: dict[int, list[Act]] = {}
    rows = Consent.objects.filter(school=school, purpose=purpose, student_id__in=ids, at__lte=at)
    for child, who, what, version, moment, number in rows.values_list(
        "student_id", "who_id", "what", "text__version", "at", "pk"
    ):
        act = Act(who, what, version, moment, timezone.localtime(moment).date(), number)
        found.setdefault(child, []).append(act)
    return found


def current_text(school: School, purpose: str, at: datetime | None = None) -> ConsentText | None:
    """Return the explanation in force at a moment (now)."""
    texts = ConsentText.objects.filter(school=school, purpose=purpose, published_at__lte=at or timezone.now())
    return texts.order_by("-version").first()
