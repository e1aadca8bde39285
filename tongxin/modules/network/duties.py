"""Which sealed rows of the network somebody opens because of their duty, and nothing beside them."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from tongxin.kernel.access import duties
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.signals.models import Call, LeftOut

from . import harm, posts
from .models import Concern, FamilyWord, HarmEntry, Talk, TalkAnswer

NOTHING = Q(pk__in=[])


def _of_counsellors(viewer: Viewer) -> Q:
    """What comes in is read by every counsellor of the school, until one takes it on."""
    return Q(school_id=viewer.school_id) if posts.COUNSELLOR in viewer.roles else NOTHING


def called_about(viewer: Viewer) -> Exists:
    """Say of a concern whether somebody was called about it."""
    return Exists(
        Call.objects.filter(
            signal__origin_id=OuterRef("pk"), signal__origin=OuterRef("origin"), person_id=viewer.person_id
        )
    )


def kept_from(viewer: Viewer) -> Exists:
    """Say of a concern whether its writer left this person out: they must not learn of it."""
    return Exists(
        LeftOut.objects.filter(
            signal__origin_id=OuterRef("pk"), signal__origin=OuterRef("origin"), person_id=viewer.person_id
        )
    )


def _of_counsellors_but_those_left_out(viewer: Viewer) -> Q:
    return _of_counsellors(viewer) & ~Q(kept_from(viewer))


def _called(viewer: Viewer) -> Q:
    return Q(called_about(viewer), school_id=viewer.school_id)


def _of_the_thread(viewer: Viewer) -> Q:
    """A family's words to the counsellors: those of the guardian who writes, and the counsellors."""
    own = Q(guardian_id=viewer.person_id, student_id__in=viewer.children)
    return own | _of_counsellors(viewer)


def _told(viewer: Viewer) -> Q:
    """A mandatory report: who filed it and who was told of it, whatever else they may read."""
    return Q(report__in=harm.readable(viewer).order_by().values("pk"))


def let_all() -> None:
    """Declare the duties; called once when the application starts."""
    for model in (Talk, TalkAnswer):
        duties.let(model, "K4d", _of_counsellors)
    for data_class in ("K4d", "K5"):
        duties.let(Concern, data_class, _of_counsellors_but_those_left_out)
    # Whoever is called at night has no time for a code: they see where the child is, and no more.
    duties.let(Concern, "K4e", _called, proof=False)
    # Families and most teachers have no second factor; the pages ask for it of everybody who has one.
    duties.let(FamilyWord, "K4d", _of_the_thread, proof=False)
    duties.let(HarmEntry, "K5", _told, proof=False)
