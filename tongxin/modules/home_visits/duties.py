"""Which sealed rows of the room somebody opens because of their duty, and nothing beside them."""

from __future__ import annotations

from django.db.models import Q

from tongxin.kernel.access import duties
from tongxin.kernel.access.viewer import Viewer

from .findings import COUNSELLOR, called_about
from .models import VisitFinding


def _of_counsellors(viewer: Viewer) -> Q:
    return Q(school_id=viewer.school_id) if COUNSELLOR in viewer.roles else Q(pk__in=[])


def _called(viewer: Viewer) -> Q:
    return Q(called_about(viewer), school_id=viewer.school_id)


def let_all() -> None:
    """Declare the duties; called once when the application starts."""
    duties.let(VisitFinding, "K4d", _of_counsellors)
    # Whoever is called at night has no time for a code: they see where the child is, and no more.
    duties.let(VisitFinding, "K4e", _called, proof=False)
