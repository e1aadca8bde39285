"""Who may organise which rounds, who takes part in them, and whose names somebody finds there.

A round whose class is K3 (special students, poor families) is organised only by those who read K3 of the whole school: the
list of its students is itself what nobody else may know. Rounds of K1 and K2 are for the offices of the school; a branch
organises those of its own members.
"""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.programmes.pairings import Pairing

from .models import Participant, Round

BRANCH_ROLES = ("branch_secretary", "branch_organiser")


def reaches(viewer: Viewer, data_class: str) -> bool:
    """May a viewer read a class of everybody at the school."""
    return data_class == "K0" or viewer.reach(data_class).school


def branches(viewer: Viewer) -> frozenset[int]:
    """Return the branches whose rounds a viewer organises."""
    return frozenset().union(*(viewer.posts.get(role, frozenset()) for role in BRANCH_ROLES))


def may_open(viewer: Viewer, pairing: Pairing) -> bool:
    """May a viewer begin a round of a pairing, for the school or for a branch."""
    if not viewer.may("pairing"):
        return False
    return reaches(viewer, pairing.data_class) or (pairing.data_class <= "K1" and bool(branches(viewer)))


def branch_for(viewer: Viewer, pairing: Pairing) -> frozenset[int]:
    """Return the branches one of which a round of this viewer has to be of; empty: it is of the whole school."""
    return frozenset() if reaches(viewer, pairing.data_class) else branches(viewer)


def organised(viewer: Viewer) -> QuerySet[Round]:
    """Return the rounds a viewer organises, the newest first."""
    rows = Round.objects.filter(school_id=viewer.school_id or 0).order_by("-opened_at", "-pk")
    if not viewer.may("pairing") or viewer.school is None or viewer.school.kind != School.Kind.SCHOOL:
        return rows.none()
    whole = [name for name in ("K0", "K1", "K2", "K3") if reaches(viewer, name)]
    return rows.filter(Q(data_class__in=whole) | Q(data_class__in=("K0", "K1"), branch__in=branches(viewer)))


def own_places(viewer: Viewer) -> QuerySet[Participant]:
    """Return where a viewer takes part: themselves, and a guardian for the own child."""
    people = {viewer.person_id, *viewer.children} - {None}
    rows = Participant.objects.filter(
        school_id=viewer.school_id or 0, subject__in=people, left_at=None
    ).exclude(round__state=Round.State.CANCELLED)
    return rows.select_related("round", "round__school", "subject").order_by("-round__opened_at", "pk")


def organisers(round_: Round, day: date) -> list[Subject]:
    """Return whom to tell when something in a round needs its organiser."""
    return [round_.opened_by]
