"""Model pairs and persons: an organiser marks one with a citation, all who are asked agree, then the school may read it.

Of a pair with a child only the teacher is shown: that a child is paired at all is nobody's business.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject

from . import entered
from .kinds import HOMEROOM, PairKind
from .models import Shown
from .pairs import LEAD, Pair, leads

KIND = "model_show"
# Who decides whom the whole school reads about.
MARKERS = frozenset({"secretary", "deputy_secretary", "administrator", "office", "branch_secretary"})


class Refused(ValueError):
    """It cannot be done; the sentence says what to do."""


@dataclass(frozen=True)
class Card:
    """What is shown. who: the names; what: the kind of pair, "" of a person."""

    row: Shown
    who: str
    what: str
    waits: tuple[str, ...] = ()


def may_mark(viewer: Viewer) -> bool:
    return viewer.may(LEAD) and bool(viewer.roles & MARKERS)


def shown(viewer: Viewer) -> QuerySet[Shown]:
    """Return what everybody at the school may read: agreed to by all who were asked, and not taken back."""
    agreed = Q(a_said=True) & (Q(b=None) | Q(b_said=True))
    return _rows(viewer).filter(agreed)


def waiting(viewer: Viewer) -> QuerySet[Shown]:
    """Return what still waits for somebody to agree, or was declined, for those who mark."""
    rows = _rows(viewer)
    return rows.exclude(pk__in=shown(viewer).values("pk")) if may_mark(viewer) else rows.none()


def asked(viewer: Viewer) -> QuerySet[Shown]:
    """Return what waits for this viewer to agree."""
    rooms = viewer.posts.get("homeroom_teacher", frozenset())
    mine = Q(a_id=viewer.person_id, a_said=None) | Q(b_id=viewer.person_id, b_said=None)
    mine |= Q(b_id__in=rooms, b__type=HOMEROOM, b_said=None)
    return _rows(viewer).filter(mine)


def _rows(viewer: Viewer) -> QuerySet[Shown]:
    rows = Shown.objects.filter(school_id=viewer.school_id, withdrawn_at=None).select_related("a", "b")
    return rows.order_by("-marked_at", "-pk")


def card(row: Shown, kinds: dict[str, PairKind]) -> Card:
    kind = kinds.get(row.kind)
    waits = []
    if row.a_said is None:
        waits.append(_("等%(name)s同意") % {"name": row.a.name})
    if row.b is not None and row.b_said is None:
        waits.append(_("等%(name)s同意") % {"name": row.b.name})
    if row.a_said is False or row.b_said is False:
        waits = [_("本人不愿展示")]
    names = [row.a.name] + ([row.b.name] if row.b is not None else [])
    return Card(row, " · ".join(names), kind.title if kind else "", tuple(waits))


def mark(
    viewer: Viewer, citation: str, token: str, *, pair: Pair | None = None, person: Subject | None = None
) -> Shown:
    """Put somebody forward; both are asked. Sent twice it is one. Raises Refused."""
    if not may_mark(viewer):
        raise Refused(_("示范由书记、行政、办公室和支部书记推选。"))
    known = Shown.objects.filter(token=token).first()
    if known is not None:
        return known
    if pair is not None:
        if pair.kind.with_child or not leads(viewer, pair):
            raise Refused(_("和学生的结对只展示老师本人，请选“先进个人”。"))
        about = {"kind": pair.kind.link, "a": pair.a, "b": pair.b}
    elif person is not None and person.type == "staff" and person.school_id == viewer.school_id:
        about = {"kind": "", "a": person}
    else:
        raise Refused(_("请选要展示的人。"))
    try:
        with transaction.atomic():
            row = Shown.objects.create(
                school_id=viewer.school_id,
                **about,
                citation=citation,
                marked_by_id=viewer.person_id,
                marked_at=timezone.now(),
                token=token,
            )
            audit.write(viewer, "pairs.model_marked", row)
    except IntegrityError:
        return Shown.objects.get(token=token)
    return row


@transaction.atomic
def say(viewer: Viewer, row: Shown, agree: bool) -> Shown:
    """Note whether somebody who is asked agrees; a later word takes the place of an earlier one. Raises Refused."""
    locked = Shown.objects.select_for_update(of=("self",)).select_related("a", "b").get(pk=row.pk)
    rooms = viewer.posts.get("homeroom_teacher", frozenset())
    if locked.a_id == viewer.person_id:
        locked.a_said = agree
    elif locked.b_id is not None and (locked.b_id == viewer.person_id or locked.b_id in rooms):
        locked.b_said = agree
    else:
        raise Refused(_("这一项不是问您的。"))
    locked.save(update_fields=["a_said", "b_said"])
    audit.write(viewer, "pairs.model_said", locked, agree=agree)
    if locked.a_said and (locked.b_id is None or locked.b_said):
        _enter(viewer, locked)
    return locked


def _enter(viewer: Viewer, row: Shown) -> None:
    people = [one for one in (row.a, row.b) if one is not None]
    staff = [one.pk for one in people if one.type == "staff"]
    rooms = [one.pk for one in people if one.type == HOMEROOM]
    theme = "group" if row.b_id is not None else "individual"
    entered.enter(
        viewer,
        KIND,
        viewer.day,
        {"shown": staff, "shown_group": rooms},
        f"shown:{row.pk}",
        words={"theme": theme},
    )


@transaction.atomic
def withdraw(viewer: Viewer, row: Shown) -> None:
    """Take a model from the page: whoever marks, and whoever is shown at any time. Raises Refused."""
    if not may_mark(viewer) and viewer.person_id not in (row.a_id, row.b_id):
        raise Refused(_("由推选的人或本人来撤下。"))
    if row.withdrawn_at is None:
        row.withdrawn_at = timezone.now()
        row.save(update_fields=["withdrawn_at"])
        audit.write(viewer, "pairs.model_withdrawn", row)
