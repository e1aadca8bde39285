"""Who plans for which families, who goes where, and who reads what came of it.

Planning follows the reach of family facts (K3): homeroom teachers their class, counsellors the school. Whoever goes on a
visit sees that family's name, address and time while the visit is theirs, and nothing about why it is visited.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from tongxin.kernel.access.viewer import Reach, Viewer, within_reach
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject

from .models import FamilyRequest, RouteMember, Visit, VisitRecord, VisitRound, VisitRoute

# Visitors may still look and write down for so long after the last day of a round; then names and addresses close by
# themselves, whether or not anybody ended the round.
WRITING_UP = timedelta(days=14)
# A record names at most so many who went: two pairs.
MOST_WENT = 4
HOMEROOM, MENTOR = "homeroom_teacher", "mentor_of"


def whole_school(viewer: Viewer) -> bool:
    """Say whether somebody plans visits for the whole school."""
    return viewer.may("visits_plan") and viewer.reach("K3").school


def planned_for(viewer: Viewer) -> QuerySet[Subject]:
    """Return the students whose visits somebody plans, those who are there today."""
    if viewer.school_id is None or not viewer.may("visits_plan"):
        return Subject.objects.none()
    reach = viewer.reach("K3")
    own = Reach(school=reach.school, homerooms=reach.homerooms)
    return _there(viewer).filter(within_reach(viewer, own), type="student")


def _there(viewer: Viewer) -> QuerySet[Subject]:
    return Subject.objects.filter(
        school_id=viewer.school_id, present_from__lte=viewer.day, present_to__gte=viewer.day
    )


def rooms(viewer: Viewer) -> QuerySet[Subject]:
    """Return the classes somebody plans for."""
    found = _there(viewer).filter(type="homeroom").order_by("pinyin", "pk")
    if whole_school(viewer):
        return found
    if not viewer.may("visits_plan"):
        return found.none()
    return found.filter(pk__in=viewer.reach("K3").homerooms)


def staff(viewer: Viewer) -> QuerySet[Subject]:
    return _there(viewer).filter(type="staff").order_by("pinyin", "pk")


def rounds(viewer: Viewer) -> QuerySet[VisitRound]:
    """Return the rounds somebody works on: of their class; of the school for whoever plans for it."""
    if not viewer.may("visits_plan"):
        return VisitRound.objects.none()
    found = VisitRound.objects.filter(school_id=viewer.school_id).select_related("homeroom", "made_by")
    if whole_school(viewer):
        return found
    return found.filter(homeroom__in=viewer.reach("K3").homerooms)


def stops(route: VisitRoute) -> QuerySet[Visit]:
    """Return the visits on a route: its own, and those of another route that it joins."""
    return Visit.objects.filter(Q(route=route) | Q(joined=route))


def route_of(viewer: Viewer, visit: Visit) -> VisitRoute | None:
    """Return the route of a visit that is the viewer's own; the pair's for whoever goes on neither."""
    if visit.joined is not None and viewer.person_id in visit.joined.people:
        return visit.joined
    return visit.route


def _goes(viewer: Viewer, visit: str = "") -> Q:
    """The condition that somebody is on a route of a visit; visit: the way to it, as "visit__"."""
    mine = RouteMember.objects.filter(person_id=viewer.person_id or 0)
    return Q(Exists(mine.filter(route=OuterRef(f"{visit}route")))) | Q(
        Exists(mine.filter(route=OuterRef(f"{visit}joined")))
    )


def routes(viewer: Viewer) -> QuerySet[VisitRoute]:
    """Return the routes of published rounds somebody goes on, and those of rounds they plan."""
    if viewer.person_id is None:
        return VisitRoute.objects.none()
    mine = Exists(RouteMember.objects.filter(route=OuterRef("pk"), person_id=viewer.person_id))
    found = VisitRoute.objects.filter(school_id=viewer.school_id).select_related("round")
    return found.filter((Q(mine) & _open(viewer)) | Q(round__in=rounds(viewer).order_by().values("pk")))


def _open(viewer: Viewer) -> Q:
    """The condition on routes and visits: published, and not long over."""
    return Q(round__state=VisitRound.State.PUBLISHED, round__last_day__gte=viewer.day - WRITING_UP)


def still_here(viewer: Viewer) -> Q:
    """The condition on visits: of a child who has left nobody visits the family any more."""
    return Q(student__present_from__lte=viewer.day, student__present_to__gte=viewer.day)


def planned_visits(viewer: Viewer) -> QuerySet[Visit]:
    """Return the visits of rounds somebody works on."""
    found = Visit.objects.filter(still_here(viewer), round__in=rounds(viewer).order_by().values("pk"))
    return found.select_related("student", "round", "round__school", "route", "joined", "declined_by")


def of_own_children(viewer: Viewer) -> QuerySet[Visit]:
    """Return the visits, in whichever round, to families somebody plans for."""
    mine = planned_for(viewer).order_by().values("pk")
    found = Visit.objects.filter(student__in=mine, school_id=viewer.school_id)
    return found.select_related("student", "round")


def workable(viewer: Viewer) -> QuerySet[Visit]:
    """Return the visits somebody may mark as reached or record: their own, and those they plan."""
    own = _goes(viewer) & _open(viewer)
    planned = Q(round__in=rounds(viewer).order_by().values("pk"))
    found = Visit.objects.filter(own | planned, still_here(viewer), school_id=viewer.school_id)
    return found.select_related("student", "round", "route", "joined")


def may_record(viewer: Viewer, student: Subject) -> bool:
    """Say whether somebody may write down a visit to a family without a plan: homeroom teacher, mentor, counsellor."""
    if not viewer.may("visits") or student.school_id != viewer.school_id or student.type != "student":
        return False
    if planned_for(viewer).filter(pk=student.pk).exists():
        return True
    return student.pk in viewer.posts.get(MENTOR, frozenset())


def records(viewer: Viewer) -> QuerySet[VisitRecord]:
    """Return the records somebody reads: of children they plan for or mentor, and those they wrote or were there for."""
    if not viewer.may("visits") or viewer.person_id is None:
        return VisitRecord.objects.none()
    # Somebody who was to go and did not is no reader: `people` are those who went.
    went = Q()
    for at in range(MOST_WENT):
        went |= Q(**{f"people__{at}": viewer.person_id})
    there = _goes(viewer, "visit__") & went
    mine = Q(by_id=viewer.person_id) | there | Q(student__in=viewer.posts.get(MENTOR, frozenset()))
    reach = Q(student__in=planned_for(viewer).order_by().values("pk"))
    found = VisitRecord.objects.filter(mine | reach, school_id=viewer.school_id)
    return found.select_related("student", "by")


def requests(viewer: Viewer) -> QuerySet[FamilyRequest]:
    """Return the difficulties somebody sees: those they take care of or wrote down, and those of children they plan for."""
    if not viewer.may("visits") or viewer.person_id is None:
        return FamilyRequest.objects.none()
    mine = Q(owner_id=viewer.person_id) | Q(found_by_id=viewer.person_id)
    reach = Q(student__in=planned_for(viewer).order_by().values("pk"))
    found = FamilyRequest.objects.filter(mine | reach, school_id=viewer.school_id)
    return found.select_related("student", "owner", "found_by")


def of_family(viewer: Viewer) -> QuerySet[Visit]:
    """Return the published visits of a guardian's own children."""
    return Visit.objects.filter(
        school_id=viewer.school_id, student__in=viewer.children, round__state=VisitRound.State.PUBLISHED
    ).select_related("student", "round", "route", "joined")


def rooms_of(students: Iterable[int], viewer: Viewer) -> dict[int, Subject]:
    """Return {student: the class they are in today}."""
    links = Link.objects.filter(
        kind="enrolled_in", a_id__in=list(students), superseded_at=FOREVER, valid_from__lte=viewer.day,
        valid_to__gte=viewer.day,
    )  # fmt: skip
    return {link.a_id: link.b for link in links.select_related("b").order_by("valid_from", "pk")}


def holders(post: str, viewer: Viewer) -> dict[int, list[int]]:
    """Return {subject a post is held at: people who hold it today}."""
    links = Link.objects.filter(
        school_id=viewer.school_id, kind=post, superseded_at=FOREVER, valid_from__lte=viewer.day,
        valid_to__gte=viewer.day, a__present_from__lte=viewer.day, a__present_to__gte=viewer.day,
    ).order_by("valid_from", "pk")  # fmt: skip
    found: dict[int, list[int]] = {}
    for at, person in links.values_list("b_id", "a_id"):
        found.setdefault(at, []).append(person)
    return found
