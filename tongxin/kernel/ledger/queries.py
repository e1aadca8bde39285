"""What a viewer may see of the ledger."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.viewer import Reach, Viewer, within_reach
from tongxin.kernel.base.models import Subject

from .models import Entry, Evidence, Participation


def visible_entries(viewer: Viewer) -> QuerySet[Entry]:
    """Return the entries this viewer may read in full: those of a class that reaches the whole school for them,
    those whose people all lie in their reach of that class, and those they recorded or took part in themselves.

    An entry about children of class K3 and above is shown in full only where every child in it is in reach.
    """
    if viewer.school_id is None:
        return Entry.objects.none()
    return Entry.objects.filter(_readable(viewer), school_id=viewer.school_id)


def _readable(viewer: Viewer) -> Q:
    """The condition of visible_entries; classes with the same reach share one term, so the query stays short."""
    whole: list[str] = []
    partly: dict[Reach, list[str]] = {}
    for data_class in CLASSES:
        reach = viewer.reach(data_class)
        if reach.school:
            whole.append(data_class)
        elif not reach.nothing:
            partly.setdefault(reach.names, []).append(data_class)
    condition = Q(data_class__in=whole)
    for reach, classes in partly.items():
        condition |= Q(data_class__in=classes) & _touches(viewer, reach)
    if viewer.person_id and viewer.roles & {"staff"}:
        # Whoever wrote an entry, or played an adult's part in it, knows what it says.
        condition |= Q(recorded_by=viewer.account) | _took_part(viewer.person_id)
    return condition


def _touches(viewer: Viewer, reach) -> Q:
    subjects = Subject.objects.filter(within_reach(viewer, reach))
    inside = Participation.objects.filter(entry=OuterRef("pk"), subject__in=subjects)
    outside = Participation.objects.filter(
        entry=OuterRef("pk"), subject__type__in=("student", "guardian")
    ).exclude(subject__in=subjects)
    return Q(Exists(inside)) & ~Q(Exists(outside))


def _took_part(person_id: int) -> Q:
    return Q(Exists(Participation.objects.filter(entry=OuterRef("pk"), subject_id=person_id)))


def countable_entries(viewer: Viewer) -> QuerySet[Entry]:
    """Return the entries this viewer may count (figures, index lines without children's names), a superset of those
    they may read: every class of which they get figures for the school or their branch."""
    if viewer.school_id is None:
        return Entry.objects.none()
    reaches = {data_class: viewer.reach(data_class) for data_class in CLASSES}
    # One condition and no list of keys: the database can stop at the first page of a long ledger.
    condition = Q(data_class__in=[name for name, reach in reaches.items() if reach.counts])
    for name, reach in reaches.items():
        if reach.counted and not reach.counts:
            members = Subject.objects.filter(within_reach(viewer, Reach(branches=reach.counted)))
            inside = Participation.objects.filter(entry=OuterRef("pk"), subject__in=members)
            condition |= Q(data_class=name) & Q(Exists(inside))
    return Entry.objects.filter(condition | _readable(viewer), school_id=viewer.school_id)


def visible_evidence(viewer: Viewer) -> QuerySet[Evidence]:
    return Evidence.objects.filter(entry__in=visible_entries(viewer))


def may_change(viewer: Viewer, entry: Entry) -> bool:
    """Say whether this viewer may correct or withdraw an entry: its author, or who keeps the ledger."""
    if entry.school_id != viewer.school_id:
        return False
    return entry.recorded_by_id == viewer.account_id or viewer.may("correct")
