"""Whom the person picker of the log form may offer: names within reach that fit a part of a kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.ledger.models import Entry, Participation
from tongxin.methods.cadence.declarations import Part

MOST_FOUND = 60
MOST_RECENT = 12
GROUP_LINKS = {"student": "enrolled_in", "staff": "branch_member"}


@dataclass(frozen=True)
class Choice:
    """A line of the picker. id: public id."""

    id: str
    name: str
    detail: str = ""
    pinyin: str = ""
    initials: str = ""
    selected: bool = False

    def as_json(self) -> dict[str, str]:
        return {"id": self.id, "name": self.name, "detail": self.detail}


WIDER = {"member": {"staff"}, "person": {"student", "staff", "guardian", "outsider"}}


def types_of(of: Iterable[str]) -> set[str]:
    """Return the subject types a part takes; a part that says nothing takes staff."""
    return set().union(*(WIDER.get(name, {name}) for name in of)) or {"staff"}


def pickable(viewer: Viewer, of: Sequence[str], day: date) -> QuerySet[Subject]:
    """Return the subjects of some types that this viewer may name and that are at the school on a day."""
    subjects = visible_subjects(viewer).filter(
        type__in=types_of(of), present_from__lte=day, present_to__gte=day
    )
    if "member" in of and "staff" not in of:
        subjects = subjects.filter(Exists(_links("branch_member", day).filter(a=OuterRef("pk"))))
    return subjects


def _links(kind: str, day: date) -> QuerySet[Link]:
    return Link.objects.filter(kind=kind, superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day)


def matching(subjects: QuerySet[Subject], words: str) -> QuerySet[Subject]:
    """Narrow subjects to a name, its pinyin or its initials."""
    wanted = "".join(words.split())
    if not wanted:
        return subjects
    keys = wanted.lower()
    return subjects.filter(
        Q(name__contains=wanted) | Q(pinyin__startswith=keys) | Q(initials__startswith=keys)
    )


def found(viewer: Viewer, part: Part, words: str, group: str, day: date) -> tuple[list[Choice], bool]:
    """Return people for a search, at most 60 (a whole class when a class is asked for), and whether there are more."""
    subjects = matching(pickable(viewer, part.of, day), words)
    if group:
        inside = Link.objects.filter(
            kind__in=GROUP_LINKS.values(),
            b__public_id=group,
            b__school_id=viewer.school_id,
            superseded_at=FOREVER,
            valid_from__lte=day,
            valid_to__gte=day,
        )
        subjects = subjects.filter(pk__in=inside.values("a"))
    rows = list(subjects.order_by("pinyin", "pk")[: MOST_FOUND + 1])
    return choices(rows[:MOST_FOUND], day), len(rows) > MOST_FOUND


def groups(viewer: Viewer, part: Part, day: date) -> list[dict]:
    """Return the classes (for students) or branches (for staff) that have people this viewer may pick."""
    kinds = [GROUP_LINKS[t] for t in sorted(types_of(part.of)) if t in GROUP_LINKS]
    if not kinds:
        return []
    people = pickable(viewer, part.of, day)
    rows = (
        Link.objects.filter(
            kind__in=kinds,
            superseded_at=FOREVER,
            valid_from__lte=day,
            valid_to__gte=day,
            a__in=people.values("pk"),
        )
        .values("b__public_id", "b__name", "b__pinyin")
        .annotate(count=Count("a", distinct=True))
        .order_by("b__pinyin", "b__name")
    )
    return [{"id": r["b__public_id"], "name": r["b__name"], "count": r["count"]} for r in rows]


def suggested(viewer: Viewer, part: Part, kind: str, day: date) -> list[Subject]:
    """Return whom somebody most likely means before typing: own class, oneself, those of recent entries, all groups."""
    subjects = pickable(viewer, part.of, day)
    types = types_of(part.of)
    own = viewer.posts.get("homeroom_teacher", frozenset()) | viewer.posts.get(
        "homeroom_liaison", frozenset()
    )
    likely = Q(pk__in=_recent(viewer, kind, part.name))
    if viewer.person_id:
        likely |= Q(pk=viewer.person_id)
    if "student" in types and own:
        likely |= Q(Exists(_links("enrolled_in", day).filter(a=OuterRef("pk"), b__in=own)))
    gathered = types - {"student", "staff", "guardian", "outsider"}
    if gathered:
        likely |= Q(type__in=gathered)
    rows = list(subjects.filter(likely).order_by("pinyin", "pk")[: MOST_FOUND * 2])
    if not rows and types & {"student", "staff"}:
        rows = list(subjects.order_by("pinyin", "pk")[:MOST_RECENT])
    first = own | {viewer.person_id}
    return sorted(rows, key=lambda s: s.pk not in first)


def _recent(viewer: Viewer, kind: str, part: str) -> list[int]:
    entries = list(
        Entry.objects.current()
        .filter(school_id=viewer.school_id, recorded_by=viewer.account, kind=kind)
        .order_by("-id")
        .values_list("pk", flat=True)[:8]
    )
    rows = Participation.objects.filter(entry__in=entries, part=part, via=None).order_by("-id")
    return list(dict.fromkeys(rows.values_list("subject_id", flat=True)[:200]))[:MOST_RECENT]


def choices(subjects: Sequence[Subject], day: date, selected: Iterable[int] = ()) -> list[Choice]:
    """Return lines of the picker; a student's class stands beside the name. One query."""
    chosen = set(selected)
    rooms = homeroom_names([s.pk for s in subjects if s.type == "student"], day)
    return [
        Choice(s.public_id, s.name, rooms.get(s.pk, ""), s.pinyin, s.initials, s.pk in chosen)
        for s in subjects
    ]


def homeroom_names(students: Sequence[int], day: date) -> dict[int, str]:
    """Return {student: name of the class on a day}."""
    if not students:
        return {}
    rows = _links("enrolled_in", day).filter(a__in=students)
    return dict(rows.values_list("a_id", "b__name"))
