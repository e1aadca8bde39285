"""Pairs as their people and organisers see them: who is in one, which side a viewer stands on, who leads which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from tongxin.kernel.access import policy
from tongxin.kernel.access.rules import sealed_away
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER, NO_END
from tongxin.kernel.base.models import Link, School, Subject

from .kinds import HOMEROOM, PairKind, pair_kinds

LEAD = "pairs_lead"
# Which side of a pair somebody stands on; a guardian stands beside the child.
A, B, GUARDIAN, NONE = "a", "b", "guardian", ""


@dataclass(frozen=True)
class Pair:
    """Two sides of a kind. links: its rows that hold, the oldest spell first; one after the other over the years."""

    kind: PairKind
    links: tuple[Link, ...]

    @property
    def last(self) -> Link:
        return self.links[-1]

    @property
    def a(self) -> Subject:
        return self.last.a

    @property
    def b(self) -> Subject:
        return self.last.b

    @property
    def public_id(self) -> str:
        return self.last.public_id

    @property
    def key(self) -> tuple[str, int, int]:
        return self.kind.link, self.a.pk, self.b.pk

    @property
    def until(self) -> date:
        return self.last.valid_to

    @property
    def since(self) -> date:
        """The first day of the spell that runs without a gap into the last one."""
        first = self.last.valid_from
        for link in reversed(self.links[:-1]):
            if link.valid_to != NO_END and link.valid_to + timedelta(days=1) < first:
                break
            first = min(first, link.valid_from)
        return first

    def holds_on(self, day: date) -> bool:
        return any(link.holds_on(day) for link in self.links)

    def to_come(self, day: date) -> bool:
        return not self.holds_on(day) and self.last.valid_from > day


def of_pair(pair: Pair) -> dict[str, Any]:
    """The columns by which rows about a pair are found and made."""
    return {"school_id": pair.last.school_id, "kind": pair.kind.link, "a": pair.a, "b": pair.b}


def gathered(links: Iterable[Link], kinds: dict[str, PairKind]) -> list[Pair]:
    """Return links as pairs, those of the same two of a kind together, in the order of the kinds and names."""
    found: dict[tuple[str, int, int], list[Link]] = {}
    for link in links:
        if link.kind in kinds:
            found.setdefault((link.kind, link.a_id, link.b_id), []).append(link)
    order = list(kinds)
    pairs = [
        Pair(kinds[kind], tuple(sorted(rows, key=lambda row: (row.valid_from, row.pk))))
        for (kind, _a, _b), rows in found.items()
    ]
    return sorted(
        pairs,
        key=lambda one: (order.index(one.kind.link), one.a.pinyin, one.a.pk, one.b.pinyin, one.b.pk),
    )


def current(school_id: int | None, kinds: Iterable[str]) -> QuerySet[Link]:
    rows = Link.objects.filter(school_id=school_id, kind__in=list(kinds), superseded_at=FOREVER)
    return rows.select_related("a", "b")


def on(day: date) -> Q:
    return Q(valid_from__lte=day, valid_to__gte=day)


def own(viewer: Viewer, kinds: dict[str, PairKind]) -> list[Pair]:
    """Return the pairs somebody is in on either side, also as guardian or as the class's teacher; past ones too."""
    if viewer.person_id is None:
        return []
    mine = Q(a_id=viewer.person_id) | Q(b_id=viewer.person_id)
    rooms = viewer.posts.get("homeroom_teacher", frozenset())
    mine |= Q(b_id__in=rooms, kind__in=[k for k, one in kinds.items() if one.b_type == HOMEROOM])
    mine |= Q(b_id__in=viewer.children, kind__in=[k for k, one in kinds.items() if one.guardian])
    return gathered(current(viewer.school_id, kinds).filter(mine), kinds)


def side_of(viewer: Viewer, pair: Pair) -> str:
    """Return on which side of a pair a viewer stands, "" for neither."""
    if viewer.person_id is None:
        return NONE
    if pair.a.pk == viewer.person_id:
        return A
    if pair.b.pk == viewer.person_id:
        return B
    if pair.kind.b_type == HOMEROOM and pair.b.pk in viewer.posts.get("homeroom_teacher", frozenset()):
        return B
    if pair.kind.guardian and pair.b.pk in viewer.children:
        return GUARDIAN
    return NONE


def _members(link: str, of: Iterable[int], day: date, column: str) -> Exists:
    held = Link.objects.filter(
        kind=link, a_id=OuterRef(column), b_id__in=list(of), superseded_at=FOREVER, valid_from__lte=day,
        valid_to__gte=day,
    )  # fmt: skip
    return Exists(held)


def led(viewer: Viewer, kind: PairKind) -> Q | None:
    """Return the condition on links of a kind whose pairs a viewer leads; None where it leads none.

    By those roles only that lead pairs at all: school leads everything of the kind, a class teacher pairs with the own
    class's children, a branch secretary pairs whose first side is of the branch.
    """
    if not viewer.may(LEAD):
        return None
    table = policy.table()
    hows = {
        role: table["read"].get(role, {}).get(kind.led_class, "")
        for role in viewer.roles
        if LEAD in table["do"].get(role, ())
    }
    if "school" in hows.values():
        return Q()
    condition: Q | None = None
    for role, how in hows.items():
        at = viewer.posts.get(role, frozenset())
        if how == "class" and kind.with_child:
            part = Q(_members("enrolled_in", at, viewer.day, "b_id"))
        elif how == "branch" and not kind.with_child:
            part = Q(_members("branch_member", at, viewer.day, "a_id"))
        else:
            continue
        condition = part if condition is None else condition | part
    return condition


def leads(viewer: Viewer, pair: Pair) -> bool:
    """Say whether a viewer leads a pair; nobody leads one they are in."""
    condition = led(viewer, pair.kind)
    if condition is None or side_of(viewer, pair):
        return False
    return Link.objects.filter(condition, pk=pair.last.pk).exists()


def leads_all(viewer: Viewer, kind: PairKind) -> bool:
    """Say whether a viewer leads every pair of a kind, and so reads what both said."""
    condition = led(viewer, kind)
    return condition is not None and not condition


def led_pairs(viewer: Viewer, kinds: dict[str, PairKind], when: Q | None = None) -> list[Pair]:
    """Return the pairs a viewer leads, of some kinds; when: a condition on their links' days."""
    wanted = Q(pk__in=[])
    for name, kind in kinds.items():
        condition = led(viewer, kind)
        if condition is not None:
            wanted |= Q(kind=name) & condition
    rows = current(viewer.school_id, kinds).filter(wanted)
    return gathered(rows.filter(when) if when is not None else rows, kinds)


def visible(viewer: Viewer, school: School, public_id: str) -> Pair | None:
    """Return the pair an address names, where the viewer is in it or leads it. An address of a former row still leads there."""
    named = Link.objects.filter(school=school, public_id=public_id).first()
    kinds = pair_kinds(school, viewer.day) if named is not None else {}
    if named is None or named.kind not in kinds:
        return None
    rows = current(school.pk, [named.kind]).filter(a_id=named.a_id, b_id=named.b_id)
    found = gathered(rows, kinds)
    if not found:
        return None
    pair = found[0]
    sealed = pair.kind.with_child and sealed_away(
        pair.b.present_to, viewer.day, policy.limit("kept_open_days")
    )
    return pair if side_of(viewer, pair) or (leads(viewer, pair) and not sealed) else None


def reads(viewer: Viewer, pair: Pair) -> bool:
    """Say whether a viewer may read what is kept about a pair, of which it finds the page.

    The right of a teacher to read about a child ends with the pair; what the teacher did stays in the teacher's own log.
    """
    if side_of(viewer, pair) == A and pair.kind.private:
        return pair.holds_on(viewer.day) or pair.to_come(viewer.day)
    return True


def people_of(pair: Pair, side: str, day: date) -> list[Subject]:
    """Return who speaks for a side: the person, or the class teachers of a class."""
    end = pair.a if side == A else pair.b
    if side == A or pair.kind.b_type != HOMEROOM:
        return [end]
    links = Link.objects.filter(on(day), kind="homeroom_teacher", b=end, superseded_at=FOREVER)
    return [link.a for link in links.select_related("a").order_by("pk")]
