"""Who has entered no school contest in the days the programme sets: by class, and by name within reach."""

from __future__ import annotations

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.ledger.models import Participation

from .contests import ACTIVITY, CONTESTANT, MANAGE, SCHOOL_LEVEL, Season
from .models import Entrant

LACKING, ALL_IN = "lacking", "done"


def rooms(viewer: Viewer, school: School, season: Season) -> QuerySet[Subject]:
    """Return the classes within reach, each with `whole` = its students, `entered` and `lacking` of them."""
    inside = _enrolled(viewer, school).filter(b=OuterRef("pk"))
    found = Subject.objects.filter(
        pk__in=_enrolled(viewer, school).values("b"), school=school, type="homeroom"
    )
    found = found.annotate(
        whole=_count(inside), entered=_count(inside.filter(_has_entered(school, season, "a")))
    )
    return found.annotate(lacking=F("whole") - F("entered"))


def narrowed(found: QuerySet[Subject], words: str, show: str) -> QuerySet[Subject]:
    """Narrow classes to those whose name has some words, and to those that lack somebody (or nobody)."""
    if words:
        found = found.filter(Q(name__icontains=words) | Q(pinyin__istartswith=words))
    if show == LACKING:
        found = found.filter(lacking__gt=0)
    elif show == ALL_IN:
        found = found.filter(lacking=0)
    return found


def lacking(
    viewer: Viewer, school: School, season: Season, *, room: Subject | None = None, words: str = ""
) -> QuerySet[Subject]:
    """Return the students within reach who entered none, each with `room_name` and `room_pinyin` of the class."""
    links = _enrolled(viewer, school)
    if room is not None:
        links = links.filter(b=room)
    own = links.filter(a=OuterRef("pk")).order_by("pk")
    found = Subject.objects.filter(pk__in=links.values("a"), school=school, type="student")
    found = found.exclude(_has_entered(school, season, "pk"))
    if words:
        low = words.lower()
        found = found.filter(
            Q(name__contains=words) | Q(pinyin__startswith=low) | Q(initials__startswith=low)
        )
    return found.annotate(
        room_name=Subquery(own.values("b__name")[:1]), room_pinyin=Subquery(own.values("b__pinyin")[:1])
    )


def _enrolled(viewer: Viewer, school: School) -> QuerySet[Link]:
    """Return who is in which class today, as far as the viewer's duty reaches."""
    links = Link.objects.current().filter(
        kind="enrolled_in", school=school, b__type="homeroom", valid_from__lte=viewer.day, valid_to__gte=viewer.day
    )  # fmt: skip
    if viewer.may(MANAGE):
        return links
    return links.filter(b__in=viewer.posts.get("homeroom_teacher", frozenset()))


def _has_entered(school: School, season: Season, student: str) -> Q:
    """Say of rows whose column `student` is a student's key: entered, or taken part by the ledger."""
    registered = Entrant.objects.filter(
        school=school, contest__level=SCHOOL_LEVEL, contest__first_day__gte=season.first,
        contest__first_day__lte=season.last, student=OuterRef(student),
    )  # fmt: skip
    recorded = Participation.objects.current().filter(
        school=school, kind=ACTIVITY, part=CONTESTANT, absent=False, day__gte=season.first,
        day__lte=season.last, extra__level=SCHOOL_LEVEL, subject=OuterRef(student),
    )  # fmt: skip
    return Q(Exists(registered)) | Q(Exists(recorded))


def _count(links: QuerySet[Link]) -> Coalesce:
    counted = links.order_by().values("b").annotate(n=Count("a", distinct=True)).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
