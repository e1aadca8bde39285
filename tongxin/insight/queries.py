"""Which reports a viewer may open."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.viewer import Viewer

from .models import SubmittedReport


def visible_reports(viewer: Viewer) -> QuerySet[SubmittedReport]:
    """Return the reports handed in at the viewer's school, for its bureau those of its schools.

    Needs figures of every class a report read, and the whole of a class that it shows without suppression.
    """
    if viewer.school_id is None or not viewer.may("report"):
        return SubmittedReport.objects.none()
    figures = [name for name in CLASSES if viewer.reach(name).counts or viewer.reach(name).school]
    full = ["", *(name for name in CLASSES if viewer.reach(name).school)]
    place = Q(school_id=viewer.school_id)
    if viewer.may("bureau"):
        place |= Q(school__parent_id=viewer.school_id)
    return SubmittedReport.objects.filter(place, data_class__in=figures, full_class__in=full)
