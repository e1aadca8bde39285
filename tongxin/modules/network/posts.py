"""Who stands where in the network: committee, counsellors, homeroom teachers, peer supporters. All are dated posts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import ALWAYS, FOREVER
from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.people import services as people

LEADER, COMMITTEE, COUNSELLOR = "care_leader", "committee_member", "counsellor"
HOMEROOM, PEER = "homeroom_teacher", "peer_supporter"
UP = (LEADER, COMMITTEE, COUNSELLOR)
MOST = 2
# Who may set the posts of the whole school; a homeroom teacher sets those of the own class.
SETTERS = frozenset({"secretary", LEADER, COUNSELLOR})


class Refused(ValueError):
    """The post cannot be given; the sentence says what to do."""


@dataclass
class Place:
    """One class. without: {post: day since when nobody holds it, None: never was}; last_week: Monday of its last report."""

    room: Subject
    teachers: list[Link] = field(default_factory=list)
    supporters: list[Link] = field(default_factory=list)
    without: dict[str, date | None] = field(default_factory=dict)
    last_week: date | None = None

    @property
    def missing_teacher(self) -> bool:
        return HOMEROOM in self.without

    @property
    def missing_supporter(self) -> bool:
        return PEER in self.without

    @property
    def no_teacher_since(self) -> date | None:
        return self.without.get(HOMEROOM)

    @property
    def no_supporter_since(self) -> date | None:
        return self.without.get(PEER)


def held(school: School | int, kinds: Iterable[str], day: date) -> QuerySet[Link]:
    """Return the posts of some kinds held on a day by people who are there."""
    return Link.objects.filter(
        school=school, kind__in=list(kinds), superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day,
        a__present_from__lte=day, a__present_to__gte=day,
    )  # fmt: skip


def holders(school: School | int, post: str, day: date, at: int | None = None) -> list[Subject]:
    """Return who holds a post on a day, at a class where one is named, those in office longest first."""
    links = held(school, [post], day)
    if at is not None:
        links = links.filter(b=at)
    return [link.a for link in links.select_related("a").order_by("valid_from", "pk")]


def rooms(school: School | int, day: date) -> QuerySet[Subject]:
    """Return the classes that are there on a day, in their order."""
    there = Subject.objects.filter(school=school, type="homeroom", present_from__lte=day, present_to__gte=day)
    return there.order_by("pinyin", "pk")


def rooms_to_set(viewer: Viewer) -> QuerySet[Subject]:
    """Return the classes whose peer supporters this viewer appoints."""
    if viewer.school_id is None or not viewer.may("network_edit"):
        return Subject.objects.none()
    there = rooms(viewer.school_id, viewer.day)
    return there if sets_school(viewer) else there.filter(pk__in=viewer.posts.get(HOMEROOM, ()))


def sets_school(viewer: Viewer) -> bool:
    return viewer.may("network_edit") and bool(viewer.roles & SETTERS)


def own_rooms(viewer: Viewer) -> QuerySet[Subject]:
    """Return the classes somebody is the homeroom teacher of today."""
    return rooms(viewer.school_id or 0, viewer.day).filter(pk__in=viewer.posts.get(HOMEROOM, ()))


def supported_room(viewer: Viewer) -> Subject | None:
    """Return the class a peer supporter speaks for: the own one, while they are in it."""
    at = viewer.posts.get(PEER, frozenset()) & viewer.posts.get("enrolled_in", frozenset())
    return rooms(viewer.school_id or 0, viewer.day).filter(pk__in=at).first()


def members(room: Subject | int, day: date) -> QuerySet[Subject]:
    """Return the students of a class on a day."""
    enrolled = Link.objects.filter(
        kind="enrolled_in", b=room, superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    )
    there = Subject.objects.filter(type="student", present_from__lte=day, present_to__gte=day)
    return there.filter(pk__in=enrolled.values("a_id")).order_by("pinyin", "pk")


def room_of(student: Subject | int, day: date) -> Subject | None:
    """Return the class a student is in on a day."""
    links = Link.objects.filter(
        kind="enrolled_in", a=student, superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    )
    link = links.select_related("b").order_by("-valid_from", "-pk").first()
    return link.b if link else None


def places(school: School, day: date, last_weeks: dict[int, date]) -> list[Place]:
    """Return every class with who stands in it and what is missing since when; the same few queries for any school."""
    found = {room.pk: Place(room, last_week=last_weeks.get(room.pk)) for room in rooms(school, day)}
    for link in held(school, (HOMEROOM, PEER), day).select_related("a").order_by("valid_from", "pk"):
        if link.b_id in found:
            place = found[link.b_id]
            (place.teachers if link.kind == HOMEROOM else place.supporters).append(link)
    ended = _ended(school, day)
    for place in found.values():
        if not place.teachers:
            place.without[HOMEROOM] = ended.get((HOMEROOM, place.room.pk))
        if not place.supporters:
            place.without[PEER] = ended.get((PEER, place.room.pk))
    return list(found.values())


def _ended(school: School, day: date) -> dict[tuple[str, int], date]:
    """Return since when a post that was held once is held by nobody: the day after its last holder left it or the school."""
    past = Link.objects.filter(
        school=school, kind__in=(HOMEROOM, PEER), superseded_at=FOREVER, valid_from__lte=day
    )
    last: dict[tuple[str, int], date] = defaultdict(lambda: ALWAYS)
    for kind, room, until, left in past.values_list("kind", "b_id", "valid_to", "a__present_to"):
        last[kind, room] = max(last[kind, room], min(until, left))
    return {key: end + timedelta(days=1) for key, end in last.items() if end < day}


def roster(school: School, day: date) -> dict[str, list[int]]:
    """Return who stands on each level on a day, as the ledger's list of the network asks for it."""
    links = held(school, (*UP, HOMEROOM, PEER), day).order_by("pk").values_list("kind", "a_id")
    found: dict[str, list[int]] = {COMMITTEE: [], COUNSELLOR: [], HOMEROOM: [], PEER: []}
    for kind, person in links:
        level = found[COMMITTEE if kind == LEADER else kind]
        if person not in level:
            level.append(person)
    return {"committee": found.pop(COMMITTEE)} | found


def history(room: Subject, viewer_day: date) -> list[Link]:
    """Return everybody who was ever a peer supporter of a class, the newest first."""
    links = Link.objects.filter(kind=PEER, b=room, superseded_at=FOREVER, valid_from__lte=viewer_day)
    return list(links.select_related("a").order_by("-valid_from", "-pk"))


@transaction.atomic
def appoint_supporter(room: Subject, student: Subject, *, by: Viewer) -> Link:
    """Make a student peer supporter of their own class from today. Raises Refused."""
    day = by.day
    Subject.objects.select_for_update().get(pk=room.pk)
    if not members(room, day).filter(pk=student.pk).exists():
        raise Refused(_("这名学生今天不在这个班，请从本班名单里选。"))
    present = held(room.school_id, [PEER], day).filter(b=room)
    if present.filter(a=student).exists():
        raise Refused(_("%(name)s已经是这个班的心理委员。") % {"name": student.name})
    if present.filter(valid_to__gt=day).count() >= MOST:
        raise Refused(_("一个班最多两名心理委员。请先结束一位，再任命新的。"))
    return people.appoint(student, PEER, room, since=day, by=by)


@transaction.atomic
def appoint_up(person: Subject, post: str, *, by: Viewer) -> Link:
    """Give a member of staff a post of the upper levels from today. Raises Refused."""
    if post not in (LEADER, COMMITTEE):
        raise Refused(_("这个职务在“人员”里任命。"))
    if held(person.school_id, [post], by.day).filter(a=person).exists():
        raise Refused(_("%(name)s已经在了。") % {"name": person.name})
    return people.appoint(person, post, people.school_subject(person.school), since=by.day, by=by)


def end(link: Link, *, by: Viewer) -> Link:
    """Let a post end with today."""
    return people.end_post(link, by.day, by=by)
