"""Who is asking: the person behind a request, their roles today, and how far each data class reaches for them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from django.db.models import Exists, OuterRef, Q, QuerySet

from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Account, Link, School, Subject, SubjectType
from tongxin.kernel.people.models import Person
from tongxin.ui import prepared

from . import policy


@dataclass(frozen=True)
class Reach:
    """Whose data of one class somebody may read. `counts`: figures of the school, small ones suppressed;
    `counted`: branches of which the same holds."""

    school: bool = False
    homerooms: frozenset[int] = frozenset()
    branches: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()
    counts: bool = False
    counted: frozenset[int] = frozenset()

    @property
    def nothing(self) -> bool:
        return not (self.school or self.homerooms or self.branches or self.people)

    @property
    def names(self) -> Reach:
        """The same reach without the figures beyond it."""
        return replace(self, counts=False, counted=frozenset())

    def as_tuple(self) -> tuple:
        return (self.school, self.homerooms, self.branches, self.people)


@dataclass(frozen=True, eq=False)
class Viewer:
    """The person asking, on one day, at one school.

    posts: {post or care link: subjects it is held at}; roles: the policy's role names. proved: a second factor was
    given within the last minutes (see doors.step_up).
    """

    account: Account | None
    school: School | None
    person: Person | None
    day: date
    posts: dict[str, frozenset[int]] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    children: frozenset[int] = frozenset()
    proved: bool = False

    @property
    def account_id(self) -> int | None:
        return self.account.pk if self.account else None

    @property
    def school_id(self) -> int | None:
        return self.school.pk if self.school else None

    @property
    def person_id(self) -> int | None:
        return self.person.pk if self.person else None

    @cached_property
    def signature(self) -> tuple:
        """All that a query over what this viewer may see can depend on, as a key for prepared queries."""
        posts = frozenset(self.posts.items())
        return (
            self.account_id,
            self.school_id,
            self.person_id,
            self.day,
            posts,
            self.roles,
            self.children,
        )

    @property
    def signed_in(self) -> bool:
        return self.account is not None

    @cached_property
    def verbs(self) -> frozenset[str]:
        do = policy.table()["do"]
        return frozenset().union(*(do.get(role, frozenset()) for role in self.roles))

    @property
    def needs_second_factor(self) -> bool:
        return bool(self.roles & policy.second_factor_roles())

    def may(self, verb: str) -> bool:
        return verb in self.verbs

    def reach(self, data_class: str) -> Reach:
        """Return whose data of a class this viewer may read."""
        if data_class == "K0" and self.school is not None:
            return Reach(school=True)
        return self._reach("read", data_class)

    def sealed_reach(self, data_class: str) -> Reach:
        """Return whose sealed data of a class this viewer may open (see kernel.access.reading)."""
        return self._reach("sealed", data_class)

    def _reach(self, part: str, data_class: str) -> Reach:
        if self.school is None:
            return Reach()
        read = policy.table()[part]
        school = counts = False
        homerooms: set[int] = set()
        branches: set[int] = set()
        counted: set[int] = set()
        people: set[int] = set()
        for role in self.roles:
            how = read.get(role, {}).get(data_class)
            school |= how == "school"
            counts |= how == "counts"
            if how == "class":
                homerooms |= self.posts.get(role, frozenset())
            elif how == "branch":
                branches |= self.posts.get(role, frozenset())
            elif how == "branch_counts":
                counted |= self.posts.get(role, frozenset())
            elif how == "mentees":
                people |= self.posts.get(role, frozenset())
            if how and how != "duty" and self.person_id:
                people |= {self.person_id, *self.children}
        return Reach(
            school,
            frozenset(homerooms),
            frozenset(branches),
            frozenset(people),
            counts or school,
            frozenset(counted),
        )


NOBODY_ROLES: frozenset[str] = frozenset()


def nobody(day: date) -> Viewer:
    return Viewer(account=None, school=None, person=None, day=day)


def person_at(account_id: int, school_id: int) -> Person | None:
    """Return an account's person at a school with subject and school. Asked in every request, so it is prepared."""
    return _with_subject_and_school(
        "person at a school",
        lambda at: Person.objects.filter(account_id=at["account"], school_id=at["school"]).order_by("pk")[:1],
        {"account": account_id, "school": school_id},
    )


def first_person(account_id: int) -> Person | None:
    """Return the first person an account was linked to, for a session that names no school."""
    return _with_subject_and_school(
        "first person of an account",
        lambda at: Person.objects.filter(account_id=at["account"]).order_by("pk")[:1],
        {"account": account_id},
    )


def _with_subject_and_school(key: str, build: prepared.Build, values: dict[str, int]) -> Person | None:
    found = prepared.joined(((Person, ""), (Subject, "subject__"), (School, "school__")), key, build, values)
    if not found:
        return None
    person, person.subject, person.school = found[0]
    return person


def _posts_of(person: Person, day: date) -> list[tuple]:
    """Return [(kind, other subject)] of a person's links today; asked anew in every request, so that rights end at once."""
    return prepared.rows(
        "posts of a person",
        lambda at: Link.objects.filter(
            a_id=at["person"],
            school_id=at["school"],
            superseded_at=FOREVER,
            valid_from__lte=at["day"],
            valid_to__gte=at["day"],
        ).values_list("kind", "b_id"),
        {"person": person.pk, "school": person.school_id, "day": day.toordinal()},
    )


def viewer_for(account: Account, school: School | None, day: date) -> Viewer:
    """Return the viewer an account is at a school today; at a school it has no person in, it is a stranger."""
    return viewer_of(account, person_at(account.pk, school.pk) if school is not None else None, day)


def viewer_of(account: Account, person: Person | None, day: date) -> Viewer:
    """Return the viewer an account is as one person (see person_at); without one it is a stranger."""
    if person is None or not person.subject.present_from <= day <= person.subject.present_to:
        roles = frozenset({"founder"}) if account.is_founder else NOBODY_ROLES
        return Viewer(account=account, school=None, person=None, day=day, roles=roles)
    posts: dict[str, set[int]] = {}
    for kind, at in _posts_of(person, day):
        posts.setdefault(kind, set()).add(at)
    held: set[str] = {p for p in posts if p in policy.POSTS or p in policy.CARE_LINKS}
    held |= {person.subject.type} & {"staff", "student", "guardian"}
    if person.subject.type == "student":
        held |= posts.keys() & policy.STUDENT_POSTS.keys()
    if "branch_member" in posts:
        held.add("party_member")
    if account.is_founder:
        held.add("founder")
    return Viewer(
        account=account,
        school=person.school,
        person=person,
        day=day,
        posts={kind: frozenset(at) for kind, at in posts.items()},
        roles=frozenset(held),
        children=frozenset(posts.get("guardian_of", ())),
    )


# The class of a subject's own name, by type.
NAME_CLASS = {
    SubjectType.STUDENT: "K2",
    SubjectType.GUARDIAN: "K2",
    SubjectType.STAFF: "K0",
    SubjectType.OUTSIDER: "K1",
    SubjectType.FAMILY: "K2",
    SubjectType.CASE: "K4e",
}


def _members(kind: str, of, day: date):
    return Exists(
        Link.objects.filter(
            a_id=OuterRef("pk"),
            kind=kind,
            b_id__in=of,
            superseded_at=FOREVER,
            valid_from__lte=day,
            valid_to__gte=day,
        )
    )


def _families(reach: Reach, day: date) -> Exists:
    """A family is within reach where one of its children is."""
    held = {"superseded_at": FOREVER, "valid_from__lte": day, "valid_to__gte": day}
    enrolled = Link.objects.filter(kind="enrolled_in", b_id__in=reach.homerooms, **held)
    children = Q(a_id__in=reach.people) | Q(a_id__in=enrolled.values("a_id"))
    return Exists(Link.objects.filter(children, kind="of_family", b_id=OuterRef("pk"), **held))


def within_reach(viewer: Viewer, reach: Reach) -> Q:
    """Return the condition on Subject rows that lie within a reach (always inside the viewer's school)."""
    if viewer.school_id is None:
        return Q(pk__in=[])
    own = Q(school_id=viewer.school_id)
    if reach.school:
        return own
    allowed = Q(pk__in=reach.people | reach.homerooms | reach.branches)
    if reach.homerooms:
        allowed |= Q(_members("enrolled_in", reach.homerooms, viewer.day))
    if reach.branches:
        allowed |= Q(_members("branch_member", reach.branches, viewer.day))
    if reach.people or reach.homerooms:
        allowed |= Q(type=SubjectType.FAMILY) & Q(_families(reach, viewer.day))
    return own & allowed


def visible_subjects(viewer: Viewer, data_class: str | None = None) -> QuerySet[Subject]:
    """Return the subjects this viewer may see.

    data_class: what would be shown about them; None: only the name. Groups (homeroom, branch …) show their
    name to all staff; names of students and guardians are K2.
    """
    if viewer.school_id is None:
        return Subject.objects.none()
    if data_class is not None:
        return Subject.objects.filter(within_reach(viewer, viewer.reach(data_class)))
    condition = Q(pk__in=[])
    by_class: dict[str, list[str]] = {}
    for type_ in SubjectType.values:
        if type_ in ("student", "guardian") or viewer.roles & {"staff", "founder"} or viewer.may("bureau"):
            by_class.setdefault(NAME_CLASS.get(SubjectType(type_), "K0"), []).append(type_)
    for name_class, types in by_class.items():
        condition |= Q(type__in=types) & within_reach(viewer, viewer.reach(name_class))
    return Subject.objects.filter(condition, school_id=viewer.school_id)
