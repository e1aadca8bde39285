"""Who has somebody and who has not: coverage of both sides of a kind of pair, with load, by name or as figures only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.exchange.documents.sheets import Column, Sheet
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Attribute, Link, Subject
from tongxin.kernel.obligations.queries import Counts
from tongxin.ui import formats

from .kinds import HOMEROOM, STUDENT, PairKind
from .pairs import LEAD, A, B, _members, led, on

PAGE = 40
MEMBER = "member"


@dataclass(frozen=True)
class Row:
    """One of a side with those on the other. name; group: class or branch; others: (name, since) of each partner."""

    subject: Subject
    group: str
    others: list[Link]
    side: str

    @property
    def names(self) -> list[str]:
        return [(link.b if self.side == A else link.a).name for link in self.others]


@dataclass(frozen=True)
class Figures:
    """covered of everyone of a side. everyone 0: nobody to reckon over; hidden: so few that a figure would tell who;
    reckoned: whether the kind says who should have somebody, else only how many have."""

    title: str
    covered: int
    everyone: int
    hidden: bool = False
    reckoned: bool = True

    @property
    def words(self) -> str:
        if not self.everyone:
            return _("没有可算的人")
        if self.hidden:
            return _("人数太少，不显示")
        if not self.reckoned:
            return ngettext("%(n)d 个", "%(n)d 个", self.covered) % {"n": self.covered}
        words = {"n": self.covered, "of": self.everyone}
        share = formats.percent_words(self.covered, self.everyone)
        return _("%(n)d/%(of)d") % words + f"（{share}）"


def may_see(viewer: Viewer, kind: PairKind) -> bool:
    """Say whether there is anything of a kind for a viewer: names of those it leads, or figures."""
    if not viewer.may(LEAD):
        return False
    return led(viewer, kind) is not None or figures_only(viewer, kind)


def figures_only(viewer: Viewer, kind: PairKind) -> bool:
    """Whether a viewer learns no more of a kind than how many."""
    reach = viewer.reach(kind.led_class)
    return led(viewer, kind) is None and (reach.counts or bool(reach.counted))


def held(kind: PairKind, viewer: Viewer) -> QuerySet[Link]:
    return Link.objects.filter(
        on(viewer.day), school_id=viewer.school_id, kind=kind.link, superseded_at=FOREVER
    )


def everyone(viewer: Viewer, kind: PairKind, side: str) -> QuerySet[Subject]:
    """Return whom coverage of a side is reckoned over; where the kind says nobody, all that are in such a pair."""
    wanted = kind.everyone(side)
    here = Subject.objects.filter(
        school_id=viewer.school_id, present_from__lte=viewer.day, present_to__gte=viewer.day
    )
    if wanted == MEMBER:
        members = Link.objects.filter(
            on(viewer.day), kind="branch_member", a=OuterRef("pk"), superseded_at=FOREVER
        )
        return here.filter(Exists(members), type="staff")
    if wanted == HOMEROOM:
        taught = Link.objects.filter(
            on(viewer.day), kind="enrolled_in", b=OuterRef("pk"), superseded_at=FOREVER
        )
        return here.filter(Exists(taught), type=HOMEROOM)
    paired = held(kind, viewer).values("a" if side == A else "b")
    if wanted:
        marked = Attribute.objects.current().filter(
            on(viewer.day), subject=OuterRef("pk"), name__in=wanted["attributes"], value="true"
        )
        # Whoever is paired belongs here too: a pair may be made for a reason that is no attribute.
        return here.filter(Q(Exists(marked)) | Q(pk__in=paired), type=kind.b_type)
    return here.filter(pk__in=paired)


def _within(viewer: Viewer, kind: PairKind, side: str, people: QuerySet[Subject]) -> QuerySet[Subject]:
    """Narrow a side to those whose pairs a viewer leads."""
    condition = led(viewer, kind)
    if condition is None:
        return people.none()
    if not condition:
        return people
    rooms = viewer.posts.get("homeroom_teacher", frozenset())
    branches = viewer.posts.get("branch_secretary", frozenset())
    if kind.with_child:
        mine = _members("enrolled_in", rooms, viewer.day, "pk")
        if side == B:
            return people.filter(mine)
        return people.filter(pk__in=held(kind, viewer).filter(condition).values("a"))
    if side == A:
        return people.filter(_members("branch_member", branches, viewer.day, "pk"))
    return people.filter(pk__in=held(kind, viewer).filter(condition).values("b"))


def listed(
    viewer: Viewer, kind: PairKind, side: str, *, words: str = "", only: str = ""
) -> QuerySet[Subject]:
    """Return a side by name, with `n` = pairs today. words: part of a name or its pinyin; only: "without" or "many"."""
    rows = _within(viewer, kind, side, everyone(viewer, kind, side))
    column = "links_out" if side == A else "links_in"
    held_now = Q(
        **{
            f"{column}__kind": kind.link,
            f"{column}__superseded_at": FOREVER,
            f"{column}__valid_from__lte": viewer.day,
            f"{column}__valid_to__gte": viewer.day,
        }
    )
    rows = rows.annotate(n=Count(column, filter=held_now, distinct=True))
    wanted = "".join(words.split())
    if wanted:
        keys = wanted.lower()
        rows = rows.filter(
            Q(name__contains=wanted) | Q(pinyin__startswith=keys) | Q(initials__startswith=keys)
        )
    if only == "without":
        rows = rows.filter(n=0)
    elif only == "many":
        rows = rows.filter(n__gt=1)
    return rows.order_by("pinyin", "pk")


def with_others(viewer: Viewer, kind: PairKind, side: str, people: list[Subject]) -> list[Row]:
    """Return people with their partners, whom the viewer leads; three queries for any number."""
    condition = led(viewer, kind)
    column = "a_id" if side == A else "b_id"
    links = held(kind, viewer).filter(condition if condition is not None else Q(pk__in=[]))
    others: dict[int, list[Link]] = {}
    for link in links.filter(**{f"{column}__in": [one.pk for one in people]}).select_related("a", "b"):
        others.setdefault(getattr(link, column), []).append(link)
    groups = _groups(viewer, people)
    return [Row(one, groups.get(one.pk, ""), others.get(one.pk, []), side) for one in people]


def _groups(viewer: Viewer, people: list[Subject]) -> dict[int, str]:
    """Return the class of each student and the branch of each member, by id."""
    links = Link.objects.filter(
        on(viewer.day), kind__in=("enrolled_in", "branch_member"), superseded_at=FOREVER,
        a__in=[one.pk for one in people],
    )  # fmt: skip
    return dict(links.order_by("pk").values_list("a_id", "b__name"))


def figures(viewer: Viewer, kind: PairKind, side: str) -> Figures:
    """Return how many of a side have somebody: of those led, or of all the viewer gets figures of, small ones hidden."""
    title = kind.a_title if side == A else kind.b_title
    people = everyone(viewer, kind, side)
    hide = figures_only(viewer, kind)
    if not hide:
        people = _within(viewer, kind, side, people)
    elif not viewer.reach(kind.led_class).counts:
        people = _of_branches(viewer, kind, side, people)
    column = "a" if side == A else "b"
    covered = people.filter(pk__in=held(kind, viewer).values(column)).count()
    total = people.count()
    few = hide and kind.private and Counts(met=covered, missed=total - covered).small
    return Figures(title, covered, total, few, bool(kind.everyone(side)))


def _of_branches(viewer: Viewer, kind: PairKind, side: str, people: QuerySet[Subject]) -> QuerySet[Subject]:
    """Narrow a side to what a branch's figures are about: its members, and whom they are paired with."""
    branches = viewer.reach(kind.led_class).counted
    if side == A:
        return people.filter(_members("branch_member", branches, viewer.day, "pk"))
    links = held(kind, viewer).filter(_members("branch_member", branches, viewer.day, "a_id"))
    return people.filter(pk__in=links.values("b"))


def new_round_url(viewer: Viewer) -> str:
    """Return where a round is begun in which pairs are formed, "" where this installation has none or the viewer may not."""
    try:
        return reverse("rounds:choose") if viewer.may("pairing") else ""
    except NoReverseMatch:
        return ""


def sheet(viewer: Viewer, kind: PairKind, side: str) -> Sheet:
    """Return a side as an Excel sheet, everybody whose pairs the viewer leads."""
    title = kind.a_title if side == A else kind.b_title
    other = kind.b_title if side == A else kind.a_title
    group = _("班级") if side == B and kind.b_type == STUDENT else _("支部")
    columns = [Column(title), Column(group), Column(_("结对数")), Column(other), Column(_("从哪天起"))]
    return Sheet(kind.title, columns, _cells(viewer, kind, side), title=f"{kind.title} · {title}")


def _cells(viewer: Viewer, kind: PairKind, side: str) -> Iterator[list[Any]]:
    people = list(listed(viewer, kind, side))
    for row in with_others(viewer, kind, side, people):
        since = "、".join(link.valid_from.isoformat() for link in row.others if link.valid_from.year > 1900)
        yield [row.subject.name, row.group, len(row.others), "、".join(row.names), since]
