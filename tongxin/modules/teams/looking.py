"""Which teams somebody sees: one's own; with a duty for it those of the branch or the school. All else looks absent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from tongxin.kernel.access import policy
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Attribute, Link, School, Subject, SubjectType
from tongxin.kernel.people import teams

from .kinds import LEADER, TeamKind, of_links
from .rules import stated_of

WATCH, FORM = "teams_watch", "teams_form"


@dataclass
class Card:
    """A team as a list shows it. seats: the people of each seat on the day shown."""

    team: Subject
    kind: TeamKind | None
    seats: dict[str, list[Subject]] = field(default_factory=dict)
    ended: bool = False

    @property
    def leaders(self) -> list[Subject]:
        return self.seats.get(LEADER, [])

    @property
    def others(self) -> list[Subject]:
        return [one for seat, people in self.seats.items() if seat != LEADER for one in people]

    @property
    def everybody(self) -> list[Subject]:
        return [*self.leaders, *self.others]


def of_school(viewer: Viewer) -> QuerySet[Subject]:
    return Subject.objects.filter(school_id=viewer.school_id, type=SubjectType.TEAM)


def visible_teams(viewer: Viewer) -> QuerySet[Subject]:
    """Return the teams a viewer may see: those one sits or sat in, and those in the reach of one's duty."""
    if viewer.school_id is None or viewer.person_id is None:
        return Subject.objects.none()
    own = Q(Exists(_inside(teams.IN_TEAM).filter(a_id=viewer.person_id)))
    if not viewer.may(WATCH):
        return of_school(viewer).filter(own)
    reach = viewer.reach("K2")
    if _whole(viewer):
        return of_school(viewer)
    return of_school(viewer).filter(own | _led_from(reach.branches, viewer.day))


def _whole(viewer: Viewer) -> bool:
    """The reach of one's own duty counts, not that of another post that has nothing to do with teams."""
    table = policy.table()
    return any(
        WATCH in table["do"].get(role, ()) and table["read"].get(role, {}).get("K2") == "school"
        for role in viewer.roles
    )


def _led_from(branches: Iterable[int], day: date) -> Exists:
    held = {"superseded_at": FOREVER, "valid_from__lte": day, "valid_to__gte": day}
    members = Link.objects.filter(kind="branch_member", b_id__in=list(branches), **held)
    return Exists(_inside(LEADER).filter(a__in=members.values("a_id")))


def _inside(link: str) -> QuerySet[Link]:
    return Link.objects.filter(kind=link, b_id=OuterRef("pk"), superseded_at=FOREVER)


def is_member(viewer: Viewer, team: Subject) -> bool:
    """Say whether the viewer sits in a team today."""
    return team.pk in viewer.posts.get(teams.IN_TEAM, frozenset())


def may_edit(viewer: Viewer, team: Subject) -> bool:
    """Say whether the viewer may write for a team: who sits in it today, and who forms teams within reach."""
    return is_member(viewer, team) or may_change(viewer, team)


def may_change(viewer: Viewer, team: Subject) -> bool:
    """Say whether the viewer may replace people and end a team: its leader, and who forms teams within reach."""
    if team.pk in viewer.posts.get(LEADER, frozenset()):
        return True
    return viewer.may(FORM) and _in_duty(viewer, team)


def _in_duty(viewer: Viewer, team: Subject) -> bool:
    if _whole(viewer):
        return True
    return of_school(viewer).filter(_led_from(viewer.reach("K2").branches, viewer.day), pk=team.pk).exists()


def may_lead(viewer: Viewer) -> bool:
    """Only Party members propose teams of their own."""
    return "party_member" in viewer.roles and "staff" in viewer.roles


def branches(viewer: Viewer) -> list[Subject]:
    """Return the branches whose teams a viewer watches over."""
    if not viewer.may(WATCH):
        return []
    rows = Subject.objects.filter(school_id=viewer.school_id, type=SubjectType.BRANCH)
    if not _whole(viewer):
        rows = rows.filter(pk__in=viewer.reach("K2").branches)
    return list(rows.order_by("pinyin", "pk"))


def narrowed(
    rows: QuerySet[Subject],
    day: date,
    *,
    kind: TeamKind | None = None,
    branch: Subject | None = None,
    state: str = "",
    words: str = "",
) -> QuerySet[Subject]:
    """Narrow teams to a kind, the branch of their leader, whether they are at work ("now") or over, and a name."""
    if kind is not None:
        rows = rows.filter(Exists(_inside(kind.mark)))
    if branch is not None:
        rows = rows.filter(_led_from([branch.pk], day))
    if state == "now":
        rows = rows.filter(present_from__lte=day, present_to__gte=day)
    elif state == "over":
        rows = rows.filter(present_to__lt=day)
    for word in words.split()[:3]:
        people = _inside(teams.IN_TEAM).filter(
            Q(a__name__contains=word)
            | Q(a__pinyin__startswith=word.lower())
            | Q(a__initials__startswith=word.lower())
        )
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(pinyin__startswith=word.lower())
            | Q(initials__startswith=word.lower())
            | Exists(people)
        )
    return rows


def cards(found: Iterable[Subject], day: date) -> list[Card]:
    """Return teams with their seats: of the day, or of the last day of those that are over. One query."""
    rows = list(found)
    links: dict[int, list[Link]] = defaultdict(list)
    for link in teams.seats_of([one.pk for one in rows]):
        links[link.b_id].append(link)
    return [_card(team, links[team.pk], day) for team in rows]


def _card(team: Subject, links: list[Link], day: date) -> Card:
    on = min(max(day, team.present_from), team.present_to)
    card = Card(team, of_links({link.kind for link in links}), ended=team.present_to < day)
    for link in links:
        if link.valid_from <= on <= link.valid_to:
            card.seats.setdefault(link.kind, []).append(link.a)
    return card


def shown(viewer: Viewer, found: list[Card]) -> list[Card]:
    """Return cards as a viewer may read them: of a student one may not know by name only that somebody sits there."""
    students = {one.pk for card in found for one in card.others if one.type == SubjectType.STUDENT}
    known = _readable(viewer, students)
    for card in found:
        names = Names(students if is_member(viewer, card.team) else known)
        card.seats = {seat: [names.seen(one) for one in people] for seat, people in card.seats.items()}
    return found


def _readable(viewer: Viewer, students: set[int]) -> set[int]:
    if not students or _whole(viewer):
        return students
    return set(visible_subjects(viewer, "K2").filter(pk__in=students).values_list("pk", flat=True))


@dataclass(frozen=True)
class Names:
    """Students a viewer may know by name: those of the own teams, else those in reach of the register."""

    known: set[int]

    def seen(self, one: Subject) -> Subject:
        """Return somebody, or a nameless stand-in for a student whose name is not for the viewer."""
        if one.type != SubjectType.STUDENT or one.pk in self.known:
            return one
        return Subject(
            pk=one.pk, public_id=one.public_id, type=one.type, school_id=one.school_id, name=_("一名学生")
        )


def names_in(viewer: Viewer, team: Subject, students: Iterable[int]) -> Names:
    """Return which of some students of a team a viewer may know by name."""
    ids = set(students)
    return Names(ids if is_member(viewer, team) else _readable(viewer, ids))


def names_of(viewer: Viewer, team: Subject) -> Names:
    """Return the names of everybody who ever sat in a team."""
    ids = [link.a_id for link in teams.seats_of([team.pk]) if link.a.type == SubjectType.STUDENT]
    return names_in(viewer, team, ids)


def card_of(team: Subject, day: date) -> Card:
    return cards([team], day)[0]


@dataclass(frozen=True)
class Gap:
    """How far a kind of team reaches those whom it is for. left: who has no team yet, names first by pinyin."""

    kind: TeamKind
    title: str
    whole: int
    left: list[Subject]

    @property
    def reached(self) -> int:
        return self.whole - len(self.left)


def gaps(viewer: Viewer, school: School, kinds: Iterable[TeamKind]) -> list[Gap]:
    """Return for each kind which teaching members lead no team, and which student members sit in none.

    Branch leaders see the members of their branches; students' names only who may read them of the whole school.
    """
    found = []
    members = _members(viewer, school)
    for kind in kinds:
        seat = kind.seat(LEADER)
        if seat is not None:
            found.append(Gap(kind, seat.title, len(members), _without(members, kind, LEADER, viewer.day)))
        for one in kind.seats:
            if one.of == "student" and one.attribute and one.wanted and _whole(viewer):
                people = _stated_true(school, one.attribute, viewer.day)
                found.append(Gap(kind, one.title, len(people), _without(people, kind, one.name, viewer.day)))
    return found


def _members(viewer: Viewer, school: School) -> list[Subject]:
    """Return the members who teach, as far as it is stated who does; all members where nobody's is."""
    held = {"superseded_at": FOREVER, "valid_from__lte": viewer.day, "valid_to__gte": viewer.day}
    links = Link.objects.filter(kind="branch_member", school=school, b__in=branches(viewer), **held)
    rows = list(
        Subject.objects.filter(
            pk__in=links.values("a"),
            type=SubjectType.STAFF,
            present_from__lte=viewer.day,
            present_to__gte=viewer.day,
        ).order_by("pinyin", "pk")
    )
    teaching = stated_of("teaching", [one.pk for one in rows], viewer.day)
    return [one for one in rows if teaching.get(one.pk, "true") == "true"]


def _stated_true(school: School, attribute: str, day: date) -> list[Subject]:
    rows = Attribute.objects.current().filter(
        school=school, name=attribute, value="true", valid_from__lte=day, valid_to__gte=day
    )
    return list(
        Subject.objects.filter(
            pk__in=rows.values("subject"),
            type=SubjectType.STUDENT,
            present_from__lte=day,
            present_to__gte=day,
        ).order_by("pinyin", "pk")
    )


def _without(people: list[Subject], kind: TeamKind, seat: str, day: date) -> list[Subject]:
    held = {"superseded_at": FOREVER, "valid_from__lte": day, "valid_to__gte": day}
    of_kind = Link.objects.filter(kind=kind.mark, b__type=SubjectType.TEAM, **held).values("b")
    sat = set(
        Link.objects.filter(kind=seat, a__in=[one.pk for one in people], b__in=of_kind, **held).values_list(
            "a_id", flat=True
        )
    )
    return [one for one in people if one.pk not in sat]


def may_form_with(viewer: Viewer, leaders: Iterable[int]) -> bool:
    """Say whether a viewer may form a team led by these people: of one's own branch, or of the whole school."""
    if _whole(viewer):
        return True
    held = {"superseded_at": FOREVER, "valid_from__lte": viewer.day, "valid_to__gte": viewer.day}
    inside = Link.objects.filter(
        kind="branch_member", a__in=list(leaders), b__in=viewer.reach("K2").branches, **held
    )
    return set(inside.values_list("a_id", flat=True)) == set(leaders)
